#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

/// Quiet from 10 s, drain from 20 s; T = 150 ms, so the bound is 3 s.
struct Cluster {
  Cluster() {
    s.info.quiet_at = Instant{10'000'000'000};
    s.info.drain_at = Instant{20'000'000'000};
    s.boot_all();
    s.elect(1, 1, {2});
    write();
  }
  void write() {
    s.propose(1);
    const auto last = s.log_length(1);
    s.replicate(1, 2, last);
    s.replicate(1, 3, last);
    s.commit(1, last);
    s.apply(1, last, last);
  }
  void follow() {
    const auto last = s.log_length(1);
    for (int n : {2, 3}) {
      s.commit(n, last);
      for (std::uint64_t i = applied[n - 2] + 1; i <= last; ++i) s.apply(n, i, i);
      applied[n - 2] = last;
    }
  }
  std::uint64_t applied[2] = {0, 0};
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(liveness)

BOOST_FIXTURE_TEST_CASE(a_leader_that_commits_in_time_is_measured, Cluster) {
  s.at(10'250);
  write();
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) == "held 1: first commit 0.250s after quiet, bound 3.000s");
  BOOST_TEST(v.liveness.time_to_leader->ns == 0);
  BOOST_TEST(v.liveness.time_to_first_commit->ns == 250'000'000);
}

BOOST_FIXTURE_TEST_CASE(no_leader_within_the_bound_names_what_is_stuck, Cluster) {
  s.at(9'000).crash(1);
  s.at(11'000).campaign(2, 2);
  s.at(14'000).campaign(3, 3);
  const auto v = s.finish();
  BOOST_TEST(
      found(v).find("No leader committed an entry within 3.000s (20 election timeouts) after the quiet "
                    "phase began at 10.000s: n1 down, n2 candidate term 2 commit 0 of 1, n3 candidate "
                    "term 3 commit 0 of 1.") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_leader_with_nothing_left_to_commit_is_enough, Cluster) {
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) ==
             "held 1: n1 leads in term 1 and has nothing left to commit");
}

BOOST_FIXTURE_TEST_CASE(without_a_quorum_nothing_can_be_asked_for, Cluster) {
  s.at(9'000).crash(1);
  s.at(9'000).crash(2);
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::leader_within) == "skipped 0: unrecoverable: 1 of 3 voters run");
  BOOST_TEST(line(v, PropertyId::convergence) == "skipped 0: unrecoverable: 1 of 3 voters run");
}

BOOST_FIXTURE_TEST_CASE(all_servers_converge, Cluster) {
  s.at(20'100);
  follow();
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::convergence) == "held 5: converged 0.100s after drain, bound 3.000s");
  BOOST_TEST(v.liveness.time_to_convergence->ns == 100'000'000);
}

BOOST_FIXTURE_TEST_CASE(a_server_that_stays_behind, Cluster) {
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

BOOST_FIXTURE_TEST_CASE(a_server_that_is_down_at_the_end_is_not_waited_for, Cluster) {
  follow();
  s.at(15'000).crash(3);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(convergence_that_comes_too_late, Cluster) {
  s.at(24'000);
  follow();
  const auto v = s.finish();
  BOOST_TEST(found(v).find("convergence" + at_event(s.last()) +
                           "The servers agreed only at 24.000s, 4.000s after the last new entry or "
                           "disturbance (bound 3.000s).") == 0);
}

BOOST_FIXTURE_TEST_CASE(an_operation_of_the_quiet_phase_that_is_never_answered, Cluster) {
  follow();
  s.at(12'000);
  const auto id = s.invoke(1, Story::get("k"));
  static_cast<void>(id);
  const auto v = s.finish();
  BOOST_TEST(
      found(v).find("get k by c1 began at 12.000s in the quiet phase and was not answered within 3.000s: "
                    "n1 leader term 1 commit 1 of 1") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(operations_that_end_in_time, Cluster) {
  follow();
  s.at(12'000);
  const auto id = s.invoke(1, Story::get("k"));
  s.at(12'500).ok(id, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::client_progress) ==
             "held 1: 1 operations answered ok, the slowest ended after 0.500s, bound 3.000s");
}

BOOST_FIXTURE_TEST_CASE(operations_that_only_ever_time_out_are_no_progress, Cluster) {
  follow();
  for (int k = 0; k < 8; ++k) {
    const auto id = s.at(11'000 + k * 1'000).invoke(1, Story::get("k"));
    s.at(11'900 + k * 1'000).unknown(id);
  }
  BOOST_TEST(found(s.finish()).find("No operation of the quiet phase was answered ok by 20.000s") !=
             std::string::npos);
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
