// What the actions of a scenario are called, and which class of the ledger each belongs to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/event.hpp"
#include "sim/network.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// As in the scenario file: "crash", "partition", ...
std::string_view action_name(const Action& action);

/// Nothing for `client` and `check`, which are no faults, and for `membership`, which draws one of several. A
/// resume is a heal in the small.
std::optional<history::FaultClass> fault_class(const Action& action);
history::FaultClass fault_class(MembershipChange change);
/// What may be drawn: a set of several voters at once changes only through joint consensus.
std::vector<MembershipChange> changes_of(const RandomMembership& membership, MembershipForm form);

/// What an operator asks for, before the names of nodes: "add voter", ...
std::string_view request_words(AdminKind kind);

/// "n1, n3"; "nobody" where empty.
std::string node_names(const NodeSet& nodes);
/// Who does not reach whom: `n1 n2 n3 | n4 n5`; where only one direction is cut, `n1 -/-> n2 n3`.
std::string cut_words(const std::vector<LinkEnds>& cuts);

}  // namespace raftsim::sim
