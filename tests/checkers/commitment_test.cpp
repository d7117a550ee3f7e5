#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

struct ThreeServers {
  ThreeServers() { s.boot_all(); }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(commitment)

BOOST_FIXTURE_TEST_CASE(a_leader_without_a_committed_entry, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.at(100);
  s.campaign(3, 2);
  s.learn_term(2, 2);
  s.vote(2, 3);
  s.save_state(2);
  const auto wrong_vote = s.grant(2, 3, 2);
  s.recv(wrong_vote);
  s.role(3, Role::leader);
  const auto v = s.finish();
  BOOST_TEST(v.first_broken()->event.value == wrong_vote.event.value);
  BOOST_REQUIRE(v.headline() != nullptr);
  BOOST_TEST(v.headline()->event.value == s.last().value);
  BOOST_TEST(
      v.headline()->sentence ==
      "n3 became leader of term 2 (at 0.100s) without entry 1 of term 1, which was committed in term 1.");
  BOOST_TEST(evidence(v, PropertyId::leader_completeness) ==
             "0.000000s n1 commits entry 1 of term 1 | in term 1\n"
             "0.100000s n3 leader of term 2 | log up to 0");
}

BOOST_AUTO_TEST_CASE(a_commit_that_comes_after_a_later_leader_without_the_entry) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.elect(3, 2, {2});  // n2 has not got the entry yet
  s.step();
  const auto wrong = s.commit(1, 1);
  const auto v = s.finish();
  BOOST_TEST(
      found(v) ==
      "leader_completeness" + at_event(wrong) +
          "n3 became leader of term 2 (at 0.000s) without entry 1 of term 1, which was committed in term "
          "1.\nleader_has_committed" +
          at_event(wrong) +
          "n3 leads term 2 without all that n1, in term 1, knows to be committed: up to 1.\n"
          "commit_needs_quorum" +
          at_event(wrong) + "n1 committed entry 1 in term 1 with 1 of 3 voters holding it durably: n1.");
}

BOOST_FIXTURE_TEST_CASE(two_servers_that_commit_different_entries, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.elect(3, 2, {2});
  s.propose(3);
  s.replicate(3, 2, 1);
  const auto wrong = s.commit(3, 1);
  const auto v = s.finish();
  BOOST_REQUIRE(v.violations.size() >= 2);
  BOOST_TEST(
      found(v).find("state_machine_safety" + at_event(wrong) +
                    "n1 and n3 committed different entries at index 1: one of term 1 and one of term 2.") !=
      std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(another_entry_applied_than_committed, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1, 4);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.apply(1, 1, 100);
  s.step();
  s.commit(2, 1);
  s.apply(2, 1, 100);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(two_states_after_the_same_entry, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1, 4);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  const auto first = s.apply(1, 1, 100);
  s.step();
  s.commit(2, 1);
  const auto wrong = s.apply(2, 1, 101);
  BOOST_TEST(
      found(s.finish()) ==
      "deterministic_state" + at_event(wrong) +
          "n2's state after applying entry 1 differs from the state of the server that applied it first "
          "(event " +
          std::to_string(first.value) + ").");
}

BOOST_FIXTURE_TEST_CASE(a_commit_index_that_falls, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.commit(1, 2);
  s.step();
  const auto wrong = s.commit(1, 1);
  BOOST_TEST(found(s.finish()) ==
             "monotonic_commit" + at_event(wrong) + "n1's commit index fell from 2 to 1 while it ran.");
}

BOOST_FIXTURE_TEST_CASE(a_commit_index_beyond_the_log, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.step();
  const auto wrong = s.commit(2, 3);
  BOOST_TEST(found(s.finish()) ==
             "monotonic_commit" + at_event(wrong) +
                 "n2 committed up to 3, but its log ends at 1.\nfollower_commit_bound" + at_event(wrong) +
                 "n2 raised its commit index to 3, but leaders had told it of none beyond 0 of the entries "
                 "that its log was proved to hold.");
}

BOOST_FIXTURE_TEST_CASE(an_entry_applied_before_it_is_committed, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.apply(1, 1, 4);
  const auto wrong = s.apply(1, 2, 5);
  BOOST_TEST(found(s.finish()) ==
             "monotonic_commit" + at_event(wrong) + "n1 applied entry 2, although its commit index is 1.");
}

BOOST_FIXTURE_TEST_CASE(a_commit_that_counted_an_entry_that_is_not_durable, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.step();
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  s.write_entries(2, 1, 1);  // not synced
  s.step();
  const auto wrong = s.commit(1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "commit_needs_quorum" + at_event(wrong) +
                             "n1 committed entry 1 in term 1 with 1 of 3 voters holding it durably: n1.");
  BOOST_TEST(evidence(v, PropertyId::commit_needs_quorum) ==
             "0.000000s n1 commit 1 (was 0), term 1 | durable logs elsewhere: n2 0, n3 0");
}

BOOST_FIXTURE_TEST_CASE(a_leader_may_commit_what_only_others_hold_durably, ThreeServers) {
  s.elect(1, 1, {2});
  s.step();
  s.append(1, 1);
  s.write_entries(1, 1, 1);
  s.replicate(1, 2, 1);
  s.replicate(1, 3, 1);
  s.commit(1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::commit_needs_quorum) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_leader_cannot_know_that_a_disk_was_lost_after_its_server_acknowledged,
                        ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.crash(2);
  s.wipe(2);
  s.commit(1, 1);
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::commit_needs_quorum) == "held 1");
}

