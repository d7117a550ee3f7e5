// Writes a snapshot's file: in pieces under a name that counts for nothing, synced, renamed, and the
// directory synced. One operation is on its way at a time, so that a crash at any point leaves the old file
// or the new. Where there is no space for all of it, what was written is removed: the log has better use for
// it.
#pragma once

#include <cstdint>
#include <optional>

#include "core/durable_log.hpp"
#include "core/snapshot.hpp"
#include "core/snapshot_format.hpp"
#include "seam/effects.hpp"
#include "seam/input.hpp"

namespace raftsim::core {

class SnapshotFile {
 public:
  /// The largest piece.
  static constexpr std::uint64_t piece_bytes = 65'536;

  bool busy() const { return snapshot_ != nullptr; }
  /// Precondition: not busy.
  void begin(SnapshotRef snapshot, const SnapshotHeader& header, DurableLog& disk, Effects& out);
  /// Whether this is the operation that is on its way.
  bool awaits(DiskOp op) const { return busy() && op == op_; }
  struct Written {
    SnapshotRef snapshot;
    LogStart log_start;
  };
  /// The operation has succeeded; the next is issued, or the snapshot is durable, or what there was of it is
  /// gone.
  std::optional<Written> done(DurableLog& disk, Effects& out);
  /// Whether this is an answer that puts an end to the attempt, and not to the server: a piece for which
  /// there is no space, or a file to be removed that was never created.
  bool found_no_space(DiskOp op, DiskStatus status) const;
  /// Precondition: found_no_space.
  void give_up(DurableLog& disk, Effects& out);

 private:
  enum class Step : std::uint8_t { writing, syncing, renaming, syncing_directory, removing };
  void write_piece(DurableLog& disk, Effects& out);

  SnapshotRef snapshot_;
  SnapshotHeader header_;
  Step step_ = Step::writing;
  /// Bytes of the file written, the header included.
  std::uint64_t written_ = 0;
  DiskOp op_;
};

}  // namespace raftsim::core
