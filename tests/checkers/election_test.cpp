#include <boost/test/unit_test.hpp>

#include "checkers/leaders.hpp"
#include "story.hpp"

namespace raftsim::checkers {

namespace {

/// n1 leads in term 1, voted for by n2.
struct ThreeServers {
  ThreeServers() { s.boot_all(); }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(election)

BOOST_FIXTURE_TEST_CASE(an_honest_election_holds, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::election_safety) == "held 1");
  BOOST_TEST(line(v, PropertyId::vote_quorum) == "held 1");
  BOOST_TEST(line(v, PropertyId::one_vote_per_term) == "held 3");
}

BOOST_FIXTURE_TEST_CASE(a_second_leader_of_a_term_is_told_with_the_votes_of_both, ThreeServers) {
  s.at(3'396);
  s.campaign(1, 7);
  s.step();
  s.term(2, 7);
  s.vote(2, 1);
  const auto op = s.write_state(2);
  const auto early = s.grant(2, 1, 7);
  s.recv(early);
  s.at(3'402).role(1, Role::leader);
  s.at(3'403).crash_by(2, "step \"kill2\"");
  static_cast<void>(op);
  s.at(3'410).restart(2);
  s.at(3'415);
  const auto second = s.elect(3, 7, {2});
  const auto v = s.finish();
  const std::string expected =
      "durable_before_reply" + at_event(early.event) +
      "n2's vote for n1 in term 7 left before it was durable (on disk: term 0, no vote).";
  BOOST_TEST(found(v).substr(0, expected.size()) == expected);
  BOOST_REQUIRE(v.headline() != nullptr);
  BOOST_TEST(v.headline()->event.value == second.value);
  BOOST_TEST(v.headline()->sentence ==
             "Two leaders in term 7: n1 (won 3.402s, votes n1 n2) and n3 (won 3.415s, votes n2 n3).\n"
             "n2 voted twice in term 7:");
  BOOST_TEST(evidence(v, PropertyId::election_safety) ==
             "3.396000s n2 vote for n1, term 7 | reply sent before sync\n"
             "3.403000s n2 crash | lost unsynced vote for n1   [power off; step \"kill2\"]\n"
             "3.410000s n2 restart | term 0, no vote\n"
             "3.415000s n2 vote for n3, term 7 | ");
  BOOST_TEST(v.first_broken()->event.value == early.event.value);
}

BOOST_FIXTURE_TEST_CASE(a_leader_of_a_term_of_the_initial_logs_is_a_second_one, ThreeServers) {
  Story t(3);
  InitialState initial;
  initial.log = {Term{1}, Term{4}};
  t.info.nodes[0].initial = initial;
  t.boot_all();
  const auto won = t.elect(2, 4, {3});
  BOOST_TEST(found(t.finish()) == "election_safety" + at_event(won) +
                                      "n2 became leader of term 4, of which the initial logs already hold "
                                      "entries: that term had another leader.");
}

BOOST_FIXTURE_TEST_CASE(a_vote_for_two_candidates_is_found_when_the_second_leaves, ThreeServers) {
  s.at(10).elect(1, 5, {2});
  s.at(20);
  s.learn_term(3, 5);
  s.vote(2, 3);
  s.save_state(2);
  const auto second = s.grant(2, 3, 5);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "one_vote_per_term" + at_event(second.event) +
                             "n2 voted twice in term 5: for n1 at 0.010s and for n3 at 0.020s.");
}

BOOST_FIXTURE_TEST_CASE(the_same_vote_may_be_told_again, ThreeServers) {
  s.elect(1, 5, {2});
  s.grant(2, 1, 5);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_gated_vote_counts_when_it_leaves_not_before, ThreeServers) {
  s.learn_term(2, 5);
  s.vote(2, 1);
  s.write_state(2);
  s.grant(2, 1, 5, Gate::waits);  // never leaves: the crash comes first
  s.crash(2);
  s.restart(2);
  s.vote(2, 3);
  s.save_state(2);
  s.grant(2, 3, 5);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_recovered_term_without_the_vote_that_was_given_in_it, ThreeServers) {
  s.at(10);
  s.learn_term(2, 5);
  s.vote(2, 1);
  s.write_state(2);
  const auto early = s.grant(2, 1, 5);
  s.at(20).crash(2);
  s.at(30).restart(2);
  const auto recovered = s.last();
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2's vote for n1 in term 5 left before it was durable (on disk: term 5, no vote).\n"
                 "one_vote_per_term" +
                 at_event(recovered) +
                 "n2 voted for n1 in term 5 at 0.010s, but recovered that term with no vote.");
}

BOOST_FIXTURE_TEST_CASE(a_term_that_falls, ThreeServers) {
  s.learn_term(2, 5);
  s.step();
  s.term(2, 4);
  BOOST_TEST(found(s.finish()) ==
             "monotonic_term" + at_event(s.last()) + "n2's term fell from 5 to 4 while it ran.");
}

BOOST_FIXTURE_TEST_CASE(a_recovered_term_below_a_promised_one, ThreeServers) {
  s.at(10);
  s.term(2, 5);
  s.write_state(2);
  const auto promised = s.acknowledge(2, 1, 5, 0);
  s.crash(2);
  s.restart(2);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "durable_before_reply" + at_event(promised.event) +
                 "n2 acknowledged entries up to 0 to n1 in term 5 before that term was durable (on "
                 "disk: term 0, no vote).\nmonotonic_term" +
                 at_event(s.last()) +
                 "n2 recovered term 0, although a message that left it at 0.010s had promised "
                 "term 5.");
}

BOOST_FIXTURE_TEST_CASE(a_term_that_nobody_was_promised_may_be_lost, ThreeServers) {
  s.term(2, 5);
  s.write_state(2);
  s.crash(2);
  s.restart(2);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_leader_that_counted_a_vote_of_an_older_term) {
  Story s(5);
  s.boot_all();
  s.campaign(1, 1);
  s.learn_term(2, 1);
  s.vote(2, 1);
  s.save_state(2);
  const auto late = s.grant(2, 1, 1);
  s.campaign(1, 2);
  s.recv(late);
  s.learn_term(3, 2);
  s.vote(3, 1);
  s.save_state(3);
  s.recv(s.grant(3, 1, 2));
  s.role(1, Role::leader);
  BOOST_TEST(found(s.finish()) == "vote_quorum" + at_event(s.last()) +
                                      "n1 became leader of term 2 with 2 of 5 votes: only n1 n3 really voted "
                                      "for it.");
}

BOOST_AUTO_TEST_CASE(one_vote_counts_once_however_often_it_arrives) {
  Story s(5);
  s.boot_all();
  s.campaign(1, 1);
  s.learn_term(2, 1);
  s.vote(2, 1);
  s.save_state(2);
  const auto granted = s.grant(2, 1, 1);
  s.recv(granted);
  s.recv(granted);
  s.role(1, Role::leader);
  BOOST_TEST(found(s.finish()).substr(0, 11) == "vote_quorum");
}

BOOST_AUTO_TEST_CASE(a_learner_s_vote_does_not_count) {
  Story s(3);
  s.info.nodes[2].learner = true;
  s.boot_all();
  const auto won = s.elect(1, 1, {3});
  BOOST_TEST(found(s.finish()) ==
             "vote_quorum" + at_event(won) +
                 "n1 became leader of term 1 with 1 of 2 votes: only n1 n3 really voted "
                 "for it.\nonly_voters_decide" +
                 at_event(won) +
                 "n1 became leader of term 1 by votes of servers that do not vote in {n1 "
                 "n2} + {n3}: n1 n3.");
}

BOOST_AUTO_TEST_CASE(a_single_voter_needs_nobody) {
  Story s(1);
  s.boot_all();
  s.campaign(1, 1);
  s.step();
  s.role(1, Role::leader);
  s.propose(1);
  s.commit(1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::vote_quorum) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_vote_for_a_shorter_log, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.at(50).campaign(3, 2);
  s.learn_term(2, 2);
  s.vote(2, 3);
  s.save_state(2);
  const auto wrong = s.grant(2, 3, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "vote_up_to_date" + at_event(wrong.event) +
                             "n2 voted for n3 in term 2 although its own log is more up-to-date: n3's last "
                             "entry is 0 of term 0, n2's is 1 of term 1.");
}

BOOST_FIXTURE_TEST_CASE(a_longer_log_of_an_older_term_is_less_up_to_date, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 1);
  s.learn_term(1, 2);
  s.campaign(1, 3);
  s.learn_term(3, 3);
  s.vote(3, 1);
  s.save_state(3);
  const auto wrong = s.grant(3, 1, 3);
  BOOST_TEST(found(s.finish()) ==
             "vote_up_to_date" + at_event(wrong.event) +
                 "n3 voted for n1 in term 3 although its own log is more up-to-date: n1's "
                 "last entry is 2 of term 1, n3's is 1 of term 2.");
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_lies_about_its_log, ThreeServers) {
  s.elect(2, 1, {3});
  s.propose(2);
  s.campaign(1, 2);
  MessageView lie;
  lie.type = MessageType::request_vote;
  lie.term = Term{2};
  lie.previous_index = Index{4};
  lie.previous_term = Term{1};
  const auto sent = s.send(1, 2, lie);
  BOOST_TEST(found(s.finish()) ==
             "vote_up_to_date" + at_event(sent.event) +
                 "n1 asked for votes of term 2 with a last entry 4 of term 1, but its log "
                 "ends with entry 0 of term 0.");
}

BOOST_FIXTURE_TEST_CASE(a_second_leader_of_a_term_is_found_out_a_thousand_elections_later, ThreeServers) {
  s.elect(1, 1, {2});
  for (std::uint64_t term = 2; term <= 1'200; ++term) s.elect(term % 2 == 0 ? 3 : 2, term, {1});
  s.step();
  s.role(3, Role::follower);
  s.step();
  s.role(3, Role::candidate);
  s.term(3, 1);
  s.role(3, Role::leader);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find("Two leaders in term 1: n1 (won 0.000s, votes n1 n2) and n3 (won 0.000s, votes n3).") !=
                 std::string::npos,
             v.substr(0, 600));
}

BOOST_FIXTURE_TEST_CASE(and_when_nobody_remembers_any_more_who_the_first_one_was, ThreeServers) {
  s.elect(1, 1, {2});
  for (std::uint64_t term = 2; term <= 2 * Leaders::kept + 10; ++term) {
    s.step();
    const int leader = term % 2 == 0 ? 3 : 2;
    s.role(leader, Role::candidate);
    s.term(leader, term);
    s.role(leader, Role::leader);
  }
  s.step();
  s.role(3, Role::candidate);
  s.term(3, 1);
  s.role(3, Role::leader);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find("n3 (won 0.000s, votes n3) became leader of term 1, which had a leader thousands of "
                    "elections ago.") != std::string::npos,
             v.substr(0, 600));
}

BOOST_AUTO_TEST_CASE(a_crash_may_cut_off_that_a_candidacy_was_commanded) {
  for (const bool crashes : {true, false}) {
    Story s(3);
    s.boot_all();
    s.step();
    s.role(3, Role::pre_candidate);
    MessageView asks;
    asks.type = MessageType::pre_vote;
    asks.term = Term{1};
    s.recv(s.send(3, 2, asks));
    s.step();
    s.role(1, Role::candidate, 1);
    s.term(1, 1);
    if (crashes) s.crash_amid(1);
    const auto v = s.finish();
    BOOST_TEST(found(v).starts_with(crashes ? "held" : "pre_vote_inert"), found(v));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
