// The cursor that finds tokens in JSON text, and the words for what is wrong where JSON stops being JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/json_positions.hpp"

namespace raftsim::sim {

/// Stands behind the last token that was read. Each function skips space, comments and separators, takes the
/// token that starts there and returns its place. Never runs beyond the text.
class JsonCursor {
 public:
  JsonCursor(std::string_view text, std::uint32_t source);

  Place bracket() { return take(1); }
  Place string();
  /// A number or a literal.
  Place word();

  std::string_view text(Place place) const { return text_.substr(place.offset, place.length); }
  /// From 1; columns in code points.
  std::pair<std::uint32_t, std::uint32_t> line_and_column(std::size_t offset) const;

  /// Space and comments only. False at a comment that never ends, where the cursor then stays.
  bool skip_space();
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void advance() { at_ += at_end() ? 0u : 1u; }
  /// What stands here, as one token, for a message: never empty before the end.
  Place token() const;
  Place here() const { return {source_, static_cast<std::uint32_t>(at_), at_end() ? 0u : 1u}; }

 private:
  void skip_separators();
  Place take(std::size_t length);

  std::string_view text_;
  std::uint32_t source_;
  std::size_t at_ = 0;
};

/// What the reader had seen last.
enum class SyntaxState : std::uint8_t { start, bracket_opened, key_read, value_read };

struct OpenBracket {
  Place place;
  bool object = false;
};

/// What is wrong behind the cursor. Precondition: the JSON parser refused what stands there.
JsonProblem syntax_problem(JsonCursor& cursor, SyntaxState state, const std::vector<OpenBracket>& open);

/// Whether all of a token is one JSON number, or one of the literals: a parser stops behind `10` of `10s`, a
/// reader of messages wants to hear of all of it.
bool is_json_word(std::string_view token);

/// What is wrong with a token that is no JSON word.
JsonProblem bad_word(Place place, std::string_view token);

/// Bytes that no text has: NUL and other control characters, invalid UTF-8.
std::optional<JsonProblem> unreadable_bytes(std::string_view text, std::uint32_t source);

}  // namespace raftsim::sim
