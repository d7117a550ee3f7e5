#include "sim/scenario_scalars.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "history/property.hpp"
#include "sim/scenario_shape.hpp"
#include "sim/scenario_values.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view unit_list = "units: ns us ms s m h";
constexpr std::size_t shown_text_max = 40;  ///< bytes of a value that a message quotes

ScalarProblem duration_problem(const JsonNode& node, const Type& type) {
  const bool both_ways = type.kind == TypeKind::signed_duration;
  const Value<Duration> d = both_ways ? signed_duration_from(node.text) : duration_from(node.text);
  if (d.value) return {};
  const std::string quoted = found_text(node);
  switch (d.fault) {
    case ValueFault::no_unit:
      return {fmt::format("expected a duration with a unit, found {}", quoted),
              fmt::format("write \"{}ms\" ({})", node.text, unit_list)};
    case ValueFault::unknown_unit: {
      const std::size_t split = node.text.find_first_not_of("+-0123456789.");
      return {fmt::format("unknown unit {} in {}", json_quoted(node.text.substr(split)), quoted),
              std::string(unit_list)};
    }
    case ValueFault::too_precise:
      return {fmt::format("{} is no whole number of nanoseconds", quoted), "time is counted in nanoseconds"};
    case ValueFault::out_of_range:
      return {fmt::format("{} is longer than a year", quoted),
              both_ways ? "allowed: -8760h to 8760h" : "allowed: 0ms to 8760h"};
    case ValueFault::malformed:
      break;
  }
  if (!both_ways && signed_duration_from(node.text).value)
    return {fmt::format("expected a duration with a unit, found {}", quoted), "no time runs backwards here"};
  return {fmt::format("expected a duration with a unit, found {}", quoted),
          fmt::format("write for example \"150ms\" or \"1.5s\" ({})", unit_list)};
}

template <class T>
ScalarProblem number_problem(const JsonNode& node, const Type& type, const Value<T>& value) {
  if (value.value) return {};
  if (value.fault == ValueFault::too_precise)
    return {fmt::format("{} has too many digits", found_text(node)), expected_text(type)};
  return {fmt::format("expected {}, found {}", expected_text(type), found_text(node)), ""};
}

ScalarProblem integer_problem(const JsonNode& node, const Type& type) {
  const Value<std::uint64_t> value = integer_from(node.text);
  if (value.value && *value.value >= type.min && *value.value <= type.max) return {};
  return {fmt::format("expected {}, found {}", expected_text(type), found_text(node)), ""};
}

ScalarProblem word_problem(const JsonNode& node, const Words& words) {
  std::vector<std::string_view> names;
  for (const Word& word : words.words) {
    names.push_back(word.name);
    if (word.name == node.text) return {};
  }
  return {fmt::format("unknown {} {}", words.name == "target" ? "target" : "word", json_quoted(node.text)),
          suggestion(node.text, names, names.size())};
}

ScalarProblem node_problem(const JsonNode& node) {
  if (node_from(node.text)) return {};
  return {fmt::format("expected a node, found {}", found_text(node)), "nodes are n1, n2, ..."};
}

ScalarProblem property_problem(const JsonNode& node) {
  if (history::property_named(node.text)) return {};
  std::vector<std::string_view> names;
  for (const history::PropertyInfo& p : history::properties()) names.push_back(p.name);
  const std::string help = suggestion(node.text, names, 6);
  return {fmt::format("unknown property {}", json_quoted(node.text)),
          help.starts_with("did you mean") ? help : help + "; see sim list properties"};
}

ScalarProblem identifier_problem(const JsonNode& node) {
  const std::string& t = node.text;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool good =
      !t.empty() && t.size() <= 64 && letter(t.front()) &&
      std::all_of(t.begin(), t.end(), [&](char c) { return letter(c) || c == '_' || c == '-'; });
  if (good) return {};
  return {fmt::format("{} is no name", found_text(node)), "a-z, 0-9, _ and -, at most 64 of them"};
}

ScalarProblem constant_problem(const JsonNode& node, const Type& type) {
  if (node.text == type.literal) return {};
  const std::size_t at = type.literal.rfind('@');
  if (at != std::string_view::npos && node.text.starts_with(type.literal.substr(0, at + 1)))
    return {fmt::format("{} needs another version of this program", found_text(node)),
            fmt::format("this one reads \"{}\"", type.literal)};
  const std::string_view only[] = {type.literal};
  return {fmt::format("expected \"{}\", found {}", type.literal, found_text(node)),
          suggestion(node.text, only)};
}

