// Crashes at each point, and what comes up again.
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::CrashPoint;
using history::EventKind;
using history::FaultClass;

namespace {

/// n1 writes and syncs every 20 ms, and promises n2 something after each sync; at a restart it lists and
/// reads its disk first.
void diligent(ToyProcess& p, const Input& input, Effects& out) {
  if (p.self != NodeId{1}) return;
  if (const auto* start = std::get_if<Start>(&input.what)) {
    out.wake_at = input.now + milliseconds(20);
    if (start->boot == Boot::existing) {
      p.list(out);
      p.read(out);
    }
    return;
  }
  if (!std::holds_alternative<Wake>(input.what)) {
    // Stated anew by every step: at the next multiple of 20 ms.
    out.wake_at = Instant{(input.now.ns / 20'000'000 + 1) * 20'000'000};
    return;
  }
  out.wake_at = input.now + milliseconds(20);
  p.write(out, "promise");
  const DiskOp sync = p.sync(out);
  p.send(out, 2, "a1");
  p.send(out, 2, "g1", sync.value);
}

sim::Scenario crashing(CrashPoint point) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = milliseconds(400);
  s.faults.script.push_back(at(50, sim::Crash{node(1), lasting(100), point}));
  return s;
}

std::size_t before(const std::vector<Kept>& events, Instant t) {
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [t](const Kept& k) { return k.event.time < t; }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_crash_now_takes_the_node_down_at_once_for_its_time) {
  const Run run(crashing(CrashPoint::now), diligent);
  const auto crash = run.seen.of(EventKind::crash);
  const auto restart = run.seen.of(EventKind::restart);
  const auto boots = run.seen.of(EventKind::boot, 1);
  BOOST_REQUIRE(crash.size() == 1u);
  BOOST_REQUIRE(restart.size() == 1u);
  BOOST_REQUIRE(boots.size() == 2u);
  BOOST_TEST(crash[0].event.time == ms(50));
  BOOST_TEST(restart[0].event.time == ms(150));
  BOOST_TEST(restart[0].event.cause == crash[0].event.id);
  BOOST_TEST(boots[1].event.cause == restart[0].event.id);
  BOOST_TEST(boots[1].event.boot.incarnation == 2u);
  BOOST_TEST(boots[1].event.boot.boot == static_cast<std::uint64_t>(Boot::existing));
  // The fault begins at the crash, which it causes, and ends as the node comes up.
  const auto begin = run.seen.of(EventKind::fault_begin);
  const auto end = run.seen.of(EventKind::fault_end);
  BOOST_REQUIRE(begin.size() == 1u);
  BOOST_REQUIRE(end.size() == 1u);
  BOOST_TEST(crash[0].event.cause == begin[0].event.id);
  BOOST_TEST(begin[0].nodes == std::vector<NodeId>{NodeId{1}}, boost::test_tools::per_element());
  BOOST_TEST(end[0].event.time == ms(150));
  BOOST_TEST(run.fault(FaultClass::crash).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::crash).fired == 1u);
  BOOST_TEST(run.fault(FaultClass::crash).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_crash_in_the_middle_of_effects_keeps_a_prefix_of_them) {
  // Drawn: over many seeds, each prefix of the four effects is seen, and never an effect without those
  // before.
  std::size_t seen[5] = {};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Run run(crashing(CrashPoint::mid_effects), diligent, {.seed = seed});
    const auto crash = run.seen.of(EventKind::crash);
    BOOST_REQUIRE(crash.size() == 1u);
    BOOST_TEST(crash[0].event.time == ms(60));
    std::size_t happened = 0;
    bool wrote = false;
    bool synced = false;
    for (const Kept& k : run.seen.all) {
      if (k.event.step != crash[0].event.step) continue;
      if (k.event.kind == EventKind::write) wrote = true;
      if (k.event.kind == EventKind::sync) {
        BOOST_TEST(wrote);
        synced = true;
      }
      if (k.event.kind == EventKind::send) BOOST_TEST(synced);
      const bool effect = k.event.kind == EventKind::write || k.event.kind == EventKind::sync ||
                          k.event.kind == EventKind::send;
      if (effect) ++happened;
    }
    ++seen[happened];
  }
  for (std::size_t count : seen) BOOST_TEST(count > 0u);
}

BOOST_AUTO_TEST_CASE(a_crash_before_a_sync_happens_before_it_is_issued) {
  const Run run(crashing(CrashPoint::before_sync), diligent);
  const auto crash = run.seen.of(EventKind::crash);
  BOOST_REQUIRE(crash.size() == 1u);
  BOOST_TEST(crash[0].event.time == ms(60));
  BOOST_TEST(before(run.seen.of(EventKind::write, 1), ms(61)) == 3u);
  BOOST_TEST(before(run.seen.of(EventKind::sync, 1), ms(61)) == 2u);
  BOOST_TEST(before(run.seen.of(EventKind::send, 1), ms(61)) == 4u);
}

