// A made-up history in the shape of the failure that specs show: five nodes, steady load, a leader crash, and
// a vote that was not durable, so that two nodes lead term 7. No world runs: reports must draw any history.
#pragma once

#include <cstdint>

#include "history/event.hpp"
#include "history/run_result.hpp"

namespace raftsim::tests {

struct SyntheticOptions {
  /// Clients' operations per simulated second; some 60 events each.
  std::uint32_t operations_per_second = 12;
  bool failing = true;
  /// Keys, values and file names hold markup, quotes and line breaks.
  bool hostile = false;
};

inline constexpr const char* hostile_value =
    "</script><img src=x onerror=\"document.title='pwned'\">'\"&\n<b>";

/// Plays the history into `observer` (its kinds are not asked) and returns the judged run.
history::RunResult play_synthetic(const SyntheticOptions& options, history::Observer& observer);

}  // namespace raftsim::tests
