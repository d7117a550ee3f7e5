// Who takes part in consensus (dissertation, chapter 4).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "seam/types.hpp"

namespace raftsim {

/// Sorted, without repetition: equal sets compare equal.
using NodeSet = std::vector<NodeId>;

inline bool contains(const NodeSet& set, NodeId node) {
  return std::binary_search(set.begin(), set.end(), node);
}

/// Puts a server in that may be in already.
inline void insert(NodeSet& set, NodeId node) {
  const auto place = std::lower_bound(set.begin(), set.end(), node);
  if (place == set.end() || *place != node) set.insert(place, node);
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
  /// Whether a majority of the voters, and while joint one of each half, is `in_favour`.
  template <class InFavour>
  bool agrees(const InFavour& in_favour) const {
    const auto majority = [&in_favour](const NodeSet& of) {
      return 2 * std::count_if(of.begin(), of.end(), in_favour) > static_cast<std::ptrdiff_t>(of.size());
    };
    return majority(voters) && (!joint() || majority(voters_outgoing));
  }
  friend bool operator==(const Configuration&, const Configuration&) = default;
};

}  // namespace raftsim
