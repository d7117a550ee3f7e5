// Decisions that a Process reports of itself, as enums: transcripts, coverage and the timeline are three
// renderings of the same notes. A note is never trusted by a checker where the world knows better.
#pragma once

#include <cstdint>

namespace raftsim {

/// Why a leader does not change its configuration as it was asked to (dissertation 4). The first group may be
/// asked again, the second never can be done so.
enum class ChangeRefusal : std::uint8_t {
  not_leader,
  change_going_on,  ///< another one, or its configuration is not committed yet
  transfer_going_on,
  term_not_settled,  ///< nothing of the leader's own term is committed yet (the erratum of 2015)
  membership_fixed,  ///< by the options
  bad_nodes,         ///< not as many ids as the request needs, or one that is no server's
  is_voter,          ///< a voter does not become a learner
  not_learner,       ///< only a learner can be promoted
  no_voter_left,
  needs_joint,  ///< more than one voter changes, and the options allow the single-server form only
  too_many_servers,
  too_slow,          ///< the new server did not catch up in time (4.2.1)
  no_majority_left,  ///< of servers whose votes and acknowledgements count
};

inline constexpr int change_refusals = static_cast<int>(ChangeRefusal::no_majority_left) + 1;

/// Why a lease read has to take a round instead.
enum class NoLease : std::uint8_t {
  no_check_quorum,  ///< without check_quorum, voters do not protect a leader: leases are never served
  given_up,         ///< TimeoutNow was sent in this term (3.10)
  not_committed,    ///< no entry of the own term is committed yet (6.4, step 1)
  expired,          ///< or none was had yet
};

inline constexpr int no_lease_reasons = static_cast<int>(NoLease::expired) + 1;

/// The comment gives what `a` and `b` of the Note mean.
enum class NoteKind : std::uint8_t {
  role_changed,                 ///< a: Role now, b: Role before; several may happen in one step
  election_timed_out,           ///< a: term campaigned for
  vote_granted,                 ///< a: candidate, b: term
  vote_refused_stale_term,      ///< a: candidate, b: its term
  vote_refused_voted_other,     ///< a: candidate, b: whom this term's vote went to
  vote_refused_log_behind,      ///< a: candidate, b: its last index
  vote_refused_leader_alive,    ///< a: candidate, b: the leader heard within T
  vote_refused_role,            ///< a: candidate, b: own Role
  stepped_down_higher_term,     ///< a: the higher term, b: who told
  stepped_down_no_quorum,       ///< a: term
  stale_message_ignored,        ///< a: sender, b: its term
  bad_message_ignored,          ///< a: sender
  append_refused_gap,           ///< a: previous index asked for, b: own last index
  append_refused_conflict,      ///< a: previous index, b: own term there
  log_conflict_truncated,       ///< a: first index removed, b: last index removed
  probe_rewound,                ///< a: follower, b: new next index
  proposal_refused_busy,        ///< a: uncommitted bytes
  proposal_refused_not_leader,  ///< a: leader named in the reply, 0 if none
  read_index_confirmed,         ///< a: read index, b: reads served
  read_index_failed,            ///< a: reads that were pending at step-down
  duplicate_command,            ///< a: session, b: sequence number
  session_opened,               ///< a: session
  session_unknown,              ///< a: session
  recovered,                    ///< a: last index, b: term
  torn_tail_cut,                ///< a: first index lost, b: bytes cut
  stale_completion_ignored,     ///< a: write, b: index it had covered
  campaign_commanded,           ///< a: term; TimeoutNow
  disk_failed,                  ///< a: DiskOp, b: DiskStatus; the process stops itself
  configuration_appended,       ///< a: index, b: 1 where it is joint; in force from here on
  configuration_committed,      ///< a: index
  configuration_rolled_back,    ///< a: first index removed, b: index of the configuration in force again
  learner_caught_up,            ///< a: learner, b: rounds it took (dissertation 4.2.1)
  learner_too_slow,             ///< a: learner, b: rounds it was given
  change_refused,               ///< a: ChangeRefusal
  stepped_down_removed,         ///< a: term, b: index of the configuration without it
  transfer_started,             ///< a: target, b: own last index, which it must reach first
  timeout_now_sent,             ///< a: target, b: own term, in which no lease read is served any more
  transfer_done,                ///< a: target, b: the term that it leads
  transfer_aborted,             ///< a: target, b: 1 if it was told to campaign, else 0
  proposal_refused_transfer,    ///< a: whom leadership is being handed to
  vote_refused_promised,        ///< a: candidate, b: until when, on the own clock (dissertation 6.4.1)
  lease_read,                   ///< a: index, b: end of the lease, on the own clock
  lease_read_fell_back,         ///< a: why there is no lease, NoLease; served by read index
  read_index_asked,             ///< a: leader, b: reads that wait for its answer
  read_index_timed_out,         ///< a: leader, b: reads
  damage_found,                 ///< a: 1 the log, 2 the hard state; b: index behind what is left of the log
  vote_refused_in_doubt,        ///< a: candidate, b: its term
  doubt_ended,                  ///< a: last index refilled, b: term
  disk_full,                    ///< a: DiskOp; nothing is written until there is space again
  disk_has_space,               ///< a: DiskOp
  stepped_down_disk_full,       ///< a: term
  snapshot_taken,               ///< a: last index covered, b: its bytes; it is durable
  snapshot_sent,                ///< a: follower, b: last index covered; its first chunk leaves
  snapshot_installed,           ///< a: last index covered, b: its term; it is durable and goes for the log
  snapshot_ignored,             ///< a: sender, b: last index covered; the log has that already
  stepped_down_disk_hangs,      ///< a: term
};

inline constexpr int note_kinds = static_cast<int>(NoteKind::stepped_down_disk_hangs) + 1;

}  // namespace raftsim
