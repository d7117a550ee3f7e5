#include "cli/plan.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/interrupt.hpp"
#include "history/suggest.hpp"

namespace raftsim::cli {
namespace {

/// `--report nevr` is a slip, not a file of that name.
std::optional<std::string> misspelt(std::string_view flag, const std::string& word) {
  constexpr std::array<std::string_view, 3> words{"auto", "always", "never"};
  if (word.find_first_of("./") != std::string::npos || output_choice(word).when != When::path) return {};
  const std::string_view near = history::closest(word, words);
  if (near.empty()) return {};
  return fmt::format("{} {}: did you mean {}? (a file of that name: ./{})", flag, word, near, word);
}

/// What is wrong with the flags alone, before any file is read.
std::vector<std::string> flag_errors(const RunOptions& options) {
  std::vector<std::string> errors;
  for (const std::string& setting : options.settings) {
    if (!parse_setting(setting)) {
      errors.push_back(
          fmt::format("--set {}: expected /json/pointer=value, as in --set /cluster/nodes=3", setting));
    }
  }
  if (!options.seed.empty() && !parse_seed(options.seed)) {
    errors.push_back(
        fmt::format("--seed {}: expected a number below 2^64, 0x..., a git hash or random", options.seed));
  }
  if (!options.seeds.empty() && !parse_seeds(options.seeds, 1)) {
    errors.push_back(fmt::format(
        "--seeds {}: expected a count, a range or a list, as in 100, 1..100 or 7,42; at most {} of them",
        options.seeds, seeds_max));
  }
  if (!options.seed.empty() && !options.seeds.empty() && !counts_seeds(options.seeds)) {
    errors.push_back(fmt::format(
        "--seed {} --seeds {}: the seeds are named already; --seed goes with a count, as the first of them",
        options.seed, options.seeds));
  }
  const char* fixed = std::getenv("RAFTSIM_SEED");
  if (options.seed.empty() && fixed != nullptr && !parse_seed(fixed)) {
    errors.push_back(fmt::format(
        "RAFTSIM_SEED={}: expected a number below 2^64, 0x..., a git hash or random; or name --seed", fixed));
  }
  for (const auto& [flag, word] :
       {std::pair{"--report", options.report}, std::pair{"--history", options.history}}) {
    if (const auto slip = misspelt(flag, word)) errors.push_back(*slip);
  }
  if (!options.jobs.empty() && !parse_jobs(options.jobs)) {
    errors.push_back(fmt::format("-j (or RAFTSIM_JOBS) {}: expected a number of worker processes, at least 1",
                                 options.jobs));
  }
  for (const auto& [flag, value] : {std::pair{"--until", options.until}, std::pair{"--wall", options.wall}}) {
    if (!value.empty() && !parse_duration_flag(value)) {
      errors.push_back(fmt::format(
          "{} {}: expected a duration with a unit, as in 10s (units: ns us ms s m h)", flag, value));
    }
  }
  if (const auto wall = parse_duration_flag(options.wall); wall && *wall <= Duration{})
    errors.push_back(fmt::format("--wall {}: no run comes to anything in no time", options.wall));
  return errors;
}

/// Flag, environment, file, else drawn.
std::uint64_t first_seed(const RunOptions& options, Planned& planned) {
  if (!options.seed.empty()) return *parse_seed(options.seed);
  if (const char* fixed = std::getenv("RAFTSIM_SEED"); fixed != nullptr) return *parse_seed(fixed);
  if (!options.seeds.empty()) return 1;
  if (planned.scenario->seed) return *planned.scenario->seed;
  planned.seed_was_drawn = true;
  return *parse_seed("random");
}

/// What the scenario asks of its systems that they cannot do; empty where they can.
std::string unable(const Planned& planned, const sim::Scenario& scenario) {
  for (const auto& [node, initial] : scenario.initial) {
    const System& system = *planned.systems[node.value - 1];
    if (!system.format_disk(node, initial.state)) {
      return fmt::format("{}: cluster.initial: system {} cannot start from a given log", planned.path,
                         system.name());
    }
  }
  const auto filters = [](const sim::Action& action) {
    const auto* rule = std::get_if<sim::Messages>(&action);
    return rule != nullptr && !rule->types.empty();
  };
  bool by_type = false;
  for (const sim::Step& step : scenario.faults.script) {
    by_type = by_type || std::any_of(step.actions.begin(), step.actions.end(), filters);
  }
  for (const sim::RandomFault& fault : scenario.faults.random) by_type = by_type || filters(fault.action);
  for (const System* system : planned.systems) {
    if (by_type && !system->describes_messages()) {
      return fmt::format(
          "{}: messages are filtered by type, and system {} does not say what its messages mean",
          planned.path, system->name());
    }
  }
  return {};
}

/// Whether what every seed draws can be run; complains of the first that cannot. Finds systems for the
/// largest cluster of all.
bool draws_well(Planned& planned, Systems& systems) {
  if (!planned.swarm) return true;
  for (std::uint64_t i = 0; i < planned.seeds.size() && !interrupted(); ++i) {
    const std::uint64_t seed = planned.seeds[i];
    const sim::DrawnScenario drawn = planned.swarm->draw(seed);
    std::string error;
    if (!drawn.scenario) {
      const std::string text = sim::render(drawn.diagnostics, "nothing was run");
      std::fwrite(text.data(), 1, text.size(), stderr);
      error = fmt::format("{}: seed {} draws this (sim resolve --diff shows what)", planned.path, seed);
    } else {
      if (sim::node_capacity(*drawn.scenario) > planned.systems.size())
        planned.systems = systems_for(*drawn.scenario, planned.system_name, systems, error);
      if (error.empty()) error = unable(planned, *drawn.scenario);
    }
    if (error.empty()) continue;
    complain(error);
    return false;
  }
  return true;
}

}  // namespace

std::string fingerprint(const Planned& planned) {
  const std::string text = planned.swarm ? planned.swarm->text() : sim::write_scenario(*planned.scenario);
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())).substr(0, 7);
}

