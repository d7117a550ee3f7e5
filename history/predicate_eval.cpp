#include "history/predicate_eval.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace raftsim::history {
namespace {

/// How many of `among` must satisfy a predicate.
struct Quorum {
  NodeSet among;
  std::size_t at_least = 1;
};

bool is_learner(const NodeState& n) { return n.role == Role::learner; }

/// Of the latest committed configuration; where none was told, whoever is no learner.
bool votes(const NodeState& n, const ClusterView& cluster) {
  const Configuration& committed = cluster.committed_configuration();
  return committed.voters.empty() ? !is_learner(n) : committed.votes(n.id);
}

std::size_t voters(const ClusterView& cluster) {
  return static_cast<std::size_t>(
      std::count_if(cluster.nodes().begin(), cluster.nodes().end(),
                    [&](const NodeState& n) { return n.exists && votes(n, cluster); }));
}

std::size_t needed(TargetWord word, const ClusterView& cluster, std::size_t candidates) {
  switch (word) {
    case TargetWord::all:
      return candidates;
    case TargetWord::majority:
      return voters(cluster) / 2 + 1;
    case TargetWord::minority:
      return (std::max<std::size_t>(1, voters(cluster)) + 1) / 2 - 1;
    case TargetWord::minority_third:
      return std::max<std::size_t>(1, voters(cluster) / 3);
    case TargetWord::leader:
    case TargetWord::stale_leader:
    case TargetWord::candidate:
    case TargetWord::follower:
    case TargetWord::learner:
    case TargetWord::any:
    case TargetWord::last_crashed:
      return 1;
  }
  return 1;
}

Quorum quorum(const std::optional<Target>& target, const ClusterView& cluster, TargetResolver& resolver) {
  Quorum q;
  if (!target) {
    for (const NodeState& n : cluster.nodes())
      if (n.exists) q.among.push_back(n.id);
    return q;
  }
  resolver.candidates(*target, cluster, q.among);
  if (const auto* word = std::get_if<TargetWord>(&target->what))
    q.at_least = needed(*word, cluster, q.among.size());
  else if (const auto* random = std::get_if<RandomTarget>(&target->what))
    q.at_least = random->count;
  else
    q.at_least = q.among.size();
  q.at_least = std::max<std::size_t>(1, q.at_least);
  return q;
}

bool has_role(const NodeState& n, RoleWord word) {
  if (word == RoleWord::down) return !n.up;
  if (word == RoleWord::paused) return n.up && n.paused;
  return n.up && static_cast<std::uint8_t>(n.role) == static_cast<std::uint8_t>(word);
}

std::int64_t number(std::uint64_t x) {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(x, largest));
}

bool within(const std::optional<Compare>& bounds, std::uint64_t x) {
  return !bounds || bounds->holds(number(x));
}

bool state_satisfies(const Predicate& p, const NodeState& n) {
  return (!p.role || has_role(n, *p.role)) && within(p.term, n.term.value) &&
         within(p.commit, n.commit.value) && within(p.applied, n.applied.value) &&
         within(p.log_length, n.last.value);
}

bool bounds_state(const Predicate& p) { return p.role || p.term || p.commit || p.applied || p.log_length; }

bool speaks_of_nodes(const Predicate& p) { return p.node || p.event || bounds_state(p); }

bool nodes_satisfy(const Predicate& p, const ClusterView& cluster, const Event* current,
                   TargetResolver& resolver) {
  if (p.event && (current == nullptr || !is(*p.event, *current, cluster))) return false;
  // A target that is named directly is by far the commonest: no set is built for it.
  const auto* listed = p.node ? std::get_if<NodeSet>(&p.node->what) : nullptr;
  if (listed != nullptr && listed->size() == 1 && !p.event)
    return cluster.has(listed->front()) && state_satisfies(p, cluster.node(listed->front()));
  if (p.event) {
    if (!current->node.is_node() || !cluster.has(current->node.as_node())) return !p.node && !bounds_state(p);
    const NodeState& speaker = cluster.node(current->node.as_node());
    if (!state_satisfies(p, speaker)) return false;
    return !p.node || contains(quorum(p.node, cluster, resolver).among, speaker.id);
  }
  if (!p.node)
    return std::any_of(cluster.nodes().begin(), cluster.nodes().end(),
                       [&](const NodeState& n) { return n.exists && state_satisfies(p, n); });
  const Quorum q = quorum(p.node, cluster, resolver);
  std::size_t satisfied = 0;
  for (NodeId id : q.among)
    if (cluster.has(id) && state_satisfies(p, cluster.node(id))) ++satisfied;
  return satisfied >= q.at_least;
}

bool holds(LeaderCount wanted, const ClusterView& cluster) {
  switch (wanted) {
    case LeaderCount::none:
      return cluster.leaders() == 0;
    case LeaderCount::one:
      return cluster.leaders() == 1;
    case LeaderCount::many:
      return cluster.leaders() > 1;
  }
  return false;
}

