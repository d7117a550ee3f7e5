// JSON to and from the vocabulary of seam/ and history/. A struct names its fields once, in a function
// `fields(visitor, object)`, which both directions and the schema (json_schema.hpp) follow. Decoding is
// total, by value, and keeps the first trouble with its place. Not installed: for history/ and reports/.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "history/hash.hpp"
#include "history/names.hpp"
#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim::history {

/// Written: keys stay in the order of the fields, which makes the text canonical.
using JsonOut = nlohmann::ordered_json;
/// Read: looking a key up is never linear, whatever the file holds.
using JsonIn = nlohmann::json;

/// The first thing that was wrong, such as `nodes[2].id: expected a node such as n1`.
class Trouble {
 public:
  explicit operator bool() const { return !what_.empty(); }
  const std::string& text() const { return what_; }

  void expected(std::string_view what);
  void unless(bool good, std::string_view what) {
    if (!good) expected(what);
  }
  /// Runs `decode` one step further down, unless there was trouble before. Nesting is bounded, since decoding
  /// recurses.
  template <class F>
  void at(std::string_view step, F&& decode) {
    if (*this) return;
    if (++depth_ > depth_max) expected("less nesting");
    const std::size_t length = path_.size();
    if (!path_.empty() && step.front() != '[') path_ += '.';
    path_ += step;
    if (!*this) decode();
    path_.resize(length);
    --depth_;
  }

 private:
  static constexpr int depth_max = 64;
  int depth_ = 0;
  std::string path_;
  std::string what_;
};

template <class Enum>
concept Named = std::is_enum_v<Enum> && requires {
  Names<Enum>::table;
};

/// Whether `X` is `T` or `const T`: fields() serve both directions.
template <class X, class T>
concept Is = std::same_as<std::remove_const_t<X>, T>;

/// Nothing for text that is no JSON, or is nested more than 64 deep.
std::optional<JsonIn> parse_json(std::string_view text);
/// One line; bytes that are no UTF-8 are replaced, so that it is always valid.
std::string dump(const JsonOut& json);

// --- decoding ---

void decode(const JsonIn& j, bool& out, Trouble& trouble);
void decode(const JsonIn& j, std::uint64_t& out, Trouble& trouble);
void decode(const JsonIn& j, std::uint32_t& out, Trouble& trouble);
void decode(const JsonIn& j, std::int64_t& out, Trouble& trouble);
/// A string, or {"hex": ..} for bytes that are no UTF-8.
void decode(const JsonIn& j, std::string& out, Trouble& trouble);
void decode(const JsonIn& j, NodeId& out, Trouble& trouble);
void decode(const JsonIn& j, Endpoint& out, Trouble& trouble);
void decode(const JsonIn& j, Hash128& out, Trouble& trouble);
void decode(const JsonIn& j, PropertyId& out, Trouble& trouble);
/// 16 hexadecimal digits.
void decode_hash(const JsonIn& j, std::uint64_t& out, Trouble& trouble);
/// In nanoseconds.
void decode(const JsonIn& j, Duration& out, Trouble& trouble);
void decode(const JsonIn& j, Instant& out, Trouble& trouble);

template <class Tag>
void decode(const JsonIn& j, Ordinal<Tag>& out, Trouble& trouble) {
  decode(j, out.value, trouble);
}

/// A name; or a number, for a value that has none.
template <Named Enum>
void decode(const JsonIn& j, Enum& out, Trouble& trouble) {
  constexpr std::size_t size = Names<Enum>::table.size();
  std::optional<Enum> value;
  if (j.is_string()) value = named<Enum>(j.get_ref<const std::string&>());
  if (j.is_number_unsigned() && j.get<std::uint64_t>() >= size && j.get<std::uint64_t>() <= UINT8_MAX)
    value = static_cast<Enum>(j.get<std::uint64_t>());
  if (value) out = *value;
  trouble.unless(value.has_value(), "a name such as " + std::string(Names<Enum>::table.front()));
}

template <class T>
void decode(const JsonIn& j, std::optional<T>& out, Trouble& trouble) {
  out.reset();
  if (!j.is_null()) decode(j, out.emplace(), trouble);
}

template <class T>
void decode(const JsonIn& j, std::vector<T>& out, Trouble& trouble) {
  out.clear();
  if (!j.is_array()) return trouble.expected("a list");
  for (std::size_t i = 0; i < j.size() && !trouble; ++i)
    trouble.at("[" + std::to_string(i) + "]", [&] { decode(j[i], out.emplace_back(), trouble); });
}

template <class T>
void decode(const JsonIn& j, std::shared_ptr<const T>& out, Trouble& trouble) {
  auto value = std::make_shared<T>();
  decode(j, *value, trouble);
  out = std::move(value);
}

