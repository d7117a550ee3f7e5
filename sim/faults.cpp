#include "sim/faults.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "sim/clients.hpp"
#include "sim/fault_names.hpp"
#include "sim/node_runtime.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::FaultClass;
using history::Phase;
using history::PropertyId;

namespace {

/// However short `every` may be drawn, a random fault's times are at least this far apart.
constexpr Duration random_gap_min = microseconds(1);

constexpr Ratio always_fires{0, true};

history::EventKinds kinds_of_script(const Scenario& scenario) {
  history::EventKinds kinds;
  for (const Step& step : scenario.faults.script)
    if (step.when) kinds = kinds | history::relevant_kinds(*step.when);
  return kinds;
}

bool asks_predicates(const Scenario& scenario) {
  const auto checks = [](const Action& a) { return std::holds_alternative<CheckAction>(a); };
  const auto asks = [&](const Step& s) { return s.when || std::ranges::any_of(s.actions, checks); };
  return std::ranges::any_of(scenario.faults.script, asks) ||
         std::ranges::any_of(scenario.faults.random, [&](const RandomFault& f) { return checks(f.action); });
}

}  // namespace

void TriggerWatch::on_event(const Event& event, const Details&) {
  if (predicate_ == nullptr || !relevant_.has(event.kind)) return;
  WorldResolver resolver(stage_);
  if (!history::holds(*predicate_, *cluster_, &event, resolver)) return;
  fired_ = true;
  fired_at_ = event.id;
  predicate_ = nullptr;
}

void TriggerWatch::arm(const Predicate& predicate) {
  predicate_ = &predicate;
  relevant_ = history::relevant_kinds(predicate);
  if (!holds_now(predicate)) return;
  fired_ = true;
  fired_at_ = EventId{};
  predicate_ = nullptr;
}

EventId TriggerWatch::take() {
  CHECK(fired_);
  fired_ = false;
  return fired_at_;
}

bool TriggerWatch::holds_now(const Predicate& predicate) {
  WorldResolver resolver(stage_);
  return history::holds(predicate, *cluster_, nullptr, resolver);
}

FaultEngine::FaultEngine(Stage& stage, history::Journal& journal) : stage_(stage), births_(stage.scenario) {
  if (asks_predicates(stage.scenario)) {
    watch_ = std::make_unique<TriggerWatch>(stage, kinds_of_script(stage.scenario));
    auto cluster = std::make_unique<history::ClusterView>(stage.nodes_at_start);
    // The view first: a predicate is asked about the cluster that has seen the event.
    journal.subscribe(*cluster);
    journal.subscribe(*watch_);
    watch_->watch(std::move(cluster));
  }
  open_sources();
}

/// Decisions are named by a fault's id, or by what it does, and its number among those of the same name: one
/// fault less leaves the names of all others as they are.
void FaultEngine::open_sources() {
  std::vector<std::string> seen;
  const auto name = [&seen](Source& source, std::string_view id, const Action& action) {
    const std::string key =
        fmt::format("{}/{}", source.scripted ? "step" : "random", id.empty() ? action_name(action) : id);
    source.name = XXH32(key.data(), key.size(), 0);
    source.occurrence = static_cast<std::uint32_t>(std::ranges::count(seen, key));
    seen.push_back(key);
  };
  const auto& script = stage_.scenario.faults.script;
  for (std::size_t i = 0; i < script.size(); ++i) {
    Source source{
        true,
        false,
        i,
        0,
        0,
        script[i].id.empty() ? fmt::format("step {}", i + 1) : fmt::format("step \"{}\"", script[i].id)};
    CHECK(!script[i].actions.empty());
    name(source, script[i].id, script[i].actions.front());
    script_sources_.push_back(std::move(source));
  }
  const auto& random = stage_.scenario.faults.random;
  for (std::size_t i = 0; i < random.size(); ++i) {
    Source source{false,
                  false,
                  i,
                  0,
                  0,
                  random[i].id.empty() ? fmt::format("random fault {}", i + 1)
                                       : fmt::format("random fault \"{}\"", random[i].id)};
    name(source, random[i].id, random[i].action);
    Stream time = open(Purpose::fault_time, source, 0);
    Stream fires = open(Purpose::fault_fires, source, 0);
    random_.push_back({std::move(source), time, fires, 0});
  }
  if (!stage_.scenario.clock.jump) return;
  for (std::uint32_t n = 1; n <= stage_.node_count; ++n)
    clock_jumps_.push_back(stage_.decisions.open({Purpose::clock_jump_time, n}));
}