std::vector<const System*> systems_for(const sim::Scenario& scenario, const std::string& name,
                                       Systems& systems, std::string& error) {
  std::vector<const System*> found;
  for (std::uint32_t n = 1; n <= sim::node_capacity(scenario); ++n) {
    const auto override = scenario.overrides.find(NodeId{n});
    const bool own = override != scenario.overrides.end() && override->second.system;
    const System* system = systems.find(own ? *override->second.system : name, error);
    if (system == nullptr) return {};
    found.push_back(system);
  }
  return found;
}

std::optional<Plan> make_plan(const RunOptions& options, Systems& systems) {
  std::vector<std::string> errors = flag_errors(options);
  std::vector<sim::Setting> settings;
  for (const std::string& word : options.settings) {
    if (auto setting = parse_setting(word)) settings.push_back(std::move(*setting));
  }
  std::vector<sim::Diagnostic> diagnostics;
  Plan plan;
  for (const std::string& path : options.scenarios) {
    sim::ScenarioResult loaded = sim::load_scenario(path, settings);
    diagnostics.insert(diagnostics.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
    if (!loaded.scenario) continue;
    Planned planned;
    planned.path = path;
    planned.scenario = std::make_unique<sim::Scenario>(std::move(*loaded.scenario));
    planned.system_name = options.system.empty() ? planned.scenario->system : options.system;
    std::string error;
    planned.systems = systems_for(*planned.scenario, planned.system_name, systems, error);
    if (!planned.systems.empty()) error = unable(planned, *planned.scenario);
    if (!error.empty() && (errors.empty() || errors.back() != error)) errors.push_back(error);
    planned.swarm = std::move(loaded.swarm);
    planned.fingerprint = fingerprint(planned);
    plan.scenarios.push_back(std::move(planned));
  }
  if (!diagnostics.empty()) {
    const std::string text = sim::render(diagnostics, "nothing was run");
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  for (const std::string& error : errors) complain(error);
  if (sim::has_errors(diagnostics) || !errors.empty()) return std::nullopt;
  for (Planned& planned : plan.scenarios) {
    const std::uint64_t first = first_seed(options, planned);
    const auto seeds = options.seeds.empty() ? Seeds(first, 1) : parse_seeds(options.seeds, first);
    if (!seeds) {
      complain(fmt::format("--seeds {} from seed {} on: the last seed is 2^64 - 1", options.seeds, first));
      return std::nullopt;
    }
    planned.seeds = *seeds;
    plan.runs += planned.seeds.size();
    if (!draws_well(planned, systems)) return std::nullopt;
  }
  return plan;
}

std::optional<Planned> recorded_plan(const history::HistoryHeader& header, Systems& systems,
                                     std::string& error) {
  sim::ScenarioResult parsed = sim::parse_scenario(header.scenario, header.run.scenario_path);
  if (!parsed.scenario) {
    error = sim::render(parsed.diagnostics, "nothing was run");
    return std::nullopt;
  }
  Planned planned;
  planned.path = header.run.scenario_path;
  planned.scenario = std::make_unique<sim::Scenario>(std::move(*parsed.scenario));
  planned.system_name = header.run.system;
  planned.systems = systems_for(*planned.scenario, planned.system_name, systems, error);
  if (planned.systems.empty()) return std::nullopt;
  planned.seeds = Seeds(header.seed, 1);
  planned.fingerprint = fingerprint(planned);
  return planned;
}

search::RunRequest request_for(const Planned& planned, std::uint64_t seed, const RunOptions& options) {
  search::RunRequest request;
  request.scenario = planned.scenario.get();
  request.swarm = planned.swarm.get();
  request.scenario_path = planned.path;
  request.seed = seed;
  request.systems = planned.systems;
  request.system_name = planned.system_name;
  request.tool = version_text();
  if (!options.until.empty()) request.until = Instant{} + *parse_duration_flag(options.until);
  return request;
}

}  // namespace raftsim::cli