bool matches(TargetWord word, const NodeState& n, const ClusterView& cluster) {
  const bool leads = n.up && n.role == Role::leader;
  switch (word) {
    case TargetWord::leader:
      return cluster.leader() == n.id;
    case TargetWord::stale_leader:
      return leads && cluster.leader() && n.term < cluster.node(*cluster.leader()).term;
    case TargetWord::candidate:
      return n.up && (n.role == Role::candidate || n.role == Role::pre_candidate);
    case TargetWord::follower:
      return n.up && n.role == Role::follower;
    case TargetWord::learner:
      return n.up && is_learner(n);
    case TargetWord::any:
    case TargetWord::all:
      return true;
    case TargetWord::majority:
    case TargetWord::minority:
    case TargetWord::minority_third:
      return votes(n, cluster);
    case TargetWord::last_crashed:
      return cluster.last_crashed() == n.id;
  }
  return false;
}

bool reply_to_get(const Event& e) {
  return e.kind == EventKind::reply && static_cast<OperationKind>(e.operation.kind) == OperationKind::get &&
         static_cast<ReplyKind>(e.operation.reply_kind) == ReplyKind::ok;
}

bool role_changed(const Event& e, Role from) {
  return e.kind == EventKind::role && static_cast<Role>(e.role.previous) == from;
}

bool snapshot_did(const Event& e, SnapshotAction action) {
  return e.kind == EventKind::snapshot && static_cast<SnapshotAction>(e.snapshot.action) == action;
}

/// A candidate whose election time-out came before a majority or another leader did (paper, 5.2). Its role
/// events come before the note, within one step.
bool vote_was_split(const Event& e, const ClusterView& cluster) {
  return e.kind == EventKind::note && static_cast<NoteKind>(e.note.note) == NoteKind::election_timed_out &&
         e.node.is_node() && cluster.has(e.node.as_node()) &&
         cluster.node(e.node.as_node()).role_entering_step_of(e) == Role::candidate;
}

bool configuration_was_committed(const Event& e, const ClusterView& cluster) {
  if (e.kind != EventKind::commit || !e.node.is_node() || !cluster.has(e.node.as_node())) return false;
  const Index changed = cluster.node(e.node.as_node()).configuration_index;
  return changed.value != 0 && e.commit.previous < changed && changed <= e.commit.commit;
}

EventKinds kinds_of(EventWord word) {
  switch (word) {
    case EventWord::election_won:
    case EventWord::election_lost:
    case EventWord::leader_stepped_down:
      return {EventKind::role};
    case EventWord::vote_split:
      return {EventKind::note, EventKind::role};
    case EventWord::snapshot_sent:
    case EventWord::snapshot_installed:
      return {EventKind::snapshot};
    case EventWord::log_truncated:
      return {EventKind::truncate};
    case EventWord::config_committed:
      return {EventKind::commit, EventKind::config};
    case EventWord::message_dropped:
      return {EventKind::drop};
    case EventWord::crash:
      return {EventKind::crash};
    case EventWord::restart:
      return {EventKind::restart};
    case EventWord::read_served_by_lease:
    case EventWord::read_served:
      return {EventKind::reply};
    case EventWord::write_issued:
      return {EventKind::write};
    case EventWord::sync_issued:
      return {EventKind::sync};
    case EventWord::sync_done:
      return {EventKind::synced};
    case EventWord::log_compacted:
      return {EventKind::compact};
    case EventWord::config_appended:
      return {EventKind::config};
    case EventWord::transfer_started:
      return {EventKind::send};
  }
  return EventKinds::all();
}

constexpr EventKinds process_kinds{EventKind::boot, EventKind::crash, EventKind::halt};
constexpr EventKinds role_kinds = process_kinds | EventKinds{EventKind::role, EventKind::term};

EventKinds kinds_of(const Target& target) {
  if (std::holds_alternative<NodeSet>(target.what)) return {};
  if (const auto* random = std::get_if<RandomTarget>(&target.what))
    return random->from ? kinds_of(*random->from) : EventKinds{};
  if (const auto* negated = std::get_if<NotTarget>(&target.what)) return kinds_of(*negated->of);
  switch (std::get<TargetWord>(target.what)) {
    case TargetWord::any:
    case TargetWord::all:
      return {};
    case TargetWord::last_crashed:
      return {EventKind::crash};
    // Being cut off makes a leader stale.
    case TargetWord::stale_leader:
      return role_kinds | EventKinds{EventKind::fault_begin, EventKind::fault_end};
    case TargetWord::majority:
    case TargetWord::minority:
    case TargetWord::minority_third:
      return role_kinds | EventKinds{EventKind::config, EventKind::commit};
    case TargetWord::leader:
    case TargetWord::candidate:
    case TargetWord::follower:
    case TargetWord::learner:
      return role_kinds;
  }
  return EventKinds::all();
}

