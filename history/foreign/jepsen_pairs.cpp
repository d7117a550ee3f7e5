#include "history/foreign/jepsen_pairs.hpp"

#include <fmt/format.h>

#include <array>

#include "history/client_values.hpp"
#include "history/suggest.hpp"

namespace raftsim::history {
namespace {

using At = JepsenTrouble::At;
using Kind = Edn::Kind;

struct Verb {
  std::string_view word;
  OperationKind kind;
};
constexpr std::array verbs{
    Verb{"read", OperationKind::get},      Verb{"get", OperationKind::get},
    Verb{"write", OperationKind::put},     Verb{"put", OperationKind::put},
    Verb{"cas", OperationKind::cas},       Verb{"append", OperationKind::append},
    Verb{"delete", OperationKind::remove}, Verb{"remove", OperationKind::remove},
};
constexpr std::array<std::string_view, 9> known{"read",   "write",  "cas",    "get", "put",
                                                "append", "delete", "remove", "txn"};

bool is_pair(const Edn& datum) {
  return (datum.is(Kind::vector) || datum.is(Kind::list)) && datum.items.size() == 2;
}

bool is_sequence(const Edn& datum) { return datum.is(Kind::vector) || datum.is(Kind::list); }

/// A string's content, anything else as written.
std::string plain(const Edn& datum) { return datum.is(Kind::string) ? datum.text : to_text(datum); }

std::string kept(const Edn& datum) {
  return datum.is(Kind::string) ? kept_string(datum.text) : to_text(datum);
}

}  // namespace

std::optional<JepsenType> jepsen_type(std::string_view word) {
  if (word == "invoke") return JepsenType::invoke;
  if (word == "ok") return JepsenType::ok;
  if (word == "fail") return JepsenType::fail;
  if (word == "info") return JepsenType::info;
  return std::nullopt;
}

TextSpan JepsenPairs::span(const Edn& value) {
  if (value.is(Kind::nil)) return ClientBuilder::nil();
  return value.is(Kind::string) ? builder_.string(value.text) : builder_.text(to_text(value));
}

std::uint32_t JepsenPairs::key(const Edn& key) { return builder_.key(plain(key), to_text(key)); }

std::optional<JepsenTrouble> JepsenPairs::add(const JepsenLine& line) {
  return line.type == JepsenType::invoke ? invoke(line) : answer(line);
}

std::optional<JepsenTrouble> JepsenPairs::invoke(const JepsenLine& line) {
  const auto earlier = open_.find(line.process);
  if (earlier != open_.end())
    return JepsenTrouble{
        At::process,
        fmt::format("process {} has not been answered yet (line {})", line.process,
                    builder_.operations()[earlier->second.operation].called_line),
        "a process does one thing at a time; after :info it is another process that goes on"};
  ClientOperation o;
  bool keyed = false;
  if (auto trouble = call_of(line, o, keyed)) return trouble;
  o.client = line.process;
  o.call = ++position_;
  o.turn = static_cast<std::uint32_t>(builder_.operations().size());
  o.called_line = line.line;
  if (line.time) {
    o.called_at = *line.time;
    builder_.history().clock = ClientHistory::Clock::coarse;
  }
  builder_.count(o.kind, line.line);
  open_[line.process] = {builder_.operations().size(), keyed};
  builder_.operations().push_back(o);
  return std::nullopt;
}

std::optional<JepsenTrouble> JepsenPairs::call_of(const JepsenLine& line, ClientOperation& o, bool& keyed) {
  if (line.f == "txn") return transaction(line, o);
  const Verb* verb = nullptr;
  for (const Verb& v : verbs)
    if (v.word == line.f) verb = &v;
  if (verb == nullptr)
    return JepsenTrouble{At::f, fmt::format("no operation :{} is known", line.f), suggestion(line.f, known)};
  o.kind = verb->kind;
  static const Edn absent;
  const Edn* value = line.value != nullptr ? line.value : &absent;
  // [key value] of jepsen.independent: a cas' own value is a pair itself, a read's is nil.
  if (line.key == nullptr && is_pair(*value))
    keyed = o.kind != OperationKind::cas || is_pair(value->items[1]);
  if (line.key != nullptr) {
    o.key = key(*line.key);
  } else if (keyed) {
    o.key = key(value->items[0]);
    value = &value->items[1];
  } else if (o.kind == OperationKind::remove && !value->is(Kind::nil)) {
    o.key = key(*value);
  } else {
    o.key = builder_.key("");
  }
  if (o.kind == OperationKind::cas) return swap(value, o);
  const bool writes = o.kind == OperationKind::put || o.kind == OperationKind::append;
  if (writes && line.value == nullptr) return JepsenTrouble{At::f, "a write without :value", "add :value"};
  if (writes) written(*value, o, line.line);
  return std::nullopt;
}

void JepsenPairs::written(const Edn& value, ClientOperation& o, std::uint64_t line) {
  o.value = span(value);
  if (o.kind != OperationKind::append) return;
  if (!o.value.present) o.value = builder_.text("nil");
  if (!value.is(Kind::string) && builder_.traits().append_other == 0) builder_.traits().append_other = line;
}

std::optional<JepsenTrouble> JepsenPairs::swap(const Edn* value, ClientOperation& o) {
  if (!is_pair(*value))
    return JepsenTrouble{At::value, "a cas without its two values", "expected [FROM TO], as in [3 0]"};
  o.expected = span(value->items[0]);
  o.value = span(value->items[1]);
  return std::nullopt;
}

/// [[:append k v]], [[:r k nil]], [[:w k v]]: one operation.
std::optional<JepsenTrouble> JepsenPairs::transaction(const JepsenLine& line, ClientOperation& o) {
  if (line.value == nullptr || !is_sequence(*line.value) || line.value->items.size() != 1)
    return JepsenTrouble{At::value,
                         line.value == nullptr || !is_sequence(*line.value)
                             ? "a transaction without its operations"
                             : fmt::format("a transaction of {} operations", line.value->items.size()),
                         "only transactions of one operation are judged, as in [[:append 5 1]]"};
  const Edn& only = line.value->items.front();
  const bool whole = is_sequence(only) && only.items.size() == 3;
  const std::string_view f = whole ? std::string_view(only.items[0].text) : std::string_view();
  if (!whole || (f != "append" && f != "r" && f != "w"))
    return JepsenTrouble{At::value, "not an operation of a transaction",
                         "expected [:append KEY VALUE], [:r KEY nil] or [:w KEY VALUE]"};
  o.kind = f == "append" ? OperationKind::append : f == "w" ? OperationKind::put : OperationKind::get;
  o.key = key(only.items[1]);
  if (o.kind != OperationKind::get) written(only.items[2], o, line.line);
  return std::nullopt;
}

std::optional<JepsenTrouble> JepsenPairs::answer(const JepsenLine& line) {
  const auto found = open_.find(line.process);
  if (found == open_.end())
    return JepsenTrouble{At::type, fmt::format("process {} has asked nothing", line.process),
                         "an :invoke comes first"};
  const Call call = found->second;
  open_.erase(found);
  ClientOperation& o = builder_.operations()[call.operation];
  o.back = ++position_;
  o.answered_line = line.line;
  if (line.time) o.answered_at = *line.time;
  if (line.type == JepsenType::info) return std::nullopt;
  if (line.type == JepsenType::fail) {
    // A cas that failed has answered that the key did not hold what it expected; with an error (which may
    // stand in place of the value: `:fail :cas :timed-out`), who knows.
    const bool error = line.error || (line.value != nullptr && line.value->is(Kind::keyword));
    const bool answers = o.kind == OperationKind::cas && !error;
    o.end = answers ? ClientOperation::End::ok : ClientOperation::End::failed;
    o.applied = !answers;
    return std::nullopt;
  }
  o.end = ClientOperation::End::ok;
  if (o.kind != OperationKind::get) return std::nullopt;
  static const Edn nil;
  const Edn* value = line.value != nullptr ? line.value : &nil;
  if (line.f == "txn") {
    const bool whole = is_sequence(*value) && value->items.size() == 1 && is_sequence(value->items[0]) &&
                       value->items[0].items.size() == 3;
    if (!whole)
      return JepsenTrouble{At::value, "not the answer of this transaction", "expected [[:r KEY VALUE]]"};
    value = &value->items[0].items[2];
  } else if (call.keyed) {
    if (!is_pair(*value))
      return JepsenTrouble{At::value, "an answer without its key", "expected [KEY VALUE]"};
    value = &value->items[1];
  }
  return returned(*value, o, line.line);
}

std::optional<JepsenTrouble> JepsenPairs::returned(const Edn& value, ClientOperation& o, std::uint64_t line) {
  ClientTraits& traits = builder_.traits();
  const auto first = [line](std::uint64_t& seen) {
    if (seen == 0) seen = line;
  };
  if (is_sequence(value)) {
    first(traits.read_list);
    std::string list;
    for (const Edn& element : value.items) list += kept_element(kept(element));
    o.returned = builder_.text(list);
    return std::nullopt;
  }
  o.returned = span(value);
  if (value.is(Kind::nil))
    first(traits.read_nil);
  else
    first(traits.read_string);
  return std::nullopt;
}

}  // namespace raftsim::history
