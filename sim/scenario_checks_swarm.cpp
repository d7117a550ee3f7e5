// What a swarm can get wrong: where its pointers lead, and what may come to stand there.
#include <fmt/format.h>

#include <algorithm>

#include "sim/field_table.hpp"
#include "sim/json_write.hpp"
#include "sim/scenario_checks.hpp"
#include "sim/scenario_draws.hpp"
#include "sim/scenario_leases.hpp"
#include "sim/scenario_settings.hpp"
#include "sim/scenario_values.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

using Tokens = std::vector<std::string>;

/// Trees are copied and judged whole for each value that is tried: of huge files only the first are, so that
/// nothing hangs. Every seed's scenario is judged before it runs all the same.
constexpr std::size_t bytes_judged_max = std::size_t{16} << 20;

bool starts_with(const Tokens& tokens, const Tokens& prefix) {
  return tokens.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), tokens.begin());
}

/// What a run's identity, or the machine that it runs on, hangs on: never drawn. Empty: it may be.
std::string never_drawn(const Tokens& tokens) {
  for (const std::string_view name : {"$schema", "format", "name", "extends", "seed", "swarm", "record"})
    if (tokens.front() == name) return fmt::format("{} is the same for every seed", name);
  if (tokens.front() == "record") return "what is recorded is the same for every seed";
  if (tokens == Tokens{"limits", "wall"} || tokens == Tokens{"limits", "memory_mib"})
    return "limits of the machine are the same for every seed";
  const bool system =
      tokens == Tokens{"cluster"} || tokens == Tokens{"cluster", "system"} ||
      (starts_with(tokens, {"cluster", "overrides"}) && (tokens.size() < 4 || tokens[3] == "system"));
  if (system) return "which system a server runs is the same for every seed";
  return {};
}

class SwarmCheck {
 public:
  SwarmCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems)
      : root_(root), problems_(problems) {
    swarm_ = *root.find("swarm");
    std::erase_if(root_.members, [](const JsonMember& m) { return m.key == "swarm"; });
    fields_ = swarm_fields(swarm_);
  }

  void pointers();
  void generators();
  void values();

 private:
  void problem(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
  }
  void resolves(const SwarmField& field);
  void overlaps(const SwarmField& field);
  void conditions(const SwarmField& field);
  void range(const SwarmField& field, std::string_view kind);
  void judge(const SwarmValue& value);

  JsonNode root_;  ///< without its swarm
  JsonNode swarm_;
  std::vector<ScenarioProblem>& problems_;
  std::vector<SwarmField> fields_;
};

void SwarmCheck::pointers() {
  for (const JsonMember& member : swarm_.members)
    if (!pointer_tokens(member.key))
      problem(member.key_place, fmt::format("swarm: {} is no JSON Pointer", json_quoted(member.key)),
              "write for example \"/network/default/loss\"");
  for (const SwarmField& field : fields_) {
    const std::string never = never_drawn(field.tokens);
    if (never.empty())
      resolves(field);
    else
      problem(field.key_place, fmt::format("swarm.{}: {}", field.pointer, never), "remove it");
    overlaps(field);
  }
}

void SwarmCheck::resolves(const SwarmField& field) {
  if (field.tokens.back() == "-")
    return problem(field.key_place, fmt::format("swarm.{}: nothing stands there yet", field.pointer),
                   "write the element into the file, and point to it");
  JsonNode copy = root_;
  std::vector<ScenarioProblem> found;
  const Pointed pointed = point_into(copy, field.tokens, field.key_place, found);
  for (ScenarioProblem& p : found)
    problem(
        p.place, fmt::format("swarm.{}: {}", field.pointer, p.message),
        p.help == "set the whole of it" ? "write it into the file; what is drawn takes its place" : p.help);
  if (pointed.node != nullptr && field.is_feature() && at_pointer(root_, field.tokens) == nullptr)
    problem(field.key_place,
            fmt::format("swarm.{}: this is not in the file: nothing can be switched off", field.pointer),
            "write it into the file as it is when it is on");
}

void SwarmCheck::overlaps(const SwarmField& field) {
  for (const SwarmField& other : fields_) {
    const bool below = other.tokens.size() < field.tokens.size() && starts_with(field.tokens, other.tokens);
    if (below && !other.is_feature())
      problem(field.key_place, fmt::format("swarm.{}: {} is drawn as a whole", field.pointer, other.pointer),
              "draw one or the other");
  }
}

