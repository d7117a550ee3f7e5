// JSON Pointers (RFC 6901) into a scenario's tree: --set /json/pointer=value, and what a swarm draws.
// Internal to the scenario reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario_file.hpp"
#include "sim/scenario_shape.hpp"

namespace raftsim::sim {

/// A pointer's reference tokens, unescaped (section 4); nothing where it is none, or names the whole.
std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer);

/// Where a pointer leads, with the type of what stands there. Objects that the format knows and the file
/// leaves out are made on the way, and so is the member itself, as an empty object. Null after a problem,
/// which is told at `place`. "-" as the last token appends to a list.
struct Pointed {
  JsonNode* node = nullptr;
  const Type* type = nullptr;
};
Pointed point_into(JsonNode& root, const std::vector<std::string>& tokens, Place place,
                   std::vector<ScenarioProblem>& problems);

/// What is there already; null where nothing is.
const JsonNode* at_pointer(const JsonNode& root, const std::vector<std::string>& tokens);
JsonNode* at_pointer(JsonNode& root, const std::vector<std::string>& tokens);

/// Puts one value into the tree; `source` is its text's number. Objects that the format knows and the file
/// leaves out are made on the way; a pointer into anything else that is not there is a problem.
void apply_setting(const Setting& setting, std::uint32_t source, JsonNode& root,
                   std::vector<ScenarioProblem>& problems);

}  // namespace raftsim::sim
