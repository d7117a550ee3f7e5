// A history of clients' operations as the report draws it: the events of calls and answers, in order of time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "history/client_history.hpp"
#include "history/run_result.hpp"
#include "reports/timeline.hpp"

namespace raftsim::reports {

struct DrawnClients {
  std::unique_ptr<Timeline> timeline;
  /// The judgement, with the lines that it names turned into the timeline's events.
  history::RunResult result;
  /// What the page says of itself: what was left out, and what its time is. Empty: nothing to say.
  std::string note;
};

/// `result` is the judgement of `history`. Of more than `operations_max` operations those around the
/// violation are drawn, with all that it names; without a violation, the last ones.
DrawnClients drawn(const history::ClientHistory& history, const history::RunResult& result,
                   std::size_t operations_max);

}  // namespace raftsim::reports
