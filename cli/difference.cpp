#include "cli/difference.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "history/event_lines.hpp"
#include "history/reader.hpp"

namespace raftsim::cli {

std::vector<std::string> events_in(const std::string& history_path) {
  auto opened = history::HistoryReader::open(history_path);
  history::EventLines lines;
  if (auto* reader = std::get_if<history::HistoryReader>(&opened)) {
    history::Journal journal;
    journal.subscribe(lines);
    reader->play(journal);
  }
  return std::move(lines.lines);
}

std::string first_difference(const Side& a, const Side& b) {
  const std::size_t both = std::min(a.events.size(), b.events.size());
  const auto end = a.events.begin() + static_cast<std::ptrdiff_t>(both);
  const auto at = static_cast<std::size_t>(std::mismatch(a.events.begin(), end, b.events.begin()).first -
                                           a.events.begin());
  if (at == a.events.size() && at == b.events.size()) return {};
  const std::size_t width = std::max(a.name.size(), b.name.size());
  const auto shown = [at, width](const Side& side) {
    return fmt::format("    {:<{}}  {}\n", side.name, width,
                       at < side.events.size() ? side.events[at] : "(the history ends)");
  };
  return fmt::format("  first differing event: {}\n{}{}", at + 1, shown(a), shown(b));
}

}  // namespace raftsim::cli
