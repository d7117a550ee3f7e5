#include "fuzz_case.hpp"

#include <algorithm>
#include <ostream>

namespace raftsim::tests {
namespace {

using sim::Distribution;

sim::RandomFault fault_of(const FuzzFaultCase& fault) {
  const Distribution lasting = Distribution::uniform(milliseconds(10), milliseconds(10 + fault.lasting_ms));
  history::Target one{history::RandomTarget{1, nullptr}};
  sim::RandomFault random;
  random.every = Distribution::uniform(milliseconds(fault.every_ms / 2), milliseconds(fault.every_ms * 2));
  switch (fault.kind) {
    case FuzzFault::crash:
      random.action = sim::Crash{one, lasting, history::CrashPoint::now};
      break;
    case FuzzFault::crash_during_sync:
      random.action = sim::Crash{one, lasting, history::CrashPoint::during_sync};
      break;
    case FuzzFault::pause:
      random.action = sim::Pause{one, lasting};
      break;
    case FuzzFault::partition:
      random.action = sim::Partition{sim::PartitionShape::random, false, lasting};
      break;
    case FuzzFault::isolate_in:
      random.action =
          sim::Isolate{history::Target{history::TargetWord::leader}, sim::Direction::in, false, lasting};
      break;
    case FuzzFault::isolate_out:
      random.action = sim::Isolate{one, sim::Direction::out, true, lasting};
      break;
    case FuzzFault::power_loss:
      random.action =
          sim::Crash{history::Target{history::TargetWord::all}, lasting, history::CrashPoint::now};
      break;
    case FuzzFault::slow_disk:
      random.action = sim::SlowDisk{one, lasting};
      break;
  }
  return random;
}

sim::Workload workload_of(const FuzzCase& c) {
  sim::Workload workload;
  constexpr std::array models{history::Model::register_, history::Model::kv, history::Model::append};
  workload.model = models[c.model % models.size()];
  workload.clients = c.clients;
  workload.keys = c.keys;
  if (workload.model == history::Model::register_) workload.mix = {2, 2, 1, 0, 0};
  if (workload.model == history::Model::kv) workload.mix = {3, 2, 1, 1, 1};
  if (workload.model == history::Model::append) workload.mix = {1, 0, 0, 0, 1};
  workload.arrival = sim::Workload::Closed{Distribution::uniform(Duration{}, milliseconds(2 * c.think_ms))};
  workload.timeout = milliseconds(800);
  workload.final_reads = true;
  workload.reads = {c.log_reads, 3 - std::min(c.log_reads, 2u)};
  return workload;
}

}  // namespace

sim::Scenario scenario_of(const FuzzCase& c) {
  sim::Scenario scenario;
  scenario.name = "fuzz";
  scenario.description = "Drawn by the property test.";
  scenario.nodes = c.nodes;
  scenario.options.election_timeout = milliseconds(c.election_timeout_ms);
  scenario.options.heartbeat_interval = milliseconds(c.election_timeout_ms) / 3;
  scenario.options.no_op = c.no_op_off == 0;
  scenario.options.pre_vote = c.pre_vote_off == 0;
  scenario.options.check_quorum = c.check_quorum_off == 0;
  scenario.options.max_entries_per_append = 1u << std::min(c.entries_per_append_log2, 6u);
  scenario.options.max_inflight_appends = 16 - std::min(c.window, 15u);
  scenario.options.segment_bytes = c.small_segments != 0 ? 512 : 65'536;
  scenario.options.snapshot_every.reset();

  const Duration mean = microseconds(c.latency_mean_us);
  scenario.network.nodes.latency =
      c.latency_max_factor <= 1 ? Distribution::constant(mean)
                                : Distribution::exponential(mean, mean / 4, mean * c.latency_max_factor);
  scenario.network.nodes.loss = sim::ratio(c.loss_permille, 1000);
  scenario.network.nodes.duplicate = sim::ratio(c.duplicate_permille, 1000);
  scenario.network.nodes.reorder = c.reorder != 0;
  scenario.disk.write = Distribution::constant(microseconds(50));
  scenario.disk.fsync = Distribution::uniform(microseconds(c.fsync_us), microseconds(4 * c.fsync_us));
  scenario.disk.on_crash = c.torn != 0 ? sim::OnCrash::torn_unsynced : sim::OnCrash::lose_unsynced;
  scenario.clock.drift_ppm = c.drift_ppm;
  scenario.workload = workload_of(c);
  for (const FuzzFaultCase& fault : c.faults) scenario.faults.random.push_back(fault_of(fault));
  // With a disk or network that is as slow as the election timeout, liveness is not promised: safety alone is
  // judged.
  const Duration round =
      mean * std::max<std::int64_t>(c.latency_max_factor, 1) * 2 + microseconds(8 * c.fsync_us);
  scenario.limits.time = seconds(8);
  scenario.limits.events = 3'000'000;
  const bool without_votes_guard = c.pre_vote_off != 0 || c.check_quorum_off != 0;
  if (round * 4 < scenario.options.election_timeout && c.no_op_off == 0 && !without_votes_guard) {
    scenario.faults.quiet_after = seconds(4);
    scenario.faults.drain_after = seconds(6);
  }
  return scenario;
}

std::ostream& operator<<(std::ostream& out, const FuzzCase& c) {
  out << "seed " << c.seed << ", " << c.nodes << " nodes, T " << c.election_timeout_ms << " ms, latency "
      << c.latency_mean_us << " us x" << c.latency_max_factor << ", loss " << c.loss_permille << "/1000, "
      << c.clients << " clients, " << c.faults.size() << " kinds of faults";
  return out;
}

}  // namespace raftsim::tests
