// One event of each kind, with all that can ride beside it, and the line that a person reads.
#pragma once

#include <string>
#include <vector>

#include "history/event.hpp"
#include "history/owned_details.hpp"

namespace raftsim::history {

struct Sample {
  Event event;
  OwnedDetails details;
  std::string line;
};

/// Numbered from 1, in the order of EventKind; some kinds have several.
std::vector<Sample> samples();

}  // namespace raftsim::history
