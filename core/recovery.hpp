// Reads back what durable_log.hpp wrote (3.8), after whatever a crash or a bad disk did to it.
//
// Two things may be wrong with a batch that does not decode, or that is missing. It was never synced: then
// nobody was promised anything that it holds, and the chain is cut before it. Or it was synced: then it is
// *damage*, and going on without it could lose committed entries. They are told apart by the synced frontier:
// every batch and every state slot carries how far earlier writes were known to be durable when it was
// written. So a bad batch is damage if any record found anywhere vouches for it, and else was cut short. The
// limit of this: a record that rots before any later one was written looks like a torn one. That a later
// batch is intact is no proof on its own: of several that were on their way at a power loss any may survive.
//
// What was read is not yet durable: if only the process stopped, a write may have been read back whose sync
// never came, and a power loss would take it again. So `unsynced` names the files to be synced before the
// server says a word. What a *failed* sync left is another matter, and no sync can mend it: the system may
// have marked such pages clean. They are gone once the process stops (the fault model says so), and were
// promised to nobody.
//
// Damage is reported, never cut in silence. Of a damaged log, what precedes the damage is kept; the server
// then is in doubt (doubt.hpp), which the hard state remembers. The chain goes on behind what is left with a
// number beyond all that were ever vouched for.
//
// Snapshots. A snapshot's file was renamed to its name after its bytes were durable: if it does not decode,
// that is damage. It names the segment in which the chain begins; what a crash left of those before is not
// looked at, and removed later, as are unfinished snapshots. The log that the chain tells counts if its chain
// hash at the snapshot's last index is the snapshot's. Else the snapshot was installed for a log that it did
// not agree with, and the crash came before anything was written behind it: the log is discarded now as it
// was then. A log that begins behind the snapshot has a gap, and is damaged.
//
// A cut leaves its remains where they are. Writing goes on in a new segment, with the sequence number and
// predecessor that the remains do not have. If what was cut turns out to be whole (the disk had it, and only
// read it wrong), the remains do link; what was begun behind the cut tells them apart (batch_chain.hpp).
// Entries of theirs may have replaced older ones in the log by then, so all segments are read once more, and
// what is passed over is not taken. The limit of this: where what was begun behind the cut is lost as well,
// with all that would tell of it, the remains are back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch_chain.hpp"
#include "core/disk_format.hpp"
#include "core/durable_log.hpp"
#include "core/log.hpp"
#include "core/raft.hpp"
#include "core/snapshot.hpp"

namespace raftsim::core {

/// Where both are damaged, what is worse is told.
enum class Damage : std::uint8_t {
  none,
  log,         ///< a synced batch is missing or unreadable, or an intact one makes no sense
  hard_state,  ///< a synced hard state is missing or unreadable
};

struct Recovered {
  Damage damage = Damage::none;
  /// Its doubt is that of an earlier damage or of this one.
  HardState hard_state;
  /// What the server started with; nothing on a disk that was never completely formatted, or where the
  /// beginning of the log is damaged.
  std::optional<Configuration> base;
  /// The hard state says less than the log proves, or is missing, or knows nothing of the damage: it must be
  /// written before anything else.
  bool state_behind = false;
  /// Bytes behind the last batch taken, whatever they are.
  std::uint64_t bytes_cut = 0;
  LogCursor cursor;
  /// Files with content that nothing proves to be durable.
  std::vector<std::string> unsynced;
  /// Null without one.
  SnapshotRef snapshot;
  /// Files that are of no use, to be removed.
  std::vector<std::string> leftovers;
};

/// Fed with one file after the other: the names first, then the snapshot, then `state`, then each segment by
/// ascending number; and where what was read behind shows that what was taken is not the log, the segments
/// once more.
class Recovery {
 public:
  /// Keeps which files there are to read; names that are not ours are ignored.
  void names(std::span<const std::string_view> all);
  /// The next file to read; nothing: all have been. Valid until the next call.
  std::optional<std::string_view> next_file();
  /// Its content.
  void content(ByteSpan bytes, Log& log);
  /// After all files. What the snapshot discards of the log is discarded.
  Recovered finish(Log& log) const;

 private:
  void read_snapshot(ByteSpan bytes);
  void read_state(ByteSpan bytes);
  bool take_entries(const Batch& batch, Log& log) const;
  bool fit_log_to_snapshot(Log& log) const;
  void read_segment(std::uint32_t number, ByteSpan bytes, Log& log);
  bool take(const Batch& batch, Log& log);
  void begin_again(Log& log);
  bool log_lost() const { return chain_.sequence() < synced_.sequence || chain_.lost_behind(); }
  void vouch(const SyncedFrontier& frontier);

  bool snapshot_to_read_ = false;
  bool state_to_read_ = false;
  bool state_read_ = false;
  struct Segment {
    std::uint32_t number = 0;
    std::uint64_t sequence = 0;  ///< of the last batch taken from it
    SegmentStart start;          ///< what the first batch taken says
  };
  std::vector<Segment> segments_;
  std::size_t segments_read_ = 0;
  bool read_again_ = false;
  std::string file_;

  SnapshotRef snapshot_;
  bool snapshot_damaged_ = false;
  LogStart start_;
  std::vector<std::string> leftovers_;
  std::optional<StateSlot> state_;
  std::optional<Configuration> base_;
  SyncedFrontier synced_;
  BatchChain chain_;
  /// The highest sequence number of any intact batch, in the chain or not.
  std::uint64_t sequence_seen_ = 0;
  std::uint64_t bytes_since_taken_ = 0;
};

}  // namespace raftsim::core
