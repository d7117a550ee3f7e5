// Terms, roles, votes, logs, commit indexes.
#include "refinement_rules.hpp"

namespace raftsim::checkers {

namespace {

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
    {"a_client_prompts_no_campaign",
     [](Cluster& s) {
       s.recv_request(2);
       s.role(2, Role::candidate);
     },
     "n2 campaigns, although neither its clock, TimeoutNow nor a pre-vote prompted it (Timeout).",
     [](Cluster& s) { s.recv_request(2); }},
    {"a_leader_leads_until_something_ends_it",
     [](Cluster& s) {
       s.step();
       s.recv(s.acknowledge(2, 1, 1, 1));
       s.role(1, Role::follower);
     },
     "n1 gave up leading its term although no higher one was named, its clock did not prompt it and it is "
     "a "
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
     "n2 gave up its candidacy although no leader of its term had told it anything and it might have won "
     "(HandleAppendEntriesRequest).",
     [](Cluster& s) {
       s.campaign(2, 2);
       s.elect(3, 2, {1});
       s.heartbeat(3, 2);
       s.role(2, Role::follower);
     }},
    {"a_candidate_that_cannot_win_may_give_up", nullptr, nullptr,
     [](Cluster& s) {
       const auto requests = s.campaign(2, 2);
       for (const int voter : {1, 3}) {
         for (const Story::Sent& request : requests)
           if (request.to == voter) s.recv(request);
         if (voter == 1) s.role(1, Role::follower, 2);
         s.term(voter, 2);
         s.recv(s.say(voter, 2, MessageType::request_vote_resp, 2));
       }
       s.role(2, Role::follower);
     }},
    {"whose_timer_is_due_may_look_at_it_as_a_message_comes", nullptr, nullptr,
     [](Cluster& s) {
       s.step();
       s.recv(s.append_entries(1, 2, s.log_length(1)), Story::Timer::due);
       s.role(2, Role::pre_candidate);
       s.recv(s.acknowledge(3, 1, 1, 1), Story::Timer::due);
       s.role(1, Role::follower);
     }},
    {"whose_timer_is_due_may_look_at_it_as_a_request_comes", nullptr, nullptr,
     [](Cluster& s) {
       s.recv_request(2, Story::Timer::due);
       s.role(2, Role::pre_candidate);
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

    {"a_pre_vote_names_no_term",
     [](Cluster& s) {
       s.step();
       s.role(3, Role::pre_candidate);
       s.recv(s.say(3, 2, MessageType::pre_vote, 2, false, 1, 1));
       s.term(2, 2);
     },
     "n2 went from term 1 to 2, which no message named (UpdateTerm).",
     [](Cluster& s) {
       s.step();
       s.role(3, Role::pre_candidate);
       s.recv(s.say(3, 2, MessageType::pre_vote, 2, false, 1, 1));
     }},
    {"a_leader_outside_its_configuration_may_step_down", nullptr, nullptr,
     [](Cluster& s) {
       s.step();
       s.config(1, 1, Configuration{{NodeId{2}, NodeId{3}}, {}, {}});
       s.recv(s.acknowledge(2, 1, 1, 1));
       s.role(1, Role::follower);
     }},
    {"a_late_message_of_a_former_term_comes_behind_one_that_was_not_heard", nullptr, nullptr,
     [](Cluster& s) {
       const auto late = s.append_entries(1, 2, 1);
       s.elect(1, 2, {3});
       const auto unheard = s.append_entries(1, 2, 1);
       s.crash(2);
       s.begin_boot(2);
       s.recv(unheard);
       s.end_boot(2);
       s.recv(late);
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

    {"what_a_leader_appends_as_it_steps_down_is_of_the_term_that_it_led", nullptr, nullptr,
     [](Cluster& s) {
       s.hear_of(1, 2);
       s.role(1, Role::follower, 2);
       s.term(1, 2);
       s.vote(1, 0);
       s.append(1, 1, 8);
     }},
    {"what_a_snapshot_takes_the_place_of_need_not_conflict", nullptr, nullptr,
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 3, 2);
       s.step();
       s.recv(s.say(1, 3, MessageType::install_snapshot, 1, false, 1, 1));
       s.snapshot(3, 1, 5, history::SnapshotAction::installed);
       s.truncate(3, 2);
     }},
    {"of_many_snapshots_that_were_offered_any_may_be_installed", nullptr, nullptr,
     [](Cluster& s) {
       for (std::uint64_t term = 1; term <= 65; ++term)
         s.recv(s.say(1, 3, MessageType::install_snapshot, 1, false, 1, term));
       s.snapshot(3, 1, 5, history::SnapshotAction::installed, nullptr, 1);
     }},
    {"a_leader_counts_itself_once_its_disk_has_the_entry",
     [](Cluster& s) {
       s.step();
       s.append(1, 1, 8);
       s.replicate(1, 2, 2);
       s.step();
       s.commit(1, 2);
     },
     "n1 raised its commit index beyond what a majority had told it to hold (AdvanceCommitIndex).",
     [](Cluster& s) {
       s.step();
       s.append(1, 1, 8);
       for (int n : {2, 3}) s.replicate(1, n, 2);
       s.step();
       s.commit(1, 2);
     }},
    {"what_was_told_in_a_later_term_takes_the_place_of_what_was_told_before",
     [](Cluster& s) {
       for (int k = 0; k < 4; ++k) s.propose(1, 8);
       s.replicate(1, 2, 5);
       s.elect(3, 2, {2});
       s.propose(3, 9);
       s.replicate(3, 1, 2);
       s.elect(1, 3, {3});
       s.propose(1, 10);
       s.recv(s.append_entries(1, 2, 2));
       s.term(2, 3);
       s.vote(2, 0);
       s.recv(s.acknowledge(2, 1, 3, 2));
       s.step();
       s.commit(1, 3);
     },
     "n1 raised its commit index beyond what a majority had told it to hold (AdvanceCommitIndex).",
     [](Cluster& s) {
       s.elect(1, 2, {2});
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.step();
       s.commit(1, 2);
     }},
    {"who_decides_as_its_configuration_changes_may_decide_by_the_one_before", nullptr, nullptr,
     [](Cluster& s) {
       s.propose(1, 8);
       s.replicate(1, 2, 2);
       s.step();
       s.config(1, 1, Configuration{{NodeId{1}, NodeId{2}, NodeId{3}, NodeId{4}, NodeId{5}}, {}, {}});
       s.commit(1, 2);
     }},
};

}  // namespace

std::vector<Rule> rules_of_elections_and_logs() { return rules; }

}  // namespace raftsim::checkers
