// Who takes part in consensus (dissertation, chapter 4).
#pragma once

#include <algorithm>
#include <vector>

#include "seam/types.hpp"

namespace raftsim {

/// Sorted, without repetition: equal sets compare equal.
using NodeSet = std::vector<NodeId>;

inline bool contains(const NodeSet& set, NodeId node) {
  return std::binary_search(set.begin(), set.end(), node);
}

/// A cluster configuration. While it is joint (section 4.3), agreement needs a majority of `voters` and a
/// majority of `voters_outgoing`; otherwise `voters_outgoing` is empty. Learners receive the log and never
/// count (4.2.1).
struct Configuration {
  NodeSet voters;
  NodeSet voters_outgoing;
  NodeSet learners;

  bool joint() const { return !voters_outgoing.empty(); }
  bool votes(NodeId node) const { return contains(voters, node) || contains(voters_outgoing, node); }
  friend bool operator==(const Configuration&, const Configuration&) = default;
};

}  // namespace raftsim
