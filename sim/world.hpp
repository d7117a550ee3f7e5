// The simulated world: one run from its first instant to its last, as a pure function of (scenario,
// decisions, systems).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "history/journal.hpp"
#include "history/run_result.hpp"
#include "seam/system.hpp"
#include "sim/decisions.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Where a run is, for whoever watches it from outside the process (a page of shared memory). Written with
/// relaxed stores, never read by the run itself.
struct Progress {
  std::atomic<std::uint64_t> step{0};
  std::atomic<std::uint64_t> event{0};
  std::atomic<std::int64_t> time_ns{0};
  /// The node whose Process (or the System whose describe, encode, decode_reply) is being called; 0: the
  /// simulator runs.
  std::atomic<std::uint64_t> inside{0};
};

/// The call into the system under test that an earlier process, which ran the same, did not survive.
struct Fatal {
  std::uint64_t step = 0;
  history::EventId after{~std::uint64_t{0}};  ///< the last event before it
  NodeId inside;
  std::string how;  ///< in words; part of the history
};

enum class EndReason : std::uint8_t { time, events, system_crashed, stopped };

struct RunEnd {
  EndReason reason = EndReason::time;
  history::RunCounts counts;
  history::FaultLedger faults{};
  /// The decisions that differ from the base, when recording.
  std::vector<RecordedDecision> decisions;
};

class World {
 public:
  /// `systems`: one per node, in order of id. Scenario, systems, journal and progress must outlive the world.
  World(const Scenario& scenario, DecisionSource source, std::vector<const System*> systems,
        history::Journal& journal, Progress* progress);
  ~World();

  /// Runs to the end. `until`: stop early at this virtual time. Memory that cannot be had is the caller's
  /// concern: std::bad_alloc comes through, whoever asked for it.
  RunEnd run(std::optional<Instant> until = std::nullopt);
  /// Before run(): it ends with no_crash instead of this call.
  void expect(Fatal fatal);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raftsim::sim
