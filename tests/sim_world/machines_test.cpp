// What a machine does to its server: clocks that jump or stand still, disks that fail by a probability, lie
// and decay, and a restart with other options.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::ClockChange;
using history::EventKind;
using history::FaultClass;

namespace {

/// Wakes every 20 ms of its own clock, from its own clock's 0 on.
void ticking(ToyProcess& p, const Input& input, Effects& out) {
  if (p.self != NodeId{1}) return;
  const bool fired = std::holds_alternative<Wake>(input.what) || std::holds_alternative<Start>(input.what);
  if (fired) p.wake = input.now + milliseconds(20);
  out.wake_at = p.wake;
}

/// n1 writes an entry and syncs file and directory, every 20 ms; each write is labelled.
void logging(ToyProcess& p, const Input& input, Effects& out) {
  if (p.self != NodeId{1}) return;
  const auto* start = std::get_if<Start>(&input.what);
  if (start != nullptr && start->boot == Boot::existing) {
    p.list(out);
    p.read(out);
  }
  if (start != nullptr || std::holds_alternative<Wake>(input.what)) p.wake = input.now + milliseconds(20);
  out.wake_at = p.wake;
  if (!std::holds_alternative<Wake>(input.what)) return;
  p.write(out, std::string(512, 'e'));
  auto& write = std::get<DiskRequest>(out.list.back());
  const Index index{p.written / 512};
  write.label_first = static_cast<std::uint32_t>(out.labels.size());
  write.label_count = 1;
  out.labels.emplace_back(EntriesLabel{.first = index, .last = index, .last_term = Term{1}, .chain = 7});
  p.sync(out);
  DiskRequest names;
  names.op = DiskOp{++p.ops};
  names.action = DiskAction::sync_directory;
  out.list.emplace_back(names);
}

std::vector<std::int64_t> times_of(const Run& run, EventKind kind) {
  std::vector<std::int64_t> times;
  for (const Kept& k : run.seen.of(kind, 1)) times.push_back(k.event.time.ns / 1'000'000);
  return times;
}

std::vector<Kept> damaged(const Run& run) {
  std::vector<Kept> found;
  for (const Kept& k : run.seen.of(EventKind::lost, 1))
    if (k.event.disk.status == static_cast<std::uint8_t>(DiskStatus::io_error)) found.push_back(k);
  return found;
}

sim::Scenario short_scenario() {
  sim::Scenario s = quiet_scenario();
  s.limits.time = milliseconds(199);
  return s;
}

sim::ClockJump jump(std::int64_t by_ms) { return {node(1), milliseconds(by_ms)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(machines)

// ---- clocks

BOOST_AUTO_TEST_CASE(a_clock_at_its_end_jumps_no_further) {
  constexpr std::int64_t years_40 = std::int64_t{40} * 365 * 24 * 3'600 * 1'000;
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, jump(years_40)), at(60, jump(years_40))};
  const Run run(s, [](ToyProcess&, const Input&, Effects&) {});
  BOOST_TEST(run.fault(FaultClass::clock_jump).fired == 2u);
  BOOST_TEST(run.fault(FaultClass::clock_jump).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_jump_moves_the_wall_clock_and_no_timer_notices) {
  sim::Scenario s = short_scenario();
  s.faults.script = {at(50, jump(-1'000)), at(110, jump(3'000))};
  std::vector<std::int64_t> ahead;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    ticking(p, input, out);
    if (p.self == NodeId{1}) ahead.push_back((input.wall - input.now).ns / 1'000'000);
  });
  const std::vector<std::int64_t> expected{20, 40, 60, 80, 100, 120, 140, 160, 180};
  BOOST_TEST(times_of(run, EventKind::timer_fire) == expected, boost::test_tools::per_element());
  const std::vector<std::int64_t> jumps{0, 0, 0, -1'000, -1'000, -1'000, 2'000, 2'000, 2'000, 2'000};
  BOOST_TEST(ahead == jumps, boost::test_tools::per_element());
  const auto told = run.seen.of(EventKind::clock, 1);
  BOOST_REQUIRE(told.size() == 2u);
  BOOST_TEST(told[0].event.clock.by_ns == -1'000'000'000);
  BOOST_CHECK(told[0].event.clock.what == static_cast<std::uint64_t>(ClockChange::wall_jumped));
  BOOST_TEST(told[0].event.cause == run.seen.of(EventKind::fault_begin).at(0).event.id);
  BOOST_TEST(run.fault(FaultClass::clock_jump).configured == 2u);
  BOOST_TEST(run.fault(FaultClass::clock_jump).fired == 2u);
  BOOST_TEST(run.fault(FaultClass::clock_jump).effective == 2u);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_not_monotonic_takes_its_timers_along) {
  sim::Scenario s = short_scenario();
  s.clock.monotonic = false;
  // What was due at 60 is due at once; what is due at 70 then is due 30 ms later.
  s.faults.script = {at(50, jump(500)), at(55, jump(-30))};
  const Run run(s, ticking);
  const std::vector<std::int64_t> expected{20, 40, 50, 100, 120, 140, 160, 180};
  BOOST_TEST(times_of(run, EventKind::timer_fire) == expected, boost::test_tools::per_element());
  BOOST_CHECK(run.seen.of(EventKind::clock).at(0).event.clock.what ==
              static_cast<std::uint64_t>(ClockChange::jumped));
}

BOOST_AUTO_TEST_CASE(no_timer_fires_while_a_clock_stands_still_and_what_was_left_is_left_afterwards) {
  sim::Scenario s = short_scenario();
  s.faults.script = {at(50, sim::ClockFreeze{node(1), lasting(100)})};
  const Run run(s, ticking);
  const std::vector<std::int64_t> expected{20, 40, 160, 180};
  BOOST_TEST(times_of(run, EventKind::timer_fire) == expected, boost::test_tools::per_element());
  const auto told = run.seen.of(EventKind::clock, 1);
  BOOST_REQUIRE(told.size() == 2u);
  BOOST_CHECK(told[0].event.clock.what == static_cast<std::uint64_t>(ClockChange::froze));
  BOOST_CHECK(told[1].event.clock.what == static_cast<std::uint64_t>(ClockChange::thawed));
  BOOST_TEST(told[1].event.clock.by_ns == 100'000'000);
  BOOST_TEST(told[1].event.clock.local_ns == 50'000'000);
  BOOST_TEST(run.fault(FaultClass::clock_freeze).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_clock_held_twice_goes_on_once_nothing_holds_it) {
  sim::Scenario s = short_scenario();
  s.faults.script = {at(50, sim::ClockFreeze{node(1), lasting(60)}),
                     at(70, sim::ClockFreeze{node(1), lasting(70)})};
  const Run run(s, ticking);
  const std::vector<std::int64_t> expected{20, 40, 150, 170, 190};
  BOOST_TEST(times_of(run, EventKind::timer_fire) == expected, boost::test_tools::per_element());
  BOOST_TEST(run.seen.count(EventKind::clock) == 2u);
  BOOST_TEST(run.fault(FaultClass::clock_freeze).fired == 2u);
  BOOST_TEST(run.fault(FaultClass::clock_freeze).effective == 1u);
}

BOOST_AUTO_TEST_CASE(clocks_jump_of_themselves_until_the_quiet_phase) {
  sim::Scenario s = short_scenario();
  s.clock.jump = sim::Clock::Jump{lasting(30), milliseconds(-5)};
  s.faults.quiet_after = milliseconds(100);
  const Run run(s, idle);
  const std::vector<std::int64_t> expected{30, 60, 90};
  BOOST_TEST(times_of(run, EventKind::clock) == expected, boost::test_tools::per_element());
  BOOST_TEST(run.seen.count(EventKind::clock) == 9u);
  BOOST_TEST(run.fault(FaultClass::clock_jump).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::clock_jump).fired == 9u);
}

BOOST_AUTO_TEST_CASE(heal_lets_clocks_go_on) {
  sim::Scenario s = short_scenario();
  s.faults.script = {at(50, sim::ClockFreeze{node(1), std::nullopt}), at(90, sim::Heal{})};
  const Run run(s, ticking);
  const std::vector<std::int64_t> expected{20, 40, 100, 120, 140, 160, 180};
  BOOST_TEST(times_of(run, EventKind::timer_fire) == expected, boost::test_tools::per_element());
}

// ---- disks

BOOST_AUTO_TEST_CASE(every_write_and_read_may_fail_until_the_quiet_phase_and_no_sync) {
  sim::Scenario s = short_scenario();
  s.disk.io_error = sim::Ratio{0, true};
  s.faults.quiet_after = milliseconds(100);
  const Run run(s, logging);
  const auto errors = run.seen.of(EventKind::disk_error, 1);
  BOOST_REQUIRE(!errors.empty());
  for (const Kept& k : errors) {
    BOOST_TEST(k.event.time < ms(102));
    BOOST_TEST(static_cast<int>(k.event.disk.action) == static_cast<int>(DiskAction::write));
  }
  BOOST_TEST(run.fault(FaultClass::disk_error).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::disk_error).fired == errors.size());
  BOOST_TEST(run.fault(FaultClass::disk_error).effective == errors.size());
}

BOOST_AUTO_TEST_CASE(what_failed_is_counted_however_a_run_ends) {
  sim::Scenario s = short_scenario();
  s.disk.io_error = sim::Ratio{0, true};
  s.limits.events = 60;
  const Run run(s, logging);
  BOOST_REQUIRE(run.end.reason == sim::EndReason::events);
  const auto errors = run.seen.of(EventKind::disk_error, 1);
  BOOST_REQUIRE(!errors.empty());
  BOOST_TEST(run.fault(FaultClass::disk_error).fired == errors.size());
}

BOOST_AUTO_TEST_CASE(every_sync_may_fail_and_nothing_else) {
  sim::Scenario s = short_scenario();
  s.disk.sync_error = sim::Ratio{0, true};
  const Run run(s, logging);
  BOOST_REQUIRE(!run.seen.of(EventKind::disk_error, 1).empty());
  for (const Kept& k : run.seen.of(EventKind::disk_error, 1))
    BOOST_TEST(static_cast<int>(k.event.disk.action) != static_cast<int>(DiskAction::write));
  BOOST_TEST(run.seen.of(EventKind::durable, 1).empty());
  BOOST_TEST(run.fault(FaultClass::disk_sync_error).fired > 0u);
}

BOOST_AUTO_TEST_CASE(a_lie_is_told_as_done_and_what_it_told_of_breaks_at_the_crash) {
  sim::Scenario s = short_scenario();
  s.disk.protect_quorum = false;
  s.faults.script = {at(0, sim::DiskFault{node(1), sim::DiskFaultKind::fsync_lies, lasting(90)}),
                     at(95, sim::Crash{node(1), lasting(10)})};
  std::size_t broken = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Run run(s, logging, {.seed = seed});
    const auto syncs = run.seen.of(EventKind::synced, 1);
    BOOST_CHECK(syncs.at(0).event.disk.flaw == history::DiskFlaw::lied);
    BOOST_TEST(run.seen.of(EventKind::durable, 1).size() >= 4u);
    const auto crash = run.seen.of(EventKind::crash).at(0).event.id;
    for (const Kept& k : damaged(run)) BOOST_TEST(k.event.cause == crash);
    broken += damaged(run).size();
    BOOST_TEST(run.fault(FaultClass::disk_lie).fired == 1u);
    BOOST_TEST(run.fault(FaultClass::disk_lie).effective == (damaged(run).empty() ? 0u : 1u));
  }
  BOOST_TEST(broken > 0u);
}

