// Events to JSON, by hand: a history has millions of them. Canonical: one order of keys, one form of numbers.
#include <array>
#include <charconv>
#include <concepts>
#include <string>

#include "history/event_fields.hpp"
#include "history/names.hpp"
#include "history/utf8.hpp"
#include "history/writer.hpp"

namespace raftsim::history {
namespace {

class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  void open(char bracket) {
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    first_ = true;
  }
  /// Before each element of a list.
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  template <std::integral Integer>
  void number(Integer value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    first_ = false;
  }
  /// `text` needs no escapes.
  void word(std::string_view text) {
    out_ += '"';
    out_ += text;
    out_ += '"';
    first_ = false;
  }
  void truth(std::uint64_t value) {
    if (value > 1) return number(value);
    out_ += value == 1 ? "true" : "false";
    first_ = false;
  }
  void hash(std::uint64_t value) {
    out_ += '"';
    hex(value, 16);
    out_ += '"';
    first_ = false;
  }
  void node(NodeId id) { lettered('n', id.value); }
  void endpoint(Endpoint e) {
    if (e.is_client())
      lettered('c', e.as_client());
    else
      lettered('n', e.raw);
  }
  /// Any bytes: valid UTF-8 as a string, others as {"hex":"..."}.
  void bytes(std::string_view value) {
    if (is_utf8(value)) return string(value);
    open('{');
    key("hex");
    out_ += '"';
    for (const char c : value) hex(static_cast<unsigned char>(c), 2);
    out_ += '"';
    close('}');
  }

 private:
  void lettered(char letter, std::uint64_t value) {
    out_ += '"';
    out_ += letter;
    number(value);
    out_ += '"';
  }
  void hex(std::uint64_t value, unsigned digits) {
    for (unsigned i = digits; i-- > 0;) out_ += "0123456789abcdef"[value >> (4 * i) & 15];
  }
  void string(std::string_view value) {
    out_ += '"';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (byte < 0x20 || byte == 0x7F) {
        out_ += "\\u00";
        hex(byte, 2);
      } else {
        out_ += c;
      }
    }
    out_ += '"';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

void field(std::string_view key, std::uint64_t value, JsonText& json) {
  if (value == 0) return;
  json.key(key);
  json.number(value);
}

void field_hash(std::string_view key, std::uint64_t value, JsonText& json) {
  if (value == 0) return;
  json.key(key);
  json.hash(value);
}

void field_flag(std::string_view key, bool value, JsonText& json) {
  if (!value) return;
  json.key(key);
  json.truth(1);
}

void field_bytes(std::string_view key, std::string_view value, JsonText& json) {
  if (value.empty()) return;
  json.key(key);
  json.bytes(value);
}

template <class Enum>
void field_name(std::string_view key, Enum value, JsonText& json) {
  json.key(key);
  if (static_cast<std::size_t>(value) < Names<Enum>::table.size())
    json.word(name(value));
  else
    json.number(static_cast<std::uint64_t>(value));
}

void field_nodes(std::string_view key, std::span<const NodeId> nodes, JsonText& json) {
  if (nodes.empty()) return;
  json.key(key);
  json.open('[');
  for (const NodeId node : nodes) {
    json.separate();
    json.node(node);
  }
  json.close(']');
}

void write_field(const Field& f, std::uint64_t value, JsonText& json) {
  json.key(f.key);
  switch (f.type) {
    case FieldType::number:
      return json.number(value);
    case FieldType::signed_number:
      return json.number(static_cast<std::int64_t>(value));
    case FieldType::flag:
      return json.truth(value);
    case FieldType::hash:
      return json.hash(value);
    case FieldType::node:
      return json.node(NodeId{value});
    case FieldType::endpoint:
      return json.endpoint(Endpoint{static_cast<std::uint16_t>(value)});
    case FieldType::enumeration:
      return value < f.names.size() ? json.word(f.names[value]) : json.number(value);
    case FieldType::property:
      return value < property_count ? json.word(info(static_cast<PropertyId>(value)).name)
                                    : json.number(value);
  }
}

void write_message(const MessageView& m, JsonText& json) {
  json.open('{');
  field_name("type", m.type, json);
  field("term", m.term.value, json);
  field("previous_index", m.previous_index.value, json);
  field("previous_term", m.previous_term.value, json);
  field("commit", m.commit.value, json);
  field_flag("granted", m.granted, json);
  field("match", m.match.value, json);
  field("context", m.context, json);
  if (!m.entries.empty()) {
    json.key("entries");
    json.open('[');
    for (const MessageEntry& e : m.entries) {
      json.separate();
      json.open('[');
      json.number(e.index.value);
      json.separate();
      json.number(e.term.value);
      json.separate();
      json.hash(e.hash);
      json.close(']');
    }
    json.close(']');
  }
  json.close('}');
}

void write_configuration(const Configuration& c, JsonText& json) {
  json.open('{');
  field_nodes("voters", c.voters, json);
  field_nodes("voters_outgoing", c.voters_outgoing, json);
  field_nodes("learners", c.learners, json);
  json.close('}');
}

struct LabelWriter {
  JsonText& json;

