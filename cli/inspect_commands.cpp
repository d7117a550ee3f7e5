// The subcommands that run nothing: validate, resolve, list, schema, report.
#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/failures.hpp"
#include "cli/systems.hpp"
#include "history/property.hpp"
#include "history/reader.hpp"
#include "history/schema.hpp"
#include "history/situation.hpp"
#include "reports/summary.hpp"
#include "sim/json_write.hpp"
#include "sim/suggest.hpp"

namespace raftsim::cli {
namespace {

void print_rows(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [name, text] : rows) width = std::max(width, name.size());
  for (const auto& [name, text] : rows) print(fmt::format("{:<{}}  {}\n", name, width, text));
}

using Rows = std::vector<std::pair<std::string, std::string>>;

/// The files below scenarios/, in order of their names.
std::vector<std::string> scenario_files() {
  std::vector<std::string> files;
  std::error_code code;
  for (const auto& file : std::filesystem::directory_iterator("scenarios", code))
    if (file.path().extension() == ".json") files.push_back(file.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

Rows scenario_rows() {
  Rows rows;
  for (const std::string& file : scenario_files()) {
    const sim::ScenarioResult loaded = sim::load_scenario(file);
    rows.emplace_back(file, loaded.scenario ? loaded.scenario->description : "(has errors: sim validate)");
  }
  return rows;
}

/// The catalogue, and what the scenarios below scenarios/ want to see on at least one of the seeds of a
/// campaign.
Rows goal_rows() {
  Rows rows;
  for (const history::SituationInfo& s : history::situations) rows.emplace_back(s.name, s.sentence);
  for (const std::string& file : scenario_files()) {
    const sim::ScenarioResult loaded = sim::load_scenario(file);
    if (!loaded.scenario) continue;
    for (const history::Expectation& e : loaded.scenario->expect.expectations)
      if (e.kind == history::Expectation::Kind::sometimes) rows.emplace_back(file, e.name);
  }
  return rows;
}

/// One per format that is written or read.
struct Schema {
  std::string_view name;
  std::string (*text)();
};
constexpr std::array schemas{
    Schema{"scenario", sim::scenario_schema}, Schema{"verdict", history::verdict_schema},
    Schema{"summary", reports::summary_schema}, Schema{"history", history::history_schema}};

}  // namespace

Exit validate_command(const Global& global, const std::vector<std::string>& files) {
  std::vector<sim::Diagnostic> diagnostics;
  for (const std::string& path : files) {
    const sim::ScenarioResult loaded = sim::load_scenario(path);
    diagnostics.insert(diagnostics.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
  }
  const std::string text = sim::render(
      diagnostics,
      fmt::format("{} checked", files.size() == 1 ? "1 file" : fmt::format("{} files", files.size())));
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (sim::has_errors(diagnostics)) return Exit::usage;
  talk(global, files.size() == 1 ? "1 file is valid" : fmt::format("{} files are valid", files.size()));
  return Exit::held;
}

Exit resolve_command(const Global&, const ResolveOptions& options) {
  std::vector<sim::Setting> settings;
  for (const std::string& word : options.settings) {
    const auto setting = parse_setting(word);
    if (!setting) {
      complain(fmt::format("--set {}: expected /json/pointer=value", word));
      return Exit::usage;
    }
    settings.push_back(*setting);
  }
  sim::ScenarioResult loaded = sim::load_scenario(options.scenario, settings);
  const std::string text = sim::render(loaded.diagnostics, "nothing was resolved");
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (!loaded.scenario) return Exit::usage;
  if (!options.seed.empty()) {
    const auto seed = parse_seed(options.seed);
    if (!seed) {
      complain(
          fmt::format("--seed {}: expected a number below 2^64, 0x..., a git hash or random", options.seed));
      return Exit::usage;
    }
    loaded.scenario->seed = seed;
  }
  print(sim::write_scenario(*loaded.scenario));
  return Exit::held;
}

Exit list_command(const Global&, const std::string& what) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (what == "scenarios") {
    rows = scenario_rows();
    if (scenario_files().empty()) {
      complain("no scenarios below scenarios/ here (run from the project's folder, or use -C DIR)");
      return Exit::usage;
    }
  } else if (what == "goals") {
    rows = goal_rows();
  } else if (what == "properties") {
    for (const history::PropertyInfo& p : history::properties()) rows.emplace_back(p.name, p.statement);
  } else if (what == "actions") {
    for (const sim::ActionInfo& a : sim::scenario_actions()) rows.emplace_back(a.name, a.documentation);
  } else if (what == "systems") {
    for (const SystemInfo& s : known_systems()) rows.emplace_back(s.name, s.what);
  } else {
    constexpr std::array<std::string_view, 5> lists{"scenarios", "properties", "actions", "systems", "goals"};
    complain(fmt::format("no list \"{}\"; {}", what, sim::suggestion(what, lists)));
    return Exit::usage;
  }
  print_rows(rows);
  return Exit::held;
}

std::vector<std::string_view> schema_names() {
  std::vector<std::string_view> names;
  for (const Schema& schema : schemas) names.push_back(schema.name);
  return names;
}

Exit schema_command(const std::string& name) {
  for (const Schema& schema : schemas) {
    if (schema.name != name) continue;
    print(sim::json_text(sim::json_of(schema.text())));
    return Exit::held;
  }
  complain(fmt::format("no schema \"{}\"; {}", name, sim::suggestion(name, schema_names())));
  return Exit::usage;
}

Exit report_command(const Global& global, const ReportOptions& options) {
  auto opened = history::HistoryReader::open(options.history);
  if (const auto* error = std::get_if<history::HistoryError>(&opened)) {
    complain(error->text());
    return Exit::usage;
  }
  auto& reader = std::get<history::HistoryReader>(opened);
  history::Journal unheard;
  const auto played = reader.play(unheard);
  if (const auto* error = std::get_if<history::HistoryError>(&played)) {
    complain(error->text());
    return Exit::usage;
  }
  const auto& end = std::get<history::HistoryEnd>(played);
  if (!end.result) {
    complain(fmt::format("{}: its end record has no verdict", options.history));
    return Exit::usage;
  }
  const std::string flags =
      reader.header().run.system == "raft" ? "" : " --system " + shell_quoted(reader.header().run.system);
  const std::string error =
      write_report(options.history, *end.result,
                   reproduce_line(global, reader.header().run.scenario_path, reader.header().seed, flags),
                   reader.header().tool, options.output, options.max_events);
  if (!error.empty()) {
    complain(error);
    return Exit::output;
  }
  talk(global, "report: " + options.output);
  return Exit::held;
}

}  // namespace raftsim::cli