void SwarmCheck::generators() {
  for (const SwarmField& field : fields_) {
    for (const std::string_view kind : {"int", "real", "time"}) range(field, kind);
    conditions(field);
    const JsonNode* values = field.generator->find("choose");
    const JsonNode* weights = field.generator->find("weights");
    if (values != nullptr && weights != nullptr && values->items.size() != weights->items.size())
      problem(weights->place,
              fmt::format("swarm.{}.weights: {} weights for {} values", field.pointer, weights->items.size(),
                          values->items.size()),
              "one for each");
  }
}

/// A condition asks for what is settled before it: values do not hang on values that hang on others, and
/// nothing hangs on a feature.
void SwarmCheck::conditions(const SwarmField& field) {
  const JsonNode* conditions = field.conditions();
  if (conditions == nullptr) return;
  for (const JsonMember& m : conditions->members) {
    const auto wrong = [&](std::string_view why, std::string help) {
      problem(m.key_place, fmt::format("swarm.{}.if: {} {}", field.pointer, json_quoted(m.key), why),
              std::move(help));
    };
    const auto tokens = pointer_tokens(m.key);
    if (!tokens) {
      wrong("is no JSON Pointer", "write for example \"/cluster/raft/membership\"");
    } else if (at_pointer(root_, *tokens) == nullptr) {
      wrong("is not in the file", "write the field, with its default, so that it has a value to ask for");
    } else {
      const auto drawn = std::find_if(fields_.begin(), fields_.end(),
                                      [&](const SwarmField& other) { return other.tokens == *tokens; });
      if (drawn == fields_.end()) continue;
      if (drawn->is_feature()) wrong("is a feature, there or not there", "ask for what a value is");
      if (!field.is_feature() && drawn->conditions() != nullptr)
        wrong("is itself drawn only on a condition", "ask for what that one asks for");
    }
  }
}

void SwarmCheck::range(const SwarmField& field, std::string_view kind) {
  const JsonNode* pair = field.generator->find(kind);
  if (pair == nullptr) return;
  const auto value = [&](std::size_t i) -> std::uint64_t {
    const std::string& text = pair->items[i].text;
    if (kind == "time") return static_cast<std::uint64_t>(duration_from(text).value.value_or(Duration{}).ns);
    if (kind == "real") return static_cast<std::uint64_t>(scaled_from(text, 1'000'000'000).value.value_or(0));
    return integer_from(text).value.value_or(0);
  };
  if (value(1) < value(0))
    problem(pair->items[1].place, fmt::format("swarm.{}.{}: {} is below {}", field.pointer, kind,
                                              pair->items[1].text, pair->items[0].text));
  const JsonNode* log = field.generator->find("log");
  if (log != nullptr && log->text == "true" && value(0) == 0)
    problem(pair->items[0].place,
            fmt::format("swarm.{}.{}: with log the range starts above 0", field.pointer, kind),
            "draw 0 with choose, or switch the feature off with enable");
}

void SwarmCheck::values() {
  std::size_t budget = bytes_judged_max / std::max<std::size_t>(1, json_line(root_).size());
  for (const SwarmField& field : fields_)
    for (const SwarmValue& value : extreme_values(field)) {
      if (budget == 0) return;
      --budget;
      judge(value);
    }
}

/// The whole file with one value drawn.
void SwarmCheck::judge(const SwarmValue& value) {
  JsonNode tried = root_;
  std::vector<SwarmValue> values{value};
  put_values(tried, fields_, values);
  give_up_unsafe_leases(tried, root_);
  std::vector<ScenarioProblem> found;
  check_shape(tried, found);
  check_meaning(tried, found);
  const std::string& pointer = value.field->pointer;
  for (const ScenarioProblem& p : found) {
    if (p.warning) continue;
    if (value.value && p.place == value.value->place) {
      problem(p.place, fmt::format("swarm.{}: {}", pointer, p.message), p.help);
      continue;
    }
    const std::string when = value.value ? fmt::format("draws {} as {}", pointer, json_line(*value.value))
                                         : fmt::format("takes {} out", pointer);
    problem(p.place, fmt::format("{} (when swarm {})", p.message, when), p.help);
  }
}

}  // namespace

void check_swarm(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  const std::size_t before = problems.size();
  SwarmCheck check(root, problems);
  check.pointers();
  check.generators();
  if (problems.size() == before) check.values();
}

}  // namespace raftsim::sim
