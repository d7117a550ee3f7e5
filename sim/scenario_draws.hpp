// The generators of a swarm, and the pointers that they stand at. Internal to the scenario reader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/decisions.hpp"
#include "sim/scenario_shape.hpp"

namespace raftsim::sim {

/// A member of `swarm`.
struct SwarmField {
  std::string pointer;
  std::vector<std::string> tokens;
  Place key_place;
  const JsonNode* generator = nullptr;

  bool is_feature() const { return generator->find("enable") != nullptr; }
  /// Null where there is none.
  const JsonNode* conditions() const { return generator->find("if"); }
};

/// The members of `swarm`, in order of pointer. Those that are no pointers are left out.
std::vector<SwarmField> swarm_fields(const JsonNode& swarm);

/// What a draw puts in place; nothing where it takes the field out.
struct SwarmValue {
  const SwarmField* field = nullptr;
  std::optional<JsonNode> value;
};

/// What this seed makes of a field; nothing where a feature stays. Precondition: the generator is
/// well-formed.
std::optional<SwarmValue> drawn_value(const SwarmField& field, Decisions& decisions);

/// What the field may become, at its extremes: each choice, both ends of a range, a feature that is off.
std::vector<SwarmValue> extreme_values(const SwarmField& field);

/// Makes a drawn scenario of the file's tree: first the values without a condition are put in, then those
/// whose condition holds now, then the features are taken out that are off, or that must be. What happened in
/// the end is left in `values`. Precondition: the pointers resolve.
void put_values(JsonNode& root, const std::vector<SwarmField>& fields, std::vector<SwarmValue>& values);

/// Appends what is wrong with `swarm`: pointers that lead nowhere or into each other, ranges that are none,
/// values that the fields cannot have or that contradict the rest of the file. Precondition: nothing else is
/// wrong with `root`.
void check_swarm(const JsonNode& root, std::vector<ScenarioProblem>& problems);

}  // namespace raftsim::sim
