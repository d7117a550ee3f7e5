// What the actions of a scenario are called, and which class of the ledger each belongs to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "history/event.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// As in the scenario file: "crash", "partition", ...
std::string_view action_name(const Action& action);

/// Nothing for `client` and `check`, which are no faults. A resume is a heal in the small.
std::optional<history::FaultClass> fault_class(const Action& action);

/// "n1, n3"; "nobody" where empty.
std::string node_names(const NodeSet& nodes);

}  // namespace raftsim::sim
