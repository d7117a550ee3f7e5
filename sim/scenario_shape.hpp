// Whether a tree of JSON has the shape that the field table says. Internal to the scenario reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/field_table.hpp"
#include "sim/json_positions.hpp"

namespace raftsim::sim {

struct ScenarioProblem {
  Place place;
  bool warning = false;
  std::string message;
  std::string help;
};

/// Appends everything that is wrong with `root`, in order of place: unknown, missing and contradictory
/// fields, wrong types and units, values out of range. After no problem, every value can be decoded.
void check_shape(const JsonNode& root, std::vector<ScenarioProblem>& problems);

/// Whether a value alone has the shape of its type: for checks that go on where others found problems.
bool has_shape(const JsonNode& node, const Type& type);

/// The alternative that a value was meant to be; null where it is none of them.
const Type* alternative_for(const JsonNode& node, const Type& one_of);

/// `number 50`, `string "x"`, `a list`: a value in words.
std::string found_text(const JsonNode& node);

/// `a duration with a unit`, `an integer from 1 to 64`: a type in words.
std::string expected_text(const Type& type);

}  // namespace raftsim::sim
