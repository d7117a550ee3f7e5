// JSON with the place of every value and key: what error messages need and nlohmann's tree does not keep.
// nlohmann's SAX events arrive in the order of the text; a second cursor on the text finds each token's
// place.
// `//` and `/* */` comments are allowed. Total: any bytes may come; at most one syntax error a text is told,
// since nothing after it can be trusted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace raftsim::sim {

/// A token of one of several texts (the file, then the values of --set), in bytes.
struct Place {
  std::uint32_t source = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct JsonMember;

struct JsonNode {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  Place place;  ///< of an array or object: its opening bracket
  /// string: decoded. number: its source text, since probabilities are ratios of it and integers may be
  /// longer than 64 bits. boolean: true or false.
  std::string text;
  std::vector<JsonMember> members;
  std::vector<JsonNode> items;

  bool is(Kind k) const { return kind == k; }
  /// Null where there is none.
  const JsonNode* find(std::string_view key) const;
  JsonNode* find(std::string_view key);
};

struct JsonMember {
  std::string key;
  Place key_place;
  JsonNode value;
};

struct JsonProblem {
  Place place;
  std::string message;
  std::string help;
};

/// Bytes of a text that is read at all.
inline constexpr std::size_t json_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t json_depth_max = 64;

/// Fills `root`; true if the whole text was read. Duplicate keys are problems too, though the text is read to
/// its end: the first one counts. Precondition: text.size() <= json_bytes_max.
bool parse_json(std::string_view text, std::uint32_t source, JsonNode& root,
                std::vector<JsonProblem>& problems);

/// Code points in valid UTF-8.
std::size_t code_points(std::string_view text);

/// The first byte that is not part of valid UTF-8 (RFC 3629); npos if all is.
std::size_t invalid_utf8(std::string_view text);

/// The text in double quotes with JSON's escapes.
std::string json_quoted(std::string_view text);

}  // namespace raftsim::sim
