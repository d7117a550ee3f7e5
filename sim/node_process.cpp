// The life of a machine: boot, crash, pause, disk completions.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "sim/connections.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::CrashPoint;
using history::DropReason;
using history::FaultClass;

namespace {

std::uint64_t share_of_range(std::uint64_t k, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(k) << 64) / n);
}

NodeClock::Error clock_error(Stage& stage, std::uint32_t node) {
  const Clock& model = stage.scenario.clock;
  Stream offset = stage.decisions.open({Purpose::clock_offset, node});
  Stream drift = stage.decisions.open({Purpose::clock_drift, node});
  const std::uint64_t bound = model.drift_ppm;
  const auto error =
      static_cast<std::int64_t>(drift.below(2 * bound + 1, bound)) - std::int64_t{model.drift_ppm};
  return {offset.sample(model.offset), static_cast<std::int32_t>(error)};
}

/// Why a machine went down, in words.
std::string_view crash_words(CrashPoint point) {
  switch (point) {
    case CrashPoint::now:
      return "power off";
    case CrashPoint::mid_effects:
      return "power off in the middle of a step's effects";
    case CrashPoint::before_sync:
      return "power off before a sync";
    case CrashPoint::during_sync:
      return "power off during a sync";
    case CrashPoint::after_sync:
      return "power off after a sync, before the process knew";
    case CrashPoint::during_recovery:
      return "power off during recovery";
  }
  return "";
}

/// Node k of n waits T + kT/n: the wait of a benign run is T + (entropy * T >> 64). Who joins later waits
/// longer than all of the start, and no two wait alike.
std::uint64_t benign_entropy_of(const Stage& stage, NodeId id) {
  const std::uint64_t n = stage.nodes_at_start;
  if (id.value <= n) return share_of_range(id.value - 1, n);
  const std::uint64_t later = stage.node_count - n + 1;
  return share_of_range((n - 1) * later + (id.value - n), n * later);
}

const Options* options_of(const Scenario& scenario, NodeId id) {
  const auto it = scenario.overrides.find(id);
  const bool own = it != scenario.overrides.end() && it->second.options;
  return own ? &*it->second.options : &scenario.options;
}

/// What a power loss did beside taking bytes, which have a field of their own.
std::string with_losses(std::string_view why, const CrashReport& report) {
  std::string text(why);
  if (report.torn_bytes > 0) text += fmt::format("; {} bytes torn", report.torn_bytes);
  if (report.lost_changes > 0)
    text += fmt::format("; {} changes of names or lengths undone", report.lost_changes);
  if (report.out_of_order) text += "; a change of the directory survived one before it";
  return text;
}

}  // namespace

NodeRuntime::NodeRuntime(Stage& stage, NodeId id)
    : stage_(stage),
      id_(id),
      system_(*stage.systems[id.value - 1]),
      options_(options_of(stage.scenario, id)),
      first_boot_(id.value <= stage.nodes_at_start ? Boot::fresh : Boot::join),
      members_(id.value <= stage.nodes_at_start ? &stage.members : &stage.nobody),
      there_(id.value <= stage.nodes_at_start ? There::yes : There::not_yet),
      disk_(stage.scenario.disk, id, stage.decisions),
      benign_entropy_(benign_entropy_of(stage, id)),
      diff_(id, stage.node_count) {
  const auto number = static_cast<std::uint32_t>(id.value);
  entropy_ = stage.decisions.open({Purpose::entropy, number});
  crash_prefix_ = stage.decisions.open({Purpose::crash_prefix, number});
  recovery_crash_ = stage.decisions.open({Purpose::recovery_crash, number});
  if (damages_disks(stage.scenario)) disk_.keep_records();
  service_ = stage.decisions.open({Purpose::service_time, number});
  set_pace({});
  audit_draw_ = AuditDraw(stage.decisions.open({Purpose::label_audit, number}));
  const NodeClock::Error error = clock_error(stage, number);
  clock_ = NodeClock(error);
  tell_by_options();
  if (error.offset != Duration{}) stage.ledger.happened(FaultClass::clock_offset, 1);
  if (error.drift_ppm != 0) stage.ledger.happened(FaultClass::clock_drift, 1);
}

/// How finely the server's leases and load are told.
void NodeRuntime::tell_by_options() {
  constexpr std::int64_t leases_per_timeout = 16;
  diff_.tell_leases(clock_, options_->election_timeout / leases_per_timeout);
  diff_.tell_load_above(options_->max_uncommitted_bytes);
}