  void operator()(const HardStateLabel& l) const {
    json.key("hard_state");
    json.open('{');
    field("term", l.term.value, json);
    if (l.vote) {
      json.key("vote");
      json.node(*l.vote);
    }
    json.close('}');
  }
  void operator()(const EntriesLabel& l) const {
    json.key("entries");
    json.open('{');
    field("first", l.first.value, json);
    field("last", l.last.value, json);
    field("last_term", l.last_term.value, json);
    field_hash("chain", l.chain, json);
    json.close('}');
  }
  void operator()(const TruncateLabel& l) const {
    json.key("truncate_from");
    json.number(l.from.value);
  }
  void operator()(const SnapshotLabel& l) const {
    json.key("snapshot");
    json.open('{');
    field("index", l.index.value, json);
    field("term", l.term.value, json);
    field_hash("state_hash", l.state_hash, json);
    json.key("configuration");
    write_configuration(l.configuration, json);
    json.close('}');
  }
};

void write_operation(const Operation& o, JsonText& json) {
  json.open('{');
  field_name("kind", o.kind, json);
  field_name("read", o.read, json);
  field_bytes("key", o.key, json);
  field_bytes("value", o.value, json);
  if (o.expected) {
    json.key("expected");
    json.bytes(*o.expected);
  }
  field("session", o.session, json);
  field("sequence", o.sequence, json);
  field("first_unanswered", o.first_unanswered, json);
  json.close('}');
}

void write_result(const OperationResult& r, JsonText& json) {
  json.open('{');
  field_name("kind", r.kind, json);
  field_flag("applied", r.applied, json);
  if (r.value) {
    json.key("value");
    json.bytes(*r.value);
  }
  if (r.leader) {
    json.key("leader");
    json.node(*r.leader);
  }
  field("session", r.session, json);
  json.close('}');
}

void write_details(const Details& d, JsonText& json) {
  if (d.message != nullptr) {
    json.key("message");
    write_message(*d.message, json);
  }
  if (!d.labels.empty()) {
    json.key("labels");
    json.open('[');
    for (const Label& label : d.labels) {
      json.separate();
      json.open('{');
      std::visit(LabelWriter{json}, label);
      json.close('}');
    }
    json.close(']');
  }
  if (d.configuration != nullptr) {
    json.key("configuration");
    write_configuration(*d.configuration, json);
  }
  if (d.operation != nullptr) {
    json.key("operation");
    write_operation(*d.operation, json);
  }
  if (d.result != nullptr) {
    json.key("result");
    write_result(*d.result, json);
  }
  field_nodes("nodes", d.nodes, json);
  field_bytes("text", d.text, json);
}

void write_causes(EventId direct, std::span<const EventId> others, JsonText& json) {
  if (direct.value == 0 && others.empty()) return;
  json.key("c");
  json.open('[');
  json.number(direct.value);
  for (const EventId cause : others) {
    json.separate();
    json.number(cause.value);
  }
  json.close(']');
}

}  // namespace

void append_json(const Event& event, const Details& details, std::string& out) {
  JsonText json(out);
  json.open('{');
  json.key("i");
  json.number(event.id.value);
  json.key("t");
  json.number(event.time.ns);
  if (!event.node.is_world()) {
    json.key("n");
    json.endpoint(event.node);
  }
  json.key("k");
  json.word(name(event.kind));
  for (const Field& f : fields_of(event.kind)) {
    const std::uint64_t value = load(event, f);
    if (value != 0 || f.presence == Presence::always) write_field(f, value, json);
  }
  write_details(details, json);
  write_causes(event.cause, details.causes, json);
  field("s", event.step, json);
  json.close('}');
}

}  // namespace raftsim::history
