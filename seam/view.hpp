// What a Process shows of itself, read-only (DESIGN, seam 1). The simulator compares it before and after each
// step.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim {

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader, learner };

enum class EntryKind : std::uint8_t { no_op, command, configuration };

/// One entry as shown by Process::entry. `hash` is over kind and payload, equal for equal entries on all
/// nodes.
struct EntryView {
  Term term;
  EntryKind kind = EntryKind::command;
  std::uint64_t hash = 0;
  friend bool operator==(const EntryView&, const EntryView&) = default;
};

enum class PeerState : std::uint8_t { probe, replicate, snapshot };

/// A leader's belief about one follower. Positions in (match, next) are in flight. Invariant: match < next
/// (Raft 5.3).
struct PeerView {
  NodeId peer;
  Index match;
  Index next;
  PeerState state = PeerState::probe;
};

struct SnapshotView {
  Index index;
  Term term;
  std::uint64_t state_hash = 0;
  friend bool operator==(const SnapshotView&, const SnapshotView&) = default;
};

/// One bit per field: a field that a system cannot show is absent, and a checker that needs it says
/// `skipped`.
enum class Shows : std::uint32_t {
  role = 1u << 0,
  term = 1u << 1,
  vote = 1u << 2,
  leader = 1u << 3,
  commit = 1u << 4,
  applied = 1u << 5,
  log = 1u << 6,  ///< first, last, and Process::entry for each index in between
  configuration = 1u << 7,
  snapshot = 1u << 8,
  peers = 1u << 9,
  uncommitted_bytes = 1u << 10,
  pending_reads = 1u << 11,
  lease_end = 1u << 12,
  sessions = 1u << 13,
  everything = (1u << 14) - 1,
};

constexpr Shows operator|(Shows a, Shows b) {
  return static_cast<Shows>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}

struct View {
  Shows shows{};
  Role role = Role::follower;
  Term term;
  std::optional<NodeId> vote;
  std::optional<NodeId> leader;
  Index commit;
  Index applied;
  /// The log holds first..last; empty when last + 1 == first.
  Index first{1};
  Index last;
  /// Null where absent. Valid until the next step.
  const Configuration* configuration = nullptr;
  std::optional<SnapshotView> snapshot;
  /// What the snapshot holds as the configuration at its index; null without one. Valid until the next step.
  const Configuration* snapshot_configuration = nullptr;
  /// A leader's followers; empty otherwise. Valid until the next step.
  std::span<const PeerView> peers;
  std::uint64_t uncommitted_bytes = 0;
  std::uint64_t pending_reads = 0;
  std::uint64_t sessions = 0;
  /// On the node's own monotonic clock: until when this leader would serve lease reads.
  std::optional<Instant> lease_end;

  bool has(Shows field) const {
    return (static_cast<std::uint32_t>(shows) & static_cast<std::uint32_t>(field)) != 0;
  }
};

}  // namespace raftsim
