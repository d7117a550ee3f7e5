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
  durable_state_ = cursor.state_found;
  last_hash_ = cursor.last_hash;
  segment_ = cursor.segment;
  segment_name_ = segment_name(cursor.segment);
  segment_end_ = 0;
  segments_ = cursor.segments;
}

LogStart DurableLog::start_for(Index from) const {
  // Nothing was written since an installed snapshot made all of it superfluous.
  if (segments_.empty()) return next_place();
  const auto stays = [next = durable_sequence() + 1](const SegmentStart& segment) {
    return segment.begins.sequence <= next;
  };
  auto begin = segments_.begin();
  CHECK(stays(*begin));
  for (auto it = begin; it != segments_.end() && stays(*it); ++it) {
    if (it->first <= from) begin = it;
  }
  return begin->begins;
}

LogStart DurableLog::next_place() const {
  CHECK(batches_settled());
  return {segment_end_ >= segment_bytes_ ? segment_ + 1 : segment_, issued_frontier_.sequence + 1,
          last_hash_};
}

/// Of the last batch that will never be taken back, whatever becomes of hard states.
std::uint64_t DurableLog::durable_sequence() const {
  std::uint64_t last = synced_.sequence;
  for (auto it = flushes_.begin(); it != flushes_.end() && it->batch.done(); ++it) last = it->covers.sequence;
  return last;
}

bool DurableLog::batches_settled() const {
  return std::all_of(flushes_.begin(), flushes_.end(), [](const Flush& flush) { return flush.batch.done(); });
}