ScalarProblem seed_problem(const JsonNode& node) {
  constexpr std::uint64_t exact_in_doubles = (std::uint64_t{1} << 53) - 1;
  if (node.is(Kind::string)) {
    if (seed_from(node.text)) return {};
    return {fmt::format("{} is no seed", found_text(node)), "64 bits as a decimal or as 0x..."};
  }
  const Value<std::uint64_t> value = integer_from(node.text);
  if (!value.value) return {fmt::format("expected a seed, found {}", found_text(node)), ""};
  if (*value.value <= exact_in_doubles) return {};
  return {fmt::format("{} is beyond 2^53 - 1, which other readers of JSON round", found_text(node)),
          fmt::format("write \"{}\"", node.text)};
}

/// Kinds of JSON value that a scalar type takes.
bool takes(const Type& type, Kind kind) {
  switch (type.kind) {
    case TypeKind::boolean:
      return kind == Kind::boolean;
    case TypeKind::integer:
    case TypeKind::probability:
    case TypeKind::fraction:
    case TypeKind::decimal:
    case TypeKind::rate:
      return kind == Kind::number;
    case TypeKind::operand:
    case TypeKind::seed:
      return kind == Kind::number || kind == Kind::string;
    case TypeKind::maybe_operand:
      return kind == Kind::number || kind == Kind::string || kind == Kind::null;
    case TypeKind::maybe_node:
      return kind == Kind::string || kind == Kind::null;
    case TypeKind::text:
    case TypeKind::identifier:
    case TypeKind::constant:
    case TypeKind::duration:
    case TypeKind::signed_duration:
    case TypeKind::node:
    case TypeKind::property:
    case TypeKind::word:
      return kind == Kind::string;
    case TypeKind::object:
    case TypeKind::list:
    case TypeKind::node_map:
    case TypeKind::property_map:
    case TypeKind::pointer_map:
    case TypeKind::one_of:
    case TypeKind::any:
      break;
  }
  return false;
}

}  // namespace

ScalarProblem scalar_problem(const JsonNode& node, const Type& type) {
  if (!takes(type, node.kind))
    return {fmt::format("expected {}, found {}", expected_text(type), found_text(node)),
            scalar_help(node, type)};
  switch (type.kind) {
    case TypeKind::integer:
      return integer_problem(node, type);
    case TypeKind::probability:
      return number_problem(node, type, ratio_from(node.text));
    case TypeKind::fraction: {
      Value<std::int64_t> value = scaled_from(node.text, 1'000'000);
      if (value.value && *value.value > 1'000'000) value = {std::nullopt, ValueFault::out_of_range};
      return number_problem(node, type, value);
    }
    case TypeKind::decimal: {
      constexpr std::int64_t billion = 1'000'000'000;
      Value<std::int64_t> value = scaled_from(node.text, billion);
      if (value.value && *value.value > billion * billion) value = {std::nullopt, ValueFault::out_of_range};
      return number_problem(node, type, value);
    }
    case TypeKind::rate:
      return number_problem(node, type, gap_from_rate(node.text));
    case TypeKind::operand:
    case TypeKind::maybe_operand:
      if (!node.is(Kind::number) || integer_from(node.text).value) return {};
      return {fmt::format("expected a string or an integer, found {}", found_text(node)), ""};
    case TypeKind::duration:
    case TypeKind::signed_duration:
      return duration_problem(node, type);
    case TypeKind::seed:
      return seed_problem(node);
    case TypeKind::node:
    case TypeKind::maybe_node:
      return node.is(Kind::null) ? ScalarProblem{} : node_problem(node);
    case TypeKind::property:
      return property_problem(node);
    case TypeKind::word:
      return word_problem(node, *type.words);
    case TypeKind::identifier:
      return identifier_problem(node);
    case TypeKind::constant:
      return constant_problem(node, type);
    case TypeKind::boolean:
    case TypeKind::text:
    case TypeKind::object:
    case TypeKind::list:
    case TypeKind::node_map:
    case TypeKind::property_map:
    case TypeKind::pointer_map:
    case TypeKind::one_of:
    case TypeKind::any:
      break;
  }
  return {};
}

