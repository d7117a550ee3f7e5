#include "sim/json_write.hpp"

#include <fmt/format.h>

#include "seam/check.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

constexpr std::size_t line_bytes_max = 100;

JsonNode scalar(Kind kind, std::string_view text) {
  JsonNode node;
  node.kind = kind;
  node.text = text;
  return node;
}

/// On one line; gives up, with something longer, beyond `bytes_max`.
void write_flat(const JsonNode& node, std::size_t bytes_max, std::string& out) {
  switch (node.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
    case Kind::number:
      out += node.text;
      return;
    case Kind::string:
      out += json_quoted(node.text);
      return;
    case Kind::array:
      out += '[';
      for (std::size_t i = 0; i < node.items.size() && out.size() <= bytes_max; ++i) {
        if (i > 0) out += ", ";
        write_flat(node.items[i], bytes_max, out);
      }
      out += ']';
      return;
    case Kind::object:
      out += '{';
      for (std::size_t i = 0; i < node.members.size() && out.size() <= bytes_max; ++i) {
        if (i > 0) out += ", ";
        out += json_quoted(node.members[i].key) + ": ";
        write_flat(node.members[i].value, bytes_max, out);
      }
      out += '}';
      return;
  }
}

/// `used`: what stands before it on its line, and the comma behind it.
void write(const JsonNode& node, std::size_t indent, std::size_t used, std::string& out) {
  const bool container = node.is(Kind::array) || node.is(Kind::object);
  std::string flat;
  write_flat(node, line_bytes_max, flat);
  const bool fits = indent > 0 && used + flat.size() <= line_bytes_max;
  if (!container || fits || (node.items.empty() && node.members.empty())) {
    out += flat;
    return;
  }
  const std::string inner(indent + 2, ' ');
  out += node.is(Kind::array) ? '[' : '{';
  std::string_view separator = "\n";
  for (const JsonNode& item : node.items) {
    out += fmt::format("{}{}", separator, inner);
    write(item, indent + 2, indent + 3, out);
    separator = ",\n";
  }
  for (const JsonMember& member : node.members) {
    const std::string key = json_quoted(member.key) + ": ";
    out += fmt::format("{}{}{}", separator, inner, key);
    write(member.value, indent + 2, indent + 3 + key.size(), out);
    separator = ",\n";
  }
  out += fmt::format("\n{}{}", std::string(indent, ' '), node.is(Kind::array) ? ']' : '}');
}

}  // namespace

JsonNode json_string(std::string_view text) { return scalar(Kind::string, text); }
JsonNode json_number(std::string_view number) { return scalar(Kind::number, number); }
JsonNode json_number(std::uint64_t number) { return scalar(Kind::number, fmt::format("{}", number)); }
JsonNode json_boolean(std::string_view true_or_false) { return scalar(Kind::boolean, true_or_false); }
JsonNode json_null() { return {}; }
JsonNode json_list() { return scalar(Kind::array, {}); }
JsonNode json_object() { return scalar(Kind::object, {}); }

void add(JsonNode& object, std::string_view key, JsonNode value) {
  CHECK(object.is(Kind::object));
  CHECK(object.find(key) == nullptr);
  JsonMember& member = object.members.emplace_back();
  member.key = key;
  member.value = std::move(value);
}

JsonNode json_of(std::string_view text) {
  JsonNode node;
  std::vector<JsonProblem> problems;
  CHECK(parse_json(text, 0, node, problems));
  CHECK(problems.empty());
  return node;
}

std::string json_line(const JsonNode& node) {
  std::string out;
  write_flat(node, std::string::npos, out);
  return out;
}

std::string json_text(const JsonNode& node) {
  std::string out;
  write(node, 0, 0, out);
  return out + "\n";
}

}  // namespace raftsim::sim