Stream FaultEngine::open(Purpose purpose, const Source& source, std::uint32_t firing) {
  return stage_.decisions.open({purpose, source.name, source.occurrence, firing});
}

void FaultEngine::start() {
  for (std::size_t i = 0; i < random_.size(); ++i) schedule(i);
  for (std::size_t i = 0; i < clock_jumps_.size(); ++i) schedule_clock_jump(NodeId{i + 1});
  arm_next(EventId{});
}

void FaultEngine::take(const Item& item) {
  if (item.kind == ItemKind::script) {
    if (item.what != next_step_ || script_stuck_) return;
    stage_.chronicle.begin_step();
    fire_step(EventId{});
  } else if (item.kind == ItemKind::script_deadline) {
    take_deadline(item);
  } else if (item.kind == ItemKind::random_fault) {
    take_random(item.who);
  } else if (item.kind == ItemKind::clock_jump) {
    take_clock_jump(NodeId{item.who});
  } else if (Active* active = find(item.what)) {
    CHECK(item.kind == ItemKind::fault_end);
    stage_.chronicle.begin_step();
    end(*active, active->begin);
  }
  sweep();
}

// ---- The script ---------------------------------------------------------------------------------------

void FaultEngine::arm_next(EventId cause) {
  if (next_step_ >= stage_.scenario.faults.script.size() || script_stuck_) return;
  const Step& step = stage_.scenario.faults.script[next_step_];
  if (step.when) {
    if (step.deadline)
      stage_.at(stage_.now() + *step.deadline, {ItemKind::script_deadline, 0, next_step_, 0});
    watch_->arm(*step.when);
    return;
  }
  const Instant at = step.at ? Instant{step.at->ns} : stage_.now() + step.after.value_or(Duration{});
  stage_.at(std::max(at, stage_.now()), {ItemKind::script, 0, next_step_, cause.value});
}

void FaultEngine::fire_triggered() {
  const EventId at = watch_->take();
  stage_.chronicle.begin_step();
  fire_step(at);
  sweep();
}

void FaultEngine::fire_step(EventId cause) {
  const Step& step = stage_.scenario.faults.script[next_step_];
  const Source& source = script_sources_[next_step_];
  Event e = stage_.chronicle.make(EventKind::step_fired, Endpoint::world(), cause);
  e.world.number = next_step_ + 1;
  Details details;
  const std::string number = fmt::format("{}", next_step_ + 1);
  details.text = step.id.empty() ? number : step.id;
  const EventId fired = stage_.chronicle.emit(e, details);

  const ClusterNow cluster = cluster_now(stage_);
  Firing firing{source,
                cluster,
                TargetDraw(cluster, open(Purpose::fault_target, source, 0)),
                open(Purpose::fault_duration, source, 0),
                open(Purpose::partition_shape, source, 0),
                open(Purpose::membership_change, source, 0),
                open(Purpose::fault_rot, source, 0),
                open(Purpose::live_core, source, 0),
                fired,
                std::nullopt};
  ++next_step_;
  for (const Action& action : step.actions) apply(action, firing);
  arm_next(fired);
}

void FaultEngine::take_deadline(const Item& item) {
  if (item.what != next_step_ || script_stuck_) return;
  stage_.chronicle.begin_step();
  script_stuck_ = true;
  watch_->disarm();
  const Step& step = stage_.scenario.faults.script[next_step_];
  stage_.violated(PropertyId::scenario_stuck, Endpoint::world(),
                  fmt::format("{} waited {} ms for its `when`, which never held: {}",
                              script_sources_[next_step_].words, step.deadline->ns / 1'000'000, situation()));
}

/// What did hold, for whoever wonders why a step never fired.
std::string FaultEngine::situation() {
  const ClusterNow cluster = cluster_now(stage_);
  std::string text;
  for (const NodeNow& n : cluster.nodes) {
    const bool leads = n.up && n.role == Role::leader;
    if (leads) text += fmt::format("n{} led term {}, ", n.id.value, n.term.value);
    if (!n.up) text += fmt::format("n{} was down, ", n.id.value);
  }
  if (!leader_of(cluster)) text += "nobody led, ";
  return text + fmt::format("the highest commit was {}, {} elections were won, {} operations were ok",
                            stage_.chronicle.committed.value, stage_.chronicle.counts.elections,
                            stage_.chronicle.counts.operations_ok);
}

// ---- Random faults ------------------------------------------------------------------------------------

