// Faults of disks: those that last, and those that damage what is stored.
#include <algorithm>

#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"

namespace raftsim::sim {

using history::FaultClass;

bool damages_disks(const Scenario& scenario) {
  const auto damages = [](const Action& action) {
    const auto* fault = std::get_if<DiskFault>(&action);
    return fault != nullptr && (!lasts(fault->kind) || fault->kind == DiskFaultKind::fsync_lies);
  };
  const Disk& disk = scenario.disk;
  const Faults& faults = scenario.faults;
  return !disk.fsync_lies.never() || !disk.corrupt_read.never() || !disk.misdirected_write.never() ||
         !disk.bit_rot.never() ||
         std::ranges::any_of(faults.random, [&](const RandomFault& f) { return damages(f.action); }) ||
         std::ranges::any_of(faults.script,
                             [&](const Step& step) { return std::ranges::any_of(step.actions, damages); });
}

void FaultEngine::act(const DiskFault& fault, Firing& firing) {
  const Action action = fault;
  const bool goes_on = lasts(fault.kind);
  std::optional<Duration> lasting;
  if (goes_on) lasting = firing.drawn(fault.lasting);
  Active& active = begin(*fault_class(action), firing.targets.resolve(fault.target), firing,
                         std::string(action_name(action)) + " of", lasting);
  active.disk_kind = fault.kind;
  if (!goes_on) {
    damage(fault, active, firing.rot);
    end_instantly(active);
    return;
  }
  for (NodeId id : active.nodes) {
    NodeRuntime& node = stage_.node(id);
    active.disk_hits_before += node.disk().hits(fault.kind);
    node.set_disk_fault(fault.kind, true);
  }
}

void FaultEngine::end_disk_fault(Active& active) {
  const bool disk = !active.nodes.empty() && fault_class(Action(DiskFault{{}, active.disk_kind, {}})) ==
                                                 std::optional(active.fault_class);
  if (!disk || !lasts(active.disk_kind)) return;
  for (NodeId id : active.nodes) {
    const bool still = std::ranges::any_of(active_, [&](const Active& other) {
      return !other.ended && other.fault_class == active.fault_class && contains(other.nodes, id);
    });
    if (!still) stage_.node(id).set_disk_fault(active.disk_kind, false);
  }
  count_disk_hits(active);
}

void FaultEngine::count_disk_hits(Active& active) {
  if (active.disk_hits_counted) return;
  if (fault_class(Action(DiskFault{{}, active.disk_kind, {}})) != std::optional(active.fault_class)) return;
  // A lie has an effect where a power loss takes what it told of: that is counted then.
  if (!lasts(active.disk_kind) || active.disk_kind == DiskFaultKind::fsync_lies) return;
  std::uint64_t hits = 0;
  for (NodeId id : active.nodes) hits += stage_.node(id).disk().hits(active.disk_kind);
  active.disk_hits_counted = hits > active.disk_hits_before;
  if (active.disk_hits_counted) stage_.ledger.effective(active.fault_class);
}

Take FaultEngine::whom_decay_takes() const {
  return stage_.scenario.disk.protect_quorum ? Take::vouched : Take::anything;
}

/// Whether a majority of the voters without this server, all of them whole, hold the log up to `needed`: by
/// what their disks are known to hold, compared with what is committed as far as that goes. A snapshot is a
/// copy like any other.
bool FaultEngine::others_hold(NodeId node, Index needed, Term last_term) const {
  const CommittedChain& canonical = stage_.chronicle.committed_chain;
  const Index settled = std::min(needed, stage_.chronicle.committed);
  const auto whole = [&](NodeId other) {
    if (other == node) return false;
    if (stage_.node(other).ails()) return false;
    const NodeDisk& theirs = stage_.node(other).disk();
    const Held held = theirs.held();
    return held.last >= needed && held.last_term >= last_term && theirs.agrees(canonical, settled);
  };
  return std::ranges::all_of(active_configurations(stage_),
                             [&whole](const Configuration& c) { return c.agrees(whole); });
}

/// protect_quorum: what the damage takes from this server, from the first damaged entry on, is held by a
/// majority of the voters without it, all of them whole. What nobody committed yet need not be: with this
/// server's earlier acknowledgement it may still be committed, and its leader holds it then.
bool FaultEngine::may_take(NodeId node, const Rot& rot) const {
  if (!stage_.scenario.disk.protect_quorum) return true;
  if (!rot.entries) return others_hold(node, Index{}, Term{});
  const Index own = stage_.node(node).disk().held().last;
  return others_hold(node, std::max(rot.last, std::min(own, stage_.chronicle.committed)), rot.last_term);
}

/// A server that lost what a sync told it is durable may never learn of it: nothing vouches for the end of
/// its log. So others must hold all that it acknowledged, committed or not; and a vote is never lost.
void FaultEngine::weigh_lies(NodeId node) {
  NodeDisk& disk = stage_.node(node).disk();
  if (!stage_.scenario.disk.protect_quorum || !disk.lied()) return;
  const Held own = disk.held();
  disk.make_true(others_hold(node, own.last, own.last_term) ? NodeDisk::About::hard_states
                                                            : NodeDisk::About::everything);
}

void FaultEngine::damage(const DiskFault& fault, Active& active, Stream& choices) {
  for (NodeId id : active.nodes) {
    NodeRuntime& node = stage_.node(id);
    const std::optional<Rot> rot = node.disk().draw_rot(fault.kind, choices, whom_decay_takes());
    if (!rot || !may_take(id, *rot)) continue;
    node.rot(*rot, active.begin);
    had_effect(active.number);
  }
}

}  // namespace raftsim::sim
