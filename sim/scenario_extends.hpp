// `extends`: a scenario that builds on another file. Internal to the scenario reader.
//
// The base is read first, with its own base, and the file is merged over it as a JSON Merge Patch (RFC 7396):
// objects are merged member by member, null takes a member out, everything else (a list, too) replaces what
// the base says. One rule more, since the format has values of several forms: where base and file give
// different forms (an exponential and a uniform distribution; `think` and `rate_per_s`), the file's replaces
// the base's.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario_shape.hpp"
#include "sim/scenario_sources.hpp"

namespace raftsim::sim {

/// Files in one chain, the first included.
inline constexpr std::size_t extends_depth_max = 8;

/// Merges `root`, read from `path`, over what it extends, to the end of the chain; nothing where it extends
/// nothing. A base that cannot be used is a problem at the `extends` that names it: no such file, a file that
/// extends itself over others, a chain too long. Every value keeps its place, in its own file. False if the
/// merged tree is not worth judging, since part of it is missing.
bool merge_over_base(JsonNode& root, const std::string& path, ScenarioSources& sources,
                     std::vector<ScenarioProblem>& problems);

}  // namespace raftsim::sim
