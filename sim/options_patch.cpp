#include "sim/options_patch.hpp"

#include <algorithm>

namespace raftsim::sim {

Options patched(Options base, const OptionsPatch& patch) {
  each_option(base, patch.values, [&patch](std::string_view name, auto& mine, const auto& given) {
    if (std::ranges::find(patch.given, name) != patch.given.end()) mine = given;
  });
  return base;
}

/// Of each option that a judge reads; the others tell nobody anything but the servers.
Options loosest(const Options& a, const Options& b) {
  Options both = a;
  both.pre_vote = a.pre_vote && b.pre_vote;
  both.election_timeout = std::max(a.election_timeout, b.election_timeout);
  both.clock_drift_bound_ppm = std::min(a.clock_drift_bound_ppm, b.clock_drift_bound_ppm);
  both.max_uncommitted_bytes = std::max(a.max_uncommitted_bytes, b.max_uncommitted_bytes);
  both.trailing_entries = std::max(a.trailing_entries, b.trailing_entries);
  both.snapshot_every.reset();
  if (a.snapshot_every && b.snapshot_every)
    both.snapshot_every = std::max(*a.snapshot_every, *b.snapshot_every);
  return both;
}

}  // namespace raftsim::sim
