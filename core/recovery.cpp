#include "core/recovery.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::core {

void Recovery::names(std::span<const std::string_view> all) {
  for (const std::string_view name : all) {
    if (name == state_file) state_to_read_ = true;
    if (const auto number = segment_number(name)) segments_.push_back(*number);
  }
  std::sort(segments_.begin(), segments_.end());
}

std::optional<std::string_view> Recovery::next_file() {
  if (state_to_read_) {
    file_ = state_file;
  } else if (segments_read_ < segments_.size()) {
    file_ = segment_name(segments_[segments_read_]);
  } else {
    return std::nullopt;
  }
  return file_;
}

void Recovery::content(ByteSpan bytes, Log& log) {
  if (state_to_read_) {
    state_to_read_ = false;
    return read_state(bytes);
  }
  CHECK(segments_read_ < segments_.size());
  read_segment(segments_[segments_read_++], bytes, log);
}

void Recovery::vouch(const SyncedFrontier& frontier) {
  synced_.sequence = std::max(synced_.sequence, frontier.sequence);
  synced_.state_counter = std::max(synced_.state_counter, frontier.state_counter);
}

void Recovery::read_state(ByteSpan bytes) {
  for (std::uint64_t slot = 0; slot < state_slots; ++slot) {
    const std::uint64_t offset = slot * sector_bytes;
    if (offset >= bytes.size()) break;
    const std::optional<StateSlot> found = decode_state_slot(bytes.subspan(offset));
    if (!found || found->counter % state_slots != slot) continue;
    vouch(found->synced);
    if (!state_ || found->counter > state_->counter) state_ = found;
  }
}

/// A batch may stand behind one that was lost, so the whole segment is searched; what lies within a batch
/// that was found is not looked at.
void Recovery::read_segment(std::uint32_t number, ByteSpan bytes, Log& log) {
  std::uint64_t offset = 0;
  std::uint64_t seen = 0;  // up to here, bytes are accounted for
  while (offset < bytes.size()) {
    const std::optional<Batch> batch = decode_batch(bytes, number, offset);
    if (!batch) {
      offset += sector_bytes;
      continue;
    }
    vouch(batch->link.synced);
    const std::uint64_t end = offset + batch->bytes;
    if (take(*batch, log)) {
      bytes_since_taken_ = 0;
      seen = end;
    }
    offset = next_sector(end);
  }
  bytes_since_taken_ += bytes.size() - std::min<std::uint64_t>(seen, bytes.size());
}

/// Whether the batch is the next link of the chain; then its entries are in the log.
bool Recovery::take(const Batch& batch, Log& log) {
  if (nonsense_ || batch.link.sequence != sequence_ + 1 || batch.link.previous_hash != hash_) return false;
  if (batch.first == Index{}) {
    base_ = decode_base(batch);
    nonsense_ = !base_ || sequence_ != 0;
  } else if (!base_ || batch.first > log.last() + 1 || batch.count == 0) {
    nonsense_ = true;
  } else {
    if (batch.first <= log.last()) log.truncate(batch.first);
    nonsense_ = !decode_entries(batch, log);
  }
  if (nonsense_) return false;
  sequence_ = batch.link.sequence;
  hash_ = batch.hash;
  return true;
}

Recovered Recovery::finish(const Log& log) const {
  Recovered out;
  out.base = base_;
  out.bytes_cut = bytes_since_taken_;
  const std::uint64_t counter = state_ ? state_->counter : 0;
  if (counter < synced_.state_counter) out.damage = Damage::hard_state;
  if (nonsense_ || sequence_ < synced_.sequence) out.damage = Damage::log;
  if (state_) out.hard_state = state_->hard_state;
  // The files are synced independently: entries of a new term may be durable before the term is. Nothing was
  // promised in it then, so the term alone is enough; a vote in it would have been durable.
  if (out.hard_state.term < log.last_term()) {
    out.hard_state = HardState{log.last_term(), std::nullopt};
    out.state_behind = true;
  }
  if (!state_) out.state_behind = true;
  out.cursor = {.segment = segments_.empty() ? 1 : segments_.back() + 1,
                .sequence = sequence_,
                .last_hash = hash_,
                .state_counter = counter};
  return out;
}

}  // namespace raftsim::core