BOOST_AUTO_TEST_CASE(a_liar_that_breaks_something_at_each_of_two_crashes_lied_once) {
  sim::Scenario s = short_scenario();
  s.disk.protect_quorum = false;
  s.faults.script = {at(0, sim::DiskFault{node(1), sim::DiskFaultKind::fsync_lies, std::nullopt}),
                     at(45, sim::Crash{node(1), lasting(5)}), at(150, sim::Crash{node(1), lasting(5)})};
  bool twice = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Run run(s, logging, {.seed = seed});
    const auto crashes = run.seen.of(EventKind::crash, 1);
    const auto breaks = [&](const Kept& crash) {
      return std::ranges::any_of(damaged(run),
                                 [&](const Kept& k) { return k.event.cause == crash.event.id; });
    };
    twice = twice || std::ranges::all_of(crashes, breaks);
    BOOST_TEST(run.fault(FaultClass::disk_lie).effective <= run.fault(FaultClass::disk_lie).fired);
  }
  BOOST_TEST(twice);
}

// The others hold nothing of it.
BOOST_AUTO_TEST_CASE(a_lie_costs_nothing_that_a_majority_of_others_does_not_hold) {
  sim::Scenario s = short_scenario();
  s.disk.fsync_lies = sim::Ratio{0, true};
  s.faults.script = {at(95, sim::Crash{node(1), lasting(10)})};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Run run(s, logging, {.seed = seed});
    BOOST_TEST(damaged(run).empty());
    BOOST_TEST(run.fault(FaultClass::disk_lie).fired > 0u);
    BOOST_TEST(run.fault(FaultClass::disk_lie).effective == 0u);
    BOOST_TEST(run.fault(FaultClass::disk_lie).unsupported == 0u);
  }
}

