// What a file can get wrong although every value has its type. Internal to the scenario reader.
#pragma once

#include <fmt/format.h>

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

/// The part of check_meaning() about who joins, leaves and leads.
void check_operations(const JsonNode& root, std::vector<ScenarioProblem>& problems);

/// The part of check_meaning() about processes, disks and clocks.
void check_machines(const JsonNode& root, std::vector<ScenarioProblem>& problems);

/// Which servers a scenario knows, as far as the file tells.
struct KnownNodes {
  std::uint64_t at_start = 0;  ///< 0: the file does not tell
  std::uint64_t in_all = 0;    ///< with those that the script brings into being
};
KnownNodes known_nodes(const JsonNode& root);
/// Whether anything joins or leaves.
bool members_change(const JsonNode& root);

/// The actions of a step or random fault, one or several.
std::vector<const JsonNode*> actions_of(const JsonNode& step);

/// Visits every action of `faults.script` or `faults.random`, with the path of its step or fault.
template <class Visit>
void each_action(const JsonNode& root, std::string_view list, Visit visit);

inline bool is_true(const JsonNode* node) { return node != nullptr && node->text == "true"; }

/// The integer that stands there; nothing where there is none.
std::optional<std::uint64_t> integer_of(const JsonNode* node);

/// The value at a path of fields; null where there is none.
const JsonNode* value_at(const JsonNode& root, std::initializer_list<std::string_view> path);

/// The duration that stands there; nothing where there is none.
std::optional<Duration> duration_of(const JsonNode* node);

template <class Visit>
void each_action(const JsonNode& root, std::string_view list, Visit visit) {
  const JsonNode* steps = value_at(root, {"faults", list});
  if (steps == nullptr) return;
  for (std::size_t i = 0; i < steps->items.size(); ++i)
    for (const JsonNode* action : actions_of(steps->items[i]))
      visit(*action, fmt::format("faults.{}[{}]", list, i));
}

}  // namespace raftsim::sim
