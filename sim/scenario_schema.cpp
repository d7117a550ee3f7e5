// The JSON Schema (draft-07) of what the reader accepts today, made from the field table. What is not
// supported yet is left out, so that an editor marks it as the reader would.
#include <fmt/format.h>

#include <algorithm>

#include "history/property.hpp"
#include "sim/field_table.hpp"
#include "sim/json_write.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::sim {

namespace {

JsonNode reference(std::string_view definition) {
  JsonNode node = json_object();
  add(node, "$ref", json_string(fmt::format("#/definitions/{}", definition)));
  return node;
}

JsonNode typed(std::string_view type) {
  JsonNode node = json_object();
  add(node, "type", json_string(type));
  return node;
}

JsonNode types(std::initializer_list<std::string_view> names) {
  JsonNode list = json_list();
  for (const std::string_view name : names) list.items.push_back(json_string(name));
  JsonNode node = json_object();
  add(node, "type", std::move(list));
  return node;
}

JsonNode bounded(std::string_view type, std::string_view minimum, std::string_view maximum) {
  JsonNode node = typed(type);
  add(node, "minimum", json_number(minimum));
  add(node, "maximum", json_number(maximum));
  return node;
}

JsonNode pattern(std::string_view regex) {
  JsonNode node = typed("string");
  add(node, "pattern", json_string(regex));
  return node;
}

JsonNode any_of(std::vector<JsonNode> alternatives) {
  JsonNode node = json_object(), list = json_list();
  list.items = std::move(alternatives);
  add(node, "anyOf", std::move(list));
  return node;
}

JsonNode words_schema(const Words& words) {
  JsonNode node = json_object(), list = json_list();
  for (const Word& word : words.words) list.items.push_back(json_string(word.name));
  add(node, "enum", std::move(list));
  return node;
}

JsonNode properties_schema() {
  JsonNode node = json_object(), list = json_list();
  for (const history::PropertyInfo& p : history::properties()) list.items.push_back(json_string(p.name));
  add(node, "enum", std::move(list));
  return node;
}

JsonNode seed_schema() {
  std::vector<JsonNode> forms;
  forms.push_back(bounded("integer", "0", "9007199254740991"));
  forms.push_back(pattern("^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$"));
  return any_of(std::move(forms));
}

JsonNode type_schema(const Type& type);

JsonNode list_schema(const Type& type) {
  JsonNode node = typed("array");
  add(node, "items", type_schema(*type.element));
  if (type.min > 0) add(node, "minItems", json_number(type.min));
  if (type.max != Type{}.max) add(node, "maxItems", json_number(type.max));
  if (type.distinct) add(node, "uniqueItems", json_boolean("true"));
  return node;
}

JsonNode map_schema(const Type& type) {
  JsonNode node = typed("object");
  add(node, "propertyNames",
      type.kind == TypeKind::pointer_map ? pattern("^(/([^/~]|~[01])+)+$")
                                         : reference(type.kind == TypeKind::node_map ? "node" : "property"));
  add(node, "additionalProperties", type_schema(*type.element));
  return node;
}

JsonNode alternatives_schema(const Type& type) {
  std::vector<JsonNode> alternatives;
  for (const Type& alternative : type.alternatives) alternatives.push_back(type_schema(alternative));
  return any_of(std::move(alternatives));
}

/// The types that many fields share get a definition.
bool is_dist(const Type& type) {
  return !type.alternatives.empty() && type.alternatives.data() == table::dist.alternatives.data();
}
bool is_target(const Type& type) {
  return !type.alternatives.empty() && type.alternatives.data() == table::target.alternatives.data();
}

JsonNode type_schema(const Type& type) {
  switch (type.kind) {
    case TypeKind::text:
      return typed("string");
    case TypeKind::identifier:
      return pattern("^[a-z0-9][a-z0-9_-]{0,63}$");
    case TypeKind::constant: {
      JsonNode node = json_object();
      add(node, "const", json_string(type.literal));
      return node;
    }
    case TypeKind::boolean:
      return typed("boolean");
    case TypeKind::integer:
      return bounded("integer", fmt::format("{}", type.min), fmt::format("{}", type.max));
    case TypeKind::operand:
      return types({"string", "integer"});
    case TypeKind::maybe_operand:
      return types({"string", "integer", "null"});
    case TypeKind::probability:
    case TypeKind::fraction:
      return bounded("number", "0", "1");
    case TypeKind::decimal:
      return bounded("number", "0", "1000000000");
    case TypeKind::rate:
      return bounded("number", "0.000001", "1000000000");
    case TypeKind::duration:
      return reference("duration");
    case TypeKind::signed_duration:
      return pattern("^[+-]?[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$");
    case TypeKind::seed:
      return seed_schema();
    case TypeKind::node:
      return reference("node");
    case TypeKind::maybe_node: {
      std::vector<JsonNode> forms;
      forms.push_back(reference("node"));
      forms.push_back(typed("null"));
      return any_of(std::move(forms));
    }
    case TypeKind::property:
      return reference("property");
    case TypeKind::word:
      return words_schema(*type.words);
    case TypeKind::object:
      return reference(type.object->name);
    case TypeKind::list:
      return list_schema(type);
    case TypeKind::node_map:
    case TypeKind::property_map:
    case TypeKind::pointer_map:
      return map_schema(type);
    case TypeKind::one_of:
      return is_dist(type)     ? reference("dist")
             : is_target(type) ? reference("target")
                               : alternatives_schema(type);
    case TypeKind::any:
      break;
  }
  return json_object();
}

JsonNode field_schema(const Field& field) {
  JsonNode node = json_object();
  std::string text(field.documentation);
  if (!field.unit.empty()) text += fmt::format(" Unit: {}.", field.unit);
  JsonNode schema = type_schema(*field.type);
  // Beside a $ref, draft-07 ignores everything else.
  if (schema.find("$ref") != nullptr) {
    JsonNode all = json_list();
    all.items.push_back(std::move(schema));
    add(node, "allOf", std::move(all));
  } else {
    node = std::move(schema);
  }
  if (!field.default_value.empty()) add(node, "default", json_of(field.default_value));
  add(node, "description", json_string(text));
  return node;
}

void add_rule(JsonNode& node, const Object& object) {
  switch (object.rule) {
    case Rule::any:
      return;
    case Rule::at_least_one:
      return add(node, "minProperties", json_number(std::uint64_t{1}));
    case Rule::exactly_one:
      add(node, "minProperties", json_number(std::uint64_t{1}));
      return add(node, "maxProperties", json_number(std::uint64_t{1}));
    case Rule::one_of_chosen: {
      JsonNode list = json_list();
      for (const std::string_view name : object.chosen) {
        JsonNode one = json_object(), required = json_list();
        required.items.push_back(json_string(name));
        add(one, "required", std::move(required));
        list.items.push_back(std::move(one));
      }
      return add(node, "oneOf", std::move(list));
    }
  }
}

void add_object(JsonNode& node, const Object& object) {
  add(node, "description", json_string(object.documentation));
  add(node, "type", json_string("object"));
  add(node, "additionalProperties", json_boolean("false"));
  JsonNode required = json_list(), fields = json_object();
  for (const Field& field : object.fields) {
    if (field.need == Need::required) required.items.push_back(json_string(field.name));
    add(fields, field.name, field_schema(field));
  }
  if (!required.items.empty()) add(node, "required", std::move(required));
  add_rule(node, object);
  add(node, "properties", std::move(fields));
}

}  // namespace

