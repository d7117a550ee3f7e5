// Clocks that jump or stand still. A clock belongs to the machine: a crash of its process does not heal it.
#include <fmt/format.h>

#include <algorithm>

#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

using history::FaultClass;

void FaultEngine::act(const ClockJump& jump, Firing& firing) {
  const std::string words = fmt::format("jump by {} of the clock of", duration_text(jump.by));
  Active& active =
      begin(FaultClass::clock_jump, firing.targets.resolve(jump.target), firing, words, std::nullopt);
  for (NodeId id : active.nodes)
    if (stage_.node(id).jump_clock(jump.by, active.begin)) had_effect(active.number);
  end_instantly(active);
}

void FaultEngine::act(const ClockFreeze& freeze, Firing& firing) {
  Active& active = begin(FaultClass::clock_freeze, firing.targets.resolve(freeze.target), firing,
                         "freeze the clock of", firing.drawn(freeze.lasting));
  active.affected = active.nodes;
  for (NodeId id : active.nodes) {
    NodeRuntime& node = stage_.node(id);
    if (node.clock().frozen()) continue;
    had_effect(active.number);
    node.freeze_clock(active.begin);
  }
  if (active.nodes.empty()) end_instantly(active);
}

/// A clock goes on once nothing holds it any more.
void FaultEngine::thaw(const Active& active, EventId cause) {
  for (NodeId id : active.affected) {
    const bool still = std::ranges::any_of(active_, [&](const Active& other) {
      return !other.ended && other.fault_class == FaultClass::clock_freeze && contains(other.affected, id);
    });
    if (!still) stage_.node(id).thaw_clock(cause);
  }
}

// ---- clock.jump

void FaultEngine::schedule_clock_jump(NodeId node) {
  constexpr Duration gap_min = microseconds(1);
  const Distribution& every = stage_.scenario.clock.jump->every;
  const Duration gap = std::max(clock_jumps_[node.value - 1].sample(every, Benign::median), gap_min);
  stage_.at(stage_.now() + gap, {ItemKind::clock_jump, static_cast<std::uint32_t>(node.value), 0, 0});
}

void FaultEngine::take_clock_jump(NodeId node) {
  if (stage_.phase != history::Phase::chaos) return;
  schedule_clock_jump(node);
  if (!stage_.node(node).exists()) return;
  stage_.chronicle.begin_step();
  const bool jumped = stage_.node(node).jump_clock(stage_.scenario.clock.jump->by, EventId{});
  stage_.ledger.happened(FaultClass::clock_jump, 1, jumped ? 1 : 0);
}

}  // namespace raftsim::sim
