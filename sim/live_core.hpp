// What is well when the quiet phase begins (faults.md, Phases), or after a `heal` of a core. The live core is
// a drawn quorum of every active configuration, of undamaged servers that run and all reach each other (in
// the quiet phase without loss or duplication among them): that much a consensus may ask for, and no more.
// With `core` everybody else is cut off; with `drawn` each other server is drawn to be as well as the core,
// or cut off, or, where the servers protect themselves against it (pre_vote and check_quorum everywhere), to
// have some of its links only.
//
// Decided here: who is cut off from the core is cut off from all that the core can reach, too. A server that
// could send its term through a third one would be partly linked, and without pre_vote and check_quorum no
// leader is safe from that (dissertation 9.6).
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "sim/scenario.hpp"
#include "sim/stage.hpp"

namespace raftsim::sim {

struct LiveCore {
  /// Sorted. `live`: the core and who was drawn to be as well; they all reach each other.
  NodeSet core, live, partly, apart;
  /// Links that carry nothing.
  std::vector<LinkEnds> cuts;
  /// Why there is no core; then all else is empty.
  std::string missing;

  bool found() const { return missing.empty(); }
  /// Who is not cut off on purpose: whose links were drawn one by one may have lost them all.
  NodeSet heard() const {
    NodeSet nodes;
    std::ranges::set_union(live, partly, std::back_inserter(nodes));
    return nodes;
  }
};

/// Who may be in it: whoever is down is started again, or stays so.
enum class CoreOf : std::uint8_t { everybody, running };

/// Precondition: not Healed::all.
LiveCore draw_live_core(const Stage& stage, Healed heal, CoreOf of, Stream draw);

/// `live core n1, n3; n2 cut off; n5 linked in part`.
std::string words(const LiveCore& core);

}  // namespace raftsim::sim