std::string scalar_help(const JsonNode& node, const Type& type) {
  const bool duration = type.kind == TypeKind::duration || type.kind == TypeKind::signed_duration ||
                        (type.kind == TypeKind::one_of && type.alternatives[0].kind == TypeKind::duration);
  if (duration && node.is(Kind::number) && integer_from(node.text).value)
    return fmt::format("write \"{}ms\" ({})", node.text, unit_list);
  if (duration) return fmt::format("write for example \"150ms\" ({})", unit_list);
  const bool quoted_number = node.is(Kind::string) && !node.text.empty() && takes(type, Kind::number) &&
                             scaled_from(node.text, 1'000'000).value;
  if (quoted_number) return fmt::format("write {} without quotes", node.text);
  if (type.kind == TypeKind::boolean &&
      (node.text == "true" || node.text == "false" || node.text == "yes" || node.text == "no"))
    return fmt::format("write {}", node.text == "true" || node.text == "yes" ? "true" : "false");
  return {};
}

bool same_scalar(const JsonNode& node, std::string_view json, const Type& type) {
  if (type.kind == TypeKind::one_of) {
    // Of the alternatives only a scalar can be a default that must be kept.
    const Type* meant = alternative_for(node, type);
    return meant != nullptr && meant->kind == TypeKind::duration && same_scalar(node, json, *meant);
  }
  const bool quoted = json.starts_with('"');
  const std::string_view text = quoted ? json.substr(1, json.size() - 2) : json;
  if (type.kind == TypeKind::duration) return duration_from(node.text).value == duration_from(text).value;
  if (type.kind == TypeKind::probability) return ratio_from(node.text).value == ratio_from(text).value;
  return node.text == text;
}

std::string found_text(const JsonNode& node) {
  std::string text = node.text;
  if (text.size() > shown_text_max) {
    std::size_t end = shown_text_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end) + "...";
  }
  switch (node.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return text;
    case Kind::number:
      return "number " + text;
    case Kind::string:
      return "string " + json_quoted(text);
    case Kind::array:
      return "a list";
    case Kind::object:
      return "an object";
  }
  return {};
}

namespace {

std::string integer_text(const Type& type) {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  return type.max >= largest ? fmt::format("an integer from {} to 2^63 - 1", type.min)
                             : fmt::format("an integer from {} to {}", type.min, type.max);
}

std::string alternatives_text(const Type& type) {
  std::vector<std::string> parts;
  for (const Type& alternative : type.alternatives) {
    std::string part = alternative.kind == TypeKind::object ? "an object" : expected_text(alternative);
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return parts.front();
  return fmt::format("{} or {}", fmt::join(parts.begin(), parts.end() - 1, ", "), parts.back());
}

}  // namespace

std::string expected_text(const Type& type) {
  switch (type.kind) {
    case TypeKind::text:
      return "a string";
    case TypeKind::identifier:
      return "a name";
    case TypeKind::constant:
      return fmt::format("\"{}\"", type.literal);
    case TypeKind::boolean:
      return "true or false";
    case TypeKind::integer:
      return integer_text(type);
    case TypeKind::operand:
      return "a string or an integer";
    case TypeKind::maybe_operand:
      return "a string, an integer or null";
    case TypeKind::probability:
      return "a probability from 0 to 1";
    case TypeKind::fraction:
      return "a share from 0 to 1, in steps of a millionth";
    case TypeKind::decimal:
      return "a number from 0 to 1000000000, with at most nine digits after the point";
    case TypeKind::rate:
      return "a rate per second from 0.000001 to 1000000000";
    case TypeKind::duration:
      return "a duration with a unit";
    case TypeKind::signed_duration:
      return "a duration with a unit, negative for backwards";
    case TypeKind::seed:
      return "a seed: an integer or a string";
    case TypeKind::node:
      return "a node like n1";
    case TypeKind::maybe_node:
      return "a node like n1 or null";
    case TypeKind::property:
      return "a property's id";
    case TypeKind::word:
      return type.words->name == "target" ? "a word like leader" : "a word";
    case TypeKind::object:
    case TypeKind::node_map:
    case TypeKind::property_map:
    case TypeKind::pointer_map:
      return "an object";
    case TypeKind::list:
      return type.min == type.max ? fmt::format("a list of {}", type.min)
             : type.min > 0       ? fmt::format("a list of at least {}", type.min)
                                  : "a list";
    case TypeKind::one_of:
      return alternatives_text(type);
    case TypeKind::any:
      break;
  }
  return "a value";
}

}  // namespace raftsim::sim
