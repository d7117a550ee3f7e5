// Scenario files, raftsim/scenario@1: reading them with every error at its place, and writing them down
// again. All of it is driven by one table of fields (field_table.hpp), so that decoder, schema, reference and
// lists cannot disagree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// `--set /json/pointer=value`: replaces or adds one value (RFC 6901) before anything is decoded. `value` is
/// JSON; what is not JSON is taken as a string, so that `--set /limits/time=10s` needs no quotes.
struct Setting {
  std::string pointer;
  std::string value;
};

/// `scenario` is there exactly if no diagnostic is an error.
struct ScenarioResult {
  std::optional<Scenario> scenario;
  std::vector<Diagnostic> diagnostics;
};

/// Reads a scenario from its text; `path` is what diagnostics call it. All errors of a file come in one go,
/// in order of place; only a syntax error ends the reading. Total: any bytes may come.
ScenarioResult parse_scenario(std::string_view text, const std::string& path,
                              const std::vector<Setting>& settings = {});

/// The same from a file. What cannot be read, is too large, or is no file is a diagnostic.
ScenarioResult load_scenario(const std::string& path, const std::vector<Setting>& settings = {});

/// The concrete scenario, all defaults filled in, as canonical JSON; reading it gives an equal Scenario.
std::string write_scenario(const Scenario& scenario);

/// The JSON Schema (draft-07) of what parse_scenario accepts today.
std::string scenario_schema();

/// The reference for users, in Markdown: every field, also those that are not supported yet.
std::string scenario_reference();

struct ActionInfo {
  std::string_view name;
  std::string_view documentation;  ///< one line
};
/// The actions of `faults.script` and `faults.random` that are supported, in the table's order.
std::vector<ActionInfo> scenario_actions();

/// JSON Pointers of all supported fields that lie in no list and no map: completions of `--set`.
std::vector<std::string> scenario_pointers();

}  // namespace raftsim::sim
