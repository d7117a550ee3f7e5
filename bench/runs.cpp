// Whole runs: steps and committed operations per CPU second on the fixed work (bench/kv5.json), judged and
// unjudged, and seeds per second. Google Benchmark's CPU time is that of this process, which does nothing
// else.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "core/raft_system.hpp"
#include "search/run_one.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim {
namespace {

sim::Scenario load(const std::string& path, Duration time) {
  sim::ScenarioResult loaded = sim::load_scenario(std::string(RAFTSIM_SOURCE_DIR) + "/" + path, {});
  if (!loaded.scenario) {
    std::cerr << sim::render(loaded.diagnostics);
    std::exit(2);
  }
  if (time > Duration{}) loaded.scenario->limits.time = time;
  return *loaded.scenario;
}

void count_run(benchmark::State& state, const sim::Scenario& scenario, search::RunRequest::Judging judging) {
  const std::unique_ptr<System> raft = make_raft_system();
  search::RunRequest request;
  request.scenario = &scenario;
  request.systems.assign(scenario.nodes, raft.get());
  request.system_name = "raft";
  request.judging = judging;
  history::RunCounts sum;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    request.seed = ++seed;
    const history::RunResult result = search::run_one(request, nullptr).result;
    if (result.verdict.violated()) state.SkipWithError("a property was violated");
    sum.steps += result.counts.steps;
    sum.events += result.counts.events;
    sum.messages += result.counts.messages;
    sum.commits += result.counts.commits;
    sum.wakes += result.counts.wakes;
  }
  const auto rate = [](std::uint64_t n) {
    return benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsRate);
  };
  state.counters["steps/s"] = rate(sum.steps);
  state.counters["events/s"] = rate(sum.events);
  state.counters["commits/s"] = rate(sum.commits);
  state.counters["messages/commit"] =
      benchmark::Counter(static_cast<double>(sum.messages) / static_cast<double>(sum.commits));
  state.counters["wakes/step"] =
      benchmark::Counter(static_cast<double>(sum.wakes) / static_cast<double>(sum.steps));
}

void kv5_judged(benchmark::State& state) {
  static const sim::Scenario scenario = load("bench/kv5.json", seconds(10));
  count_run(state, scenario, search::RunRequest::Judging::all);
}
BENCHMARK(kv5_judged)->Unit(benchmark::kMillisecond);

void kv5_unjudged(benchmark::State& state) {
  static const sim::Scenario scenario = load("bench/kv5.json", seconds(10));
  count_run(state, scenario, search::RunRequest::Judging::none);
}
BENCHMARK(kv5_unjudged)->Unit(benchmark::kMillisecond);

/// What figure 3 of the paper, the audits, configurations and snapshots cost: without what judges clients,
/// and without liveness and resources.
void kv5_invariants_and_audits(benchmark::State& state) {
  static const sim::Scenario scenario = [] {
    sim::Scenario s = load("bench/kv5.json", seconds(10));
    for (const history::PropertyInfo& p : history::properties())
      if (p.id >= history::PropertyId::exactly_once && p.id != history::PropertyId::label_honest)
        s.expect.turned_off.push_back(p.id);
    return s;
  }();
  count_run(state, scenario, search::RunRequest::Judging::all);
}
BENCHMARK(kv5_invariants_and_audits)->Unit(benchmark::kMillisecond);

/// The items per second are seeds per second.
void leader_crash_seeds(benchmark::State& state) {
  static const sim::Scenario scenario = load("scenarios/leader_crash.json", Duration{});
  count_run(state, scenario, search::RunRequest::Judging::all);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(leader_crash_seeds)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace raftsim

BENCHMARK_MAIN();
