// A walk over the whole field table: every field and every word that it has is decoded.
#include <boost/test/unit_test.hpp>
#include <set>

#include "history/names.hpp"
#include "sim/field_table.hpp"
#include "sim/json_write.hpp"
#include "sim/scenario_file.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

namespace {

/// A document, and the path to the object of it that is being tried. A number is an element of a list.
struct Site {
  JsonNode document;
  std::vector<std::string> path;
};

JsonNode* find(JsonNode& root, const std::vector<std::string>& path) {
  JsonNode* node = &root;
  for (const std::string& token : path) {
    if (node == nullptr) return nullptr;
    if (node->is(JsonNode::Kind::array))
      node = node->items.size() > std::stoul(token) ? &node->items[std::stoul(token)] : nullptr;
    else
      node = node->find(token);
  }
  return node;
}

void erase(JsonNode& object, std::string_view name) {
  std::erase_if(object.members, [&](const JsonMember& m) { return m.key == name; });
}

void put(JsonNode& object, std::string_view name, JsonNode value) {
  erase(object, name);
  add(object, name, std::move(value));
}

/// What must stand beside a field so that it means something.
struct Companion {
  std::string_view object, field, beside, value;
};
constexpr Companion companions[] = {{"client", "", "value", "\"a\""},
                                    {"client", "expect", "op", "\"cas\""},
                                    {"step", "deadline", "when", R"({"leader": "one"})"},
                                    {"int", "log", "int", "[1, 5]"},
                                    {"real", "log", "real", "[0.1, 0.5]"},
                                    {"initial_node", "commit", "log", "[1, 1]"}};

/// The least object that is valid.
JsonNode least(const Object& object) {
  JsonNode node = json_object();
  for (const Field& field : object.fields)
    if (field.need == Need::required) put(node, field.name, json_of(field.example));
  if (object.rule == Rule::one_of_chosen)
    put(node, object.chosen.front(), json_of(object.find(object.chosen.front())->example));
  else if (object.rule != Rule::any && node.members.empty())
    put(node, object.fields.front().name, json_of(object.fields.front().example));
  for (const Companion& c : companions)
    if (c.object == object.name && c.field.empty()) put(node, c.beside, json_of(c.value));
  return node;
}

/// A site with one field set.
Site with_field(const Site& site, const Object& object, const Field& field, JsonNode value) {
  Site result = site;
  JsonNode& node = *find(result.document, site.path);
  const auto remove_others = [&](auto names) {
    for (const auto& name : names) erase(node, name);
  };
  // Alone, so that fields which contradict each other are tried one by one.
  if (object.rule == Rule::exactly_one || object.rule == Rule::at_least_one) node.members.clear();
  const bool chosen =
      std::find(object.chosen.begin(), object.chosen.end(), field.name) != object.chosen.end();
  if (chosen) remove_others(object.chosen);
  const bool reads = value.text == "get" || value.text == "delete";
  put(node, field.name, std::move(value));
  if (object.name == "client" && reads) erase(node, "value");
  for (const Companion& c : companions) {
    if (c.object != object.name || c.field != field.name) continue;
    if (object.rule == Rule::one_of_chosen) remove_others(object.chosen);
    put(node, c.beside, json_of(c.value));
  }
  return result;
}

std::string place_of(const Site& site, const Field& field) {
  std::string text;
  for (const std::string& token : site.path) text += "/" + token;
  return text + "/" + std::string(field.name);
}

bool same_scalar_text(const JsonNode& a, const JsonNode& b) {
  if (a.text == b.text) return true;
  const auto x = duration_from(a.text).value, y = duration_from(b.text).value;
  return x && y && *x == *y;
}

/// Whether everything that `given` says stands in `written`, too.
bool said(const JsonNode& given, const JsonNode& written) {
  if (given.is(JsonNode::Kind::object) && written.is(JsonNode::Kind::object))
    return std::all_of(given.members.begin(), given.members.end(), [&](const JsonMember& m) {
      const JsonNode* other = written.find(m.key);
      return other != nullptr && said(m.value, *other);
    });
  if (given.is(JsonNode::Kind::array) && written.is(JsonNode::Kind::array)) {
    if (given.items.size() != written.items.size()) return false;
    for (std::size_t i = 0; i < given.items.size(); ++i)
      if (!said(given.items[i], written.items[i])) return false;
    return true;
  }
  if (given.is(JsonNode::Kind::array) && given.items.size() == 1) return said(given.items[0], written);
  if (written.is(JsonNode::Kind::array) && written.items.size() == 1) return said(given, written.items[0]);
  return same_scalar_text(given, written);
}

/// Fields whose value the canonical form tells in another way.
/// (What is drawn, and what is built on, is gone once a scenario is concrete.)
const std::set<std::string> told_otherwise{"scenario.$schema",
                                           "scenario.swarm",
                                           "choose.choose",
                                           "choose.weights",
                                           "choose.if",
                                           "int.int",
                                           "int.log",
                                           "int.if",
                                           "real.real",
                                           "real.log",
                                           "real.if",
                                           "time.time",
                                           "time.log",
                                           "time.if",
                                           "enable.enable",
                                           "enable.if",
                                           "scenario.record",
                                           "open_loop.rate_per_s",
                                           "workload.reads",
                                           "expect.linearizable",
                                           "record.level",
                                           "record.payloads",
                                           "heal.who",
                                           "faults.heal",
                                           "random_target.from",
                                           "disk.fsync_lies",
                                           "disk.io_error",
                                           "disk.corrupt_read",
                                           "disk.misdirected_write",
                                           "disk.sync_error",
                                           "disk.bit_rot",
                                           "disk.dirents",
                                           "clock.monotonic",
                                           "client.expect",
                                           "scenario.seed"};

class TableWalk {
 public:
  void visit(const Object& object, const Site& site);
  std::size_t fields = 0, words = 0;

