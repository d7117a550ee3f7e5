#include "core/recovery.hpp"

#include <algorithm>
#include <utility>

#include "core/snapshot_format.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

void Recovery::names(std::span<const std::string_view> all) {
  for (const std::string_view name : all) {
    if (name == state_file) state_to_read_ = true;
    if (name == snapshot_file) snapshot_to_read_ = true;
    if (name == snapshot_file_unfinished) leftovers_.emplace_back(name);
    if (const auto number = segment_number(name)) segments_.push_back({*number, 0, {}});
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const Segment& a, const Segment& b) { return a.number < b.number; });
}

std::optional<std::string_view> Recovery::next_file() {
  if (snapshot_to_read_) {
    file_ = snapshot_file;
  } else if (state_to_read_) {
    file_ = state_file;
  } else if (segments_read_ < segments_.size()) {
    file_ = segment_name(segments_[segments_read_].number);
  } else {
    return std::nullopt;
  }
  return file_;
}

void Recovery::content(ByteSpan bytes, Log& log) {
  if (snapshot_to_read_) {
    snapshot_to_read_ = false;
    return read_snapshot(bytes);
  }
  if (state_to_read_) {
    state_to_read_ = false;
    state_read_ = true;
    return read_state(bytes);
  }
  CHECK(segments_read_ < segments_.size());
  read_segment(segments_[segments_read_++].number, bytes, log);
  if (segments_read_ == segments_.size() && chain_.turned() && !read_again_) begin_again(log);
}

void Recovery::vouch(const SyncedFrontier& frontier) {
  synced_.sequence = std::max(synced_.sequence, frontier.sequence);
  synced_.state_counter = std::max(synced_.state_counter, frontier.state_counter);
}

void Recovery::read_snapshot(ByteSpan bytes) {
  const std::optional<SnapshotHeader> header = decode_snapshot_header(bytes);
  std::optional<Snapshot> snapshot;
  if (header) {
    const ByteSpan image = bytes.subspan(snapshot_header_bytes);
    snapshot = open_image({image.begin(), image.end()});
  }
  if (!snapshot) {
    snapshot_damaged_ = true;
    leftovers_.emplace_back(snapshot_file);
    return;
  }
  snapshot_ = std::make_shared<const Snapshot>(std::move(*snapshot));
  base_ = snapshot_->configuration;
  start_ = header->log_start;
  vouch(header->synced);
  chain_.begin(start_.sequence - 1, start_.previous_hash);
  std::erase_if(segments_, [this](const Segment& segment) {
    if (segment.number >= start_.segment) return false;
    leftovers_.push_back(segment_name(segment.number));
    return true;
  });
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
    // The log may begin in the middle of its first segment.
    if (batch->link.sequence < start_.sequence) {
      seen = end;
    } else if (take(*batch, log)) {
      bytes_since_taken_ = 0;
      seen = end;
    }
    offset = next_sector(end);
  }
  bytes_since_taken_ += bytes.size() - std::min<std::uint64_t>(seen, bytes.size());
}

/// The segments are read anew, and of their batches only those taken that the chain turned out to have.
void Recovery::begin_again(Log& log) {
  read_again_ = true;
  chain_.follow_again();
  segments_read_ = 0;
  for (Segment& segment : segments_) segment = {segment.number, 0, {}};
  bytes_since_taken_ = 0;
  if (snapshot_ == nullptr) base_.reset();
  log.restart(Index{}, Term{}, chain_start);
}

/// Whether the batch is the next link of the chain and makes sense; then its entries are in the log. One that
/// makes none was written by no correct server: what it held is damaged, and it vouches for itself.
bool Recovery::take(const Batch& batch, Log& log) {
  const bool goes_on = chain_.goes_on_with(batch);
  if (!goes_on) chain_.turn(batch);
  // What is taken now would be thrown away.
  if (chain_.turned() && !read_again_) {
    if (goes_on) chain_.append(batch);
    return false;
  }
  if (!goes_on) return false;
  bool sense = false;
  if (batch.first == Index{}) {
    // The first batch, whatever its number: after damage it is written anew. A snapshot's configuration is a
    // later one.
    std::optional<Configuration> base = decode_base(batch);
    sense = chain_.at_start() && base.has_value();
    if (sense && snapshot_ == nullptr) base_ = std::move(base);
  } else if (base_ && batch.count > 0) {
    sense = take_entries(batch, log);
  }
  if (!sense) {
    vouch({.sequence = batch.link.sequence, .state_counter = 0});
    return false;
  }
  chain_.append(batch);
  Segment& segment = segments_[segments_read_ - 1];
  if (segment.sequence == 0) {
    segment.start = {{segment.number, batch.link.sequence, batch.link.previous_hash}, batch.first};
  }
  segment.sequence = batch.link.sequence;
  return true;
}

/// A batch that does not stand behind the log stands behind what a snapshot covers: the log was discarded for
/// it, or this is the first batch that was not removed.
bool Recovery::take_entries(const Batch& batch, Log& log) const {
  const Index before = batch.first - 1;
  const bool goes_on =
      batch.first >= log.first() && before <= log.last() && log.chain_at(before) == batch.previous_chain;
  if (goes_on) {
    if (batch.first <= log.last()) log.truncate(batch.first);
  } else {
    if (snapshot_ == nullptr || before > snapshot_->index) return false;
    log.restart(before, batch.previous_term, batch.previous_chain);
  }
  return decode_entries(batch, log);
}

/// False if there is a gap between the two.
bool Recovery::fit_log_to_snapshot(Log& log) const {
  const Snapshot& snapshot = *snapshot_;
  const bool gap = log.first() > snapshot.index + 1;
  const bool agrees = !gap && snapshot.index <= log.last() &&
                      log.chain_at(snapshot.index) == snapshot.chain &&
                      log.holds(snapshot.index, snapshot.term);
  if (!agrees) log.restart(snapshot.index, snapshot.term, snapshot.chain);
  return !gap;
}

Recovered Recovery::finish(Log& log) const {
  Recovered out;
  out.snapshot = snapshot_;
  out.leftovers = leftovers_;
  const bool fits = snapshot_ == nullptr || fit_log_to_snapshot(log);
  out.base = base_;
  out.bytes_cut = bytes_since_taken_;
  if (state_) out.hard_state = state_->hard_state;
  const std::uint64_t counter = state_ ? state_->counter : 0;
  if (log_lost() || snapshot_damaged_ || !fits) out.damage = Damage::log;
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
  out.cursor = {.segment = segments_.empty() ? start_.segment : segments_.back().number + 1,
                .sequence = log_lost() ? std::max(sequence_seen_, synced_.sequence) : chain_.sequence(),
                .last_hash = chain_.hash(),
                .state_counter = std::max(counter, synced_.state_counter),
                .state_found = counter,
                .synced = {.sequence = std::min(chain_.sequence(), synced_.sequence),
                           .state_counter = std::min(counter, synced_.state_counter)}};
  for (const Segment& segment : segments_) {
    if (segment.sequence != 0) out.cursor.segments.push_back(segment.start);
  }
  if (snapshot_ != nullptr) out.unsynced.emplace_back(snapshot_file);
  if (state_read_) out.unsynced.emplace_back(state_file);
  for (const Segment& segment : segments_) {
    if (segment.sequence > synced_.sequence) out.unsynced.push_back(segment_name(segment.number));
  }
  return out;
}

}  // namespace raftsim::core
