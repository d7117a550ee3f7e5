// Reads at a follower (6.4, at its end): it asks its leader for a read index and serves the read itself once
// it has committed that much. One question is out at a time, for a group of reads; it is repeated until the
// leader answers, and given up after T or when the leader changes. A leader keeps one question for each
// member, the latest: no follower can make it remember more.
#include <algorithm>

#include "core/raft.hpp"

namespace raftsim::core {

// ---- the follower

void Raft::ask_for_index() {
  if (reads_under_way_ || reads_waiting_.empty()) return;
  if (ask_) {
    ++*ask_;
  } else {
    // An answer to an earlier start of this server must not pass for one to this: its read index may be
    // older than the read. Entropy and time together, as either may repeat.
    ask_ = entropy_ ^ (static_cast<std::uint64_t>(now_.ns) * 0x9E3779B97F4A7C15ULL);
    out_->entropy_used = true;
  }
  reads_under_way_ = true;
  reads_confirming_.swap(reads_waiting_);
  ask_deadline_ = now_ + config_.election_timeout;
  send_ask();
}

void Raft::send_ask() {
  CHECK(leader_.has_value());
  ask_again_at_ = now_ + config_.heartbeat_interval;
  note(NoteKind::read_index_asked, leader_->value, reads_confirming_.size());
  send(*leader_, MessageType::read_index, std::nullopt).context = ask_.value_or(0);
}

/// Precondition: of this term.
void Raft::on_read_index_response(NodeId from, const Message& message) {
  const bool awaited = role_ != Role::leader && reads_under_way_ && !ask_index_ && leader_ == from &&
                       ask_ == message.context && message.granted;
  if (!awaited) return note(NoteKind::stale_message_ignored, from.value, message.term.value);
  ask_index_ = message.match;
  finish_ask();
}

/// An index that is never committed here, because of who leads or because it is nonsense, costs T.
void Raft::finish_ask() {
  if (commit_ < *ask_index_) return;
  for (ReadId id : reads_confirming_) out_->reads_ready.push_back({id, *ask_index_});
  reads_confirming_.clear();
  reads_under_way_ = false;
  ask_index_.reset();
  ask_for_index();
}

void Raft::asks_due() {
  if (now_ < ask_deadline_) {
    if (!ask_index_ && now_ >= ask_again_at_) send_ask();
    return;
  }
  note(NoteKind::read_index_timed_out, leader_.value_or(NodeId{}).value, reads_confirming_.size());
  for (ReadId id : reads_confirming_) out_->reads_failed.push_back({id, ReadFailure::timed_out});
  reads_confirming_.clear();
  reads_under_way_ = false;
  ask_index_.reset();
  ask_for_index();
}

// ---- the leader

/// Precondition: of this term. A question that comes again while its round is under way has its answer
/// coming; one that comes again after that costs another round.
void Raft::on_read_index(NodeId from, const Message& message) {
  Progress* follower = role_ == Role::leader ? peer(from) : nullptr;
  if (follower == nullptr) return note(NoteKind::stale_message_ignored, from.value, message.term.value);
  if (follower->read_confirming == message.context) return;
  follower->read_asked = message.context;
  asks_waiting_ = true;
  start_read_round();
}

/// The present round is confirmed.
void Raft::answer_asks() {
  for (Progress& follower : peers_) {
    if (!follower.read_confirming) continue;
    Message& response = send(follower.node, MessageType::read_index_resp, std::nullopt);
    response.granted = true;
    response.match = read_round_index_;
    response.context = *follower.read_confirming;
    follower.read_confirming.reset();
  }
}

}  // namespace raftsim::core
