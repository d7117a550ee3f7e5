// Leadership transfer (3.10): the leader stops taking proposals, brings the target's log up to its own, and
// tells it to campaign at once. Within T either another term begins or the leader goes on.
//
// Decided here: one transfer at a time; a second is busy, also to the same target. A change of the
// configuration may be going on: the target is a voter of the latest configuration, and has that entry before
// it is told, so that it goes on with the change like any other successor. Where the change then leaves the
// target out, the transfer ends at once, and proposals are taken again: 3.10 asks for T only where the target
// may yet take over. A joint configuration leaves out those of C_old that are not in C_new: elected, such a
// server would lead (4.3), but only to hand over again. One that was told to campaign may still win; that is
// then an election like any other.
#include "core/raft.hpp"

namespace raftsim::core {

// ---- the leader

void Raft::on(const TransferLeadership& request) {
  const TransferStart start = why_not_transfer(request.target);
  out_->transfer = start;
  if (start != TransferStart::started) return;
  transfer_ = Transfer{request.target, term_, now_ + config_.election_timeout};
  note(NoteKind::transfer_started, request.target.value, log_.last().value);
}

TransferStart Raft::why_not_transfer(NodeId target) const {
  if (role_ != Role::leader) return TransferStart::not_leader;
  if (target == self_) return TransferStart::leads_already;
  if (!may_take_over(target)) return TransferStart::not_voter;
  if (counts_no_more(target)) return TransferStart::votes_no_more;
  return transfer_ ? TransferStart::busy : TransferStart::started;
}

/// Of a joint configuration, those who stay: a server that is leaving would only have to hand over again.
bool Raft::may_take_over(NodeId target) const { return contains(configuration().voters, target); }

/// The leader has appended another configuration. Precondition: a transfer is going on.
void Raft::recheck_transfer() {
  if (!may_take_over(transfer_->target)) end_transfer(TransferEnd::target_left);
}

/// Tells the target to campaign if its log is complete: at the end of the step, for what its answer commits
/// may have the leader append another configuration. It may be told more than once, with each answer that it
/// gives meanwhile: the message may be lost, and in the term that it leads to it means nothing.
void Raft::hand_over() {
  transfer_->due = false;
  const Progress* target = peer(transfer_->target);
  if (role_ != Role::leader || target == nullptr || target->match < log_.last()) return;
  if (!transfer_->told) note(NoteKind::timeout_now_sent, target->node.value, term_.value);
  transfer_->told = true;
  // From now on the voters may be asked to forget what they promised (6.4.1): also if this comes to nothing,
  // since the message may arrive later.
  leasing_ = false;
  lease_given_up_ = true;
  send(target->node, MessageType::timeout_now, std::nullopt);
}

/// After a step-down of the server that began it: the target leads, or somebody else does, or that is not
/// known yet. An election of the target may just have begun; it has T from then on.
void Raft::follow_transfer() {
  if (term_ == transfer_->term) return;
  if (leader_) return end_transfer(leader_ == transfer_->target ? TransferEnd::done : TransferEnd::lost);
  if (!transfer_->deposed) transfer_->deadline = now_ + config_.election_timeout;
  transfer_->deposed = true;
}

void Raft::end_transfer(TransferEnd end) {
  if (end == TransferEnd::done) {
    note(NoteKind::transfer_done, transfer_->target.value, term_.value);
  } else {
    note(NoteKind::transfer_aborted, transfer_->target.value, transfer_->told ? 1 : 0);
  }
  out_->transfer_ended = end;
  transfer_.reset();
}

// ---- the target

/// Precondition: of this term. One of an earlier term was answered by the term that followed. One of a later
/// term cannot be meant: a server that has not been in it was not brought up to date in it.
void Raft::on_timeout_now(NodeId from) {
  if (leader_ != from || role_ != Role::follower || !may_campaign()) {
    return note(NoteKind::bad_message_ignored, from.value);
  }
  note(NoteKind::campaign_commanded, (term_ + 1).value);
  campaign(Cause::transfer);
}

}  // namespace raftsim::core
