// One run from scenario to verdict, in this process: world, journal, checkers, recorder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/run_result.hpp"
#include "seam/system.hpp"
#include "sim/scenario.hpp"
#include "sim/scenario_swarm.hpp"
#include "sim/world.hpp"

namespace raftsim::search {

/// What to run. The pointed-to objects outlive the run.
struct RunRequest {
  const sim::Scenario* scenario = nullptr;
  /// Makes the scenario of the seed, where the file draws some of it; null: `scenario` is run as it is. Its
  /// limits of the machine are the same. Precondition: what the seed draws is valid.
  const sim::ScenarioSwarm* swarm = nullptr;
  std::string scenario_path;
  std::uint64_t seed = 0;
  /// One per node, in order of id; there may be more than the seed's scenario has.
  std::vector<const System*> systems;
  /// The name that reports and reproduce lines show.
  std::string system_name;
  /// Name and version of the program, for a recorded history's header.
  std::string tool;
  /// Record the history here (plain, or zstd where the name ends in .zst).
  std::optional<std::string> history_path;
  /// Stop at this virtual time.
  std::optional<Instant> until;
  /// Sees every event of its kinds; may be null.
  history::Observer* watcher = nullptr;
  /// Leave out all checkers: for measuring.
  enum class Judging : std::uint8_t { all, none } judging = Judging::all;
};

struct RunOutcome {
  history::RunResult result;
  /// Set where the history could not be written: path and reason.
  std::optional<std::string> output_error;
};

/// Runs and judges. `progress` may be null.
RunOutcome run_one(const RunRequest& request, sim::Progress* progress);

/// The verdict of a run whose process died while the system under test was being executed.
history::RunResult crashed_result(const RunRequest& request, const sim::Progress& progress,
                                  const std::string& how);

/// The verdict of a run that was stopped by its limit on wall time: everything is unknown.
history::RunResult out_of_time_result(const RunRequest& request, const sim::Progress& progress);
/// Whether `result` is such a verdict: where it was stopped is chance, and it has no hash.
bool ran_out_of_time(const history::RunResult& result);

}  // namespace raftsim::search
