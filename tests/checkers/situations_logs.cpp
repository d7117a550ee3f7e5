// Stories of logs and messages, of what a crash loses, and of snapshots.
#include "situations_stories.hpp"

namespace raftsim::checkers {

namespace {

using enum history::SituationId;
using N = NoteKind;

/// n1's entry of term 1 is on the servers `on`, too; n3 leads term 2 with an entry of its own.
void rivals(Story& s, const std::vector<int>& on) {
  s.elect(1, 1, {2});
  s.propose(1, 1);
  for (int n : on) s.replicate(1, n, 1);
  s.elect(3, 2, {2});
  s.propose(3, 2);
}

/// n1 leads; the first `entries` entries are on n2, too, and committed.
void committed(Story& s, int entries) {
  s.elect(1, 1, {2});
  for (int i = 1; i <= entries; ++i) s.propose(1, static_cast<std::uint64_t>(i));
  s.replicate(1, 2, static_cast<std::uint64_t>(entries));
  s.commit(1, static_cast<std::uint64_t>(entries));
}

void crash_and_restart(Story& s, int n) {
  s.crash(n);
  s.restart(n);
}

/// It comes up, and says nothing of having recovered.
void begin_recovery(Story& s, int n) {
  s.notes = false;
  s.restart(n);
  s.notes = true;
}

constexpr SituationStories stories[] = {
    {conflict_removed,
     [](Story& s) {
       rivals(s, {});
       s.replicate(3, 1, 1);
     },
     [](Story& s) {
       rivals(s, {});
       s.replicate(3, 2, 1);
     }},
    {own_entries_removed,
     [](Story& s) {
       rivals(s, {});
       s.replicate(3, 1, 1);
     },
     [](Story& s) {
       rivals(s, {2});
       s.replicate(3, 2, 1);
     }},
    {figure8_overwrite,
     [](Story& s) {
       rivals(s, {2});
       s.replicate(3, 2, 1);
     },
     [](Story& s) {
       rivals(s, {});
       s.replicate(3, 1, 1);
     }},
    {index_overwritten_twice,
     [](Story& s) {
       rivals(s, {});
       s.replicate(3, 1, 1);
       s.elect(2, 3, {1});
       s.propose(2, 3);
       s.replicate(2, 1, 1);
     },
     [](Story& s) {
       // Once on each of two servers.
       rivals(s, {2});
       s.replicate(3, 1, 1);
       s.replicate(3, 2, 1);
     }},
    {old_term_entry_committed,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.propose(1);
       s.replicate(1, 2, 1);
       s.crash(1);
       s.elect(2, 2, {3});
       s.propose(2);
       s.replicate(2, 3, 2);
       s.commit(2, 2);
     },
     [](Story& s) {
       // The first one was committed in its own term.
       committed(s, 1);
       s.crash(1);
       s.elect(2, 2, {3});
       s.propose(2);
       s.replicate(2, 3, 2);
       s.commit(2, 2);
     }},
    {long_backtrack,
     [](Story& s) {
       for (std::uint64_t next : {7u, 5u, 3u}) s.note(1, N::probe_rewound, 3, next);
     },
     [](Story& s) {
       for (std::uint64_t next : {7u, 5u}) s.note(1, N::probe_rewound, 3, next);
       s.note(1, N::probe_rewound, 2, 3);
     }},
    {stale_completion, [](Story& s) { s.note(1, N::stale_completion_ignored, 4, 5); },
     [](Story& s) { s.note(1, N::stale_message_ignored, 4, 5); }},
    {deposed_leader_speaks,
     [](Story& s) {
       s.elect(1, 1, {2});
       const auto message = s.append_entries(1, 3, 0);
       s.learn_term(3, 2);
       s.recv(message);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.learn_term(3, 1);
       s.recv(s.append_entries(1, 3, 0));
     }},
    {old_incarnation_speaks,
     [](Story& s) {
       s.elect(1, 1, {2});
       const auto message = s.append_entries(1, 3, 0);
       crash_and_restart(s, 1);
       s.recv(message);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       const auto message = s.append_entries(1, 3, 0);
       s.crash(1);
       s.recv(message);
     }},
    {message_outlives_receiver,
     [](Story& s) {
       s.elect(1, 1, {2});
       const auto message = s.append_entries(1, 3, 0);
       crash_and_restart(s, 3);
       s.recv(message);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       crash_and_restart(s, 3);
       s.recv(s.append_entries(1, 3, 0));
     }},
    {leader_dies_replicating,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.propose(1);
       s.crash(1);
     },
     [](Story& s) {
       committed(s, 1);
       s.crash(1);
     }},
    {only_the_dead_knew,
     [](Story& s) {
       committed(s, 1);
       s.crash(1);
     },
     [](Story& s) {
       committed(s, 1);
       s.commit(2, 1);
       s.crash(1);
     }},
    {vote_lost_in_crash,
     [](Story& s) {
       s.term(1, 1);
       s.vote(1, 2);
       s.write_state(1);
       s.crash(1);
     },
     [](Story& s) {
       s.term(1, 1);
       s.vote(1, 2);
       s.save_state(1);
       s.crash(1);
     }},
    {entries_lost_in_crash,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.append(1, 1, 7);
       s.write_entries(1, 1, 1);
       s.crash(1);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.propose(1);
       s.crash(1);
     }},
    {promise_never_left, [](Story& s) { s.crash(1, 1); }, [](Story& s) { s.crash(1); }},
    {torn_tail, [](Story& s) { s.note(1, N::torn_tail_cut, 4, 5); },
     [](Story& s) { s.note(1, N::recovered, 4, 5); }},
    {recovery_cut_short,
     [](Story& s) {
       s.crash(1);
       begin_recovery(s, 1);
       s.crash(1);
     },
     [](Story& s) {
       crash_and_restart(s, 1);
       s.crash(1);
     }},
    {recovery_cut_twice,
     [](Story& s) {
       s.crash(1);
       begin_recovery(s, 1);
       s.crash(1);
       begin_recovery(s, 1);
       s.crash(1);
     },
     [](Story& s) {
       // It recovers in between.
       s.crash(1);
       begin_recovery(s, 1);
       crash_and_restart(s, 1);
       s.crash(1);
       begin_recovery(s, 1);
       s.crash(1);
     }},
    {nobody_runs,
     [](Story& s) {
       for (int n : {1, 2, 3}) s.crash(n);
     },
     [](Story& s) {
       crash_and_restart(s, 1);
       s.crash(2);
       s.crash(3);
     }},
    {disk_stops_server, [](Story& s) { s.note(1, N::disk_failed, 4, 1); },
     [](Story& s) { s.note(1, N::disk_full, 4); }},
    {disk_full_deposes_leader, [](Story& s) { s.note(1, N::stepped_down_disk_full, 4); },
     [](Story& s) { s.note(1, N::disk_full, 4); }},
    {hung_disk_deposes_leader, [](Story& s) { s.note(1, N::stepped_down_disk_hangs, 4); },
     [](Story& s) { s.note(1, N::stepped_down_disk_full, 4); }},
    {disk_has_space_again, [](Story& s) { s.note(1, N::disk_has_space, 4); },
     [](Story& s) { s.note(1, N::disk_full, 4); }},
    {decay_found, [](Story& s) { s.note(1, N::damage_found, 1, 4); },
     [](Story& s) { s.note(1, N::torn_tail_cut, 1, 4); }},
    {decay_repaired, [](Story& s) { s.note(1, N::doubt_ended, 4, 1); },
     [](Story& s) { s.note(1, N::damage_found, 1, 4); }},
    {doubt_withholds_vote, [](Story& s) { s.note(1, N::vote_refused_in_doubt, 2, 1); },
     [](Story& s) { s.note(1, N::vote_refused_promised, 2, 1); }},
    {refill_lost_in_crash,
     [](Story& s) {
       s.elect(1, 1, {2});
       s.note(3, N::damage_found, 1, 1);
       s.append(3, 1, 7);
       s.write_entries(3, 1, 1);
       s.crash(3);
     },
     [](Story& s) {
       s.elect(1, 1, {2});
       s.append(3, 1, 7);
       s.write_entries(3, 1, 1);
       s.crash(3);
     }},
    {follower_needs_snapshot, [](Story& s) { s.note(1, N::snapshot_sent, 3, 1); },
     [](Story& s) { s.note(1, N::snapshot_taken, 3, 1); }},
    {snapshot_replaces_log,
     [](Story& s) {
       committed(s, 1);
       s.install(3, 1, 1, 9);
     },
     [](Story& s) {
       committed(s, 1);
       s.snapshot(1, 1, 9);
     }},
    {snapshot_over_conflict,
     [](Story& s) {
       // n3's two entries are of a term that n1 never was in.
       s.elect(3, 1, {2});
       s.propose(3, 7);
       s.propose(3, 8);
       s.elect(1, 2, {2});
       s.propose(1, 9);
       s.install(3, 1, 1, 9);
     },
     [](Story& s) {
       committed(s, 2);
       s.replicate(1, 3, 2);
       s.install(3, 1, 1, 9);
     }},
    {refilled_twice,
     [](Story& s) {
       committed(s, 2);
       s.install(3, 1, 1, 9);
       s.install(3, 1, 2, 9);
     },
     [](Story& s) {
       committed(s, 2);
       s.install(3, 1, 1, 9);
       crash_and_restart(s, 3);
       s.install(3, 1, 2, 9);
     }},
    {snapshot_resumed_by_successor,
     [](Story& s) {
       committed(s, 2);
       s.note(1, N::snapshot_sent, 3, 1);
       s.elect(2, 2, {1});
       s.note(2, N::snapshot_sent, 3, 1);
       s.install(3, 2, 1, 9);
     },
     [](Story& s) {
       // The successor sends another one.
       committed(s, 2);
       s.note(1, N::snapshot_sent, 3, 1);
       s.elect(2, 2, {1});
       s.note(2, N::snapshot_sent, 3, 2);
       s.install(3, 2, 2, 9);
     }},
    {crash_while_refilled,
     [](Story& s) {
       committed(s, 1);
       s.note(1, N::snapshot_sent, 3, 1);
       s.crash(3);
     },
     [](Story& s) {
       committed(s, 1);
       s.note(1, N::snapshot_sent, 3, 1);
       s.install(3, 1, 1, 9);
       s.crash(3);
     }},
    {snapshot_came_too_late, [](Story& s) { s.note(1, N::snapshot_ignored, 3, 1); },
     [](Story& s) { s.note(1, N::snapshot_installed, 3, 1); }},
    {joint_snapshot,
     [](Story& s) {
       committed(s, 1);
       const Configuration joint = voters({1, 2, 3}, {1, 2});
       s.snapshot(1, 1, 9, history::SnapshotAction::taken, &joint);
     },
     [](Story& s) {
       committed(s, 1);
       const Configuration plain = voters({1, 2, 3});
       s.snapshot(1, 1, 9, history::SnapshotAction::taken, &plain);
     }},
    {learner_refilled,
     [](Story& s) {
       committed(s, 1);
       s.role(3, Role::learner);
       s.install(3, 1, 1, 9);
     },
     [](Story& s) {
       committed(s, 1);
       s.install(3, 1, 1, 9);
     }},
};

}  // namespace

std::span<const SituationStories> log_stories() { return stories; }

}  // namespace raftsim::checkers
