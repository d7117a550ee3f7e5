// The subcommands that run nothing: validate, list, schema, report.
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/failures.hpp"
#include "cli/systems.hpp"
#include "history/fault_sentences.hpp"
#include "history/names.hpp"
#include "history/property.hpp"
#include "history/reader.hpp"
#include "history/schema.hpp"
#include "history/situation.hpp"
#include "reports/summary.hpp"
#include "sim/json_write.hpp"
#include "sim/suggest.hpp"

namespace raftsim::cli {
namespace {

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

/// Of a scenario that draws fields per seed: what this many of its seeds make of it is valid too.
constexpr std::uint64_t seeds_tried = 200;

/// What is wrong with the names of systems: a planted bug that there is not, or a word that is no path. A
/// shared object may be built later.
void judge_systems(const sim::Scenario& scenario, Systems& systems, const std::string& path,
                   std::vector<sim::Diagnostic>& diagnostics) {
  std::set<std::string> names{scenario.system};
  for (const auto& [node, own] : scenario.overrides)
    if (own.system) names.insert(*own.system);
  for (const std::string& name : names) {
    std::string error;
    if (systems.find(name, error) != nullptr) continue;
    const bool may_come = name.find('/') != std::string::npos && !name.starts_with("bugs/");
    sim::Diagnostic d;
    d.severity = may_come ? sim::Diagnostic::Severity::warning : sim::Diagnostic::Severity::error;
    d.path = path;
    d.message = "cluster: " + error;
    diagnostics.push_back(std::move(d));
  }
}

std::vector<sim::Diagnostic> judged(const std::string& path, Systems& systems) {
  sim::ScenarioResult loaded = sim::load_scenario(path);
  if (loaded.scenario) judge_systems(*loaded.scenario, systems, path, loaded.diagnostics);
  for (std::uint64_t seed = 1; loaded.swarm && seed <= seeds_tried; ++seed) {
    sim::DrawnScenario drawn = loaded.swarm->draw(seed);
    if (drawn.scenario) continue;
    for (sim::Diagnostic& d : drawn.diagnostics) {
      d.message += fmt::format(" (as seed {} draws it)", seed);
      loaded.diagnostics.push_back(std::move(d));
    }
    break;
  }
  return std::move(loaded.diagnostics);
}

nlohmann::ordered_json json_of(const std::vector<sim::Diagnostic>& diagnostics) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const sim::Diagnostic& d : diagnostics) {
    const bool error = d.severity == sim::Diagnostic::Severity::error;
    all.push_back({{"severity", error ? "error" : "warning"},
                   {"path", d.path},
                   {"line", d.line},
                   {"column", d.column},
                   {"message", d.message},
                   {"help", d.help}});
  }
  return all;
}

}  // namespace

Exit validate_command(const Global& global, const std::vector<std::string>& files) {
  std::vector<sim::Diagnostic> diagnostics;
  Systems systems;
  for (const std::string& path : files) {
    const std::vector<sim::Diagnostic> wrong = judged(path, systems);
    diagnostics.insert(diagnostics.end(), wrong.begin(), wrong.end());
  }
  if (global.format != Format::human) {
    print_json(global, json_of(diagnostics));
    return sim::has_errors(diagnostics) ? Exit::usage : Exit::held;
  }
  const std::string text = sim::render(
      diagnostics,
      fmt::format("{} checked", files.size() == 1 ? "1 file" : fmt::format("{} files", files.size())));
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (sim::has_errors(diagnostics)) return Exit::usage;
  talk(global, files.size() == 1 ? "1 file is valid" : fmt::format("{} files are valid", files.size()));
  return Exit::held;
}

namespace {

Rows property_rows() {
  Rows rows;
  for (const history::PropertyInfo& p : history::properties()) rows.emplace_back(p.name, p.statement);
  return rows;
}

Rows system_rows() {
  Rows rows;
  for (const SystemInfo& s : known_systems()) rows.emplace_back(s.name, s.what);
  return rows;
}

Rows rows_of(const std::vector<sim::NamedInfo>& infos) {
  Rows rows;
  for (const sim::NamedInfo& info : infos) rows.emplace_back(info.name, info.documentation);
  return rows;
}
Rows action_rows() { return rows_of(sim::scenario_actions()); }
Rows field_rows() { return rows_of(sim::scenario_fields()); }
Rows target_rows() { return rows_of(sim::scenario_words("target")); }
Rows event_rows() { return rows_of(sim::scenario_words("event")); }
Rows role_rows() { return rows_of(sim::scenario_words("role")); }

Rows fault_rows() {
  Rows rows;
  for (std::size_t i = 0; i < history::fault_sentences.size(); ++i)
    rows.emplace_back(history::name(static_cast<history::FaultClass>(i)), history::fault_sentences[i]);
  return rows;
}

struct List {
  std::string_view name;
  Rows (*rows)();
  bool of_files = false;  ///< it is made of the files below scenarios/
};
constexpr std::array lists{List{"scenarios", scenario_rows, true},
                           List{"properties", property_rows},
                           List{"actions", action_rows},
                           List{"systems", system_rows},
                           List{"goals", goal_rows},
                           List{"fields", field_rows},
                           List{"targets", target_rows},
                           List{"events", event_rows},
                           List{"roles", role_rows},
                           List{"faults", fault_rows}};

}  // namespace

std::vector<std::string_view> list_names() {
  std::vector<std::string_view> names;
  for (const List& list : lists) names.push_back(list.name);
  return names;
}

Exit list_command(const Global& global, const std::string& what) {
  for (const List& list : lists) {
    if (list.name != what) continue;
    if (list.of_files && scenario_files().empty()) {
      complain("no " + what + " below scenarios/ here (run from the project's folder, or use -C DIR)");
      return Exit::usage;
    }
    print_rows(global, list.rows());
    return Exit::held;
  }
  if (what == "bugs")
    complain("no list \"bugs\"; sim list systems shows the planted bugs, too");
  else
    complain(not_there("list", what, list_names()));
  return Exit::usage;
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
  complain(not_there("schema", name, schema_names()));
  return Exit::usage;
}

Exit report_command(const Global& global, const ReportOptions& options) {
  const std::optional<WholeHistory> history = read_whole(options.history);
  if (!history) return Exit::usage;
  const auto& [header, end] = *history;
  if (!end.result) {
    complain(fmt::format("{}: its end record has no verdict", options.history));
    return Exit::usage;
  }
  const std::string error = write_report(options.history, *end.result, replay_line(global, options.history),
                                         header.tool, options.output, options.max_events);
  if (!error.empty()) {
    complain(error);
    return Exit::output;
  }
  talk(global, "report: " + options.output);
  return Exit::held;
}

}  // namespace raftsim::cli
