#include <boost/test/unit_test.hpp>

#include "quiet_cluster.hpp"
#include "story.hpp"

namespace raftsim::checkers {

namespace {

/// Four servers, of which n1 to n3 vote at first (n4 is a learner); n1 leads term 1 and has committed
/// entry 1.
struct Cluster {
  Cluster() {
    s.info.nodes[3].learner = true;
    s.boot_all();
    for (int n = 1; n <= 4; ++n) s.config(n, 0, first);
    s.elect(1, 1, {2});
    s.propose(1);
    s.replicate(1, 2, 1);
    s.commit(1, 1);
    s.step();
  }
  /// n1 appends a configuration entry and acts by it.
  EventId change(const Configuration& to, std::uint64_t previous = 0) {
    s.propose(1, 77 + s.log_length(1));
    return s.config(1, s.log_length(1), to, previous);
  }
  void commit_all() {
    const auto last = s.log_length(1);
    for (int n : {2, 3, 4}) s.replicate(1, n, last);
    s.commit(1, last);
    s.step();
  }
  const Configuration first = voters({1, 2, 3}, {}, {4});
  const Configuration four = voters({1, 2, 3, 4});
  Story s{4};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(membership)

BOOST_FIXTURE_TEST_CASE(a_server_that_keeps_a_configuration_whose_entry_is_gone, Cluster) {
  change(four);
  s.elect(2, 2, {3});
  s.propose(2, 5);
  s.replicate(2, 1, 2);  // entry 2 of term 1 is removed
  const auto wrong = s.config(1, 0, four);
  const auto text = found(s.finish());
  BOOST_TEST(
      text.find("config_matches_log" + at_event(wrong) + "n1 acts by the configuration") != std::string::npos,
      text);
}

BOOST_FIXTURE_TEST_CASE(a_configuration_rolls_back_with_its_entry, Cluster) {
  change(four);
  s.elect(2, 2, {3});
  s.propose(2, 5);
  s.replicate(2, 1, 2);
  s.config(1, 0, first);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::config_matches_log) == "held 6");
}

BOOST_FIXTURE_TEST_CASE(a_configuration_that_is_adopted_only_when_it_is_committed, Cluster) {
  s.propose(1, 77);
  const auto appended = s.config(1, 2, first);  // the entry is there, the server acts by the one before
  commit_all();
  const auto wrong = s.config(1, 2, four);
  const auto v = s.finish();
  BOOST_TEST(found(v).find("config_matches_log" + at_event(wrong) + "n1 acts by the configuration") !=
             std::string::npos);
  BOOST_TEST((appended < wrong));
}

BOOST_FIXTURE_TEST_CASE(two_voters_at_once, Cluster) {
  const auto wrong = change(voters({1, 4}));
  const auto text = found(s.finish());
  BOOST_TEST(text.find("legal_config_step" + at_event(wrong) + "n1 went from the configuration") == 0u, text);
}

BOOST_FIXTURE_TEST_CASE(a_joint_configuration_whose_old_half_is_another, Cluster) {
  const auto wrong = change(voters({1, 4}, {1, 2}));
  BOOST_TEST(found(s.finish()).find("legal_config_step" + at_event(wrong)) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_configuration_without_voters, Cluster) {
  const auto wrong = change(voters({}));
  BOOST_TEST(found(s.finish()).find("legal_config_step" + at_event(wrong)) == 0u);
}

BOOST_FIXTURE_TEST_CASE(into_a_joint_configuration_and_out_of_it, Cluster) {
  change(voters({1, 4}, {1, 2, 3}));
  s.learn_term(3, 1);
  s.learn_term(4, 1);
  commit_all();
  change(voters({1, 4}), 2);
  commit_all();
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::legal_config_step) == "held 2");
  BOOST_TEST(line(v, PropertyId::config_change_precondition) == "held 2");
}

BOOST_FIXTURE_TEST_CASE(a_change_before_the_last_one_is_committed, Cluster) {
  change(four);
  const auto wrong = change(voters({1, 2, 3}), 2);
  const auto text = found(s.finish());
  BOOST_TEST(text == "config_change_precondition" + at_event(wrong) +
                         "n1, leader of term 1, appended a configuration as entry 3 while the one before it, "
                         "entry 2, was not committed (commit 1).");
}

