#include "sim/scenario_draws.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "seam/check.hpp"
#include "sim/json_write.hpp"
#include "sim/scenario_settings.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;
__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t billion = 1'000'000'000;  ///< decimals are counted in billionths

std::uint64_t integer_at(const JsonNode& node) { return integer_from(node.text).value.value_or(0); }

/// The greatest integer whose square is at most x.
std::uint64_t square_root(Wide x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1) {
    const Wide candidate = root | bit;
    if (candidate * candidate <= x) root |= bit;
  }
  return root;
}

/// Uniform over the logarithms: each bit of the draw halves the range at its geometric mean, so that no
/// logarithm need be computed. Precondition: 0 < least <= greatest < 2^63.
std::uint64_t log_uniform(std::uint64_t least, std::uint64_t greatest, std::uint64_t draw) {
  // Small numbers lie too far apart to be halved: they are taken as multiples of a fraction.
  unsigned scale = 0;
  while (scale < 32 && greatest >> (62 - scale) == 0) ++scale;
  Wide low = static_cast<Wide>(least) << scale, high = static_cast<Wide>(greatest + 1) << scale;
  for (int bit = 63; bit >= 20; --bit) {
    const Wide middle = square_root(low * high);
    (draw >> bit & 1 ? low : high) = middle;
  }
  return std::clamp(static_cast<std::uint64_t>(low >> scale), least, greatest);
}

/// Rounded down to three digits, which people can read, but not below `least`.
std::uint64_t three_digits(std::uint64_t x, std::uint64_t least) {
  std::uint64_t unit = 1;
  while (x / unit >= 1000) unit *= 10;
  return std::max(x / unit * unit, least);
}

struct Range {
  std::uint64_t least = 0, greatest = 0;
};

std::uint64_t between(const Range& range, const JsonNode& generator, Stream& stream) {
  const JsonNode* log = generator.find("log");
  if (log != nullptr && log->text == "true") return log_uniform(range.least, range.greatest, stream.bits(0));
  return range.least + stream.below(range.greatest - range.least + 1);
}

/// A range's ends, each in the unit of its kind.
std::optional<Range> range_of(const JsonNode& generator) {
  const auto ends = [&](std::string_view name, auto read) -> std::optional<Range> {
    const JsonNode* pair = generator.find(name);
    if (pair == nullptr) return std::nullopt;
    return Range{read(pair->items[0].text), read(pair->items[1].text)};
  };
  if (auto range = ends("int", [](const std::string& t) { return integer_from(t).value.value_or(0); }))
    return range;
  if (auto range = ends("real", [](const std::string& t) {
        return static_cast<std::uint64_t>(scaled_from(t, billion).value.value_or(0));
      }))
    return range;
  return ends("time", [](const std::string& t) {
    return static_cast<std::uint64_t>(duration_from(t).value.value_or(Duration{}).ns);
  });
}

const JsonNode& chosen(const JsonNode& generator, Stream& stream) {
  const std::vector<JsonNode>& values = generator.find("choose")->items;
  const JsonNode* weights = generator.find("weights");
  if (weights == nullptr) return values[stream.below(values.size())];
  std::uint64_t total = 0;
  for (const JsonNode& weight : weights->items) total += integer_at(weight);
  std::uint64_t rest = stream.below(total);
  std::size_t i = 0;
  while (rest >= integer_at(weights->items[i])) rest -= integer_at(weights->items[i++]);
  return values[i];
}

JsonNode placed(JsonNode value, Place place) {
  value.place = place;
  return value;
}

bool is_number(const std::string& token) { return integer_from(token).value.has_value(); }

/// Whether `a` is taken out before `b`: whatever stands deeper or behind it first.
bool later_in_tree(const SwarmField& a, const SwarmField& b) {
  return std::lexicographical_compare(b.tokens.begin(), b.tokens.end(), a.tokens.begin(), a.tokens.end(),
                                      [](const std::string& x, const std::string& y) {
                                        if (is_number(x) && is_number(y))
                                          return *integer_from(x).value < *integer_from(y).value;
                                        return x < y;
                                      });
}

