// Processes whose steps take time, and inboxes that fill up.
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::DropReason;
using history::EventKind;
using history::FaultClass;

namespace {

/// At 10 ms n1 sends ten messages to n2, which answers each.
void ten_questions(ToyProcess& p, const Input& input, Effects& out) {
  if (std::holds_alternative<Start>(input.what) && p.self == NodeId{1}) p.wake = ms(10);
  if (std::holds_alternative<Wake>(input.what)) {
    p.wake.reset();
    for (int i = 0; i < 10; ++i) p.send(out, 2, "a1");
  }
  if (std::holds_alternative<Receive>(input.what) && p.self == NodeId{2}) p.send(out, 1, "r1");
  out.wake_at = p.wake;
}

std::vector<Instant> times(const Run& run, EventKind kind, std::uint64_t node) {
  std::vector<Instant> out;
  for (const Kept& k : run.seen.of(kind, node)) out.push_back(k.event.time);
  return out;
}

std::vector<Instant> every_ms(std::int64_t first, std::int64_t apart, int count) {
  std::vector<Instant> out;
  for (int i = 0; i < count; ++i) out.push_back(ms(first + apart * i));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_step_happens_after_its_service_and_one_after_the_other) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(4);
  const Run run(s, ten_questions);
  // The wake-up of n1 is due at 10 ms and served at 14; its messages arrive at 15.
  BOOST_TEST((times(run, EventKind::send, 1) == std::vector<Instant>(10, ms(14))));
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(19, 4, 10)));
  BOOST_TEST((times(run, EventKind::send, 2) == every_ms(19, 4, 10)));
  for (const Kept& k : run.seen.of(EventKind::recv, 2)) BOOST_TEST(k.text == "4.000ms of service");
  BOOST_TEST(run.fault(FaultClass::service_time).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::service_time).fired == 21u);
  BOOST_TEST(run.fault(FaultClass::service_time).effective == 21u);
}

BOOST_AUTO_TEST_CASE(a_slow_factor_multiplies_the_service_while_it_lasts) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(1);
  s.faults.script.push_back(at(5, sim::Slow{node(2), 5, lasting(20)}));
  const Run run(s, ten_questions);
  // They arrive at 12 ms; until 25 ms a step takes 5 ms, then 1 ms. Of the third 2 ms of 5 were to come.
  const std::vector<Instant> all = times(run, EventKind::recv, 2);
  std::vector<Instant> expected = every_ms(17, 5, 2);
  expected.push_back(ms(25) + microseconds(400));
  for (int i = 1; i <= 7; ++i) expected.push_back(expected[2] + milliseconds(i));
  BOOST_TEST((all == expected));
  std::vector<std::string> told;
  for (const Kept& k : run.seen.of(EventKind::recv, 2)) told.push_back(k.text);
  std::vector<std::string> words(10, "1.000ms of service");
  words[0] = words[1] = "5.000ms of service";
  words[2] = "3.400ms of service";
  BOOST_TEST(told == words, boost::test_tools::per_element());
  BOOST_TEST(run.fault(FaultClass::slow_process).fired == 1u);
  BOOST_TEST(run.fault(FaultClass::slow_process).effective == 1u);
  BOOST_TEST(run.seen.count(EventKind::fault_begin) == 1u);
  BOOST_TEST(run.seen.count(EventKind::fault_end) == 1u);
}

BOOST_AUTO_TEST_CASE(where_steps_cost_nothing_a_slow_one_costs_a_tenth_of_a_millisecond_times_its_factor) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(5, sim::Slow{node(2), 30, std::nullopt}));
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(14, 3, 10)));
  BOOST_TEST((times(run, EventKind::recv, 1).size() == 10u));
}

BOOST_AUTO_TEST_CASE(of_two_slow_factors_the_larger_counts_and_then_the_other) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(1);
  s.faults.script.push_back(at(5, sim::Slow{node(2), 2, std::nullopt}));
  s.faults.script.push_back(at(6, sim::Slow{node(2), 10, lasting(8)}));
  const Run run(s, ten_questions);
  // Ten until 14 ms, two afterwards; of the first, begun at 12 ms, 8 ms of 10 were left.
  std::vector<Instant> expected;
  for (int i = 0; i < 10; ++i) expected.push_back(ms(15) + microseconds(600 + 2000 * i));
  BOOST_TEST((times(run, EventKind::recv, 2) == expected));
}

