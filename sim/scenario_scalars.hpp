// Scalars against their types, in words. Internal to the scenario reader.
#pragma once

#include <string>
#include <string_view>

#include "sim/field_table.hpp"
#include "sim/json_positions.hpp"

namespace raftsim::sim {

struct ScalarProblem {
  std::string message;  ///< empty: none
  std::string help;
};

/// Precondition: `type` is neither a container nor one_of.
ScalarProblem scalar_problem(const JsonNode& node, const Type& type);

/// How to write what was meant, where a value of another kind stands; empty where nobody knows.
std::string scalar_help(const JsonNode& node, const Type& type);

/// Whether a value means the same as `json`. Precondition: both have the type's shape.
bool same_scalar(const JsonNode& node, std::string_view json, const Type& type);

}  // namespace raftsim::sim
