// What a server may say.
#include "refinement_rules.hpp"

namespace raftsim::checkers {

namespace {

const std::vector<Rule> rules{
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
    {"who_does_not_lead_hands_nothing_over",
     [](Cluster& s) {
       s.step();
       s.say(2, 3, MessageType::timeout_now, 1);
     },
     "n2 sent TimeoutNow of term 1 to n3, but is follower of term 1 (dissertation 3.10).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       // The last word of a leader whose removal commits.
       s.step();
       s.role(1, Role::follower);
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
    {"a_read_index_is_not_behind_what_was_committed_as_it_was_asked_for",
     [](Cluster& s) {
       s.commit_the_second();
       s.recv(s.say(3, 1, MessageType::read_index, 1));
       s.say(1, 3, MessageType::read_index_resp, 1, true, 0, 0, 1);
     },
     "n1 named the read index 1 to n3, but had committed 2 when it was asked (dissertation 6.4).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.recv(s.say(3, 1, MessageType::read_index, 1));
       s.step();
       s.commit(1, 2);
       s.say(1, 3, MessageType::read_index_resp, 1, true, 0, 0, 1);
     }},
    {"each_question_is_answered_by_its_own_number",
     [](Cluster& s) {
       s.recv(s.say(3, 1, MessageType::read_index, 1, false, 0, 0, 0, 7));
       s.commit_the_second();
       s.recv(s.say(3, 1, MessageType::read_index, 1, false, 0, 0, 0, 8));
       s.say(1, 3, MessageType::read_index_resp, 1, true, 0, 0, 1, 8);
     },
     "n1 named the read index 1 to n3, but had committed 2 when it was asked (dissertation 6.4).",
     [](Cluster& s) {
       s.recv(s.say(3, 1, MessageType::read_index, 1, false, 0, 0, 0, 7));
       s.commit_the_second();
       s.recv(s.say(3, 1, MessageType::read_index, 1, false, 0, 0, 0, 7));
       s.say(1, 3, MessageType::read_index_resp, 1, true, 0, 0, 1, 7);
     }},
    {"many_questions_have_many_answers", nullptr, nullptr,
     [](Cluster& s) {
       for (std::uint64_t n = 1; n <= 300; ++n)
         s.recv(s.say(3, 1, MessageType::read_index, 1, false, 0, 0, 0, n));
       for (std::uint64_t n = 1; n <= 300; ++n)
         s.say(1, 3, MessageType::read_index_resp, 1, true, 0, 0, 1, n);
     }},
    {"no_read_index_before_an_entry_of_the_own_term_is_committed",
     [](Cluster& s) {
       s.heartbeat(1, 2);
       s.commit(2, 1);
       s.elect(2, 2, {3});
       s.recv(s.say(3, 2, MessageType::read_index, 2));
       s.say(2, 3, MessageType::read_index_resp, 2, true, 0, 0, 1);
     },
     "n2 named a read index to n3, but has committed no entry of its term 2 yet (dissertation 6.4).",
     [](Cluster& s) {
       s.elect(2, 2, {3});
       s.recv(s.say(3, 2, MessageType::read_index, 2));
       s.propose(2, 9);
       s.replicate(2, 3, 2);
       s.step();
       s.commit(2, 2);
       s.say(2, 3, MessageType::read_index_resp, 2, true, 0, 0, 2);
     }},
    {"messages_of_former_terms_push_no_later_one_out_of_the_bag", nullptr, nullptr,
     [](Cluster& s) {
       std::vector<Story::Sent> sent{s.append_entries(1, 2, 1)};
       for (const std::uint64_t term : {2u, 3u}) {
         s.elect(1, term, {2});
         sent.push_back(s.append_entries(1, 2, 1));
       }
       for (const std::size_t i : {2u, 0u, 1u}) s.recv(sent[i]);
       s.step();
       s.say(2, 1, MessageType::append_entries_resp, 3, true, 0, 0, 1);
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
    {"a_leader_that_steps_down_may_still_speak_for_the_term_that_it_led", nullptr, nullptr,
     [](Cluster& s) {
       s.recv(s.say(2, 1, MessageType::read_index, 1));
       s.hear_of(1, 2);
       s.role(1, Role::follower, 2);
       s.term(1, 2);
       s.vote(1, 0);
       s.say(1, 2, MessageType::append_entries, 1, false, 1, 1);
       s.say(1, 2, MessageType::read_index_resp, 2, true, 0, 0, 1);
     }},
    {"what_was_acknowledged_in_a_former_term_is_no_complete_log",
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.elect(1, 2, {3});
       s.step();
       s.say(1, 2, MessageType::timeout_now, 2);
     },
     "n1 sent TimeoutNow of term 2 to n2, which had acknowledged its log up to 0 of 2 only (dissertation "
     "3.10).",
     [](Cluster& s) {
       s.propose(1, 8);
       s.elect(1, 2, {3});
       s.replicate(1, 2, 2);
       s.step();
       s.say(1, 2, MessageType::timeout_now, 2);
     }},
};

}  // namespace

std::vector<Rule> rules_of_messages() { return rules; }

}  // namespace raftsim::checkers
