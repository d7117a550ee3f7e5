#include "core/quorum.hpp"

#include <algorithm>

namespace raftsim::core {

namespace {

bool is_majority(const NodeSet& members, const NodeSet& nodes) {
  const auto present =
      std::count_if(members.begin(), members.end(), [&](NodeId node) { return contains(nodes, node); });
  return !members.empty() && static_cast<std::size_t>(present) >= majority(members.size());
}

/// The largest value that a majority of `members` has reached.
template <class T>
T agreed_in(const NodeSet& members, std::span<const Reached<T>> reached, T none) {
  const std::size_t needed = majority(members.size());
  bool any = false;
  T best = none;
  for (const Reached<T>& candidate : reached) {
    if (any && candidate.value <= best) continue;
    std::size_t holders = 0;
    for (const Reached<T>& other : reached) {
      if (other.value >= candidate.value && contains(members, other.node)) ++holders;
    }
    if (!members.empty() && holders >= needed) {
      best = candidate.value;
      any = true;
    }
  }
  return best;
}

}  // namespace

std::size_t majority(std::size_t members) { return members / 2 + 1; }

bool is_quorum(const Configuration& configuration, const NodeSet& nodes) {
  if (!is_majority(configuration.voters, nodes)) return false;
  return !configuration.joint() || is_majority(configuration.voters_outgoing, nodes);
}

template <class T>
T agreed(const Configuration& configuration, std::span<const Reached<T>> reached, T none) {
  const T incoming = agreed_in(configuration.voters, reached, none);
  if (!configuration.joint()) return incoming;
  return std::min(incoming, agreed_in(configuration.voters_outgoing, reached, none));
}

template Index agreed(const Configuration&, std::span<const Reached<Index>>, Index);
template Instant agreed(const Configuration&, std::span<const Reached<Instant>>, Instant);

}  // namespace raftsim::core