void DurableLog::remove_before(const LogStart& start, Effects& out) {
  auto kept = segments_.begin();
  for (; kept != segments_.end() && kept->begins.segment < start.segment; ++kept) {
    request(DiskAction::remove, segment_name(kept->begins.segment), out);
  }
  segments_.erase(segments_.begin(), kept);
  if (!segments_.empty() && segments_.front().begins.segment == start.segment) {
    segments_.front().begins = start;
  }
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

/// The newest durable state, and those that may become it.
bool DurableLog::slot_protected(std::uint64_t counter) const {
  const auto same = [counter](std::uint64_t other) {
    return other != 0 && other % state_slots == counter % state_slots;
  };
  return same(durable_state_) ||
         std::any_of(flushes_.begin(), flushes_.end(), [&](const Flush& f) { return same(f.counter); });
}

bool DurableLog::write_state(const HardState& hard_state, Effects& out) {
  CHECK(state_slot_free());
  do {
    ++issued_frontier_.state_counter;
  } while (slot_protected(issued_frontier_.state_counter));
  const StateSlot slot{issued_frontier_.state_counter, hard_state, synced_};
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

/// Of the operations issued after `before`.
DurableLog::Part DurableLog::part_since(DiskOp before) const {
  return {before + 1, last_op_, static_cast<std::uint32_t>(last_op_ - before), false};
}

void DurableLog::flush(const FlushRequest& what, Effects& out) {
  const bool batch = what.base != nullptr || what.first <= what.last;
  CHECK((batch || what.hard_state.has_value()) == what.found.empty());
  // Their space may be needed for what comes.
  for (const std::uint32_t segment : superfluous_) request(DiskAction::remove, segment_name(segment), out);
  superfluous_.clear();
  Flush flush;
  flush.before = {issued_, issued_frontier_.sequence, last_hash_, segment_, segment_end_};
  flush.upto = what.upto;
  flush.first = last_op_ + 1;
  if (batch && what.base == nullptr) flush.entries_from = what.first;
  bool new_file = false;
  if (what.hard_state) {
    const DiskOp before = last_op_;
    new_file = write_state(*what.hard_state, out);
    flush.state = part_since(before);
    flush.counter = issued_frontier_.state_counter;
    ++unsynced_states_;
  }
  const DiskOp before = last_op_;
  flush.new_segment = batch && write_batch(what, out);
  flush.segment = segment_;
  new_file |= flush.new_segment;
  for (const std::string& file : what.found) request(DiskAction::sync, file, out);
  // With what was found the directory: the names may not be durable either.
  if (new_file || !what.found.empty()) request(DiskAction::sync_directory, "", out);
  flush.batch = part_since(before);
  flush.new_segment |= std::any_of(flushes_.begin(), flushes_.end(),
                                   [this](const Flush& f) { return f.new_segment && f.segment == segment_; });
  flush.last = last_op_;
  flush.covers = issued_frontier_;
  flushes_.push_back(flush);
  issued_ = what.upto;
}

std::vector<DurableLog::Flush>::iterator DurableLog::flush_of(DiskOp op) {
  const auto flush = std::find_if(flushes_.begin(), flushes_.end(),
                                  [op](const Flush& candidate) { return op <= candidate.last; });
  // What lies between two flushes concerns snapshots.
  return flush != flushes_.end() && op < flush->first ? flushes_.end() : flush;
}

/// A hard state that found no space is not missed once a later one is durable.
bool DurableLog::complete(const Flush& flush) const {
  const bool state = flush.state.left == 0 && (!flush.state.no_space || flush.counter <= durable_state_);
  return state && flush.batch.done();
}

std::optional<WriteId> DurableLog::done(DiskOp op) {
  const auto flush = flush_of(op);
  if (flush == flushes_.end()) return std::nullopt;
  Part& part = flush->part(op);
  CHECK(part.left > 0);
  --part.left;
  if (flush->batch.has(op) && op == part.first + 1) flush->batch_synced = true;
  if (flush->counter != 0 && flush->state.done()) durable_state_ = std::max(durable_state_, flush->counter);
  // Files are independent: a later flush of one may complete before an earlier one of the other.
  const auto open =
      std::find_if(flushes_.begin(), flushes_.end(), [this](const Flush& f) { return !complete(f); });
  if (open == flushes_.begin()) return std::nullopt;
  const Flush& newest = *(open - 1);
  const WriteId durable = newest.upto;
  synced_ = newest.covers;
  issued_ = std::max(issued_, durable);
  for (auto it = flushes_.begin(); it != open; ++it) unsynced_states_ -= it->counter != 0 ? 1u : 0u;
  flushes_.erase(flushes_.begin(), open);
  return durable;
}

bool DurableLog::no_space(DiskOp op, DiskStatus status) {
  const auto flush = flush_of(op);
  if (flush == flushes_.end()) return false;
  Part& part = flush->part(op);
  // A sync that finds no space has failed: what it was to keep may be lost without a word.
  const bool write = status == DiskStatus::full && op == part.first;
  const bool sync_of_nothing =
      status == DiskStatus::not_found && flush->new_segment && flush->batch.has(op) && op == part.first + 1;
  if (!write && !sync_of_nothing) return false;
  CHECK(part.left > 0);
  --part.left;
  part.no_space = true;
  // What would wait for it has to wait for what is written in its place.
  issued_ = std::min(issued_, flush->before.issued);
  return true;
}

std::optional<DurableLog::TakenBack> DurableLog::take_back() {
  const auto unanswered = [](const Flush& f) { return f.state.left > 0 || f.batch.left > 0; };
  if (flushes_.empty() || std::any_of(flushes_.begin(), flushes_.end(), unanswered)) return std::nullopt;
  TakenBack back;
  const auto lost =
      std::find_if(flushes_.begin(), flushes_.end(), [](const Flush& f) { return f.batch.no_space; });
  for (auto it = lost; it != flushes_.end(); ++it) {
    if (it->entries_from) back.first = std::min(back.first.value_or(*it->entries_from), *it->entries_from);
  }
  for (const Flush& flush : flushes_) back.hard_state |= flush.counter > durable_state_;
  synced_ = {durable_sequence(), std::max(synced_.state_counter, durable_state_)};
  if (back.hard_state || back.first) {
    issued_ = flushes_.front().before.issued;
  } else {
    issued_ = flushes_.back().upto;
    back.durable = issued_;
  }
  if (lost != flushes_.end()) rewind(*lost);
  unsynced_states_ = 0;
  flushes_.clear();
  return back;
}

/// The next batch goes where the first that is taken back went; unless a later segment has begun since. What
/// is written now may be shorter, so that the earlier one is not full any more, and what is left in the later
/// would stand behind batches of its own numbers. So a new one begins, as after a restart: of several batches
/// that follow the same one the last counts (batch_chain.hpp).
void DurableLog::rewind(const Flush& lost) {
  const Flush::Before& before = lost.before;
  issued_frontier_.sequence = before.sequence;
  last_hash_ = before.last_hash;
  const bool in_last_segment = lost.segment == segment_;
  const bool began_it = before.segment < lost.segment || before.segment_end == 0;
  const std::uint32_t kept = began_it ? lost.segment - 1 : lost.segment;
  for (; !segments_.empty() && segments_.back().begins.segment > kept; segments_.pop_back()) {
    const std::uint32_t segment = segments_.back().begins.segment;
    const auto written = [segment](const Flush& f) { return f.segment == segment && f.batch_synced; };
    if (!in_last_segment && std::ranges::any_of(flushes_, written)) superfluous_.push_back(segment);
  }
  if (in_last_segment) {
    segment_ = before.segment;
    segment_end_ = before.segment_end;
    segment_name_ = segment_name(segment_);
  } else {
    segment_end_ = std::max(segment_end_, segment_bytes_);
  }
}

void DurableLog::forget_entries() {
  for (Flush& flush : flushes_) flush.entries_from.reset();
}

std::optional<DiskOp> DurableLog::covering(WriteId id) const {
  if (id > issued_) return std::nullopt;
  const auto flush = std::find_if(flushes_.begin(), flushes_.end(),
                                  [id](const Flush& candidate) { return id <= candidate.upto; });
  return flush == flushes_.end() ? std::nullopt : std::optional(flush->last);
}

}  // namespace raftsim::core
