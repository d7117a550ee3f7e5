// What operators are set to do: changes of members, transfers, snapshots, machines that lost their disk.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/operators.hpp"

namespace raftsim::sim {

using history::FaultClass;

namespace {

FaultClass class_of(AdminKind kind) {
  switch (kind) {
    case AdminKind::add_voter:
    case AdminKind::add_learner:
      return FaultClass::add_node;
    case AdminKind::remove:
      return FaultClass::remove_node;
    case AdminKind::promote:
      return FaultClass::promote;
    case AdminKind::replace:
      return FaultClass::replace_nodes;
    case AdminKind::transfer:
      return FaultClass::transfer_leadership;
    case AdminKind::take_snapshot:
      return FaultClass::take_snapshot;
    case AdminKind::timeout_now:
      break;
  }
  return FaultClass::timeout_now;
}

/// Whom an administrator means: ids that are written down, whether or not their machines still run.
NodeSet meant(const Target& target, TargetDraw& targets) {
  if (const auto* named = std::get_if<NodeSet>(&target.what)) return *named;
  return targets.resolve(target);
}

}  // namespace

void FaultEngine::nothing_to_do(FaultClass fault_class, Firing& firing, std::string_view words) {
  Active& active = begin(fault_class, {}, firing, words, std::nullopt);
  active.outcome = "there is nobody to do it with";
  end_instantly(active);
}

void FaultEngine::change_members(AdminKind kind, NodeSet nodes, Firing& firing) {
  const FaultClass fault_class = class_of(kind);
  if (nodes.empty()) return nothing_to_do(fault_class, firing, request_words(kind));
  const Active& active = begin(fault_class, nodes, firing, request_words(kind), std::nullopt);
  Operators::Work work;
  work.fault = active.number;
  work.cause = active.begin;
  for (const NodeId id : nodes) {
    births_.born(id);
    if (stage_.node(id).may_come() && !stage_.ended) stage_.node(id).come_into_being(work.cause);
  }
  if (kind == AdminKind::replace) {
    work.asks.push_back({kind, std::move(nodes), std::nullopt, false});
  } else {
    for (const NodeId id : nodes) work.asks.push_back({kind, {id}, std::nullopt, false});
  }
  stage_.operators->start(std::move(work));
}

void FaultEngine::act(const AddNode& add, Firing& firing) {
  const std::optional<NodeId> id = add.id ? add.id : births_.next();
  NodeSet nodes;
  if (id) nodes.push_back(*id);
  change_members(add.as == MemberKind::voter ? AdminKind::add_voter : AdminKind::add_learner, nodes, firing);
}

void FaultEngine::act(const ReplaceNodes& replace, Firing& firing) {
  change_members(AdminKind::replace, replace.voters, firing);
}

void FaultEngine::act(const RemoveNode& remove, Firing& firing) {
  ask_each(FaultClass::remove_node, AdminKind::remove, meant(remove.target, firing.targets), firing);
}

void FaultEngine::act(const Promote& promote, Firing& firing) {
  ask_each(FaultClass::promote, AdminKind::promote, meant(promote.target, firing.targets), firing);
}

void FaultEngine::act(const TransferLeadership& transfer, Firing& firing) {
  NodeSet to = meant(transfer.to, firing.targets);
  to.resize(std::min<std::size_t>(to.size(), 1));
  ask_each(FaultClass::transfer_leadership, AdminKind::transfer, to, firing);
}

void FaultEngine::act(const TakeSnapshot& snapshot, Firing& firing) {
  ask_each(FaultClass::take_snapshot, AdminKind::take_snapshot, firing.targets.resolve(snapshot.target),
           firing);
}

void FaultEngine::ask_each(FaultClass fault_class, AdminKind kind, const NodeSet& nodes, Firing& firing) {
  if (nodes.empty()) return nothing_to_do(fault_class, firing, request_words(kind));
  const Active& active = begin(fault_class, nodes, firing, request_words(kind), std::nullopt);
  Operators::Work work;
  work.fault = active.number;
  work.cause = active.begin;
  for (const NodeId id : nodes) {
    // A snapshot is each server's own affair; all else is the leader's.
    const bool own = kind == AdminKind::take_snapshot;
    work.asks.push_back({kind, own ? NodeSet{} : NodeSet{id}, own ? std::optional(id) : std::nullopt, false});
  }
  stage_.operators->start(std::move(work));
}

void FaultEngine::power_off(NodeId id, const Active& active) {
  NodeRuntime& node = stage_.node(id);
  if (node.up()) node.crash({history::CrashPoint::now, std::nullopt, active.number, active.begin, 0});
}

/// A machine whose disk is lost is a new server: under its old id it would have forgotten its vote, and what
/// it acknowledged. An administrator adds it as a learner, removes the old id, and, if that one voted, lets
/// the learner vote once it has caught up.
void FaultEngine::wipe(const Restart& restart, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(restart.target);
  if (nodes.empty()) return nothing_to_do(FaultClass::wipe, firing, "wipe");
  for (const NodeId id : nodes) {
    if (stage_.ended) return;
    const std::optional<NodeId> fresh = births_.next();
    if (!fresh) return nothing_to_do(FaultClass::wipe, firing, "wipe");
    births_.born(*fresh);
    const bool voted = stage_.committed.configuration.votes(id);
    Active& active =
        begin(FaultClass::wipe, {id}, firing,
              fmt::format("wipe n{}, which comes back as n{}", id.value, fresh->value), std::nullopt);
    const std::uint64_t number = active.number;
    const EventId cause = active.begin;
    power_off(id, active);
    stage_.node(id).lose_disk(NodeRuntime::Under::another_id, cause);
    came_up(id);
    had_effect(number);
    stage_.node(*fresh).come_into_being(cause);
    Operators::Work work{number, cause, {}, true};
    work.asks.push_back({AdminKind::add_learner, {*fresh}, std::nullopt, false});
    work.asks.push_back({AdminKind::remove, {id}, std::nullopt, false});
    if (voted) work.asks.push_back({AdminKind::promote, {*fresh}, std::nullopt, true});
    stage_.operators->start(std::move(work));
  }
}

void FaultEngine::forget_disk(const Restart& restart, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(restart.target);
  Active& active = begin(FaultClass::amnesia, nodes, firing, "amnesia of", std::nullopt);
  const std::uint64_t number = active.number;
  const EventId cause = active.begin;
  for (const NodeId id : nodes) {
    if (stage_.ended) break;
    power_off(id, *find(number));
    stage_.node(id).lose_disk(NodeRuntime::Under::the_same_id, cause);
    had_effect(number);
    stage_.node(id).restart(cause);
  }
  end_instantly(*find(number));
}

// ---- Random changes of members -------------------------------------------------------------------------

namespace {

/// Learners cost every leader a log to send: a few at once are enough.
constexpr std::size_t learners_max = 2;

}  // namespace

void FaultEngine::act(const RandomMembership& membership, Firing& firing) {
  const std::vector<Change> possible = possible_changes(membership, firing);
  if (possible.empty()) return;
  const Change& change = possible[firing.change.below(possible.size())];
  switch (change.kind) {
    case MembershipChange::add_voter:
      return change_members(AdminKind::add_voter, change.nodes, firing);
    case MembershipChange::add_learner:
      return change_members(AdminKind::add_learner, change.nodes, firing);
    case MembershipChange::replace:
      return change_members(AdminKind::replace, change.nodes, firing);
    case MembershipChange::promote:
      return ask_each(FaultClass::promote, AdminKind::promote, change.nodes, firing);
    case MembershipChange::remove:
      return ask_each(FaultClass::remove_node, AdminKind::remove, change.nodes, firing);
  }
}

/// Bounds are kept whatever becomes of the changes that are under way.
std::vector<FaultEngine::Change> FaultEngine::possible_changes(const RandomMembership& membership,
                                                               Firing& firing) const {
  const Configuration& now = stage_.committed.configuration;
  const Operators::Pending pending = stage_.operators->pending();
  const Faults& faults = stage_.scenario.faults;
  const std::size_t least = std::max<std::size_t>(1, faults.min_voters.value_or(1));
  const std::size_t most = faults.max_voters.value_or(stage_.node_count);
  const bool room = now.voters.size() + pending.additions < most;
  const bool spare = now.voters.size() > least + pending.removals;

  // Who runs and is no member: removed servers, and one that never was.
  NodeSet newcomers;
  for (const auto& node : stage_.nodes)
    if (node->up() && !now.votes(node->id()) && !contains(now.learners, node->id()))
      newcomers.push_back(node->id());
  if (const std::optional<NodeId> fresh = births_.next()) newcomers.push_back(*fresh);
  NodeSet leaving = now.learners;
  if (spare) leaving.insert(leaving.end(), now.voters.begin(), now.voters.end());
  std::ranges::sort(leaving);

  // Each kind takes its draw whether or not it is possible, so that one's absence moves no other's.
  const auto one_of = [&firing](const NodeSet& from) {
    const std::uint64_t drawn = firing.change.below(std::max<std::size_t>(1, from.size()));
    return from.empty() ? NodeSet{} : NodeSet{from[drawn]};
  };
  const QuorumGuard guard = guard_now({});
  std::vector<Change> possible;
  const auto offer = [&](MembershipChange kind, AdminKind asked, const NodeSet& nodes, bool may) {
    const std::vector<MembershipChange> wanted = changes_of(membership, stage_.scenario.options.membership);
    if (!may || nodes.empty() || std::ranges::count(wanted, kind) == 0) return;
    if (faults.keep_quorum && !guard.holds(*changed(now, asked, nodes))) return;
    possible.push_back({kind, nodes});
  };
  const bool few_learners = now.learners.size() < learners_max;
  offer(MembershipChange::add_voter, AdminKind::add_voter, one_of(newcomers), room);
  offer(MembershipChange::add_learner, AdminKind::add_learner, one_of(newcomers), few_learners);
  offer(MembershipChange::promote, AdminKind::promote, one_of(now.learners), room);
  offer(MembershipChange::remove, AdminKind::remove, one_of(leaving), true);

  NodeSet others;
  std::ranges::set_union(now.voters, newcomers, std::back_inserter(others));
  const std::size_t largest = std::min(most, others.size());
  const std::size_t size = least + firing.change.below(largest < least ? 1 : largest - least + 1);
  NodeSet voters;
  while (voters.size() < size && !others.empty()) {
    const std::uint64_t k = firing.change.below(others.size());
    voters.push_back(others[k]);
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
  }
  std::ranges::sort(voters);
  const bool alone = pending.additions + pending.removals == 0 && largest >= least && voters != now.voters;
  offer(MembershipChange::replace, AdminKind::replace, voters, alone);
  return possible;
}

}  // namespace raftsim::sim