BOOST_AUTO_TEST_CASE(of_a_system_that_labels_nothing_lies_and_decay_take_nothing_and_the_ledger_says_so) {
  const auto logging_without_labels = [](ToyProcess& p, const Input& input, Effects& out) {
    logging(p, input, out);
    for (auto& effect : out.list)
      if (auto* request = std::get_if<DiskRequest>(&effect)) request->label_count = 0;
    out.labels.clear();
  };
  sim::Scenario s = short_scenario();
  s.disk.protect_quorum = false;
  s.disk.bit_rot = sim::Ratio{0, true};
  s.faults.script = {at(0, sim::DiskFault{node(1), sim::DiskFaultKind::fsync_lies, std::nullopt}),
                     at(95, sim::Crash{node(1), lasting(10)})};
  const Run run(s, logging_without_labels);
  BOOST_TEST(damaged(run).empty());
  BOOST_TEST(run.fault(FaultClass::disk_lie).unsupported == 1u);
  BOOST_TEST(run.fault(FaultClass::disk_rot).unsupported == 1u);
  BOOST_TEST(run.fault(FaultClass::disk_misread).unsupported == 0u);
}

BOOST_AUTO_TEST_CASE(a_write_drawn_to_lie_elsewhere_is_damage_and_without_a_quorum_of_copies_it_is_not) {
  sim::Scenario s = short_scenario();
  s.disk.misdirected_write = sim::Ratio{0, true};
  BOOST_TEST(damaged(Run(s, logging)).empty());
  s.disk.protect_quorum = false;
  const Run run(s, logging);
  BOOST_TEST(!damaged(run).empty());
  BOOST_TEST(run.fault(FaultClass::disk_misdirected).effective > 0u);
}

