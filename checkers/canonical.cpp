#include "checkers/canonical.hpp"

#include <algorithm>

namespace raftsim::checkers {

std::optional<std::uint64_t> Canonical::chain(Index i) const {
  if (entries_.holds(i.value)) return entries_[i.value].chain;
  if (i.value + 1 == entries_.first()) return base_chain_;
  return std::nullopt;
}

void Canonical::append(const Committed& entry) {
  if (entries_.size() == kept) {
    base_chain_ = entries_.front().chain;
    entries_.drop_before(entries_.first() + 1);
  }
  Committed next = entry;
  // Commit terms never fall along a correct log. Where a broken one lets them fall, the higher bound asks
  // less of later leaders, never more.
  if (!entries_.empty()) next.commit_term = std::max(next.commit_term, entries_.back().commit_term);
  entries_.push_back(next);
}

Index Canonical::committed_before(Term term) const {
  std::uint64_t low = entries_.first();
  std::uint64_t high = entries_.end();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (entries_[middle].commit_term < term)
      low = middle + 1;
    else
      high = middle;
  }
  return low == entries_.first() ? Index{} : Index{low - 1};
}

const EntryTable::Entry* EntryTable::find(Index index, Term term) const {
  if (!slots_.holds(index.value)) return nullptr;
  const Slot& slot = slots_[index.value];
  for (std::uint32_t k = 0; k < slot.used; ++k)
    if (slot.entry[k].term == term) return &slot.entry[k];
  if (slot.spilled == 0) return nullptr;
  for (const Spilled& s : spilled_)
    if (s.index == index && s.entry.term == term) return &s.entry;
  return nullptr;
}

EntryTable::Met EntryTable::meet(Index index, Term term, std::uint64_t chain, const history::Event& event) {
  // A log grows by one entry at a time; an index far beyond all others is not a log's but a broken message's.
  constexpr std::uint64_t gap_max = 1u << 16;
  if (index.value < slots_.first() || index.value >= slots_.end() + gap_max) return Met::forgotten;
  while (slots_.end() <= index.value) {
    if (slots_.size() == kept) {
      const std::uint64_t gone = slots_.first();
      if (slots_.front().spilled != 0)
        std::erase_if(spilled_, [gone](const Spilled& s) { return s.index.value == gone; });
      slots_.drop_before(gone + 1);
    }
    slots_.push_back({});
  }
  if (index.value < slots_.first()) return Met::forgotten;
  if (const Entry* known = find(index, term)) return known->chain == chain ? Met::equal : Met::different;
  Slot& slot = slots_[index.value];
  if (slot.used < 2) {
    slot.entry[slot.used++] = {term, chain, event.id, event.time, event.node};
  } else {
    ++slot.spilled;
    spilled_.push_back({index, {term, chain, event.id, event.time, event.node}});
  }
  return Met::first;
}

}  // namespace raftsim::checkers
