// Faults of disks: those that last, and those that damage what is stored.
#include <algorithm>

#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"

namespace raftsim::sim {

using history::FaultClass;

bool damages_disks(const Faults& faults) {
  const auto damages = [](const Action& action) {
    const auto* fault = std::get_if<DiskFault>(&action);
    return fault != nullptr && !lasts(fault->kind);
  };
  return std::ranges::any_of(faults.random, [&](const RandomFault& f) { return damages(f.action); }) ||
         std::ranges::any_of(faults.script,
                             [&](const Step& step) { return std::ranges::any_of(step.actions, damages); });
}

void FaultEngine::act(const DiskFault& fault, Firing& firing) {
  const Action action = fault;
  const bool goes_on = lasts(fault.kind);
  std::optional<Duration> lasting;
  if (goes_on && fault.lasting) lasting = firing.duration.sample(*fault.lasting);
  Active& active = begin(*fault_class(action), firing.targets.resolve(fault.target), firing,
                         std::string(action_name(action)) + " of", lasting);
  active.disk_kind = fault.kind;
  if (!goes_on) {
    damage(fault, active);
    end_instantly(active);
    return;
  }
  for (NodeId id : active.nodes) {
    NodeDisk& disk = stage_.node(id).disk();
    active.disk_hits_before += disk.hits(fault.kind);
    disk.begin(fault.kind);
  }
}

void FaultEngine::end_disk_fault(const Active& active) {
  const bool disk = !active.nodes.empty() && fault_class(Action(DiskFault{{}, active.disk_kind, {}})) ==
                                                 std::optional(active.fault_class);
  if (!disk || !lasts(active.disk_kind)) return;
  for (NodeId id : active.nodes) {
    const bool still = std::ranges::any_of(active_, [&](const Active& other) {
      return !other.ended && other.fault_class == active.fault_class && contains(other.nodes, id);
    });
    if (!still) stage_.node(id).disk().end(active.disk_kind);
  }
  count_disk_hits(active);
}

void FaultEngine::count_disk_hits(const Active& active) {
  if (fault_class(Action(DiskFault{{}, active.disk_kind, {}})) != std::optional(active.fault_class)) return;
  if (!lasts(active.disk_kind)) return;
  std::uint64_t hits = 0;
  for (NodeId id : active.nodes) hits += stage_.node(id).disk().hits(active.disk_kind);
  if (hits > active.disk_hits_before) stage_.ledger.effective(active.fault_class);
}

/// protect_quorum: what the damage takes from this server, from the first damaged entry on, is held by a
/// majority of the voters without it, all of them whole. What nobody committed yet need not be: with this
/// server's earlier acknowledgement it may still be committed, and its leader holds it then.
bool FaultEngine::affordable(const NodeDisk& disk, NodeId node, const Rot& rot) const {
  const Held own = disk.held();
  const Index needed =
      rot.entries ? std::max(rot.last, std::min(own.last, stage_.chronicle.committed)) : Index{};
  const auto whole = [&](NodeId other) {
    if (other == node) return false;
    const NodeDisk& theirs = stage_.node(other).disk();
    if (theirs.ails()) return false;
    const Held held = theirs.held();
    return held.last >= needed && (!rot.entries || held.last_term >= rot.last_term);
  };
  const auto majority = [&whole](const NodeSet& voters) {
    return voters.empty() || 2 * std::ranges::count_if(voters, whole) > std::ssize(voters);
  };
  return std::ranges::all_of(active_configurations(stage_), [&majority](const Configuration& c) {
    return majority(c.voters) && majority(c.voters_outgoing);
  });
}

void FaultEngine::damage(const DiskFault& fault, Active& active) {
  for (NodeId id : active.nodes) {
    NodeRuntime& node = stage_.node(id);
    const std::optional<Rot> rot = node.disk().draw_rot(fault.kind);
    if (!rot || !affordable(node.disk(), id, *rot)) continue;
    node.rot(*rot, stage_.chronicle.committed, active.begin);
    had_effect(active.number);
  }
}

}  // namespace raftsim::sim
