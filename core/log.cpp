#include "core/log.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace raftsim::core {

namespace {
// Chunks grow from the first size to the last, so that a short run costs little and a long one few
// allocations.
constexpr std::size_t chunk_bytes_first = 4'096;
constexpr std::size_t chunk_bytes_max = 65'536;
}  // namespace

ByteSpan PayloadStore::append(ByteSpan bytes) {
  if (bytes.empty()) return {};
  if (chunks_.empty() || chunks_.back().capacity - (end_ - chunks_.back().base) < bytes.size()) {
    add_chunk(bytes.size());
  }
  const Chunk& chunk = chunks_.back();
  std::byte* at = chunk.bytes.get() + (end_ - chunk.base);
  std::memcpy(at, bytes.data(), bytes.size());
  end_ += bytes.size();
  return {at, bytes.size()};
}

void PayloadStore::add_chunk(std::size_t at_least) {
  if (spare_.capacity >= at_least) {
    spare_.base = end_;
    chunks_.push_back(std::exchange(spare_, Chunk{}));
    return;
  }
  const std::size_t grown = chunks_.empty() ? chunk_bytes_first : chunks_.back().capacity * 2;
  const std::size_t capacity = std::max(at_least, std::min(grown, chunk_bytes_max));
  // Left uninitialised: only what append() filled is ever read.
  chunks_.push_back(Chunk{std::unique_ptr<std::byte[]>(new std::byte[capacity]), capacity, end_});
}

void PayloadStore::cut(std::uint64_t offset) {
  CHECK(offset <= end_);
  while (!chunks_.empty() && chunks_.back().base >= offset) {
    if (chunks_.back().capacity > spare_.capacity) spare_ = std::move(chunks_.back());
    chunks_.pop_back();
  }
  end_ = offset;
}

void PayloadStore::release(std::uint64_t offset) {
  CHECK(offset <= end_);
  // The last chunk stays: it is being filled.
  std::size_t released = 0;
  while (released + 1 < chunks_.size() && chunks_[released + 1].base <= offset) ++released;
  if (released == 0) return;
  if (chunks_.front().capacity > spare_.capacity) spare_ = std::move(chunks_.front());
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(released));
}

Log::Log(const Log& other)
    : base_(other.base_), base_term_(other.base_term_), base_chain_(other.base_chain_), origin_(base_) {
  const std::size_t count = other.last() - base_;
  entries_.reserve(count);
  tails_.reserve(count);
  for (Index at = other.first(); at <= other.last(); ++at) append(other.at(at));
}

Log& Log::operator=(const Log& other) {
  if (this != &other) *this = Log(other);
  return *this;
}

Term Log::last_term() const { return entries_.empty() ? base_term_ : entries_.back().term; }

std::uint64_t Log::chain_at(Index index) const {
  CHECK(index >= base_);
  CHECK(index <= last());
  return index == base_ ? base_chain_ : tails_[offset(index)].chain;
}

std::span<const EntryRef> Log::slice(Index from, std::size_t entries_max, std::uint64_t bytes_max) const {
  CHECK(from > base_);
  if (from > last()) return {};
  const std::size_t begin = offset(from);
  const std::size_t count = std::min(entries_max, entries_.size() - begin);
  const std::uint64_t before = payload_end(from - 1);
  const auto first = tails_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto fits = [&](const Tail& tail) { return tail.payload_end - before <= bytes_max; };
  if (count == 0 || fits(first[static_cast<std::ptrdiff_t>(count) - 1])) {
    return {entries_.data() + begin, count};
  }
  const auto end = std::partition_point(first, first + static_cast<std::ptrdiff_t>(count), fits);
  return {entries_.data() + begin, std::max<std::size_t>(1, static_cast<std::size_t>(end - first))};
}

Index Log::first_of_same_term(Index index) const {
  CHECK(index > base_);
  CHECK(index <= last());
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [](Index at, const TermRun& run) { return at < run.first; });
  return std::prev(after)->first;
}

Index Log::last_up_to(Term term) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), term,
                                      [](Term at, const TermRun& run) { return at < run.term; });
  return after == runs_.end() ? last() : after->first - 1;
}

void Log::append(const EntryRef& entry) {
  CHECK(entry.term >= last_term());
  const std::uint64_t chain_before = tails_.empty() ? base_chain_ : tails_.back().chain;
  if (runs_.empty() || runs_.back().term != entry.term) runs_.push_back(TermRun{entry.term, last() + 1});
  const ByteSpan payload = payload_.append(entry.payload);
  entries_.push_back(EntryRef{entry.term, entry.hash, payload, entry.kind});
  tails_.push_back(Tail{chain_next(chain_before, entry.term, entry.hash), payload_.end()});
}

void Log::truncate(Index from) {
  CHECK(from > base_);
  CHECK(from <= last());
  const std::size_t kept = offset(from);
  entries_.resize(kept);
  tails_.resize(kept);
  while (!runs_.empty() && runs_.back().first >= from) runs_.pop_back();
  payload_.cut(payload_end(last()));
}

void Log::compact(Index upto) {
  CHECK(upto >= base_);
  CHECK(upto <= last());
  if (upto == base_) return;
  const Tail& tail = tails_[offset(upto)];
  base_term_ = entries_[offset(upto)].term;
  base_chain_ = tail.chain;
  base_payload_end_ = tail.payload_end;
  base_ = upto;
  const auto is_over = [upto](const TermRun& next) { return next.first <= upto + 1; };
  const auto kept = std::partition_point(runs_.begin(), runs_.end(), is_over);
  runs_.erase(runs_.begin(), kept == runs_.begin() ? kept : kept - 1);
  if (empty()) runs_.clear();
  if (!runs_.empty()) runs_.front().first = std::max(runs_.front().first, first());
  payload_.release(base_payload_end_);
  const std::size_t gone = base_ - origin_;
  if (gone * 2 < entries_.size()) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(gone));
  tails_.erase(tails_.begin(), tails_.begin() + static_cast<std::ptrdiff_t>(gone));
  origin_ = base_;
}

void Log::restart(Index base, Term base_term, std::uint64_t base_chain) {
  Log fresh;
  fresh.base_ = base;
  fresh.origin_ = base;
  fresh.base_term_ = base_term;
  fresh.base_chain_ = base_chain;
  *this = std::move(fresh);
}

}  // namespace raftsim::core
