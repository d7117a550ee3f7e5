#include "history/client_values.hpp"

#include <algorithm>

#include "history/utf8.hpp"

namespace raftsim::history {
namespace {

constexpr char escape = '\\';
/// Stands behind `escape` for a space. What else is escaped is `escape` itself.
constexpr char escaped_space = '_';

/// As EDN, it would be no symbol.
bool reads_as_other_datum(std::string_view text) {
  if (text == "nil" || text == "true" || text == "false") return true;
  const auto digit = [&text](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  const bool sign = text.front() == '-' || text.front() == '+';
  return digit(0) || (sign && digit(1)) || std::string_view("\":;#([{\\").find(text.front()) != text.npos;
}

}  // namespace

std::string kept_string(std::string_view text) { return (text.empty() ? "" : "\"") + std::string(text); }

std::string kept_element(std::string_view value) {
  std::string element;
  element.reserve(value.size() + 1);
  for (const char c : value) {
    if (c == ' ' || c == escape) element += escape;
    element += c == ' ' ? escaped_space : c;
  }
  return element + ' ';
}

std::string_view element_at(std::string_view list, std::size_t at) {
  return list.substr(at, std::min(list.find(' ', at), list.size() - 1) + 1 - at);
}

std::string_view last_element(std::string_view list) {
  if (list.size() < 2) return list;  // one without a letter
  return list.substr(list.find_last_of(' ', list.size() - 2) + 1);
}

std::string element_value(std::string_view element) {
  if (element.ends_with(' ')) element.remove_suffix(1);
  std::string value;
  value.reserve(element.size());
  for (std::size_t i = 0; i < element.size(); ++i) {
    const bool escapes = element[i] == escape && i + 1 < element.size();
    if (escapes) ++i;
    value += escapes && element[i] == escaped_space ? ' ' : element[i];
  }
  return value;
}

std::string shown_scalar(std::string_view kept, bool typed) {
  const bool string = !typed || kept.empty() || kept.front() == '"';
  if (!string) return on_one_line(kept);
  if (typed && !kept.empty()) kept.remove_prefix(1);
  const bool quotes = kept.empty() || kept.find(' ') != kept.npos || (typed && reads_as_other_datum(kept));
  return quotes ? '"' + on_one_line(kept) + '"' : on_one_line(kept);
}

}  // namespace raftsim::history
