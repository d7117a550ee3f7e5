// A history of ours of which events are missing: a run is deterministic, and line 1 of its history names
// seed, scenario and system, so that they can be made anew.
#pragma once

#include <optional>
#include <string>

#include "history/history_file.hpp"
#include "history/reader.hpp"
#include "history/run_result.hpp"

namespace raftsim::cli {

struct ExcerptQuestion {
  std::string path;
  /// For the search of linearizable; nothing: what the scenario says.
  std::optional<Duration> timeout;
  /// Records the events that were judged here; empty: nowhere.
  std::string record_to;
};

struct ExcerptAnswer {
  history::HistoryHeader header;
  /// With `anew`. Where there is an obstacle, all properties are unknown.
  history::RunResult result;
  /// Where it was judged only as far as the file goes, since that breaks off within a line.
  std::optional<history::HistoryError> cut;
  /// The file is wrong: nothing else is set.
  std::optional<std::string> wrong;
  /// The simulator itself died, or cannot write: nothing else is set.
  std::optional<std::string> internal_error, output_error;
};

/// Runs the run of which the file holds some events anew, in a worker, holds each event of the file against
/// the one made anew, and judges all of them up to the file's last.
ExcerptAnswer judge_excerpt(const ExcerptQuestion& question);

}  // namespace raftsim::cli
