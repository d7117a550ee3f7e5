// raftsim/history@1: a line is the header, an event, a keyframe or the end record.
#include "history/details_fields.hpp"
#include "history/event_fields.hpp"
#include "history/json_schema.hpp"
#include "history/line_fields.hpp"
#include "history/schema.hpp"

namespace raftsim::history {

JsonOut schema_of(Type<MessageEntry>, const Schemas& schemas) {
  JsonOut schema = list_of(JsonOut::array(
      {schema_of(Type<Index>{}, schemas), schema_of(Type<Term>{}, schemas), hash_schema(schemas)}));
  schema["minItems"] = 3;
  schema["maxItems"] = 3;
  return schema;
}

JsonOut schema_of(Type<TruncateLabel>, const Schemas& schemas) { return schema_of(Type<Index>{}, schemas); }

JsonOut schema_of(Type<Label>, const Schemas& schemas) {
  std::vector<JsonOut> alternatives;
  each_label([&]<class L>(const char* key, const L&) {
    SchemaWriter writer(schemas);
    writer.required(key, schema_of(Type<L>{}, schemas));
    alternatives.push_back(writer.take());
  });
  return one_of(std::move(alternatives));
}

namespace {

JsonOut field_schema(const Field& field, const Schemas& schemas) {
  switch (field.type) {
    case FieldType::number:
      return whole_number(field.size);
    case FieldType::signed_number:
      return schema_of(Type<std::int64_t>{}, schemas);
    case FieldType::flag:
      return schema_of(Type<bool>{}, schemas);
    case FieldType::hash:
      return hash_schema(schemas);
    case FieldType::node:
      return schema_of(Type<NodeId>{}, schemas);
    case FieldType::endpoint:
      return schema_of(Type<Endpoint>{}, schemas);
    case FieldType::enumeration:
      return words_schema(field.names, schemas);
    case FieldType::property:
      return schema_of(Type<PropertyId>{}, schemas);
  }
  return JsonOut::object();
}

/// The direct cause first.
JsonOut causes_schema(const Schemas& schemas) {
  JsonOut schema = schema_of(Type<std::vector<EventId>>{}, schemas);
  schema["minItems"] = 1;
  return schema;
}

/// Kinds that call their fields alike have one schema.
JsonOut event_schema(const std::vector<std::string_view>& kinds, std::span<const Field> fields_of_kind,
                     const JsonOut& details, const Schemas& schemas) {
  SchemaWriter writer(schemas);
  writer.required("i", schema_of(Type<EventId>{}, schemas));
  writer.required("t", schema_of(Type<Instant>{}, schemas));
  writer.optional("n", schema_of(Type<Endpoint>{}, schemas));
  writer.required("k", one_of_words(kinds));
  for (const Field& field : fields_of_kind) {
    JsonOut schema = field_schema(field, schemas);
    field.presence == Presence::always ? writer.required(field.key, std::move(schema))
                                       : writer.optional(field.key, std::move(schema));
  }
  for (const auto& [key, schema] : details["properties"].items())
    writer.optional(key, schemas.shared(key, [&schema = schema] { return schema; }));
  writer.optional("c", schemas.shared("causes", [&] { return causes_schema(schemas); }));
  writer.optional("s", whole_number(4));
  return writer.take();
}

std::vector<JsonOut> event_schemas(const Schemas& schemas) {
  const JsonOut details = fields_schema<OwnedDetails>(schemas);
  std::vector<JsonOut> alternatives;
  for (std::size_t i = 0; i < event_kinds; ++i) {
    const std::span<const Field> fields_of_kind = fields_of(static_cast<EventKind>(i));
    std::vector<std::string_view> kinds;
    bool told_before = false;
    for (std::size_t k = 0; k < event_kinds; ++k) {
      if (fields_of(static_cast<EventKind>(k)).data() != fields_of_kind.data()) continue;
      told_before = told_before || k < i;
      kinds.push_back(name(static_cast<EventKind>(k)));
    }
    if (told_before) continue;
    alternatives.push_back(schemas.shared("event_" + std::string(kinds.front()), [&] {
      return event_schema(kinds, fields_of_kind, details, schemas);
    }));
  }
  return alternatives;
}

}  // namespace

std::string history_schema() {
  JsonOut definitions = JsonOut::object();
  const Schemas full{definitions};
  std::vector<JsonOut> lines;
  lines.push_back(full.shared("header", [&] { return schema_of(Type<HeaderLine>{}, full); }));
  lines.push_back(full.shared("keyframe", [&] { return schema_of(Type<KeyframeLine>{}, full); }));
  lines.push_back(full.shared("end", [&] { return schema_of(Type<EndLine>{}, full); }));
  for (JsonOut& event : event_schemas(Schemas{definitions, Form::sparse})) lines.push_back(std::move(event));
  return schema_text("Raftsim history, format 1: one line of it", one_of(std::move(lines)),
                     std::move(definitions));
}

}  // namespace raftsim::history
