// The one source of nondeterminism (DESIGN, seam 3). Every choice is value number i of a stream named by
// (purpose, entity), computed from (seed, stream, i) alone, so that streams never shift each other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seam/types.hpp"
#include "sim/distribution.hpp"

namespace raftsim::sim {

/// What a choice is for. Order is part of the repro format: append only.
enum class Purpose : std::uint8_t {
  message_loss,        ///< (from, to, type) -> 0 or 1; benign: 0
  message_duplicate,   ///< (from, to, type) -> 0 or 1; benign: 0
  message_latency,     ///< (from, to, type) -> ns; benign: the distribution's minimum
  duplicate_latency,   ///< (from, to, type) -> ns
  disk_read_latency,   ///< (node) -> ns
  disk_write_latency,  ///< (node) -> ns
  disk_sync_latency,   ///< (node) -> ns
  crash_image,         ///< (node, incarnation): per unsynced sector 0 kept, 1 lost, 2 torn; benign: kept
  torn_bytes,          ///< (node, incarnation) -> 64 bits of garbage
  crash_prefix,        ///< (node): how many effects of the step survive; benign: all
  entropy,           ///< (node) -> 64 bits; benign: such that the election timeout of node k of n is T + kT/n
  clock_offset,      ///< (node) -> ns; benign: 0
  clock_drift,       ///< (node) -> ppm + bound; benign: no drift
  client_think,      ///< (client) -> ns; benign: median
  client_operation,  ///< (client) -> which operation of the mix; benign: the first with weight
  client_key,        ///< (client) -> key number; benign: 0
  client_value,      ///< (client)
  client_server,     ///< (client) -> which server to ask first; benign: the lowest id
  client_read_mode,  ///< (client)
  client_arrival,    ///< () -> ns; benign: the mean
  fault_time,        ///< (fault number) -> ns until its next firing; benign: never
  fault_target,      ///< (fault or step number) -> ordinal among the candidates; benign: the lowest
  fault_duration,    ///< (fault or step number) -> ns
  partition_shape,   ///< (fault or step number)
};

/// Names a stream. Unused members are 0.
struct StreamName {
  Purpose purpose{};
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

enum class Base : std::uint8_t { seed, benign };

/// Decision `ordinal` (from 0) of a stream has this value, whatever the base says.
struct RecordedDecision {
  StreamName stream;
  std::uint64_t ordinal = 0;
  std::uint64_t value = 0;
  friend auto operator<=>(const RecordedDecision&, const RecordedDecision&) = default;
};

/// Where a run's decisions come from: a base and a sparse list of overrides.
struct DecisionSource {
  Base base = Base::seed;
  std::uint64_t seed = 0;
  std::vector<RecordedDecision> overrides;
  /// Keep every decision that differs from its benign value.
  bool record = false;
};

}  // namespace raftsim::sim
