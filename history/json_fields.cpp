#include "history/json_fields.hpp"

#include <charconv>

#include "history/text.hpp"

namespace raftsim::history {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

void decode_number_text(const JsonIn& j, int base, std::uint64_t& out, Trouble& trouble) {
  const auto value = j.is_string() ? whole_number(j.get_ref<const std::string&>(), base) : std::nullopt;
  if (value) out = *value;
  trouble.unless(value.has_value(), base == 16 ? "hexadecimal digits in a string" : "digits in a string");
}

std::optional<std::string> bytes_of_hex(const JsonIn& j) {
  if (!j.is_object()) return std::nullopt;
  const auto hex = j.find("hex");
  if (hex == j.end() || !hex->is_string()) return std::nullopt;
  const std::string& digits = hex->get_ref<const std::string&>();
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto byte = whole_number(std::string_view(digits).substr(i, 2), 16);
    if (!byte) return std::nullopt;
    bytes += static_cast<char>(static_cast<unsigned char>(*byte));
  }
  return bytes;
}

/// Linear, before anything is built: a line of a million brackets must not become a million values.
bool nested_too_deeply(std::string_view text) {
  constexpr int depth_max = 64;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > depth_max) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

void Trouble::expected(std::string_view what) {
  if (what_.empty()) what_ = path_ + (path_.empty() ? "" : ": ") + "expected " + std::string(what);
}

std::optional<JsonIn> parse_json(std::string_view text) {
  if (nested_too_deeply(text)) return std::nullopt;
  JsonIn json = JsonIn::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

std::string dump(const JsonOut& json) { return json.dump(-1, ' ', false, JsonOut::error_handler_t::replace); }

void decode(const JsonIn& j, bool& out, Trouble& trouble) {
  trouble.unless(j.is_boolean(), "true or false");
  if (j.is_boolean()) out = j.get<bool>();
}

void decode(const JsonIn& j, std::uint64_t& out, Trouble& trouble) {
  trouble.unless(j.is_number_unsigned(), "a whole number, not negative");
  if (j.is_number_unsigned()) out = j.get<std::uint64_t>();
}

void decode(const JsonIn& j, std::uint32_t& out, Trouble& trouble) {
  std::uint64_t wide = 0;
  decode(j, wide, trouble);
  trouble.unless(wide <= UINT32_MAX, "a number below 2^32");
  out = static_cast<std::uint32_t>(wide);
}

void decode(const JsonIn& j, std::int64_t& out, Trouble& trouble) {
  const bool too_large = j.is_number_unsigned() && j.get<std::uint64_t>() > INT64_MAX;
  const bool good = j.is_number_integer() && !too_large;
  trouble.unless(good, "a whole number of 64 bits");
  if (good) out = j.get<std::int64_t>();
}

void decode(const JsonIn& j, std::string& out, Trouble& trouble) {
  if (j.is_string()) {
    out = j.get<std::string>();
    return;
  }
  const std::optional<std::string> bytes = bytes_of_hex(j);
  trouble.unless(bytes.has_value(), "a string");
  if (bytes) out = *bytes;
}

void decode(const JsonIn& j, NodeId& out, Trouble& trouble) {
  std::optional<std::uint64_t> number;
  if (j.is_string() && j.get_ref<const std::string&>().starts_with('n'))
    number = whole_number(std::string_view(j.get_ref<const std::string&>()).substr(1), 10);
  trouble.unless(number.has_value(), "a node such as n1");
  if (number) out = NodeId{*number};
}

void decode(const JsonIn& j, Endpoint& out, Trouble& trouble) {
  const auto endpoint =
      j.is_string() ? endpoint_named(j.get_ref<const std::string&>()) : std::optional<Endpoint>{};
  trouble.unless(endpoint.has_value(), "a node or client such as n1, c0");
  if (endpoint) out = *endpoint;
}

void decode(const JsonIn& j, Hash128& out, Trouble& trouble) {
  const auto hash = j.is_string() ? hash_named(j.get_ref<const std::string&>()) : std::optional<Hash128>{};
  trouble.unless(hash.has_value(), "32 hexadecimal digits in a string");
  if (hash) out = *hash;
}

void decode_hash(const JsonIn& j, std::uint64_t& out, Trouble& trouble) {
  decode_number_text(j, 16, out, trouble);
}

void decode(const JsonIn& j, PropertyId& out, Trouble& trouble) {
  const auto id = j.is_string() ? property_named(j.get_ref<const std::string&>()) : std::nullopt;
  trouble.unless(id.has_value(), "the name of a property");
  if (id) out = *id;
}

void decode(const JsonIn& j, Duration& out, Trouble& trouble) { decode(j, out.ns, trouble); }
void decode(const JsonIn& j, Instant& out, Trouble& trouble) { decode(j, out.ns, trouble); }

void Decoder::wide(const char* key, std::uint64_t& value) {
  with(key, [&](const JsonIn& j) { decode_number_text(j, 10, value, trouble_); });
}

void Decoder::hash(const char* key, std::uint64_t& value) {
  with(key, [&](const JsonIn& j) { decode_hash(j, value, trouble_); });
}

void Decoder::constant(const char* key, std::string_view text) {
  std::string found;
  (*this)(key, found);
  trouble_.unless(found == text, std::string(key) + " " + std::string(text));
}

JsonOut encode(NodeId node) { return to_text(node); }
JsonOut encode(Endpoint endpoint) { return to_text(endpoint); }
JsonOut encode(const Hash128& hash) { return to_text(hash); }
JsonOut encode(PropertyId property) { return std::string(info(property).name); }

void Encoder::hash(const char* key, std::uint64_t value) {
  std::string text = to_text(Hash128{0, value});
  json_[key] = text.substr(16);
}

}  // namespace raftsim::history