/// Whether the conditions of a field hold. What the file leaves out has no value: no condition on it holds.
bool allowed(const JsonNode& root, const SwarmField& field) {
  const JsonNode* conditions = field.conditions();
  if (conditions == nullptr) return true;
  return std::all_of(conditions->members.begin(), conditions->members.end(), [&](const JsonMember& m) {
    const auto tokens = pointer_tokens(m.key);
    const JsonNode* found = tokens ? at_pointer(root, *tokens) : nullptr;
    if (found == nullptr) return false;
    const std::string text = json_line(*found);
    const auto same = [&](const JsonNode& wanted) { return json_line(wanted) == text; };
    return m.value.is(Kind::array) ? std::any_of(m.value.items.begin(), m.value.items.end(), same)
                                   : same(m.value);
  });
}

void take_out(JsonNode& root, const std::vector<std::string>& tokens) {
  const std::vector<std::string> above(tokens.begin(), tokens.end() - 1);
  JsonNode* parent = at_pointer(root, above);
  if (parent == nullptr) return;  // that is out already
  if (parent->is(Kind::array))
    parent->items.erase(parent->items.begin() +
                        static_cast<std::ptrdiff_t>(*integer_from(tokens.back()).value));
  else
    std::erase_if(parent->members, [&](const JsonMember& m) { return m.key == tokens.back(); });
}

}  // namespace

std::vector<SwarmField> swarm_fields(const JsonNode& swarm) {
  std::vector<SwarmField> fields;
  for (const JsonMember& member : swarm.members)
    if (auto tokens = pointer_tokens(member.key))
      fields.push_back({member.key, std::move(*tokens), member.key_place, &member.value});
  std::sort(fields.begin(), fields.end(),
            [](const SwarmField& a, const SwarmField& b) { return later_in_tree(b, a); });
  return fields;
}

std::optional<SwarmValue> drawn_value(const SwarmField& field, Decisions& decisions) {
  Stream stream =
      decisions.open({Purpose::swarm, XXH32(field.pointer.data(), field.pointer.size(), 0), 0, 0});
  const JsonNode& generator = *field.generator;
  if (const JsonNode* enable = generator.find("enable")) {
    if (stream.chance(*ratio_from(enable->text).value)) return std::nullopt;
    return SwarmValue{&field, std::nullopt};
  }
  if (generator.find("choose") != nullptr) return SwarmValue{&field, chosen(generator, stream)};
  const Range range = *range_of(generator);
  std::uint64_t x = between(range, generator, stream);
  if (generator.find("int") != nullptr) return SwarmValue{&field, placed(json_number(x), field.key_place)};
  x = three_digits(x, range.least);
  if (generator.find("real") != nullptr)
    return SwarmValue{
        &field, placed(json_number(scaled_text(static_cast<std::int64_t>(x), billion)), field.key_place)};
  return SwarmValue{
      &field, placed(json_string(duration_text(Duration{static_cast<std::int64_t>(x)})), field.key_place)};
}

std::vector<SwarmValue> extreme_values(const SwarmField& field) {
  std::vector<SwarmValue> values;
  if (field.is_feature()) return {{&field, std::nullopt}};
  for (const std::string_view name : {"choose", "int", "real", "time"})
    if (const JsonNode* list = field.generator->find(name))
      for (const JsonNode& item : list->items) values.push_back({&field, item});
  return values;
}

void put_values(JsonNode& root, const std::vector<SwarmField>& fields, std::vector<SwarmValue>& values) {
  std::vector<ScenarioProblem> none;
  const auto put = [&](const SwarmValue& value) {
    JsonNode* node = point_into(root, value.field->tokens, value.field->key_place, none).node;
    CHECK(node != nullptr);
    *node = *value.value;
  };
  for (const SwarmValue& v : values)
    if (v.value && v.field->conditions() == nullptr) put(v);
  // Judged before any of them is put in: none depends on another.
  std::erase_if(values, [&](const SwarmValue& v) { return v.value && !allowed(root, *v.field); });
  for (const SwarmValue& v : values)
    if (v.value && v.field->conditions() != nullptr) put(v);

  std::vector<const SwarmField*> off;
  for (const SwarmField& field : fields) {
    if (!field.is_feature()) continue;
    const auto this_one = [&](const SwarmValue& v) { return v.field == &field; };
    const bool drawn_off = std::any_of(values.begin(), values.end(), this_one);
    if (!drawn_off && allowed(root, field)) continue;
    if (!drawn_off) values.push_back({&field, std::nullopt});
    off.push_back(&field);
  }
  std::sort(off.begin(), off.end(),
            [](const SwarmField* a, const SwarmField* b) { return later_in_tree(*a, *b); });
  for (const SwarmField* field : off) take_out(root, field->tokens);
}

}  // namespace raftsim::sim
