#include "history/predicate_json.hpp"

#include "history/text.hpp"

namespace raftsim::history {

template <class V, Is<Predicate> X>
void fields(V& v, X& x) {
  v("leader", x.leader);
  v("node", x.node);
  v("role", x.role);
  v("term", x.term);
  v("commit", x.commit);
  v("applied", x.applied);
  v("log_length", x.log_length);
  v("elections", x.elections);
  v("ops_ok", x.ops_ok);
  v("event", x.event);
  v.unless_empty("all", x.all);
  v.unless_empty("any", x.any);
  v("not", x.negated);
}

template <class V, Is<RandomTarget> X>
void fields(V& v, X& x) {
  v("random", x.count);
  v("from", x.from);
}

template <class V, Is<NotTarget> X>
void fields(V& v, X& x) {
  v("not", x.of);
}

namespace {

struct TargetEncoder {
  JsonOut operator()(TargetWord word) const { return encode(word); }
  JsonOut operator()(const NodeSet& nodes) const {
    return nodes.size() == 1 ? encode(nodes.front()) : encode(nodes);
  }
  JsonOut operator()(const RandomTarget& random) const { return encode(random); }
  JsonOut operator()(const NotTarget& target) const { return encode(target); }
};

void decode_object(const JsonIn& j, Target& out, Trouble& trouble) {
  if (j.contains("not")) return decode(j, out.what.emplace<NotTarget>(), trouble);
  trouble.unless(j.contains("random"), "a target: a word, a node, a list, {\"random\": ..} or {\"not\": ..}");
  decode(j, out.what.emplace<RandomTarget>(), trouble);
}

}  // namespace

JsonOut encode(const Target& target) { return std::visit(TargetEncoder{}, target.what); }

JsonOut encode(const Predicate& predicate) { return encode_fields(predicate); }

void decode(const JsonIn& j, Target& out, Trouble& trouble) {
  if (j.is_object()) return decode_object(j, out, trouble);
  if (j.is_array()) return decode(j, out.what.emplace<NodeSet>(), trouble);
  const auto word = j.is_string() ? named<TargetWord>(j.get_ref<const std::string&>()) : std::nullopt;
  if (word) {
    out.what = *word;
    return;
  }
  NodeId node;
  decode(j, node, trouble);
  out.what = NodeSet{node};
}

void decode(const JsonIn& j, Predicate& out, Trouble& trouble) {
  Decoder decoder(j, trouble);
  fields(decoder, out);
}

JsonOut schema_of(Type<Predicate>, const Schemas& schemas) {
  return schemas.shared("predicate", [&] { return fields_schema<Predicate>(schemas); });
}

JsonOut schema_of(Type<Target>, const Schemas& schemas) {
  const auto object_with = [&](const char* key, auto form) {
    JsonOut schema = fields_schema<decltype(form)>(schemas);
    schema["required"] = JsonOut::array({key});
    return schema;
  };
  return schemas.shared("target", [&] {
    return one_of({schema_of(Type<TargetWord>{}, schemas), schema_of(Type<NodeId>{}, schemas),
                   schema_of(Type<NodeSet>{}, schemas), object_with("random", RandomTarget{}),
                   object_with("not", NotTarget{})});
  });
}

}  // namespace raftsim::history