/// Fields that are absent keep their value; unknown ones are ignored.
class Decoder {
 public:
  Decoder(const JsonIn& object, Trouble& trouble) : object_(object), trouble_(trouble) {
    trouble.unless(object.is_object(), "an object");
  }

  template <class T>
  void operator()(const char* key, T& value) {
    with(key, [&](const JsonIn& j) { decode(j, value, trouble_); });
  }
  template <class T>
  void nullable(const char* key, std::optional<T>& value) {
    (*this)(key, value);
  }
  /// 64 bits as a string: decimal.
  void wide(const char* key, std::uint64_t& value);
  /// 64 bits as a string: 16 hexadecimal digits.
  void hash(const char* key, std::uint64_t& value);
  /// Always this text: what the document is.
  void constant(const char* key, std::string_view text);
  /// Made of other fields when written: not read back.
  template <class T>
  void told(const char*, const T&) {}
  template <class T>
  void unless_empty(const char* key, T& value) {
    (*this)(key, value);
  }
  /// An object that is no struct of ours; `name_fields` gets its visitor.
  template <class F>
  void object(const char* key, F&& name_fields) {
    with(key, [&](const JsonIn& j) {
      Decoder inner(j, trouble_);
      name_fields(inner);
    });
  }

 private:
  template <class F>
  void with(const char* key, F&& decode_value) {
    if (!object_.is_object()) return;
    const auto found = object_.find(key);
    if (found != object_.end()) trouble_.at(key, [&] { decode_value(*found); });
  }

  const JsonIn& object_;
  Trouble& trouble_;
};

template <class T>
concept HasFields = requires(Decoder& d, T& object) {
  fields(d, object);
};

template <HasFields T>
void decode(const JsonIn& j, T& out, Trouble& trouble) {
  Decoder decoder(j, trouble);
  fields(decoder, out);
}

// --- encoding ---

inline JsonOut encode(bool value) { return value; }
inline JsonOut encode(std::uint64_t value) { return value; }
inline JsonOut encode(std::uint32_t value) { return value; }
inline JsonOut encode(std::int64_t value) { return value; }
inline JsonOut encode(const std::string& value) { return value; }
JsonOut encode(NodeId node);
JsonOut encode(Endpoint endpoint);
JsonOut encode(const Hash128& hash);
JsonOut encode(PropertyId property);
inline JsonOut encode(Duration duration) { return duration.ns; }
inline JsonOut encode(Instant time) { return time.ns; }
template <class Tag>
JsonOut encode(Ordinal<Tag> value) {
  return value.value;
}
template <Named Enum>
JsonOut encode(Enum value) {
  return std::string(name(value));
}
template <HasFields T>
JsonOut encode(const T& object);
template <class T>
JsonOut encode(const std::vector<T>& values) {
  JsonOut list = JsonOut::array();
  for (const T& value : values) list.push_back(encode(value));
  return list;
}

/// Optional values that are absent are left out. For what each function means see Decoder.
class Encoder {
 public:
  template <class T>
  void operator()(const char* key, const T& value) {
    json_[key] = encode(value);
  }
  template <class T>
  void operator()(const char* key, const std::optional<T>& value) {
    if (value) json_[key] = encode(*value);
  }
  template <class T>
  void operator()(const char* key, const std::shared_ptr<const T>& value) {
    if (value) json_[key] = encode(*value);
  }
  /// Absent is null: for a field whose default is a value.
  template <class T>
  void nullable(const char* key, const std::optional<T>& value) {
    json_[key] = value ? encode(*value) : JsonOut(nullptr);
  }
  void wide(const char* key, std::uint64_t value) { json_[key] = std::to_string(value); }
  void hash(const char* key, std::uint64_t value);
  void constant(const char* key, std::string_view text) { json_[key] = text; }
  template <class T>
  void told(const char* key, const T& value) {
    (*this)(key, value);
  }
  template <class T>
  void unless_empty(const char* key, const T& value) {
    if (!value.empty()) json_[key] = encode(value);
  }
  template <class F>
  void object(const char* key, F&& name_fields) {
    Encoder inner;
    name_fields(inner);
    json_[key] = inner.take();
  }

  JsonOut take() { return std::move(json_); }

 private:
  JsonOut json_ = JsonOut::object();
};

/// For a type that declares its own `encode`, where its fields are seen.
template <class T>
JsonOut encode_fields(const T& object) {
  Encoder encoder;
  fields(encoder, object);
  return encoder.take();
}

template <HasFields T>
JsonOut encode(const T& object) {
  return encode_fields(object);
}

template <class V, Is<Configuration> X>
void fields(V& v, X& x) {
  v("voters", x.voters);
  v("voters_outgoing", x.voters_outgoing);
  v("learners", x.learners);
}

}  // namespace raftsim::history
