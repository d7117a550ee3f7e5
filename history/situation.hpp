// The catalogue of rare situations: what a run must have lived through before "nothing was violated" says
// much. Recognised from events alone (checkers/situations.hpp), counted in every run and campaign; a scenario
// may demand them (`expect.sometimes`). One table; `sim list goals`, the schema and the verdict use it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "history/event.hpp"

namespace raftsim::history {

enum class SituationId : std::uint8_t {
  // Elections.
  two_candidates,
  three_candidates,
  vote_split,
  vote_split_three_times,
  candidate_finds_leader,
  pre_vote_in_vain,
  two_leaders,
  leader_commits_nothing,
  leader_elected_again,
  leader_returns_after_crash,
  leader_hears_no_quorum,
  leader_deposed,
  late_vote,
  vote_delivered_twice,
  candidate_log_behind,
  live_leader_defended,
  recovered_vote_refuses,
  term_leaps,
  // Handing over leadership.
  leadership_handed_over,
  transfer_overtaken,
  transfer_given_up,
  write_during_transfer,
  // Logs.
  conflict_removed,
  own_entries_removed,
  figure8_overwrite,
  index_overwritten_twice,
  old_term_entry_committed,
  long_backtrack,
  stale_completion,
  deposed_leader_speaks,
  old_incarnation_speaks,
  message_outlives_receiver,
  leader_dies_replicating,
  only_the_dead_knew,
  // Storage.
  vote_lost_in_crash,
  entries_lost_in_crash,
  promise_never_left,
  torn_tail,
  recovery_cut_short,
  recovery_cut_twice,
  nobody_runs,
  disk_stops_server,
  disk_full_deposes_leader,
  hung_disk_deposes_leader,
  disk_has_space_again,
  decay_found,
  decay_repaired,
  doubt_withholds_vote,
  refill_lost_in_crash,
  // Snapshots.
  follower_needs_snapshot,
  snapshot_replaces_log,
  snapshot_over_conflict,
  refilled_twice,
  snapshot_resumed_by_successor,
  crash_while_refilled,
  snapshot_came_too_late,
  joint_snapshot,
  learner_refilled,
  // Sessions and load.
  duplicate_command,
  duplicate_after_snapshot,
  session_gone,
  back_pressure,
  // Reads.
  read_pending_at_step_down,
  read_finds_lease_over,
  leader_sleeps_past_lease,
  paused_leader_returns,
  read_index_unanswered,
  lease_promise_withholds_vote,
  // Membership.
  leader_leaves_by_joint,
  joint_leader_dies,
  elected_while_joint,
  configuration_rolled_back,
  joint_rolled_back,
  rival_configurations,
  removed_leader_steps_down,
  removed_server_campaigns,
  learner_too_slow,
  change_during_change,
  change_before_own_commit,
};
inline constexpr std::size_t situation_count =
    static_cast<std::size_t>(SituationId::change_before_own_commit) + 1;

struct SituationInfo {
  SituationId id{};
  std::string_view name;      ///< stable, snake_case
  std::string_view sentence;  ///< what happened, in the protocol's words
};

/// In order of SituationId.
inline constexpr std::array<SituationInfo, situation_count> situations{{
    {SituationId::two_candidates, "two_candidates", "two servers are candidates in the same term"},
    {SituationId::three_candidates, "three_candidates", "three servers are candidates in the same term"},
    {SituationId::vote_split, "vote_split",
     "a candidate's election time-out comes, and its term has no leader"},
    {SituationId::vote_split_three_times, "vote_split_three_times",
     "three votes in a row are split before anybody leads"},
    {SituationId::candidate_finds_leader, "candidate_finds_leader",
     "a candidate learns that another server leads its term"},
    {SituationId::pre_vote_in_vain, "pre_vote_in_vain",
     "a server asks whether it could win, and follows again without having raised its term"},
    {SituationId::two_leaders, "two_leaders", "two servers lead at once, in different terms"},
    {SituationId::leader_commits_nothing, "leader_commits_nothing",
     "a leader steps down without having committed anything in its term"},
    {SituationId::leader_elected_again, "leader_elected_again",
     "a leader that lost its place is the next leader, too"},
    {SituationId::leader_returns_after_crash, "leader_returns_after_crash",
     "a leader crashes, restarts and is the next leader"},
    {SituationId::leader_hears_no_quorum, "leader_hears_no_quorum",
     "a leader steps down because it hears no quorum"},
    {SituationId::leader_deposed, "leader_deposed",
     "a leader steps down because somebody is in a later term"},
    {SituationId::late_vote, "late_vote", "a granted vote reaches a candidate that has already lost"},
    {SituationId::vote_delivered_twice, "vote_delivered_twice",
     "a granted vote reaches its candidate a second time"},
    {SituationId::candidate_log_behind, "candidate_log_behind",
     "a candidate is refused a vote because its log is behind"},
    {SituationId::live_leader_defended, "live_leader_defended",
     "a candidate is refused a vote because the voter hears from a leader"},
    {SituationId::recovered_vote_refuses, "recovered_vote_refuses",
     "a vote that was read back after a crash refuses another candidate of that term"},
    {SituationId::term_leaps, "term_leaps", "a server's term rises by five or more at once"},
    {SituationId::leadership_handed_over, "leadership_handed_over",
     "the server that leadership was handed to leads"},
    {SituationId::transfer_overtaken, "transfer_overtaken",
     "while leadership is handed to one server, another one is elected"},
    {SituationId::transfer_given_up, "transfer_given_up",
     "a leader gives up handing over its place and leads on"},
    {SituationId::write_during_transfer, "write_during_transfer",
     "a command meets a leader that is handing over its place"},
    {SituationId::conflict_removed, "conflict_removed",
     "a server removes entries that conflict with its leader's"},
    {SituationId::own_entries_removed, "own_entries_removed",
     "a server removes entries that it created itself as a leader"},
    {SituationId::figure8_overwrite, "figure8_overwrite",
     "an entry that a majority of the voters held is removed, never committed (paper, figure 8)"},
    {SituationId::index_overwritten_twice, "index_overwritten_twice",
     "a server removes what stood at an index, and later what came instead"},
    {SituationId::old_term_entry_committed, "old_term_entry_committed",
     "a leader commits entries of earlier terms with one of its own (paper, 5.4.2)"},
    {SituationId::long_backtrack, "long_backtrack",
     "a leader steps back three times to find where a follower's log agrees with its own"},
    {SituationId::stale_completion, "stale_completion",
     "a write completes after the entries that it wrote were removed"},
    {SituationId::deposed_leader_speaks, "deposed_leader_speaks",
     "entries or a heartbeat of a leader reach a server that is in a later term"},
    {SituationId::old_incarnation_speaks, "old_incarnation_speaks",
     "a message arrives whose sender has crashed and restarted since"},
    {SituationId::message_outlives_receiver, "message_outlives_receiver",
     "a message arrives at a server that has crashed and restarted since it was sent"},
    {SituationId::leader_dies_replicating, "leader_dies_replicating",
     "a leader crashes with entries that nobody knows to be committed"},
    {SituationId::only_the_dead_knew, "only_the_dead_knew",
     "a leader crashes that alone knew the last committed entry to be committed"},
    {SituationId::vote_lost_in_crash, "vote_lost_in_crash", "a crash loses a vote that was not durable yet"},
    {SituationId::entries_lost_in_crash, "entries_lost_in_crash",
     "a crash loses entries that were not durable yet"},
    {SituationId::promise_never_left, "promise_never_left",
     "a crash keeps a message from leaving that waited for the disk"},
    {SituationId::torn_tail, "torn_tail", "a restart cuts a torn tail off its log"},
    {SituationId::recovery_cut_short, "recovery_cut_short", "a second crash cuts a recovery short"},
    {SituationId::recovery_cut_twice, "recovery_cut_twice",
     "two recoveries of a server in a row are cut short by crashes"},
    {SituationId::nobody_runs, "nobody_runs", "all servers are down at once"},
    {SituationId::disk_stops_server, "disk_stops_server", "a server stops itself because its disk failed"},
    {SituationId::disk_full_deposes_leader, "disk_full_deposes_leader",
     "a leader steps down because its disk is full"},
    {SituationId::hung_disk_deposes_leader, "hung_disk_deposes_leader",
     "a leader steps down because its disk hangs, while the others commit what it proposes"},
    {SituationId::disk_has_space_again, "disk_has_space_again",
     "a server that found its disk full finds space again"},
    {SituationId::decay_found, "decay_found", "a restart finds that what it stored has decayed"},
    {SituationId::decay_repaired, "decay_repaired",
     "the others bring back what had decayed on a server's disk"},
    {SituationId::doubt_withholds_vote, "doubt_withholds_vote",
     "a candidate is refused because the voter no longer knows what it promised"},
    {SituationId::refill_lost_in_crash, "refill_lost_in_crash",
     "a crash loses entries that were to refill a damaged log"},
    {SituationId::follower_needs_snapshot, "follower_needs_snapshot",
     "a follower needs entries that its leader has compacted"},
    {SituationId::snapshot_replaces_log, "snapshot_replaces_log",
     "a snapshot of the leader takes the place of a follower's log"},
    {SituationId::snapshot_over_conflict, "snapshot_over_conflict",
     "a snapshot replaces a log that held entries beyond it, and others than the leader's"},
    {SituationId::refilled_twice, "refilled_twice",
     "a follower is refilled by a snapshot a second time without having crashed"},
    {SituationId::snapshot_resumed_by_successor, "snapshot_resumed_by_successor",
     "a snapshot that one leader began to send is finished by another"},
    {SituationId::crash_while_refilled, "crash_while_refilled",
     "a follower crashes while a snapshot is on its way to it"},
    {SituationId::snapshot_came_too_late, "snapshot_came_too_late",
     "a snapshot reaches a server that has all that it covers"},
    {SituationId::joint_snapshot, "joint_snapshot", "a snapshot is shown whose configuration is a joint one"},
    {SituationId::learner_refilled, "learner_refilled", "a learner is brought up to date by a snapshot"},
    {SituationId::duplicate_command, "duplicate_command",
     "a command that is in the log twice is recognised by its session"},
    {SituationId::duplicate_after_snapshot, "duplicate_after_snapshot",
     "a retry is answered with a result that came to the server in a snapshot"},
    {SituationId::session_gone, "session_gone", "a command comes for a session that has expired"},
    {SituationId::back_pressure, "back_pressure",
     "a leader refuses a command because too much is uncommitted"},
    {SituationId::read_pending_at_step_down, "read_pending_at_step_down",
     "a leader steps down while reads wait for it to confirm that it leads"},
    {SituationId::read_finds_lease_over, "read_finds_lease_over",
     "a read meets a leader whose lease has run out"},
    {SituationId::leader_sleeps_past_lease, "leader_sleeps_past_lease",
     "a leader is paused until its lease has run out, and wakes up"},
    {SituationId::paused_leader_returns, "paused_leader_returns",
     "a paused leader wakes up while a later one leads"},
    {SituationId::read_index_unanswered, "read_index_unanswered",
     "a follower gives up reads whose index its leader never named"},
    {SituationId::lease_promise_withholds_vote, "lease_promise_withholds_vote",
     "a voter refuses a candidate because it promised a leader its lease"},
    {SituationId::leader_leaves_by_joint, "leader_leaves_by_joint",
     "a leader leads a joint configuration that removes it"},
    {SituationId::joint_leader_dies, "joint_leader_dies",
     "a leader crashes while its configuration is joint"},
    {SituationId::elected_while_joint, "elected_while_joint",
     "a server is elected under a joint configuration"},
    {SituationId::configuration_rolled_back, "configuration_rolled_back",
     "a configuration is removed from a log, and the one before it is in force again"},
    {SituationId::joint_rolled_back, "joint_rolled_back",
     "a joint configuration is removed from a log, and the one before it is in force again"},
    {SituationId::rival_configurations, "rival_configurations",
     "leaders of different terms put configurations at the same index"},
    {SituationId::removed_leader_steps_down, "removed_leader_steps_down",
     "a leader steps down because a committed configuration leaves it out"},
    {SituationId::removed_server_campaigns, "removed_server_campaigns",
     "a server campaigns that the latest committed configuration leaves out"},
    {SituationId::learner_too_slow, "learner_too_slow",
     "a leader gives up on a learner that does not catch up"},
    {SituationId::change_during_change, "change_during_change",
     "a change of members is refused because another one is going on"},
    {SituationId::change_before_own_commit, "change_before_own_commit",
     "a change of members is refused because nothing of the leader's term is committed yet"},
}};

static_assert([] {
  for (std::size_t i = 0; i < situations.size(); ++i)
    if (static_cast<std::size_t>(situations[i].id) != i || situations[i].sentence.empty()) return false;
  return true;
}());

constexpr const SituationInfo& info(SituationId id) { return situations[static_cast<std::size_t>(id)]; }
constexpr std::optional<SituationId> situation_named(std::string_view name) {
  for (const SituationInfo& s : situations)
    if (s.name == name) return s.id;
  return std::nullopt;
}

/// How often one came about in a run, and where it first did.
struct SituationCount {
  std::uint64_t times = 0;
  EventId first;
  Instant first_at;
};
using SituationCounts = std::array<SituationCount, situation_count>;

}  // namespace raftsim::history
