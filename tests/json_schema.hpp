// A small validator of JSON Schema: the part of draft-07 that our schemas use. A keyword that it does not
// know is trouble, so that nothing goes unchecked.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

namespace raftsim::tests {

using nlohmann::json;

class SchemaValidator {
 public:
  explicit SchemaValidator(const std::string& schema) : root_(json::parse(schema)) {}

  /// What is wrong first, and where; empty where all is well.
  std::string trouble(const json& value) const { return check(root_, value, "/"); }

 private:
  std::string check(const json& schema, const json& value, const std::string& at) const {
    for (const auto& [keyword, rule] : schema.items()) {
      const std::string what = keyword_trouble(schema, keyword, rule, value, at);
      if (!what.empty()) return what;
    }
    return "";
  }

  std::string keyword_trouble(const json& schema, const std::string& keyword, const json& rule,
                              const json& value, const std::string& at) const {
    if (keyword == "$schema" || keyword == "title" || keyword == "definitions") return "";
    if (keyword == "$ref")
      return check(root_.at(json::json_pointer(rule.get<std::string>().substr(1))), value, at);
    if (keyword == "oneOf") return one_of(rule, value, at);
    if (keyword == "properties" || keyword == "additionalProperties") return members(schema, value, at);
    if (keyword == "items") return items(rule, value, at);
    return holds(keyword, rule, value) ? "" : at + ": " + keyword + " " + rule.dump() + " fails";
  }

  bool holds(const std::string& keyword, const json& rule, const json& value) const {
    if (keyword == "type") return rule.is_array() ? any_type(rule, value) : is_type(rule, value);
    if (keyword == "const") return value == rule;
    if (keyword == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
    if (keyword == "minimum") return !value.is_number() || value >= rule;
    if (keyword == "maximum") return !value.is_number() || value <= rule;
    if (keyword == "minItems") return !value.is_array() || value.size() >= rule.get<std::size_t>();
    if (keyword == "maxItems") return !value.is_array() || value.size() <= rule.get<std::size_t>();
    if (keyword == "required")
      return !value.is_object() || std::all_of(rule.begin(), rule.end(), [&](const json& key) {
        return value.contains(key.get<std::string>());
      });
    if (keyword == "pattern")
      return !value.is_string() || std::regex_search(value.get_ref<const std::string&>(), regex_of(rule));
    return false;
  }

  /// Compiled once: compiling takes far longer than matching.
  const std::regex& regex_of(const std::string& pattern) const {
    return regexes_.try_emplace(pattern, pattern).first->second;
  }

  static bool any_type(const json& names, const json& value) {
    return std::any_of(names.begin(), names.end(), [&](const json& name) { return is_type(name, value); });
  }

  static bool is_type(const std::string& name, const json& value) {
    if (name == "integer") return value.is_number_integer();
    return name == value.type_name();  // the library's names are those of JSON Schema
  }

  std::string one_of(const json& alternatives, const json& value, const std::string& at) const {
    std::string each;
    int valid = 0;
    for (const json& alternative : alternatives) {
      const std::string what = check(alternative, value, at);
      valid += what.empty() ? 1 : 0;
      each += "\n  " + what;
    }
    return valid == 1 ? "" : at + ": " + std::to_string(valid) + " alternatives hold" + each;
  }

  std::string members(const json& schema, const json& value, const std::string& at) const {
    if (!value.is_object()) return "";
    static const json none = json::object();
    static const json any = true;
    const json& named = schema.contains("properties") ? schema["properties"] : none;
    const json& others = schema.contains("additionalProperties") ? schema["additionalProperties"] : any;
    for (const auto& [key, member] : value.items()) {
      const bool known = named.contains(key);
      if (!known && others == false) return at + key + ": unknown";
      if (!known && others == true) continue;
      const std::string what = check(known ? named[key] : others, member, at + key + "/");
      if (!what.empty()) return what;
    }
    return "";
  }

  std::string items(const json& rule, const json& value, const std::string& at) const {
    if (!value.is_array()) return "";
    for (std::size_t i = 0; i < value.size(); ++i) {
      const json& element = rule.is_array() ? rule.at(i) : rule;
      const std::string what = check(element, value[i], at + std::to_string(i) + "/");
      if (!what.empty()) return what;
    }
    return "";
  }

  json root_;
  mutable std::map<std::string, std::regex> regexes_;
};

}  // namespace raftsim::tests
