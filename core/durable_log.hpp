// The writing side of the server's files (disk_format.hpp): turns hard states and runs of the log into disk
// operations, and knows which of them are still on their way. Knows nothing of the protocol.
//
// A write that found no space may have written any part of its bytes, all of them too, and none of it was
// reported done to anybody. This is no retry of a write that *failed*: the disk said that it has no space,
// not that it cannot be trusted. Nothing new is written before all that is on its way has been answered; then
// it is known what stands and what does not.
//
// - Batches hang one from the other. From the first that found no space on, all are taken back, also those
//   that are on the disk, and what they held is written again at the very same place: elsewhere, what the
//   failed write left could pass for the true next batch. Where what is taken back had begun a later segment,
//   at the beginning of another segment, which says what it follows.
// - A hard state hangs from nothing. One that is on the disk stays there whatever befell the batch beside it,
//   and makes those before it superfluous. One that is not is written again, as any new one is: with a
//   counter that was never used, for an older state that did land would win by it, and in a slot that neither
//   the newest durable state has nor one on its way.
// - The beginning of the log that a snapshot names is never taken back: nothing before it is on its way
//   (start_for, next_place).
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
#include "seam/input.hpp"

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
  /// Of the hard state that was found, whose slot is not to be overwritten; 0: none was.
  std::uint64_t state_found = 0;
  /// What is proved to be durable of what was found; the rest is once a flush is done that syncs it.
  SyncedFrontier synced;
  /// By ascending number.
  std::vector<SegmentStart> segments = {};
};

/// What to write in one go. All of it, and all before it, is durable once its last operation and all before
/// it have completed.
struct FlushRequest {
  WriteId upto;
  /// Files that recovery found and that may not be durable: synced, and with them the directory. Before
  /// anything is written: a new hard state may overwrite one that is durable where a newer one is not yet.
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

  /// Whether a hard state can be written now: beside those on their way, the newest durable one keeps its
  /// slot.
  bool state_slot_free() const { return unsynced_states_ + 1 < state_slots; }
  /// Appends the operations to `out`: for each file that changes a write and its sync, back to back; then a
  /// sync of the directory if a file is new. Precondition: there is something to write, and a free slot for a
  /// hard state.
  void flush(const FlushRequest& request, Effects& out);

  /// An operation of a flush has succeeded. If that completes one or more flushes, with all before them: the
  /// last of them is returned as the write that is now durable, with all before it.
  std::optional<WriteId> done(DiskOp op);

  /// An operation of a flush found no space: a write, or the sync of a file that was never created because
  /// of that (not_found). It counts as answered. False: it is no such operation.
  bool no_space(DiskOp op, DiskStatus status);
  /// What becomes of all that was on its way when there was no space.
  struct TakenBack {
    /// To be written again: the hard state; the entries from here on.
    bool hard_state = false;
    std::optional<Index> first;
    /// Nothing is, and all up to this write is durable.
    std::optional<WriteId> durable;
  };
  /// Takes back what found no space, and the batches behind it. Nothing while anything is on its way, or if
  /// all found its space.
  std::optional<TakenBack> take_back();
  /// The log was discarded: entries on their way are of no use, and not written again.
  void forget_entries();

  bool idle() const { return flushes_.empty(); }
  /// So many flushes are on their way that the disk does not keep up, or hangs: what comes next goes
  /// together.
  bool crowded() const { return flushes_.size() >= flushes_max; }
  /// The last operation of the flush that covers write `id`; nothing if that is durable or not issued yet.
  std::optional<DiskOp> covering(WriteId id) const;
  /// All writes up to this one have been issued.
  WriteId issued() const { return issued_; }

  /// Where a log that holds `from` and all behind it may begin: what stands before is of no use once a
  /// snapshot covers all before `from`. Never behind the segment that is being written, nor behind a batch
  /// that may yet be taken back.
  LogStart start_for(Index from) const;
  /// Where the next batch goes: for a log of which nothing is of use any more. In the middle of a segment, if
  /// need be: a place where a batch was taken back is not passed over, or what is left of it could pass for
  /// the true one. Precondition: batches_settled().
  LogStart next_place() const;
  /// No batch is on its way: none will be taken back.
  bool batches_settled() const;
  /// The log begins there: removes the segments before. A crash may bring some of them back; recovery passes
  /// over them.
  void remove_before(const LogStart& start, Effects& out);
  const SyncedFrontier& synced() const { return synced_; }
  /// An operation that is no part of a flush. Valid until the next.
  DiskRequest& request(DiskAction action, std::string_view file, Effects& out);

 private:
  /// The operations of a flush that concern one of the files; they may be none.
  struct Part {
    DiskOp first;  ///< the write
    DiskOp last;
    std::uint32_t left = 0;  ///< operations not answered
    bool no_space = false;
    bool has(DiskOp op) const { return first <= op && op <= last; }
    bool done() const { return left == 0 && !no_space; }
  };
  struct Flush {
    WriteId upto;
    DiskOp first;
    DiskOp last;
    Part state;
    /// Its counter; 0: no hard state.
    std::uint64_t counter = 0;
    /// And the directory's, and of the files that recovery found.
    Part batch;
    /// Where the batch stands; and whether that file is created by a write that is on its way.
    std::uint32_t segment = 0;
    bool new_segment = false;
    /// The batch's own sync is done: the file exists, also where the write found no space.
    bool batch_synced = false;
    SyncedFrontier covers;
    std::optional<Index> entries_from;
    /// How things stood before it.
    struct Before {
      WriteId issued;
      std::uint64_t sequence = 0;
      std::uint64_t last_hash = 0;
      std::uint32_t segment = 0;
      std::uint64_t segment_end = 0;
    } before;
    Part& part(DiskOp op) { return state.has(op) ? state : batch; }
  };
  static constexpr std::size_t flushes_max = 64;
  std::vector<Flush>::iterator flush_of(DiskOp op);
  bool complete(const Flush& flush) const;
  std::uint64_t durable_sequence() const;
  void rewind(const Flush& lost);

  bool slot_protected(std::uint64_t counter) const;
  Part part_since(DiskOp before) const;
  /// Whether the file is new.
  bool write_state(const HardState& hard_state, Effects& out);
  bool write_batch(const FlushRequest& what, Effects& out);

  std::uint64_t segment_bytes_ = 0;
  DiskOp last_op_;
  WriteId issued_;
  /// Oldest first; few.
  std::vector<Flush> flushes_;
  std::uint32_t unsynced_states_ = 0;
  /// The counter of the newest hard state whose own write is durable; 0: none.
  std::uint64_t durable_state_ = 0;
  /// The state counter only ever rises.
  SyncedFrontier issued_frontier_;
  SyncedFrontier synced_;
  std::uint64_t last_hash_ = 0;
  std::uint32_t segment_ = 1;
  std::string segment_name_;
  std::uint64_t segment_end_ = 0;
  /// By ascending number; few, as a snapshot makes those before it superfluous.
  std::vector<SegmentStart> segments_;
  /// They held nothing but what was taken back, and are removed with the next flush.
  std::vector<std::uint32_t> superfluous_;
};

}  // namespace raftsim::core
