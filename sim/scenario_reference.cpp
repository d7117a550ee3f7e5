// The reference for users, made from the field table: docs/scenario-reference.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "seam/check.hpp"
#include "sim/field_table.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::sim {

namespace {

constexpr std::string_view introduction = R"(# Scenario reference

Generated from the field table of the scenario reader; do not edit. A scenario is one JSON object in a file of
at most 1 MiB, UTF-8; `//` and `/* */` comments are allowed, duplicate keys are not. `sim validate FILE` tells
everything that is wrong with a file, each at its place.

## Values

| written as | means |
|---|---|
| duration | With a unit, `"150ms"`, `"1.5s"`: ns us ms s m h. Whole nanoseconds, at most a year. |
| dist | A duration, drawn per use: [uniform](#uniform), [exponential](#exponential), ... or fixed. |
| probability | A number from 0 to 1, taken exactly as it is written. |
| target | Servers: `"n1"`, a list, [random](#random_target), [not](#not_target), or a word (below). |
| node | `"n1"`, `"n2"`, ... |
| property | The id of a property, as `sim list properties` shows them. |
| integer | Without fraction and exponent. |
| pointer | A JSON Pointer (RFC 6901) into the scenario: `"/network/default/loss"`, `"/faults/random/0"`. |

## Building on another scenario

`"extends": "leader_crash.json"` reads that file first, beside this one, and merges this one over it as a
JSON Merge Patch (RFC 7396): objects are merged member by member; `null` takes a member out; anything
else, lists too, replaces what the other file says. One rule more: where a value may have several forms
(a distribution, an arrival) and the two files give different ones, this file's replaces the other's. A
file has a `format` and a `name` of its own, and may leave out everything else. At most 8 files build on
each other. Only the merged scenario is judged, and every problem is told at its place in its own file.

## Drawing fields per seed

`swarm` maps pointers to generators ([choose](#choose), [int](#int), [real](#real), [time](#time),
[enable](#enable)). Each seed draws every field anew before its run starts; the file's own value is what
`sim validate` judges, and what a reader sees. Each pointer has its own stream of draws: a field more or
less changes no other. First the values are put in, then those with an `if`, then the features that are
off are taken out, so that a pointer means what it means in the file. `--set` wins over a draw. Not drawn
are the name, the seed, which system runs, and limits of the machine. Where reads by lease are drawn
together with clocks that jump, stand still or differ by more than the smallest `clock_drift_bound_ppm`
(unless the file itself combines them), or with servers that differ in `election_timeout` or
`check_quorum`, read_index takes their place.

`sim resolve FILE --seed N` prints the scenario of a seed, with nothing left to draw; running that file
with that seed is the same run, to the hash. `sim resolve FILE --seed N --diff` prints only what differs
from the file.

)";

std::string link_to(const Object& object) { return fmt::format("[{}](#{})", object.name, object.name); }

std::string type_text(const Type& type);

std::string alternatives_cell(const Type& type) {
  if (type.alternatives.data() == table::dist.alternatives.data()) return "dist";
  if (type.alternatives.data() == table::target.alternatives.data()) return "target";
  std::vector<std::string> parts;
  for (const Type& alternative : type.alternatives) parts.push_back(type_text(alternative));
  return fmt::format("{}", fmt::join(parts, " or "));
}

std::string integer_cell(const Type& type) {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  return type.max >= largest ? fmt::format("integer, at least {}", type.min)
                             : fmt::format("integer, {} to {}", type.min, type.max);
}

std::string type_text(const Type& type) {
  switch (type.kind) {
    case TypeKind::text:
      return "string";
    case TypeKind::identifier:
      return "name";
    case TypeKind::constant:
      return fmt::format("`\"{}\"`", type.literal);
    case TypeKind::boolean:
      return "boolean";
    case TypeKind::integer:
      return integer_cell(type);
    case TypeKind::operand:
      return "string or integer";
    case TypeKind::maybe_operand:
      return "string, integer or null";
    case TypeKind::probability:
      return "probability";
    case TypeKind::fraction:
      return "number, 0 to 1";
    case TypeKind::decimal:
      return "number, at least 0";
    case TypeKind::rate:
      return "number, 0.000001 to 1000000000";
    case TypeKind::duration:
      return "duration";
    case TypeKind::signed_duration:
      return "duration, with a sign";
    case TypeKind::seed:
      return "integer or string";
    case TypeKind::node:
      return "node";
    case TypeKind::maybe_node:
      return "node or null";
    case TypeKind::property:
      return "property";
    case TypeKind::word:
      return "word";
    case TypeKind::object:
      return link_to(*type.object);
    case TypeKind::list:
      if (type.element->kind == TypeKind::any) return "list of values";
      if (type.min == type.max) return fmt::format("[{0}, {0}]", type_text(*type.element));
      return fmt::format("list of {}{}", type_text(*type.element),
                         type.min > 0 ? fmt::format(", at least {}", type.min) : "");
    case TypeKind::node_map:
      return fmt::format("node -> {}", type_text(*type.element));
    case TypeKind::property_map:
      return fmt::format("property -> {}", type_text(*type.element));
    case TypeKind::pointer_map:
      return fmt::format("pointer -> {}", type_text(*type.element));
    case TypeKind::one_of:
      return alternatives_cell(type);
    case TypeKind::any:
      break;
  }
  return "";
}

const Words* words_of(const Type& type) {
  if (type.words != nullptr) return type.words;
  if (type.element != nullptr) return words_of(*type.element);
  if (type.alternatives.data() == table::target.alternatives.data()) return nullptr;  // told once, below
  for (const Type& alternative : type.alternatives)
    if (const Words* words = words_of(alternative)) return words;
  return nullptr;
}

void describe_words(const Words& words, std::string& out) {
  for (const Word& word : words.words) out += fmt::format("- `\"{}\"`: {}\n", word.name, word.documentation);
}

std::string_view rule_text(Rule rule) {
  switch (rule) {
    case Rule::any:
      return "";
    case Rule::at_least_one:
      return " At least one field is given.";
    case Rule::exactly_one:
      return " Exactly one field is given.";
    case Rule::one_of_chosen:
      return " Exactly one of ";
  }
  return "";
}

void describe_object(const Object& object, std::string& out) {
  out += fmt::format("## {}\n\n{}{}", object.name, object.documentation, rule_text(object.rule));
  if (object.rule == Rule::one_of_chosen)
    out += fmt::format("`{}` is given.", fmt::join(object.chosen, "`, `"));
  out += "\n\n| field | type | default | meaning |\n|---|---|---|---|\n";
  for (const Field& field : object.fields) {
    const std::string standard = field.need == Need::required  ? "required"
                                 : field.default_value.empty() ? ""
                                                               : fmt::format("`{}`", field.default_value);
    const std::string unit = field.unit.empty() ? "" : fmt::format(" ({})", field.unit);
    out += fmt::format("| `{}` | {}{} | {} | {} |\n", field.name, type_text(*field.type), unit, standard,
                       field.documentation);
  }
  out += '\n';
  for (const Field& field : object.fields) {
    const Words* words = words_of(*field.type);
    if (words == nullptr) continue;
    out += fmt::format("`{}`:\n\n", field.name);
    describe_words(*words, out);
    out += '\n';
  }
}

}  // namespace

std::string scenario_reference() {
  std::string out(introduction);
  out += "The words of a target, resolved when the step fires:\n\n";
  for (const Type& alternative : table::target.alternatives)
    if (alternative.words != nullptr) describe_words(*alternative.words, out);
  out += '\n';
  for (const Object* object : all_objects()) describe_object(*object, out);
  out.pop_back();
  return out;
}

std::vector<NamedInfo> scenario_actions() {
  std::vector<NamedInfo> actions;
  for (const Field& field : table::action.object->fields)
    actions.push_back({std::string(field.name), field.documentation});
  return actions;
}

namespace {

void collect_fields(const Object& object, const std::string& prefix, std::vector<NamedInfo>& out) {
  for (const Field& field : object.fields) {
    if (field.type->kind == TypeKind::constant || field.name == "$schema") continue;
    const std::string pointer = fmt::format("{}/{}", prefix, field.name);
    if (field.type->kind == TypeKind::object)
      collect_fields(*field.type->object, pointer, out);
    else if (field.type->kind != TypeKind::list && field.type->kind != TypeKind::node_map &&
             field.type->kind != TypeKind::property_map && field.type->kind != TypeKind::pointer_map)
      out.push_back({pointer, field.documentation});
  }
}

const Words* named_words(const Type& type, std::string_view name) {
  if (type.words != nullptr && type.words->name == name) return type.words;
  if (type.element != nullptr) {
    if (const Words* words = type.element->words; words != nullptr && words->name == name) return words;
  }
  for (const Type& alternative : type.alternatives)
    if (alternative.words != nullptr && alternative.words->name == name) return alternative.words;
  return nullptr;
}

}  // namespace

std::vector<NamedInfo> scenario_fields() {
  std::vector<NamedInfo> fields;
  collect_fields(scenario_object(), "", fields);
  return fields;
}

std::vector<NamedInfo> scenario_words(std::string_view enumeration) {
  const Words* words = nullptr;
  for (const Object* object : all_objects())
    for (const Field& field : object->fields)
      if (words == nullptr) words = named_words(*field.type, enumeration);
  CHECK(words != nullptr);
  std::vector<NamedInfo> result;
  for (const Word& word : words->words) result.push_back({std::string(word.name), word.documentation});
  return result;
}

}  // namespace raftsim::sim
