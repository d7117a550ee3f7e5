// Logs: appending, acknowledging, committing, applying.
#include "bites.hpp"

namespace raftsim::checkers {

namespace {

using history::Verdict;

/// n1 leads term 1 of three with two entries, which n2 acknowledged too and both know to be committed.
struct Two {
  Two() {
    s.boot_all();
    s.elect(1, 1, {2});
    s.propose(1);
    s.propose(1);
    s.replicate(1, 2, 2);
    s.step();
  }
  void commit(std::uint64_t up_to = 2) {
    s.commit(1, up_to);
    s.commit(2, up_to);
    s.step();
  }
  Story s{3};
};

Verdict a_tail_removed(int by_whom) {
  Two t;
  t.s.propose(1);
  if (by_whom == 1) t.s.step(), t.s.truncate(1, 3);
  return t.s.finish();
}

Verdict an_entry_on_another(std::uint64_t content_below) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1, 7);
  s.propose(1, 8);
  s.learn_term(2, 1);
  s.append(2, 1, content_below);
  s.append(2, 1, 8);
  return s.finish();
}

/// n1 of term 1 commits entry 1 after n3, which lacks it, won term 2; or before n2, which has it, does.
Verdict a_late_commit(bool wins_before) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  if (wins_before) {
    s.elect(3, 2, {2});  // n2 has not got the entry yet
    s.step();
    s.commit(1, 1);
  } else {
    s.replicate(1, 2, 1);
    s.commit(1, 1);
    s.elect(2, 2, {3});
  }
  return s.finish();
}

/// n3 wins term 2 with the votes of n1 and itself while n2, in term 1, knows entry 1 to be committed.
/// Nobody's grant is seen: only what the two logs are can tell.
Verdict a_leader_without(bool what_n2_knows) {
  Story s(3);
  s.info.turned_off = {PropertyId::leader_completeness, PropertyId::vote_up_to_date};
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  if (!what_n2_knows) s.replicate(1, 3, 1);
  s.commit(1, 1);
  s.commit(2, 1);
  s.elect(3, 2, {1});
  return s.finish();
}

Verdict applied(std::uint64_t content_at_n2) {
  Two t;
  t.commit();
  t.s.apply(1, 1, 101);
  t.s.apply_another(2, 1, content_at_n2, 101);
  return t.s.finish();
}
Verdict states(std::uint64_t of_n2) {
  Two t;
  t.commit();
  t.s.apply(1, 1, 101);
  t.s.apply(2, 1, of_n2);
  return t.s.finish();
}

Verdict commits(std::uint64_t first, std::uint64_t then, bool restarts) {
  Two t;
  t.commit(first);
  if (restarts) t.s.crash(2), t.s.restart(2);
  if (restarts) t.s.commit(2, then);
  if (!restarts) t.s.commit(1, then);
  return t.s.finish();
}

Verdict a_copy(bool synced) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  const auto op = s.write_entries(2, 1, 1);
  s.step();
  if (synced) s.durable(2, op);
  s.commit(1, 1);
  return s.finish();
}

Verdict counted(bool with_one_of_its_own) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.elect(1, 2, {2});
  if (with_one_of_its_own) s.propose(1);
  s.replicate(1, 2, s.log_length(1));
  s.step();
  s.commit(1, s.log_length(1));
  return s.finish();
}

/// n2's second entry is of term 1, by a leader that n3, the leader of term 2, has nothing of but the first.
Verdict acknowledges(std::uint64_t match) {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 1);
  s.elect(3, 2, {4, 5});
  s.learn_term(2, 2);
  s.recv(s.append_entries(3, 2, 1));
  s.acknowledge(2, 3, 2, match);
  return s.finish();
}

Verdict acknowledged_and_removed(bool for_a_later_leader) {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 1);
  if (for_a_later_leader) {
    s.elect(3, 2, {4, 5});
    s.propose(3, 5);
    s.replicate(3, 2, 2);
  } else {
    s.truncate(2, 2);
  }
  return s.finish();
}

Verdict n2_commits(bool told) {
  Two t;
  t.s.commit(1, 2);
  t.s.step();
  if (told) {
    t.s.commit(2, 2);
  } else {
    t.s.commit_untold(2, 2);
  }
  return t.s.finish();
}

Verdict heartbeat_of(int sender) {
  Two t;
  t.s.learn_term(3, 1);
  t.s.step();
  MessageView heartbeat;
  heartbeat.type = MessageType::append_entries;
  heartbeat.term = Term{1};
  t.s.send(sender, 2, heartbeat);
  return t.s.finish();
}

Verdict n3_appends(bool what_n1_sent) {
  Two t;
  t.s.replicate(1, 3, 2);
  if (what_n1_sent) t.s.propose(1), t.s.replicate(1, 3, 3);
  if (!what_n1_sent) t.s.append(3, 1, 5);
  return t.s.finish();
}

