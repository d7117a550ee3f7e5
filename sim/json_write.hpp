// Making JSON: trees of JsonNode from values, and their canonical text. Numbers are text, so that nothing is
// rounded on the way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/json_positions.hpp"

namespace raftsim::sim {

JsonNode json_string(std::string_view text);
JsonNode json_number(std::string_view number);
JsonNode json_number(std::uint64_t number);
JsonNode json_boolean(std::string_view true_or_false);
JsonNode json_null();
JsonNode json_list();
JsonNode json_object();

/// Appends a member. Precondition: `object` is an object and has none of this name.
void add(JsonNode& object, std::string_view key, JsonNode value);

/// The tree of a JSON text of ours. Precondition: it is well-formed.
JsonNode json_of(std::string_view text);

/// All on one line, however long; without a newline.
std::string json_line(const JsonNode& node);

/// Two spaces a level; what fits into a line stands in one. Ends with a newline.
std::string json_text(const JsonNode& node);

}  // namespace raftsim::sim
