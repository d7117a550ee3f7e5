// What is written of a run: its history and its report. A failing run is executed again with recording on;
// the report is made from the recorded history alone.
#pragma once

#include <optional>
#include <string>

#include "cli/plan.hpp"
#include "history/reader.hpp"
#include "history/run_result.hpp"

namespace raftsim::cli {

/// OUT/failures/SCENARIO-SEED-HASH.
std::string failure_folder(const std::string& out, const history::RunResult& result);

struct Written {
  std::string history;
  /// Empty where all went well.
  std::string error;
  /// What this run was judged to be; nothing where it was interrupted.
  std::optional<history::RunResult> result;
};

/// Runs `request` again in a worker of its own, recording to `history_path`. Other processes may record to
/// the same path: the last one wins.
Written record_again(search::RunRequest request, const std::string& history_path);
/// The same without recording.
Written judge_again(search::RunRequest request);

/// A history that was read to its end, and whose events have the hash that its end names.
struct WholeHistory {
  history::HistoryHeader header;
  history::HistoryEnd end;
};
/// Nothing where the file cannot be read or was changed; complains then.
std::optional<WholeHistory> read_whole(const std::string& path);
/// That a history's events do not have the hash that its end record names.
std::string changed_history(const std::string& path, history::Hash128 events, history::Hash128 end);

/// Reads a history and writes its report. `reproduce`: the command line that it shows.
/// Returns what went wrong, empty where nothing did.
std::string write_report(const std::string& history_path, const history::RunResult& result,
                         const std::string& reproduce, const std::string& version,
                         const std::string& report_path, std::uint64_t max_events);

}  // namespace raftsim::cli
