// --set /json/pointer=value. Internal to the scenario reader.
#pragma once

#include <vector>

#include "sim/scenario_file.hpp"
#include "sim/scenario_shape.hpp"

namespace raftsim::sim {

/// Puts one value into the tree; `source` is its text's number. Objects that the format knows and the file
/// leaves out are made on the way; a pointer into anything else that is not there is a problem.
void apply_setting(const Setting& setting, std::uint32_t source, JsonNode& root,
                   std::vector<ScenarioProblem>& problems);

}  // namespace raftsim::sim
