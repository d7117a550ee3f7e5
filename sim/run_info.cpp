#include "history/run_info.hpp"

#include "sim/scenario.hpp"
#include "sim/stage.hpp"

namespace raftsim::sim {

namespace {

/// With what any restart may change: whom it hits is known only when it fires.
Options of_whole_run(const Scenario& scenario, const Options& at_start) {
  Options options = at_start;
  const auto add = [&](const Action& action) {
    const auto* restart = std::get_if<Restart>(&action);
    if (restart != nullptr && restart->options)
      options = loosest(options, patched(at_start, *restart->options));
  };
  for (const Step& step : scenario.faults.script)
    for (const Action& action : step.actions) add(action);
  for (const RandomFault& fault : scenario.faults.random) add(fault.action);
  return options;
}

history::NodeInfo node_info(const Scenario& scenario, NodeId id, const Configuration& members) {
  history::NodeInfo info;
  info.id = id;
  info.system = scenario.system;
  info.options = scenario.options;
  info.learner = contains(members.learners, id);
  info.later = id.value > nodes_at_start(scenario);
  if (const auto it = scenario.overrides.find(id); it != scenario.overrides.end()) {
    if (it->second.system) info.system = *it->second.system;
    if (it->second.options) info.options = *it->second.options;
  }
  info.options = of_whole_run(scenario, info.options);
  if (const auto it = scenario.initial.find(id); it != scenario.initial.end()) {
    info.initial = it->second.state;
    info.initial->members = members;
  }
  return info;
}

std::optional<Instant> instant(const std::optional<Duration>& after_start) {
  if (!after_start) return std::nullopt;
  return Instant{after_start->ns};
}

}  // namespace

history::RunInfo run_info(const Scenario& scenario, std::uint64_t seed) {
  Configuration members;
  for (std::uint64_t n = 1; n <= scenario.nodes; ++n) members.voters.push_back(NodeId{n});
  for (std::uint64_t n = 1; n <= scenario.learners; ++n)
    members.learners.push_back(NodeId{scenario.nodes + n});

  history::RunInfo info;
  info.scenario = scenario.name;
  info.seed = seed;
  info.system = scenario.system;
  for (std::uint64_t n = 1; n <= node_capacity(scenario); ++n)
    info.nodes.push_back(node_info(scenario, NodeId{n}, members));
  info.model = scenario.workload.model;
  info.clients = client_count_of(scenario);
  info.quiet_at = instant(scenario.faults.quiet_after);
  info.drain_at = instant(scenario.faults.drain_after);
  info.bound_in_election_timeouts = scenario.expect.liveness_bound;
  info.end = Instant{scenario.limits.time.ns};
  info.turned_off = scenario.expect.turned_off;
  info.linearizable = scenario.expect.linearizable;
  info.linearizable_timeout = scenario.expect.linearizable_timeout;
  info.linearizable_timeout_fails = scenario.expect.linearizable_timeout_fails;
  info.expectations = scenario.expect.expectations;
  info.final = scenario.expect.final;
  info.availability = scenario.expect.availability;
  info.limit_events = scenario.limits.events;
  info.protect_quorum = scenario.disk.protect_quorum;
  info.service_time = scenario.process.service_time.maximum() > Duration{};
  if (scenario.expect.verdict) info.expected_violation = scenario.expect.verdict->property;
  return info;
}

}  // namespace raftsim::sim
