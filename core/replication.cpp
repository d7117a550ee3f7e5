// Log replication (3.5), with pipelining and asynchronous disks (10.2.1, 10.2.2).
#include <algorithm>
#include <utility>

#include "core/raft.hpp"

namespace raftsim::core {

namespace {

/// AppendEntries that may be on their way to a follower before what is proposed next has to wait for an
/// acknowledgement or for a full batch. One travels while one is being written; more would only cut the same
/// entries into smaller messages. The window itself is Options::max_inflight_appends.
constexpr std::size_t eager_appends = 2;

}  // namespace

// ---- follower

/// AppendEntries or a piece of a snapshot: whether it is from the leader of this term, which is then known
/// and alive. Precondition: message.term >= term_.
bool Raft::hear_leader(NodeId from, const Message& message) {
  const bool two_leaders = message.term == term_ && role_ == Role::leader;
  if (two_leaders || !entries_in_order(message)) {
    note(NoteKind::bad_message_ignored, from.value);
    return false;
  }
  if (message.term > term_) {
    adopt_term(from, message.term, from);
  } else {
    become_follower(term_, from);
  }
  leader_heard_ = now_;
  if (message.leased) promise_lease();
  restart_election_wait();
  return true;
}

void Raft::on_append(NodeId from, const Message& message) {
  if (message.term < term_) {
    note(NoteKind::stale_message_ignored, from.value, message.term.value);
    // Answered, or a server that stands at a newer term than the leader's would never be found by it.
    send(from, MessageType::append_entries_resp, std::nullopt).index = message.index;
    return;
  }
  if (!hear_leader(from, message)) return;
  if (message.index + 1 < log_.first()) [[unlikely]] {
    return acknowledge_committed(from, MessageType::append_entries_resp, message.context);
  }
  if (!log_.holds(message.index, message.index_term)) return refuse_append(from, message);
  const Entries entries = takes_entries_ || message.entries.empty() ? Entries::taken : Entries::left_out;
  if (entries == Entries::taken && !append_new(message)) {
    return note(NoteKind::bad_message_ignored, from.value);
  }
  const Index proved = entries == Entries::taken ? message.index + message.entries.size() : message.index;
  if (in_doubt()) learn_end_of_doubt(message, proved);
  follow_commit(message.commit, proved);
  acknowledge(from, message, entries);
}

/// Terms never decrease along a log, no entry is newer than its leader, and what claims to be a configuration
/// is one.
bool Raft::entries_in_order(const Message& message) const {
  Term before = message.index_term;
  for (const EntryRef& entry : message.entries) {
    if (entry.term < before) return false;
    if (entry.kind == EntryKind::configuration && !configuration_in(entry)) return false;
    before = entry.term;
  }
  return before <= message.term;
}

/// Where the logs differ, names the whole term in question, so that the leader passes over it in one round
/// trip (5.3 of the paper, at its end).
void Raft::refuse_append(NodeId from, const Message& message) {
  Message& response = send(from, MessageType::append_entries_resp, std::nullopt);
  response.index = message.index;
  response.context = message.context;
  if (in_doubt()) tell_doubt(response);
  const std::optional<Term> own = log_.term_at(message.index);
  if (own && message.index >= log_.first()) {
    note(NoteKind::append_refused_conflict, message.index.value, own->value);
    response.hint_term = *own;
    response.hint = log_.first_of_same_term(message.index);
  } else {
    note(NoteKind::append_refused_gap, message.index.value, log_.last().value);
    response.hint = log_.last() + 1;
  }
}

/// Adds what the log lacks. Entries that it has stay, and so do those behind them: the message may be an old
/// one, and they may have been acknowledged (5.3: only a *conflict* removes anything). Returns false if the
/// conflict is with a committed entry, which no leader's log can lack.
bool Raft::append_new(const Message& message) {
  Index at = message.index;
  for (const EntryRef& entry : message.entries) {
    ++at;
    if (at <= log_.last()) {
      if (log_.at(at).term == entry.term) continue;
      if (at <= commit_) return false;
      truncate_log(at);
    }
    append_to_log(entry);
  }
  return true;
}

/// Promises what the message proved, not what the log happens to hold. A heartbeat's answer promises no more
/// than is durable already, so that a slow disk does not make a server look dead; entries are acknowledged
/// when they are durable. Where they were left out for want of space, the answer proves no more than it
/// promises: had it proved where they would go, the leader would send them again at once, and be answered
/// like this again, as fast as messages go to and fro. So it comes back to them with its next heartbeat.
void Raft::acknowledge(NodeId from, const Message& message, Entries entries) {
  const bool as_heartbeat = message.entries.empty() || entries == Entries::left_out;
  const Index proved = as_heartbeat ? message.index : message.index + message.entries.size();
  Index promised = as_heartbeat ? std::min(proved, durability_.durable()) : proved;
  if (in_doubt()) promised = Index{};
  const std::optional<WriteId> after = gate(promised);
  if (as_heartbeat && waits_already(after)) return;
  Message& response = send(from, MessageType::append_entries_resp, after);
  response.granted = true;
  response.index = entries == Entries::left_out ? promised : proved;
  response.match = promised;
  response.context = message.context;
  if (in_doubt()) tell_doubt(response);
}

/// An answer that promises no more than what is durable waits for the hard state alone. One that waits is
/// enough: all that come of a disk that hangs would leave together, and what the later ones say more, the
/// answer to the next heartbeat says. There is one leader in a term, and one hard state to wait for.
bool Raft::waits_already(std::optional<WriteId> after) {
  if (!after) return false;
  return std::exchange(answer_waits_for_, hard_state_write_) == hard_state_write_;
}

/// Where the message speaks of what was compacted away here. That is committed, so the leader has it too
/// (3.6.3, Leader Completeness); a refusal would send the leader ever further back.
void Raft::acknowledge_committed(NodeId from, MessageType type, std::uint64_t context) {
  const Index promised = in_doubt() ? Index{} : std::min(commit_, durability_.durable());
  const std::optional<WriteId> after = gate(promised);
  if (waits_already(after)) return;
  Message& response = send(from, type, after);
  response.granted = true;
  response.index = commit_;
  response.match = promised;
  response.context = context;
  if (in_doubt()) tell_doubt(response);
}

// ---- leader

void Raft::on_append_response(NodeId from, const Message& message) {
  Progress* follower = role_ == Role::leader ? peer(from) : nullptr;
  if (follower == nullptr) return note(NoteKind::stale_message_ignored, from.value, message.term.value);
  if (message.index > log_.last() || message.match > message.index) {
    return note(NoteKind::bad_message_ignored, from.value);
  }
  const bool doubtful = took_doubt(*follower, message);
  if (!doubtful || message.doubt != doubt_for_good) follower->heard = now_;
  if (message.granted) {
    if (message.context < follower->counts_from) [[unlikely]]
      return note(NoteKind::stale_message_ignored, from.value, message.term.value);
    if (follower->state == PeerState::snapshot) [[unlikely]]
      end_transfer(*follower, message.index);
    // Commit first: what is sent then carries the new commit index.
    const Index durable = doubtful ? Index{} : message.match;
    if (follower->acknowledged(message.index, durable)) advance_commit();
    replicate(*follower);
  } else {
    on_append_refused(*follower, message);
  }
  if (!doubtful) read_round_answered(*follower, message);
  if (transfer_ && transfer_->target == from) transfer_->due = true;
}

/// Figure 3.1 has the leader step back at any refusal. Read here: not to what matches or below, for what is
/// acknowledged is durable, so that such a refusal is late, and any late copy would send everything again.
/// That a follower may refuse all the same, as its disk lied, is beyond section 3 of the dissertation; it
/// would refuse until another leads. So the first refusal of `match` begins a new round (6.4), which the next
/// heartbeat carries, and one that answers that round is believed.
void Raft::on_append_refused(Progress& follower, const Message& message) {
  const bool of_match = refuses_match(follower, message);
  const bool first = of_match && follower.recheck.match != follower.match;
  if (first) [[unlikely]]
    follower.recheck = {follower.match, ++read_round_};
  if (of_match && !first && answers_recheck(follower, message)) [[unlikely]] {
    follower.forgot(agreement_candidate(message));
  } else if (!follower.rewound(message.index, agreement_candidate(message))) {
    return note(NoteKind::stale_message_ignored, follower.node.value, message.term.value);
  }
  note(NoteKind::probe_rewound, follower.node.value, follower.next.value);
  replicate(follower);
}

/// And all that was sent to it is acknowledged.
bool Raft::refuses_match(const Progress& follower, const Message& refusal) const {
  const bool at_match = refusal.index == follower.match && follower.next == follower.match + 1;
  return at_match && follower.match != Index{} && follower.state != PeerState::snapshot;
}

/// A request that left after `match` was first refused: the acknowledgement had come before.
bool Raft::answers_recheck(const Progress& follower, const Message& refusal) const {
  return refusal.context >= follower.recheck.round && refusal.context <= read_round_;
}

/// The next position to try. The follower holds term `hint_term` from `hint` to the refused position, and
/// only older terms before. Where this log holds that term too, the logs may agree up to its end here; else
/// not beyond this log's older terms, nor beyond the follower's.
Index Raft::agreement_candidate(const Message& refusal) const {
  if (refusal.hint_term == Term{}) return refusal.hint;
  const Index last = log_.last_up_to(refusal.hint_term);
  if (log_.holds(last, refusal.hint_term)) return last + 1;
  // Even the entry before the first that is held is newer: the follower needs a snapshot.
  if (log_.term_at(last) > refusal.hint_term) return std::min(last, refusal.hint);
  return std::min(last + 1, refusal.hint);
}

/// Precondition: the follower is not being sent a snapshot.
void Raft::send_append(Progress& follower, Carry carry) {
  const Index previous = follower.next - 1;
  const std::optional<Term> previous_term = log_.term_at(previous);
  if (!previous_term) [[unlikely]]
    return begin_transfer(follower);
  Message& append = send(follower.node, MessageType::append_entries, std::nullopt);
  append.index = previous;
  append.index_term = *previous_term;
  append.commit = commit_;
  number_round(follower, append);
  if (follower.doubt != 0) {
    append.doubt = follower.doubt;
    append.hint = log_.last();
  }
  if (carry == Carry::entries) {
    append.entries = log_.slice(follower.next, config_.max_entries_per_append, config_.max_bytes_per_append);
  }
  follower.sent(previous + append.entries.size());
  follower.heartbeat_due = now_ + config_.heartbeat_interval;
}

bool Raft::may_send_more(const Progress& follower) const {
  if (follower.state != PeerState::replicate) {
    return follower.state == PeerState::probe && !follower.probe_sent;
  }
  if (follower.next > log_.last()) return false;
  const std::size_t on_their_way = follower.inflight.size();
  if (on_their_way >= config_.max_inflight_appends) return false;
  if (on_their_way < eager_appends) return true;
  // Silent since before the log was compacted: its next answer, or a heartbeat, begins a snapshot.
  if (follower.next < log_.first()) return false;
  return log_.last() - (follower.next - 1) >= config_.max_entries_per_append ||
         log_.bytes_after(follower.next - 1) >= config_.max_bytes_per_append;
}

void Raft::replicate(Progress& follower) {
  while (may_send_more(follower)) send_append(follower, Carry::entries);
}

void Raft::replicate_to_all() {
  for (Progress& follower : peers_) replicate(follower);
}

/// A heartbeat tries the end of what was sent: if an append was lost, it is refused, and the loss is found
/// although nothing new is proposed. What is due within half an interval goes along, so that the heartbeats
/// to all followers fall into step and the leader wakes once for them.
void Raft::heartbeats_due() {
  const Instant horizon = now_ + config_.heartbeat_interval / 2;
  if (std::none_of(peers_.begin(), peers_.end(),
                   [this](const Progress& follower) { return follower.heartbeat_due <= now_; })) {
    return;
  }
  for (Progress& follower : peers_) {
    if (follower.heartbeat_due > horizon) continue;
    if (follower.state == PeerState::snapshot) {
      transfer_due(follower);
    } else {
      send_append(follower, Carry::nothing);
    }
  }
}

/// A window sent ahead is worth nothing once its suffix is lost, so the leader probes from what is known to
/// match, and does so at once when the peer can be reached again: without that it would learn of the loss
/// from the answer to its next heartbeat. A follower has nothing to do: what its leader missed comes with
/// that, and if it does not come, its election time-out says so as ever.
void Raft::on(const LinkChanged& changed) {
  Progress* follower = role_ == Role::leader ? peer(changed.peer) : nullptr;
  if (follower == nullptr) return;
  follower->lost_flight();
  if (changed.state == LinkState::broken) return;
  if (follower->state == PeerState::snapshot)
    transfer_due(*follower);
  else
    replicate(*follower);
}

Progress* Raft::peer(NodeId node) {
  for (Progress& follower : peers_) {
    if (follower.node == node) return &follower;
  }
  return nullptr;
}

}  // namespace raftsim::core
