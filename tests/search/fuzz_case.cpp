#include "fuzz_case.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

namespace raftsim::tests {
namespace {

using sim::Distribution;

using history::CrashPoint;
using history::Target;
using history::TargetWord;
using sim::PartitionShape;

Target one_of_them() { return Target{history::RandomTarget{1, nullptr}}; }

sim::Messages messages(sim::MessageDo action, const FuzzFaultCase& fault, const Distribution& lasting) {
  constexpr std::array types{MessageType::request_vote,   MessageType::request_vote_resp,
                             MessageType::pre_vote,       MessageType::pre_vote_resp,
                             MessageType::append_entries, MessageType::append_entries_resp};
  sim::Messages rule;
  rule.action = action;
  if (fault.type != 0) rule.types = {types[(fault.type - 1) % types.size()]};
  rule.count = fault.count;
  if (action == sim::MessageDo::drop || action == sim::MessageDo::hold) rule.from = one_of_them();
  rule.lasting = lasting;
  return rule;
}

sim::SetLink link(const sim::Link& changed, const Distribution& lasting) {
  return {{one_of_them()}, {Target{TargetWord::all}}, changed, lasting};
}

/// What `kind` stands for in a table; nothing where it is not in it.
template <class Value, std::size_t n>
std::optional<Value> in_table(const std::pair<FuzzFault, Value> (&table)[n], FuzzFault kind) {
  for (const auto& [of, value] : table)
    if (of == kind) return value;
  return std::nullopt;
}

constexpr std::pair<FuzzFault, CrashPoint> crash_points[] = {
    {FuzzFault::crash, CrashPoint::now},
    {FuzzFault::crash_during_sync, CrashPoint::during_sync},
    {FuzzFault::crash_mid_effects, CrashPoint::mid_effects},
    {FuzzFault::crash_before_sync, CrashPoint::before_sync},
    {FuzzFault::crash_after_sync, CrashPoint::after_sync},
    {FuzzFault::crash_during_recovery, CrashPoint::during_recovery}};
constexpr std::pair<FuzzFault, PartitionShape> shapes[] = {
    {FuzzFault::partition, PartitionShape::random},
    {FuzzFault::halves, PartitionShape::halves},
    {FuzzFault::ring, PartitionShape::majorities_ring},
    {FuzzFault::bridge, PartitionShape::bridge},
    {FuzzFault::partial, PartitionShape::partial},
    {FuzzFault::leader_alone, PartitionShape::leader_alone}};
constexpr std::pair<FuzzFault, sim::MessageDo> rules[] = {
    {FuzzFault::drop_messages, sim::MessageDo::drop},
    {FuzzFault::hold_messages, sim::MessageDo::hold},
    {FuzzFault::duplicate_messages, sim::MessageDo::duplicate},
    {FuzzFault::hasten_messages, sim::MessageDo::deliver_now}};

constexpr std::pair<FuzzFault, sim::DiskFaultKind> disk_faults[] = {
    {FuzzFault::slow_disk, sim::DiskFaultKind::slow},
    {FuzzFault::lying_disk, sim::DiskFaultKind::fsync_lies},
    {FuzzFault::rotten_entry, sim::DiskFaultKind::corrupt_entry},
    {FuzzFault::rotten_snapshot, sim::DiskFaultKind::corrupt_snapshot},
    {FuzzFault::misdirected_write, sim::DiskFaultKind::misdirected_write}};

sim::Link changed_link(const FuzzFaultCase& fault) {
  sim::Link changed;
  if (fault.kind == FuzzFault::slow_link) {
    changed.latency = Distribution::uniform(milliseconds(1), milliseconds(80));
  } else if (fault.kind == FuzzFault::damaging_link) {
    changed.corrupt = sim::ratio(1, 3);
    changed.replay = sim::ratio(1, 3);
  } else if (fault.kind == FuzzFault::narrow_link) {
    changed.capacity = fault.count;
    changed.drop_when_full = fault.type % 2 == 0 ? sim::DropWhenFull::newest : sim::DropWhenFull::oldest;
    changed.bandwidth = 100'000 / fault.count;
  } else if (fault.kind == FuzzFault::stalling_link) {
    changed.clog = sim::Clog{sim::ratio(1, 20), Distribution::uniform(milliseconds(1), milliseconds(200))};
  } else {
    changed.loss = sim::ratio(1, 2);
    changed.duplicate = sim::ratio(1, 4);
  }
  return changed;
}

sim::Action action_of(const FuzzFaultCase& fault) {
  const Distribution lasting = Distribution::uniform(milliseconds(10), milliseconds(10 + fault.lasting_ms));
  const FuzzFault kind = fault.kind;
  if (const auto point = in_table(crash_points, kind)) return sim::Crash{one_of_them(), lasting, *point};
  if (const auto shape = in_table(shapes, kind)) return sim::Partition{*shape, false, lasting};
  if (const auto rule = in_table(rules, kind)) return messages(*rule, fault, lasting);
  if (kind == FuzzFault::power_loss) return sim::Crash{Target{TargetWord::all}, lasting, CrashPoint::now};
  if (kind == FuzzFault::pause) return sim::Pause{one_of_them(), lasting};
  if (kind == FuzzFault::isolate_in)
    return sim::Isolate{Target{TargetWord::leader}, sim::Direction::in, false, lasting};
  if (kind == FuzzFault::isolate_out) return sim::Isolate{one_of_them(), sim::Direction::out, true, lasting};
  if (const auto disk = in_table(disk_faults, kind)) return sim::DiskFault{one_of_them(), *disk, lasting};
  if (kind == FuzzFault::clock_jump)
    return sim::ClockJump{one_of_them(), milliseconds(fault.lasting_ms) - milliseconds(3 * fault.count)};
  if (kind == FuzzFault::clock_freeze) return sim::ClockFreeze{one_of_them(), lasting};
  if (kind == FuzzFault::timeout_now) return sim::TimeoutNow{one_of_them()};
  if (kind == FuzzFault::transfer) return sim::TransferLeadership{Target{TargetWord::follower}};
  if (kind == FuzzFault::take_snapshot) return sim::TakeSnapshot{one_of_them()};
  if (kind == FuzzFault::membership) return sim::RandomMembership{};
  if (kind == FuzzFault::wipe) return sim::Restart{one_of_them(), sim::Comeback::wiped};
  if (kind == FuzzFault::groups_one_way) {
    const Target leader{TargetWord::leader};
    const Target others{history::NotTarget{std::make_shared<const Target>(leader)}};
    return sim::Partition{std::vector<Target>{leader, others}, true, lasting};
  }
  if (kind == FuzzFault::slow_process) return sim::Slow{one_of_them(), 10 * fault.count, lasting};
  return link(changed_link(fault), lasting);
}

sim::RandomFault fault_of(const FuzzFaultCase& fault) {
  sim::RandomFault random;
  random.every = Distribution::uniform(milliseconds(fault.every_ms / 2), milliseconds(fault.every_ms * 2));
  random.action = action_of(fault);
  return random;
}

/// Waits for operations, more of them with each step.
sim::Step late_step(const FuzzFaultCase& fault, std::uint64_t position) {
  sim::Step step;
  history::Predicate enough;
  enough.ops_ok = history::Compare{};
  enough.ops_ok->ge = static_cast<std::int64_t>((position + 1) * fault.every_ms / 4);
  step.when = enough;
  step.actions.push_back(action_of(fault));
  return step;
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
  if (c.open_rate != 0)
    workload.arrival = sim::Workload::Open{Duration{1'000'000'000 / std::int64_t{c.open_rate}}, true};
  if (c.retries != 0) workload.retries = c.retries - 1;
  if (c.ops_per_session != 0) workload.ops_per_session = c.ops_per_session;
  workload.dies = sim::ratio(c.dies_permille, 1000);
  workload.timeout = milliseconds(800);
  workload.final_reads = true;
  workload.reads = {c.log_reads, 3 - std::min(c.log_reads, 2u)};
  return workload;
}

/// Where safety alone is judged, and why:
/// - broadcastTime << electionTimeout is what Raft asks of its environment (5.6): with a network or disk
///   as slow as the election timeout nobody need ever lead.
/// - Without a no-op at the start of its term a leader neither learns which of the earlier entries are
///   committed (5.4.2, 8) nor may serve reads (dissertation 6.4) before somebody writes: nobody may.
/// Pre-votes and the leader's check of its quorum (dissertation 9.6, 6.2) keep a cluster from needless
/// elections; without them elections come to an end once faults do, all the same.
bool liveness_is_promised(const FuzzCase& c, const sim::Scenario& scenario) {
  const Duration mean = microseconds(c.latency_mean_us);
  const Duration round =
      mean * std::max<std::int64_t>(c.latency_max_factor, 1) * 2 + microseconds(8 * c.fsync_us);
  return round * 4 < scenario.options.election_timeout && scenario.options.no_op;
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
  if (c.streams != 0) scenario.network.nodes.mode = sim::LinkMode::stream;
  scenario.network.nodes.corrupt = sim::ratio(c.corrupt_permille, 1000);
  scenario.network.nodes.replay = sim::ratio(c.replay_permille, 1000);
  scenario.disk.write = Distribution::constant(microseconds(50));
  scenario.disk.fsync = Distribution::uniform(microseconds(c.fsync_us), microseconds(4 * c.fsync_us));
  scenario.disk.on_crash = c.torn != 0 ? sim::OnCrash::torn_unsynced : sim::OnCrash::lose_unsynced;
  scenario.clock.drift_ppm = c.drift_ppm;
  scenario.workload = workload_of(c);
  for (const FuzzFaultCase& fault : c.faults) {
    scenario.faults.random.push_back(fault_of(fault));
    // Disks that are lost may be too many to lose: then nobody could go on.
    if (fault.kind == FuzzFault::wipe) scenario.faults.keep_quorum = true;
  }
  for (std::size_t k = 0; k < c.late.size(); ++k)
    if (c.late[k].kind != FuzzFault::wipe) scenario.faults.script.push_back(late_step(c.late[k], k));
  scenario.faults.min_voters = std::max(1u, c.nodes - std::min(c.nodes, 2u));
  scenario.faults.max_voters = c.nodes + 2;
  scenario.limits.time = seconds(8);
  scenario.limits.events = 3'000'000;
  if (!liveness_is_promised(c, scenario)) return scenario;
  scenario.faults.quiet_after = seconds(4);
  scenario.faults.drain_after = seconds(6);
  scenario.faults.heal = static_cast<sim::Healed>(c.heal);
  return scenario;
}

std::ostream& operator<<(std::ostream& out, const FuzzCase& c) {
  out << "seed " << c.seed << ", " << c.nodes << " nodes, T " << c.election_timeout_ms << " ms, latency "
      << c.latency_mean_us << " us x" << c.latency_max_factor << ", loss " << c.loss_permille << "/1000, "
      << (c.streams != 0 ? "streams, " : "") << c.clients << " clients, " << c.faults.size()
      << " kinds of faults, " << c.late.size() << " late ones";
  return out;
}

}  // namespace raftsim::tests
