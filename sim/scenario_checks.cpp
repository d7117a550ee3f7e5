#include "sim/scenario_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>

#include "seam/configuration.hpp"
#include "seam/options.hpp"
#include "sim/scenario_values.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

/// Visits every value together with its type.
class MeaningCheck {
 public:
  MeaningCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems)
      : root_(root), problems_(problems), nodes_(known_nodes(root)) {}

  void walk(const JsonNode& node, const Type& type, const std::string& path);
  void cluster();
  void network();
  bool meets_a_stream(const JsonNode& rule) const;
  void workload();
  void expect();

 private:
  void problem(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
  }
  void object(const JsonNode& node, const Object& object, const std::string& path);
  /// Among the first `count`; 0: nobody knows how many there are.
  void node_exists(Place place, std::string_view text, const std::string& path, std::uint64_t count);
  void distribution(const JsonNode& node, const std::string& path);
  void ordered(const JsonNode& node, const std::string& path, std::initializer_list<std::string_view> names);
  void groups(const JsonNode& partition, const std::string& path);
  void client(const JsonNode& action, const std::string& path);
  void link(const JsonNode& link, const std::string& path);
  void link_ends(const JsonNode& change, const std::string& path);
  void weights(const JsonNode& mix, const std::string& path);
  void bounds(const JsonNode& compare, const std::string& path);
  void timing(const JsonNode* raft, const JsonNode* base, const std::string& path);
  void initial_node(const JsonNode& node, const std::string& path);

  const JsonNode& root_;
  std::vector<ScenarioProblem>& problems_;
  KnownNodes nodes_;
};

void MeaningCheck::walk(const JsonNode& node, const Type& type, const std::string& path) {
  if (type.kind == TypeKind::one_of) {
    const Type* meant = alternative_for(node, type);
    if (&type.alternatives.front() == &table::dist.alternatives.front()) distribution(node, path);
    if (meant != nullptr) walk(node, *meant, path);
  } else if (type.kind == TypeKind::node || type.kind == TypeKind::maybe_node) {
    if (node.is(Kind::string)) node_exists(node.place, node.text, path, nodes_.in_all);
  } else if (type.kind == TypeKind::list && node.is(Kind::array)) {
    for (std::size_t i = 0; i < node.items.size(); ++i)
      walk(node.items[i], *type.element, fmt::format("{}[{}]", path, i));
  } else if (type.kind == TypeKind::object && node.is(Kind::object)) {
    object(node, *type.object, path);
  } else if (type.kind == TypeKind::node_map) {
    // Only who is there at the start can start with something on its disk.
    const bool initial = type.element->object != nullptr && type.element->object->name == "initial_node";
    for (const JsonMember& m : node.members) {
      node_exists(m.key_place, m.key, path, initial ? nodes_.at_start : nodes_.in_all);
      walk(m.value, *type.element, fmt::format("{}.{}", path, m.key));
    }
  }
}

void MeaningCheck::object(const JsonNode& node, const Object& object, const std::string& path) {
  for (const JsonMember& m : node.members) {
    const Field* field = object.find(m.key);
    if (field != nullptr)
      walk(m.value, *field->type, path.empty() ? m.key : fmt::format("{}.{}", path, m.key));
  }
  if (object.name == "partition") groups(node, path);
  if (object.name == "client") client(node, path);
  if (object.name == "link") link(node, path);
  if (object.name == "link_override" || object.name == "set_link") link_ends(node, path);
  if (object.name == "set_link" && value_at(node, {"link", "mode"}) != nullptr)
    problem(value_at(node, {"link", "mode"})->place,
            fmt::format("{}.link.mode: links keep their mode while they are in use", path),
            "set it in network.default or network.links");
  if (object.name == "mix" || object.name == "read_mix") weights(node, path);
  if (object.name == "compare") bounds(node, path);
  if (object.name == "initial_node") initial_node(node, path);
  const JsonNode* random = object.name == "random_target" ? node.find("random") : nullptr;
  const std::optional<std::uint64_t> count = integer_of(random);
  if (nodes_.in_all > 0 && count && *count > nodes_.in_all)
    problem(random->place,
            fmt::format("{}: there are only {} servers, found {}", path, nodes_.in_all, *count));
}

void MeaningCheck::node_exists(Place place, std::string_view text, const std::string& path,
                               std::uint64_t count) {
  const std::optional<NodeId> node = node_from(text);
  if (count == 0 || !node || node->value <= count) return;
  const std::uint64_t start = nodes_.at_start;
  const bool learners = value_at(root_, {"cluster", "learners"}) != nullptr;
  std::string help = learners     ? fmt::format("the cluster starts with n1 to n{}", start)
                     : start == 1 ? std::string("cluster.nodes is 1: there is only n1")
                                  : fmt::format("cluster.nodes is {}: n1 to n{}", start, start);
  if (count > start)
    help += fmt::format("; with those that join later, n1 to n{}: new ids continue the numbering", count);
  problem(place, fmt::format("{}: there is no node {}", path, text), std::move(help));
}