void FaultEngine::schedule(std::size_t position) {
  const RandomFault& fault = stage_.scenario.faults.random[position];
  const Instant earliest{fault.from.value_or(Duration{}).ns};
  const Duration gap = std::max(random_[position].time.sample(fault.every, Benign::median), random_gap_min);
  const Instant at = std::max(stage_.now(), earliest) + gap;
  if (fault.until && at > Instant{fault.until->ns}) return;
  stage_.at(at, {ItemKind::random_fault, static_cast<std::uint32_t>(position), 0, 0});
}

void FaultEngine::take_random(std::size_t position) {
  if (stage_.phase != Phase::chaos) return;
  schedule(position);
  Random& random = random_[position];
  const std::uint32_t firing_number = ++random.firings;
  if (!random.fires.chance(always_fires)) return;
  const RandomFault& fault = stage_.scenario.faults.random[position];
  if (too_many(random.source, fault.max_at_once)) return;

  const ClusterNow cluster = cluster_now(stage_);
  Firing firing{random.source,
                cluster,
                TargetDraw(cluster, open(Purpose::fault_target, random.source, firing_number)),
                open(Purpose::fault_duration, random.source, firing_number),
                open(Purpose::partition_shape, random.source, firing_number),
                open(Purpose::membership_change, random.source, firing_number),
                open(Purpose::fault_rot, random.source, firing_number),
                open(Purpose::live_core, random.source, firing_number),
                EventId{},
                std::nullopt};
  if (stage_.scenario.faults.keep_quorum && breaks_quorum(fault.action, firing)) return;
  stage_.chronicle.begin_step();
  apply(fault.action, firing);
}

bool FaultEngine::too_many(const Source& source, std::optional<std::uint32_t> most) const {
  if (!most) return false;
  const auto ours = [&](const Active& a) {
    return !a.ended && !a.source.scripted && !a.source.background && a.source.position == source.position;
  };
  return std::ranges::count_if(active_, ours) >= static_cast<std::ptrdiff_t>(*most);
}

/// Whether the action would leave an active configuration without a quorum that is up, unpaused and mutually
/// connected. What changes members weighs that itself.
bool FaultEngine::breaks_quorum(const Action& action, Firing& firing) {
  NodeSet lost;
  if (const auto* crash = std::get_if<Crash>(&action)) lost = firing.targets.resolve(crash->target);
  if (const auto* pause = std::get_if<Pause>(&action)) lost = firing.targets.resolve(pause->target);
  if (const auto* freeze = std::get_if<ClockFreeze>(&action)) lost = firing.targets.resolve(freeze->target);
  const auto* restart = std::get_if<Restart>(&action);
  if (restart != nullptr && (restart->comeback != Comeback::disk || restart->options))
    lost = firing.targets.resolve(restart->target);
  if (const auto* disk = std::get_if<DiskFault>(&action)) {
    const bool stops =
        lasts(disk->kind) && disk->kind != DiskFaultKind::slow && disk->kind != DiskFaultKind::fsync_lies;
    if (stops) lost = firing.targets.resolve(disk->target);
  }
  if (const auto* p = std::get_if<Partition>(&action)) firing.planned_cuts = cuts_of(*p, firing);
  if (const auto* i = std::get_if<Isolate>(&action)) firing.planned_cuts = cuts_of(*i, firing);
  if (lost.empty() && !firing.planned_cuts) return false;

  QuorumGuard guard = guard_now(lost);
  if (firing.planned_cuts) {
    for (const LinkEnds& link : *firing.planned_cuts)
      if (link.from.is_node() && link.to.is_node()) guard.cut(link.from.as_node(), link.to.as_node());
  }
  const std::vector<Configuration> active = active_configurations(stage_);
  return !std::ranges::all_of(active, [&guard](const Configuration& c) { return guard.holds(c); });
}

QuorumGuard FaultEngine::guard_now(const NodeSet& lost) const {
  QuorumGuard guard(stage_.node_count);
  for (const auto& node : stage_.nodes) {
    const NodeId id = node->id();
    // One whose clock stands still never sends a heartbeat.
    const bool runs =
        node->up() && !node->paused() && !node->crash_plan() && !node->ails() && !node->clock().frozen();
    // Who has not come into being does so as it is added.
    if ((!runs && !node->may_come()) || contains(lost, id)) guard.lose(id);
    for (const auto& other : stage_.nodes)
      if (other != node && stage_.network.cut(Endpoint::node(id), Endpoint::node(other->id())))
        guard.cut(id, other->id());
  }
  return guard;
}

}  // namespace raftsim::sim
