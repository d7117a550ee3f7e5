// `--check-determinism`: the same runs once more, in another process with another heap fill and another
// address space, in another order, recording the other way; the history hashes must be equal.
#pragma once

#include <string>

#include "cli/batch.hpp"

namespace raftsim::cli {

/// Of each scenario's runs every so many, from the first on, are run again in another process; 0: none.
inline std::uint64_t determinism_stride(DeterminismCheck check) {
  if (check == DeterminismCheck::never) return 0;
  return check == DeterminismCheck::always ? 1 : 100;
}

struct DeterminismResult {
  std::uint64_t checked = 0;
  Exit exit = Exit::held;
};

/// Runs again all (`always`) or a fixed share of `batch`'s runs: the first seed of each scenario, then one in
/// 100; a run that its limit on wall time cut is left out. Differences go to standard error, with the first
/// differing event.
DeterminismResult check_determinism(const Global& global, const RunOptions& options, const Plan& plan,
                                    Batch& batch);

}  // namespace raftsim::cli
