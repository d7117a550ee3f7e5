// "Looks like an invariant but is not" (checkers.md): each case is legal Raft, and a checker that alarms at
// it is wrong. Every case here must hold.
#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

BOOST_AUTO_TEST_SUITE(traps)

BOOST_AUTO_TEST_CASE(a_stale_leader_beside_a_new_one) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.elect(3, 2, {2});
  s.propose(1);  // it does not know yet
  s.append_entries(1, 2, 0);
  s.propose(3);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(an_old_entry_committed_late_is_not_with_leaders_elected_in_between) {
  // Entry 1 of term 2 is committed by the leader of term 4; the leader of term 3 never had it.
  Story s(5);
  s.boot_all();
  s.elect(1, 2, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.elect(5, 3, {3, 4});
  s.learn_term(1, 3);
  s.elect(1, 4, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::leader_completeness) == "held 3");
}

BOOST_AUTO_TEST_CASE(a_stale_leader_elected_after_an_old_entry_was_committed_in_a_later_term) {
  // CCF #7970: by the entry's own term (2) the leader of term 3 would have to hold it; by the term in which
  // it was committed (4) it need not.
  Story s(5);
  s.boot_all();
  s.elect(1, 2, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.campaign(5, 3);
  std::vector<Story::Sent> delayed;
  for (const int voter : {3, 4}) {
    s.learn_term(voter, 3);
    s.vote(voter, 5);
    s.save_state(voter);
    delayed.push_back(s.grant(voter, 5, 3));
  }
  s.learn_term(1, 3);
  s.elect(1, 4, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);
  for (const Story::Sent& grant : delayed) s.recv(grant);
  s.role(5, Role::leader);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::election_safety) == "held 3");
}

BOOST_AUTO_TEST_CASE(a_vote_kept_for_a_loser) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.campaign(3, 2);  // votes for itself, nobody answers
  s.learn_term(1, 2);
  s.learn_term(2, 2);
  s.elect(2, 3, {1});
  s.propose(2);
  s.replicate(2, 1, 1);
  s.commit(2, 1);
  s.crash(3);
  s.restart(3);  // comes back with its vote for itself in term 2
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_commit_index_that_is_lower_after_a_restart) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.commit(1, 2);
  s.commit(2, 2);
  s.crash(2);
  s.restart(2);
  s.commit(2, 1);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_gated_message_that_leaves_after_its_sender_s_term_moved_on) {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.recv(s.append_entries(1, 4, 0));
  s.term(4, 1);
  s.append(4, 1);
  const auto state = s.write_state(4);
  const auto entries = s.write_entries(4, 1, 1);
  const auto ack = s.acknowledge(4, 1, 1, 1, Gate::waits);
  s.step();
  s.term(4, 2);
  s.vote(4, 5);
  const auto later = s.write_state(4);
  s.step();
  s.durable(4, state);
  s.durable(4, entries);
  s.durable(4, later);
  s.depart(ack);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::durable_before_reply) != "held 0");
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_an_old_term_for_entries_that_are_gone) {
  // It was true when it was issued; by the time it leaves a later leader has replaced the entries.
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.recv(s.append_entries(1, 4, 0));
  s.term(4, 1);
  s.append(4, 1);
  const auto state = s.write_state(4);
  const auto entries = s.write_entries(4, 1, 1);
  const auto ack = s.acknowledge(4, 1, 1, 1, Gate::waits);
  s.elect(5, 2, {3, 2});
  s.propose(5);
  s.recv(s.append_entries(5, 4, 0));
  s.term(4, 2);
  s.truncate(4, 1);
  s.append(4, 2);
  const auto state2 = s.write_state(4);
  const auto entries2 = s.write_entries(4, 1, 1);
  s.step();
  for (const auto op : {state, entries, state2, entries2}) s.durable(4, op);
  s.depart(ack);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_an_old_term_while_its_entries_are_being_replaced) {
  // Seed 765 of scenarios/clock_drift.json: the old entries are durable, the write that replaces them is
  // under way.
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.recv(s.append_entries(1, 4, 0));
  s.term(4, 1);
  s.append(4, 1);
  const auto state = s.write_state(4);
  const auto entries = s.write_entries(4, 1, 1);
  const auto ack = s.acknowledge(4, 1, 1, 1, Gate::waits);
  s.step();
  for (const auto op : {state, entries}) s.durable(4, op);
  s.elect(5, 2, {3, 2});
  s.propose(5);
  s.recv(s.append_entries(5, 4, 0));
  s.term(4, 2);
  s.truncate(4, 1);
  s.append(4, 2);
  const auto state2 = s.write_state(4);
  const auto entries2 = s.write_entries(4, 1, 1);
  s.step();
  s.depart(ack);
  s.step();
  for (const auto op : {state2, entries2}) s.durable(4, op);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_candidacy_that_never_left_is_forgotten) {
  // Seen in a run under crashes during syncs: a candidate crashes before its request left, catches up, and
  // campaigns in the same term again, which nobody had heard of.
  Story s(5);
  s.boot_all();
  s.elect(2, 1, {3, 4});
  s.propose(2);
  s.replicate(2, 3, 1);
  s.term(1, 2);
  s.vote(1, 1);
  const auto never = s.write_state(1);
  s.ask_vote(1, 3, Gate::waits);
  s.step();
  s.lost(1, never);
  s.crash(1);
  s.restart(1);
  s.replicate(2, 1, 1);
  s.term(1, 2);
  s.vote(1, 1);
  s.save_state(1);
  s.recv(s.ask_vote(1, 3));
  s.term(3, 2);
  s.vote(3, 1);
  s.save_state(3);
  s.grant(3, 1, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::vote_up_to_date) != "held 0");
}

