// What reads by lease rely on (dissertation 6.4.1), as far as a scenario's file tells. Internal to the
// scenario reader.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario_shape.hpp"

namespace raftsim::sim {

bool reads_by_lease(const JsonNode& root);

/// An option that one server has otherwise than the cluster, for good or from a restart on, though leases
/// rely on its being the same everywhere: a leader counts its lease by its own election timeout, and a voter
/// its promise by its own; who does not check quorums promises nothing.
struct UnequalOption {
  std::string path;
  const JsonMember* option = nullptr;
};
std::vector<UnequalOption> unequal_for_leases(const JsonNode& root);

/// The smallest that any server is told to expect, at any time.
struct DriftBound {
  std::uint64_t ppm = 0;
  std::string path;
};
DriftBound drift_bound(const JsonNode& root);
/// By how much two clocks may differ.
std::uint64_t drift_between_clocks_ppm(const JsonNode& root);

/// Reads that would be served by lease ask a quorum instead, where what was drawn leaves leases no ground:
/// servers that are unequal, or clocks that jump, stand still, or differ by more than the bound, unless the
/// clocks of the file do so as it is written. Whether anything changed.
bool give_up_unsafe_leases(JsonNode& drawn, const JsonNode& file);

}  // namespace raftsim::sim
