// RapidCheck generators. Each draws inside a property, with *rc::gen.
#pragma once

#include <rapidcheck.h>

#include "history/cluster_view.hpp"
#include "history/event.hpp"
#include "history/owned_details.hpp"
#include "history/predicate.hpp"
#include "history/run_info.hpp"
#include "history/run_result.hpp"

namespace raftsim::history {

/// Of any kind; every field of its part any value, in and out of its enum. Number and details are not set.
Event any_event();
OwnedDetails any_details();
/// Of up to four nodes: such as a predicate about them looks at.
Event any_cluster_event(const ClusterView& cluster);
/// Nested at most `depth` deep.
Predicate any_predicate(int depth);
RunInfo any_run_info();
RunResult any_run_result();

}  // namespace raftsim::history
