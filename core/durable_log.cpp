#include "core/durable_log.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::core {
namespace {

/// Longer than any file of ours: a read returns fewer bytes at the end of the file.
constexpr std::uint64_t whole_file = std::uint64_t{1} << 40;

}  // namespace

void DurableLog::resume(const LogCursor& cursor, std::uint64_t segment_bytes) {
  segment_bytes_ = segment_bytes;
  issued_frontier_ = {cursor.sequence, cursor.state_counter};
  synced_ = cursor.synced;
  last_hash_ = cursor.last_hash;
  segment_ = cursor.segment;
  segment_name_ = segment_name(cursor.segment);
  segment_end_ = 0;
  segments_ = cursor.segments;
}

LogStart DurableLog::next_segment() const {
  return {segment_end_ > 0 ? segment_ + 1 : segment_, issued_frontier_.sequence + 1, last_hash_};
}

LogStart DurableLog::start_for(Index from) const {
  // Nothing was written since an installed snapshot made all of it superfluous.
  if (segments_.empty()) return next_segment();
  auto begin = segments_.begin();
  for (auto it = begin; it != segments_.end(); ++it) {
    if (it->first <= from) begin = it;
  }
  return begin->begins;
}

LogStart DurableLog::close_segment() {
  if (segment_end_ > 0) segment_end_ = std::max(segment_end_, segment_bytes_);
  return next_segment();
}

void DurableLog::remove_before(std::uint32_t segment, Effects& out) {
  auto kept = segments_.begin();
  for (; kept != segments_.end() && kept->begins.segment < segment; ++kept) {
    request(DiskAction::remove, segment_name(kept->begins.segment), out);
  }
  segments_.erase(segments_.begin(), kept);
}

DiskRequest& DurableLog::request(DiskAction action, std::string_view file, Effects& out) {
  DiskRequest request;
  request.op = ++last_op_;
  request.action = action;
  request.file = out.put(file);
  out.list.emplace_back(request);
  return std::get<DiskRequest>(out.list.back());
}

void DurableLog::list(Effects& out) { request(DiskAction::list, "", out); }

void DurableLog::read(std::string_view file, Effects& out) {
  request(DiskAction::read, file, out).length = whole_file;
}

bool DurableLog::write_state(const HardState& hard_state, Effects& out) {
  CHECK(state_slot_free());
  const StateSlot slot{++issued_frontier_.state_counter, hard_state, synced_};
  DiskRequest& write = request(DiskAction::write, state_file, out);
  write.offset = slot.counter % state_slots * sector_bytes;
  const std::size_t start = out.arena.size();
  encode_state_slot(slot, out.arena);
  write.bytes = {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(out.arena.size() - start)};
  write.length = write.bytes.length;
  write.label_first = static_cast<std::uint32_t>(out.labels.size());
  write.label_count = 1;
  out.labels.emplace_back(HardStateLabel{hard_state.term, hard_state.vote});
  request(DiskAction::sync, state_file, out);
  return slot.counter == 1;
}

bool DurableLog::write_batch(const FlushRequest& what, Effects& out) {
  if (segment_end_ >= segment_bytes_) {
    segment_name_ = segment_name(++segment_);
    segment_end_ = 0;
  }
  const std::uint64_t offset = next_sector(segment_end_);
  const BatchLink link{.segment = segment_,
                       .offset = offset,
                       .sequence = ++issued_frontier_.sequence,
                       .previous_hash = last_hash_,
                       .synced = synced_};
  if (offset == 0) {
    const LogStart begins{link.segment, link.sequence, link.previous_hash};
    segments_.push_back({begins, what.base != nullptr ? Index{} : what.first});
  }
  DiskRequest& write = request(DiskAction::write, segment_name_, out);
  write.offset = offset;
  const std::size_t start = out.arena.size();
  last_hash_ = what.base != nullptr ? encode_base(link, *what.base, out.arena)
                                    : encode_entries(link, *what.log, what.first, what.last, out.arena);
  write.bytes = {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(out.arena.size() - start)};
  write.length = write.bytes.length;
  segment_end_ = offset + write.length;
  if (what.base == nullptr) {
    write.label_first = static_cast<std::uint32_t>(out.labels.size());
    write.label_count = 1;
    out.labels.emplace_back(EntriesLabel{.first = what.first,
                                         .last = what.last,
                                         .last_term = what.log->at(what.last).term,
                                         .chain = what.log->chain_at(what.last)});
  }
  request(DiskAction::sync, segment_name_, out);
  return offset == 0;
}

