// Whether two configurations can decide apart from each other, by trying.
#pragma once

#include "core/quorum.hpp"
#include "seam/configuration.hpp"

namespace raftsim::core::test {

/// Whether every quorum of `a` shares a server with every quorum of `b`: no set of servers is a quorum of the
/// one while those outside it hold a quorum of the other. Precondition: ids are below 10.
inline bool overlapping(const Configuration& a, const Configuration& b) {
  for (unsigned bits = 0; bits < 1U << 10; bits += 2) {
    NodeSet inside;
    NodeSet outside;
    for (unsigned id = 1; id < 10; ++id) ((bits >> id & 1U) != 0 ? inside : outside).push_back(NodeId{id});
    if (is_quorum(a, inside) && is_quorum(b, outside)) return false;
  }
  return true;
}

}  // namespace raftsim::core::test