BOOST_FIXTURE_TEST_CASE(a_change_before_an_entry_of_the_own_term_is_committed, Cluster) {
  // The scenario of the 2015 erratum begins like this.
  s.elect(2, 2, {3, 1});
  s.commit(2, 1);
  s.propose(2, 9);
  const auto wrong = s.config(2, 2, four);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("config_change_precondition" + at_event(wrong) +
                       "n2, leader of term 2, appended a configuration as entry 2 before it had committed an "
                       "entry of its own term (commit 1 of term 1).") != std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(a_learner_that_campaigns, Cluster) {
  s.step();
  s.role(4, Role::candidate);
  const auto wrong = s.last();
  const auto text = found(s.finish());
  BOOST_TEST(text.find("only_voters_decide" + at_event(wrong) + "n4 became a candidate in term 0") == 0u,
             text);
}

BOOST_FIXTURE_TEST_CASE(an_election_won_by_a_learners_vote, Cluster) {
  s.elect(2, 2, {4});
  const auto wrong = s.last();
  const auto text = found(s.finish());
  BOOST_TEST(text.find("only_voters_decide" + at_event(wrong) + "n2 became leader of term 2 by votes") !=
                 std::string::npos,
             text);
  BOOST_TEST(text.find("vote_quorum" + at_event(wrong)) != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(a_learners_vote_beside_a_majority_of_voters, Cluster) {
  s.elect(2, 2, {4, 3});
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(an_entry_committed_by_a_learners_copy, Cluster) {
  s.learn_term(4, 1);
  s.propose(1, 3);
  s.replicate(1, 4, 2);
  const auto wrong = s.commit(1, 2);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("only_voters_decide" + at_event(wrong) + "n1 committed entry 2") != std::string::npos,
             text);
  BOOST_TEST(text.find("commit_needs_quorum" + at_event(wrong)) != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_does_not_count_itself_in_a_configuration_without_it, Cluster) {
  change(voters({2, 3}), 0);
  s.replicate(1, 2, 2);
  const auto wrong = s.commit(1, 2);  // n2 alone: n1 has no vote any more
  const auto text = found(s.finish());
  BOOST_TEST(text.find("commit_needs_quorum" + at_event(wrong)) != std::string::npos, text);
  BOOST_TEST(text.find("only_voters_decide" + at_event(wrong)) != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(a_removed_leader_leads_until_its_removal_is_committed_and_then_goes, Cluster) {
  change(voters({2, 3}));
  s.learn_term(3, 1);
  s.at(5'000);  // however long that takes
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);
  s.at(5'100);
  s.role(1, Role::follower);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::removed_steps_down) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_removed_leader_that_goes_in_the_step_that_commits_its_removal, Cluster) {
  change(voters({2, 3}));
  s.learn_term(3, 1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.step();
  s.role(1, Role::follower);
  s.commit(1, 2);
  BOOST_TEST(line(s.finish(), PropertyId::removed_steps_down) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_removed_leader_that_leads_on, Cluster) {
  change(voters({2, 3}));
  s.learn_term(3, 1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);
  s.at(400);
  const auto seen = s.commit(2, 2);
  BOOST_TEST(
      found(s.finish()) ==
      "removed_steps_down" + at_event(seen) +
          "n1 still led in term 1 0.400s after it had committed entry 2, the configuration without it.");
}

BOOST_FIXTURE_TEST_CASE(a_removed_leader_leads_on_while_it_is_paused_or_its_clock_stands_still, Cluster) {
  change(voters({2, 3}));
  s.learn_term(3, 1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);
  s.clock(1, history::ClockChange::froze);
  s.at(400);
  s.commit(2, 2);
  s.clock(1, history::ClockChange::thawed);
  s.pause(1);
  s.at(800);
  s.commit(3, 2);
  s.resume(1);
  s.at(1'050);
  s.role(1, Role::follower);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_wiped_server_that_comes_back_under_its_old_id) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.crash(2);
  s.wipe(2);
  s.restart(2);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("no_amnesia") != std::string::npos, text);
  BOOST_TEST(text.find("n2 came back with an empty disk under the id under which it had promised term 1.") !=
                 std::string::npos,
             text);
}

BOOST_AUTO_TEST_CASE(a_server_that_promised_nothing_may_lose_its_disk_and_others_keep_theirs) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.crash(3);
  s.wipe(3);
  s.restart(3);
  s.crash(2);
  s.restart(2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::no_amnesia) == "held 2");
}

BOOST_FIXTURE_TEST_CASE(a_change_that_never_ends, QuietCluster) {
  s.at(11'000);
  s.propose(1);
  s.config(1, 2, voters({1, 2, 3, 4}, {1, 2, 3}));
  const auto text = found(s.finish(30'000));
  BOOST_TEST(
      text.find("A change of the configuration did not end within 3.000s after 11.000s: n1 works under") !=
          std::string::npos,
      text);
}

BOOST_FIXTURE_TEST_CASE(a_change_that_ends_and_a_removed_server_that_stays_behind, QuietCluster) {
  follow();
  s.at(11'000);
  s.propose(1);
  s.config(1, 2, voters({1, 2}));
  s.replicate(1, 2, 2);
  s.config(2, 2, voters({1, 2}));
  s.commit(1, 2);
  s.apply(1, 2, 2);
  s.commit(2, 2);
  s.apply(2, 2, 2);
  s.at(25'000);
  const auto v = s.finish(30'000);
  BOOST_TEST(found(v) == "held");  // n3 has committed only entry 1: it is no member any more
  BOOST_TEST(line(v, PropertyId::reconfig_terminates) == "held 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
