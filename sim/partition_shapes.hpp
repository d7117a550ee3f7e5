// The partitions that a shape word stands for (faults.md, Partitions): which directed links are cut.
#pragma once

#include <optional>
#include <vector>

#include "sim/network.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Each group is cut from each other one; nodes in no group reach all. One way: only from the first group to
/// the others. Links of a group to itself are never cut.
struct Groups {
  std::vector<NodeSet> sets;
  bool one_way = false;
};
std::vector<LinkEnds> cuts_between(const Groups& groups);

/// What a shape is laid over.
struct ShapeGround {
  std::vector<NodeId> order;  ///< all nodes, as drawn
  NodeSet voters;             ///< of the latest committed configuration
  std::vector<NodeId> voter_order;
  std::optional<NodeId> leader;
  std::vector<std::size_t> sides;  ///< of each node of `order`: 0 or 1, as drawn; for `random`
};

/// Those that may be drawn: all before PartitionShape::drawn.
inline constexpr auto drawn_shapes = static_cast<std::uint64_t>(PartitionShape::drawn);

/// halves, majority_minority, leader_alone, random: groups. partial: the first two of the order do not reach
/// each other, and everyone else reaches both. bridge: two halves that share one node.
/// majorities_ring, whatever one_way says: each voter sees a majority of its own, its neighbours on a ring
/// (of three, one link is cut: a ring of three cuts nothing). Whoever has no vote takes the place of one who
/// has, and sees whom that one sees: a learner on the ring would be a neighbour who makes no majority.
/// Precondition: not drawn.
std::vector<LinkEnds> cuts_of_shape(PartitionShape shape, const ShapeGround& ground, bool one_way);

}  // namespace raftsim::sim
