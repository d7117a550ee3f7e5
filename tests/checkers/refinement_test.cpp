// Every rule of the specification, broken once where no invariant breaks (yet), and kept close by.
#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

/// Three servers, and n1 leads term 1, whose first entry all hold and n1 knows to be committed.
struct Cluster : Story {
  Cluster() : Story(3) { refinement = Refinement::judged; }

  void begin_led() {
    boot_all();
    elect(1, 1, {2});
    propose(1, 7);
    for (int n : {2, 3}) replicate(1, n, 1);
    step();
    commit(1, 1);
  }

  Sent say(int from, int to, MessageType type, std::uint64_t term, bool granted = false,
           std::uint64_t index = 0, std::uint64_t index_term = 0, std::uint64_t match = 0) {
    MessageView v;
    v.type = type;
    v.term = Term{term};
    v.granted = granted;
    v.previous_index = Index{index};
    v.previous_term = Term{index_term};
    v.match = Index{match};
    return send(from, to, v);
  }
  /// n3 campaigns until it is in `term`, and one of the others hears of that.
  void hear_of(int n, std::uint64_t term) {
    std::vector<Sent> requests;
    for (std::uint64_t t = 2; t <= term; ++t) requests = campaign(3, t);
    for (const Sent& request : requests)
      if (request.to == n) recv(request);
  }
  /// A heartbeat reaches the follower: nothing of it is new.
  void heartbeat(int leader, int follower) {
    step();
    recv(append_entries(leader, follower, log_length(leader)));
  }
};

using Deed = void (*)(Cluster&);

struct Rule {
  const char* name = nullptr;
  Deed broken = nullptr;
  const char* sentence = nullptr;
  Deed kept = nullptr;
};
std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.name; }

constexpr auto of = [](const history::Verdict& verdict) -> const history::PropertyVerdict& {
  return verdict.properties[static_cast<std::size_t>(PropertyId::refinement)];
};

std::string sentence_of(const history::Verdict& verdict) {
  for (const history::Violation& v : verdict.violations)
    if (v.id == PropertyId::refinement) return v.sentence;
  return {};
}

