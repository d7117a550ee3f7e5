#include "core/quorum.hpp"

#include <algorithm>

namespace raftsim::core {

namespace {

bool is_majority(const NodeSet& members, const NodeSet& nodes) {
  const auto present =
      std::count_if(members.begin(), members.end(), [&](NodeId node) { return contains(nodes, node); });
  return !members.empty() && static_cast<std::size_t>(present) >= majority(members.size());
}

/// The largest value that a majority of `members` has reached: that of the last member needed for one.
/// Precondition: `reached` is sorted, the largest value first.
template <class T>
T agreed_in(const NodeSet& members, std::span<const Reached<T>> reached, T none) {
  std::size_t missing = majority(members.size());
  for (const Reached<T>& one : reached) {
    if (contains(members, one.node) && --missing == 0) return one.value;
  }
  return none;
}

}  // namespace

std::size_t majority(std::size_t members) { return members / 2 + 1; }

bool is_quorum(const Configuration& configuration, const NodeSet& nodes) {
  if (!is_majority(configuration.voters, nodes)) return false;
  return !configuration.joint() || is_majority(configuration.voters_outgoing, nodes);
}

template <class T>
T agreed(const Configuration& configuration, std::span<Reached<T>> reached, T none) {
  std::sort(reached.begin(), reached.end(),
            [](const Reached<T>& a, const Reached<T>& b) { return a.value > b.value; });
  const T incoming = agreed_in<T>(configuration.voters, reached, none);
  if (!configuration.joint()) return incoming;
  return std::min(incoming, agreed_in<T>(configuration.voters_outgoing, reached, none));
}

template Index agreed(const Configuration&, std::span<Reached<Index>>, Index);
template Instant agreed(const Configuration&, std::span<Reached<Instant>>, Instant);

}  // namespace raftsim::core
