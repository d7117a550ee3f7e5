// One run from scenario to verdict, in this process: world, journal, checkers, recorder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checkers/checkers.hpp"
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
  /// Judge, record and watch only what happens up to this event, at this time, as if a history of the whole
  /// run had been cut off behind it. The run is stopped after that time; what it was to be is not changed.
  struct UpTo {
    history::EventId event;
    Instant time;
  };
  std::optional<UpTo> up_to;
  /// Where an earlier process that ran this died: this one ends there, judged and recorded.
  std::optional<sim::Fatal> fatal;
  /// Sees every event of its kinds; may be null.
  history::Observer* watcher = nullptr;
  /// What the watcher has found, asked for when the run has ended, in the process that ran it:
  /// RunOutcome::findings.
  std::function<std::string()> findings;
  /// Of many runs, only some are held against the specification: refinement_of().
  checkers::Refinement refinement = checkers::Refinement::judged;
  /// Leave out all checkers: for measuring.
  enum class Judging : std::uint8_t { all, none } judging = Judging::all;
};

/// One seed in four, by chance.
checkers::Refinement refinement_of(std::uint64_t seed);

struct RunOutcome {
  history::RunResult result;
  /// Set where the history could not be written: path and reason.
  std::optional<std::string> output_error;
  std::string findings;
};

/// Runs and judges. `progress` may be null.
RunOutcome run_one(const RunRequest& request, sim::Progress* progress);

/// What ended the process of a run.
struct Crash {
  sim::Fatal fatal;
  /// What the process said last on its standard error; no part of the history, as it may name addresses.
  std::string line;
  /// It needed more memory than it may have. Who asked for it last is then chance.
  bool of_memory = false;
  Instant at;  ///< virtual time

  std::string words() const;
};

/// The verdict of a run that could not be judged: its process died.
history::RunResult crashed_result(const RunRequest& request, const Crash& crash);
/// Adds `line` to what no_crash says. False: it says nothing, the run did not end there.
bool tell(const std::string& line, history::RunResult& result);

/// The verdict of a run that was stopped after so much wall time: everything is unknown. Where it was stopped
/// is chance, and it has no hash.
history::RunResult stopped_result(const RunRequest& request, history::Stop by, const sim::Progress& progress,
                                  Duration wall);

}  // namespace raftsim::search
