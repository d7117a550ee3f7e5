// JSON Schema (draft-07) of what is written, from the same `fields` functions: a third visitor beside Encoder
// and Decoder (json_fields.hpp), so that a field added there is in the schema, and must be there. Objects are
// closed: a schema tells what this version writes, while readers ignore fields that they do not know. Not
// installed: for history/ and reports/.
#pragma once

#include <initializer_list>
#include <span>

#include "history/json_fields.hpp"

namespace raftsim::history {

/// What a writer may leave out.
enum class Form : std::uint8_t {
  full,    ///< Encoder: only what is optional
  sparse,  ///< append_json: 0, false and what is empty, too; and a value without a name is a number
};

struct Schemas {
  JsonOut& definitions;
  Form form = Form::full;

  /// A reference to the definition `name`, which `make` makes once. It may refer to itself.
  template <class F>
  JsonOut shared(const std::string& name, F&& make) const {
    if (!definitions.contains(name)) {
      definitions[name] = nullptr;
      JsonOut made = make();
      definitions[name] = std::move(made);
    }
    return JsonOut::object({{"$ref", "#/definitions/" + name}});
  }
};

JsonOut one_of(std::vector<JsonOut> alternatives);
JsonOut list_of(JsonOut element);
/// What an unsigned number of this many bytes holds.
JsonOut whole_number(std::size_t bytes);
JsonOut one_of_words(std::span<const std::string_view> words);
/// The whole document: `root`, under its title, with all that it refers to. One line.
std::string schema_text(std::string_view title, JsonOut root, JsonOut definitions);

/// Stands for a type where no value is at hand.
template <class T>
struct Type {};

JsonOut schema_of(Type<bool>, const Schemas& schemas);
JsonOut schema_of(Type<std::uint64_t>, const Schemas& schemas);
JsonOut schema_of(Type<std::uint32_t>, const Schemas& schemas);
JsonOut schema_of(Type<std::int64_t>, const Schemas& schemas);
JsonOut schema_of(Type<std::string>, const Schemas& schemas);
JsonOut schema_of(Type<NodeId>, const Schemas& schemas);
JsonOut schema_of(Type<Endpoint>, const Schemas& schemas);
JsonOut schema_of(Type<Hash128>, const Schemas& schemas);
JsonOut schema_of(Type<PropertyId>, const Schemas& schemas);
JsonOut schema_of(Type<Duration>, const Schemas& schemas);
JsonOut schema_of(Type<Instant>, const Schemas& schemas);
/// 64 bits as a string: 16 hexadecimal digits.
JsonOut hash_schema(const Schemas& schemas);
/// The same, decimal.
JsonOut wide_schema(const Schemas& schemas);
/// A word; in sparse form also a number beyond the words.
JsonOut words_schema(std::span<const std::string_view> words, const Schemas& schemas);

template <class Tag>
JsonOut schema_of(Type<Ordinal<Tag>>, const Schemas& schemas) {
  return schema_of(Type<std::uint64_t>{}, schemas);
}
template <Named Enum>
JsonOut schema_of(Type<Enum>, const Schemas& schemas) {
  return words_schema(Names<Enum>::table, schemas);
}
template <class T>
JsonOut schema_of(Type<std::vector<T>>, const Schemas& schemas) {
  return list_of(schema_of(Type<T>{}, schemas));
}
template <HasFields T>
JsonOut schema_of(Type<T>, const Schemas& schemas);

/// For what each function means see Decoder. Values are looked at for their types only.
class SchemaWriter {
 public:
  explicit SchemaWriter(const Schemas& schemas) : schemas_(schemas) {}

  template <class T>
  void operator()(const char* key, const T&) {
    // Neither a name nor an object has a value that sparse form leaves out.
    if (Named<T> || HasFields<T>)
      required(key, schema_of(Type<T>{}, schemas_));
    else
      unless_zero(key, schema_of(Type<T>{}, schemas_));
  }
  template <class T>
  void operator()(const char* key, const std::optional<T>&) {
    optional(key, schema_of(Type<T>{}, schemas_));
  }
  template <class T>
  void operator()(const char* key, const std::shared_ptr<const T>&) {
    optional(key, schema_of(Type<T>{}, schemas_));
  }
  template <class T>
  void nullable(const char* key, const std::optional<T>&) {
    required(key, one_of({schema_of(Type<T>{}, schemas_), JsonOut::object({{"type", "null"}})}));
  }
  void wide(const char* key, std::uint64_t) { unless_zero(key, wide_schema(schemas_)); }
  void hash(const char* key, std::uint64_t) { unless_zero(key, hash_schema(schemas_)); }
  void constant(const char* key, std::string_view text) { required(key, JsonOut::object({{"const", text}})); }
  template <class T>
  void told(const char* key, const T& value) {
    (*this)(key, value);
  }
  template <class T>
  void unless_empty(const char* key, const T&) {
    optional(key, schema_of(Type<T>{}, schemas_));
  }
  template <class F>
  void object(const char* key, F&& name_fields) {
    SchemaWriter inner(schemas_);
    name_fields(inner);
    required(key, inner.take());
  }

  void required(std::string_view key, JsonOut schema);
  void optional(std::string_view key, JsonOut schema);

  JsonOut take();

 private:
  void unless_zero(const char* key, JsonOut schema) {
    schemas_.form == Form::full ? required(key, std::move(schema)) : optional(key, std::move(schema));
  }

  Schemas schemas_;
  JsonOut required_ = JsonOut::array();
  JsonOut properties_ = JsonOut::object();
};

/// For a type that declares its own `schema_of`, where its fields are seen.
template <class T>
JsonOut fields_schema(const Schemas& schemas) {
  SchemaWriter writer(schemas);
  const T object{};
  fields(writer, object);
  return writer.take();
}

template <HasFields T>
JsonOut schema_of(Type<T>, const Schemas& schemas) {
  return fields_schema<T>(schemas);
}

}  // namespace raftsim::history