void DurableLog::flush(const FlushRequest& what, Effects& out) {
  const bool batch = what.base != nullptr || what.first <= what.last;
  CHECK(batch || what.hard_state.has_value() || !what.found.empty());
  const DiskOp before = last_op_;
  Flush flush;
  flush.before = {issued_, issued_frontier_, last_hash_, segment_, segment_end_};
  flush.upto = what.upto;
  if (batch && what.base == nullptr) flush.entries_from = what.first;
  // With them the directory: their names may not be durable either.
  bool new_file = !what.found.empty();
  for (const std::string& file : what.found) request(DiskAction::sync, file, out);
  if (what.hard_state) {
    new_file |= write_state(*what.hard_state, out);
    flush.states = 1;
    ++unsynced_states_;
  }
  if (batch) new_file |= write_batch(what, out);
  if (new_file) request(DiskAction::sync_directory, "", out);
  flush.first = before + 1;
  flush.last = last_op_;
  flush.left = static_cast<std::uint32_t>(last_op_ - before);
  flush.covers = issued_frontier_;
  flushes_.push_back(flush);
  issued_ = what.upto;
}

std::vector<DurableLog::Flush>::iterator DurableLog::flush_of(DiskOp op) {
  return std::find_if(flushes_.begin(), flushes_.end(),
                      [op](const Flush& candidate) { return op <= candidate.last; });
}

bool DurableLog::no_space(DiskOp op) {
  const auto flush = flush_of(op);
  if (flush == flushes_.end() || op < flush->first) return false;
  CHECK(flush->left > 0);
  --flush->left;
  flush->no_space = true;
  // What would wait for it has to wait for what is written in its place.
  issued_ = std::min(issued_, flush->before.issued);
  return true;
}

std::optional<DurableLog::TakenBack> DurableLog::take_back() {
  if (flushes_.empty() || !flushes_.front().no_space) return std::nullopt;
  TakenBack back;
  for (const Flush& flush : flushes_) {
    if (flush.left > 0) return std::nullopt;
    back.hard_state |= flush.states > 0;
    if (flush.entries_from)
      back.first = std::min(back.first.value_or(*flush.entries_from), *flush.entries_from);
  }
  const Flush::Before& before = flushes_.front().before;
  issued_ = before.issued;
  issued_frontier_ = before.frontier;
  last_hash_ = before.last_hash;
  segment_ = before.segment;
  segment_end_ = before.segment_end;
  segment_name_ = segment_name(segment_);
  // A segment that began with what is taken back begins anew.
  while (!segments_.empty() && (segments_.back().begins.segment > before.segment ||
                                (segments_.back().begins.segment == before.segment && segment_end_ == 0))) {
    segments_.pop_back();
  }
  unsynced_states_ = 0;
  flushes_.clear();
  return back;
}

std::optional<WriteId> DurableLog::done(DiskOp op) {
  const auto flush = flush_of(op);
  // Files are independent: a later flush of one may complete before an earlier one of the other. What lies
  // between two flushes concerns snapshots.
  if (flush == flushes_.end() || op < flush->first) return std::nullopt;
  CHECK(flush->left > 0);
  --flush->left;
  const auto open =
      std::find_if(flushes_.begin(), flushes_.end(), [](const Flush& f) { return f.left > 0 || f.no_space; });
  if (open == flushes_.begin()) return std::nullopt;
  const Flush& newest = *(open - 1);
  const WriteId durable = newest.upto;
  synced_ = newest.covers;
  for (auto it = flushes_.begin(); it != open; ++it) unsynced_states_ -= it->states;
  flushes_.erase(flushes_.begin(), open);
  return durable;
}

std::optional<DiskOp> DurableLog::covering(WriteId id) const {
  if (id > issued_) return std::nullopt;
  const auto flush = std::find_if(flushes_.begin(), flushes_.end(),
                                  [id](const Flush& candidate) { return id <= candidate.upto; });
  return flush == flushes_.end() ? std::nullopt : std::optional(flush->last);
}

}  // namespace raftsim::core