std::string scenario_schema() {
  JsonNode schema = json_object(), definitions = json_object();
  add(schema, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
  add(schema, "title", json_string("Raftsim scenario, format 1"));
  add_object(schema, scenario_object());
  // What a file does not say, the one that it builds on does.
  std::erase_if(schema.find("required")->items, [](const JsonNode& n) { return n.text == "cluster"; });
  std::vector<JsonNode> either;
  for (const std::string_view name : {"cluster", "extends"}) {
    JsonNode one = json_object(), required = json_list();
    required.items.push_back(json_string(name));
    add(one, "required", std::move(required));
    either.push_back(std::move(one));
  }
  add(schema, "anyOf", std::move(any_of(std::move(either)).find("anyOf")[0]));
  JsonNode duration = pattern("^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$");
  JsonNode examples = json_list();
  for (const std::string_view example : {"150ms", "1.5s", "10m"})
    examples.items.push_back(json_string(example));
  add(duration, "examples", std::move(examples));
  add(definitions, "duration", std::move(duration));
  add(definitions, "node", pattern("^n[1-9][0-9]{0,5}$"));
  add(definitions, "property", properties_schema());
  add(definitions, "dist", alternatives_schema(table::dist));
  add(definitions, "target", alternatives_schema(table::target));
  for (const Object* object : all_objects()) {
    if (object == &scenario_object()) continue;
    JsonNode definition = json_object();
    add_object(definition, *object);
    add(definitions, object->name, std::move(definition));
  }
  add(schema, "definitions", std::move(definitions));
  return json_text(schema);
}

}  // namespace raftsim::sim
