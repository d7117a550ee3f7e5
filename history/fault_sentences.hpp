// What a fault of each class does to the cluster, in one line for users: `sim list faults`, docs/faults.md.
#pragma once

#include <array>
#include <string_view>

#include "history/event.hpp"

namespace raftsim::history {

/// In the order of FaultClass.
inline constexpr auto fault_sentences = std::to_array<std::string_view>({
    "a message is lost on its way",
    "a message arrives twice",
    "a message overtakes one that was sent before it",
    "each message takes a time of its own",
    "servers of different groups do not reach each other, both ways or one way",
    "a server does not hear others, is not heard, or both",
    "messages that match are dropped, held back, released, doubled or delivered at once",
    "a server dies, at once or at a point of its work: its disk is all that survives",
    "a server that is down starts again, or one that runs with other options",
    "a server stands still, and what comes for it waits",
    "everything that a disk does takes ten times as long",
    "a power loss takes what was written and not synced",
    "a power loss leaves garbage in sectors that were not synced",
    "a server's clocks are ahead of the true time",
    "a server's clocks run at a rate of their own",
    "a link becomes slow, lossy or narrow, until it is healed",
    "a server campaigns at once, without waiting for its election timeout",
    "what is in force ends, for all servers or for a live core only",
    "an administrator adds a server, which catches up before it votes",
    "an administrator removes a server, the leader too",
    "an administrator makes a learner a voter",
    "an administrator replaces the voters by another set, through joint consensus",
    "an administrator lets the leader hand its place over",
    "an administrator lets a server take a snapshot",
    "a machine loses its disk and comes back as a new server, which an administrator brings in",
    "a server loses its disk and comes back under its old id: what must never be done",
    "reads, writes and all that is no sync fail; a write may have written its beginning",
    "a sync fails, and what it should have kept is gone once the process stops",
    "whatever needs more space on a disk fails; a write may have written its beginning",
    "the end of a synced write of entries turns out never to have been written",
    "a bit of stored entries flips, or, drawn at a start, of a snapshot",
    "a bit of the stored term and vote flips",
    "a bit of the stored snapshot flips",
    "a synced write of entries turns out to lie elsewhere, over another one",
    "a read returns a flipped bit, and the disk holds it as it was",
    "a sync says done and did nothing: a power loss may take what it should have kept",
    "a power loss undoes a change of a directory and keeps a later one",
    "a clock jumps forward or back",
    "a server's clocks stand still, and none of its timers fires",
    "a burst of at most 32 bits of a message flips on its way",
    "an old message comes again, long after it arrived",
    "a link that is full loses its newest message, or its oldest",
    "messages are transmitted one after the other, so many bytes a second",
    "a link stalls, and then delivers all that waited in one burst",
    "a connection breaks: the end of what is in flight is lost, and both servers are told",
    "each step of a server takes a time, and what comes meanwhile waits",
    "a server that is busy or paused has no room for one message more",
    "a server works many times slower than usual",
    "a client dies as soon as it has asked, and another one takes its place",
});
static_assert(fault_sentences.size() == fault_classes);

}  // namespace raftsim::history
