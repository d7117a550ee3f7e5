#include "core/recovery.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::core {

void Recovery::names(std::span<const std::string_view> all) {
  for (const std::string_view name : all) {
    if (name == state_file) state_to_read_ = true;
    if (const auto number = segment_number(name)) segments_.push_back({*number, 0});
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const Segment& a, const Segment& b) { return a.number < b.number; });
}

std::optional<std::string_view> Recovery::next_file() {
  if (state_to_read_) {
    file_ = state_file;
  } else if (segments_read_ < segments_.size()) {
    file_ = segment_name(segments_[segments_read_].number);
  } else {
    return std::nullopt;
  }
  return file_;
}

void Recovery::content(ByteSpan bytes, Log& log) {
  if (state_to_read_) {
    state_to_read_ = false;
    state_read_ = true;
    return read_state(bytes);
  }
  CHECK(segments_read_ < segments_.size());
  read_segment(segments_[segments_read_++].number, bytes, log);
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
    sequence_seen_ = std::max(sequence_seen_, batch->link.sequence);
    const std::uint64_t end = offset + batch->bytes;
    if (take(*batch, log)) {
      bytes_since_taken_ = 0;
      seen = end;
    }
    offset = next_sector(end);
  }
  bytes_since_taken_ += bytes.size() - std::min<std::uint64_t>(seen, bytes.size());
}

/// Whether the batch follows what was taken. Its predecessor's hash says so; the number is the next one, but
/// for the first batch after damage, which begins a segment and passes over what was lost.
bool Recovery::links(const Batch& batch) const {
  if (batch.link.previous_hash != hash_) return false;
  const bool begins_segment = batch.link.offset == 0;
  return begins_segment ? batch.link.sequence > sequence_ : batch.link.sequence == sequence_ + 1;
}

/// Whether the batch is the next link of the chain and makes sense; then its entries are in the log. One that
/// makes none was written by no correct server: what it held is damaged, and it vouches for itself.
bool Recovery::take(const Batch& batch, Log& log) {
  if (!links(batch)) return false;
  bool sense = false;
  if (batch.first == Index{}) {
    if (sequence_ == 0) base_ = decode_base(batch);
    sense = sequence_ == 0 && base_.has_value();
  } else if (base_ && batch.first <= log.last() + 1 && batch.count > 0) {
    if (batch.first <= log.last()) log.truncate(batch.first);
    sense = decode_entries(batch, log);
  }
  if (!sense) {
    vouch({.sequence = batch.link.sequence, .state_counter = 0});
    return false;
  }
  sequence_ = batch.link.sequence;
  hash_ = batch.hash;
  segments_[segments_read_ - 1].sequence = sequence_;
  return true;
}

Recovered Recovery::finish(const Log& log) const {
  Recovered out;
  out.base = base_;
  out.bytes_cut = bytes_since_taken_;
  if (state_) out.hard_state = state_->hard_state;
  const std::uint64_t counter = state_ ? state_->counter : 0;
  if (sequence_ < synced_.sequence) out.damage = Damage::log;
  if (counter < synced_.state_counter) out.damage = Damage::hard_state;
  // Of two doubts the one that never ends.
  if (out.damage != Damage::none) {
    const Doubt doubt = out.damage == Damage::log ? Doubt::log : Doubt::hard_state;
    out.state_behind = out.hard_state.doubt < doubt;
    out.hard_state.doubt = std::max(out.hard_state.doubt, doubt);
  }
  // The files are synced independently: entries of a new term may be durable before the term is. Nothing was
  // promised in it then, so the term alone is enough; a vote in it would have been durable.
  if (out.hard_state.term < log.last_term()) {
    out.hard_state.term = log.last_term();
    out.hard_state.vote.reset();
    out.state_behind = true;
  }
  if (!state_) out.state_behind = true;
  const bool log_lost = sequence_ < synced_.sequence;
  out.cursor = {.segment = segments_.empty() ? 1 : segments_.back().number + 1,
                .sequence = log_lost ? std::max(sequence_seen_, synced_.sequence) : sequence_,
                .last_hash = hash_,
                .state_counter = std::max(counter, synced_.state_counter),
                .synced = {.sequence = std::min(sequence_, synced_.sequence),
                           .state_counter = std::min(counter, synced_.state_counter)}};
  if (state_read_) out.unsynced.emplace_back(state_file);
  for (const Segment& segment : segments_) {
    if (segment.sequence > synced_.sequence) out.unsynced.push_back(segment_name(segment.number));
  }
  return out;
}

}  // namespace raftsim::core
