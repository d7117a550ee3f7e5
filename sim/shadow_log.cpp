#include "sim/shadow_log.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::sim {

void ShadowLog::append(const EntryView& entry) {
  const std::uint64_t before = size_ == 0 ? base_chain_ : at(last()).chain;
  const std::uint64_t index = first_.value + size_;
  if ((index >> chunk_bits) - first_chunk_ == chunks_.size())
    chunks_.push_back(std::make_unique<Entry[]>(chunk_size));
  chunks_[(index >> chunk_bits) - first_chunk_][index & (chunk_size - 1)] =
      Entry{entry.term, entry.hash,
            before != 0 || index == 1 ? chain_next(before, entry.term, entry.hash) : 0, entry.kind};
  ++size_;
}

void ShadowLog::compact(Index first) {
  CHECK(first >= first_);
  CHECK(first.value <= first_.value + size_);
  if (first == first_) return;
  base_chain_ = at(first - 1).chain;
  size_ -= first - first_;
  first_ = first;
  // Chunks that compaction empties at the front are spare at the back.
  const std::uint64_t emptied = (first.value >> chunk_bits) - first_chunk_;
  first_chunk_ += emptied;
  const auto kept =
      chunks_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(emptied, chunks_.size()));
  std::rotate(chunks_.begin(), kept, chunks_.end());
}

void ShadowLog::restart_at(Index first, std::optional<std::uint64_t> base) {
  size_ = 0;
  first_ = first;
  first_chunk_ = first.value >> chunk_bits;
  base_chain_ = base.value_or(0);
}

std::optional<std::uint64_t> ShadowLog::chain(Index i) const {
  if (i.value == 0) return chain_start;
  const bool base = i.value + 1 == first_.value;
  if (!base && !holds(i)) return std::nullopt;
  const std::uint64_t chain = base ? base_chain_ : at(i).chain;
  return chain != 0 ? std::optional(chain) : std::nullopt;
}

}  // namespace raftsim::sim
