// Writes a history file as its events happen (history_file.hpp says what is in it).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "history/event.hpp"
#include "history/hash.hpp"
#include "history/history_file.hpp"
#include "history/run_result.hpp"

namespace raftsim::history {

struct WriterOptions {
  /// Events between keyframes; nothing: none are written.
  std::optional<std::uint64_t> keyframe_every = 10'000;
};

/// Writes to a temporary name beside `path` and renames at the end, so that a half-written history never has
/// its final name. A path that ends in `.zst` is compressed. The first error is kept and ends the writing;
/// finish() returns it. The same events give the same bytes.
class HistoryWriter final : public Observer {
 public:
  HistoryWriter(const std::string& path, const HistoryHeader& header, WriterOptions options = {});
  /// Not finished: the temporary file is removed.
  ~HistoryWriter() override;

  EventKinds kinds() const override { return EventKinds::all(); }
  void on_event(const Event& event, const Details& details) override;

  /// Writes the end record and gives the file its name. What is not deterministic in `result` (times of the
  /// wall clock, memory, paths) is left out. Nothing where all went well. Called once.
  std::optional<HistoryError> finish(Hash128 hash, const RunResult& result);

  const std::optional<HistoryError>& error() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// One event as its line in a history, without the line's end. Appends to `out`.
void append_json(const Event& event, const Details& details, std::string& out);

}  // namespace raftsim::history
