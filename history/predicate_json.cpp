#include "history/predicate_json.hpp"

#include "history/text.hpp"

namespace raftsim::history {
namespace {

/// All but the parts that are predicates themselves.
template <class V, Is<Predicate> X>
void plain_fields(V& v, X& x) {
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
}

struct TargetEncoder {
  JsonOut operator()(TargetWord word) const { return encode(word); }
  JsonOut operator()(const NodeSet& nodes) const {
    return nodes.size() == 1 ? encode(nodes.front()) : encode(nodes);
  }
  JsonOut operator()(const RandomTarget& random) const {
    JsonOut json = JsonOut::object();
    json["random"] = random.count;
    if (random.from) json["from"] = encode(*random.from);
    return json;
  }
  JsonOut operator()(const NotTarget& target) const {
    JsonOut json = JsonOut::object();
    json["not"] = encode(*target.of);
    return json;
  }
};

/// Under a key of an object; null where the key is absent.
template <class T>
std::shared_ptr<const T> part(const JsonIn& object, const char* key, Trouble& trouble) {
  const auto found = object.find(key);
  if (found == object.end()) return nullptr;
  auto value = std::make_shared<T>();
  trouble.at(key, [&] { decode(*found, *value, trouble); });
  return value;
}

void decode_object(const JsonIn& j, Target& out, Trouble& trouble) {
  if (auto of = part<Target>(j, "not", trouble)) {
    out.what = NotTarget{std::move(of)};
    return;
  }
  RandomTarget random;
  trouble.unless(j.contains("random"), "a target: a word, a node, a list, {\"random\": ..} or {\"not\": ..}");
  Decoder decoder(j, trouble);
  decoder("random", random.count);
  random.from = part<Target>(j, "from", trouble);
  out.what = std::move(random);
}

}  // namespace

JsonOut encode(const Target& target) { return std::visit(TargetEncoder{}, target.what); }

JsonOut encode(const Predicate& predicate) {
  Encoder encoder;
  plain_fields(encoder, predicate);
  JsonOut json = encoder.take();
  if (!predicate.all.empty()) json["all"] = encode(predicate.all);
  if (!predicate.any.empty()) json["any"] = encode(predicate.any);
  if (predicate.negated) json["not"] = encode(*predicate.negated);
  return json;
}

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
  plain_fields(decoder, out);
  decoder("all", out.all);
  decoder("any", out.any);
  if (j.is_object()) out.negated = part<Predicate>(j, "not", trouble);
}

}  // namespace raftsim::history
