// RunInfo and what it consists of as JSON: the `run` of a history's header. Predicates and targets read as in
// a scenario.
#pragma once

#include <optional>
#include <string>

#include "history/run_info.hpp"

namespace raftsim::history {

/// One line of JSON.
std::string to_json(const RunInfo& info);
/// Nothing where `text` is not such JSON; unknown fields are ignored. Then `why`, if given, says what is
/// wrong.
std::optional<RunInfo> run_info_from_json(const std::string& text, std::string* why = nullptr);

/// In a scenario's own form, such as {"node":"n1","commit":{"ge":2}}.
std::string to_json(const Predicate& predicate);
std::string to_json(const Target& target);

}  // namespace raftsim::history