 private:
  void decoded(const Object& object, const Field& field, const Site& site, const JsonNode& value);
  void supported(const Object& object, const Field& field, const Site& site);
  void try_words(const Object& object, const Field& field, const Type& type, const Site& site);
  void draws(const Object& object, const Field& field, const Site& site);
  void descend(const Object& object, const Field& field, const Type& type, const Site& site);

  std::set<const Object*> seen_;
};

/// The value is accepted, and stands in what is written of the scenario.
void TableWalk::decoded(const Object& object, const Field& field, const Site& site, const JsonNode& value) {
  const std::string what = place_of(site, field) + " = " + json_text(value);
  const Site changed = with_field(site, object, field, value);
  const std::string text = json_text(changed.document);
  const ScenarioResult result = parse_scenario(text, "walk.json");
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), what << render(result.diagnostics) << text);
  const std::string id = std::string(object.name) + "." + std::string(field.name);
  if (told_otherwise.count(id) != 0) return;
  JsonNode written = json_of(write_scenario(*result.scenario));
  std::vector<std::string> path = site.path;
  path.emplace_back(field.name);
  const JsonNode* found = find(written, path);
  BOOST_TEST((found != nullptr && said(value, *found)), what << " was not decoded");
}

void TableWalk::try_words(const Object& object, const Field& field, const Type& type, const Site& site) {
  for (const Word& word : type.words->words) {
    JsonNode value = json_string(word.name);
    if (field.type->kind == TypeKind::list) {
      JsonNode list = json_list();
      list.items.push_back(value);
      value = list;
    }
    if (&object != table::action.object) decoded(object, field, site, value);
    ++words;
  }
}

/// Into the objects that a field may hold.
void TableWalk::descend(const Object& object, const Field& field, const Type& type, const Site& site) {
  if (type.object != nullptr) {
    Site inner = with_field(site, object, field, least(*type.object));
    inner.path.emplace_back(field.name);
    visit(*type.object, inner);
  }
  if (type.words != nullptr) try_words(object, field, type, site);
  if (type.element != nullptr && type.kind != TypeKind::property_map && type.kind != TypeKind::pointer_map) {
    const Type& element = *type.element;
    if (element.words != nullptr) try_words(object, field, element, site);
    if (element.object == nullptr) return;
    const bool map = type.kind == TypeKind::node_map;
    JsonNode holder = map ? json_object() : json_list();
    if (map)
      add(holder, "n2", least(*element.object));
    else
      holder.items.push_back(least(*element.object));
    // A distribution of one point is a constant.
    if (element.object->name == "point") holder = json_of(field.example);
    Site inner = with_field(site, object, field, holder);
    inner.path.emplace_back(field.name);
    inner.path.emplace_back(map ? "n2" : "0");
    visit(*element.object, inner);
  }
  for (const Type& alternative : type.alternatives) descend(object, field, alternative, site);
}

/// Each generator at a field that it can draw.
void TableWalk::draws(const Object& object, const Field& field, const Site& site) {
  constexpr std::pair<std::string_view, std::string_view> at[] = {{"choose", "/workload/clients"},
                                                                  {"int", "/workload/clients"},
                                                                  {"real", "/network/default/loss"},
                                                                  {"time", "/cluster/raft/election_timeout"},
                                                                  {"enable", "/workload"}};
  for (const Type& generator : field.type->element->alternatives)
    for (const auto& [name, pointer] : at) {
      if (generator.object->name != name) continue;
      JsonNode map = json_object();
      add(map, pointer, least(*generator.object));
      Site inner = with_field(site, object, field, std::move(map));
      inner.path.emplace_back(field.name);
      inner.path.emplace_back(pointer);
      visit(*generator.object, inner);
    }
}

void TableWalk::supported(const Object& object, const Field& field, const Site& site) {
  if (field.name == "extends") return;  // needs a file: extends.cpp
  if (field.type->kind == TypeKind::pointer_map && field.name == "swarm") return draws(object, field, site);
  decoded(object, field, site, json_of(field.example));
  descend(object, field, *field.type, site);
}

void TableWalk::visit(const Object& object, const Site& site) {
  if (!seen_.insert(&object).second) return;
  for (const Field& field : object.fields) {
    ++fields;
    BOOST_TEST(!field.documentation.empty(), place_of(site, field));
    BOOST_TEST_REQUIRE(!field.example.empty(), place_of(site, field) << " has no example");
    BOOST_TEST(field.example != field.default_value, place_of(site, field) << ": the example is the default");
    supported(object, field, site);
  }
}

