// Read index (6.4): a read is served at a commit index that was current after the read arrived, once a
// quorum has confirmed, after that, that nobody else leads. Log reads are plain proposals. Leases: lease.cpp;
// how a follower comes by a read index: follower_reads.cpp.
#include <algorithm>
#include <utility>

#include "core/raft.hpp"

namespace raftsim::core {

void Raft::on(const ReadRequest& request) {
  const bool asks_leader = request.mode == ReadMode::follower && role_ != Role::leader && leader_;
  if (role_ != Role::leader && !asks_leader) {
    out_->reads_failed.push_back({request.id, ReadFailure::not_leader});
    return;
  }
  if (request.mode == ReadMode::lease && serve_from_lease(request.id)) return;
  if (pending_reads() >= pending_reads_max) {
    out_->reads_failed.push_back({request.id, ReadFailure::busy});
    return;
  }
  reads_waiting_.push_back(request.id);
  if (asks_leader) {
    ask_for_index();
  } else {
    start_read_round();
  }
}

/// One round is under way at a time; reads that come meanwhile share the next. They cannot join the present
/// one: its acknowledgements may have been sent before they arrived.
void Raft::start_read_round() {
  if (reads_under_way_ || (reads_waiting_.empty() && !asks_waiting_)) return;
  // Until an entry of its own term commits, a leader does not know what is committed (6.4, step 1).
  if (!committed_in_own_term()) return;
  reads_under_way_ = true;
  asks_waiting_ = false;
  reads_confirming_.swap(reads_waiting_);
  read_round_index_ = commit_;
  read_round_awaited_ = ++read_round_;
  for (Progress& follower : peers_) {
    if (follower.read_asked) follower.read_confirming = std::exchange(follower.read_asked, std::nullopt);
    // If it is lost, the next AppendEntries carries the round again.
    if (configuration().votes(follower.node)) send_what_matches(follower);
  }
  confirm_reads();
}

/// Tries only what is known to match, so that it is not refused when it overtakes entries on their way. It
/// therefore finds no lost ones, and does not take the place of a heartbeat.
void Raft::send_what_matches(Progress& follower) {
  Message& append = send(follower.node, MessageType::append_entries, std::nullopt);
  // The terms of what was compacted away are not known any more; but before their first entry all logs agree.
  // The end of what was compacted would be refused by a follower that has it on its way, and the refusal
  // would bring it a snapshot that it does not need.
  if (const std::optional<Term> term = log_.term_at(follower.match)) {
    append.index = follower.match;
    append.index_term = *term;
  }
  append.commit = commit_;
  number_round(follower, append);
}

/// Any answer in this term, a refusal too, says that when the follower saw the round it knew no newer term.
/// Only one that waited for its term to be durable promises anything (6.4.1): see Raft::on(Restore).
void Raft::read_round_answered(Progress& follower, const Message& answer) {
  const std::uint64_t round = answer.context;
  if (round > read_round_) return;
  follower.confirmed_round = std::max(follower.confirmed_round, round);
  if (answer.granted && follower.lease_round && round >= *follower.lease_round) {
    follower.promised_at = follower.lease_round_sent;
    follower.lease_round.reset();
  }
  if (reads_under_way_ && round >= read_round_awaited_) confirm_reads();
}

void Raft::confirm_reads() {
  confirmed_scratch_.clear();
  confirmed_scratch_.push_back(self_);
  for (const Progress& follower : peers_) {
    // An acknowledgement of an earlier round may be older than the read.
    if (follower.confirmed_round >= read_round_awaited_) confirmed_scratch_.push_back(follower.node);
  }
  std::sort(confirmed_scratch_.begin(), confirmed_scratch_.end());
  if (!is_quorum(configuration(), confirmed_scratch_)) return;
  note(NoteKind::read_index_confirmed, read_round_index_.value, reads_confirming_.size());
  for (ReadId id : reads_confirming_) out_->reads_ready.push_back({id, read_round_index_});
  reads_confirming_.clear();
  answer_asks();
  reads_under_way_ = false;
  start_read_round();
}

void Raft::fail_reads(ReadFailure reason) {
  reads_under_way_ = false;
  asks_waiting_ = false;
  ask_index_.reset();
  if (pending_reads() == 0) return;
  note(NoteKind::read_index_failed, pending_reads());
  for (ReadId id : reads_confirming_) out_->reads_failed.push_back({id, reason});
  for (ReadId id : reads_waiting_) out_->reads_failed.push_back({id, reason});
  reads_confirming_.clear();
  reads_waiting_.clear();
}

}  // namespace raftsim::core
