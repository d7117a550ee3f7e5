// Decoding scalars, distributions, targets and predicates.
#include <algorithm>
#include <memory>

#include "sim/scenario_decode.hpp"
#include "sim/scenario_shape.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

namespace {

template <class T>
T taken(const Value<T>& value) {
  CHECK(value.value.has_value());
  return *value.value;
}

}  // namespace

void read(const JsonNode& node, bool& out) { out = node.text == "true"; }
void read(const JsonNode& node, std::uint32_t& out) {
  out = static_cast<std::uint32_t>(taken(integer_from(node.text)));
}
void read(const JsonNode& node, std::uint64_t& out) { out = taken(integer_from(node.text)); }
void read(const JsonNode& node, std::int64_t& out) {
  out = static_cast<std::int64_t>(taken(integer_from(node.text)));
}
void read(const JsonNode& node, std::string& out) { out = node.text; }
/// Also of a type that may not be negative: its shape was checked.
void read(const JsonNode& node, Duration& out) { out = taken(signed_duration_from(node.text)); }
void read(const JsonNode& node, Ratio& out) { out = taken(ratio_from(node.text)); }
void read(const JsonNode& node, Term& out) { out = Term{taken(integer_from(node.text))}; }
void read(const JsonNode& node, Index& out) { out = Index{taken(integer_from(node.text))}; }

void read(const JsonNode& node, NodeId& out) {
  const std::optional<NodeId> id = node_from(node.text);
  CHECK(id.has_value());
  out = *id;
}

void read(const JsonNode& node, history::PropertyId& out) {
  const std::optional<history::PropertyId> id = history::property_named(node.text);
  CHECK(id.has_value());
  out = *id;
}

std::uint8_t word_value(const JsonNode& node, const Words& words) {
  const auto it = std::find_if(words.words.begin(), words.words.end(),
                               [&](const Word& w) { return w.name == node.text; });
  CHECK(it != words.words.end());
  return static_cast<std::uint8_t>(words.first + (it - words.words.begin()));
}

const Words& words_in(const Object& object, std::string_view name) {
  const Field* field = object.find(name);
  CHECK(field != nullptr);
  if (field->type->words != nullptr) return *field->type->words;
  for (const Type& alternative : field->type->alternatives)
    if (alternative.words != nullptr) return *alternative.words;
  CHECK(field->type->element != nullptr);
  CHECK(field->type->element->words != nullptr);
  return *field->type->element->words;
}

std::optional<FieldReader> FieldReader::object(std::string_view name) const {
  const JsonNode* node = at(name);
  if (node == nullptr || !node->is(JsonNode::Kind::object)) return std::nullopt;
  const Type* type = object_->find(name)->type;
  if (type->kind == TypeKind::one_of) type = alternative_for(*node, *type);
  CHECK(type != nullptr);
  CHECK(type->object != nullptr);
  return FieldReader(*node, *type->object);
}

void read(const JsonNode& node, Distribution& out) {
  if (node.is(JsonNode::Kind::string)) {
    out = Distribution::constant(taken(duration_from(node.text)));
    return;
  }
  const FieldReader fields(node, *alternative_for(node, table::dist)->object);
  const std::string& kind = fields.at("dist")->text;
  Duration min, mean, median, p99;
  std::optional<Duration> max;
  if (kind == "uniform") {
    fields.into("min", min);
    fields.into("max", max);
    out = Distribution::uniform(min, *max);
  } else if (kind == "exponential") {
    fields.into("mean", mean);
    fields.into("min", min);
    fields.into("max", max);
    out = Distribution::exponential(mean, min, max.value_or(min + (mean - min) * 10));
  } else if (kind == "lognormal") {
    fields.into("median", median);
    fields.into("p99", p99);
    fields.into("max", max);
    out = Distribution::lognormal(median, p99, max.value_or(p99 * 10));
  } else {
    CHECK(kind == "empirical");
    std::vector<Distribution::Point> points;
    const Object& point = *alternative_for(node, table::dist)->object->find("points")->type->element->object;
    for (const JsonNode& item : fields.at("points")->items) {
      const FieldReader p(item, point);
      Distribution::Point& read_point = points.emplace_back();
      p.into("value", read_point.value);
      p.into("weight", read_point.weight);
    }
    out = Distribution::empirical(std::move(points));
  }
}

void read(const JsonNode& node, Target& out) {
  const Type* type = alternative_for(node, table::target);
  CHECK(type != nullptr);
  if (type->kind == TypeKind::node || type->kind == TypeKind::list) {
    NodeSet nodes;
    if (type->kind == TypeKind::list)
      read(node, nodes);
    else
      read(node, nodes.emplace_back());
    std::sort(nodes.begin(), nodes.end());
    out.what = std::move(nodes);
  } else if (type->kind == TypeKind::word) {
    out.what = static_cast<history::TargetWord>(word_value(node, *type->words));
  } else {
    const FieldReader fields(node, *type->object);
    const bool drawn = type->object->find("random") != nullptr;
    const JsonNode* of = fields.at(drawn ? "from" : "not");
    std::shared_ptr<Target> inner;
    if (of != nullptr) {
      inner = std::make_shared<Target>();
      read(*of, *inner);
    }
    // "all" is what an absent `from` means; one form, so that equal scenarios are equal.
    const auto* word = inner ? std::get_if<history::TargetWord>(&inner->what) : nullptr;
    if (drawn && word != nullptr && *word == history::TargetWord::all) inner.reset();
    if (drawn) {
      history::RandomTarget random{1, inner};
      fields.into("random", random.count);
      out.what = std::move(random);
    } else {
      out.what = history::NotTarget{inner};
    }
  }
}

void read(const JsonNode& node, history::Compare& out) {
  const FieldReader fields(node, *table::compare.object);
  fields.into("eq", out.eq);
  fields.into("ge", out.ge);
  fields.into("le", out.le);
  fields.into("gt", out.gt);
  fields.into("lt", out.lt);
}

void read(const JsonNode& node, Predicate& out) {
  const FieldReader fields(node, *table::predicate.object);
  fields.word("leader", out.leader);
  fields.into("node", out.node);
  fields.word("role", out.role);
  fields.into("term", out.term);
  fields.into("commit", out.commit);
  fields.into("applied", out.applied);
  fields.into("log_length", out.log_length);
  fields.into("elections", out.elections);
  fields.into("ops_ok", out.ops_ok);
  fields.word("event", out.event);
  fields.into("all", out.all);
  fields.into("any", out.any);
  if (const JsonNode* negated = fields.at("not")) {
    auto inner = std::make_shared<Predicate>();
    read(*negated, *inner);
    out.negated = std::move(inner);
  }
}

}  // namespace raftsim::sim