bool mentions_event(const Predicate& p) {
  return p.event || std::any_of(p.all.begin(), p.all.end(), mentions_event) ||
         std::any_of(p.any.begin(), p.any.end(), mentions_event) || (p.negated && mentions_event(*p.negated));
}

}  // namespace

void StateResolver::candidates(const Target& target, const ClusterView& cluster, NodeSet& out) {
  out.clear();
  if (const auto* set = std::get_if<NodeSet>(&target.what)) {
    out = *set;
    return;
  }
  const auto* random = std::get_if<RandomTarget>(&target.what);
  if (random != nullptr && random->from) {
    candidates(*random->from, cluster, out);
    return;
  }
  NodeSet excluded;
  if (const auto* negated = std::get_if<NotTarget>(&target.what)) candidates(*negated->of, cluster, excluded);
  const auto* word = std::get_if<TargetWord>(&target.what);
  for (const NodeState& n : cluster.nodes())
    if (n.exists && (word != nullptr ? matches(*word, n, cluster) : !contains(excluded, n.id)))
      out.push_back(n.id);
}

bool is(EventWord word, const Event& e, const ClusterView& cluster) {
  switch (word) {
    case EventWord::election_won:
      return e.kind == EventKind::role && static_cast<Role>(e.role.role) == Role::leader;
    case EventWord::election_lost:
      return role_changed(e, Role::candidate) && static_cast<Role>(e.role.role) == Role::follower;
    case EventWord::vote_split:
      return vote_was_split(e, cluster);
    case EventWord::leader_stepped_down:
      return role_changed(e, Role::leader);
    case EventWord::snapshot_sent:
      return snapshot_did(e, SnapshotAction::sent);
    case EventWord::snapshot_installed:
      return snapshot_did(e, SnapshotAction::installed);
    case EventWord::config_committed:
      return configuration_was_committed(e, cluster);
    case EventWord::read_served:
      return reply_to_get(e);
    case EventWord::read_served_by_lease:
      return reply_to_get(e) && static_cast<ReadMode>(e.operation.read) == ReadMode::lease;
    case EventWord::config_appended:
      return e.kind == EventKind::config && e.config.index.value != 0;
    case EventWord::transfer_started:
      return e.kind == EventKind::send && e.message.type == MessageType::timeout_now;
    case EventWord::log_truncated:
    case EventWord::message_dropped:
    case EventWord::crash:
    case EventWord::restart:
    case EventWord::write_issued:
    case EventWord::sync_issued:
    case EventWord::sync_done:
    case EventWord::log_compacted:
      return kinds_of(word).has(e.kind);
  }
  return false;
}

bool holds(const Predicate& p, const ClusterView& cluster, const Event* current, TargetResolver& resolver) {
  if (p.leader && !holds(*p.leader, cluster)) return false;
  if (!within(p.elections, cluster.counts().elections_won)) return false;
  if (!within(p.ops_ok, cluster.counts().operations_ok)) return false;
  if (speaks_of_nodes(p) && !nodes_satisfy(p, cluster, current, resolver)) return false;
  const auto part_holds = [&](const Predicate& part) { return holds(part, cluster, current, resolver); };
  if (!std::all_of(p.all.begin(), p.all.end(), part_holds)) return false;
  if (!p.any.empty() && std::none_of(p.any.begin(), p.any.end(), part_holds)) return false;
  return p.negated == nullptr || !part_holds(*p.negated);
}

EventKinds relevant_kinds(const Predicate& p) {
  EventKinds kinds;
  if (p.leader) kinds = kinds | role_kinds;
  if (p.node) kinds = kinds | kinds_of(*p.node);
  if (p.role) kinds = kinds | role_kinds | EventKinds{EventKind::pause, EventKind::resume};
  if (p.term) kinds = kinds | EventKinds{EventKind::boot, EventKind::term, EventKind::role};
  if (p.commit) kinds = kinds | process_kinds | EventKinds{EventKind::commit};
  if (p.applied) kinds = kinds | process_kinds | EventKinds{EventKind::apply, EventKind::snapshot};
  if (p.log_length)
    kinds = kinds | EventKinds{EventKind::boot, EventKind::append, EventKind::truncate, EventKind::snapshot};
  if (p.elections) kinds = kinds | EventKinds{EventKind::role};
  if (p.ops_ok) kinds = kinds | EventKinds{EventKind::ok};
  if (p.event) kinds = kinds | kinds_of(*p.event);
  for (const Predicate& part : p.all) kinds = kinds | relevant_kinds(part);
  for (const Predicate& part : p.any) kinds = kinds | relevant_kinds(part);
  // A happening passes: its absence is news at any event after it.
  if (p.negated) kinds = mentions_event(*p.negated) ? EventKinds::all() : kinds | relevant_kinds(*p.negated);
  return kinds;
}

}  // namespace raftsim::history
