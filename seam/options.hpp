// What a server can be told when it starts: the `cluster.raft` block of a scenario, field by field. Our
// core's raft::Config is this very table; a foreign system takes from it what it knows.
#pragma once

#include <cstdint>
#include <optional>

#include "seam/types.hpp"

namespace raftsim {

/// Which requests change the voters (dissertation 4.1 and 4.3).
enum class MembershipForm : std::uint8_t { fixed, single_server, joint };

struct Options {
  /// T: each election wait is drawn from [T, 2T) (paper 5.2). Range: > 0. Default: the dissertation's 150 ms.
  /// The same on all servers, and from one restart to the next, where reads are served by lease: a leader
  /// counts its lease by its own T, a voter keeps its promise by its own.
  Duration election_timeout = milliseconds(150);
  /// How often an idle leader sends AppendEntries. Range: > 0; sensible: well below T / 2.
  Duration heartbeat_interval = milliseconds(30);
  /// Ask before campaigning, so that a server that was cut off does not disturb the others
  /// (dissertation 9.6).
  bool pre_vote = true;
  /// A leader that has not heard from a quorum within T steps down; voters that heard a leader within T
  /// ignore RequestVote (dissertation 6.2 and 4.2.3).
  bool check_quorum = true;
  /// Append an empty entry at the start of each term, so that earlier entries commit without a client (paper
  /// 8). Off is legal, for study.
  bool no_op = true;
  MembershipForm membership = MembershipForm::joint;
  /// Parts per million by which any two clocks' rates may differ: what lease reads rely on
  /// (dissertation 6.4.1).
  std::uint32_t clock_drift_bound_ppm = 500;
  /// Range: >= 1.
  std::uint32_t max_entries_per_append = 64;
  /// Bytes of entry payload in one AppendEntries; one entry always goes, however long. Range: >= 1.
  std::uint32_t max_bytes_per_append = 65'536;
  /// The pipeline's window: AppendEntries with entries on their way to one follower. Range: >= 1.
  std::uint32_t max_inflight_appends = 16;
  /// Payload bytes a leader holds uncommitted, or unwritten on its own disk, before it refuses proposals as
  /// busy. Range: >= 1.
  std::uint64_t max_uncommitted_bytes = 1'048'576;
  /// Entries applied between snapshots; nothing: never take one.
  std::optional<std::uint64_t> snapshot_every = 1'000;
  /// Entries kept behind a snapshot for slow followers.
  std::uint64_t trailing_entries = 100;
  std::uint32_t snapshot_chunk_bytes = 4'096;
  /// A log segment is closed once it is at least this long. Range: >= 64.
  std::uint64_t segment_bytes = 65'536;
  /// Open client sessions; the least recently used is expired, by the log, beyond it. Range: >= 1.
  std::uint32_t session_cap = 1'024;
  /// How long the state machine takes to apply an entry. 0: within the step that commits it.
  Duration apply_delay = Duration{0};
};

}  // namespace raftsim