void NodeRuntime::reconfigure(const OptionsPatch& patch) {
  CHECK(!up());
  changed_options_ = patched(*options_of(stage_.scenario, id_), patch);
  options_ = &changed_options_;
  tell_by_options();
}

void NodeRuntime::format() {
  const auto it = stage_.scenario.initial.find(id_);
  if (it == stage_.scenario.initial.end()) return;
  InitialState state = it->second.state;
  state.members = stage_.members;
  stage_.chronicle.enter(id_);
  const std::optional<Files> files = system_.format_disk(id_, state);
  stage_.chronicle.leave();
  if (!files) {
    throw std::invalid_argument(fmt::format(
        "cluster.initial.n{}: system \"{}\" cannot start from a given log", id_.value, system_.name()));
  }
  disk_.load(*files);
  first_commit_ = state.commit;
}

void NodeRuntime::boot(EventId cause) {
  // A machine that crashed before anything of its first boot reached the disk boots for the first time again.
  const Boot how = incarnation_ == 0 || disk_.empty() ? first_boot_ : Boot::existing;
  ++incarnation_;
  diff_.boot();
  ops_.clear();
  wake_local_.reset();
  snapshots_sent_.clear();
  Event e = stage_.chronicle.make(EventKind::boot, Endpoint::node(id_), cause);
  e.boot.incarnation = incarnation_;
  e.boot.drift_ppm = clock_.drift_ppm();
  e.boot.boot = static_cast<std::uint64_t>(how);
  const EventId booted = stage_.chronicle.emit(e);
  stage_.chronicle.set_cause(booted);

  // Where nobody says that a recovery is over, only its first operation is certain to belong to it, and of
  // what its disk lost only what is really missing counts.
  constexpr std::uint64_t operations_max = 8;
  if (crashes_in_this_recovery())
    recovery_left_ = notes_recovery_ ? recovery_crash_.below(operations_max) : 0;
  if (!notes_recovery_) disk_.recovered();

  stage_.chronicle.enter(id_);
  process_ = system_.make_process();
  stage_.chronicle.leave();
  // Members are known to a machine's operator at every boot: a disk may hold files and not yet them.
  const Index commit = incarnation_ == 1 ? first_commit_ : Index{};
  input_.what = Start{id_, options_, how, members_, commit};
  step(MessageType::unknown);
  if (stage_.connections != nullptr && up()) stage_.connections->came_up(id_, booted);
}

void NodeRuntime::come_into_being(EventId cause) {
  CHECK(there_ == There::not_yet);
  there_ = There::yes;
  boot(cause);
}

void NodeRuntime::lose_disk(Under under, EventId cause) {
  CHECK(!up());
  Event e = stage_.chronicle.make(EventKind::wipe, Endpoint::node(id_), cause);
  e.process.incarnation = incarnation_;
  e.process.lost_bytes = disk_.bytes();
  Details details;
  details.text = under == Under::another_id ? "the disk is lost; the machine comes back under a fresh id"
                                            : "the disk is lost; the server comes back under its old id";
  down_event_ = stage_.chronicle.emit(e, details);
  abandon_plan();
  disk_.load({});
  doubt_ = {};
  first_boot_ = Boot::join;
  members_ = &stage_.nobody;
  if (under == Under::another_id) there_ = There::no_more;
}

void NodeRuntime::restart(EventId cause) {
  if (up() || !exists()) return;
  const EventId because = cause == EventId{} ? down_event_ : cause;
  Event e = stage_.chronicle.make(EventKind::restart, Endpoint::node(id_), because);
  e.process.incarnation = incarnation_ + 1;
  const EventId restarted = stage_.chronicle.emit(e);
  stage_.faults->came_up(id_);
  rot_at_rest(restarted);
  boot(restarted);
}

void NodeRuntime::pause(EventId cause) {
  CHECK(up());
  CHECK(!paused_);
  paused_ = true;
  Event e = stage_.chronicle.make(EventKind::pause, Endpoint::node(id_), cause);
  e.process.incarnation = incarnation_;
  stage_.chronicle.emit(e);
}

void NodeRuntime::resume(EventId cause) {
  CHECK(up());
  CHECK(paused_);
  paused_ = false;
  Event e = stage_.chronicle.make(EventKind::resume, Endpoint::node(id_), cause);
  e.process.incarnation = incarnation_;
  stage_.chronicle.emit(e);
  if (!backlog_.empty()) serve_next();
}