BOOST_AUTO_TEST_CASE(a_crash_during_a_sync_happens_while_it_is_in_flight) {
  const Run run(crashing(CrashPoint::during_sync), diligent);
  const auto crash = run.seen.of(EventKind::crash);
  BOOST_REQUIRE(crash.size() == 1u);
  BOOST_TEST(crash[0].event.time > ms(60));
  BOOST_TEST(crash[0].event.time < ms(61) + microseconds(100));
  BOOST_TEST(before(run.seen.of(EventKind::sync, 1), ms(62)) == 3u);
  BOOST_TEST(before(run.seen.of(EventKind::synced, 1), ms(62)) == 2u);
  BOOST_TEST(before(run.seen.of(EventKind::depart, 1), ms(62)) == 2u);
}

BOOST_AUTO_TEST_CASE(a_crash_after_a_sync_happens_before_the_process_and_the_network_know) {
  const Run run(crashing(CrashPoint::after_sync), diligent);
  const auto crash = run.seen.of(EventKind::crash);
  const auto synced = run.seen.of(EventKind::synced, 1);
  BOOST_REQUIRE(crash.size() == 1u);
  BOOST_TEST(before(synced, ms(62)) == 3u);
  BOOST_TEST(crash[0].event.time == synced[2].event.time);
  BOOST_TEST(crash[0].event.process.lost_messages == 1u);
  BOOST_TEST(before(run.seen.of(EventKind::depart, 1), ms(62)) == 2u);
}

BOOST_AUTO_TEST_CASE(a_crash_during_recovery_waits_for_a_restart_and_comes_up_again) {
  sim::Scenario s = crashing(CrashPoint::during_recovery);
  s.faults.script.push_back(at(60, sim::Crash{node(1), lasting(50)}));
  const Run run(s, diligent);
  const auto crash = run.seen.of(EventKind::crash);
  const auto boots = run.seen.of(EventKind::boot, 1);
  BOOST_REQUIRE(crash.size() == 2u);
  BOOST_REQUIRE(boots.size() == 3u);
  BOOST_TEST(crash[0].event.time == ms(60));
  BOOST_TEST(boots[1].event.time == ms(110));
  // While the first read of the recovery ends: 100 us each for the list and the read.
  BOOST_TEST(crash[1].event.time > ms(110));
  BOOST_TEST(crash[1].event.time < ms(111));
  BOOST_TEST(int{crash[1].event.process.point} == static_cast<int>(CrashPoint::during_recovery));
  BOOST_TEST(boots[2].event.time == crash[1].event.time + milliseconds(100));
}

// Of a recovery that says when it is over: at each of its operations, and at the latest as it says so.
BOOST_AUTO_TEST_CASE(a_crash_during_recovery_may_come_at_any_of_its_operations) {
  constexpr std::uint64_t reads = 4;
  const auto recovering = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1}) return;
    const auto* start = std::get_if<Start>(&input.what);
    if (start != nullptr && start->boot == Boot::existing) p.list(out);
    const bool wrote = start != nullptr && start->boot == Boot::fresh;
    if (wrote) p.write(out, "something");
    const bool first_boot = p.written > 0;
    const bool done = std::holds_alternative<DiskDone>(input.what);
    if (done && !first_boot && p.ops <= reads) p.read(out);
    const bool over = wrote || (done && !first_boot && std::get<DiskDone>(input.what).op.value == reads + 1);
    if (over) out.list.emplace_back(Note{NoteKind::recovered, 0, 0});
  };
  sim::Scenario s = crashing(CrashPoint::during_recovery);
  s.disk.on_crash = sim::OnCrash::keep_all;
  s.faults.script.push_back(at(60, sim::Crash{node(1), lasting(50)}));
  std::size_t after[reads + 2] = {};
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const Run run(s, recovering, {.seed = seed});
    const auto crash = run.seen.of(EventKind::crash);
    BOOST_REQUIRE(crash.size() == 2u);
    // The list and each read take 100 us.
    const std::int64_t us = (crash[1].event.time - ms(110)).ns / 1'000;
    BOOST_REQUIRE(us >= 200);
    BOOST_REQUIRE(us <= 100 * static_cast<std::int64_t>(reads + 1));
    ++after[us / 100];
  }
  for (std::size_t k = 2; k <= reads + 1; ++k) BOOST_TEST(after[k] > 0u);
}

