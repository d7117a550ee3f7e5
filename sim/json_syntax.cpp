#include "sim/json_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' ||
         c == '.' || c == '_' || c == '$';
}

constexpr std::size_t shown_bytes_max = 40;  ///< of a token that a message quotes

/// A token as a message quotes it.
std::string shown(std::string_view token) {
  if (token.size() <= shown_bytes_max) return std::string(token);
  std::size_t end = shown_bytes_max;
  while ((static_cast<unsigned char>(token[end]) & 0xC0) == 0x80) --end;
  return std::string(token.substr(0, end)) + "...";
}

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

JsonCursor::JsonCursor(std::string_view text, std::uint32_t source) : text_(text), source_(source) {
  if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
}

bool JsonCursor::skip_space() {
  while (!at_end()) {
    if (is_space(text_[at_])) {
      ++at_;
    } else if (text_.substr(at_, 2) == "//") {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (text_.substr(at_, 2) == "/*") {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return false;
      at_ = end + 2;
    } else {
      break;
    }
  }
  return true;
}

void JsonCursor::skip_separators() {
  while (skip_space() && (peek() == ',' || peek() == ':')) ++at_;
}

Place JsonCursor::take(std::size_t length) {
  skip_separators();
  const std::size_t begin = at_;
  at_ = std::min(at_ + length, text_.size());
  return {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_ - begin)};
}

Place JsonCursor::string() {
  skip_separators();
  const Place place = token();
  at_ = place.offset + place.length;
  return place;
}

Place JsonCursor::word() { return string(); }

Place JsonCursor::token() const {
  std::size_t end = at_;
  if (peek() == '"') {
    ++end;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n')
      end += text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n' ? 2u : 1u;
    if (end < text_.size() && text_[end] == '"') ++end;
  } else if (is_word(peek())) {
    while (end < text_.size() && is_word(text_[end])) ++end;
  } else if (!at_end()) {
    ++end;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
  }
  return {source_, static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end - at_)};
}

std::pair<std::uint32_t, std::uint32_t> JsonCursor::line_and_column(std::size_t offset) const {
  const std::string_view before = text_.substr(0, offset);
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
          static_cast<std::uint32_t>(code_points(before.substr(start)) + 1)};
}

bool is_json_word(std::string_view token) {
  if (token == "true" || token == "false" || token == "null") return true;
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < token.size() && token[i] >= '0' && token[i] <= '9') ++i;
    return i - begin;
  };
  const auto at = [&](std::string_view set) { return i < token.size() && set.find(token[i]) != set.npos; };
  if (at("-")) ++i;
  const bool leading_zero = at("0");
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (at(".")) {
    ++i;
    if (digits() == 0) return false;
  }
  if (at("eE")) {
    ++i;
    if (at("+-")) ++i;
    if (digits() == 0) return false;
  }
  return i == token.size();
}

JsonProblem bad_word(Place place, std::string_view token) {
  std::string lower(token);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string_view bare = lower;
  while (!bare.empty() && (bare.front() == '-' || bare.front() == '+')) bare.remove_prefix(1);
  if (bare == "nan" || bare == "inf" || bare == "infinity")
    return {place, fmt::format("{} is not a JSON number", shown(token)), "only finite numbers are allowed"};
  const bool numeric = !bare.empty() && (bare.front() == '.' || (bare.front() >= '0' && bare.front() <= '9'));
  if (!numeric) {
    constexpr std::array<std::string_view, 3> literals{"true", "false", "null"};
    const std::string_view close = closest(lower, literals);
    if (!close.empty())
      return {place, fmt::format("unknown word {}", shown(token)), fmt::format("did you mean {}?", close)};
    return {place, fmt::format("unknown word {}", shown(token)), "strings stand in double quotes"};
  }
  if (is_json_word(token)) return {place, fmt::format("number {} is out of range", shown(token)), ""};
  const bool has_unit = std::any_of(bare.begin(), bare.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return {place, fmt::format("{} is not a JSON number", shown(token)),
          has_unit ? fmt::format("a value with a unit is a string: \"{}\"", shown(token))
                   : "digits, then perhaps a point and more digits; no leading zeros"};
}

namespace {

/// Why a token in double quotes is no JSON string.
JsonProblem bad_string(const JsonCursor& cursor, Place place) {
  const std::string_view token = cursor.text(place);
  if (token.size() < 2 || token.back() != '"')
    return {place, "this string has no closing quote", "close it on the same line"};
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    if (token[i] != '\\') {
      if (static_cast<unsigned char>(token[i]) < 0x20)
        return {{place.source, place.offset + static_cast<std::uint32_t>(i), 1},
                "a control character in a string",
                "write \\t, \\n or \\u00XX"};
      continue;
    }
    const char escaped = token[i + 1];
    if (std::string_view("\"\\/bfnrtu").find(escaped) == std::string_view::npos)
      return {{place.source, place.offset + static_cast<std::uint32_t>(i), 2},
              fmt::format("unknown escape {} in a string", token.substr(i, 2)),
              R"(allowed: \" \\ \/ \b \f \n \r \t \uXXXX)"};
    ++i;
  }
  return {place, "an escape \\u in this string is no character", "write \\uXXXX, or a surrogate pair"};
}

JsonProblem unclosed(const JsonCursor& cursor, const std::vector<OpenBracket>& open) {
  if (open.empty()) return {cursor.here(), "the file ends where a value should stand", ""};
  const auto [line, column] = cursor.line_and_column(open.back().place.offset);
  return {cursor.here(),
          fmt::format("the file ends inside the {} that starts at {}:{}",
                      open.back().object ? "object" : "list", line, column),
          fmt::format("close it with \"{}\"", open.back().object ? '}' : ']')};
}

JsonProblem bad_value(const JsonCursor& cursor, const std::vector<OpenBracket>& open) {
  const Place place = cursor.token();
  const std::string_view token = cursor.text(place);
  if (cursor.at_end()) return unclosed(cursor, open);
  if (cursor.peek() == '"') return bad_string(cursor, place);
  if (cursor.peek() == '\'') return {place, "strings stand in double quotes, not single ones", ""};
  if (token == "}" || token == "]" || token == "," || token == ":")
    return {place, fmt::format("expected a value, found \"{}\"", shown(token)),
            token == "}" || token == "]" ? "remove the comma before it" : ""};
  if (is_word(cursor.peek())) return bad_word(place, token);
  return {place, fmt::format("expected a value, found \"{}\"", shown(token)), ""};
}

JsonProblem bad_key(const JsonCursor& cursor, const std::vector<OpenBracket>& open) {
  const Place place = cursor.token();
  const std::string_view token = cursor.text(place);
  if (cursor.at_end()) return unclosed(cursor, open);
  if (cursor.peek() == '"') return bad_string(cursor, place);
  if (token == "}")
    return {place, "expected a field after the comma, found \"}\"", "remove the comma before it"};
  return {place, fmt::format("expected a field's name in double quotes, found \"{}\"", shown(token)), ""};
}

}  // namespace

