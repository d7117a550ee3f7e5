// The static picture of the window that a report opens on: what remains without JavaScript, and in print.
#pragma once

#include <string>

#include "history/run_result.hpp"
#include "reports/opening.hpp"
#include "reports/timeline.hpp"

namespace raftsim::reports {

/// One `<svg>` element: a lane per node with its role and term, crashes, messages (at most 600, those that
/// did not arrive marked), the evidence numbered, the violation as a line. Colours come from the page's style
/// sheet.
std::string picture_of(const Timeline& timeline, const history::RunResult& result, const Opening& window);

}  // namespace raftsim::reports
