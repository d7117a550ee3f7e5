#include "sim/source_text.hpp"

#include <algorithm>

namespace raftsim::sim {

namespace {

constexpr std::size_t window_columns = 96;  ///< of a source line that is shown
constexpr std::size_t window_before = 40;   ///< of these, before the caret

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The code points of a line as a terminal may show them: whatever is broken or steers a terminal becomes one
/// replacement character, so that columns stay true.
std::vector<std::string> printable(std::string_view line) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i + 1;
    while (end < line.size() && continues(line[end])) ++end;
    const std::string_view one = line.substr(i, end - i);
    if (one == "\t")
      result.emplace_back(" ");
    else if (static_cast<unsigned char>(one[0]) < 0x20 || one[0] == 0x7F || invalid_utf8(one) != one.npos)
      result.emplace_back("\xEF\xBF\xBD");  // U+FFFD
    else
      result.emplace_back(one);
    i = end;
  }
  return result;
}

}  // namespace

std::uint32_t SourceTexts::add(std::string path, std::string_view text) {
  Text t{std::move(path), text, {0}};
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') t.line_starts.push_back(i + 1);
  texts_.push_back(std::move(t));
  return static_cast<std::uint32_t>(texts_.size() - 1);
}

std::uint32_t SourceTexts::line_of(Place place) const {
  const std::vector<std::size_t>& starts = texts_[place.source].line_starts;
  return static_cast<std::uint32_t>(std::upper_bound(starts.begin(), starts.end(), place.offset) -
                                    starts.begin());
}

Diagnostic SourceTexts::at(Place place, Diagnostic::Severity severity, std::string message,
                           std::string help) const {
  const Text& text = texts_[place.source];
  Diagnostic d;
  d.severity = severity;
  d.path = text.path;
  d.message = std::move(message);
  d.help = std::move(help);
  d.line = line_of(place);
  const std::size_t start = text.line_starts[d.line - 1];
  std::size_t end = std::min(text.bytes.find('\n', start), text.bytes.size());
  if (end > start && text.bytes[end - 1] == '\r') --end;
  const std::size_t offset = std::min<std::size_t>(place.offset, text.bytes.size());
  d.column = static_cast<std::uint32_t>(code_points(text.bytes.substr(start, offset - start)) + 1);
  const std::size_t token_end = std::min(std::max(offset, end), offset + place.length);
  d.length = static_cast<std::uint32_t>(
      std::max<std::size_t>(1, code_points(text.bytes.substr(offset, token_end - offset))));

  // Only the bytes that can be in the window are looked at: four a code point at most.
  const std::size_t column = d.column - 1;
  const std::size_t skipped = column > window_columns - window_before / 2 ? column - window_before : 0;
  std::size_t from = start;
  for (std::size_t i = 0; i < skipped && from < end; ++i) {
    ++from;
    while (from < end && continues(text.bytes[from])) ++from;
  }
  std::vector<std::string> shown =
      printable(text.bytes.substr(from, std::min(end - from, 4 * window_columns)));
  const bool cut = shown.size() > window_columns;
  if (cut) shown.resize(window_columns);
  d.source_line = skipped > 0 ? "..." : "";
  for (const std::string& one : shown) d.source_line += one;
  if (cut) d.source_line += "...";
  d.source_column = static_cast<std::uint32_t>(column - skipped + 1 + (skipped > 0 ? 3 : 0));
  d.length = std::min<std::uint32_t>(d.length, static_cast<std::uint32_t>(window_columns + 4) -
                                                   std::min<std::uint32_t>(d.source_column, window_columns));
  return d;
}

}  // namespace raftsim::sim
