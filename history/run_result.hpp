// One run, judged: what travels from a worker process to its parent, into `--format json` and into reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "history/hash.hpp"
#include "history/verdict.hpp"

namespace raftsim::history {

/// Deterministic counts of a run.
struct RunCounts {
  std::uint64_t steps = 0;  ///< items taken from the world's queue
  std::uint64_t events = 0;
  std::uint64_t messages = 0;  ///< sends
  std::uint64_t commits = 0;   ///< entries of clients committed (canonical log)
  std::uint64_t operations_ok = 0;
  std::uint64_t operations_failed = 0;
  std::uint64_t operations_unknown = 0;
  std::uint64_t elections = 0;  ///< won
  std::uint64_t crashes = 0;
  std::uint64_t wakes = 0;
  Instant end;  ///< virtual time reached
};

/// How the judge of a file of which events are missing came to see them all: it ran them anew.
struct RunAnew {
  /// What the file holds: so many events, among these.
  EventId first, last;
  std::uint64_t events = 0;
  /// Why nothing could be judged: the run is another one here than in the file, or cannot be run. One line or
  /// several.
  std::string obstacle;
  friend bool operator==(const RunAnew&, const RunAnew&) = default;
};

/// What ended a run before it was over, and with it the process that knew more than how far it was.
enum class Stop : std::uint8_t {
  wall,       ///< the limit on wall time
  interrupt,  ///< who started it
  crash,      ///< its process died, and where is chance
};

struct RunResult {
  std::string scenario;       ///< its name
  std::string scenario_path;  ///< as given on the command line
  std::uint64_t seed = 0;
  std::string system;
  Verdict verdict;
  Hash128 hash;
  RunCounts counts;
  /// Of a history without its end, what its events tell is counted: all but commits.
  bool ended = true;
  /// Then of the counts only steps, events and the end are known, and there is no hash.
  std::optional<Stop> stopped;
  std::optional<RunAnew> anew;
  /// A violation that the scenario itself demands (`expect.verdict`); nothing: it must hold.
  std::optional<PropertyId> expected_violation;
  /// What `linearizable` was judged against, and how many operations of clients there were: of a file only.
  std::string model;
  std::optional<std::uint64_t> operations;
  /// Not deterministic, never hashed.
  std::int64_t wall_ns = 0;
  std::int64_t cpu_ns = 0;
  std::uint64_t peak_rss_kib = 0;
  /// Set where files were written.
  std::string report_path, history_path;
};

/// `raftsim/verdict@1` (cli.md), complete enough to be read back.
std::string to_json(const RunResult& result);
/// Nothing where `text` is not what to_json wrote.
std::optional<RunResult> run_result_from_json(const std::string& text);

}  // namespace raftsim::history
