// `sim resolve`: the concrete scenario of a seed.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::cli {
namespace {

/// What the seed made another than the file says, a line a field.
void print_draws(const Global& global, const std::vector<sim::SwarmDraw>& draws) {
  Rows rows;
  const auto shown = [](const std::optional<std::string>& json) { return json.value_or("(not there)"); };
  for (const sim::SwarmDraw& draw : draws)
    if (draw.in_file != draw.drawn)
      rows.emplace_back(draw.pointer, draw.drawn ? fmt::format("{} -> {}", shown(draw.in_file), *draw.drawn)
                                                 : std::string("off"));
  print_rows(global, rows);
}

std::optional<std::vector<sim::Setting>> settings_of(const std::vector<std::string>& words) {
  std::vector<sim::Setting> settings;
  for (const std::string& word : words) {
    const auto setting = parse_setting(word);
    if (!setting) {
      complain(fmt::format("--set {}: expected /json/pointer=value", word));
      return std::nullopt;
    }
    settings.push_back(*setting);
  }
  return settings;
}

}  // namespace

Exit resolve_command(const Global& global, const ResolveOptions& options) {
  const auto settings = settings_of(options.settings);
  if (!settings) return Exit::usage;
  const auto seed = options.seed.empty() ? std::nullopt : parse_seed(options.seed);
  if (!options.seed.empty() && !seed) {
    complain(
        fmt::format("--seed {}: expected a number below 2^64, 0x..., a git hash or random", options.seed));
    return Exit::usage;
  }
  sim::ScenarioResult loaded = sim::load_scenario(options.scenario, *settings);
  const std::string text = sim::render(loaded.diagnostics, "nothing was resolved");
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (!loaded.scenario) return Exit::usage;
  if (seed) loaded.scenario->seed = seed;
  if (!loaded.swarm) {
    if (!options.diff) print(sim::write_scenario(*loaded.scenario));
    return Exit::held;
  }
  if (!loaded.scenario->seed) {
    complain(fmt::format("{} draws fields per seed: name one with --seed", options.scenario));
    return Exit::usage;
  }
  const sim::DrawnScenario drawn = loaded.swarm->draw(*loaded.scenario->seed);
  if (options.diff) print_draws(global, drawn.draws);
  const std::string wrong = sim::render(drawn.diagnostics, "this is what the seed draws");
  std::fwrite(wrong.data(), 1, wrong.size(), stderr);
  if (!drawn.scenario) return Exit::usage;
  if (!options.diff) print(sim::write_scenario(*drawn.scenario));
  return Exit::held;
}

}  // namespace raftsim::cli
