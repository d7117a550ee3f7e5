// Votes, terms, roles.
#include "bites.hpp"

namespace raftsim::checkers {

namespace {

using history::Verdict;

Verdict two_winners_of_a_term() {
  Story s(3);
  InitialState initial;
  initial.log = {Term{1}, Term{4}};
  s.info.nodes[0].initial = initial;
  s.boot_all();
  s.elect(2, 4, {3});
  return s.finish();
}
Verdict winners_of_two_terms() {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.elect(3, 2, {2});
  return s.finish();
}

Verdict a_vote_for_another() {
  Story s(3);
  s.boot_all();
  s.elect(1, 5, {2});
  s.learn_term(3, 5);
  s.vote(2, 3);
  s.save_state(2);
  s.grant(2, 3, 5);
  return s.finish();
}
Verdict the_same_vote_again() {
  Story s(3);
  s.boot_all();
  s.elect(1, 5, {2});
  s.grant(2, 1, 5);
  return s.finish();
}

Verdict a_term_falls() {
  Story s(3);
  s.boot_all();
  s.learn_term(2, 5);
  s.step();
  s.term(2, 4);
  return s.finish();
}
Verdict a_term_that_nobody_heard_of_is_lost() {
  Story s(3);
  s.boot_all();
  s.term(2, 5);
  s.write_state(2);
  s.crash(2);
  s.restart(2);
  s.term(2, 3);
  return s.finish();
}

Verdict a_vote_leaves_early() {
  Story s(3);
  s.boot_all();
  s.term(2, 5);
  s.vote(2, 1);
  s.write_state(2);
  s.grant(2, 1, 5);
  return s.finish();
}
Verdict a_vote_waits() {
  Story s(3);
  s.boot_all();
  s.elect(1, 5, {2});
  return s.finish();
}

Verdict one_vote_of_five() {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2});
  return s.finish();
}
Verdict three_votes_of_five() {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  return s.finish();
}

/// n2 holds an entry of term 1; `candidate` asks it for its vote in term 2.
Verdict n2_votes_for(int candidate) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.elect(candidate, 2, {2});
  return s.finish();
}

Verdict roles_of(bool candidate_first) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  if (candidate_first) {
    s.elect(1, 2, {2});
  } else {
    s.step();
    s.role(1, Role::candidate);  // it leads, and campaigns
  }
  return s.finish();
}

/// n2 hears of n1, the leader of term 1, and then of `other`.
Verdict n2_knows(int other, std::uint64_t term) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.leader(2, 1);
  if (term > 1) s.elect(other, term, {1});
  if (term > 1) s.learn_term(2, term);
  s.step();
  s.leader(2, other);
  return s.finish();
}

Verdict asked_for_a_pre_vote(bool takes_the_term_on) {
  Story s(3);
  s.boot_all();
  MessageView ask;
  ask.type = MessageType::pre_vote;
  ask.term = Term{1};
  s.role(1, Role::pre_candidate);
  s.recv(s.send(1, 2, ask));
  if (takes_the_term_on) s.term(2, 1);
  MessageView yes = ask;
  yes.type = MessageType::pre_vote_resp;
  yes.granted = true;
  s.recv(s.send(2, 1, yes));
  s.elect(1, 1, {2});
  return s.finish();
}

}  // namespace

std::vector<Bite> bites_of_elections() {
  using enum PropertyId;
  return {
      {election_safety, "a server wins a term of which the initial logs hold another leader's entries",
       two_winners_of_a_term, "two servers win a term each", winners_of_two_terms},
      {one_vote_per_term, "a server votes for two candidates of one term", a_vote_for_another,
       "it tells the same vote twice", the_same_vote_again},
      {monotonic_term, "a term falls while its server runs", a_term_falls,
       "a term of which nobody was told is lost in a crash", a_term_that_nobody_heard_of_is_lost},
      {durable_before_reply, "a vote leaves before it is synced", a_vote_leaves_early,
       "it waits for the sync", a_vote_waits},
      {vote_quorum, "a leader of five has two votes", one_vote_of_five, "it has three", three_votes_of_five},
      {vote_up_to_date, "a vote goes to a candidate without the voter's last entry",
       [] { return n2_votes_for(3); }, "it goes to one with it", [] { return n2_votes_for(1); }},
      {legal_transitions, "a leader campaigns while it leads", [] { return roles_of(false); },
       "a leader steps down before it campaigns", [] { return roles_of(true); }},
      {role_facts, "a server knows two leaders of one term", [] { return n2_knows(3, 1); },
       "it knows another in the next term", [] { return n2_knows(3, 2); }},
      {pre_vote_inert, "a server takes on the term that a pre-vote names",
       [] { return asked_for_a_pre_vote(true); }, "it grants the pre-vote and stays in its term",
       [] { return asked_for_a_pre_vote(false); }},
  };
}

}  // namespace raftsim::checkers