BOOST_AUTO_TEST_CASE(figure_8_without_the_commit_rule) {
  Story s(5);
  s.boot_all();
  s.elect(1, 2, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.elect(5, 3, {3, 4});
  s.propose(5);
  s.learn_term(1, 3);
  s.elect(1, 4, {2, 3});
  s.replicate(1, 3, 1);
  const auto wrong = s.commit(1, 1);
  BOOST_TEST(
      found(s.finish()) ==
      "no_old_term_commit" + at_event(wrong) +
          "n1, leader of term 4, committed entry 1 of term 2 by counting; only entries of its own term "
          "may be.");
}

BOOST_AUTO_TEST_CASE(an_old_entry_is_committed_under_one_of_the_own_term) {
  Story s(5);
  s.boot_all();
  s.elect(1, 2, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.elect(5, 3, {3, 4});
  s.propose(5);
  s.learn_term(1, 3);
  s.elect(1, 4, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::no_old_term_commit) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_commits_by_too_few_as_it_steps_down, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.step();
  s.role(1, Role::follower);  // a removed leader: it ceases to lead in the step in which it commits
  const auto wrong = s.commit(1, 1);
  BOOST_TEST(found(s.finish()) ==
             "commit_needs_quorum" + at_event(wrong) +
                 "n1 committed entry 1 in term 1 with 1 of 3 voters holding it durably: n1.");
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_commits_an_old_entry_as_it_steps_down, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.elect(1, 2, {2});
  s.replicate(1, 2, 1);
  s.step();
  s.role(1, Role::follower);
  s.term(1, 3);
  const auto wrong = s.commit(1, 1);
  BOOST_TEST(found(s.finish()) == "no_old_term_commit" + at_event(wrong) +
                                      "n1, leader of term 2, committed entry 1 of term 1 by counting; only "
                                      "entries of its own term may be.");
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_learns_of_a_later_leader_and_of_its_commits_in_one_step, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 2);
  s.commit(2, 2);
  s.recv(s.append_entries(2, 1, 1));
  s.role(1, Role::follower);
  s.term(1, 2);
  s.vote(1, 0);
  s.commit(1, 1);  // of term 1: it counted nothing
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::no_old_term_commit) == "held 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