void NodeRuntime::crash(const CrashPlan& plan) {
  CHECK(up());
  const CrashPlan now = plan;  // it may be plan_ itself, which goes
  if (plan_ && plan_->fault == now.fault) plan_.reset();
  // A crash in the middle of a recovery is for a boot to come; any other point does not survive this one.
  if (plan_ && plan_->point != CrashPoint::during_recovery) abandon_plan();
  Event e = stage_.chronicle.make(EventKind::crash, Endpoint::node(id_), now.cause);
  e.process.point = static_cast<std::uint8_t>(now.point);
  ++stage_.chronicle.counts.crashes;
  crashed_in_step_ = stage_.chronicle.step();
  stage_.faults->crashed(now.fault, id_);
  go_down(e, {stage_.scenario.disk.on_crash, crash_words(now.point)});
  if (now.down_for) {
    stage_.at(stage_.now() + *now.down_for,
              {ItemKind::restart, static_cast<std::uint32_t>(id_.value), 0, incarnation_});
  }
}

void NodeRuntime::arm(const CrashPlan& plan) {
  abandon_plan();
  plan_ = plan;
  plan_->armed_in = incarnation_;
}

void NodeRuntime::abandon_plan() {
  if (!plan_) return;
  const std::uint64_t fault = plan_->fault;
  plan_.reset();
  stage_.faults->crash_abandoned(fault, id_);
}

void NodeRuntime::go_down(Event& down, const Loss& loss) {
  if (labels_) audit_labels(history::AuditOf::crash, down.cause);
  CrashReport& report = stage_.crash_report;
  report = {};
  if (loss.mode) {
    stage_.faults->weigh_lies(id_);
    disk_.crash(*loss.mode, incarnation_, report);
  } else {
    disk_.process_stopped();
  }
  down.process.incarnation = incarnation_;
  down.process.lost_bytes = report.lost_bytes;
  down.process.lost_messages = gated_.size();
  Details details;
  const std::string why = with_losses(loss.why, report);
  details.text = why;
  down_event_ = stage_.chronicle.emit(down, details);
  for (const LabelledOp& label : report.survived) emit_label(EventKind::durable, label, down_event_);
  for (const LabelledOp& label : report.lost) emit_label(EventKind::lost, label, down_event_);
  emit_damage(report.broken, down_event_);
  doubt_.went_down();
  if (loss.mode) count_losses(report, *loss.mode);

  for (const Gated& g : gated_) stage_.post->discard(g.slot, DropReason::sender_crashed, down_event_);
  gated_.clear();
  gated_answers_.clear();
  for (const Item& item : backlog_)
    if (item.kind == ItemKind::deliver)
      stage_.post->discard(item.who, DropReason::receiver_down, down_event_);
  backlog_.clear();
  waiting_messages_ = 0;
  ops_.clear();
  timer_.clear();
  wake_local_.reset();
  paused_ = false;
  cut_short_ = true;
  stage_.chronicle.enter(id_);
  process_.reset();
  stage_.chronicle.leave();
  if (stage_.connections != nullptr) stage_.connections->went_down(id_, down_event_);
  stage_.faults->went_down(id_);
}

void NodeRuntime::audit_labels(history::AuditOf of, EventId cause) {
  // It never draws from the node's streams, nor does anything in the world learn of it.
  const TwinClocks clocks{clock_.local(stage_.now()), clock_.wall(stage_.now()), benign_entropy_};
  stage_.chronicle.enter(id_);
  Event e = stage_.chronicle.make(EventKind::audit, Endpoint::node(id_), cause);
  const Recovered twin =
      recover_twin({id_, system_, *options_, *members_, first_boot_}, disk_.strictest_image(), clocks,
                   diff_.log(), stage_.chronicle.committed_chain);
  stage_.chronicle.leave();
  e.audit = twin.part;
  e.audit.of = of;
  if (!twin.snapshot) {
    stage_.chronicle.emit(e);
    return;
  }
  const Label found = *twin.snapshot;
  Details details;
  details.labels = {&found, 1};
  stage_.chronicle.emit(e, details);
}

void NodeRuntime::emit_label(EventKind kind, const LabelledOp& labelled, EventId cause) {
  Event e = stage_.chronicle.make(kind, Endpoint::node(id_), cause);
  e.disk.op = labelled.op;
  e.disk.incarnation = incarnation_;
  Details details;
  details.labels = {&labelled.label, 1};
  stage_.chronicle.emit(e, details);
  const bool of_state = std::holds_alternative<HardStateLabel>(labelled.label);
  if (kind == EventKind::durable && of_state) doubt_.state_durable();
}

