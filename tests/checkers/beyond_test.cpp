// What judges say of runs in which more went wrong than any correct system survives.
#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

using history::ClockChange;

/// n1 leads term 1 with a lease until 0.5 s; entry 1 is committed.
struct Beyond {
  void begin() {
    s.boot_all();
    s.elect(1, 1, {2});
    s.propose(1);
    s.replicate(1, 2, 1);
    s.replicate(1, 3, 1);
    s.commit(1, 1);
    s.lease(1, 500);
  }
  /// n3 becomes leader of a later term with an empty log: n2 forgot what it had.
  void forget_entry() {
    s.at(600);
    s.crash(1);
    s.truncate(3, 1);
    s.elect(3, 2, {2});
  }
  static Label entry_1() {
    return EntriesLabel{.first = Index{1}, .last = Index{1}, .last_term = Term{1}, .chain = 7};
  }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(beyond)

BOOST_FIXTURE_TEST_CASE(without_damage_a_run_that_does_not_protect_quorums_is_judged, Beyond) {
  s.info.protect_quorum = false;
  begin();
  forget_entry();
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_completeness).starts_with("violated"));
  BOOST_TEST(line(v, PropertyId::election_safety) == "held 2");
}

BOOST_FIXTURE_TEST_CASE(damage_beyond_the_budget_leaves_nothing_to_be_said_of_safety, Beyond) {
  s.info.protect_quorum = false;
  begin();
  s.damage(3, entry_1());
  forget_entry();
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::leader_completeness).ends_with("beyond fault budget"));
  BOOST_TEST(line(v, PropertyId::election_safety) == "unknown 2: beyond fault budget");
  BOOST_TEST(line(v, PropertyId::convergence).find("beyond") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_its_scenario_expects_to_break_is_told_all_the_same, Beyond) {
  s.info.protect_quorum = false;
  s.info.expected_violation = PropertyId::leader_completeness;
  begin();
  s.damage(3, entry_1());
  forget_entry();
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_completeness).starts_with("violated"));
  BOOST_TEST(line(v, PropertyId::election_safety) == "unknown 2: beyond fault budget");
}

BOOST_FIXTURE_TEST_CASE(damage_within_the_budget_excuses_nobody_but_whom_it_hit, Beyond) {
  begin();
  s.damage(3, entry_1());
  forget_entry();
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_completeness).starts_with("violated"));
}

BOOST_FIXTURE_TEST_CASE(a_jump_of_the_wall_clock_excuses_no_lease, Beyond) {
  begin();
  s.clock(1, ClockChange::wall_jumped);
  s.at(400);
  s.elect(3, 2, {2});
  BOOST_TEST(line(s.finish(), PropertyId::lease_exclusion).starts_with("violated"));
}

BOOST_FIXTURE_TEST_CASE(no_lease_counts_once_the_clock_of_timers_jumped_whether_or_not_it_was_seen_to_fail,
                        Beyond) {
  begin();
  s.clock(2, ClockChange::jumped);
  s.at(600);
  s.elect(3, 2, {2});
  BOOST_TEST(line(s.finish(), PropertyId::lease_exclusion).starts_with("unknown"));
}

BOOST_FIXTURE_TEST_CASE(reads_from_a_lease_are_unknown_after_a_clock_stood_still, Beyond) {
  begin();
  s.clock(2, ClockChange::froze);
  const auto write = s.invoke(0, Story::put("x", "1"));
  s.ok(write, 2);
  const auto read = s.invoke(1, Story::get("x", ReadMode::lease));
  s.reply(1, read, 2);
  s.ok(read, 2);
  BOOST_TEST(line(s.finish(), PropertyId::read_freshness).ends_with("clock bound broken"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
