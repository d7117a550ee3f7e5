// Options that a restart changes: some of them, over what the scenario gave the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seam/options.hpp"

namespace raftsim::sim {

struct OptionsPatch {
  Options values;
  std::vector<std::string> given;  ///< names of fields, as in the scenario file: only these count
};

/// Visits each option of two sets of them, with its name in the scenario file.
template <class A, class B, class Visit>
void each_option(A& a, B& b, Visit visit) {
  visit("election_timeout", a.election_timeout, b.election_timeout);
  visit("heartbeat_interval", a.heartbeat_interval, b.heartbeat_interval);
  visit("pre_vote", a.pre_vote, b.pre_vote);
  visit("check_quorum", a.check_quorum, b.check_quorum);
  visit("no_op", a.no_op, b.no_op);
  visit("membership", a.membership, b.membership);
  visit("clock_drift_bound_ppm", a.clock_drift_bound_ppm, b.clock_drift_bound_ppm);
  visit("max_entries_per_append", a.max_entries_per_append, b.max_entries_per_append);
  visit("max_bytes_per_append", a.max_bytes_per_append, b.max_bytes_per_append);
  visit("max_inflight_appends", a.max_inflight_appends, b.max_inflight_appends);
  visit("max_uncommitted_bytes", a.max_uncommitted_bytes, b.max_uncommitted_bytes);
  visit("snapshot_every", a.snapshot_every, b.snapshot_every);
  visit("trailing_entries", a.trailing_entries, b.trailing_entries);
  visit("snapshot_chunk_bytes", a.snapshot_chunk_bytes, b.snapshot_chunk_bytes);
  visit("segment_bytes", a.segment_bytes, b.segment_bytes);
  visit("session_cap", a.session_cap, b.session_cap);
  visit("apply_delay", a.apply_delay, b.apply_delay);
}

/// `base` with what the patch gives.
Options patched(Options base, const OptionsPatch& patch);

/// What judges go by where a server's options change during a run: of each bound the loosest, of what the
/// servers are told of their clocks the least.
Options loosest(const Options& a, const Options& b);

}  // namespace raftsim::sim
