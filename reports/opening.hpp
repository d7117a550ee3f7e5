// Where a report opens: the window of virtual time in which a person sees at once what happened.
#pragma once

#include "history/run_result.hpp"
#include "reports/timeline.hpp"

namespace raftsim::reports {

/// What the page opens on: the window of virtual time that tells the story, and the event to select.
struct Opening {
  Instant from;
  Instant to;
  history::EventId event;
};

/// A failure: its evidence and its violation, with a margin. A pass: the first fault and what followed it, or
/// the first election. Precondition: none; an empty timeline gives the empty window.
Opening opening_of(const Timeline& timeline, const history::RunResult& result);

}  // namespace raftsim::reports