const std::vector<Rule> rules{
    // ---- elections
    {"a_term_is_one_that_a_message_named",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.term(2, 4);
     },
     "n2 went from term 1 to 4, which no message named (UpdateTerm).",
     [](Cluster& s) {
       s.hear_of(2, 4);
       s.term(2, 4);
     }},
    {"a_term_is_the_one_that_the_message_named",
     [](Cluster& s) {
       s.hear_of(2, 4);
       s.term(2, 5);
     },
     "n2 went from term 1 to 5, but the message names 4 (UpdateTerm).",
     [](Cluster& s) {
       s.hear_of(2, 5);
       s.term(2, 5);
     }},
    {"a_candidate_enters_the_next_term",
     [](Cluster& s) {
       s.step();
       s.role(2, Role::candidate);
       s.term(2, 3);
     },
     "n2 campaigns in term 3 behind term 1: it is the next one that a candidate enters (Timeout).",
     [](Cluster& s) {
       s.step();
       s.role(2, Role::candidate);
       s.term(2, 2);
     }},
    {"who_asks_for_pre_votes_was_prompted",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.role(2, Role::pre_candidate);
     },
     "n2 asks for pre-votes, although neither its clock nor TimeoutNow prompted it (Timeout).",
     [](Cluster& s) {
       s.step();
       s.role(2, Role::pre_candidate);
     }},
    {"who_campaigns_was_prompted",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.role(2, Role::candidate);
     },
     "n2 campaigns, although neither its clock, TimeoutNow nor a pre-vote prompted it (Timeout).",
     [](Cluster& s) {
       s.step();
       s.recv(s.say(1, 2, MessageType::timeout_now, 1));
       s.role(2, Role::candidate);
     }},
    {"a_leader_leads_until_something_ends_it",
     [](Cluster& s) {
       s.step();
       s.recv(s.acknowledge(2, 1, 1, 1));
       s.role(1, Role::follower);
     },
     "n1 gave up leading its term although no higher one was named, its clock did not prompt it and it is a "
     "voter (UpdateTerm; 6.2).",
     [](Cluster& s) {
       s.step();
       s.role(1, Role::follower);
     }},
    {"a_candidate_yields_to_a_leader_of_its_term",
     [](Cluster& s) {
       for (const Story::Sent& request : s.campaign(2, 2))
         if (request.to == 3) s.recv(request);
       s.term(3, 2);
       s.recv(s.say(3, 2, MessageType::request_vote_resp, 2));
       s.role(2, Role::follower);
     },
     "n2 gave up its candidacy although no leader of its term had told it anything "
     "(HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.campaign(2, 2);
       s.elect(3, 2, {1});
       s.heartbeat(3, 2);
       s.role(2, Role::follower);
     }},
    {"a_vote_of_a_term_is_not_taken_back",
     [](Cluster& s) {
       const auto first = s.campaign(3, 2);
       s.recv(first.back());
       s.term(2, 2);
       s.vote(2, 3);
       s.step();
       s.vote(2, 1);
     },
     "n2 changed its vote of term 2 from n3 to n1 (HandleRequestVoteRequest).",
     [](Cluster& s) {
       const auto first = s.campaign(3, 2);
       s.recv(first.back());
       s.term(2, 2);
       s.vote(2, 3);
     }},
    {"a_vote_goes_to_who_asked_for_it",
     [](Cluster& s) {
       const auto first = s.campaign(3, 2);
       s.recv(first.back());
       s.term(2, 2);
       s.vote(2, 1);
     },
     "n2 voted for n1 in term 2, which had not asked it for that (HandleRequestVoteRequest).",
     [](Cluster& s) {
       const auto first = s.campaign(3, 2);
       s.recv(first.back());
       s.term(2, 2);
       s.vote(2, 3);
     }},
    {"who_votes_for_itself_campaigns",
     [](Cluster& s) {
       s.hear_of(2, 2);
       s.term(2, 2);
       s.vote(2, 2);
     },
     "n2 voted for itself in term 2 without campaigning (Timeout).", [](Cluster& s) { s.campaign(2, 2); }},
    {"a_candidate_votes_for_nobody_else",
     [](Cluster& s) {
       const auto rival = s.campaign(3, 2);
       s.recv(rival.back());
       s.step();
       s.role(2, Role::candidate);
       s.term(2, 2);
       s.vote(2, 3);
     },
     "n2 voted for n3 in term 2, in which it campaigns itself (HandleRequestVoteRequest).",
     [](Cluster& s) {
       const auto rival = s.campaign(3, 2);
       s.recv(rival.back());
       s.campaign(2, 2);
     }},
    {"who_leads_told_so",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.leader(2, 3);
     },
     "n2 takes n3 for the leader of term 1, of which that server had told it nothing "
     "(HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.leader(2, 1);
     }},

    // ---- logs
    {"a_follower_appends_what_it_was_told",
     [](Cluster& s) {
       s.propose(1, 8);
       s.heartbeat(1, 3);
       s.step();
       s.append(2, 1, 8);
     },
     "n2 appended entry 2 of term 1, but the leader of its term 1 had told it of none beyond 1 "
     "(HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.recv(s.append_entries(1, 2, 1));
       s.append(2, 1, 8);
     }},
    {"an_old_append_removes_nothing",
     [](Cluster& s) {
       s.propose(1, 8);
       const auto early = s.append_entries(1, 2, 1);
       s.propose(1, 9);
       s.step();
       s.recv(s.append_entries(1, 2, 1));
       s.append(2, 1, 8);
       s.append(2, 1, 9);
       s.recv(early);
       s.truncate(2, 3);
     },
     "n2 removed entry 3 of term 1, which its leader's log holds as well (HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.elect(3, 2, {1});
       s.propose(3, 9);
       s.recv(s.append_entries(3, 2, 1));
       s.term(2, 2);
       s.vote(2, 0);
       s.truncate(2, 2);
       s.append(2, 2, 9);
     }},
    {"nothing_is_removed_that_the_leader_spoke_not_of",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.elect(3, 2, {1});
       s.heartbeat(3, 2);
       s.term(2, 2);
       s.vote(2, 0);
       s.truncate(2, 2);
     },
     "n2 removed entry 2 of term 1, although its leader's log ends before that and conflicts with nothing "
     "there (HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.elect(3, 2, {1});
       s.heartbeat(3, 2);
       s.term(2, 2);
       s.vote(2, 0);
     }},
    {"a_snapshot_was_offered",
     [](Cluster& s) {
       s.heartbeat(1, 3);
       s.snapshot(3, 1, 5, history::SnapshotAction::installed);
     },
     "n3 installed a snapshot up to entry 1 of term 1, which nobody had offered it.",
     [](Cluster& s) {
       s.step();
       s.recv(s.say(1, 3, MessageType::install_snapshot, 1, false, 1, 1));
       s.snapshot(3, 1, 5, history::SnapshotAction::installed);
     }},
    {"a_leader_counts_what_it_was_told",
     [](Cluster& s) {
       s.propose(1, 8);
       s.recv(s.append_entries(1, 2, 1));
       s.append(2, 1, 8);
       s.save_log(2, 2);
       s.acknowledge(2, 1, 1, 2);
       s.step();
       s.commit(1, 2);
     },
     "n1 raised its commit index beyond what a majority had told it to hold (AdvanceCommitIndex).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.step();
       s.commit(1, 2);
     }},
    {"what_was_told_in_an_earlier_term_counts_no_more",
     [](Cluster& s) {
       s.propose(1, 8);
       s.propose(1, 9);
       s.replicate(1, 2, 3);
       const auto early = s.acknowledge(2, 1, 1, 3);
       s.elect(1, 2, {2});
       s.recv(early);
       s.step();
       s.commit(1, 3);
     },
     "n1 raised its commit index beyond what a majority had told it to hold (AdvanceCommitIndex).",
     [](Cluster& s) {
       s.elect(1, 2, {2});
       s.propose(1, 8);
       s.replicate(1, 3, 2);
       s.step();
       s.commit(1, 2);
     }},

    // ---- messages
    {"candidates_ask_for_votes",
     [](Cluster& s) {
       s.step();
       s.ask_vote(2, 3);
     },
     "n2 sent RequestVote of term 1 to n3, but is follower of term 1 and has not voted for itself "
     "(RequestVote).",
     [](Cluster& s) { s.campaign(2, 2); }},
    {"a_pre_vote_is_of_the_term_behind",
     [](Cluster& s) {
       s.step();
       s.role(2, Role::pre_candidate);
       s.say(2, 3, MessageType::pre_vote, 1, false, 1, 1);
     },
     "n2 sent PreVote of term 1 to n3, but is pre_candidate of term 1 (dissertation 9.6).",
     [](Cluster& s) {
       s.step();
       s.role(2, Role::pre_candidate);
       s.say(2, 3, MessageType::pre_vote, 2, false, 1, 1);
     }},
    {"a_vote_is_answered_to_who_asked",
     [](Cluster& s) {
       s.step();
       s.say(2, 3, MessageType::request_vote_resp, 1);
     },
     "n2 sent RequestVoteResp of term 1 to n3, which had not asked (HandleRequestVoteRequest).",
     [](Cluster& s) {
       const auto asked = s.campaign(3, 2);
       s.recv(asked.back());
       s.term(2, 2);
       s.say(2, 3, MessageType::request_vote_resp, 2);
     }},
    {"a_request_is_answered_once",
     [](Cluster& s) {
       const auto asked = s.campaign(3, 2);
       s.recv(asked.back());
       s.term(2, 2);
       for (int k = 0; k < 2; ++k) s.say(2, 3, MessageType::request_vote_resp, 2);
     },
     "n2 sent RequestVoteResp of term 2 to n3, which had not asked (HandleRequestVoteRequest).",
     [](Cluster& s) {
       const auto asked = s.campaign(3, 2);
       for (int k = 0; k < 2; ++k) s.recv(asked.back());
       s.term(2, 2);
       for (int k = 0; k < 2; ++k) s.say(2, 3, MessageType::request_vote_resp, 2);
     }},
    {"a_pre_vote_is_granted_as_a_vote_would_be",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.step();
       s.role(3, Role::pre_candidate);
       const auto asked = s.say(3, 2, MessageType::pre_vote, 2, false, 1, 1);
       s.recv(asked);
       s.say(2, 3, MessageType::pre_vote_resp, 2, true);
     },
     "n2 granted a pre-vote of term 2 to n3, although its own log is more up-to-date: that server's last "
     "entry is 1 of term 1, its own 2 of term 1 (5.4.1, 9.6).",
     [](Cluster& s) {
       s.step();
       s.role(3, Role::pre_candidate);
       const auto asked = s.say(3, 2, MessageType::pre_vote, 2, false, 1, 1);
       s.recv(asked);
       s.say(2, 3, MessageType::pre_vote_resp, 2, true);
     }},
    {"a_pre_vote_of_a_term_that_was_reached_counts_as_its_vote",
     [](Cluster& s) {
       const auto rival = s.campaign(3, 2);
       s.recv(rival.back());
       s.term(2, 2);
       s.vote(2, 3);
       s.step();
       s.role(1, Role::follower);
       s.step();
       s.role(1, Role::pre_candidate);
       const auto asked = s.say(1, 2, MessageType::pre_vote, 2, false, 1, 1);
       s.recv(asked);
       s.say(2, 1, MessageType::pre_vote_resp, 2, true);
     },
     "n2 granted a pre-vote of term 2 to n1, but is follower of term 2, whose vote went to n3 (9.6).",
     [](Cluster& s) {
       s.hear_of(2, 2);
       s.term(2, 2);
       s.vote(2, 0);
       s.step();
       s.role(1, Role::follower);
       s.step();
       s.role(1, Role::pre_candidate);
       const auto asked = s.say(1, 2, MessageType::pre_vote, 2, false, 1, 1);
       s.recv(asked);
       s.say(2, 1, MessageType::pre_vote_resp, 2, true);
     }},
    {"a_leader_names_the_entry_before",
     [](Cluster& s) {
       s.propose(1, 8);
       s.step();
       s.say(1, 2, MessageType::append_entries, 1, false, 1, 0);
     },
     "n1 sent AppendEntries of term 1 to n2 behind entry 1 of term 0, which is of term 1 in its log "
     "(AppendEntries).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.step();
       s.append_entries(1, 2, 1);
     }},
    {"a_follower_does_not_refuse_what_matches",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.say(2, 1, MessageType::append_entries_resp, 1);
     },
     "n2 refused AppendEntries of its leader n1, although its log holds the entry before them "
     "(HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.heartbeat(1, 2);
       s.say(2, 1, MessageType::append_entries_resp, 1);
     }},
    {"who_says_that_it_is_in_doubt_may_refuse", nullptr, nullptr,
     [](Cluster& s) {
       s.note(2, NoteKind::damage_found, 1, 1);
       s.heartbeat(1, 2);
       s.say(2, 1, MessageType::append_entries_resp, 1);
     }},
    {"an_answer_goes_to_who_leads",
     [](Cluster& s) {
       s.step();
       s.say(2, 3, MessageType::append_entries_resp, 1);
     },
     "n2 sent AppendEntriesResp of term 1 to n3, which had told it nothing (HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.acknowledge(2, 1, 1, 1);
     }},
    {"a_hand_over_waits_for_the_log",
     [](Cluster& s) {
       s.propose(1, 8);
       s.step();
       s.say(1, 2, MessageType::timeout_now, 1);
     },
     "n1 sent TimeoutNow of term 1 to n2, which had acknowledged its log up to 1 of 2 only (dissertation "
     "3.10).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.step();
       s.say(1, 2, MessageType::timeout_now, 1);
     }},
    {"a_read_index_is_committed",
     [](Cluster& s) {
       s.propose(1, 8);
       s.step();
       s.recv(s.say(2, 1, MessageType::read_index, 1));
       s.say(1, 2, MessageType::read_index_resp, 1, true, 0, 0, 2);
     },
     "n1 named the read index 2 to n2, but has committed no further than 1 (dissertation 6.4).",
     [](Cluster& s) {
       s.step();
       s.recv(s.say(2, 1, MessageType::read_index, 1));
       s.say(1, 2, MessageType::read_index_resp, 1, true, 0, 0, 1);
     }},
    {"a_read_index_is_answered_to_who_asked",
     [](Cluster& s) {
       s.step();
       s.say(1, 2, MessageType::read_index_resp, 1, true, 0, 0, 1);
     },
     "n1 sent ReadIndexResp of term 1 to n2, which had not asked (dissertation 6.4).",
     [](Cluster& s) {
       s.step();
       s.recv(s.say(2, 1, MessageType::read_index, 1));
       s.say(1, 2, MessageType::read_index_resp, 1);
     }},
    {"a_snapshot_that_is_sent_is_committed",
     [](Cluster& s) {
       s.propose(1, 8);
       s.step();
       s.say(1, 3, MessageType::install_snapshot, 1, false, 2, 1);
     },
     "n1 sent InstallSnapshot of term 1 to n3 up to entry 2, but has committed no further than 1.",
     [](Cluster& s) {
       s.step();
       s.say(1, 3, MessageType::install_snapshot, 1, false, 1, 1);
     }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refinement)

BOOST_DATA_TEST_CASE(a_step_that_no_rule_allows_is_told, boost::unit_test::data::make(rules)) {
  if (sample.broken == nullptr || sample.sentence == nullptr) return;
  Cluster s;
  s.begin_led();
  sample.broken(s);
  const history::Verdict verdict = s.finish();
  BOOST_TEST(sentence_of(verdict) == sample.sentence);
}

BOOST_DATA_TEST_CASE(what_a_rule_allows_is_silent, boost::unit_test::data::make(rules)) {
  Cluster s;
  s.begin_led();
  sample.kept(s);
  const history::Verdict verdict = s.finish();
  BOOST_TEST(sentence_of(verdict) == "");
  BOOST_TEST(of(verdict).looked > 15u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
