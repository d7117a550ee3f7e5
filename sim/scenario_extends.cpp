#include "sim/scenario_extends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/field_table.hpp"
#include "sim/scenario_scalars.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace fs = std::filesystem;

namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view keyword = "extends";

/// The type of a member; null where the table does not know it.
const Type* member_type(const Type* type, const std::string& key) {
  if (type == nullptr) return nullptr;
  if (type->kind == TypeKind::object) {
    const Field* field = type->object->find(key);
    return field == nullptr ? nullptr : field->type;
  }
  return type->element;
}

/// What an object is, where it may be one of several forms; null where nobody knows.
const Type* form_of(const JsonNode& object, const Type* type) {
  return type != nullptr && type->kind == TypeKind::one_of ? alternative_for(object, *type) : type;
}

/// RFC 7396, section 2, but for different forms. `base` becomes the result.
void merge(JsonNode& base, JsonNode& patch, const Type* type) {
  if (!patch.is(Kind::object)) {
    base = std::move(patch);
    return;
  }
  // A patch that names no form, {"mean": "7ms"}, keeps the base's.
  const Type* form = form_of(patch, type);
  const Type* form_before = form_of(base, type);
  if (form == nullptr) form = form_before;
  if (!base.is(Kind::object) || form != form_before) {
    base = JsonNode{};
    base.kind = Kind::object;
  }
  base.place = patch.place;  // what is missing in the whole is missing in the file that builds on it
  for (JsonMember& member : patch.members) {
    JsonNode* below = base.find(member.key);
    if (member.value.is(Kind::null)) {
      std::erase_if(base.members, [&](const JsonMember& m) { return m.key == member.key; });
    } else if (below != nullptr) {
      merge(*below, member.value, member_type(form, member.key));
    } else {
      JsonMember& added = base.members.emplace_back();
      added.key = member.key;
      added.key_place = member.key_place;
      merge(added.value, member.value, member_type(form, member.key));
    }
  }
}

/// A scenario beside the missing one whose name is near to its.
std::string nearest_file(const fs::path& missing) {
  std::vector<std::string> names;
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(missing.parent_path(), code))
    if (entry.path().extension() == ".json") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = closest(missing.filename().string(), views);
  return near.empty() ? "a path is relative to the file that it stands in"
                      : fmt::format("did you mean {}?", json_quoted(near));
}

class Chain {
 public:
  Chain(ScenarioSources& sources, std::vector<ScenarioProblem>& problems)
      : sources_(sources), problems_(problems) {}

  bool names_itself(const JsonNode& file);
  /// Replaces `root` by itself merged over its base.
  bool resolve(JsonNode& root, const fs::path& path);

 private:
  bool fail(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
    return false;
  }
  bool read(const JsonNode& extends, const fs::path& path, JsonNode& base);
  bool cycle(const JsonNode& extends, const fs::path& path);

  ScenarioSources& sources_;
  std::vector<ScenarioProblem>& problems_;
  std::vector<fs::path> chain_;
};

bool Chain::cycle(const JsonNode& extends, const fs::path& path) {
  std::error_code code;
  const auto same = [&](const fs::path& known) {
    return known == path || (fs::exists(known, code) && fs::equivalent(known, path, code));
  };
  if (std::none_of(chain_.begin(), chain_.end(), same)) return false;
  std::string way;
  for (const fs::path& known : chain_) way += known.filename().string() + " -> ";
  fail(extends.place,
       fmt::format("extends: a scenario cannot build on itself: {}{}", way, path.filename().string()),
       "take one of these out");
  return true;
}

/// What every file of a chain says for itself, or a scenario would go by its base's name.
bool Chain::names_itself(const JsonNode& file) {
  if (!file.is(Kind::object))
    return fail(file.place, fmt::format("expected a scenario, found {}", found_text(file)));
  bool complete = true;
  for (const std::string_view name : {"format", "name"}) {
    const Field& field = *scenario_object().find(name);
    const JsonNode* value = file.find(name);
    if (value == nullptr) {
      complete = fail(file.place, fmt::format("the scenario: field \"{}\" is missing", name),
                      fmt::format("add \"{}\": {}", name, field.example));
    } else if (const ScalarProblem wrong = scalar_problem(*value, *field.type); !wrong.message.empty()) {
      complete = fail(value->place, fmt::format("{}: {}", name, wrong.message), wrong.help);
    }
  }
  return complete;
}

bool Chain::read(const JsonNode& extends, const fs::path& path, JsonNode& base) {
  if (cycle(extends, path)) return false;
  if (chain_.size() >= extends_depth_max)
    return fail(extends.place,
                fmt::format("extends: more than {} files build on each other", extends_depth_max));
  std::variant<std::string, Unreadable> text = file_text(path.string());
  if (const auto* unreadable = std::get_if<Unreadable>(&text))
    return fail(extends.place, fmt::format("extends: {}: {}", path.string(), unreadable->message),
                fs::exists(path) ? unreadable->help : nearest_file(path));
  const ScenarioSources::Added added = sources_.add(path.string(), std::move(std::get<std::string>(text)));
  std::vector<JsonProblem> syntax;
  const bool complete = parse_json(*added.text, added.number, base, syntax);
  for (JsonProblem& p : syntax)
    problems_.push_back({p.place, false, std::move(p.message), std::move(p.help)});
  return complete && names_itself(base);
}

bool Chain::resolve(JsonNode& root, const fs::path& path) {
  const JsonNode* extends = root.find(keyword);
  if (extends == nullptr) return true;
  chain_.push_back(path);
  const fs::path relative(extends->is(Kind::string) ? extends->text : std::string());
  if (relative.empty() || relative.is_absolute())
    return fail(extends->place,
                fmt::format("extends: expected a relative path, found {}", found_text(*extends)),
                "it is relative to the folder of this file");
  const fs::path base_path = (path.parent_path() / relative).lexically_normal();
  JsonNode base;
  if (!read(*extends, base_path, base) || !resolve(base, base_path)) return false;
  std::erase_if(root.members, [](const JsonMember& m) { return m.key == keyword; });
  std::erase_if(base.members, [](const JsonMember& m) { return m.key == keyword; });
  const Type type{.kind = TypeKind::object, .object = &scenario_object()};
  merge(base, root, &type);
  root = std::move(base);
  return true;
}

}  // namespace

bool merge_over_base(JsonNode& root, const std::string& path, ScenarioSources& sources,
                     std::vector<ScenarioProblem>& problems) {
  if (!root.is(Kind::object) || root.find(keyword) == nullptr) return true;
  Chain chain(sources, problems);
  return chain.names_itself(root) && chain.resolve(root, path);
}

}  // namespace raftsim::sim
