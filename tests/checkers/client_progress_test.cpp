#include <boost/test/unit_test.hpp>

#include "quiet_cluster.hpp"

namespace raftsim::checkers {

namespace {

/// The bound is 3 s, a quarter of it 750 ms.
struct Asked : QuietCluster {
  Asked() { follow(); }
  void times_out(std::int64_t from_ms, std::int64_t until_ms) {
    const auto id = s.at(from_ms).invoke(1, Story::get("k"));
    s.at(until_ms).unknown(id);
  }
  void answered(std::int64_t from_ms, std::int64_t until_ms) {
    const auto id = s.at(from_ms).invoke(1, Story::get("k"));
    s.at(until_ms).ok(id, 1);
  }
};

bool complains(const std::string& verdict, const std::string& what) {
  return verdict.find("client_progress") == 0 && verdict.find(what) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_progress)

BOOST_FIXTURE_TEST_CASE(an_operation_of_the_quiet_phase_that_is_never_answered, Asked) {
  s.at(12'000);
  const auto id = s.invoke(1, Story::get("k"));
  static_cast<void>(id);
  const auto v = s.finish();
  BOOST_TEST(
      found(v).find("get k by c1 began at 12.000s in the quiet phase and was not answered within 3.000s: "
                    "n1 leader term 1 commit 1 of 1") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(operations_that_end_in_time, Asked) {
  s.at(12'000);
  const auto id = s.invoke(1, Story::get("k"));
  s.at(12'500).ok(id, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::client_progress) ==
             "held 1: 1 operations answered ok, the slowest answer took 0.500s, bound 3.000s");
}

BOOST_FIXTURE_TEST_CASE(one_that_ends_unknown_once_a_leader_is_due_is_stuck, Asked) {
  answered(13'000, 13'100);
  times_out(14'000, 14'800);
  answered(15'000, 15'100);
  const history::Verdict verdict = s.finish();
  const std::string v = found(verdict);
  BOOST_REQUIRE(!verdict.violations.empty());
  BOOST_REQUIRE(!verdict.violations.front().evidence.empty());
  BOOST_TEST(verdict.violations.front().evidence.front().remark == "ended unknown at 14.800s");
  BOOST_TEST(
      complains(v,
                "get k by c1 began at 14.000s in the quiet phase and ended unknown after 0.800s, although "
                "nothing had disturbed the servers since 10.000s (bound 0.750s): n1 leader"),
      v);
}

BOOST_FIXTURE_TEST_CASE(one_that_ends_unknown_before_a_leader_is_due_is_not, Asked) {
  times_out(10'500, 11'300);
  answered(11'400, 11'500);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(
      line(v, PropertyId::client_progress) ==
      "held 2: 1 operations answered ok, 1 ended unknown, the slowest answer took 0.100s, bound 3.000s");
}

BOOST_FIXTURE_TEST_CASE(one_that_gave_up_at_once_is_not, Asked) {
  answered(13'000, 13'100);
  times_out(14'000, 14'700);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(one_that_may_have_asked_a_server_that_is_down_is_not, Asked) {
  s.at(10'500).crash(3);
  answered(13'000, 13'100);
  times_out(14'000, 14'800);
  answered(15'000, 15'100);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(one_that_met_a_late_fault_is_not, Asked) {
  answered(13'000, 13'100);
  s.at(14'000).fault(history::FaultClass::message_rule);
  times_out(14'100, 14'900);
  s.at(15'000).fault_ends(history::FaultClass::message_rule);
  times_out(15'100, 15'900);
  answered(16'000, 16'100);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_client_whose_operations_all_time_out_is_stuck, Asked) {
  // Each of them too early or too short to be blamed alone; no answer in more than 3 s of waiting all the
  // same.
  for (int k = 0; k < 5; ++k) times_out(11'000 + k * 1'000, 11'700 + k * 1'000);
  const std::string v = found(s.finish());
  BOOST_TEST(
      complains(v,
                "get k by c1 began at 15.000s in the quiet phase and was not answered, nor were the 4 before "
                "it since 11.000s (bound 3.000s of waiting): n1 leader"),
      v);
}

BOOST_FIXTURE_TEST_CASE(with_a_live_core_only_a_client_may_ask_those_that_are_cut_off, Asked) {
  s.at(10'000).quiet_with({1, 2});
  answered(10'100, 10'200);
  for (int k = 0; k < 5; ++k) times_out(11'000 + k * 1'000, 11'900 + k * 1'000);
  BOOST_TEST(found(s.finish(18'000)) == "held");
}

BOOST_FIXTURE_TEST_CASE(with_a_live_core_only_a_busy_leader_that_is_cut_off_may_keep_a_patient_client,
                        Asked) {
  s.at(10'000).quiet_with({1, 2});
  times_out(11'000, 16'500);
  const auto v = s.finish(18'000);
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::client_progress) == "skipped 1: clients may ask those who are cut off");
}

BOOST_FIXTURE_TEST_CASE(waiting_is_added_up_and_idling_is_not, Asked) {
  times_out(10'500, 11'200);
  times_out(19'000, 19'700);
  answered(19'800, 19'900);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(what_began_shortly_before_the_end_is_not_judged, Asked) {
  answered(13'000, 13'100);
  s.at(18'000).invoke(1, Story::get("k"));
  BOOST_TEST(found(s.finish(20'500)) == "held");
}

BOOST_FIXTURE_TEST_CASE(definite_failures_alone_are_no_progress, Asked) {
  for (int k = 0; k < 8; ++k) {
    const auto id = s.at(11'000 + k * 1'000).invoke(1, Story::get("k"));
    s.at(11'100 + k * 1'000).fail(id);
  }
  const std::string v = found(s.finish());
  BOOST_TEST(complains(v, "No operation of the quiet phase was answered ok by 20.000s"), v);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