BOOST_AUTO_TEST_CASE(a_write_that_went_elsewhere_is_told_before_the_quiet_phase_or_never) {
  sim::Scenario s = short_scenario();
  s.disk.misdirected_write = sim::Ratio{0, true};
  s.disk.protect_quorum = false;
  BOOST_TEST(!damaged(Run(s, logging)).empty());
  // Between a write and its discovery, too, wherever that is.
  for (std::int64_t quiet = 1; quiet <= 120; ++quiet) {
    s.faults.quiet_after = milliseconds(quiet);
    for (const Kept& k : damaged(Run(s, logging)))
      BOOST_TEST(k.event.time < ms(quiet), "quiet after " << quiet << " ms: " << k.text);
  }
}

BOOST_AUTO_TEST_CASE(a_read_may_return_what_the_disk_does_not_hold) {
  sim::Scenario s = short_scenario();
  s.disk.protect_quorum = false;
  s.disk.corrupt_read = sim::Ratio{0, true};
  s.faults.script = {at(95, sim::Crash{node(1), lasting(10)})};
  std::string read;
  const Run run(s, [&read](ToyProcess& p, const Input& input, Effects& out) {
    logging(p, input, out);
    const auto* done = std::get_if<DiskDone>(&input.what);
    if (done != nullptr && !done->bytes.empty()) read = text_of(done->bytes);
  });
  BOOST_TEST(damaged(run).size() == 1u);
  BOOST_TEST(std::ranges::count_if(read, [](char c) { return c != 'e'; }) == 1);
  BOOST_TEST(run.fault(FaultClass::disk_misread).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_bit_may_have_flipped_whenever_a_server_starts_from_its_disk) {
  sim::Scenario s = short_scenario();
  s.disk.protect_quorum = false;
  s.disk.bit_rot = sim::Ratio{0, true};
  s.faults.script = {at(95, sim::Crash{node(1), lasting(10)}), at(150, sim::Crash{node(1), lasting(10)})};
  const Run run(s, logging);
  const auto lost = damaged(run);
  BOOST_REQUIRE(!lost.empty());
  BOOST_TEST(lost[0].event.cause == run.seen.of(EventKind::restart).at(0).event.id);
  BOOST_TEST(run.fault(FaultClass::disk_rot).fired == lost.size());
}

BOOST_AUTO_TEST_CASE(names_may_survive_out_of_order_where_the_scenario_says_so) {
  sim::Scenario s = short_scenario();
  s.disk.dirents = sim::Dirents::any_subset;
  s.faults.script = {at(95, sim::Crash{node(1), lasting(10)})};
  const auto many_files = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1} || !std::holds_alternative<Start>(input.what)) return;
    for (const char* name : {"a", "b", "c"}) {
      DiskRequest r;
      r.op = DiskOp{++p.ops};
      r.file = out.put(name);
      r.bytes = out.put("x");
      out.list.emplace_back(r);
    }
  };
  std::uint64_t effective = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Run run(s, many_files, {.seed = seed});
    BOOST_TEST(run.fault(FaultClass::disk_dirents).configured == 1u);
    BOOST_TEST(run.fault(FaultClass::disk_dirents).fired == 1u);
    effective += run.fault(FaultClass::disk_dirents).effective;
    const std::string told = run.seen.of(EventKind::crash).at(0).text;
    const bool tells = told.find("; a change of the directory survived one before it") != std::string::npos;
    BOOST_TEST(tells == (run.fault(FaultClass::disk_dirents).effective == 1), told);
  }
  BOOST_TEST(effective > 0u);
  BOOST_TEST(effective < 20u);
}

