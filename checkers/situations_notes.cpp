// Rare situations that a server's own notes tell: what it decided, and why.
#include <array>

#include "checkers/situations.hpp"

namespace raftsim::checkers {

namespace {

using enum NoteKind;

/// Notes that are a situation by themselves.
constexpr auto told_by = [] {
  std::array<std::optional<SituationId>, note_kinds> table{};
  const auto set = [&table](NoteKind note, SituationId id) { table[static_cast<std::size_t>(note)] = id; };
  set(stepped_down_no_quorum, SituationId::leader_hears_no_quorum);
  set(vote_refused_log_behind, SituationId::candidate_log_behind);
  set(vote_refused_leader_alive, SituationId::live_leader_defended);
  set(transfer_done, SituationId::leadership_handed_over);
  set(proposal_refused_transfer, SituationId::write_during_transfer);
  set(stale_completion_ignored, SituationId::stale_completion);
  set(torn_tail_cut, SituationId::torn_tail);
  set(disk_failed, SituationId::disk_stops_server);
  set(stepped_down_disk_full, SituationId::disk_full_deposes_leader);
  set(stepped_down_disk_hangs, SituationId::hung_disk_deposes_leader);
  set(disk_has_space, SituationId::disk_has_space_again);
  set(damage_found, SituationId::decay_found);
  set(doubt_ended, SituationId::decay_repaired);
  set(vote_refused_in_doubt, SituationId::doubt_withholds_vote);
  set(snapshot_sent, SituationId::follower_needs_snapshot);
  set(snapshot_ignored, SituationId::snapshot_came_too_late);
  set(session_unknown, SituationId::session_gone);
  set(proposal_refused_busy, SituationId::back_pressure);
  set(read_index_timed_out, SituationId::read_index_unanswered);
  set(vote_refused_promised, SituationId::lease_promise_withholds_vote);
  set(stepped_down_removed, SituationId::removed_leader_steps_down);
  set(learner_too_slow, SituationId::learner_too_slow);
  return table;
}();

/// Notes of which more must be known.
constexpr auto special = [] {
  std::array<bool, note_kinds> table{};
  for (const NoteKind note : {election_timed_out, vote_refused_voted_other, stepped_down_higher_term,
                              probe_rewound, read_index_failed, duplicate_command, recovered, change_refused,
                              transfer_started, transfer_aborted, lease_read_fell_back, snapshot_sent})
    table[static_cast<std::size_t>(note)] = true;
  return table;
}();

}  // namespace

void Situations::on_note(const Event& event, const NodeShadow& node, Course& course) {
  const std::uint64_t number = event.note.note;
  if (number >= told_by.size()) return;
  if (told_by[number]) hit(*told_by[number], event);
  if (special[number]) on_special_note(static_cast<NoteKind>(number), event, node, course);
}

void Situations::on_special_note(NoteKind note, const Event& event, const NodeShadow& node, Course& course) {
  const std::uint64_t a = event.note.a;
  if (note == election_timed_out) return on_timed_out(event, node, course);
  if (note == snapshot_sent) return on_snapshot_sent(event);
  if (note == probe_rewound) return on_rewound(event, node);
  if (note == recovered) {
    course.recovered_vote = node.vote && node.incarnation > 1 ? node.term : Term{};
    course.cut_recoveries = 0;
  } else if (note == vote_refused_voted_other) {
    if (course.recovered_vote != Term{} && course.recovered_vote == node.term)
      hit(SituationId::recovered_vote_refuses, event);
  } else if (note == stepped_down_higher_term) {
    if (course.lost_lead_step == event.step) hit(SituationId::leader_deposed, event);
  } else if (note == read_index_failed) {
    if (a > 0) hit(SituationId::read_pending_at_step_down, event);
  } else if (note == duplicate_command) {
    // Of session 0 is the opening of a session.
    if (a == 0) return;
    hit(SituationId::duplicate_command, event);
    course.duplicate_step = event.step;
  } else if (note == change_refused) {
    if (a == static_cast<std::uint64_t>(ChangeRefusal::change_going_on))
      hit(SituationId::change_during_change, event);
    if (a == static_cast<std::uint64_t>(ChangeRefusal::term_not_settled))
      hit(SituationId::change_before_own_commit, event);
  } else if (note == transfer_started) {
    course.transfer_to = NodeId{a};
  } else if (note == transfer_aborted) {
    if (course.leads) hit(SituationId::transfer_given_up, event);
    course.transfer_to = NodeId{};
  } else if (note == lease_read_fell_back) {
    if (course.lease_until != Instant{} && course.lease_until <= event.time)
      hit(SituationId::read_finds_lease_over, event);
  }
}

/// Pieces of one snapshot are kept over a change of leaders; a later snapshot begins anew.
void Situations::on_snapshot_sent(const Event& event) {
  const NodeId follower{event.note.a};
  const Index index{event.note.b};
  if (!cluster_.has(follower) || !cluster_.node(follower).up) return;
  auto& incoming = of(follower).incoming;
  if (incoming.index != index) incoming = {event.node.as_node(), event.node.as_node(), index};
  incoming.sent_by = event.node.as_node();
}

void Situations::on_rewound(const Event& event, const NodeShadow& leader) {
  const NodeId follower{event.note.a};
  if (!cluster_.has(follower)) return;
  auto& rewinds = of(follower).rewinds;
  if (rewinds.leader != leader.id || rewinds.term != leader.term) rewinds = {leader.id, leader.term, 0};
  if (++rewinds.count == 3) hit(SituationId::long_backtrack, event);
}

}  // namespace raftsim::checkers
