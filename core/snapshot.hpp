// A snapshot as the algorithm knows it (chapter 5): what it covers, and bytes that mean nothing to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

struct Snapshot {
  /// The last entry covered, its term, and the chain hash of all up to it: the log goes on from there.
  Index index;
  Term term;
  std::uint64_t chain = 0;
  /// The latest configuration at `index`.
  Configuration configuration;
  /// Of the state machine: what Applied::state_hash said at `index`.
  std::uint64_t state_hash = 0;
  /// All of it as bytes, what is above included; sent and stored as they are. XXH3_64bits of them.
  std::vector<std::byte> bytes;
  std::uint64_t hash = 0;
};

/// Never changed once made, and shared by whoever needs it: the one that is current, transfers under way,
/// copies of the server. Its memory is given back when the last of them lets go.
using SnapshotRef = std::shared_ptr<const Snapshot>;

// ---- inputs and outputs of the algorithm (raft.hpp)

/// A snapshot is durable, and a restart would find it: one that the server took of what it applied, or one
/// that came as Output::snapshot_received. What it covers is committed.
struct SnapshotDurable {
  SnapshotRef snapshot;
};

/// What came as Output::snapshot_received is no snapshot, and was dropped.
struct SnapshotUnusable {};

/// All chunks of a snapshot have come. To be made durable, then told as SnapshotDurable; until then nothing
/// about it is promised to anybody, and no other one is taken in.
struct ReceivedSnapshot {
  Index index;
  Term term;
  std::vector<std::byte> bytes;
};

}  // namespace raftsim::core
