// Transcripts: stories of inputs, each with what it caused below it. The first line of a story names the
// cluster; '#' begins a comment; a line that is indented is expected output. To write the outputs anew, run
// the test with RAFTSIM_REWRITE=1 and review the difference.
//
//   cluster voters=1,2,3 [outgoing=..] [learners=4] [pre_vote=off] [check_quorum=off] [no_op=off]
//   [disk=instant]
//           [drift=500] (the bound, ppm)
//           [T=150ms] [heartbeat=30ms] [window=16] [entries=64] [bytes=N] [uncommitted=N]
//           [trailing=100] [chunk=4096]
//                          disk=instant: each write is durable, and said to be, right after its step; which
//                          messages waited for it is not told then
//           [membership=single_server] [membership=fixed]
//   disk n1 term=3 vote=n2 log=1,1,3   what n1 finds when it starts; equal terms at equal places mean equal
//                                      entries; "2:{1;2;3|4}" is a configuration of term 2, "{new<-old}" a
//                                      joint one, learners behind the bar
//   damage n1 from=3       what n1 finds when it starts: entries from 3 on are gone, and recovery knows;
//                          "term=2": the hard state is gone, and this is what is left of it
//   forget n1 from=3       what n1 finds when it starts: its disk lied, entries from 3 on were never written,
//                          and nothing tells recovery so
//   start n1 [commit=2]    boot from disk; without a node: all of them
//   join n4                boots a new machine: no log, no configuration
//   crash n1               loses what is not durable, and what waited for it
//   at 200ms               moves the clock
//   clock n1 -500          n1's clock is slow by 500 ppm from now on; what n1 says of times is on its clock
//   entropy n1 1/3         of the range, from now on; unless told: node k of n has (k-1)/n, so waits
//                          T + (k-1)T/n
//   wake n1                moves the clock to where n1 wants it, and wakes n1; "wake n1 now" does not move it
//   propose n1 x y         one command each
//   read n1 7 [lease]      a read, numbered; "lease" or "follower": of that mode
//   campaign n1            an operator wants it
//   transfer n1 n3         an operator wants n1 to hand its leadership to n3
//   add_voter n1 n4        an operator asks n1; so add_learner, promote, remove, and replace n1 n4 n5 n6
//   members [n1]           the configurations in force
//   snapshot n1 [5] [bytes=40]  of what is committed (up to the position named), durable at once; its bytes
//                          tell last index and term, then padding
//   stored n1              the snapshot that came completely is durable now, and n1 is told
//   unusable n1            what came completely is no snapshot
//   persisted n1 [2]       writes (up to the one named) are durable; "durable n1 2": but n1 is not told yet
//   n2 -> n1 TYPE ...      a message made up: n1 receives it
//   deliver n1 -> n2       the oldest on its way from n1 to n2 arrives; "deliver n1 -> n2 all": all of them
//   newest n1 -> n2        the newest arrives; it overtakes
//   duplicate n1 -> n2     the oldest arrives, and stays on its way as well
//   drop n1 -> n2          the oldest is lost; "drop n1 -> n2 all"; "drop all"
//   settle [n3]            delivers everything, in order, until nothing is on its way, with all writes
//                          and snapshots durable; what is from or to the nodes named is lost
//   quiet settle           the same without telling what happens
//   show [n1] [wake]       states, without a node of all; with their next wake-up
//   network                what is on its way
#pragma once

#include <string>
#include <vector>

namespace raftsim::core::test {

/// The story with the outputs that its inputs cause now. Throws std::runtime_error, with the line's number,
/// where it cannot be read.
std::string play(const std::string& story);

}  // namespace raftsim::core::test