BOOST_AUTO_TEST_CASE(a_refusal_with_a_term_above_the_durable_one) {
  Story s(3);
  s.boot_all();
  s.term(2, 9);
  s.write_state(2);
  MessageView refusal;
  refusal.type = MessageType::append_entries_resp;
  refusal.term = Term{9};
  s.send(2, 1, refusal);
  s.crash(2);
  s.restart(2);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_leader_that_steps_down_in_its_own_term) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.step();
  s.role(1, Role::follower);  // check quorum
  s.elect(1, 2, {2});
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_committed_entry_of_a_lower_term_than_another_at_its_index) {
  Story s(3);
  s.boot_all();
  s.elect(1, 2, {2});
  s.propose(1);
  s.elect(3, 3, {2});
  s.propose(3);  // entry 1 of term 3, never committed
  s.crash(3);
  s.learn_term(1, 3);
  s.elect(1, 4, {2});
  s.propose(1);
  s.replicate(1, 2, 2);
  s.commit(1, 2);  // entry 1 of term 2 is committed
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
}

BOOST_AUTO_TEST_CASE(what_a_restart_recovers_is_remembered_not_created) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.commit(1, 2);
  for (int k = 0; k < 3; ++k) {
    s.crash(2);
    s.restart(2);
  }
  s.crash(1);
  s.restart(1);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(initial_logs_have_creators_that_nobody_knows) {
  // Figure 7: the leader of term 8 over logs of terms 1 to 7.
  Story s(3);
  const auto log = [&s](std::size_t n, std::vector<std::uint64_t> terms) {
    InitialState initial;
    initial.term = Term{7};
    for (const std::uint64_t t : terms) initial.log.push_back(Term{t});
    s.info.nodes[n].initial = initial;
    s.on_disk(static_cast<int>(n + 1), 7, terms);
  };
  log(0, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6});
  log(1, {1, 1, 1, 4, 4, 5, 5, 6, 6});
  log(2, {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3});
  s.boot_all();
  s.elect(1, 8, {2});
  s.propose(1);
  s.replicate(1, 2, 11);
  s.replicate(1, 3, 11);
  s.commit(1, 11);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_crash_between_a_write_and_its_sync_takes_back_only_what_nobody_was_told) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.step();
  s.append(1, 1);
  s.write_entries(1, 2, 2);
  s.recv(s.append_entries(1, 2, 1));
  s.append(2, 1);
  s.write_entries(2, 2, 2);
  s.acknowledge(2, 1, 1, 2, Gate::waits);
  s.crash(1);
  s.crash(2);
  s.restart(1);
  s.restart(2);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_system_without_a_note_of_recovery_has_recovered_when_it_speaks) {
  Story s(3);
  s.notes = false;
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.crash(2);
  s.restart(2);
  s.elect(2, 2, {1});
  s.propose(2);
  s.replicate(2, 1, 2);
  s.commit(2, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::label_honest).substr(0, 5) == "held ");
}

BOOST_AUTO_TEST_CASE(what_a_first_message_replaces_was_recovered_though_no_note_said_so) {
  Story s(5);
  s.notes = false;
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.crash(2);
  s.restart(2);
  s.elect(4, 2, {3, 5});
  s.propose(4);
  s.recv(s.append_entries(4, 2, 0));
  s.term(2, 2);
  s.vote(2, 0);
  s.truncate(2, 1);
  s.append(2, 2);
  const auto op = s.write_entries(2, 1, 1);
  const auto state = s.write_state(2);
  const auto ack = s.acknowledge(2, 4, 2, 1, Gate::waits);
  s.step();
  s.durable(2, state);
  s.durable(2, op);
  s.depart(ack);
  BOOST_TEST(found(s.finish()) == "held");
}

