// The writing side of the server's files (disk_format.hpp): turns hard states and runs of the log into disk
// operations, and knows which of them are still on their way. Knows nothing of the protocol.
//
// A write that found no space. It may have written any part of its bytes, all of them too, and none of it was
// reported done to anybody; what was issued behind it hangs from it by the chain. So once all that is on its
// way has been answered, everything from that write on is taken back, and is written again later at the very
// same place: elsewhere, what the failed write left could pass for the true next batch. This is no retry of a
// write that *failed*: the disk said that it has no space, not that it cannot be trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/disk_format.hpp"
#include "core/log.hpp"
#include "core/persistence.hpp"
#include "core/raft.hpp"
#include "seam/effects.hpp"

namespace raftsim::core {

/// A segment that is part of the chain.
struct SegmentStart {
  LogStart begins;
  Index first;  ///< index of its first batch's first entry; 0: the base
};

/// Where writing goes on after a recovery: always in a new segment.
struct LogCursor {
  std::uint32_t segment = 1;
  std::uint64_t sequence = 0;  ///< the next batch has one more than this
  std::uint64_t last_hash = 0;
  std::uint64_t state_counter = 0;
  /// What is proved to be durable of what was found; the rest is once a flush is done that syncs it.
  SyncedFrontier synced;
  /// By ascending number.
  std::vector<SegmentStart> segments = {};
};

/// What to write in one go. All of it, and all before it, is durable once its last operation and all before
/// it have completed.
struct FlushRequest {
  WriteId upto;
  /// Files that recovery found and that may not be durable: synced, and with them the directory.
  std::span<const std::string> found = {};
  std::optional<HardState> hard_state;
  /// The configuration that the server starts with: the first batch of a new disk.
  const Configuration* base = nullptr;
  /// Entries first..last of `log`; none if last < first.
  const Log* log = nullptr;
  Index first{1};
  Index last{0};
};

class DurableLog {
 public:
  /// Operations that list or read, before anything is written.
  void list(Effects& out);
  void read(std::string_view file, Effects& out);

  /// Before the first flush. `segment_bytes`: a segment is closed once it is at least this long.
  void resume(const LogCursor& cursor, std::uint64_t segment_bytes);

  /// Whether a hard state can be written now: a slot must stay that no write on its way can harm.
  bool state_slot_free() const { return unsynced_states_ + 1 < state_slots; }
  /// Appends the operations to `out`: for each file that changes a write and its sync, back to back; then a
  /// sync of the directory if a file is new. Precondition: there is something to write, and a free slot for a
  /// hard state.
  void flush(const FlushRequest& request, Effects& out);

  /// An operation of a flush has succeeded. If that completes one or more flushes, with all before them: the
  /// last of them is returned as the write that is now durable, with all before it.
  std::optional<WriteId> done(DiskOp op);

  /// An operation of a flush found no space; it counts as answered. False: it is of no flush.
  bool no_space(DiskOp op);
  /// What has to be written again.
  struct TakenBack {
    bool hard_state = false;
    std::optional<Index> first;  ///< entries from here on
  };
  /// Takes back what found no space and all behind it, once nothing is on its way; nothing before that, or if
  /// all is well.
  std::optional<TakenBack> take_back();

  bool idle() const { return flushes_.empty(); }
  /// The last operation of the flush that covers write `id`; nothing if that is durable or not issued yet.
  std::optional<DiskOp> covering(WriteId id) const;
  /// All writes up to this one have been issued.
  WriteId issued() const { return issued_; }

  /// Where a log that holds `from` and all behind it may begin: what stands before is of no use once a
  /// snapshot covers all before `from`. Never behind the segment that is being written.
  LogStart start_for(Index from) const;
  /// The next batch begins a segment. Where that will be: for a log of which nothing is of use any more.
  LogStart close_segment();
  /// Removes the segments before this one. A crash may bring some of them back; recovery passes over them.
  void remove_before(std::uint32_t segment, Effects& out);
  const SyncedFrontier& synced() const { return synced_; }
  /// An operation that is no part of a flush. Valid until the next.
  DiskRequest& request(DiskAction action, std::string_view file, Effects& out);

 private:
  struct Flush {
    WriteId upto;
    DiskOp first;
    DiskOp last;
    std::uint32_t left = 0;  ///< operations not completed
    std::uint32_t states = 0;
    SyncedFrontier covers;
    std::optional<Index> entries_from;
    bool no_space = false;
    /// How things stood before it.
    struct Before {
      WriteId issued;
      SyncedFrontier frontier;
      std::uint64_t last_hash = 0;
      std::uint32_t segment = 0;
      std::uint64_t segment_end = 0;
    } before;
  };
  std::vector<Flush>::iterator flush_of(DiskOp op);

  LogStart next_segment() const;
  /// Whether the file is new.
  bool write_state(const HardState& hard_state, Effects& out);
  bool write_batch(const FlushRequest& what, Effects& out);

  std::uint64_t segment_bytes_ = 0;
  DiskOp last_op_;
  WriteId issued_;
  /// Oldest first; few.
  std::vector<Flush> flushes_;
  std::uint32_t unsynced_states_ = 0;
  SyncedFrontier issued_frontier_;
  SyncedFrontier synced_;
  std::uint64_t last_hash_ = 0;
  std::uint32_t segment_ = 1;
  std::string segment_name_;
  std::uint64_t segment_end_ = 0;
  /// By ascending number; few, as a snapshot makes those before it superfluous.
  std::vector<SegmentStart> segments_;
};

}  // namespace raftsim::core