/// A sync is followed by `synced`, an error by `disk_error`; a write that was written and a read that was
/// read have no event of their own, and stand for what issued them.
EventId NodeRuntime::emit_completion(DiskOp op) {
  const DiskOpWindow::Record& record = ops_.record(op);
  const DoneOut& done = stage_.disk_done;
  const bool syncs = is_sync(record.action);
  const bool error = done.status == DiskStatus::io_error || done.status == DiskStatus::full;
  if (!syncs && !error) return record.issued;
  Event e = stage_.chronicle.make(error ? EventKind::disk_error : EventKind::synced, Endpoint::node(id_),
                                  record.issued);
  e.disk.op = op;
  e.disk.action = static_cast<std::uint8_t>(record.action);
  e.disk.status = static_cast<std::uint8_t>(done.status);
  e.disk.flaw = done.lied ? history::DiskFlaw::lied : history::DiskFlaw::none;
  e.disk.incarnation = incarnation_;
  return stage_.chronicle.emit(e);
}

bool NodeRuntime::crashes_at_completion() {
  if (!plan_) return false;
  const DiskAction action = stage_.disk_done.action;
  if (plan_->point == CrashPoint::after_sync) return is_sync(action);
  // Recovery lists what there is and then reads it: the first read's end is in the middle of it.
  if (!crashes_in_this_recovery() || action == DiskAction::list) return false;
  if (recovery_left_ == 0) return true;
  --recovery_left_;
  return false;
}

void NodeRuntime::disk_completed(DiskOp op) {
  DoneOut& done = stage_.disk_done;
  disk_.complete(op, done);
  const EventId completed = emit_completion(op);
  stage_.chronicle.set_cause(completed);
  for (const LabelledOp& label : done.durable) emit_label(EventKind::durable, label, completed);
  if (disk_.misdirects() && !done.durable.empty()) misdirect_writes(completed);
  if (crashes_at_completion()) {
    crash(*plan_);
    return;
  }
  // That a file is not there is an answer to a read or a removal, not a failure of the disk. A sync is told
  // so of a file for whose creation there was no space.
  const bool absent = done.status == DiskStatus::not_found;
  const bool needless = done.action == DiskAction::read || done.action == DiskAction::remove;
  const bool answered = done.status == DiskStatus::ok || (absent && needless);
  const bool no_space = done.status == DiskStatus::full || (absent && done.action == DiskAction::sync);
  const auto how = answered   ? DiskOpWindow::Answer::succeeded
                   : no_space ? DiskOpWindow::Answer::refused
                              : DiskOpWindow::Answer::failed;
  if (no_space) close_gates(op, completed);
  if (ops_.answer(op, how)) open_gates(completed);

  names_.clear();
  for (const std::string& name : done.names) names_.push_back(name);
  input_.what = DiskDone{op, done.status, done.bytes, names_};
  step(MessageType::unknown);
}

/// Messages that wait for an operation that found no space never leave.
void NodeRuntime::close_gates(DiskOp op, EventId cause) {
  std::erase_if(gated_, [&](const Gated& g) {
    if (g.after < op) return false;
    stage_.post->discard(g.slot, DropReason::sender_crashed, cause);
    return true;
  });
  std::erase_if(gated_answers_, [op](const GatedAnswer& g) { return g.after >= op; });
}

/// Messages whose wait is over leave in the order in which they were issued.
void NodeRuntime::open_gates(EventId cause) {
  if (gated_.empty() && gated_answers_.empty()) return;
  const DiskOp frontier = ops_.frontier();
  const auto first_waiting =
      std::stable_partition(gated_answers_.begin(), gated_answers_.end(),
                            [frontier](const GatedAnswer& g) { return g.after <= frontier; });
  for (auto g = gated_answers_.begin(); g != first_waiting; ++g)
    stage_.operators->answered(std::move(g->answer));
  gated_answers_.erase(gated_answers_.begin(), first_waiting);
  std::size_t kept = 0;
  for (const Gated& g : gated_) {
    if (g.after <= frontier)
      stage_.post->depart(g.slot, cause);
    else
      gated_[kept++] = g;
  }
  gated_.resize(kept);
}

}  // namespace raftsim::sim
