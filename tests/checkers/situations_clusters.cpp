// Stories of sessions, reads, leases and membership.
#include "situations_stories.hpp"

namespace raftsim::checkers {

namespace {

using enum history::SituationId;
using N = NoteKind;

/// n3 got entry 1 in a snapshot and entry 2 from the log; then it leads.
OperationId after_snapshot(Story& s) {
  const OperationId asked = s.invoke(0, Story::put("k", "v"));
  s.elect(1, 1, {2});
  s.propose(1, s.content(asked));
  s.install(3, 1, 1, 9);
  s.propose(1, 7);
  s.replicate(1, 3, 2);
  s.elect(3, 2, {2});
  s.step();
  s.note(3, N::duplicate_command, 1, 1);
  return asked;
}

/// n1 leads, and its log begins with a configuration.
void configured(Story& s, const Configuration& configuration) {
  s.elect(1, 1, {2});
  s.propose(1, 7);
  s.config(1, 1, configuration);
}

/// n2's log holds a configuration and an entry behind it, and loses what is from `from` on.
void rolled_back(Story& s, const Configuration& configuration, std::uint64_t from) {
  s.elect(1, 1, {2});
  s.propose(1, 7);
  s.propose(1, 8);
  s.replicate(1, 2, 2);
  s.config(2, 1, configuration);
  s.step();
  s.truncate(2, from);
  if (from == 1) s.config(2, 0, voters({1, 2, 3}));
}

constexpr SituationStories stories[] = {
    {duplicate_command, [](Story& s) { s.note(1, N::duplicate_command, 5, 2); },
     // A session that is opened twice.
     [](Story& s) { s.note(1, N::duplicate_command, 0, 2); }},
    {duplicate_after_snapshot,
     [](Story& s) {
       const OperationId asked = after_snapshot(s);
       s.reply(3, asked, 1);
     },
     [](Story& s) {
       const OperationId asked = after_snapshot(s);
       s.reply(3, asked, 2);
     }},
    {session_gone, [](Story& s) { s.note(1, N::session_unknown, 4); },
     [](Story& s) { s.note(1, N::session_opened, 4); }},
    {back_pressure, [](Story& s) { s.note(1, N::proposal_refused_busy, 4); },
     [](Story& s) { s.note(1, N::proposal_refused_not_leader, 4); }},
    {read_pending_at_step_down, [](Story& s) { s.note(1, N::read_index_failed, 1); },
     [](Story& s) { s.note(1, N::read_index_failed, 0); }},
    {read_finds_lease_over,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.at(100).lease(1, 200);
       s.at(300).note(1, N::lease_read_fell_back, 3);
     },
     [](Story& s) {
       // It has one, which it must not use.
       s.elect(1, 1, {2});
       s.at(100).lease(1, 200);
       s.at(150).note(1, N::lease_read_fell_back, 1);
     }},
    {leader_sleeps_past_lease,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.at(100).lease(1, 200);
       s.pause(1);
       s.at(300).resume(1);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.at(100).lease(1, 200);
       s.pause(1);
       s.at(150).resume(1);
     }},
    {paused_leader_returns,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.pause(1);
       s.elect(3, 2, {2});
       s.resume(1);
     },
     [](Story& s) {
       // A follower of the earlier term.
       s.elect(1, 1, {2});
       s.pause(2);
       s.elect(3, 2, {1});
       s.resume(2);
     }},
    {read_index_unanswered, [](Story& s) { s.note(1, N::read_index_timed_out, 2, 1); },
     [](Story& s) { s.note(1, N::read_index_asked, 2, 1); }},
    {lease_promise_withholds_vote, [](Story& s) { s.note(1, N::vote_refused_promised, 2, 1); },
     [](Story& s) { s.note(1, N::vote_refused_leader_alive, 2, 1); }},
    {leader_leaves_by_joint,
     [](Story& s) {
       configured(s, voters({2, 3}, {1, 2, 3}));
     },
     [](Story& s) {
       configured(s, voters({1, 2}, {1, 2, 3}));
     }},
    {joint_leader_dies,
     [](Story& s) {
       configured(s, voters({1, 2}, {1, 2, 3}));
       s.crash(1);
     },
     [](Story& s) {
       configured(s, voters({1, 2}));
       s.crash(1);
     }},
    {elected_while_joint,
     [](Story& s) {
       configured(s, voters({1, 2}, {1, 2, 3}));
       s.replicate(1, 2, 1);
       s.config(2, 1, voters({1, 2}, {1, 2, 3}));
       s.elect(2, 2, {1});
     },
     [](Story& s) {
       // The next leader has not heard of it.
       configured(s, voters({1, 2}, {1, 2, 3}));
       s.elect(2, 2, {3});
     }},
    {configuration_rolled_back,
     [](Story& s) {
       rolled_back(s, voters({1, 2}), 1);
     },
     [](Story& s) {
       rolled_back(s, voters({1, 2}), 2);
     }},
    {joint_rolled_back,
     [](Story& s) {
       rolled_back(s, voters({1, 2}, {1, 2, 3}), 1);
     },
     [](Story& s) {
       rolled_back(s, voters({1, 2}), 1);
     }},
    {rival_configurations,
     [](Story& s) {
       configured(s, voters({1, 2}));
       s.elect(3, 2, {2});
       s.propose(3, 8);
       s.config(3, 1, voters({2, 3}));
     },
     [](Story& s) {
       configured(s, voters({1, 2}));
       s.elect(3, 2, {2});
       s.propose(3, 8);
       s.propose(3, 9);
       s.config(3, 2, voters({2, 3}));
     }},
    {removed_leader_steps_down, [](Story& s) { s.note(1, N::stepped_down_removed, 1, 2); },
     [](Story& s) { s.note(1, N::stepped_down_higher_term, 2, 2); }},
    {removed_server_campaigns,
     [](Story& s) {
       configured(s, voters({1, 2}));
       s.replicate(1, 2, 1);
       s.commit(1, 1);
       s.role(3, Role::pre_candidate);
     },
     [](Story& s) {
       // Its removal is not committed yet.
       configured(s, voters({1, 2}));
       s.replicate(1, 2, 1);
       s.role(3, Role::pre_candidate);
     }},
    {learner_too_slow, [](Story& s) { s.note(1, N::learner_too_slow, 4, 10); },
     [](Story& s) { s.note(1, N::learner_caught_up, 4, 10); }},
    {change_during_change,
     [](Story& s) {
       s.note(1, N::change_refused, static_cast<std::uint64_t>(ChangeRefusal::change_going_on));
     },
     [](Story& s) {
       s.note(1, N::change_refused, static_cast<std::uint64_t>(ChangeRefusal::transfer_going_on));
     }},
    {change_before_own_commit,
     [](Story& s) {
       s.note(1, N::change_refused, static_cast<std::uint64_t>(ChangeRefusal::term_not_settled));
     },
     [](Story& s) { s.note(1, N::change_refused, static_cast<std::uint64_t>(ChangeRefusal::not_leader)); }},
};

}  // namespace

std::span<const SituationStories> cluster_stories() { return stories; }

}  // namespace raftsim::checkers
