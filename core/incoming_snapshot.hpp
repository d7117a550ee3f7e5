// A snapshot that comes in chunks, in any order, some twice, some never (figure 5.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/message.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// What makes two snapshots the same. The hash of their bytes is part of it, so that chunks of two are never
/// mixed, even if two leaders made different bytes of the same state; and where they are equal, a new leader
/// goes on where the old one was cut off.
struct SnapshotIdentity {
  Index index;
  Term term;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const SnapshotIdentity&, const SnapshotIdentity&) = default;
};

/// Precondition: an install_snapshot.
SnapshotIdentity identity_of(const Message& message);

/// Memory grows with what has come, never with what a message claims.
class IncomingSnapshot {
 public:
  /// How far ahead of the first gap a chunk is kept.
  static constexpr std::uint64_t ahead_max = 256 * 1024;

  bool is(const SnapshotIdentity& identity) const { return identity_ == identity; }
  /// The position that it would lead to; nothing if nothing is coming.
  std::optional<Index> index() const;
  /// Forgets what has come and begins with this one.
  void begin(const SnapshotIdentity& identity);
  void forget();

  /// Precondition: the chunk is one of this snapshot, and lies within its size.
  void take(const SnapshotChunk& chunk);
  /// The offset of the first byte that is missing.
  std::uint64_t wanted() const { return wanted_; }
  bool complete() const { return identity_.has_value() && wanted_ == identity_->size; }
  /// Its bytes, if they are what the identity says; forgets it. Precondition: complete.
  std::optional<std::vector<std::byte>> release();

 private:
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::optional<SnapshotIdentity> identity_;
  std::vector<std::byte> bytes_;
  std::uint64_t wanted_ = 0;
  /// Chunks behind a gap: ascending by begin, few.
  std::vector<Run> ahead_;
};

}  // namespace raftsim::core
