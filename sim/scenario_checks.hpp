// What a file can get wrong although every value has its type. Internal to the scenario reader.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "seam/types.hpp"
#include "sim/scenario_shape.hpp"

namespace raftsim::sim {

/// Appends contradictions and what can never happen: unknown nodes, empty ranges, times beyond the end,
/// names of steps that do not exist, ... Works on whatever of the tree has its shape, so that these problems
/// are told in one go with the others.
void check_meaning(const JsonNode& root, std::vector<ScenarioProblem>& problems);

/// The part of check_meaning() about steps, random faults and expectations.
void check_schedule(const JsonNode& root, std::vector<ScenarioProblem>& problems);

/// The value at a path of fields; null where there is none.
const JsonNode* value_at(const JsonNode& root, std::initializer_list<std::string_view> path);

/// The duration that stands there; nothing where there is none.
std::optional<Duration> duration_of(const JsonNode* node);

}  // namespace raftsim::sim
