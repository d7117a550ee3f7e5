#include "history/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raftsim::history {
namespace {

/// Bytes of the sequence that starts with `lead`, and the bounds of its second byte; length 0: no lead byte.
struct Sequence {
  std::size_t length;
  unsigned char second_min;
  unsigned char second_max;
};

constexpr Sequence sequence(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool steers(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

std::string_view first_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && continues(text[bytes_max])) --bytes_max;
  return text.substr(0, bytes_max);
}

std::string_view last_of(std::string_view text, std::size_t bytes_max) {
  std::size_t begin = text.size() - std::min(bytes_max, text.size());
  while (begin > 0 && begin < text.size() && continues(text[begin])) ++begin;
  return text.substr(begin);
}

std::string on_one_line(std::string_view text) {
  if (std::ranges::none_of(text, steers)) return std::string(text);
  std::string line;
  for (const char c : text) {
    if (!steers(c))
      line += c;
    else if (c == '\n' || c == '\t' || c == '\r')
      line += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    else
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return line;
}

bool is_utf8(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const Sequence s = sequence(at(i));
    if (s.length == 0 || s.length > bytes.size() - i) return false;
    if (s.length > 1 && (at(i + 1) < s.second_min || at(i + 1) > s.second_max)) return false;
    for (std::size_t j = 2; j < s.length; ++j)
      if (at(i + j) < 0x80 || at(i + j) > 0xBF) return false;
    i += s.length;
  }
  return true;
}

}  // namespace raftsim::history
