#include "sim/scenario_swarm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/json_write.hpp"
#include "sim/scenario_checks.hpp"
#include "sim/scenario_decode.hpp"
#include "sim/scenario_draws.hpp"
#include "sim/scenario_leases.hpp"
#include "sim/scenario_settings.hpp"
#include "sim/scenario_sources.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view reads_pointer = "/workload/reads";

std::optional<std::string> text_at(const JsonNode& root, const std::vector<std::string>& tokens) {
  const JsonNode* node = at_pointer(root, tokens);
  return node == nullptr ? std::nullopt : std::optional(json_line(*node));
}

/// Whether another feature that is off takes this field with it.
bool is_gone(const SwarmField& field, const std::vector<SwarmValue>& values) {
  return std::any_of(values.begin(), values.end(), [&](const SwarmValue& v) {
    const std::vector<std::string>& off = v.field->tokens;
    return !v.value && off.size() < field.tokens.size() &&
           std::equal(off.begin(), off.end(), field.tokens.begin());
  });
}

/// What the seed did to each field that is still there to be told of.
std::vector<SwarmDraw> told(const std::vector<SwarmField>& fields, const std::vector<SwarmValue>& values,
                            const JsonNode& root) {
  std::vector<SwarmDraw> draws;
  for (const SwarmField& field : fields) {
    if (is_gone(field, values)) continue;
    SwarmDraw& draw = draws.emplace_back();
    draw.pointer = field.pointer;
    draw.in_file = text_at(root, field.tokens);
    const auto drawn =
        std::find_if(values.begin(), values.end(), [&](const SwarmValue& v) { return v.field == &field; });
    if (drawn == values.end())
      draw.drawn = draw.in_file;
    else if (drawn->value)
      draw.drawn = json_line(*drawn->value);
  }
  return draws;
}

}  // namespace

ScenarioSwarm::ScenarioSwarm(JsonNode root, std::shared_ptr<const ScenarioSources> sources, std::string path)
    : root_(std::move(root)), sources_(std::move(sources)), path_(std::move(path)) {
  swarm_ = std::move(*root_.find("swarm"));
  std::erase_if(root_.members, [](const JsonMember& m) { return m.key == "swarm"; });
}

std::string ScenarioSwarm::text() const {
  JsonNode whole = root_;
  add(whole, "swarm", swarm_);
  return json_text(whole);
}

DrawnScenario ScenarioSwarm::draw(std::uint64_t seed) const {
  DrawnScenario result;
  Decisions decisions(from_seed(seed));
  const std::vector<SwarmField> fields = swarm_fields(swarm_);
  std::vector<SwarmValue> values;
  for (const SwarmField& field : fields)
    if (auto value = drawn_value(field, decisions)) values.push_back(std::move(*value));
  JsonNode root = root_;
  put_values(root, fields, values);
  result.draws = told(fields, values, root_);

  if (give_up_unsafe_leases(root, root_)) {
    const std::vector<std::string> tokens = *pointer_tokens(reads_pointer);
    std::erase_if(result.draws, [](const SwarmDraw& d) { return d.pointer == reads_pointer; });
    result.draws.push_back({std::string(reads_pointer), text_at(root_, tokens), text_at(root, tokens)});
  }

  std::vector<ScenarioProblem> problems;
  check_shape(root, problems);
  check_meaning(root, problems);
  std::erase_if(problems, [](const ScenarioProblem& p) { return p.warning; });
  result.diagnostics = diagnostics_of(std::move(problems), sources_->texts, path_);
  if (!result.diagnostics.empty()) return result;
  result.scenario = decode_scenario(root, sources_->texts);
  result.scenario->seed = seed;
  return result;
}

}  // namespace raftsim::sim
