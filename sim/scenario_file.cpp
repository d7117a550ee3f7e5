#include "sim/scenario_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "seam/check.hpp"
#include "sim/scenario_checks.hpp"
#include "sim/scenario_decode.hpp"
#include "sim/scenario_draws.hpp"
#include "sim/scenario_extends.hpp"
#include "sim/scenario_settings.hpp"
#include "sim/scenario_shape.hpp"
#include "sim/scenario_sources.hpp"

namespace raftsim::sim {

namespace {

bool any_error(const std::vector<ScenarioProblem>& problems) {
  return std::any_of(problems.begin(), problems.end(), [](const ScenarioProblem& p) { return !p.warning; });
}

/// What is set is not drawn any more. A part of what is drawn as a whole cannot be set.
void keep_from_swarm(const Setting& setting, std::uint32_t source, JsonNode& root,
                     std::vector<ScenarioProblem>& problems) {
  JsonNode* swarm = root.find("swarm");
  const auto set = pointer_tokens(setting.pointer);
  if (swarm == nullptr || !swarm->is(JsonNode::Kind::object) || !set || set->front() == "swarm") return;
  const auto starts_with = [](const std::vector<std::string>& tokens,
                              const std::vector<std::string>& prefix) {
    return tokens.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), tokens.begin());
  };
  std::erase_if(swarm->members, [&](const JsonMember& m) {
    const auto tokens = pointer_tokens(m.key);
    return tokens && starts_with(*tokens, *set);
  });
  for (const JsonMember& m : swarm->members) {
    const auto tokens = pointer_tokens(m.key);
    if (tokens && starts_with(*set, *tokens) && m.value.find("enable") == nullptr)
      problems.push_back({{source, 0, static_cast<std::uint32_t>(setting.value.size())},
                          false,
                          fmt::format("swarm draws {} as a whole", m.key),
                          fmt::format("set all of it: --set {}=...", m.key)});
  }
}

/// Everything that is wrong with a tree that is whole.
void judge(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  check_shape(root, problems);
  check_meaning(root, problems);
  const JsonNode* swarm = root.find("swarm");
  if (swarm != nullptr && !any_error(problems)) check_swarm(root, problems);
}

}  // namespace

ScenarioResult parse_scenario(std::string_view text, const std::string& path,
                              const std::vector<Setting>& settings) {
  ScenarioResult result;
  if (text.size() > json_bytes_max) {
    result.diagnostics.push_back(about_file(path, too_large()));
    return result;
  }
  const auto sources = std::make_shared<ScenarioSources>();
  const ScenarioSources::Added file = sources->add(path, std::string(text));
  JsonNode root;
  std::vector<JsonProblem> syntax;
  std::vector<ScenarioProblem> problems;
  bool complete = parse_json(*file.text, file.number, root, syntax);
  for (JsonProblem& p : syntax) problems.push_back({p.place, false, std::move(p.message), std::move(p.help)});
  if (complete) complete = merge_over_base(root, path, *sources, problems);
  if (complete) {
    for (const Setting& setting : settings) {
      const auto source = sources->add(fmt::format("--set {}", setting.pointer), setting.value).number;
      if (!root.is(JsonNode::Kind::object)) continue;
      apply_setting(setting, source, root, problems);
      keep_from_swarm(setting, source, root, problems);
    }
    judge(root, problems);
  }
  result.diagnostics = diagnostics_of(std::move(problems), sources->texts, path);
  if (has_errors(result.diagnostics)) return result;
  CHECK(complete);
  result.scenario = decode_scenario(root, sources->texts);
  const JsonNode* swarm = root.find("swarm");
  if (swarm != nullptr && !swarm->members.empty())
    result.swarm = std::make_shared<ScenarioSwarm>(std::move(root), sources, path);
  return result;
}

ScenarioResult load_scenario(const std::string& path, const std::vector<Setting>& settings) {
  std::variant<std::string, Unreadable> text = file_text(path);
  if (const auto* unreadable = std::get_if<Unreadable>(&text)) {
    ScenarioResult result;
    result.diagnostics.push_back(about_file(path, *unreadable));
    return result;
  }
  return parse_scenario(std::get<std::string>(text), path, settings);
}

}  // namespace raftsim::sim