// ---- processes

BOOST_AUTO_TEST_CASE(a_restart_may_change_options_of_one_server_from_then_on) {
  sim::Scenario s = short_scenario();
  sim::OptionsPatch patch;
  patch.values.election_timeout = milliseconds(321);
  patch.values.max_inflight_appends = 9;
  patch.given = {"election_timeout"};
  s.faults.script = {at(50, sim::Restart{node(1), sim::Comeback::disk, patch}),
                     at(100, sim::Crash{nodes({1, 2}), lasting(10)})};
  std::vector<std::pair<std::uint64_t, std::int64_t>> starts;
  std::uint32_t inflight = 0;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects&) {
    const auto* start = std::get_if<Start>(&input.what);
    if (start == nullptr) return;
    starts.emplace_back(p.self.value, start->options->election_timeout.ns / 1'000'000);
    inflight = start->options->max_inflight_appends;
  });
  const std::vector<std::pair<std::uint64_t, std::int64_t>> expected{{1, 150}, {2, 150}, {3, 150},
                                                                     {1, 321}, {1, 321}, {2, 150}};
  BOOST_CHECK(starts == expected);
  BOOST_TEST(inflight == Options{}.max_inflight_appends);
  BOOST_TEST(run.seen.of(EventKind::crash, 1).at(0).event.time == ms(50));
  BOOST_TEST(run.fault(FaultClass::restart).effective == 1u);
  BOOST_TEST((sim::run_info(s, 1).nodes.at(0).options.election_timeout == milliseconds(321)));
}

/// Each option that a judge reads, both ways round: of two that a server has during a run, the looser bound.
BOOST_AUTO_TEST_CASE(judges_go_by_the_loosest_options_that_a_server_ever_has) {
  Options strict, loose;
  strict.election_timeout = milliseconds(100), loose.election_timeout = milliseconds(200);
  strict.clock_drift_bound_ppm = 500, loose.clock_drift_bound_ppm = 100;
  strict.max_uncommitted_bytes = 10, loose.max_uncommitted_bytes = 20;
  strict.trailing_entries = 1, loose.trailing_entries = 2;
  strict.snapshot_every = 10, loose.snapshot_every = 20;
  strict.pre_vote = true, loose.pre_vote = false;
  for (const Options& both : {sim::loosest(strict, loose), sim::loosest(loose, strict)}) {
    BOOST_TEST((both.election_timeout == milliseconds(200)));
    BOOST_TEST(both.clock_drift_bound_ppm == 100u);
    BOOST_TEST(both.max_uncommitted_bytes == 20u);
    BOOST_TEST(both.trailing_entries == 2u);
    BOOST_TEST(both.snapshot_every.value_or(0) == 20u);
    BOOST_TEST(!both.pre_vote);
  }
  loose.snapshot_every.reset();
  BOOST_TEST(!sim::loosest(strict, loose).snapshot_every.has_value());
  BOOST_TEST(!sim::loosest(loose, strict).snapshot_every.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