/// No notes; n2 restarts from term 1 with a vote for n1, n3 from an empty disk; then n1 asks both for their
/// votes in term 5, and both take on the term.
struct WithoutNotes {
  WithoutNotes() {
    s.notes = false;
    s.boot_all();
    s.elect(1, 1, {2});
    s.crash(2);
    s.restart(2);
    s.crash(3);
    s.restart(3);
    requests = s.campaign(1, 5);
  }
  void takes_on_the_term(int n) {
    for (const Story::Sent& request : requests)
      if (request.to == n) s.recv(request);
    s.term(n, 5);
  }
  std::string complaint(const Story::Sent& reply, const std::string& disk) const {
    return "durable_before_reply" + at_event(reply.event) + "n" + std::to_string(reply.from) +
           "'s vote for n1 in term 5 left before it was durable (on disk: " + disk + ").";
  }
  Story s{3};
  std::vector<Story::Sent> requests;
};

BOOST_FIXTURE_TEST_CASE(what_a_message_changes_was_not_recovered_though_no_note_said_so, WithoutNotes) {
  takes_on_the_term(2);
  s.vote(2, 1);
  const auto reply = s.grant(2, 1, 5);
  BOOST_TEST(found(s.finish()) == complaint(reply, "term 1, vote for n1"));
}

BOOST_FIXTURE_TEST_CASE(nor_was_it_where_there_was_nothing_to_recover, WithoutNotes) {
  takes_on_the_term(3);
  s.vote(3, 1);
  const auto reply = s.grant(3, 1, 5);
  BOOST_TEST(found(s.finish()) == complaint(reply, "term 0, no vote"));
}

BOOST_FIXTURE_TEST_CASE(an_audit_does_not_miss_the_term_that_a_first_message_brought, WithoutNotes) {
  takes_on_the_term(2);
  s.write_state(2);
  MessageView rejection;
  rejection.type = MessageType::request_vote_resp;
  rejection.term = Term{5};
  s.send(2, 1, rejection);
  s.audit(2, s.twin(2));
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_server_far_behind_the_window_is_not_misjudged) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  constexpr std::uint64_t length = 70'000;  // more than what is kept of the canonical sequence
  for (std::uint64_t k = 1; k <= length; ++k) {
    s.append(1, 1);
    s.append(2, 1);
    if (k % 100 != 0) continue;
    s.durable(1, s.write_entries(1, k - 99, k));
    s.durable(2, s.write_entries(2, k - 99, k));
    s.commit(1, k);
    s.commit(2, k);
  }
  s.crash(2);
  s.restart(2);
  s.elect(2, 2, {1});
  s.replicate(2, 3, length);
  s.propose(2);
  s.replicate(2, 1, length + 1);
  s.commit(2, length + 1);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(uncommitted_sibling_configurations_whose_majorities_do_not_meet) {
  // Two leaders append each a change of their own on top of the same configuration; neither is committed. A
  // majority of {n1 n2 n3 n5} need not meet one of {n4 n5}. (What saves the algorithm is
  // that a leader first commits an entry of its own term, not that these meet.)
  Story s(5);
  for (int n = 4; n <= 5; ++n) s.info.nodes[static_cast<std::size_t>(n - 1)].learner = true;
  s.boot_all();
  const Configuration first = voters({1, 2, 3}, {}, {4, 5});
  for (int n = 1; n <= 5; ++n) s.config(n, 0, first);
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.replicate(1, 3, 1);
  s.commit(1, 1);
  s.propose(1, 10);
  s.config(1, 2, voters({1, 2, 3, 5}, {}, {4}));
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 2);
  s.commit(2, 2);
  s.propose(2, 20);
  s.config(2, 3, voters({2, 3}, {}, {4, 5}));
  s.propose(1, 11);  // the stale leader goes on
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_match_index_beyond_the_log_of_a_server_that_went_on_to_a_later_term) {
  // n3 acknowledged entry 2 to n1; a leader of a later term replaced it: n1's belief is beyond n3's log.
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.crash(3);
  s.restart(3);
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 2);
  s.commit(2, 2);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_more_up_to_date_log_without_what_another_server_knows_to_be_committed) {
  // MoreUpToDateCorrectInv of etcdraft.tla. n4's log ends in term 2, n5's in term 3; n4 learned in term 4
  // that its entry is committed, and n5, which leads term 3 by its own account, never had it.
  Story s(5);
  s.boot_all();
  s.elect(1, 2, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.elect(5, 3, {3, 4});
  s.propose(5, 9);
  s.learn_term(1, 3);
  s.elect(1, 4, {2, 3});
  s.propose(1);
  for (const int n : {2, 3}) s.replicate(1, n, 2);
  s.commit(1, 2);
  s.replicate(1, 4, 1);
  s.commit(4, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::leader_completeness) == "held 3");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
