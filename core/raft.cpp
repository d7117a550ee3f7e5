// The step: dispatch of inputs, terms and roles.
#include "core/raft.hpp"

#include <algorithm>
#include <utility>

namespace raftsim::core {

void Output::clear() {
  sends.clear();
  chunks_of.clear();
  persist.reset();
  committed.reset();
  snapshot_received.reset();
  log_discarded = false;
  reads_ready.clear();
  reads_failed.clear();
  proposal.reset();
  campaign.reset();
  transfer.reset();
  transfer_ended.reset();
  change.reset();
  change_ended.reset();
  notes.clear();
  wake_at.reset();
  entropy_used = false;
}

void Raft::step(const Input& input, Output& out) {
  CHECK(started_ != std::holds_alternative<Restore>(input.what));
  now_ = input.now;
  entropy_ = input.entropy;
  takes_entries_ = input.takes_entries;
  out_ = &out;
  std::visit([this](const auto& what) { on(what); }, input.what);
  if (membership_busy_) membership_due();
  if (transfer_ && transfer_->due) hand_over();
  finish_write();
  plan_wake();
  out_ = nullptr;
}

Log& Raft::recovery_log() {
  CHECK(!started_);
  return log_;
}

void Raft::view_peers(std::vector<PeerView>& out) const {
  out.clear();
  for (const Progress& follower : peers_) {
    out.push_back(PeerView{follower.node, follower.match, follower.next, follower.state});
  }
}

/// A server always comes back as a follower, also where its vote is its own: what it appended as leader of
/// that term may have been lost, and would be appended differently (3.8).
void Raft::on(const Restore& restore) {
  started_ = true;
  self_ = restore.self;
  config_ = *restore.config;
  configurations_.restart(log_.first() - 1, *restore.configuration);
  term_ = restore.hard_state.term;
  vote_ = restore.hard_state.vote;
  if (restore.hard_state.doubt != Doubt::none) begin_doubt(restore.hard_state.doubt);
  commit_ = std::min(restore.commit, log_.last());
  durability_.restart(log_.last());
  if (restore.snapshot != nullptr) {
    snapshot_ = restore.snapshot;
    configurations_.restart(snapshot_->index, snapshot_->configuration);
    CHECK(log_.holds(snapshot_->index, snapshot_->term));
    commit_ = std::max(commit_, snapshot_->index);
    compact_behind(snapshot_->index);
  }
  // A crash may keep the entries of a write and lose its hard state, when they are in different files. The
  // entry proves the term; a vote of that term was not durable, so that nobody has been told of it.
  if (log_.last_term() > term_) {
    term_ = log_.last_term();
    vote_.reset();
    persist_hard_state();
  }
  for (Index at = configurations_.latest_index() + 1; at <= log_.last(); ++at) {
    if (log_.at(at).kind != EntryKind::configuration) continue;
    std::optional<Configuration> configuration = configuration_in(log_.at(at));
    CHECK(configuration.has_value());
    configurations_.append(at, std::move(*configuration));
  }
  standing_ = standing();
  role_ = idle_role();
  restart_election_wait();
  lease_length_ = lease_length(config_.election_timeout, config_.clock_drift_bound_ppm);
  // What it promised before it went down is not on its disk (6.4.1). A voter in term 0 has promised nothing:
  // the answer would have waited for its term.
  const bool never_answered = standing_ == Standing::voter && term_ == Term{};
  if (config_.check_quorum && restore.ran_before && !never_answered) promise_lease();
  note(NoteKind::recovered, log_.last().value, term_.value);
}

bool Raft::believes(Term told) const {
  return told <= term_told_max || (told <= term_max && told <= term_ + terms_ahead_max);
}

void Raft::on(const MessageReceived& received) {
  const Message& message = *received.message;
  if (received.from == self_ || received.from == NodeId{} || !believes(message.term)) {
    note(NoteKind::bad_message_ignored, received.from.value);
    return;
  }
  dispatch(received.from, message);
}

void Raft::dispatch(NodeId from, const Message& message) {
  switch (message.type) {
    case MessageType::pre_vote:
    case MessageType::request_vote:
      return on_vote_request(from, message);
    case MessageType::append_entries:
      return on_append(from, message);
    case MessageType::install_snapshot:
      return on_install_snapshot(from, message);
    case MessageType::pre_vote_resp:
    case MessageType::request_vote_resp:
      if (of_this_term(from, message)) on_vote_response(from, message);
      return;
    case MessageType::append_entries_resp:
      if (of_this_term(from, message)) on_append_response(from, message);
      return;
    case MessageType::timeout_now:
      if (of_this_term(from, message)) on_timeout_now(from);
      return;
    case MessageType::read_index:
      if (of_this_term(from, message)) on_read_index(from, message);
      return;
    case MessageType::read_index_resp:
      if (of_this_term(from, message)) on_read_index_response(from, message);
      return;
    case MessageType::install_snapshot_resp:
      if (of_this_term(from, message)) on_install_response(from, message);
      return;
    case MessageType::client_request:
    case MessageType::client_reply:
    case MessageType::unknown:
      break;
  }
  // No server of this build sends these.
  note(NoteKind::bad_message_ignored, from.value);
}

/// Whether a response concerns what this server is doing now. A newer term is adopted: whoever tells it, this
/// server is behind (paper, figure 2, rules for all servers); unless it is a server that this leader has
/// removed, and still sends to so that it learns of that. It campaigned because it did not know (4.2.3), and
/// should anybody have followed it into its term, they will tell.
bool Raft::of_this_term(NodeId from, const Message& message) {
  // The grant of a pre-vote repeats a term that nobody is in yet (9.6).
  const bool pre_grant = message.type == MessageType::pre_vote_resp && message.granted;
  const Term expected = pre_grant ? term_ + 1 : term_;
  if (message.term == expected) return true;
  if (message.term > expected && !pre_grant && !removed(from)) {
    adopt_term(from, message.term, std::nullopt);
  } else {
    note(NoteKind::stale_message_ignored, from.value, message.term.value);
  }
  return false;
}

void Raft::adopt_term(NodeId from, Term term, std::optional<NodeId> leader) {
  note(NoteKind::stepped_down_higher_term, term.value, from.value);
  become_follower(term, leader);
}

void Raft::become(Role role) {
  if (role == role_) return;
  note(NoteKind::role_changed, static_cast<std::uint64_t>(role), static_cast<std::uint64_t>(role_));
  role_ = role;
}

/// Precondition: term >= term_. The vote is forgotten with its term only: forgetting it earlier would allow a
/// second one in the same term.
void Raft::become_follower(Term term, std::optional<NodeId> leader) {
  const bool led = role_ == Role::leader;
  const bool news = led || term > term_ || leader != leader_;
  if (term > term_) {
    term_ = term;
    vote_.reset();
    doubt_until_.reset();
    doubt_proved_ = Index{};
    persist_hard_state();
    draw_wait_ = true;
  }
  leader_ = leader;
  become(idle_role());
  if (!news) return;
  fail_reads(led ? ReadFailure::stepped_down : ReadFailure::leader_changed);
  if (transfer_) follow_transfer();
  if (!led) return;
  leasing_ = false;
  peers_.clear();
  membership_busy_ = false;
  change_.reset();
  farewell_until_.reset();
  hang_.reset();
  draw_wait_ = true;
  restart_election_wait();
}

void Raft::on(const WakeUp&) {
  if (transfer_ && now_ >= transfer_->deadline) end_transfer(TransferEnd::aborted);
  if (role_ == Role::leader) {
    if (no_space_since_) yield_without_space();
    if (hang_) yield_as_disk_hangs();
    if (role_ == Role::leader && config_.check_quorum && now_ >= quorum_check_at_) check_quorum();
    if (role_ == Role::leader) heartbeats_due();
    return;
  }
  if (reads_under_way_) asks_due();
  if (may_campaign() && now_ >= election_deadline_) election_due();
}

void Raft::on(const Propose& propose) {
  CHECK(propose.kind != EntryKind::configuration);
  if (role_ != Role::leader) {
    note(NoteKind::proposal_refused_not_leader, leader_.value_or(NodeId{}).value);
    out_->proposal = ProposalOutcome{ProposalResult::not_leader, Index{}, Term{}, leader_};
    return;
  }
  // What is appended now would only keep the target from catching up (3.10).
  if (transfer_) {
    note(NoteKind::proposal_refused_transfer, transfer_->target.value);
    out_->proposal = ProposalOutcome{ProposalResult::busy, Index{}, Term{}, std::nullopt};
    return;
  }
  // What the leader itself cannot keep it should not ask others to.
  if (no_space_since_) {
    note(NoteKind::proposal_refused_busy, uncommitted_bytes());
    out_->proposal = ProposalOutcome{ProposalResult::busy, Index{}, Term{}, std::nullopt};
    return;
  }
  // Counted from the log itself, so that nothing can leak. A command longer than the whole bound passes when
  // it is alone, or it could never be taken. What the others commit while this server's disk hangs counts as
  // well: its memory holds it until it is written.
  const std::uint64_t uncommitted = uncommitted_bytes();
  const std::uint64_t unwritten = log_.bytes_after(std::max(durability_.durable(), inherited_last_));
  const auto exceeds = [&](std::uint64_t held) {
    return held > 0 && held + propose.payload.size() > config_.max_uncommitted_bytes;
  };
  if (exceeds(uncommitted) || exceeds(unwritten)) {
    note(NoteKind::proposal_refused_busy, std::max(uncommitted, unwritten));
    if (!exceeds(uncommitted) && (!hang_ || hang_->durable != durability_.durable())) {
      hang_ = Hang{now_, durability_.durable()};
    }
    out_->proposal = ProposalOutcome{ProposalResult::busy, Index{}, Term{}, std::nullopt};
    return;
  }
  append_to_log(EntryRef{term_, entry_hash(propose.kind, propose.payload), propose.payload, propose.kind});
  out_->proposal = ProposalOutcome{ProposalResult::accepted, log_.last(), term_, std::nullopt};
  replicate_to_all();
}

/// A server without space takes no proposals and does not campaign; else it goes on. As a leader it still
/// commits what the others hold (10.2.1: it counts itself only for what is durable here) and serves reads.
void Raft::on(const SpaceChanged& changed) {
  if (changed.space == Space::none) {
    if (!no_space_since_) no_space_since_ = now_;
    return;
  }
  no_space_since_.reset();
  restart_election_wait();
}

/// A short shortage does not cost an election. But a leader that takes no proposals for longer than an
/// election takes keeps the others from having one that does.
void Raft::yield_without_space() {
  if (now_ < *no_space_since_ + config_.election_timeout) return;
  note(NoteKind::stepped_down_disk_full, term_.value);
  become_follower(term_, std::nullopt);
}

/// The same for a disk that has not written anything for so long: while proposals are refused because of it
/// alone, the others commit whatever is proposed.
void Raft::yield_as_disk_hangs() {
  if (hang_->durable != durability_.durable()) return hang_.reset();
  if (now_ < hang_->since + config_.election_timeout) return;
  note(NoteKind::stepped_down_disk_hangs, term_.value);
  become_follower(term_, std::nullopt);
}

/// One time for everything that waits. A follower's deadline moves with every AppendEntries that it hears,
/// a leader's heartbeats with every AppendEntries that it sends: under load, neither ever comes.
void Raft::plan_wake() {
  if (role_ != Role::leader) {
    if (may_campaign()) out_->wake_at.emplace(election_deadline_);
  } else if (!peers_.empty()) {
    Instant wake = config_.check_quorum ? quorum_check_at_ : peers_.front().heartbeat_due;
    for (const Progress& follower : peers_) wake = std::min(wake, follower.heartbeat_due);
    out_->wake_at.emplace(wake);
  }
  if (transfer_) wake_by(transfer_->deadline);
  if (reads_under_way_ && role_ != Role::leader) {
    wake_by(ask_index_ ? ask_deadline_ : std::min(ask_again_at_, ask_deadline_));
  }
}

void Raft::wake_by(Instant time) { out_->wake_at = std::min(out_->wake_at.value_or(time), time); }

Message& Raft::send(NodeId to, MessageType type, std::optional<WriteId> after) {
  Send& send = out_->sends.emplace_back();
  send.to = to;
  send.after = after;
  send.message.type = type;
  send.message.term = term_;
  return send.message;
}

void Raft::note(NoteKind kind, std::uint64_t a, std::uint64_t b) { out_->notes.push_back(Note{kind, a, b}); }

}  // namespace raftsim::core
