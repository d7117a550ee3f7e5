// A whole scenario as a handful of small numbers: RapidCheck draws and shrinks them, and a shrunk case reads
// as a story with few and mild faults.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "sim/scenario.hpp"

namespace raftsim::tests {

enum class FuzzFault : std::uint8_t {
  crash,
  crash_during_sync,
  pause,
  partition,
  isolate_in,
  isolate_out,
  power_loss,
  slow_disk,
  crash_mid_effects,
  crash_before_sync,
  crash_after_sync,
  crash_during_recovery,
  halves,
  ring,
  bridge,
  leader_alone,
  groups_one_way,
  slow_link,
  lossy_link,
  drop_messages,
  hold_messages,
  duplicate_messages,
  hasten_messages,
  timeout_now,
  transfer,
  take_snapshot,
  membership,
  wipe,
  lying_disk,
  rotten_entry,
  rotten_snapshot,
  misdirected_write,
  clock_jump,
  clock_freeze,
  partial,
  damaging_link,
  narrow_link,
  stalling_link,
  slow_process
};
inline constexpr int fuzz_faults = static_cast<int>(FuzzFault::slow_process) + 1;

struct FuzzFaultCase {
  FuzzFault kind = FuzzFault::crash;
  std::uint32_t every_ms = 1000;
  std::uint32_t lasting_ms = 300;
  /// Of a message rule: 0: all, else one type; and how many messages it touches at most.
  std::uint32_t type = 0;
  std::uint32_t count = 1;
};

/// Every member's smallest value is its mildest: that is what shrinking goes for.
struct FuzzCase {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 1;
  std::uint32_t election_timeout_ms = 50;
  std::uint32_t no_op_off = 0;
  std::uint32_t pre_vote_off = 0;
  std::uint32_t check_quorum_off = 0;
  std::uint32_t entries_per_append_log2 = 6;  ///< 64 entries down to 1: 6 - x is the exponent
  std::uint32_t window = 0;                   ///< 16 - x appends in flight
  std::uint32_t small_segments = 0;
  std::uint32_t latency_mean_us = 500;
  std::uint32_t latency_max_factor = 1;  ///< longest latency, in means
  std::uint32_t loss_permille = 0;
  std::uint32_t duplicate_permille = 0;
  std::uint32_t reorder = 0;
  std::uint32_t streams = 0;
  std::uint32_t corrupt_permille = 0;
  std::uint32_t replay_permille = 0;
  std::uint32_t fsync_us = 100;
  std::uint32_t torn = 0;
  std::uint32_t drift_ppm = 0;
  std::uint32_t clients = 1;
  std::uint32_t keys = 1;
  std::uint32_t think_ms = 20;
  std::uint32_t log_reads = 0;
  std::uint32_t model = 0;  ///< 0 register, 1 kv, 2 append
  /// Operations a second of an open loop; 0: a closed one.
  std::uint32_t open_rate = 0;
  std::uint32_t retries = 0;          ///< 0: no limit, else x - 1
  std::uint32_t ops_per_session = 0;  ///< 0: no limit
  std::uint32_t dies_permille = 0;
  std::uint32_t heal = 0;  ///< sim::Healed: at quiet_after everybody, or a live core
  std::vector<FuzzFaultCase> faults;
  /// Begin when so many operations have been answered, which may be in the quiet phase.
  std::vector<FuzzFaultCase> late;
};

std::ostream& operator<<(std::ostream& out, const FuzzCase& fuzz_case);

/// The scenario that the numbers stand for: some seconds of chaos, then quiet and drain, everything expected
/// to hold.
sim::Scenario scenario_of(const FuzzCase& fuzz_case);

}  // namespace raftsim::tests
