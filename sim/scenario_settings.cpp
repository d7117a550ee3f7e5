#include "sim/scenario_settings.hpp"

#include <fmt/format.h>

#include <optional>

#include "sim/scenario_values.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

JsonNode parsed_value(const Setting& setting, std::uint32_t source) {
  JsonNode value;
  std::vector<JsonProblem> problems;
  if (setting.value.size() <= json_bytes_max && parse_json(setting.value, source, value, problems) &&
      problems.empty())
    return value;
  value = JsonNode{};
  value.kind = Kind::string;
  value.text = setting.value;
  value.place = {source, 0, static_cast<std::uint32_t>(setting.value.size())};
  return value;
}

/// Goes down the tree and the table together.
class Walk {
 public:
  Walk(JsonNode& root, Place place, std::vector<ScenarioProblem>& problems)
      : node_(&root), place_(place), problems_(problems) {}

  /// Where the token leads, made where that is allowed; null after a problem.
  JsonNode* step(const std::string& token, bool last);
  const Type* type() const { return type_; }

 private:
  JsonNode* fail(std::string message, std::string help = {}) {
    problems_.push_back({place_, false, std::move(message), std::move(help)});
    return nullptr;
  }
  std::string here() const { return path_.empty() ? "the scenario" : path_; }
  JsonNode* into_object(const std::string& token, bool last);
  JsonNode* into_list(const std::string& token, bool last);
  /// The type of an object's field; null where there is none or the object's own type is unknown.
  const Type* field_type(const std::string& token) const;

  JsonNode* node_;
  Place place_;
  std::vector<ScenarioProblem>& problems_;
  Type root_type_{.kind = TypeKind::object, .object = &scenario_object()};
  const Type* type_ = &root_type_;
  std::string path_;
};

const Type* Walk::field_type(const std::string& token) const {
  if (type_->object == nullptr) return type_->element;
  const Field* field = type_->object->find(token);
  return field != nullptr ? field->type : nullptr;
}

JsonNode* Walk::step(const std::string& token, bool last) {
  if (type_->kind == TypeKind::one_of) {
    const Type* meant = alternative_for(*node_, *type_);
    if (meant != nullptr) type_ = meant;
  }
  JsonNode* next =
      node_->is(Kind::object) ? into_object(token, last)
      : node_->is(Kind::array)
          ? into_list(token, last)
          : fail(fmt::format("{} is {}: there is no \"{}\" in it", here(), found_text(*node_), token));
  node_ = next;
  return next;
}

JsonNode* Walk::into_object(const std::string& token, bool last) {
  const Type* type = field_type(token);
  if (type == nullptr) {
    std::vector<std::string_view> names;
    if (type_->object != nullptr)
      for (const Field& f : type_->object->fields) names.push_back(f.name);
    return fail(fmt::format("there is no \"{}\" in {}", token, here()),
                suggestion(token, names, names.size()));
  }
  JsonNode* found = node_->find(token);
  path_ = path_.empty() ? token : fmt::format("{}.{}", path_, token);
  if (found == nullptr) {
    const bool can_be_made = type->kind == TypeKind::object || type->kind == TypeKind::node_map ||
                             type->kind == TypeKind::pointer_map;
    if (!last && !can_be_made)
      return fail(fmt::format("{} is not in the file: nothing to point into", path_), "set the whole of it");
    JsonMember& member = node_->members.emplace_back();
    member.key = token;
    member.key_place = place_;
    member.value.kind = Kind::object;
    member.value.place = place_;
    found = &member.value;
  }
  type_ = type;
  return found;
}

JsonNode* Walk::into_list(const std::string& token, bool last) {
  if (type_->element == nullptr) return fail(fmt::format("nothing can be set in {}", here()));
  const std::size_t size = node_->items.size();
  type_ = type_->element;
  if (token == "-" && last) return &node_->items.emplace_back();
  const std::optional<std::uint64_t> index = integer_from(token).value;
  if (!index || *index >= size)
    return fail(fmt::format("there is no \"{}\" in {}", token, here()),
                size == 0 ? "the list is empty" : fmt::format("allowed: 0 to {}", size - 1));
  path_ = fmt::format("{}[{}]", path_, *index);
  return &node_->items[*index];
}

}  // namespace

std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer) {
  if (!pointer.starts_with('/') || pointer.size() < 2) return std::nullopt;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] == '~') {
      ++i;
      if (i == pointer.size() || (pointer[i] != '0' && pointer[i] != '1')) return std::nullopt;
      tokens.back() += pointer[i] == '0' ? '~' : '/';
    } else {
      tokens.back() += pointer[i];
    }
  }
  return tokens;
}

Pointed point_into(JsonNode& root, const std::vector<std::string>& tokens, Place place,
                   std::vector<ScenarioProblem>& problems) {
  Walk walk(root, place, problems);
  JsonNode* node = &root;
  for (std::size_t i = 0; i < tokens.size() && node != nullptr; ++i)
    node = walk.step(tokens[i], i + 1 == tokens.size());
  return {node, walk.type()};
}

template <class Node>
Node* below(Node& root, const std::vector<std::string>& tokens) {
  Node* node = &root;
  for (const std::string& token : tokens) {
    if (node->is(Kind::array)) {
      const std::optional<std::uint64_t> index = integer_from(token).value;
      node = index && *index < node->items.size() ? &node->items[*index] : nullptr;
    } else {
      node = node->find(token);
    }
    if (node == nullptr) return nullptr;
  }
  return node;
}
const JsonNode* at_pointer(const JsonNode& root, const std::vector<std::string>& tokens) {
  return below(root, tokens);
}
JsonNode* at_pointer(JsonNode& root, const std::vector<std::string>& tokens) { return below(root, tokens); }

void apply_setting(const Setting& setting, std::uint32_t source, JsonNode& root,
                   std::vector<ScenarioProblem>& problems) {
  const Place place{source, 0, static_cast<std::uint32_t>(setting.value.size())};
  const std::optional<std::vector<std::string>> tokens = pointer_tokens(setting.pointer);
  if (!tokens) {
    problems.push_back({place, false, fmt::format("{} is no JSON Pointer", json_quoted(setting.pointer)),
                        "write for example --set /network/default/loss=0.05"});
    return;
  }
  JsonNode* node = point_into(root, *tokens, place, problems).node;
  if (node != nullptr) *node = parsed_value(setting, source);
}

}  // namespace raftsim::sim
