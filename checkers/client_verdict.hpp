// Judges a history of clients' operations alone, whoever recorded it: key by key, whether some order explains
// all answers (Herlihy & Wing). What needs servers to be seen is skipped.
#pragma once

#include <cstdint>
#include <string>

#include "history/client_history.hpp"
#include "history/run_result.hpp"

namespace raftsim::checkers {

struct ClientJudgement {
  /// `scenario` is the file's name; nothing was run, so there are no seed, no hash and no steps.
  history::RunResult result;
  std::uint64_t keys = 0;
  std::uint64_t keys_violated = 0;
  std::uint64_t keys_unknown = 0;
  /// Search nodes visited.
  std::uint64_t nodes = 0;
};

/// `nodes_max`: search nodes for all keys together; beyond it, keys are unknown.
ClientJudgement judge(const history::ClientHistory& history, std::uint64_t nodes_max);

}  // namespace raftsim::checkers