BOOST_AUTO_TEST_CASE(what_was_not_synced_is_lost_and_the_ledger_says_so) {
  std::uint64_t lost = 0;
  std::uint64_t effective = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Run run(crashing(CrashPoint::before_sync), diligent, {.seed = seed});
    lost += run.seen.of(EventKind::crash).at(0).event.process.lost_bytes;
    BOOST_TEST(run.fault(FaultClass::disk_loss).configured == 1u);
    BOOST_TEST(run.fault(FaultClass::disk_loss).fired == 1u);
    effective += run.fault(FaultClass::disk_loss).effective;
  }
  BOOST_TEST(lost > 0u);
  BOOST_TEST(effective > 0u);
  BOOST_TEST(effective <= 20u);
}

BOOST_AUTO_TEST_CASE(what_was_torn_or_undone_is_told_with_the_crash) {
  sim::Scenario s = crashing(CrashPoint::before_sync);
  s.disk.on_crash = sim::OnCrash::torn_unsynced;
  std::size_t torn = 0, undone = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Run run(s, diligent, {.seed = seed});
    const Kept crash = run.seen.of(EventKind::crash).at(0);
    const bool tells = crash.text.find(" bytes torn") != std::string::npos;
    BOOST_TEST(tells == (run.fault(FaultClass::disk_torn).effective == 1), crash.text);
    torn += tells ? 1u : 0u;
    const bool changes = crash.text.find(" changes of names or lengths undone") != std::string::npos;
    if (changes) BOOST_TEST(run.fault(FaultClass::disk_loss).effective == 1u, crash.text);
    undone += changes ? 1u : 0u;
  }
  BOOST_TEST(torn > 0u);
  BOOST_TEST(torn < 40u);
  BOOST_TEST(undone > 0u);
}

BOOST_AUTO_TEST_CASE(a_benign_crash_loses_nothing) {
  const Run run(crashing(CrashPoint::before_sync), diligent, {.base = sim::Base::benign});
  BOOST_TEST(run.seen.of(EventKind::crash).at(0).event.process.lost_bytes == 0u);
  BOOST_TEST(run.fault(FaultClass::disk_loss).effective == 0u);
}

BOOST_AUTO_TEST_CASE(messages_to_a_node_that_is_down_are_dropped_at_their_arrival) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(50, sim::Crash{node(2), lasting(100)}));
  const Run run(s, diligent);
  std::size_t dropped = 0;
  for (const Kept& k : run.seen.of(EventKind::drop)) {
    BOOST_TEST(static_cast<int>(k.event.message.reason) ==
               static_cast<int>(history::DropReason::receiver_down));
    BOOST_TEST(k.event.time > ms(50));
    BOOST_TEST(k.event.time < ms(152));
    ++dropped;
  }
  // At 60, 80, ..., 140 ms, two each.
  BOOST_TEST(dropped == 10u);
}

BOOST_AUTO_TEST_CASE(a_node_down_from_the_start_boots_for_the_first_time_when_it_is_restarted) {
  sim::Scenario s = quiet_scenario();
  s.initial[NodeId{3}].down = true;
  s.faults.script.push_back(at(100, sim::Restart{nodes({1, 3})}));
  class Formatting final : public System {
   public:
    std::string_view name() const override { return "formatting"; }
    std::unique_ptr<Process> make_process() const override { return inner.make_process(); }
    void encode(const Operation& o, std::vector<std::byte>& out) const override { inner.encode(o, out); }
    std::optional<OperationResult> decode_reply(const Operation& o, ReplyKind k, Index p,
                                                ByteSpan b) const override {
      return inner.decode_reply(o, k, p, b);
    }
    std::optional<Files> format_disk(NodeId, const InitialState& state) const override {
      Files files;
      files["members"] = bytes_of(std::to_string(state.members.voters.size()));
      return files;
    }
    ToySystem inner{idle};
  } system;
  history::Journal journal;
  Witness seen;
  journal.subscribe(seen);
  sim::World world(s, {.seed = 1}, {&system, &system, &system}, journal, nullptr);
  const sim::RunEnd end = world.run();
  const auto boots = seen.of(EventKind::boot, 3);
  BOOST_REQUIRE(boots.size() == 1u);
  BOOST_TEST(boots[0].event.time == ms(100));
  BOOST_TEST(boots[0].event.boot.boot == static_cast<std::uint64_t>(Boot::fresh));
  // n1 was up: restarting it does nothing.
  BOOST_TEST(seen.of(EventKind::boot, 1).size() == 1u);
  BOOST_TEST(end.faults[static_cast<std::size_t>(FaultClass::restart)].effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_system_that_cannot_start_from_a_given_log_is_refused) {
  sim::Scenario s = quiet_scenario();
  s.initial[NodeId{1}].state.term = Term{3};
  ToySystem system(idle);
  history::Journal journal;
  const std::vector<const System*> systems{&system, &system, &system};
  BOOST_CHECK_THROW(sim::World(s, {.seed = 1}, systems, journal, nullptr), std::invalid_argument);
}