/// Of the named fields those that are there must not decrease.
void MeaningCheck::ordered(const JsonNode& node, const std::string& path,
                           std::initializer_list<std::string_view> names) {
  std::optional<Duration> last;
  std::string_view last_name;
  for (const std::string_view name : names) {
    const JsonNode* field = node.find(name);
    const std::optional<Duration> value = duration_of(field);
    if (!value) continue;
    if (last && *value < *last)
      problem(field->place, fmt::format("{}.{}: {} is below {}, which is {}", path, name, field->text,
                                        last_name, duration_text(*last)));
    last = value;
    last_name = name;
  }
}

void MeaningCheck::distribution(const JsonNode& node, const std::string& path) {
  const JsonNode* kind = node.find("dist");
  if (kind == nullptr) return;
  if (kind->text == "uniform") ordered(node, path, {"min", "max"});
  if (kind->text == "exponential") ordered(node, path, {"min", "mean", "max"});
  if (kind->text == "lognormal") {
    ordered(node, path, {"median", "p99", "max"});
    const JsonNode* median = node.find("median");
    if (duration_of(median) == Duration{0})
      problem(median->place, fmt::format("{}.median: must be longer than 0", path));
  }
}

void MeaningCheck::groups(const JsonNode& partition, const std::string& path) {
  const JsonNode* list = partition.find("groups");
  if (list == nullptr) return;
  const JsonNode* one_way = partition.find("one_way");
  const bool ring = list->is(Kind::string) && list->text == "majorities_ring";
  if (ring && one_way != nullptr && one_way->text == "true")
    problem(one_way->place,
            fmt::format("{}.one_way: a ring has no first group that could be cut one way", path),
            "remove it, or choose another shape than majorities_ring");
  std::map<std::string, std::size_t> group_of;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const JsonNode& group = list->items[i];
    const auto member = [&](const JsonNode& name) {
      const auto [it, is_new] = group_of.emplace(name.text, i);
      if (!is_new && it->second != i)
        problem(name.place, fmt::format("{}.groups: {} is in two groups", path, name.text),
                "groups are disjoint");
    };
    if (group.is(Kind::string)) member(group);
    for (const JsonNode& item : group.items)
      if (item.is(Kind::string)) member(item);
  }
}

/// In stream mode some of a link's fields say nothing.
void MeaningCheck::link(const JsonNode& link, const std::string& path) {
  const JsonNode* mode = link.find("mode");
  if (mode == nullptr || mode->text != "stream") return;
  for (const std::string_view name : {"duplicate", "corrupt", "replay"}) {
    const JsonNode* field = link.find(name);
    if (field == nullptr || !field->is(Kind::number) || field->text == "0") continue;
    problems_.push_back({field->place, true, fmt::format("{}.{}: has no effect in stream mode", path, name),
                         "streams neither double, damage nor replay; remove it"});
  }
}

void MeaningCheck::link_ends(const JsonNode& change, const std::string& path) {
  const auto clients = [&](std::string_view end) {
    const JsonNode* node = change.find(end);
    return node != nullptr && node->is(Kind::string) && node->text == "clients";
  };
  if (clients("from") && clients("to"))
    problem(change.find("to")->place, fmt::format("{}: there are no links between clients", path),
            "clients reach servers only");
  const JsonNode* mode = value_at(change, {"link", "mode"});
  if ((clients("from") || clients("to")) && mode != nullptr && mode->text == "stream")
    problem(mode->place, fmt::format("{}.link.mode: links of clients are never streams", path), "remove it");
}

void MeaningCheck::network() {
  const JsonNode* mode = value_at(root_, {"network", "clients", "mode"});
  if (mode != nullptr && mode->text == "stream")
    problem(mode->place, "network.clients.mode: links of clients are never streams", "remove it");
  for (const std::string_view list : {"script", "random"})
    each_action(root_, list, [this](const JsonNode& action, const std::string& path) {
      const JsonNode* rule = action.find("messages");
      if (rule == nullptr || !meets_a_stream(*rule)) return;
      problem(rule->place,
              fmt::format("{}.messages: no single message of a stream can be lost, held, doubled or hurried",
                          path),
              "take set_link with loss or clog, or name two servers between whom there is no stream");
    });
}

