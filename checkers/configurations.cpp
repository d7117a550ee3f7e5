#include "checkers/configurations.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace raftsim::checkers {

namespace {

bool before(const ShownConfiguration& a, const ShownConfiguration& b) {
  return std::tie(a.index, a.term) < std::tie(b.index, b.term);
}

}  // namespace

const ShownConfiguration* Configurations::find(Index index, Term term) const {
  for (auto s = shown_.rbegin(); s != shown_.rend() && s->index >= index; ++s)
    if (s->index == index && s->term == term) return &*s;
  return nullptr;
}

bool Configurations::knows(Index index) const {
  for (auto s = shown_.rbegin(); s != shown_.rend() && s->index >= index; ++s)
    if (s->index == index) return true;
  return false;
}

std::size_t Configurations::terms_at(Index index) const {
  std::size_t terms = 0;
  for (auto s = shown_.rbegin(); s != shown_.rend() && s->index >= index; ++s) terms += s->index == index;
  return terms;
}

void Configurations::add(ShownConfiguration shown) {
  if (find(shown.index, shown.term) != nullptr) return;
  constexpr std::ptrdiff_t kept = 2'048;
  if (std::ssize(shown_) >= 2 * kept) shown_.erase(shown_.begin(), shown_.end() - kept);
  shown_.insert(std::upper_bound(shown_.begin(), shown_.end(), shown, before), std::move(shown));
}

const Configuration& Configurations::at(Index index, const Canonical& can) const {
  for (auto s = shown_.rbegin(); s != shown_.rend(); ++s) {
    if (s->index > index || s->index > can.last()) continue;
    // Of siblings whose place is too far back to be known, the highest term is taken.
    if (can.holds(s->index) && can.at(s->index).term != s->term) continue;
    return s->configuration;
  }
  return initial_;
}

}  // namespace raftsim::checkers
