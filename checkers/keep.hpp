// Lists of which only the newest few hundred matter: what bounds the memory of shadows that run for days.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace raftsim::checkers {

/// Adds to a list, of which at least the last 512 are kept.
template <class Item>
void keep(std::vector<Item>& list, Item item) {
  constexpr std::size_t kept = 512;
  if (list.size() >= 2 * kept) list.erase(list.begin(), list.end() - kept);
  list.push_back(std::move(item));
}

/// Adds to a list in order of Item::term, of which at least the 512 of the highest terms are kept.
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