BOOST_AUTO_TEST_CASE(a_slow_fault_that_has_ended_holds_up_nothing_any_more) {
  for (const bool healed : {false, true}) {
    sim::Scenario s = quiet_scenario();
    s.faults.script.push_back(at(5, sim::Slow{node(2), 1'000'000, lasting(healed ? 500 : 10)}));
    if (healed) s.faults.script.push_back(at(15, sim::Heal{}));
    const Run run(s, ten_questions);
    // Of the first, begun at 11 ms, 96 s were to come.
    BOOST_TEST((times(run, EventKind::recv, 2) == std::vector<Instant>(10, ms(15))));
    std::vector<std::string> told;
    for (const Kept& k : run.seen.of(EventKind::recv, 2)) told.push_back(k.text);
    BOOST_TEST(told.front() == "4.000ms of service");
    BOOST_TEST(told.back() == "");
  }
}

BOOST_AUTO_TEST_CASE(whoever_becomes_slow_in_the_middle_of_a_step_is_slow_at_once) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(4);
  // The first of ten comes at 15 ms, and is half done at 17.
  s.faults.script.push_back(at(17, sim::Slow{node(2), 10, lasting(20)}));
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(37, 4, 10)));
  BOOST_TEST(run.seen.of(EventKind::recv, 2).front().text == "22.000ms of service");
  BOOST_TEST(run.fault(FaultClass::slow_process).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_slow_fault_that_nobody_feels_is_not_effective) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(5, sim::Slow{node(3), 30, lasting(100)}));
  const Run run(s, ten_questions);
  BOOST_TEST(run.fault(FaultClass::slow_process).fired == 1u);
  BOOST_TEST(run.fault(FaultClass::slow_process).effective == 0u);
}

BOOST_AUTO_TEST_CASE(a_heal_ends_slowness) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(5, sim::Slow{node(2), 30, std::nullopt}));
  s.faults.script.push_back(at(8, sim::Heal{}));
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == std::vector<Instant>(10, ms(11))));
}

BOOST_AUTO_TEST_CASE(a_full_inbox_loses_what_comes_and_says_so) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(2);
  s.process.inbox = 4;
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(15, 2, 4)));
  const std::vector<Kept> drops = run.seen.of(EventKind::drop);
  BOOST_TEST(drops.size() == 6u);
  for (const Kept& k : drops) {
    BOOST_TEST((k.event.message.reason == DropReason::inbox_full));
    BOOST_TEST((k.event.time == ms(13)));
  }
  BOOST_TEST(run.fault(FaultClass::inbox).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::inbox).fired == 6u);
  BOOST_TEST(run.fault(FaultClass::inbox).effective == 6u);
}

BOOST_AUTO_TEST_CASE(in_the_quiet_phase_an_inbox_has_room_for_all) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(2);
  s.process.inbox = 4;
  s.faults.quiet_after = milliseconds(8);
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(15, 2, 10)));
  BOOST_TEST(run.seen.count(EventKind::drop) == 0u);
  BOOST_TEST(run.fault(FaultClass::inbox).fired == 0u);
}

BOOST_AUTO_TEST_CASE(the_inbox_of_a_paused_process_fills_up_too) {
  sim::Scenario s = quiet_scenario();
  s.process.inbox = 3;
  s.faults.script.push_back(at(5, sim::Pause{node(2), lasting(50)}));
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == std::vector<Instant>(3, ms(55))));
  BOOST_TEST(run.seen.count(EventKind::drop) == 7u);
}

BOOST_AUTO_TEST_CASE(a_pause_in_the_middle_of_a_service_does_not_make_two_of_it) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(4);
  s.faults.script.push_back(at(16, sim::Pause{node(2), lasting(1)}));
  const Run run(s, ten_questions);
  // Served anew from 17 ms on; the turn that was due at 19 ms means nothing any more.
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(21, 4, 10)));
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_slow_process_goes_with_its_crash) {
  sim::Scenario s = quiet_scenario();
  s.process.service_time = lasting(4);
  s.faults.script.push_back(at(20, sim::Crash{node(2), lasting(1), history::CrashPoint::now}));
  const Run run(s, ten_questions);
  BOOST_TEST((times(run, EventKind::recv, 2) == every_ms(19, 4, 1)));
  BOOST_TEST(run.seen.count(EventKind::drop) == 9u);
  for (const Kept& k : run.seen.of(EventKind::drop))
    BOOST_TEST((k.event.message.reason == DropReason::receiver_down));
}