/// Whether a rule for messages may be about a link in stream mode, as far as the file tells who is meant.
bool MeaningCheck::meets_a_stream(const JsonNode& rule) const {
  const auto streams = [](const JsonNode* mode) { return mode != nullptr && mode->text == "stream"; };
  if (streams(value_at(root_, {"network", "default", "mode"}))) return true;
  const JsonNode* links = value_at(root_, {"network", "links"});
  if (links == nullptr) return false;
  const auto named = [](const JsonNode& ends) {
    NodeSet pair;
    for (const std::string_view name : {"from", "to"})
      if (const JsonNode* end = ends.find(name); end != nullptr && end->is(Kind::string))
        if (const std::optional<NodeId> node = node_from(end->text)) insert(pair, *node);
    return pair;
  };
  return std::ranges::any_of(links->items, [&](const JsonNode& link) {
    if (!streams(value_at(link, {"link", "mode"}))) return false;
    const NodeSet there = named(link), here = named(rule);
    return there.size() != 2 || here.size() != 2 || there == here;
  });
}

void MeaningCheck::client(const JsonNode& action, const std::string& path) {
  const JsonNode* op = action.find("op");
  const auto& words = table::operation_words.words;
  if (op == nullptr ||
      std::none_of(words.begin(), words.end(), [&](const Word& w) { return w.name == op->text; }))
    return;
  const bool writes = op->text == "put" || op->text == "cas" || op->text == "append";
  const JsonNode* value = action.find("value");
  const JsonNode* expect = action.find("expect");
  if (writes && value == nullptr)
    problem(action.place, fmt::format("{}: {} needs a value", path, op->text), R"(add "value": "a")");
  if (!writes && value != nullptr)
    problem(value->place, fmt::format("{}.value: {} takes no value", path, op->text), "remove it");
  if (op->text != "cas" && expect != nullptr)
    problem(expect->place, fmt::format("{}.expect: only cas expects a value", path), "remove it");
  const JsonNode* number = action.find("client");
  const std::optional<std::uint64_t> client = integer_of(number);
  const JsonNode* given = value_at(root_, {"workload", "clients"});
  const std::optional<std::uint64_t> clients = given == nullptr ? 1 : integer_of(given);
  if (client && clients && *client >= *clients)
    problem(number->place, fmt::format("{}.client: there is no client {}", path, *client),
            fmt::format("workload.clients is {}; the first client is 0", *clients));
}

void MeaningCheck::weights(const JsonNode& mix, const std::string& path) {
  const bool all_zero = std::all_of(mix.members.begin(), mix.members.end(),
                                    [](const JsonMember& m) { return integer_of(&m.value) == 0u; });
  if (all_zero && !mix.members.empty())
    problem(mix.place, fmt::format("{}: all weights are 0", path), "one must be more");
}

void MeaningCheck::bounds(const JsonNode& compare, const std::string& path) {
  std::uint64_t least = 0, most = ~std::uint64_t{0};
  const auto value = [&](std::string_view name) { return integer_of(compare.find(name)); };
  if (const auto x = value("eq")) least = std::max(least, *x), most = std::min(most, *x);
  if (const auto x = value("ge")) least = std::max(least, *x);
  if (const auto x = value("gt")) least = std::max(least, *x == ~std::uint64_t{0} ? *x : *x + 1);
  if (const auto x = value("le")) most = std::min(most, *x);
  const auto below = value("lt");
  if (below) most = std::min(most, *below == 0 ? 0 : *below - 1);
  if (least > most || below == 0u) problem(compare.place, fmt::format("{}: no number satisfies this", path));
}

/// `base`: the cluster's options, where `raft` is a node's.
void MeaningCheck::timing(const JsonNode* raft, const JsonNode* base, const std::string& path) {
  const auto field = [&](std::string_view name) -> const JsonNode* {
    const JsonNode* own = raft != nullptr ? raft->find(name) : nullptr;
    return own != nullptr || base == nullptr ? own : base->find(name);
  };
  const JsonNode* timeout_node = field("election_timeout");
  const JsonNode* heartbeat_node = field("heartbeat_interval");
  const std::optional<Duration> timeout =
      timeout_node ? duration_of(timeout_node) : Options{}.election_timeout;
  const std::optional<Duration> heartbeat =
      heartbeat_node ? duration_of(heartbeat_node) : Options{}.heartbeat_interval;
  if (timeout == Duration{0} && raft != nullptr && raft->find("election_timeout") == timeout_node)
    problem(timeout_node->place, fmt::format("{}.election_timeout: must be longer than 0", path));
  if (heartbeat == Duration{0} && raft != nullptr && raft->find("heartbeat_interval") == heartbeat_node)
    problem(heartbeat_node->place, fmt::format("{}.heartbeat_interval: must be longer than 0", path));
  const JsonNode* where = heartbeat_node != nullptr ? heartbeat_node : timeout_node;
  if (!timeout || !heartbeat || where == nullptr || raft == nullptr) return;
  if (*heartbeat * 2 < *timeout || *timeout == Duration{0}) return;
  problems_.push_back(
      {where->place, true,
       fmt::format("{}: twice the heartbeat interval ({}) is not below the election timeout ({})", path,
                   duration_text(*heartbeat), duration_text(*timeout)),
       "one lost heartbeat then starts an election"});
}

