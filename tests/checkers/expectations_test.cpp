#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

using history::Compare;
using history::Expectation;
using history::LeaderCount;

namespace {

Expectation one_leader(Expectation::Kind kind) {
  Expectation e;
  e.kind = kind;
  e.name = "one leader";
  e.that.leader = LeaderCount::one;
  return e;
}

Compare at_least(std::int64_t n) {
  Compare c;
  c.ge = n;
  return c;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expectations)

BOOST_AUTO_TEST_CASE(what_must_never_hold) {
  Story s(3);
  s.info.expectations.push_back(one_leader(Expectation::Kind::never));
  s.boot_all();
  const auto won = s.at(40).elect(1, 1, {2});
  BOOST_TEST(found(s.finish()) ==
             "expectation" + at_event(won) + "\"one leader\" must never hold, and does at 0.040s.");
}

BOOST_AUTO_TEST_CASE(what_must_always_hold) {
  Story s(3);
  Expectation e = one_leader(Expectation::Kind::always);
  e.that.leader = LeaderCount::none;
  e.name = "nobody leads";
  s.info.expectations.push_back(e);
  s.boot_all();
  const auto won = s.at(40).elect(1, 1, {2});
  BOOST_TEST(found(s.finish()) ==
             "expectation" + at_event(won) + "\"nobody leads\" must always hold, and does not at 0.040s.");
}

BOOST_AUTO_TEST_CASE(goals_are_told_not_judged) {
  Story s(3);
  s.info.expectations.push_back(one_leader(Expectation::Kind::sometimes));
  Expectation twice = one_leader(Expectation::Kind::sometimes);
  twice.name = "two elections";
  twice.that = {};
  twice.that.elections = at_least(2);
  s.info.expectations.push_back(twice);
  s.boot_all();
  s.elect(1, 1, {2});
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_REQUIRE(v.goals.size() == 2u);
  BOOST_TEST(v.goals[0].reached);
  BOOST_TEST(!v.goals[1].reached);
}

BOOST_AUTO_TEST_CASE(eventually_counts_from_a_step) {
  Story s(3);
  Expectation e = one_leader(Expectation::Kind::eventually);
  e.within = seconds(2);
  e.since = "heal_all";
  s.info.expectations.push_back(e);
  s.boot_all();
  s.at(5'000).step_fired("heal_all");
  // It is broken when it was due, not when something happened next.
  const EventId before = s.last();
  s.at(7'100).elect(1, 1, {2});
  const auto v = s.finish();
  BOOST_TEST(found(v) == "expectation" + at_event(before) +
                             "\"one leader\" did not come true within 2s after heal_all (5.000s).");
  BOOST_REQUIRE(v.violations.size() == 1u);
  BOOST_TEST(v.violations[0].time.ns == 7'000'000'000);
}

BOOST_AUTO_TEST_CASE(eventually_is_due_though_nothing_happens_any_more) {
  for (const std::int64_t end_ms : {6'999, 7'001}) {
    Story s(3);
    Expectation e = one_leader(Expectation::Kind::eventually);
    e.within = seconds(2);
    e.since = "heal_all";
    s.info.expectations.push_back(e);
    s.boot_all();
    s.at(5'000).step_fired("heal_all");
    BOOST_TEST((found(s.finish(end_ms)) == "held") == (end_ms < 7'000));
  }
}

BOOST_AUTO_TEST_CASE(eventually_in_time) {
  Story s(3);
  Expectation e = one_leader(Expectation::Kind::eventually);
  e.within = seconds(2);
  e.since = "heal";
  s.info.expectations.push_back(e);
  s.boot_all();
  s.at(5'000).fault(history::FaultClass::heal);
  s.at(6'900).elect(1, 1, {2});
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(eventually_without_its_beginning_is_said) {
  Story s(3);
  Expectation e = one_leader(Expectation::Kind::eventually);
  e.since = "drain";
  s.info.expectations.push_back(e);
  BOOST_TEST(line(s.finish(), PropertyId::expectation) ==
             "skipped 0: \"one leader\" was not judged: drain never came");
}

BOOST_AUTO_TEST_CASE(what_must_be_so_at_the_end) {
  Story s(3);
  s.info.final.logs_equal = true;
  s.info.final.leader = LeaderCount::one;
  s.info.final.ops_ok = at_least(1);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "expectation" + at_event(s.last()) +
                 "At the end the logs of n1 and n2 differ. 0 operations were answered ok, expected >= 1.");
  BOOST_TEST(line(v, PropertyId::expectation) == "violated 3");
}

BOOST_AUTO_TEST_CASE(what_must_be_so_at_the_end_is_not_asked_of_those_who_had_no_time_for_it) {
  for (const bool set_back : {false, true}) {
    Story s(3);
    s.info.drain_at = Instant{40'000'000'000};
    s.info.final.logs_equal = true;
    s.info.final.leader = LeaderCount::one;
    s.boot_all();
    s.elect(1, 1, {2});
    s.propose(1);
    s.at(1'000).clock(2, history::ClockChange::jumped, set_back ? -58'000 : 58'000);
    const auto v = s.finish();
    BOOST_TEST(found(v) ==
               (set_back ? "held"
                         : "expectation" + at_event(s.last()) + "At the end the logs of n1 and n2 differ."));
    if (set_back)
      BOOST_TEST(line(v, PropertyId::expectation) ==
                 "held 1: not demanded (the run ended before the bound): At the end the logs of n1 and n2 "
                 "differ.");
  }
}

BOOST_AUTO_TEST_CASE(availability_counts_what_ended_and_the_longest_silence) {
  Story s(3);
  s.info.availability.ok_fraction_ppm = at_least(900'000);
  const auto first = s.at(10).invoke(0, Story::get("k"));
  s.at(20).ok(first, 0);
  const auto second = s.at(30).invoke(0, Story::get("k"));
  s.at(40).unknown(second);
  BOOST_TEST(found(s.finish()) == "expectation" + at_event(s.last()) +
                                      "1 of 2 operations that ended were answered ok: 50.0000 %.");
}

BOOST_AUTO_TEST_CASE(the_longest_gap) {
  Story s(3);
  s.info.availability.longest_gap = milliseconds(500);
  const auto first = s.at(10).invoke(0, Story::get("k"));
  s.at(20).ok(first, 0);
  const auto second = s.at(1'000).invoke(0, Story::get("k"));
  s.at(1'700).ok(second, 0);
  BOOST_TEST(found(s.finish()) ==
             "expectation" + at_event(s.last()) +
                 "For 0.700s operations were under way and none was answered ok; expected at most 500ms.");
}

BOOST_AUTO_TEST_CASE(what_the_world_finds_is_folded_in) {
  Story s(3);
  s.boot_all();
  const auto crash = s.world_violation(PropertyId::no_crash, "n2 failed CHECK(x) at log.cpp:12.");
  s.world_violation(PropertyId::no_crash, "again");
  s.world_violation(PropertyId::event_storm, "2000 events before 30s.");
  const auto v = s.finish();
  BOOST_TEST(found(v) == "no_crash" + at_event(crash) + "n2 failed CHECK(x) at log.cpp:12.\nevent_storm" +
                             at_event(s.last()) + "2000 events before 30s.");
  BOOST_TEST(line(v, PropertyId::no_crash) == "violated 4");
}

BOOST_AUTO_TEST_CASE(every_property_has_its_line_in_order) {
  Story s(3);
  const auto v = s.finish();
  BOOST_REQUIRE(v.properties.size() == static_cast<std::size_t>(history::property_count));
  for (std::size_t i = 0; i < v.properties.size(); ++i)
    BOOST_TEST(static_cast<std::size_t>(v.properties[i].id) == i);
  BOOST_TEST(line(v, PropertyId::election_safety) == "skipped 0: no server showed a role");
  BOOST_TEST(line(v, PropertyId::durable_before_reply) == "skipped 0: no message was described");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
