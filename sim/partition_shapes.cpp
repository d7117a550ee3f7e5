#include "sim/partition_shapes.hpp"

#include <algorithm>
#include <utility>

#include "seam/check.hpp"

namespace raftsim::sim {

namespace {

void cut_both_ways(NodeId a, NodeId b, std::vector<LinkEnds>& cuts) {
  cuts.push_back({Endpoint::node(a), Endpoint::node(b)});
  cuts.push_back({Endpoint::node(b), Endpoint::node(a)});
}

NodeSet sorted(std::vector<NodeId> nodes) {
  std::ranges::sort(nodes);
  return nodes;
}

NodeSet complement(const std::vector<NodeId>& all, const NodeSet& of) {
  NodeSet rest;
  for (NodeId n : all)
    if (!contains(of, n)) rest.push_back(n);
  return sorted(std::move(rest));
}

std::vector<LinkEnds> ring(const ShapeGround& ground) {
  std::vector<NodeId> seats = ground.order;
  const auto voters_end =
      std::stable_partition(seats.begin(), seats.end(), [&](NodeId n) { return contains(ground.voters, n); });
  const auto places = static_cast<std::size_t>(voters_end - seats.begin());
  if (places == 0) return {};
  // Of all voters: one whose machine came back under another id has no place any more, and still counts.
  const std::size_t majority = ground.voters.size() / 2 + 1;
  // Neighbours on each side, so that a voter and they are a majority.
  const std::size_t reach = majority / 2;
  const auto cut_where = [&](const auto& apart) {
    std::vector<LinkEnds> cuts;
    for (std::size_t a = 0; a < seats.size(); ++a)
      for (std::size_t b = a + 1; b < seats.size(); ++b)
        if (apart(std::minmax(a % places, b % places))) cut_both_ways(seats[a], seats[b], cuts);
    return cuts;
  };
  using Places = std::pair<std::size_t, std::size_t>;
  std::vector<LinkEnds> cuts = cut_where([&](Places p) {
    const std::size_t distance = p.second - p.first;
    return std::min(distance, places - distance) > reach;
  });
  if (cuts.empty() && places >= 3 && places > majority)
    cuts = cut_where([](Places p) { return p == Places{0, 1}; });
  return cuts;
}

}  // namespace

std::vector<LinkEnds> cuts_between(const Groups& groups) {
  std::vector<LinkEnds> cuts;
  for (std::size_t a = 0; a < groups.sets.size(); ++a) {
    if (groups.one_way && a > 0) break;
    for (std::size_t b = 0; b < groups.sets.size(); ++b) {
      if (a == b) continue;
      for (NodeId from : groups.sets[a])
        for (NodeId to : groups.sets[b])
          if (from != to) cuts.push_back({Endpoint::node(from), Endpoint::node(to)});
    }
  }
  return cuts;
}

std::vector<LinkEnds> cuts_of_shape(PartitionShape shape, const ShapeGround& ground, bool one_way) {
  const std::vector<NodeId>& order = ground.order;
  const auto middle = static_cast<std::ptrdiff_t>(order.size() / 2);
  NodeSet first;
  switch (shape) {
    case PartitionShape::halves:
      first.assign(order.begin(), order.begin() + middle);
      break;
    case PartitionShape::majority_minority: {
      const auto majority = std::min(ground.voter_order.size() / 2 + 1, ground.voter_order.size());
      first.assign(ground.voter_order.begin(),
                   ground.voter_order.begin() + static_cast<std::ptrdiff_t>(majority));
      break;
    }
    case PartitionShape::leader_alone:
      if (ground.leader) first = {*ground.leader};
      break;
    case PartitionShape::random:
      for (std::size_t i = 0; i < order.size(); ++i)
        if (ground.sides[i] == 0) first.push_back(order[i]);
      break;
    case PartitionShape::majorities_ring:
      return ring(ground);
    case PartitionShape::partial:
      if (order.size() < 2) return {};
      return cuts_between({{{order[0]}, {order[1]}}, one_way});
    case PartitionShape::drawn:
      CHECK(shape != PartitionShape::drawn);  // which it is was drawn before
      return {};
    case PartitionShape::bridge: {
      if (order.size() < 3) return {};
      // order[middle] is in neither half: it reaches both.
      const NodeSet left = sorted({order.begin(), order.begin() + middle});
      const NodeSet right = sorted({order.begin() + middle + 1, order.end()});
      return cuts_between({{left, right}, one_way});
    }
  }
  first = sorted(std::move(first));
  if (first.empty()) return {};
  return cuts_between({{first, complement(order, first)}, one_way});
}

}  // namespace raftsim::sim