JsonProblem syntax_problem(JsonCursor& cursor, SyntaxState state, const std::vector<OpenBracket>& open) {
  if (!cursor.skip_space()) return {cursor.here(), "this comment never ends", "close it with */"};
  if (state == SyntaxState::start)
    return cursor.at_end()
               ? JsonProblem{cursor.here(), "the file is empty", "a scenario is a JSON object: {...}"}
               : bad_value(cursor, open);
  if (open.empty())
    return {cursor.token(), "expected the end of the file after the scenario",
            "one file holds one JSON object"};
  const bool in_object = open.back().object;
  if (state == SyntaxState::key_read) {
    if (cursor.at_end()) return unclosed(cursor, open);
    if (cursor.peek() != ':')
      return {cursor.token(),
              fmt::format("expected \":\" after the field's name, found \"{}\"",
                          shown(cursor.text(cursor.token()))),
              ""};
    cursor.advance();
  } else if (state == SyntaxState::value_read) {
    if (cursor.at_end()) return unclosed(cursor, open);
    if (cursor.peek() != ',')
      return {cursor.token(),
              fmt::format("expected \",\" or \"{}\", found {}", in_object ? '}' : ']',
                          cursor.peek() == '"' ? shown(cursor.text(cursor.token()))
                                               : fmt::format("\"{}\"", shown(cursor.text(cursor.token())))),
              "a comma is missing before it"};
    cursor.advance();
  }
  if (!cursor.skip_space()) return {cursor.here(), "this comment never ends", "close it with */"};
  return in_object && state != SyntaxState::key_read ? bad_key(cursor, open) : bad_value(cursor, open);
}

std::size_t invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    const std::size_t length = lead < 0x80                    ? 1
                               : lead >= 0xC2 && lead <= 0xDF ? 2
                               : lead >= 0xE0 && lead <= 0xEF ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80) return i;
    // Overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629, section 4).
    if ((lead == 0xE0 && byte(i + 1) < 0xA0) || (lead == 0xED && byte(i + 1) > 0x9F) ||
        (lead == 0xF0 && byte(i + 1) < 0x90) || (lead == 0xF4 && byte(i + 1) > 0x8F))
      return i;
    i += length;
  }
  return std::string_view::npos;
}

std::optional<JsonProblem> unreadable_bytes(std::string_view text, std::uint32_t source) {
  const std::size_t control = static_cast<std::size_t>(
      std::find_if(text.begin(), text.end(),
                   [](char c) { return static_cast<unsigned char>(c) < 0x20 && !is_space(c); }) -
      text.begin());
  const std::size_t utf8 = invalid_utf8(text);
  const std::size_t first = std::min(control, utf8);
  if (first >= text.size()) return std::nullopt;
  const Place place{source, static_cast<std::uint32_t>(first), 1};
  const unsigned byte = static_cast<unsigned char>(text[first]);
  if (text.find('\0') != std::string_view::npos)
    return JsonProblem{place, fmt::format("byte 0x{:02x}: this is a binary file", byte),
                       "a scenario is JSON text in UTF-8"};
  const std::string what = first == utf8 ? fmt::format("byte 0x{:02x} is not valid UTF-8", byte)
                                         : fmt::format("control character 0x{:02x} in JSON text", byte);
  return JsonProblem{place, what, "a scenario is JSON text in UTF-8"};
}

}  // namespace raftsim::sim
