#include "history/json_schema.hpp"

#include "seam/check.hpp"

namespace raftsim::history {
namespace {

JsonOut typed(std::string_view type) { return JsonOut::object({{"type", type}}); }

JsonOut text_like(std::string_view regex) {
  JsonOut schema = typed("string");
  schema["pattern"] = regex;
  return schema;
}

/// A value that none of `count` names stands for.
JsonOut number_beyond(std::size_t count) {
  JsonOut schema = typed("integer");
  schema["minimum"] = count;
  return schema;
}

/// Bytes that are no UTF-8.
JsonOut hexadecimal_bytes() {
  JsonOut schema = typed("object");
  schema["additionalProperties"] = false;
  schema["required"] = JsonOut::array({"hex"});
  schema["properties"] = JsonOut::object({{"hex", text_like("^([0-9a-f]{2})*$")}});
  return schema;
}

}  // namespace

JsonOut one_of(std::vector<JsonOut> alternatives) { return JsonOut::object({{"oneOf", alternatives}}); }

JsonOut list_of(JsonOut element) {
  JsonOut schema = typed("array");
  schema["items"] = std::move(element);
  return schema;
}

JsonOut whole_number(std::size_t bytes) {
  CHECK(bytes >= 1);
  CHECK(bytes <= 8);
  JsonOut schema = typed("integer");
  schema["minimum"] = 0;
  // 64 bits are not told apart from more: other readers would round the bound.
  if (bytes < 8) schema["maximum"] = (std::uint64_t{1} << (8 * bytes)) - 1;
  return schema;
}

JsonOut one_of_words(std::span<const std::string_view> words) {
  JsonOut list = JsonOut::array();
  for (const std::string_view word : words) list.push_back(word);
  return JsonOut::object({{"enum", std::move(list)}});
}

JsonOut words_schema(std::span<const std::string_view> words, const Schemas& schemas) {
  if (schemas.form == Form::full) return one_of_words(words);
  return one_of({one_of_words(words), number_beyond(words.size())});
}

std::string schema_text(std::string_view title, JsonOut root, JsonOut definitions) {
  JsonOut schema = JsonOut::object();
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = title;
  schema.update(root);
  schema["definitions"] = std::move(definitions);
  return dump(schema);
}

JsonOut schema_of(Type<bool>, const Schemas&) { return typed("boolean"); }
JsonOut schema_of(Type<std::uint64_t>, const Schemas&) { return whole_number(8); }
JsonOut schema_of(Type<std::uint32_t>, const Schemas&) { return whole_number(4); }
JsonOut schema_of(Type<std::int64_t>, const Schemas&) { return typed("integer"); }
JsonOut schema_of(Type<Duration>, const Schemas&) { return typed("integer"); }
JsonOut schema_of(Type<Instant>, const Schemas&) { return typed("integer"); }

JsonOut schema_of(Type<std::string>, const Schemas& schemas) {
  if (schemas.form == Form::full) return typed("string");
  return schemas.shared("bytes", [] { return one_of({typed("string"), hexadecimal_bytes()}); });
}

JsonOut schema_of(Type<NodeId>, const Schemas& schemas) {
  return schemas.shared("node", [] { return text_like("^n[0-9]+$"); });
}

JsonOut schema_of(Type<Endpoint>, const Schemas& schemas) {
  return schemas.shared("endpoint", [] { return text_like("^(n[0-9]+|c[0-9]+|world)$"); });
}

JsonOut schema_of(Type<Hash128>, const Schemas& schemas) {
  return schemas.shared("hash128", [] { return text_like("^[0-9a-f]{32}$"); });
}

JsonOut hash_schema(const Schemas& schemas) {
  return schemas.shared("hash64", [] { return text_like("^[0-9a-f]{16}$"); });
}

JsonOut wide_schema(const Schemas& schemas) {
  return schemas.shared("number64", [] { return text_like("^[0-9]{1,20}$"); });
}

JsonOut schema_of(Type<PropertyId>, const Schemas& schemas) {
  const auto names = [] {
    JsonOut list = JsonOut::array();
    for (const PropertyInfo& p : properties()) list.push_back(p.name);
    return JsonOut::object({{"enum", std::move(list)}});
  };
  const JsonOut property = schemas.shared("property", names);
  return schemas.form == Form::full ? property : one_of({property, number_beyond(property_count)});
}

void SchemaWriter::required(std::string_view key, JsonOut schema) {
  required_.push_back(key);
  optional(key, std::move(schema));
}

void SchemaWriter::optional(std::string_view key, JsonOut schema) {
  CHECK(!properties_.contains(key));
  properties_[std::string(key)] = std::move(schema);
}

JsonOut SchemaWriter::take() {
  JsonOut schema = typed("object");
  schema["additionalProperties"] = false;
  if (!required_.empty()) schema["required"] = std::move(required_);
  schema["properties"] = std::move(properties_);
  return schema;
}

}  // namespace raftsim::history