void MeaningCheck::initial_node(const JsonNode& node, const std::string& path) {
  std::uint64_t last = 0;
  const JsonNode* log = node.find("log");
  if (log != nullptr) {
    for (const JsonNode& item : log->items) {
      const std::uint64_t term = integer_of(&item).value_or(last);
      if (term < last)
        problem(item.place, fmt::format("{}.log: term {} after term {}", path, term, last),
                "terms never decrease in a log");
      last = std::max(last, term);
    }
  }
  const JsonNode* term = node.find("term");
  if (integer_of(term).value_or(last) < last)
    problem(term->place, fmt::format("{}.term: {} is below the last entry's, {}", path, term->text, last));
  const JsonNode* commit = node.find("commit");
  const std::size_t length = log == nullptr ? 0 : log->items.size();
  if (integer_of(commit).value_or(0) > length)
    problem(commit->place,
            fmt::format("{}.commit: {} is beyond the log, which has {} entries", path, commit->text, length));
}

void MeaningCheck::cluster() {
  const JsonNode* raft = value_at(root_, {"cluster", "raft"});
  timing(raft, nullptr, "cluster.raft");
  const JsonNode* overrides = value_at(root_, {"cluster", "overrides"});
  if (overrides == nullptr) return;
  for (const JsonMember& m : overrides->members)
    timing(m.value.find("raft"), raft, fmt::format("cluster.overrides.{}.raft", m.key));
}

void MeaningCheck::workload() {
  const JsonNode* model = value_at(root_, {"workload", "model"});
  const JsonNode* mix = value_at(root_, {"workload", "mix"});
  const JsonNode* timeout = value_at(root_, {"workload", "timeout"});
  const JsonNode* gap = value_at(root_, {"workload", "arrival", "mean_gap"});
  if (duration_of(timeout) == Duration{0}) problem(timeout->place, "workload.timeout: must be longer than 0");
  if (duration_of(gap) == Duration{0})
    problem(gap->place, "workload.arrival.mean_gap: must be longer than 0");
  if (model == nullptr || mix == nullptr) return;
  const std::map<std::string_view, std::vector<std::string_view>> allowed{{"register", {"get", "put", "cas"}},
                                                                          {"append", {"get", "append"}}};
  const auto operations = allowed.find(model->text);
  if (operations == allowed.end()) return;
  for (const JsonMember& m : mix->members)
    if (integer_of(&m.value).value_or(0) > 0 &&
        std::find(operations->second.begin(), operations->second.end(), m.key) == operations->second.end())
      problem(m.key_place, fmt::format("workload.mix: model {} has no {}", model->text, m.key),
              suggestion({}, operations->second));
}

void MeaningCheck::expect() {
  const JsonNode* violated = value_at(root_, {"expect", "verdict", "violates"});
  if (violated == nullptr) return;
  const JsonNode* invariants = value_at(root_, {"expect", "invariants"});
  const JsonNode* on = invariants != nullptr ? invariants->find(violated->text) : nullptr;
  const JsonNode* linearizable = value_at(root_, {"expect", "linearizable"});
  const bool off =
      (on != nullptr && on->text == "false") ||
      (violated->text == "linearizable" && linearizable != nullptr && linearizable->text == "false");
  if (off)
    problem(violated->place, fmt::format("expect.verdict.violates: {} is turned off above", violated->text),
            "it cannot be among the violated");
}

}  // namespace

std::optional<std::uint64_t> integer_of(const JsonNode* node) {
  if (node == nullptr || !node->is(Kind::number)) return std::nullopt;
  return integer_from(node->text).value;
}

std::optional<Duration> duration_of(const JsonNode* node) {
  if (node == nullptr || !node->is(Kind::string)) return std::nullopt;
  return duration_from(node->text).value;
}

const JsonNode* value_at(const JsonNode& root, std::initializer_list<std::string_view> path) {
  const JsonNode* node = &root;
  for (const std::string_view name : path)
    if (node != nullptr) node = node->find(name);
  return node;
}

void check_meaning(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  MeaningCheck check(root, problems);
  const Type type{.kind = TypeKind::object, .object = &scenario_object()};
  check.walk(root, type, "");
  check.cluster();
  check.network();
  check.workload();
  check.expect();
  check_schedule(root, problems);
  check_operations(root, problems);
  check_machines(root, problems);
}

}  // namespace raftsim::sim
