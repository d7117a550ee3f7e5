// Members: who is one when a step fires, and what random changes need.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/scenario.hpp"
#include "sim/scenario_checks.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

constexpr std::uint64_t nodes_max = 64;

/// The ids that a target or list names; nothing where it is drawn or a role.
std::optional<NodeSet> named(const JsonNode* target) {
  if (target == nullptr) return std::nullopt;
  NodeSet nodes;
  const auto add = [&nodes](const JsonNode& node) {
    const std::optional<NodeId> id = node_from(node.text);
    if (id) nodes.push_back(*id);
    return id.has_value();
  };
  if (target->is(Kind::string)) return add(*target) ? std::optional(nodes) : std::nullopt;
  if (!target->is(Kind::array)) return std::nullopt;
  if (!std::ranges::all_of(target->items, add)) return std::nullopt;
  std::ranges::sort(nodes);
  return nodes;
}

/// How many machines a wipe may hit.
std::uint64_t most_of(const JsonNode& target, std::uint64_t at_start) {
  if (target.is(Kind::array)) return target.items.size();
  if (const JsonNode* random = target.find("random")) return integer_of(random).value_or(1);
  const bool several = target.text == "all" || target.text == "majority" || target.text == "minority" ||
                       target.text == "minority_third" || target.text == "learner" ||
                       target.text == "stale_leader" || target.text == "candidate" || target.is(Kind::object);
  return several ? at_start : 1;
}

class OperationCheck {
 public:
  OperationCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems);

  void script();
  void random();
  void bounds();

 private:
  void problem(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
  }
  void changes_members(const JsonNode& action, const std::string& path);
  void add(const JsonNode& action, const std::string& path);
  void leave(const JsonNode& target, const std::string& path);
  void promote(const JsonNode& target, const std::string& path);
  void restart(const JsonNode& action, const std::string& path);

  const JsonNode& root_;
  std::vector<ScenarioProblem>& problems_;
  const KnownNodes nodes_;
  std::string_view form_ = "joint";
  NodeSet voters_, learners_;
  /// Somebody left or came whom the file does not name.
  bool uncertain_ = false;
};

OperationCheck::OperationCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems)
    : root_(root), problems_(problems), nodes_(known_nodes(root)) {
  if (const JsonNode* form = value_at(root, {"cluster", "raft", "membership"})) form_ = form->text;
  const std::uint64_t voters = integer_of(value_at(root, {"cluster", "nodes"})).value_or(0);
  for (std::uint64_t n = 1; n <= nodes_.at_start; ++n)
    (n <= voters ? voters_ : learners_).push_back(NodeId{n});
}

/// What the cluster's form of membership does not allow.
void OperationCheck::changes_members(const JsonNode& action, const std::string& path) {
  for (const std::string_view name : {"add_node", "remove_node", "promote", "replace_nodes", "membership"}) {
    const JsonNode* given = action.find(name);
    if (given == nullptr) continue;
    if (form_ == "fixed")
      problem(given->place,
              fmt::format("{}.{}: with cluster.raft.membership fixed no member changes", path, name),
              R"(write "joint" or "single_server" there)");
    if (form_ == "single_server" && name == "replace_nodes")
      problem(given->place,
              fmt::format("{}.{}: with cluster.raft.membership single_server no set is replaced", path, name),
              R"(write "joint" there, or add and remove one by one)");
  }
}

void OperationCheck::add(const JsonNode& action, const std::string& path) {
  const JsonNode* id = action.find("id");
  const JsonNode* as = action.find("as");
  const bool learner = as != nullptr && as->text == "learner";
  if (id == nullptr) {
    uncertain_ = true;
    return;
  }
  const std::optional<NodeSet> node = named(id);
  if (!node) return;
  const bool member = contains(voters_, node->front()) || contains(learners_, node->front());
  if (member && !uncertain_)
    problem(id->place, fmt::format("{}.add_node.id: {} is a member already", path, id->text),
            contains(learners_, node->front()) && !learner ? "promote makes a voter of it"
                                                           : "take another id, or remove it first");
  NodeSet& set = learner ? learners_ : voters_;
  if (!member) insert(set, node->front());
}

void OperationCheck::leave(const JsonNode& target, const std::string& path) {
  const std::optional<NodeSet> nodes = named(&target);
  if (target.text == "learner" && learners_.empty() && !uncertain_)
    problem(target.place, fmt::format("{}.remove_node.target: there is no learner then", path));
  if (!nodes) {
    uncertain_ = true;
    return;
  }
  for (const NodeId id : *nodes) {
    const bool member = contains(voters_, id) || contains(learners_, id);
    if (!member && !uncertain_ && id.value <= nodes_.in_all)
      problem(target.place, fmt::format("{}.remove_node.target: n{} is no member then", path, id.value),
              "remove the step, or add it before");
    std::erase(voters_, id);
    std::erase(learners_, id);
  }
  if (voters_.empty() && !uncertain_ && nodes_.at_start > 0)
    problem(target.place, fmt::format("{}.remove_node.target: nobody is left to vote", path));
}

void OperationCheck::promote(const JsonNode& target, const std::string& path) {
  if (uncertain_) return;
  const auto no_learner = [&](const std::string& who) {
    problem(target.place, fmt::format("{}.promote.target: {}", path, who), "add_node makes a learner");
  };
  if (target.text == "learner" && learners_.empty()) no_learner("there is no learner then");
  const std::optional<NodeSet> nodes = named(&target);
  if (!nodes) return;
  for (const NodeId id : *nodes) {
    if (!contains(learners_, id) && id.value <= nodes_.in_all)
      no_learner(fmt::format("n{} is no learner then", id.value));
    std::erase(learners_, id);
    insert(voters_, id);
  }
}

