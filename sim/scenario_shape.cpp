#include "sim/scenario_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "history/property.hpp"
#include "seam/check.hpp"
#include "sim/scenario_scalars.hpp"
#include "sim/scenario_values.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}
std::string inside(const std::string& path) { return path.empty() ? "the scenario" : path; }

Kind json_kind(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean:
      return Kind::boolean;
    case TypeKind::integer:
    case TypeKind::probability:
    case TypeKind::fraction:
    case TypeKind::decimal:
    case TypeKind::rate:
      return Kind::number;
    case TypeKind::object:
    case TypeKind::node_map:
    case TypeKind::property_map:
    case TypeKind::pointer_map:
      return Kind::object;
    case TypeKind::list:
      return Kind::array;
    case TypeKind::text:
    case TypeKind::identifier:
    case TypeKind::constant:
    case TypeKind::operand:
    case TypeKind::maybe_operand:
    case TypeKind::duration:
    case TypeKind::signed_duration:
    case TypeKind::seed:
    case TypeKind::node:
    case TypeKind::maybe_node:
    case TypeKind::property:
    case TypeKind::word:
    case TypeKind::one_of:
    case TypeKind::any:
      break;
  }
  return Kind::string;
}

class ShapeCheck {
 public:
  explicit ShapeCheck(std::vector<ScenarioProblem>& problems) : problems_(problems) {}

  void value(const JsonNode& node, const Type& type, const std::string& path);

 private:
  void problem(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
  }
  void wrong_kind(const JsonNode& node, const Type& type, const std::string& path);
  void object(const JsonNode& node, const Object& object, const std::string& path);
  void member(const JsonMember& member, const Object& object, const std::string& path);
  void rule(const JsonNode& node, const Object& object, const std::string& path);
  void exactly_one(const JsonNode& node, std::span<const std::string_view> names, const std::string& path);
  void list(const JsonNode& node, const Type& type, const std::string& path);
  void map(const JsonNode& node, const Type& type, const std::string& path);
  void one_of(const JsonNode& node, const Type& type, const std::string& path);

  std::vector<ScenarioProblem>& problems_;
};

void ShapeCheck::wrong_kind(const JsonNode& node, const Type& type, const std::string& path) {
  problem(node.place,
          fmt::format("{}: expected {}, found {}", inside(path), expected_text(type), found_text(node)),
          scalar_help(node, type));
}

void ShapeCheck::value(const JsonNode& node, const Type& type, const std::string& path) {
  switch (type.kind) {
    case TypeKind::any:
      return;
    case TypeKind::one_of:
      return one_of(node, type, path);
    case TypeKind::object:
    case TypeKind::list:
    case TypeKind::node_map:
    case TypeKind::property_map:
    case TypeKind::pointer_map:
      if (!node.is(json_kind(type))) return wrong_kind(node, type, path);
      if (type.kind == TypeKind::object) return object(node, *type.object, path);
      return type.kind == TypeKind::list ? list(node, type, path) : map(node, type, path);
    case TypeKind::text:
    case TypeKind::identifier:
    case TypeKind::constant:
    case TypeKind::boolean:
    case TypeKind::integer:
    case TypeKind::operand:
    case TypeKind::maybe_operand:
    case TypeKind::probability:
    case TypeKind::fraction:
    case TypeKind::decimal:
    case TypeKind::rate:
    case TypeKind::duration:
    case TypeKind::signed_duration:
    case TypeKind::seed:
    case TypeKind::node:
    case TypeKind::maybe_node:
    case TypeKind::property:
    case TypeKind::word:
      break;
  }
  const ScalarProblem wrong = scalar_problem(node, type);
  if (!wrong.message.empty()) problem(node.place, fmt::format("{}: {}", path, wrong.message), wrong.help);
}

void ShapeCheck::member(const JsonMember& member, const Object& object, const std::string& path) {
  const Field* field = object.find(member.key);
  if (field == nullptr) {
    std::vector<std::string_view> names;
    for (const Field& f : object.fields)
      if (f.name != "$schema") names.push_back(f.name);
    problem(member.key_place, fmt::format("unknown field {} in {}", json_quoted(member.key), inside(path)),
            suggestion(member.key, names, names.size()));
    return;
  }
  value(member.value, *field->type, joined(path, field->name));
}

void ShapeCheck::object(const JsonNode& node, const Object& object, const std::string& path) {
  for (const JsonMember& m : node.members) member(m, object, path);
  for (const Field& field : object.fields) {
    if (field.need != Need::required || node.find(field.name) != nullptr) continue;
    problem(node.place, fmt::format("{}: field \"{}\" is missing", inside(path), field.name),
            fmt::format("add \"{}\": {}", field.name, field.example));
  }
  rule(node, object, path);
}

void ShapeCheck::rule(const JsonNode& node, const Object& object, const std::string& path) {
  std::vector<std::string_view> names;
  for (const Field& f : object.fields) names.push_back(f.name);
  switch (object.rule) {
    case Rule::any:
      return;
    case Rule::at_least_one:
      if (node.members.empty())
        problem(node.place, fmt::format("{}: nothing is given", inside(path)),
                suggestion({}, names, names.size()));
      return;
    case Rule::exactly_one:
      // Unknown names count: they were meant to be the one.
      if (node.members.size() <= 1) {
        if (node.members.empty()) exactly_one(node, names, path);
      } else {
        problem(node.members[1].key_place,
                fmt::format("{}: expected one of its fields, found {}", inside(path), node.members.size()),
                "several actions are a list: [{...}, {...}]");
      }
      return;
    case Rule::one_of_chosen:
      return exactly_one(node, object.chosen, path);
  }
}

