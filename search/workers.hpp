// Many runs, side by side, each in a worker process: what the system under test does to itself (a CHECK, a
// signal, a hang, memory) costs one run, not the campaign. Results do not depend on the number of workers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "search/jobs.hpp"

namespace raftsim::search {

struct WorkerLimits {
  unsigned jobs = 1;
  /// CPU time that one call into the system under test may take before it counts as a hang (cli.md: 1 s).
  Duration step_cpu = seconds(1);
  /// The same on the wall clock, for a call that sleeps.
  Duration step_wall = seconds(20);
  /// Resident memory of one run, unless its scenario says otherwise.
  std::uint64_t memory_mib = 2048;
  /// Wall time of one run; nothing: unlimited.
  std::optional<Duration> run_wall;
};

struct Finished {
  std::size_t job = 0;
  RunOutcome outcome;
  /// The simulator or a checker itself died: what it said. Exit code 70.
  std::optional<std::string> internal_error;
};

class Workers {
 public:
  /// Runs all of `jobs`, in order of their position as far as workers are free.
  Workers(Jobs jobs, WorkerLimits limits);
  /// Ends what still runs.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// The next run that ended, in order of time; nothing when all have ended. Waits at most `patience`: an
  /// empty `finished` in the answer means that nothing ended yet.
  struct Waited {
    std::optional<Finished> finished;
    bool all_done = false;
  };
  Waited wait(Duration patience);

  /// Starts no further jobs.
  void stop_starting();
  /// Ends what runs, at once: each is given out as stopped by an interrupt. Starts no further jobs.
  void interrupt();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raftsim::search
