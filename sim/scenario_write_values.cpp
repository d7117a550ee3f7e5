// Writing scalars, distributions, targets and predicates.
#include <fmt/format.h>

#include "history/names.hpp"
#include "sim/scenario_values.hpp"
#include "sim/scenario_write.hpp"

namespace raftsim::sim {

JsonNode written(bool value) { return json_boolean(value ? "true" : "false"); }
JsonNode written(std::uint32_t value) { return json_number(std::uint64_t{value}); }
JsonNode written(std::uint64_t value) { return json_number(value); }
JsonNode written(std::int64_t value) { return json_number(fmt::format("{}", value)); }
JsonNode written(const std::string& value) { return json_string(value); }
JsonNode written(Duration value) { return json_string(duration_text(value)); }
JsonNode written(Ratio value) { return json_number(ratio_text(value)); }
JsonNode written(NodeId value) { return json_string(node_text(value)); }
JsonNode written(Term value) { return json_number(value.value); }

JsonNode written(const Distribution& value) {
  using Kind = Distribution::Form::Kind;
  const Distribution::Form form = value.form();
  const auto& p = form.parameters;
  const std::span<const Type> forms = table::dist.alternatives;
  switch (form.kind) {
    case Kind::constant:
      return written(p[0]);
    case Kind::uniform: {
      ObjectWriter out(*forms[1].object);
      out.field("dist", std::string("uniform"));
      out.field("min", p[0]);
      out.field("max", p[1]);
      return out.take();
    }
    case Kind::exponential: {
      ObjectWriter out(*forms[2].object);
      out.field("dist", std::string("exponential"));
      out.field("mean", p[0]);
      out.field("min", p[1]);
      out.field("max", p[2]);
      return out.take();
    }
    case Kind::lognormal: {
      ObjectWriter out(*forms[3].object);
      out.field("dist", std::string("lognormal"));
      out.field("median", p[0]);
      out.field("p99", p[1]);
      out.field("max", p[2]);
      return out.take();
    }
    case Kind::empirical:
      break;
  }
  ObjectWriter out(*forms[4].object);
  out.field("dist", std::string("empirical"));
  JsonNode points = json_list();
  for (const Distribution::Point& point : form.points) {
    ObjectWriter one(object_in(*forms[4].object, "points"));
    one.field("value", point.value);
    one.field("weight", point.weight);
    points.items.push_back(one.take());
  }
  out.node("points", std::move(points));
  return out.take();
}

JsonNode written(const Target& target) {
  const std::span<const Type> forms = table::target.alternatives;
  if (const auto* word = std::get_if<history::TargetWord>(&target.what))
    return json_string(history::name(*word));
  if (const auto* nodes = std::get_if<NodeSet>(&target.what))
    return nodes->size() == 1 ? written(nodes->front()) : written(*nodes);
  if (const auto* random = std::get_if<history::RandomTarget>(&target.what)) {
    ObjectWriter out(*forms[3].object);
    out.field("random", random->count);
    if (random->from) out.field("from", *random->from);
    return out.take();
  }
  ObjectWriter out(*forms[4].object);
  out.field("not", *std::get<history::NotTarget>(target.what).of);
  return out.take();
}

JsonNode written(const history::Compare& compare) {
  ObjectWriter out(*table::compare.object);
  out.field("eq", compare.eq);
  out.field("ge", compare.ge);
  out.field("le", compare.le);
  out.field("gt", compare.gt);
  out.field("lt", compare.lt);
  return out.take();
}

JsonNode written(const Predicate& predicate) {
  ObjectWriter out(*table::predicate.object);
  out.word("leader", predicate.leader);
  out.field("node", predicate.node);
  out.word("role", predicate.role);
  out.field("term", predicate.term);
  out.field("commit", predicate.commit);
  out.field("applied", predicate.applied);
  out.field("log_length", predicate.log_length);
  out.field("elections", predicate.elections);
  out.field("ops_ok", predicate.ops_ok);
  out.word("event", predicate.event);
  if (!predicate.all.empty()) out.field("all", predicate.all);
  if (!predicate.any.empty()) out.field("any", predicate.any);
  if (predicate.negated) out.field("not", *predicate.negated);
  return out.take();
}

}  // namespace raftsim::sim