/// An entry of term 9 reaches n2 in a message of the leader of term 9, before or after n2 is in that term.
Verdict an_entry_of_term_9(bool in_term_9) {
  Two t;
  t.s.elect(1, 9, {3});
  t.s.propose(1);
  if (in_term_9) t.s.learn_term(2, 9);
  t.s.recv(t.s.append_entries(1, 2, 2));
  t.s.append(2, 9);
  return t.s.finish();
}

Verdict applies_then(std::uint64_t index) {
  Two t;
  t.s.propose(1);
  t.s.replicate(1, 2, 3);
  t.commit(3);
  t.s.apply(1, 1, 101);
  t.s.apply(1, index, 100 + index);
  return t.s.finish();
}

Verdict n2_removes(std::uint64_t from) {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 1);
  s.commit(1, 1);
  s.commit(2, 1);
  s.elect(3, 2, {4, 5});
  s.learn_term(2, 2);
  s.step();
  s.truncate(2, from);
  return s.finish();
}

Verdict label_of(std::uint64_t term) {
  Story s(3);
  s.boot_all();
  s.learn_term(2, 5);
  s.write(2, HardStateLabel{Term{term}, std::nullopt});
  return s.finish();
}

/// The follower holds the entry durably and has said so; whether its leader has heard it when it commits.
Verdict commits_by_an_answer_that(bool came) {
  Story s(3);
  s.refinement = Refinement::judged;
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  s.save_log(2, 1);
  const Story::Sent answer = s.acknowledge(2, 1, 1, 1);
  if (came) s.recv(answer);
  s.step();
  s.commit(1, 1);
  return s.finish();
}

}  // namespace

std::vector<Bite> bites_of_logs() {
  using enum PropertyId;
  return {
      {leader_append_only, "a leader removes an entry of its own log", [] { return a_tail_removed(1); },
       "it only appends", [] { return a_tail_removed(0); }},
      {log_matching, "a log holds another entry of the same index and term",
       [] { return an_entry_on_another(9); }, "it holds the same", [] { return an_entry_on_another(7); }},
      {leader_completeness, "a leader commits, when one of a later term without the entry was elected before",
       [] { return a_late_commit(true); }, "it commits before any other election",
       [] { return a_late_commit(false); }},
      {leader_has_committed, "a leader lacks what a server of a lower term knows to be committed",
       [] { return a_leader_without(true); }, "it holds that", [] { return a_leader_without(false); }},
      {state_machine_safety, "a server applies another entry than the one that was committed",
       [] { return applied(77); }, "it applies that one", [] { return applied(0); }},
      {deterministic_state, "two servers are in different states after the same entry",
       [] { return states(999); }, "they are in the same", [] { return states(101); }},
      {monotonic_commit, "a commit index falls while its server runs", [] { return commits(2, 1, false); },
       "it starts lower after a restart", [] { return commits(2, 1, true); }},
      {commit_needs_quorum, "a leader counts a copy that is not synced", [] { return a_copy(false); },
       "it counts one that is", [] { return a_copy(true); }},
      {refinement, "a leader counts an acknowledgement that has not reached it",
       [] { return commits_by_an_answer_that(false); }, "it counts it when it has come",
       [] { return commits_by_an_answer_that(true); }},
      {no_old_term_commit, "a leader commits an entry of an older term by counting",
       [] { return counted(false); }, "it commits it with one of its own term", [] { return counted(true); }},
      {ack_bounded, "a follower acknowledges the end of its own log, which the leader did not prove",
       [] { return acknowledges(2); }, "it acknowledges what the heartbeat proved",
       [] { return acknowledges(1); }},
      {ack_not_forgotten, "a server removes what it acknowledged in the same term",
       [] { return acknowledged_and_removed(false); }, "it removes it for the leader of a later term",
       [] { return acknowledged_and_removed(true); }},
      {follower_commit_bound, "a follower commits what no message told it", [] { return n2_commits(false); },
       "it commits what a heartbeat told it", [] { return n2_commits(true); }},
      {message_provenance, "a follower sends a heartbeat of its leader's term",
       [] { return heartbeat_of(3); }, "the leader sends it", [] { return heartbeat_of(1); }},
      {entry_creator, "a follower creates an entry", [] { return n3_appends(false); },
       "it appends what the leader sent", [] { return n3_appends(true); }},
      {log_term_order, "a server appends an entry of a term that it has not reached",
       [] { return an_entry_of_term_9(false); }, "it has reached it",
       [] { return an_entry_of_term_9(true); }},
      {contiguous_apply, "a server leaves an entry out as it applies", [] { return applies_then(3); },
       "it applies one after the other", [] { return applies_then(2); }},
      {committed_never_truncated, "a server removes an entry that it knows to be committed",
       [] { return n2_removes(1); }, "it removes the one behind it", [] { return n2_removes(2); }},
      {label_honest, "a label names a term that its server is not in", [] { return label_of(6); },
       "it names the server's term", [] { return label_of(5); }},
  };
}

}  // namespace raftsim::checkers
