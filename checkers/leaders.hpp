// Who led which term, over the whole run: a check of present leaders alone misses half of the cases.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "history/event.hpp"
#include "seam/types.hpp"

namespace raftsim::checkers {

/// The first election won in a term. 40 bytes, kept for ever: an election a second is 3.5 MB a simulated day.
struct Leadership {
  Term term;
  NodeId leader;
  history::EventId event;
  Instant time;
  /// Whose granted votes the winner had really received, itself among them: bit k is node k + 1 (a larger
  /// number is not shown).
  std::uint64_t voters = 0;
};
static_assert(sizeof(Leadership) == 40);

/// Terms mostly grow, so that an election is appended and the newest is found at once; a late one is
/// inserted, and an old one is found in O(log n).
class Leaders {
 public:
  /// Where the term has a leader already, that one stays.
  void won(const Leadership& election);
  /// Null: nobody so far.
  const Leadership* of(Term term) const;

 private:
  std::vector<Leadership> by_term_;  ///< sorted, one per term
};

/// Adds to a list in order of Item::term, of which the newest few hundred matter.
template <class Item>
void keep_by_term(std::vector<Item>& list, Item item) {
  constexpr std::size_t kept = 512;
  if (list.size() >= 2 * kept) list.erase(list.begin(), list.end() - kept);
  const auto later = [&item](const Item& other) { return other.term > item.term; };
  // From the end: a term is hardly ever late.
  auto place = list.end();
  while (place != list.begin() && later(*(place - 1))) --place;
  list.insert(place, std::move(item));
}

}  // namespace raftsim::checkers