void OperationCheck::restart(const JsonNode& action, const std::string& path) {
  const JsonNode* wipe = action.find("wipe");
  const JsonNode* amnesia = action.find("amnesia");
  if (is_true(wipe) && is_true(amnesia))
    problem(amnesia->place,
            fmt::format("{}.restart: a machine comes back under a fresh id or under its old", path),
            "keep one of wipe and amnesia");
  uncertain_ = uncertain_ || is_true(wipe);
}

void OperationCheck::script() {
  each_action(root_, "script", [this](const JsonNode& action, const std::string& path) {
    changes_members(action, path);
    if (const JsonNode* a = action.find("add_node")) add(*a, path);
    if (const JsonNode* t = value_at(action, {"remove_node", "target"})) leave(*t, path);
    if (const JsonNode* t = value_at(action, {"promote", "target"})) promote(*t, path);
    if (const JsonNode* a = action.find("restart")) restart(*a, path);
    if (action.find("membership") != nullptr) uncertain_ = true;
    if (const auto voters = named(value_at(action, {"replace_nodes", "voters"}))) {
      for (const NodeId id : *voters) std::erase(learners_, id);
      voters_ = *voters;
    }
  });
}

void OperationCheck::random() {
  each_action(root_, "random", [this](const JsonNode& action, const std::string& path) {
    changes_members(action, path);
    for (const std::string_view name : {"add_node", "remove_node", "promote", "replace_nodes"})
      if (const JsonNode* given = action.find(name))
        problem(given->place, fmt::format("{}: {} is for the script", path, name),
                "at random, membership draws a change that keeps the voters within bounds");
    const JsonNode* amnesia = value_at(action, {"restart", "amnesia"});
    if (is_true(amnesia))
      problem(amnesia->place, fmt::format("{}: amnesia is never drawn: it breaks what Raft relies on", path),
              "script it, or wipe");
    const JsonNode* membership = action.find("membership");
    if (membership == nullptr) return;
    for (const std::string_view bound : {"min_voters", "max_voters"})
      if (value_at(root_, {"faults", bound}) == nullptr)
        problem(
            membership->place, fmt::format("{}: random membership needs faults.{}", path, bound),
            bound == "min_voters" ? R"(for instance "min_voters": 3)" : R"(for instance "max_voters": 7)");
  });
}

void OperationCheck::bounds() {
  const JsonNode* least_node = value_at(root_, {"faults", "min_voters"});
  const JsonNode* most_node = value_at(root_, {"faults", "max_voters"});
  const auto least = integer_of(least_node), most = integer_of(most_node);
  const std::uint64_t voters = integer_of(value_at(root_, {"cluster", "nodes"})).value_or(0);
  if (least && most && *most < *least)
    return problem(most_node->place,
                   fmt::format("faults.max_voters: {} is below min_voters, {}", *most, *least));
  if (least && voters > 0 && voters < *least)
    problem(least_node->place, fmt::format("faults.min_voters: the cluster starts with {}", voters));
  if (most && voters > *most)
    problem(most_node->place, fmt::format("faults.max_voters: the cluster starts with {}", voters));
}

}  // namespace

std::vector<const JsonNode*> actions_of(const JsonNode& step) {
  std::vector<const JsonNode*> actions;
  const JsonNode* given = step.find("do");
  if (given == nullptr) return actions;
  if (given->is(Kind::object)) actions.push_back(given);
  for (const JsonNode& item : given->items) actions.push_back(&item);
  return actions;
}

bool members_change(const JsonNode& root) {
  bool change = false;
  for (const std::string_view list : {"script", "random"})
    each_action(root, list, [&change](const JsonNode& action, const std::string&) {
      for (const std::string_view name :
           {"add_node", "remove_node", "promote", "replace_nodes", "membership"})
        change = change || action.find(name) != nullptr;
      change = change || is_true(value_at(action, {"restart", "wipe"}));
    });
  return change;
}

KnownNodes known_nodes(const JsonNode& root) {
  KnownNodes known;
  const auto voters = integer_of(value_at(root, {"cluster", "nodes"}));
  if (!voters || *voters < 1 || *voters > nodes_max) return known;
  const std::uint64_t learners = integer_of(value_at(root, {"cluster", "learners"})).value_or(0);
  known.at_start = *voters + std::min(learners, nodes_max);
  NodeSet fresh;
  std::uint64_t unnamed = 0;
  const auto name = [&](const std::optional<NodeSet>& nodes) {
    for (const NodeId id : nodes.value_or(NodeSet{}))
      if (id.value > known.at_start) insert(fresh, id);
  };
  each_action(root, "script", [&](const JsonNode& action, const std::string&) {
    if (const JsonNode* added = action.find("add_node")) {
      if (added->find("id") == nullptr) ++unnamed;
      name(named(added->find("id")));
    }
    name(named(value_at(action, {"replace_nodes", "voters"})));
    const JsonNode* wiped = value_at(action, {"restart", "target"});
    if (wiped != nullptr && is_true(value_at(action, {"restart", "wipe"})))
      unnamed += most_of(*wiped, known.at_start);
  });
  known.in_all = known.at_start + unnamed + fresh.size();
  return known;
}

void check_operations(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  OperationCheck check(root, problems);
  check.script();
  check.random();
  check.bounds();
}

}  // namespace raftsim::sim
