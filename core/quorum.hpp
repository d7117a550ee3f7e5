// Agreement in a configuration: a majority of its voters and, while it is joint, a majority of the outgoing
// voters as well (dissertation 4.3). Learners never count (4.2.1). A set without members agrees on nothing.
#pragma once

#include <cstddef>
#include <span>

#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// How many of `members` make a majority.
std::size_t majority(std::size_t members);

/// Whether `nodes` contain a quorum of `configuration`.
bool is_quorum(const Configuration& configuration, const NodeSet& nodes);

/// What one node has reached: a position, or a time.
template <class T>
struct Reached {
  NodeId node;
  T value;
};

/// The largest value that a quorum of `configuration` has reached; `none` if some majority has too few
/// members in `reached`, or there are no voters. `reached` names each node at most once, in any order, and is
/// sorted by value on the way.
template <class T>
T agreed(const Configuration& configuration, std::span<Reached<T>> reached, T none);

extern template Index agreed(const Configuration&, std::span<Reached<Index>>, Index);
extern template Instant agreed(const Configuration&, std::span<Reached<Instant>>, Instant);

}  // namespace raftsim::core
