// Scenario files, raftsim/scenario@1: reading them with every error at its place, and writing them down
// again. All of it is driven by one table of fields (field_table.hpp), so that decoder, schema, reference and
// lists cannot disagree.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"
#include "sim/scenario.hpp"
#include "sim/scenario_swarm.hpp"

namespace raftsim::sim {

/// `--set /json/pointer=value`: replaces or adds one value (RFC 6901) before anything is decoded. `value` is
/// JSON; what is not JSON is taken as a string, so that `--set /limits/time=10s` needs no quotes. What is set
/// is not drawn any more.
struct Setting {
  std::string pointer;
  std::string value;
};

/// `scenario` is there exactly if no diagnostic is an error. Where the file draws fields per seed, it is what
/// the file says before anything is drawn, and `swarm` makes the scenario of a seed.
struct ScenarioResult {
  std::optional<Scenario> scenario;
  std::vector<Diagnostic> diagnostics;
  std::shared_ptr<const ScenarioSwarm> swarm;
};

/// Reads a scenario from its text; `path` is what diagnostics call it, and what it `extends` is looked for
/// beside it. All errors of a file come in one go, in order of place; only a syntax error ends the reading.
/// Total: any bytes may come.
ScenarioResult parse_scenario(std::string_view text, const std::string& path,
                              const std::vector<Setting>& settings = {});

/// The same from a file. What cannot be read, is too large, or is no file is a diagnostic.
ScenarioResult load_scenario(const std::string& path, const std::vector<Setting>& settings = {});

/// The concrete scenario, all defaults filled in, as canonical JSON; reading it gives an equal Scenario.
std::string write_scenario(const Scenario& scenario);

/// The JSON Schema (draft-07) of what parse_scenario accepts.
std::string scenario_schema();

/// The reference for users, in Markdown: every field.
std::string scenario_reference();

struct NamedInfo {
  std::string name;
  std::string_view documentation;  ///< one line
};
/// The actions of `faults.script` and `faults.random` that are supported, in the table's order.
std::vector<NamedInfo> scenario_actions();

/// JSON Pointers of all supported fields that lie in no list and no map: what `--set` and a swarm most often
/// name.
std::vector<NamedInfo> scenario_fields();

/// The words that are supported of one enumeration of the table: "target", "event", "role", ... Precondition:
/// there is one of that name.
std::vector<NamedInfo> scenario_words(std::string_view enumeration);

}  // namespace raftsim::sim
