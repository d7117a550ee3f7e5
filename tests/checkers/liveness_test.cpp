#include <boost/test/unit_test.hpp>

#include "quiet_cluster.hpp"

namespace raftsim::checkers {

namespace {

/// What is said of a leader that did not commit in time.
std::string told(const history::Verdict& v) {
  for (const auto& violation : v.violations)
    if (violation.id == PropertyId::leader_within) return violation.sentence;
  return "nothing";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(liveness)

BOOST_FIXTURE_TEST_CASE(a_leader_that_commits_in_time_is_measured, QuietCluster) {
  s.at(10'250);
  write();
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) == "held 1: first commit 0.250s after quiet, bound 3.000s");
  BOOST_TEST(v.liveness.time_to_leader->ns == 0);
  BOOST_TEST(v.liveness.time_to_first_commit->ns == 250'000'000);
}

BOOST_FIXTURE_TEST_CASE(no_leader_within_the_bound_names_what_is_stuck, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(11'000).campaign(2, 2);
  s.at(14'000).campaign(3, 3);
  const auto v = s.finish();
  BOOST_TEST(
      found(v).find("No leader committed an entry within 3.000s (20 election timeouts) after the quiet "
                    "phase began at 10.000s: n1 down, n2 candidate term 2 commit 0 of 1, n3 candidate "
                    "term 3 commit 0 of 1.") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(timers_set_before_a_clock_was_set_back_are_waited_for, QuietCluster) {
  s.at(8'000).clock(2, history::ClockChange::jumped, -60'000);
  s.at(9'000).crash(1);
  s.at(11'000).campaign(2, 2);
  BOOST_TEST(told(s.finish()) == "nothing");
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_is_set_back_again_and_again_makes_its_timers_later_by_all_of_it,
                        QuietCluster) {
  for (std::int64_t i = 0; i < 4; ++i) s.at(8'000 + i * 100).clock(2, history::ClockChange::jumped, -20'000);
  s.at(9'000).crash(1);
  s.at(11'000).campaign(2, 2);
  BOOST_TEST(told(s.finish()) == "nothing");
}

BOOST_FIXTURE_TEST_CASE(who_starts_anew_or_stays_down_keeps_nobody_waiting_for_the_timers_of_before,
                        QuietCluster) {
  s.at(8'000).clock(2, history::ClockChange::jumped, -60'000);
  s.clock(1, history::ClockChange::jumped, -60'000);
  s.at(9'000).crash(1);
  s.at(9'100).crash(2);
  s.at(9'200).restart(2);
  s.at(11'000).campaign(2, 2);
  s.at(14'000).campaign(3, 3);
  const std::string v = told(s.finish());
  BOOST_TEST(v.find("No leader committed an entry within 3.000s") != std::string::npos, v);
}

BOOST_FIXTURE_TEST_CASE(but_not_those_of_one_set_forward_or_of_the_wall_clock, QuietCluster) {
  s.at(8'000).clock(2, history::ClockChange::jumped, 60'000);
  s.clock(2, history::ClockChange::wall_jumped, -60'000);
  s.at(9'000).crash(1);
  s.at(11'000).campaign(2, 2);
  BOOST_TEST(told(s.finish()) != "nothing");
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_what_is_named, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(10'000).phase(history::Phase::quiet);
  for (std::int64_t i = 0; i < 12; ++i) {
    s.at(10'100 + i * 200).campaign(3, 2 + static_cast<std::uint64_t>(i));
    s.note(3, NoteKind::election_timed_out, 2 + static_cast<std::uint64_t>(i));
    s.note(2, NoteKind::vote_refused_log_behind, 3, 0);
  }
  const auto v = s.finish();
  BOOST_TEST(
      told(v).find("\nn3 campaigns for the 12th time (candidate, term 13; n1: down; n2: refuses, its log is "
                   "behind).") != std::string::npos,
      told(v));
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_waits_for_a_quorum_is_named, QuietCluster) {
  s.at(9'000).propose(1);
  s.at(10'000).phase(history::Phase::quiet);
  s.at(11'000).load(1, 1);
  const auto v = s.finish();
  BOOST_TEST(
      told(v).find(
          "\nn1 leads term 1 and waits for a quorum to hold its entry 2 (n2 and n3: in term 1, log up to "
          "1).") != std::string::npos,
      told(v));
}

BOOST_FIXTURE_TEST_CASE(with_a_live_core_nobody_else_is_waited_for, QuietCluster) {
  s.at(10'000).quiet_with({1, 2});
  s.at(10'250);
  write();
  // What happens to n3, which is cut off, excuses nothing: the bound counts from the phase.
  s.at(20'000).phase(history::Phase::drain);
  s.at(20'100);
  const auto last = s.log_length(1);
  s.commit(2, last);
  for (std::uint64_t i = 1; i <= last; ++i) s.apply(2, i, i);
  s.at(22'000).crash(3);
  s.at(23'500).restart(3);
  const auto v = s.finish(24'000);
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::leader_within) == "held 1: first commit 0.250s after quiet, bound 3.000s");
  BOOST_TEST(line(v, PropertyId::convergence).find("converged 0.100s after drain, bound 3.000s") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(with_a_live_core_its_servers_are_waited_for, QuietCluster) {
  s.at(10'000).quiet_with({1, 2});
  s.at(20'000).phase(history::Phase::drain);
  s.at(22'500).crash(3);
  BOOST_TEST(found(s.finish(24'000)).find("convergence") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_live_core_without_a_leader_is_told, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(10'000).quiet_with({2, 3});
  s.at(12'500).restart(1);
  s.at(13'000).campaign(2, 2);
  BOOST_TEST(
      found(s.finish(13'500))
          .find("No leader committed an entry within 3.000s (20 election timeouts) after the quiet phase "
                "began at 10.000s") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_is_cut_off_does_not_lead_the_core, QuietCluster) {
  s.at(10'000).quiet_with({2, 3});
  s.at(10'500);
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 2);
  s.commit(2, 2);
  BOOST_TEST(s.finish(20'500).liveness.time_to_leader->ns == 500'000'000);
}

BOOST_FIXTURE_TEST_CASE(nobody_is_demanded_to_follow_a_leader_beside_the_core, QuietCluster) {
  s.at(10'000).quiet_with({2, 3});
  s.at(20'000).phase(history::Phase::drain);
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::convergence) == "skipped 1: the leader is linked in part only");
}

BOOST_FIXTURE_TEST_CASE(without_a_live_core_nothing_can_be_asked_for, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(10'000).quiet_with({}, "only 1 of 3 voters are undamaged");
  const auto v = s.finish();
  for (const PropertyId id : {PropertyId::leader_within, PropertyId::convergence})
    BOOST_TEST(line(v, id) == "skipped 0: unrecoverable: only 1 of 3 voters are undamaged");
}

BOOST_FIXTURE_TEST_CASE(damaged_servers_are_no_quorum, QuietCluster) {
  s.at(9'000);
  for (int n : {1, 2}) s.decay(n, 1);
  s.crash(1);
  s.restart(1);
  const auto v = s.finish();
  for (const PropertyId id : {PropertyId::leader_within, PropertyId::convergence})
    BOOST_TEST(line(v, id) == "skipped 0: unrecoverable: 1 of 3 voters run and are undamaged");
}

BOOST_AUTO_TEST_CASE(servers_that_lost_something_and_doubt_their_refilled_logs_are_no_quorum) {
  enum class Case : std::uint8_t { doubts, trusts, lost_nothing };
  for (const Case which : {Case::doubts, Case::trusts, Case::lost_nothing}) {
    QuietCluster cluster;
    Story& s = cluster.s;
    s.at(9'000);
    for (int n : {2, 3}) {
      if (which != Case::lost_nothing) s.decay(n, 1);
      s.crash(n);
      s.restart(n);
      s.note(n, NoteKind::damage_found, 1, 1);
    }
    s.propose(1);
    for (int n : {2, 3}) {
      s.replicate(1, n, 2);
      if (which != Case::trusts) continue;
      s.note(n, NoteKind::doubt_ended, 2, 1);
      s.save_state(n);
    }
    const auto v = s.finish();
    BOOST_TEST((line(v, PropertyId::leader_within) ==
                "skipped 0: unrecoverable: 1 of 3 voters run and are undamaged") == (which == Case::doubts),
               line(v, PropertyId::leader_within));
  }
}

BOOST_AUTO_TEST_CASE(a_change_under_way_that_needs_a_doubtful_server_lets_nobody_be_elected) {
  // n1, the leader, appends its own removal, crashes and comes back. Its log is the newest, and by that entry
  // it needs n2, too.
  enum class Case : std::uint8_t { doubts, trusts, another_entry, a_learner_could_win };
  for (const Case which : {Case::doubts, Case::trusts, Case::another_entry, Case::a_learner_could_win}) {
    QuietCluster cluster;
    Story& s = cluster.s;
    s.at(9'000);
    if (which == Case::a_learner_could_win) {
      s.append(3, 9);
      s.config(3, 1, Configuration{{NodeId{1}}, {}, {NodeId{3}}});
    }
    if (which != Case::trusts) s.decay(2, 1);
    s.crash(2);
    s.restart(2);
    if (which != Case::trusts) s.note(2, NoteKind::damage_found, 1, 1);
    s.step();
    s.propose(1);
    if (which != Case::another_entry) s.config(1, 2, Configuration{{NodeId{2}, NodeId{3}}, {}, {}});
    s.save_log(1, 2);
    s.crash(1);
    s.restart(1);
    if (which != Case::another_entry) s.config(1, 2, Configuration{{NodeId{2}, NodeId{3}}, {}, {}});
    BOOST_TEST(line(s.finish(), PropertyId::leader_within) ==
               (which == Case::doubts || which == Case::a_learner_could_win
                    ? "skipped 0: unrecoverable: by a change that is under way nobody can be elected"
                    : "violated 1"));
  }
}

BOOST_AUTO_TEST_CASE(where_a_snapshot_holds_what_a_log_lost_a_server_is_in_doubt_by_its_own_word_only) {
  enum class Case : std::uint8_t { says_nothing, doubts, still_reads };
  for (const Case which : {Case::says_nothing, Case::doubts, Case::still_reads}) {
    QuietCluster cluster;
    Story& s = cluster.s;
    s.at(9'000);
    for (int n : {1, 2}) {
      s.save_snapshot(n, 1, 1);
      s.damage(n, EntriesLabel{Index{1}, Index{1}, Term{1}, 0});
      s.crash(n);
      if (which == Case::still_reads) {
        s.begin_boot(n);
      } else {
        s.restart(n);
      }
      if (which == Case::doubts) s.note(n, NoteKind::damage_found, 1, 1);
    }
    const auto v = s.finish();
    for (const PropertyId id : {PropertyId::leader_within, PropertyId::convergence})
      BOOST_TEST(line(v, id) == (which == Case::says_nothing
                                     ? "violated 1"
                                     : "skipped 0: unrecoverable: 1 of 3 voters run and are undamaged"));
  }
}

BOOST_AUTO_TEST_CASE(what_was_written_behind_damage_that_nobody_saw_is_to_be_reached_again) {
  for (const bool reached : {false, true}) {
    QuietCluster cluster;
    Story& s = cluster.s;
    s.at(9'000);
    for (int n : {2, 3}) s.decay(n, 1);
    s.propose(1);
    for (int n : {2, 3}) s.replicate(1, n, 2);
    for (int n : {2, 3}) {
      s.crash(n);
      s.restart(n);
      s.replicate(1, n, 1);
      if (reached) s.replicate(1, n, 2);
    }
    const auto v = s.finish();
    BOOST_TEST((line(v, PropertyId::leader_within) ==
                "skipped 0: unrecoverable: 1 of 3 voters run and are undamaged") == !reached,
               line(v, PropertyId::leader_within));
  }
}

BOOST_FIXTURE_TEST_CASE(a_leader_with_nothing_left_to_commit_is_enough, QuietCluster) {
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) ==
             "held 1: n1 leads in term 1 and has nothing left to commit");
}

BOOST_FIXTURE_TEST_CASE(without_a_quorum_nothing_can_be_asked_for, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(9'000).crash(2);
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) == "skipped 0: unrecoverable: 1 of 3 voters run");
  BOOST_TEST(line(v, PropertyId::convergence) == "skipped 0: unrecoverable: 1 of 3 voters run");
}

BOOST_FIXTURE_TEST_CASE(all_servers_converge, QuietCluster) {
  s.at(20'100);
  follow();
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::convergence) == "held 5: converged 0.100s after drain, bound 3.000s");
  BOOST_TEST(v.liveness.time_to_convergence->ns == 100'000'000);
}

BOOST_FIXTURE_TEST_CASE(a_server_that_stays_behind, QuietCluster) {
  s.at(20'100);
  s.commit(2, 1);
  s.apply(2, 1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "convergence" + at_event(s.last()) +
                 "The servers did not reach the same committed log and state by 60.000s: n3 has "
                 "committed up to 0 of 1 (n1 leader term 1 commit 1 of 1, n2 follower term 1 commit 1 "
                 "of 1, n3 follower term 1 commit 0 of 1).");
}

BOOST_FIXTURE_TEST_CASE(a_server_that_is_down_at_the_end_is_not_waited_for, QuietCluster) {
  follow();
  s.at(15'000).crash(3);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(convergence_that_comes_too_late, QuietCluster) {
  s.at(24'000);
  follow();
  const auto v = s.finish();
  BOOST_TEST(found(v).find("convergence" + at_event(s.last()) +
                           "The servers agreed only at 24.000s, 4.000s after the last new entry or "
                           "disturbance (bound 3.000s).") == 0);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_judged_while_a_partition_that_came_late_is_in_force, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(11'000).fault(history::FaultClass::partition);
  s.at(14'000).campaign(2, 2);
  s.at(23'000).campaign(3, 3);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::leader_within) ==
             "skipped 0: a fault (partition, since 11.000s) is still in force");
  BOOST_TEST(
      line(v, PropertyId::convergence)
          .find("a fault (partition, since 11.000s) is still in force: n2 has committed up to 0 of 1") !=
      std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_bound_starts_anew_after_the_last_fault, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(11'000).fault(history::FaultClass::message_rule, 1);
  s.at(12'000).fault(history::FaultClass::isolate, 2);
  s.at(13'000).fault_ends(history::FaultClass::message_rule, 1);
  s.at(14'000).fault_ends(history::FaultClass::isolate, 2);
  s.at(16'500);
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 2);
  s.commit(2, 2);
  const auto v = s.finish(20'500);
  BOOST_TEST(line(v, PropertyId::leader_within) == "held 1: first commit 6.500s after quiet, bound 3.000s");
}

BOOST_FIXTURE_TEST_CASE(no_leader_after_the_last_fault_has_ended_is_told_from_there, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(11'000).fault(history::FaultClass::disk_slow);
  s.at(14'000).fault_ends(history::FaultClass::disk_slow);
  s.at(16'900).campaign(2, 2);
  s.at(17'500).campaign(3, 3);
  BOOST_TEST(found(s.finish(20'500))
                 .find("No leader committed an entry within 3.000s (20 election timeouts) after "
                       "the last disturbance at 14.000s: n1 down, ") != std::string::npos);
}

namespace {

/// n1 to n4 must be well, n5 is linked in part; nobody leads after 9 s.
struct CoreOfFour {
  CoreOfFour() {
    s.info.quiet_at = Instant{10'000'000'000};
    s.info.drain_at = Instant{20'000'000'000};
    s.boot_all();
    s.elect(1, 1, {2, 3});
    s.at(9'000).crash(1);
    s.at(10'000).quiet_with({2, 3, 4});
  }
  /// Every 400 ms from 10.4 s to 18 s one begins, and ends 300 ms later.
  history::Verdict with_faults(history::FaultClass of, const std::vector<int>& nodes) {
    std::uint64_t number = 100;
    for (std::int64_t t = 10'400; t <= 18'000; t += 400, ++number) {
      s.at(t).fault(of, number, nodes);
      s.at(t + 200).campaign(2, 2 + number);
      s.at(t + 300).fault_ends(of, number, nodes);
    }
    return s.finish(20'500);
  }
  Story s{5};
};

constexpr std::string_view from_the_phase =
    "No leader committed an entry within 3.000s (20 election timeouts) after the quiet phase began at "
    "10.000s";

}  // namespace

BOOST_AUTO_TEST_CASE(what_happens_on_the_links_of_who_is_not_well_excuses_nothing) {
  for (const history::FaultClass of : {history::FaultClass::link_clog, history::FaultClass::stream_break}) {
    CoreOfFour one, other;
    BOOST_TEST(found(one.with_faults(of, {2, 5})).find(from_the_phase) != std::string::npos);
    BOOST_TEST(found(other.with_faults(of, {2, 3})).find(from_the_phase) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(who_is_not_well_may_be_slow_without_excuse_for_the_others) {
  for (const history::FaultClass of : {history::FaultClass::slow_process, history::FaultClass::clock_freeze,
                                       history::FaultClass::disk_slow}) {
    CoreOfFour one, other, both;
    BOOST_TEST(found(one.with_faults(of, {5})).find(from_the_phase) != std::string::npos);
    BOOST_TEST(found(other.with_faults(of, {2})).find(from_the_phase) == std::string::npos);
    BOOST_TEST(found(both.with_faults(of, {2, 5})).find(from_the_phase) == std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_broke_before_to_who_is_not_well_excuses_nothing, QuietCluster) {
  s.at(8'000).fault(history::FaultClass::stream_break, 5, {2, 3});
  s.at(9'000).crash(1);
  s.at(10'000).quiet_with({1, 2});
  s.at(10'100).restart(1);
  s.at(13'400).campaign(2, 2);
  BOOST_TEST(found(s.finish(20'500)).find("No leader committed an entry within") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_judged_while_a_stream_of_two_who_run_is_broken, QuietCluster) {
  s.at(9'000).fault(history::FaultClass::stream_break, 5, {2, 3});
  s.at(9'500).crash(1);
  s.at(16'000).campaign(2, 2);
  BOOST_TEST(line(s.finish(20'500), PropertyId::leader_within) ==
             "skipped 0: a fault (stream break, since 9.000s) is still in force");
}

BOOST_FIXTURE_TEST_CASE(a_stream_to_who_is_down_is_not_waited_for, QuietCluster) {
  s.at(9'500).crash(1);
  s.fault(history::FaultClass::stream_break, 5, {1, 2});
  s.fault(history::FaultClass::stream_break, 6, {1, 3});
  s.at(16'000).campaign(2, 2);
  BOOST_TEST(found(s.finish(20'500)).find(from_the_phase) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_fault_that_comes_after_the_bound_excuses_nothing, QuietCluster) {
  s.at(9'000).crash(1);
  s.at(13'500).fault(history::FaultClass::partition);
  BOOST_TEST(found(s.finish())
                 .find("No leader committed an entry within 3.000s (20 election timeouts) after the "
                       "quiet phase began at 10.000s") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(convergence_is_waited_for_after_a_late_fault, QuietCluster) {
  s.at(21'000).fault(history::FaultClass::set_link);
  s.at(23'000).fault_ends(history::FaultClass::set_link);
  s.at(25'000);
  follow();
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(convergence_too_late_after_a_late_fault, QuietCluster) {
  s.at(21'000).fault(history::FaultClass::set_link);
  s.at(23'000).fault_ends(history::FaultClass::set_link);
  s.at(26'500);
  follow();
  BOOST_TEST(found(s.finish())
                 .find("The servers agreed only at 26.500s, 3.500s after the last new entry or "
                       "disturbance (bound 3.000s).") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_phases_liveness_is_skipped) {
  Story s(3);
  s.boot_all();
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) == "skipped 0: no quiet phase");
  BOOST_TEST(line(v, PropertyId::client_progress) == "skipped 0: no quiet phase");
  BOOST_TEST(line(v, PropertyId::convergence) == "skipped 0: no drain phase");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
