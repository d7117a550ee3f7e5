#include "sim/targets.hpp"

#include <algorithm>
#include <iterator>

#include "sim/node_runtime.hpp"
#include "sim/operators.hpp"

namespace raftsim::sim {

using history::NotTarget;
using history::RandomTarget;
using history::TargetWord;

namespace {

/// Of the latest committed configuration; of both halves of a joint one.
NodeSet committed_voters(const Stage& stage) {
  const Configuration& latest = stage.committed.configuration;
  NodeSet voters;
  std::ranges::set_union(latest.voters, latest.voters_outgoing, std::back_inserter(voters));
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
    if (!node->exists()) continue;
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
  // Who is named may not have come into being, or be no more.
  if (const auto* named = std::get_if<NodeSet>(&target.what))
    return those([&](const NodeNow& n) { return contains(*named, n.id); });
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

std::vector<Endpoint> ends_of(const Stage& stage, const LinkEnd& end, TargetDraw& draw) {
  std::vector<Endpoint> ends;
  if (end.servers) {
    for (NodeId id : draw.resolve(*end.servers)) ends.push_back(Endpoint::node(id));
  } else {
    for (std::uint32_t c = 0; c < stage.client_count; ++c) ends.push_back(Endpoint::client(c));
  }
  return ends;
}

std::vector<LinkEnds> links_between(const std::vector<Endpoint>& from, const std::vector<Endpoint>& to) {
  std::vector<LinkEnds> links;
  for (Endpoint a : from)
    for (Endpoint b : to)
      if (a != b && (a.is_node() || b.is_node())) links.push_back({a, b});
  return links;
}

void WorldResolver::candidates(const Target& target, const history::ClusterView& cluster, NodeSet& out) {
  StateResolver::candidates(target, cluster, out);
  const auto* word = std::get_if<TargetWord>(&target.what);
  if (word == nullptr || *word != TargetWord::stale_leader) return;
  const NodeSet voters = committed_voters(stage_);
  for (const history::NodeState& node : cluster.nodes()) {
    const bool leads = node.up && node.role == Role::leader;
    if (leads && !reaches_majority(stage_, node.id, voters)) insert(out, node.id);
  }
}

std::vector<Configuration> active_configurations(const Stage& stage) {
  std::vector<Configuration> active{stage.committed.configuration};
  const auto add = [&active](const Configuration& configuration) {
    if (!configuration.voters.empty() && std::ranges::count(active, configuration) == 0)
      active.push_back(configuration);
  };
  for (const auto& node : stage.nodes) {
    const ViewDiff& shown = node->shown();
    if (node->up() && shown.has_configuration() && shown.configuration_index() > stage.committed.index)
      add(shown.configuration());
  }
  for (const Configuration& configuration : stage.operators->intended()) add(configuration);
  return active;
}

void QuorumGuard::lose(NodeId server) {
  if (knows(server)) alive_[server.value - 1] = false;
}

void QuorumGuard::cut(NodeId a, NodeId b) {
  if (!knows(a) || !knows(b)) return;
  linked_[(a.value - 1) * alive_.size() + b.value - 1] = false;
  linked_[(b.value - 1) * alive_.size() + a.value - 1] = false;
}

/// A set of servers that all reach each other, as it grows, and how many of it are still missing from each
/// half.
struct QuorumGuard::Search {
  const Configuration& configuration;
  NodeSet candidates;
  std::vector<NodeId> clique;
  std::size_t missing = 0;
  std::size_t missing_outgoing = 0;

  bool voter(NodeId id) const { return contains(configuration.voters, id); }
  bool outgoing(NodeId id) const { return contains(configuration.voters_outgoing, id); }
};

bool QuorumGuard::holds(const Configuration& configuration) const {
  Search search{configuration, {}, {}, configuration.voters.size() / 2 + 1, 0};
  if (configuration.joint()) search.missing_outgoing = configuration.voters_outgoing.size() / 2 + 1;
  std::ranges::set_union(configuration.voters, configuration.voters_outgoing,
                         std::back_inserter(search.candidates));
  std::erase_if(search.candidates, [this](NodeId id) { return !knows(id) || !alive_[id.value - 1]; });
  return extend(search, 0);
}

/// Depth first over the voters in order; the first quorum found ends it. Clusters are small, and mostly
/// linked.
bool QuorumGuard::extend(Search& search, std::size_t next) const {
  if (search.missing == 0 && search.missing_outgoing == 0) return true;
  const std::size_t most = std::max(search.missing, search.missing_outgoing);
  for (std::size_t k = next; k < search.candidates.size() && search.candidates.size() - k >= most; ++k) {
    const NodeId id = search.candidates[k];
    const bool fits = std::ranges::all_of(search.clique, [&](NodeId member) { return linked(member, id); });
    if (!fits) continue;
    const std::size_t missing = search.missing, missing_outgoing = search.missing_outgoing;
    if (search.voter(id) && missing > 0) --search.missing;
    if (search.outgoing(id) && missing_outgoing > 0) --search.missing_outgoing;
    search.clique.push_back(id);
    if (extend(search, k + 1)) return true;
    search.clique.pop_back();
    search.missing = missing;
    search.missing_outgoing = missing_outgoing;
  }
  return false;
}

}  // namespace raftsim::sim
