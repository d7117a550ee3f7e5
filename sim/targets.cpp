#include "sim/targets.hpp"

#include <algorithm>

#include "sim/node_runtime.hpp"

namespace raftsim::sim {

using history::NotTarget;
using history::RandomTarget;
using history::TargetWord;

namespace {

/// Of the node that knows of the most commits, if its configuration is committed; else the initial one.
NodeSet committed_voters(Stage& stage) {
  const Configuration* latest = &stage.members;
  Index known;
  for (const auto& node : stage.nodes) {
    const ViewDiff& shown = node->shown();
    const bool committed = shown.has_configuration() && shown.configuration_index() <= shown.commit();
    if (!node->up() || !committed || shown.commit() <= known) continue;
    known = shown.commit();
    latest = &shown.configuration();
  }
  NodeSet voters = latest->voters;
  voters.insert(voters.end(), latest->voters_outgoing.begin(), latest->voters_outgoing.end());
  std::ranges::sort(voters);
  voters.erase(std::unique(voters.begin(), voters.end()), voters.end());
  return voters;
}

bool linked(const Stage& stage, NodeId a, NodeId b) {
  if (a == b) return true;
  return !stage.network.cut(Endpoint::node(a), Endpoint::node(b)) &&
         !stage.network.cut(Endpoint::node(b), Endpoint::node(a));
}

bool reaches_majority(const Stage& stage, NodeId self, const NodeSet& voters) {
  const auto reached = std::ranges::count_if(voters, [&](NodeId v) { return linked(stage, self, v); });
  return static_cast<std::size_t>(reached) * 2 > voters.size();
}

}  // namespace

ClusterNow cluster_now(Stage& stage) {
  ClusterNow now;
  now.voters = committed_voters(stage);
  std::uint64_t last_crash = 0;
  for (const auto& node : stage.nodes) {
    const ViewDiff& shown = node->shown();
    now.nodes.push_back({node->id(), node->up(), shown.role(), shown.term(),
                         reaches_majority(stage, node->id(), now.voters)});
    if (node->crashed_in_step() > last_crash) {
      last_crash = node->crashed_in_step();
      now.last_crashed = node->id();
    }
  }
  return now;
}

std::optional<NodeId> leader_of(const ClusterNow& cluster) {
  const NodeNow* leader = nullptr;
  for (const NodeNow& n : cluster.nodes)
    if (n.up && n.role == Role::leader && (leader == nullptr || n.term > leader->term)) leader = &n;
  if (leader == nullptr) return std::nullopt;
  return leader->id;
}

template <class Wanted>
NodeSet TargetDraw::those(Wanted wanted) const {
  NodeSet out;
  for (const NodeNow& n : cluster_.nodes)
    if (wanted(n)) out.push_back(n.id);
  return out;
}

NodeSet TargetDraw::all() const {
  return those([](const NodeNow&) { return true; });
}

std::vector<NodeId> TargetDraw::shuffled(const NodeSet& nodes) {
  std::vector<NodeId> order;
  NodeSet rest = nodes;
  while (!rest.empty()) {
    const auto k = static_cast<std::ptrdiff_t>(stream_.below(rest.size()));
    order.push_back(rest[static_cast<std::size_t>(k)]);
    rest.erase(rest.begin() + k);
  }
  return order;
}

NodeSet TargetDraw::pick(const NodeSet& from, std::size_t count) {
  std::vector<NodeId> order = shuffled(from);
  order.resize(std::min(count, order.size()));
  std::ranges::sort(order);
  return order;
}

const std::vector<NodeId>& TargetDraw::voter_order() {
  if (!voter_order_) voter_order_ = shuffled(cluster_.voters);
  return *voter_order_;
}

NodeSet TargetDraw::resolve(const Target& target) {
  if (const auto* word = std::get_if<TargetWord>(&target.what)) {
    std::optional<NodeSet>& known = words_[static_cast<std::size_t>(*word)];
    if (!known) known = resolve_word(*word);
    return *known;
  }
  if (const auto* nodes = std::get_if<NodeSet>(&target.what)) return *nodes;
  if (const auto* random = std::get_if<RandomTarget>(&target.what)) return resolve_random(target, *random);

  const NodeSet excluded = resolve(*std::get<NotTarget>(target.what).of);
  return those([&](const NodeNow& n) { return !contains(excluded, n.id); });
}

NodeSet TargetDraw::resolve_random(const Target& target, const RandomTarget& random) {
  for (const Picked& known : picked_)
    if (known.by == &target) return known.nodes;
  NodeSet nodes = pick(random.from != nullptr ? resolve(*random.from) : all(), random.count);
  picked_.push_back({&target, nodes});
  return nodes;
}

NodeSet TargetDraw::resolve_word(TargetWord word) {
  const std::optional<NodeId> leader = leader_of(cluster_);
  const auto in_role = [this](Role role) {
    return those([role](const NodeNow& n) { return n.up && n.role == role; });
  };
  switch (word) {
    case TargetWord::leader:
      return leader ? NodeSet{*leader} : NodeSet{};
    case TargetWord::stale_leader:
      return those([&](const NodeNow& n) {
        return n.up && n.role == Role::leader && (n.id != *leader || !n.reaches_majority);
      });
    case TargetWord::candidate:
      return in_role(Role::candidate);
    case TargetWord::follower:
      return pick(in_role(Role::follower), 1);
    case TargetWord::learner:
      return in_role(Role::learner);
    case TargetWord::any:
      return pick(all(), 1);
    case TargetWord::all:
      return all();
    case TargetWord::majority:
    case TargetWord::minority:
    case TargetWord::minority_third:
      break;
    case TargetWord::last_crashed:
      return cluster_.last_crashed ? NodeSet{*cluster_.last_crashed} : NodeSet{};
  }
  // One order of the voters: the majority from its front, the minorities from its back.
  const std::vector<NodeId>& order = voter_order();
  const std::size_t majority = order.size() / 2 + 1;
  std::size_t first = 0;
  std::size_t end = order.size();
  if (word == TargetWord::majority) end = std::min(majority, order.size());
  if (word == TargetWord::minority) first = std::min(majority, order.size());
  if (word == TargetWord::minority_third) first = end - std::min(end, std::max<std::size_t>(1, end / 3));
  NodeSet out(order.begin() + static_cast<std::ptrdiff_t>(first),
              order.begin() + static_cast<std::ptrdiff_t>(end));
  std::ranges::sort(out);
  return out;
}

void WorldResolver::candidates(const Target& target, const history::ClusterView& cluster, NodeSet& out) {
  StateResolver::candidates(target, cluster, out);
  const auto* word = std::get_if<TargetWord>(&target.what);
  if (word == nullptr || *word != TargetWord::stale_leader) return;
  const NodeSet voters = committed_voters(stage_);
  for (const history::NodeState& node : cluster.nodes()) {
    const bool leads = node.up && node.role == Role::leader && !contains(out, node.id);
    if (leads && !reaches_majority(stage_, node.id, voters))
      out.insert(std::ranges::lower_bound(out, node.id), node.id);
  }
}

bool QuorumGuard::holds() const {
  std::vector<std::size_t> clique;
  return extend(clique, 0, alive_.size() / 2 + 1);
}

/// Depth first over voters in order; the first majority found ends it. Clusters are small, and mostly linked.
bool QuorumGuard::extend(std::vector<std::size_t>& clique, std::size_t next, std::size_t wanted) const {
  if (clique.size() == wanted) return true;
  for (std::size_t v = next; v < alive_.size() && clique.size() + (alive_.size() - v) >= wanted; ++v) {
    const bool fits = alive_[v] && std::ranges::all_of(clique, [&](std::size_t member) {
                        return linked_[member * alive_.size() + v];
                      });
    if (!fits) continue;
    clique.push_back(v);
    if (extend(clique, v + 1, wanted)) return true;
    clique.pop_back();
  }
  return false;
}

}  // namespace raftsim::sim
