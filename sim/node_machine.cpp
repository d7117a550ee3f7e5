// What a machine does to its server: a disk that damages what it holds, clocks that jump or stand still.
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"

namespace raftsim::sim {

using history::ClockChange;
using history::FaultClass;

/// It was durable, and is not: `lost` with the status of an error.
void NodeRuntime::emit_damage(const std::vector<LabelledOp>& lost, EventId cause) {
  for (const LabelledOp& labelled : lost) {
    Event e = stage_.chronicle.make(EventKind::lost, Endpoint::node(id_), cause);
    e.disk.op = labelled.op;
    e.disk.incarnation = incarnation_;
    e.disk.status = static_cast<std::uint8_t>(DiskStatus::io_error);
    Details details;
    details.labels = {&labelled.label, 1};
    stage_.chronicle.emit(e, details);
  }
}

void NodeRuntime::rot(const Rot& rot, EventId cause) {
  emit_damage(disk_.rot(rot, stage_.chronicle.committed), cause);
}

/// Of the writes drawn to lie elsewhere, those of which it may be told now.
void NodeRuntime::misdirect_writes(EventId cause) {
  while (const std::optional<Rot> astray = disk_.next_misdirected(stage_.faults->whom_decay_takes())) {
    if (!stage_.faults->may_take(id_, *astray)) continue;
    rot(*astray, cause);
    stage_.ledger.happened(FaultClass::disk_misdirected, 1);
  }
}

void NodeRuntime::rot_at_rest(EventId cause) {
  const std::optional<Rot> bit = disk_.draw_rot_at_rest(stage_.faults->whom_decay_takes());
  if (!bit || !stage_.faults->may_take(id_, *bit)) return;
  rot(*bit, cause);
  stage_.ledger.happened(FaultClass::disk_rot, 1);
}

void NodeRuntime::count_losses(const CrashReport& report, OnCrash mode) {
  Ledger& ledger = stage_.ledger;
  if (mode != OnCrash::keep_all && report.unsynced_bytes > 0) {
    ledger.fired(FaultClass::disk_loss);
    if (report.lost_bytes > 0 || report.lost_changes > 0) ledger.effective(FaultClass::disk_loss);
  }
  if (mode == OnCrash::torn_unsynced && report.unsynced_bytes > 0) {
    ledger.fired(FaultClass::disk_torn);
    if (report.torn_bytes > 0) ledger.effective(FaultClass::disk_torn);
  }
  const bool any_order = stage_.scenario.disk.dirents == Dirents::any_subset;
  if (mode != OnCrash::keep_all && any_order && report.names_at_risk) {
    ledger.fired(FaultClass::disk_dirents);
    if (report.out_of_order) ledger.effective(FaultClass::disk_dirents);
  }
  if (report.broken.empty()) return;
  stage_.faults->count_troubles(disk_);
  ledger.effective_if_fired(FaultClass::disk_lie);
}

void NodeRuntime::set_disk_fault(DiskFaultKind kind, bool in_force) {
  const std::int64_t before = disk_.pace();
  in_force ? disk_.begin(kind) : disk_.end(kind);
  for (const NodeDisk::Due& due : disk_.go_on(stage_.now(), before)) completes(due);
}

void NodeRuntime::emit_clock(ClockChange what, Duration by, EventId cause) {
  Event e = stage_.chronicle.make(EventKind::clock, Endpoint::node(id_), cause);
  e.clock = {by.ns, clock_.local(stage_.now()).ns, static_cast<std::uint64_t>(what), 0};
  stage_.chronicle.set_cause(stage_.chronicle.emit(e));
  if (wake_local_ && what != ClockChange::wall_jumped) arm_timer();
}

bool NodeRuntime::jump_clock(Duration by, EventId cause) {
  const bool timers_too = !stage_.scenario.clock.monotonic;
  const Duration went = timers_too ? clock_.jump(by) : clock_.jump_wall(by);
  emit_clock(timers_too ? ClockChange::jumped : ClockChange::wall_jumped, went, cause);
  return went != Duration{};
}

void NodeRuntime::freeze_clock(EventId cause) {
  clock_.freeze(stage_.now());
  emit_clock(ClockChange::froze, Duration{}, cause);
}

void NodeRuntime::thaw_clock(EventId cause) {
  const Duration stood = clock_.thaw(stage_.now());
  emit_clock(ClockChange::thawed, stood, cause);
}

}  // namespace raftsim::sim
