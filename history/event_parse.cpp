// One line of a history back to the event and details that it was written from (event_json.cpp).
#include "history/details_fields.hpp"
#include "history/event_fields.hpp"
#include "history/reader.hpp"

namespace raftsim::history {

void decode(const JsonIn& j, MessageEntry& out, Trouble& trouble) {
  if (!j.is_array() || j.size() != 3) return trouble.expected("[index, term, hash]");
  decode(j[0], out.index, trouble);
  decode(j[1], out.term, trouble);
  decode_hash(j[2], out.hash, trouble);
}

void decode(const JsonIn& j, TruncateLabel& out, Trouble& trouble) { decode(j, out.from, trouble); }

void decode(const JsonIn& j, Label& out, Trouble& trouble) {
  if (!j.is_object()) return trouble.expected("a label");
  Decoder decoder(j, trouble);
  bool known = false;
  each_label([&](const char* key, auto label) {
    if (known || !j.contains(key)) return;
    known = true;
    decoder(key, label);
    out = std::move(label);
  });
  trouble.unless(known, "a label: hard_state, entries, truncate_from or snapshot");
}

void decode(const JsonIn& j, OperationResult& out, Trouble& trouble) {
  // The writer leaves a false flag out; a new OperationResult has it set.
  out.applied = false;
  Decoder decoder(j, trouble);
  fields(decoder, out);
}

namespace {

/// A value of an enumeration: its name, or a number beyond the names.
std::uint64_t decode_enumeration(const JsonIn& j, const Field& field, Trouble& trouble) {
  if (j.is_string())
    for (std::size_t i = 0; i < field.names.size(); ++i)
      if (field.names[i] == j.get_ref<const std::string&>()) return i;
  if (j.is_number_unsigned()) return j.get<std::uint64_t>();
  trouble.expected("a name such as " + std::string(field.names.front()));
  return 0;
}

std::uint64_t decode_property(const JsonIn& j, Trouble& trouble) {
  if (j.is_number_unsigned()) return j.get<std::uint64_t>();
  PropertyId id{};
  decode(j, id, trouble);
  return static_cast<std::uint64_t>(id);
}

std::uint64_t decode_field(const JsonIn& j, const Field& field, Trouble& trouble) {
  std::uint64_t value = 0;
  switch (field.type) {
    case FieldType::number:
      decode(j, value, trouble);
      return value;
    case FieldType::signed_number: {
      std::int64_t with_sign = 0;
      decode(j, with_sign, trouble);
      return static_cast<std::uint64_t>(with_sign);
    }
    case FieldType::flag:
      if (j.is_boolean()) return j.get<bool>() ? 1 : 0;
      decode(j, value, trouble);
      return value;
    case FieldType::hash:
      decode_hash(j, value, trouble);
      return value;
    case FieldType::node: {
      NodeId node;
      decode(j, node, trouble);
      return node.value;
    }
    case FieldType::endpoint: {
      Endpoint endpoint;
      decode(j, endpoint, trouble);
      return endpoint.raw;
    }
    case FieldType::enumeration:
      return decode_enumeration(j, field, trouble);
    case FieldType::property:
      return decode_property(j, trouble);
  }
  return 0;
}

void decode_part(const JsonIn& j, Event& event, Trouble& trouble) {
  for (const Field& field : fields_of(event.kind)) {
    const auto found = j.find(field.key);
    if (found == j.end()) continue;
    trouble.at(field.key, [&] {
      const std::uint64_t value = decode_field(*found, field, trouble);
      const bool fits = field.size == 8 || value >> (8 * field.size) == 0;
      trouble.unless(fits, "a smaller number");
      if (fits) store(event, field, value);
    });
  }
}

}  // namespace

std::optional<std::string> parse_event(std::string_view line, Event& event, OwnedDetails& details) {
  event = Event{};
  details.clear();
  const std::optional<JsonIn> json = parse_json(line);
  if (!json || !json->is_object()) return "not a JSON object";
  const JsonIn& j = *json;
  Trouble trouble;
  for (const char* key : {"i", "t", "k"})
    if (!j.contains(key)) return std::string("an event without ") + key;

  Decoder decoder(j, trouble);
  std::uint32_t step = 0;
  std::vector<EventId> causes;
  decoder("i", event.id);
  decoder("t", event.time);
  decoder("n", event.node);
  decoder("k", event.kind);
  decoder("c", causes);
  decoder("s", step);
  event.step = step;
  if (trouble) return trouble.text();
  if (static_cast<std::size_t>(event.kind) >= event_kinds) return "k: a number that is no kind of event";
  if (!causes.empty()) {
    event.cause = causes.front();
    details.causes.assign(causes.begin() + 1, causes.end());
  }
  decode_part(j, event, trouble);
  fields(decoder, details);
  if (trouble) return trouble.text();
  return std::nullopt;
}

}  // namespace raftsim::history
