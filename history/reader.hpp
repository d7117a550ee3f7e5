// Reads a history file back and plays it to observers, which then see exactly what they saw live.
// Total over any bytes: what is wrong is a value with a place, never a crash; memory is bounded by the
// longest line, which is bounded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "history/event.hpp"
#include "history/hash.hpp"
#include "history/history_file.hpp"
#include "history/journal.hpp"
#include "history/owned_details.hpp"
#include "history/run_result.hpp"

namespace raftsim::history {

class LineSource;

/// A longer line is refused.
inline constexpr std::size_t history_line_bytes_max = std::size_t{4} << 20;

/// The end record. Compare `hash` with that of the journal which the history was played into.
struct HistoryEnd {
  std::uint64_t events = 0;
  Hash128 hash;
  /// Nothing where the file has none that this version understands.
  std::optional<RunResult> result;
};

/// What is there of a history of which events are missing: its beginning, or some in its middle.
struct Excerpt {
  EventId first, last;
  Instant last_time;
  std::uint64_t events = 0;  ///< that are there
  /// Where the end is there, too.
  std::optional<HistoryEnd> end;
  /// Where it is not, and the file breaks off within a line.
  std::optional<HistoryError> cut;
};

class HistoryReader {
 public:
  /// Opens and reads the header. Plain or zstd, whatever its name. "-" is not special.
  static std::variant<HistoryReader, HistoryError> open(const std::string& path);
  /// The same of bytes in memory; `name` stands for the path in errors.
  static std::variant<HistoryReader, HistoryError> from_bytes(std::string name, std::string bytes);

  /// Reads on from where `source` stands: at its first line.
  static std::variant<HistoryReader, HistoryError> from_source(std::unique_ptr<LineSource> source);

  HistoryReader(HistoryReader&&) noexcept;
  HistoryReader& operator=(HistoryReader&&) noexcept;
  ~HistoryReader();

  const HistoryHeader& header() const;

  /// Emits all events into `journal`, which has seen none. Called once. After an error, the journal has seen
  /// all events before the bad line: a truncated history can still be judged as far as it goes.
  std::variant<HistoryEnd, HistoryError> play(Journal& journal);

  /// Instead of play(): which events there are, in order, though others may be missing. Lines that begin as
  /// our writer begins them are not decoded further: next_event() gives them.
  std::variant<Excerpt, HistoryError> survey();

  /// Instead of both: the next line that holds an event, and which line it is. Nothing at the end, and where
  /// the file breaks off. Valid until the next call.
  struct EventLine {
    EventId id;
    std::string_view text;
    std::uint64_t number = 0;
  };
  std::optional<EventLine> next_event();

 private:
  class Impl;
  explicit HistoryReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Decodes one line of an event. Nothing where well; else what is wrong. `event.has_details` is not set: the
/// journal does.
std::optional<std::string> parse_event(std::string_view line, Event& event, OwnedDetails& details);

}  // namespace raftsim::history