Site base() {
  return {json_of(R"({"format": "raftsim/scenario@1", "name": "walk", "cluster": {"nodes": 5, "learners": 1},
                      "workload": {"model": "kv", "clients": 8},
                      "faults": {"quiet_after": "6s", "drain_after": "8s"}})"),
          {}};
}

template <class Enum>
void check_names(const Words& words) {
  for (std::size_t i = 0; i < words.words.size(); ++i)
    BOOST_TEST(words.words[i].name == history::name(static_cast<Enum>(words.first + i)));
}

const Words& words_named(std::string_view name) {
  for (const Object* object : all_objects())
    for (const Field& field : object->fields)
      for (const Type* type : {field.type, field.type->element}) {
        if (type == nullptr) continue;
        if (type->words != nullptr && type->words->name == name) return *type->words;
        for (const Type& alternative : type->alternatives)
          if (alternative.words != nullptr && alternative.words->name == name) return *alternative.words;
      }
  throw std::out_of_range("no such words");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scenario_field_table)

BOOST_AUTO_TEST_CASE(every_field_and_word_of_the_table_is_decoded) {
  TableWalk walk;
  walk.visit(scenario_object(), base());
  std::size_t fields = 0;
  for (const Object* object : all_objects()) fields += object->fields.size();
  BOOST_TEST(walk.fields == fields);
  BOOST_TEST(walk.fields > 180u);
  BOOST_TEST(walk.words > 70u);
}

BOOST_AUTO_TEST_CASE(defaults_in_the_table_are_the_defaults_of_the_decoder) {
  const ScenarioResult result = parse_scenario(
      R"({"format": "raftsim/scenario@1", "name": "a",
          "cluster": {"nodes": 3}, "workload": {"model": "kv"}})",
      "a");
  BOOST_REQUIRE(result.scenario.has_value());
  JsonNode written = json_of(write_scenario(*result.scenario));
  std::size_t looked = 0;
  const auto compare = [&](const Object& object, const std::vector<std::string>& path) {
    for (const Field& field : object.fields) {
      std::vector<std::string> at = path;
      at.emplace_back(field.name);
      const JsonNode* found = find(written, at);
      if (found == nullptr || field.default_value.empty() || field.name == "reads" ||
          field.name == "linearizable")
        continue;
      BOOST_TEST(said(json_of(field.default_value), *found), object.name << "." << field.name);
      ++looked;
    }
  };
  compare(scenario_object(), {});
  for (const std::string chapter : {"cluster", "disk", "clock", "workload", "faults", "expect", "limits"})
    compare(*scenario_object().find(chapter)->type->object, {chapter});
  compare(*table::cluster.object->find("raft")->type->object, {"cluster", "raft"});
  BOOST_TEST(looked >= 35u);
}

BOOST_AUTO_TEST_CASE(words_stand_in_the_order_of_their_enums) {
  check_names<history::TargetWord>(words_named("target"));
  check_names<history::RoleWord>(words_named("role"));
  check_names<history::EventWord>(words_named("event"));
  check_names<history::LeaderCount>(words_named("leader_count"));
  check_names<history::CrashPoint>(words_named("crash_point"));
  check_names<history::Model>(words_named("model"));
  check_names<MessageType>(words_named("message_type"));
  check_names<MembershipForm>(words_named("membership"));
  check_names<ReadMode>(words_named("read_mode"));
  check_names<OperationKind>(table::operation_words);
}

BOOST_AUTO_TEST_CASE(words_of_the_simulator_s_own_enums_mean_those) {
  const auto means = [](std::string_view words, auto value, std::string_view name) {
    BOOST_TEST(words_named(words).words[static_cast<std::size_t>(value)].name == name);
  };
  means("on_crash", OnCrash::keep_all, "keep_all");
  means("on_crash", OnCrash::lose_unsynced, "lose_unsynced");
  means("on_crash", OnCrash::torn_unsynced, "torn_unsynced");
  means("key_choice", KeyChoice::uniform, "uniform");
  means("key_choice", KeyChoice::zipf, "zipf");
  means("key_choice", KeyChoice::hot, "hot");
  means("partition_shape", PartitionShape::halves, "halves");
  means("partition_shape", PartitionShape::majority_minority, "majority_minority");
  means("partition_shape", PartitionShape::majorities_ring, "majorities_ring");
  means("partition_shape", PartitionShape::bridge, "bridge");
  means("partition_shape", PartitionShape::leader_alone, "leader_alone");
  means("partition_shape", PartitionShape::random, "random");
  means("direction", Direction::both, "both");
  means("direction", Direction::in, "in");
  means("direction", Direction::out, "out");
  means("message_rule", MessageDo::drop, "drop");
  means("message_rule", MessageDo::hold, "hold");
  means("message_rule", MessageDo::release, "release");
  means("message_rule", MessageDo::duplicate, "duplicate");
  means("message_rule", MessageDo::deliver_now, "deliver_now");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
