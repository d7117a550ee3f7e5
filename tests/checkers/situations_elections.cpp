// Stories of elections, and of leadership that is handed over.
#include "situations_stories.hpp"

namespace raftsim::checkers {

namespace {

using enum history::SituationId;
using N = NoteKind;

/// The candidate's wait is over; it campaigns for `term`.
void times_out(Story& s, int n, std::uint64_t term) {
  s.step();
  s.note(n, N::election_timed_out, term);
}

void commit_one(Story& s) {
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
}

constexpr SituationStories stories[] = {
    {two_candidates,
     [](Story& s) {
       s.campaign(1, 1);
       s.campaign(2, 1);
     },
     [](Story& s) {
       s.campaign(1, 1);
       s.campaign(2, 2);
     }},
    {three_candidates,
     [](Story& s) {
       for (int n : {1, 2, 3}) s.campaign(n, 1);
     },
     [](Story& s) {
       s.campaign(1, 1);
       s.campaign(2, 1);
       s.campaign(3, 2);
     }},
    {vote_split,
     [](Story& s) {
       s.campaign(1, 1);
       times_out(s, 1, 2);
     },
     [](Story& s) {
       // Another one won the term: its candidate only has not heard of it yet.
       s.campaign(1, 1);
       s.elect(2, 1, {3});
       times_out(s, 1, 2);
     }},
    {vote_split_three_times,
     [](Story& s) {
       s.campaign(1, 1);
       for (std::uint64_t term : {2u, 3u, 4u}) times_out(s, 1, term);
     },
     [](Story& s) {
       s.campaign(1, 1);
       times_out(s, 1, 2);
       times_out(s, 1, 3);
       s.elect(2, 3, {3});
       s.campaign(1, 4);
       times_out(s, 1, 5);
     }},
    {candidate_finds_leader,
     [](Story& s) {
       s.campaign(1, 1);
       s.elect(2, 1, {3});
       s.step();
       s.role(1, Role::follower);
     },
     [](Story& s) {
       s.campaign(1, 1);
       s.learn_term(1, 2);
     }},
    {pre_vote_in_vain,
     [](Story& s) {
       s.role(1, Role::pre_candidate);
       s.step();
       s.role(1, Role::follower);
     },
     [](Story& s) {
       s.role(1, Role::pre_candidate);
       s.campaign(1, 1);
       s.learn_term(1, 2);
     }},
    {two_leaders,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.elect(3, 2, {2});
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.learn_term(1, 2);
       s.elect(3, 2, {2});
     }},
    {leader_commits_nothing,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.propose(1);
       s.learn_term(1, 2);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       commit_one(s);
       s.learn_term(1, 2);
     }},
    {leader_elected_again,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.learn_term(1, 2);
       s.elect(1, 3, {2});
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.learn_term(1, 2);
       s.elect(2, 3, {3});
       s.elect(1, 4, {3});
     }},
    {leader_returns_after_crash,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.crash(1);
       s.restart(1);
       s.elect(1, 2, {2});
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.crash(1);
       s.restart(1);
       s.elect(2, 2, {3});
       s.elect(1, 3, {3});
     }},
    {leader_hears_no_quorum, [](Story& s) { s.note(1, N::stepped_down_no_quorum, 1); },
     [](Story& s) { s.note(1, N::stepped_down_higher_term, 2, 3); }},
    {leader_deposed,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.step();
       s.role(1, Role::follower);
       s.note(1, N::stepped_down_higher_term, 2, 3);
     },
     [](Story& s) {
       // A follower hears of the later term.
       s.elect(1, 1, {2});
       s.step();
       s.note(2, N::stepped_down_higher_term, 2, 3);
     }},
    {late_vote,
     [](Story& s) {
       s.campaign(1, 1);
       const auto vote = s.grant(2, 1, 1);
       s.learn_term(1, 2);
       s.recv(vote);
     },
     [](Story& s) {
       // It has won without this one.
       s.elect(1, 1, {2});
       s.recv(s.grant(3, 1, 1));
     }},
    {vote_delivered_twice,
     [](Story& s) {
       s.campaign(1, 1);
       const auto vote = s.grant(2, 1, 1);
       s.recv(vote);
       s.recv(vote);
     },
     [](Story& s) {
       s.campaign(1, 1);
       s.recv(s.grant(2, 1, 1));
       s.recv(s.grant(3, 1, 1));
     }},
    {candidate_log_behind, [](Story& s) { s.note(1, N::vote_refused_log_behind, 2, 3); },
     [](Story& s) { s.note(1, N::vote_refused_voted_other, 2, 3); }},
    {live_leader_defended, [](Story& s) { s.note(1, N::vote_refused_leader_alive, 2, 3); },
     [](Story& s) { s.note(1, N::vote_refused_role, 2, 3); }},
    {recovered_vote_refuses,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.crash(2);
       s.restart(2);
       s.note(2, N::vote_refused_voted_other, 3, 1);
     },
     [](Story& s) {
       // It restarts, but refuses in a later term.
       s.elect(1, 1, {2});
       s.crash(2);
       s.restart(2);
       s.elect(1, 2, {2});
       s.note(2, N::vote_refused_voted_other, 3, 1);
     }},
    {term_leaps,
     [](Story& s) {
       s.learn_term(1, 1);
       s.learn_term(1, 6);
     },
     [](Story& s) {
       s.learn_term(1, 1);
       s.learn_term(1, 5);
     }},
    {leadership_handed_over, [](Story& s) { s.note(1, N::transfer_done, 2, 3); },
     [](Story& s) { s.note(1, N::timeout_now_sent, 2, 3); }},
    {transfer_overtaken,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.note(1, N::transfer_started, 2, 0);
       s.elect(3, 2, {2});
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.note(1, N::transfer_started, 2, 0);
       s.elect(2, 2, {3});
     }},
    {transfer_given_up,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.note(1, N::transfer_started, 2, 0);
       s.note(1, N::transfer_aborted, 2, 0);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.note(1, N::transfer_started, 2, 0);
       s.learn_term(1, 2);
       s.note(1, N::transfer_aborted, 2, 1);
     }},
    {write_during_transfer, [](Story& s) { s.note(1, N::proposal_refused_transfer, 2); },
     [](Story& s) { s.note(1, N::proposal_refused_not_leader, 2); }},
};

}  // namespace

std::span<const SituationStories> election_stories() { return stories; }

}  // namespace raftsim::checkers