void ShapeCheck::exactly_one(const JsonNode& node, std::span<const std::string_view> names,
                             const std::string& path) {
  const JsonMember* first = nullptr;
  for (const JsonMember& m : node.members) {
    if (std::find(names.begin(), names.end(), m.key) == names.end()) continue;
    if (first != nullptr)
      problem(m.key_place,
              fmt::format("{}: \"{}\" and \"{}\" exclude each other", inside(path), first->key, m.key),
              "remove one");
    if (first == nullptr) first = &m;
  }
  if (first == nullptr)
    problem(node.place, fmt::format("{}: one field is missing", inside(path)),
            suggestion({}, names, names.size()));
}

void ShapeCheck::list(const JsonNode& node, const Type& type, const std::string& path) {
  if (node.items.size() < type.min)
    problem(node.place, fmt::format("{}: expected at least {}, found {}", path, type.min, node.items.size()));
  if (node.items.size() > type.max)
    problem(node.place, fmt::format("{}: expected at most {}, found {}", path, type.max, node.items.size()));
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    value(node.items[i], *type.element, fmt::format("{}[{}]", path, i));
    if (type.distinct && node.items[i].is(Kind::string) && !seen.insert(node.items[i].text).second)
      problem(node.items[i].place,
              fmt::format("{}: {} stands here twice", path, json_quoted(node.items[i].text)), "remove one");
  }
}

void ShapeCheck::map(const JsonNode& node, const Type& type, const std::string& path) {
  // Where pointers lead is for check_swarm() to say.
  const Type key_type{.kind = type.kind == TypeKind::node_map       ? TypeKind::node
                              : type.kind == TypeKind::property_map ? TypeKind::property
                                                                    : TypeKind::text};
  for (const JsonMember& m : node.members) {
    JsonNode key;
    key.kind = Kind::string;
    key.text = m.key;
    const ScalarProblem wrong = scalar_problem(key, key_type);
    if (!wrong.message.empty()) problem(m.key_place, fmt::format("{}: {}", path, wrong.message), wrong.help);
    value(m.value, *type.element, joined(path, m.key));
  }
}

/// Of several alternatives only the one that was meant is judged: its problems are the useful ones.
void ShapeCheck::one_of(const JsonNode& node, const Type& type, const std::string& path) {
  if (const Type* meant = alternative_for(node, type)) return value(node, *meant, path);
  if (node.is(Kind::object)) {
    // Objects told apart by a tag: a wrong tag is the problem, not the whole object.
    std::vector<std::string_view> tags, firsts;
    std::string_view tag_name;
    for (const Type& alternative : type.alternatives) {
      if (alternative.kind != TypeKind::object) continue;
      firsts.push_back(alternative.object->fields.front().name);
      if (const Field* tag = tag_of(*alternative.object)) {
        tag_name = tag->name;
        tags.push_back(tag->type->literal);
      }
    }
    const JsonNode* tag = tags.empty() ? nullptr : node.find(tag_name);
    if (tag != nullptr)
      return problem(
          tag->place,
          fmt::format("{}: expected a distribution, found {}", joined(path, tag_name), found_text(*tag)),
          suggestion(tag->text, tags));
    if (!tags.empty())
      return problem(node.place, fmt::format("{}: field \"{}\" is missing", path, tag_name),
                     suggestion({}, tags));
    if (!firsts.empty() && !node.members.empty())
      return problem(node.members.front().key_place,
                     fmt::format("unknown field {} in {}", json_quoted(node.members.front().key), path),
                     suggestion(node.members.front().key, firsts));
  }
  wrong_kind(node, type, path);
}

}  // namespace

const Type* alternative_for(const JsonNode& node, const Type& one_of) {
  CHECK(one_of.kind == TypeKind::one_of);
  const Type* only = nullptr;
  const Type* known = nullptr;
  for (const Type& alternative : one_of.alternatives) {
    if (json_kind(alternative) != node.kind) continue;
    if (alternative.kind == TypeKind::node && !node_from(node.text)) continue;
    if (alternative.kind == TypeKind::object) {
      const Field* tag = tag_of(*alternative.object);
      if (tag != nullptr) {
        const JsonNode* value = node.find(tag->name);
        if (value == nullptr || value->text != tag->type->literal) continue;
      } else {
        // The first field is what names an alternative; others may be common to several.
        if (node.find(alternative.object->fields.front().name) != nullptr) return &alternative;
        const auto knows = [&](const JsonMember& m) { return alternative.object->find(m.key) != nullptr; };
        if (known == nullptr && std::any_of(node.members.begin(), node.members.end(), knows))
          known = &alternative;
        only = only == nullptr ? &alternative : only;
        continue;
      }
    }
    return &alternative;
  }
  if (known != nullptr) return known;
  // An object that no alternative knows a field of: the only alternative is meant all the same.
  const auto objects = std::count_if(one_of.alternatives.begin(), one_of.alternatives.end(),
                                     [](const Type& t) { return t.kind == TypeKind::object; });
  return objects == 1 ? only : nullptr;
}

void check_shape(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  const Type type{.kind = TypeKind::object, .object = &scenario_object()};
  ShapeCheck(problems).value(root, type, "");
}

bool has_shape(const JsonNode& node, const Type& type) {
  std::vector<ScenarioProblem> problems;
  ShapeCheck(problems).value(node, type, "");
  return problems.empty();
}

}  // namespace raftsim::sim
