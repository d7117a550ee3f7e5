#include "core/snapshot_file.hpp"

#include <algorithm>
#include <utility>

#include "seam/check.hpp"

namespace raftsim::core {

void SnapshotFile::begin(SnapshotRef snapshot, const SnapshotHeader& header, DurableLog& disk, Effects& out) {
  CHECK(!busy());
  snapshot_ = std::move(snapshot);
  header_ = header;
  step_ = Step::writing;
  written_ = 0;
  write_piece(disk, out);
}

/// The header goes with the first piece.
void SnapshotFile::write_piece(DurableLog& disk, Effects& out) {
  DiskRequest& write = disk.request(DiskAction::write, snapshot_file_unfinished, out);
  op_ = write.op;
  write.offset = written_;
  const auto start = static_cast<std::uint32_t>(out.arena.size());
  if (written_ == 0) {
    encode_snapshot_header(header_, out.arena);
    written_ = snapshot_header_bytes;
  }
  const std::uint64_t from = written_ - snapshot_header_bytes;
  const std::uint64_t length = std::min(piece_bytes, snapshot_->bytes.size() - from);
  out.put(ByteSpan(snapshot_->bytes).subspan(from, length));
  written_ += length;
  write.bytes = {start, static_cast<std::uint32_t>(out.arena.size()) - start};
  write.length = write.bytes.length;
}

std::optional<SnapshotFile::Written> SnapshotFile::done(DurableLog& disk, Effects& out) {
  CHECK(busy());
  switch (step_) {
    case Step::writing:
      if (written_ < snapshot_header_bytes + snapshot_->bytes.size()) {
        write_piece(disk, out);
        return std::nullopt;
      }
      step_ = Step::syncing;
      op_ = disk.request(DiskAction::sync, snapshot_file_unfinished, out).op;
      return std::nullopt;
    case Step::syncing: {
      step_ = Step::renaming;
      DiskRequest& rename = disk.request(DiskAction::rename, snapshot_file_unfinished, out);
      rename.to = out.put(snapshot_file);
      rename.label_first = static_cast<std::uint32_t>(out.labels.size());
      rename.label_count = 1;
      out.labels.emplace_back(SnapshotLabel{.index = snapshot_->index,
                                            .term = snapshot_->term,
                                            .state_hash = snapshot_->state_hash,
                                            .configuration = snapshot_->configuration});
      op_ = rename.op;
      return std::nullopt;
    }
    case Step::renaming:
      step_ = Step::syncing_directory;
      op_ = disk.request(DiskAction::sync_directory, "", out).op;
      return std::nullopt;
    case Step::removing:
      snapshot_.reset();
      return std::nullopt;
    case Step::syncing_directory:
      break;
  }
  return Written{std::exchange(snapshot_, nullptr), header_.log_start};
}

bool SnapshotFile::found_no_space(DiskOp op, DiskStatus status) const {
  return awaits(op) && (step_ == Step::removing || (step_ == Step::writing && status == DiskStatus::full));
}

void SnapshotFile::give_up(DurableLog& disk, Effects& out) {
  if (step_ == Step::removing) {
    snapshot_.reset();
    return;
  }
  step_ = Step::removing;
  op_ = disk.request(DiskAction::remove, snapshot_file_unfinished, out).op;
}

}  // namespace raftsim::core
