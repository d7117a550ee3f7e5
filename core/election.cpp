// Elections (3.4), the pre-vote phase (9.6), and what keeps a working leader from being disturbed (4.2.3,
// 6.2).
//
// Why AppendEntries of term t may leave without waiting for a write, although term and vote of t must be
// durable by then: a candidate's RequestVotes leave after the write of its term and its vote, so whoever is
// granted one has that write behind it; and its own vote counts only once it is durable, which covers the
// server that needs no other.
#include <algorithm>

#include "core/raft.hpp"

namespace raftsim::core {

Duration election_wait(Duration election_timeout, std::uint64_t entropy) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(entropy) * static_cast<Wide>(election_timeout.ns);
  return election_timeout + Duration{static_cast<std::int64_t>(product >> 64)};
}

/// Learners never campaign (4.2.1), nor do servers that have left, nor who may have lost what it promised
/// (doubt.cpp). One that the latest configuration leaves out, and that does not know it to be committed, does
/// (4.2.2); its own vote then does not count. Without space on its disk, a candidate could not keep its vote.
std::optional<CampaignOutcome> Raft::why_no_campaign() const {
  if (standing_ == Standing::passive || term_ >= term_max) return CampaignOutcome::refused_not_voter;
  if (doubt_ == Doubt::hard_state) return CampaignOutcome::refused_doubt_for_good;
  if (in_doubt()) return CampaignOutcome::refused_in_doubt;
  if (no_space_since_) return CampaignOutcome::refused_no_space;
  return std::nullopt;
}

/// Whether this server has reason to believe in a working leader. A leader has: with check quorum it heard a
/// quorum within about T, or it would have stepped down.
bool Raft::leader_alive() const {
  if (role_ == Role::leader) return true;
  return leader_.has_value() && now_ < leader_heard_ + config_.election_timeout;
}

void Raft::restart_election_wait() {
  if (!may_campaign()) return;
  if (draw_wait_) {
    election_wait_ = election_wait(config_.election_timeout, entropy_);
    out_->entropy_used = true;
    draw_wait_ = false;
  }
  election_deadline_ = now_ + election_wait_;
}

void Raft::election_due() {
  note(NoteKind::election_timed_out, (term_ + 1).value);
  if (config_.pre_vote) {
    pre_campaign();
  } else {
    campaign(Cause::timeout);
  }
}

void Raft::on(const CampaignNow&) {
  if (role_ == Role::leader) {
    out_->campaign = CampaignOutcome::refused_leads_already;
    return;
  }
  if (const auto refused = why_no_campaign()) {
    out_->campaign = *refused;
    return;
  }
  // An operator cannot speak for the leader: its lease ends by time, or by a transfer.
  if (promised()) {
    out_->campaign = CampaignOutcome::refused_promised;
    return;
  }
  out_->campaign = CampaignOutcome::started;
  note(NoteKind::campaign_commanded, (term_ + 1).value);
  campaign(Cause::command);
}

/// Asks whether an election could be won, without touching term or vote: a server that was cut off comes back
/// without disturbing anybody (9.6). The leader it knew did not answer in time and is forgotten; believing in
/// it would refuse others their pre-votes.
void Raft::pre_campaign() {
  become(Role::pre_candidate);
  leader_.reset();
  fail_reads(ReadFailure::leader_changed);
  ++ballot_;
  granted_.clear();
  draw_wait_ = true;
  restart_election_wait();
  ask_for_votes(MessageType::pre_vote, term_ + 1, Cause::timeout);
  count_vote(self_);
}

void Raft::campaign(Cause cause) {
  ++term_;
  vote_ = self_;
  leader_.reset();
  fail_reads(ReadFailure::leader_changed);
  persist_hard_state();
  become(Role::candidate);
  ++ballot_;
  granted_.clear();
  draw_wait_ = true;
  restart_election_wait();
  ask_for_votes(MessageType::request_vote, term_, cause);
}

void Raft::ask_for_votes(MessageType type, Term term, Cause cause) {
  // A RequestVote tells others of the candidate's vote for itself.
  const std::optional<WriteId> after = type == MessageType::request_vote ? gate(Index{}) : std::nullopt;
  const auto ask = [&](NodeId voter) {
    Message& request = send(voter, type, after);
    request.commanded = cause != Cause::timeout;
    request.released = cause == Cause::transfer;
    request.term = term;
    request.index = log_.last();
    request.index_term = log_.last_term();
    request.context = ballot_;
  };
  for (NodeId voter : configuration().voters) {
    if (voter != self_) ask(voter);
  }
  for (NodeId voter : configuration().voters_outgoing) {
    if (voter != self_ && !contains(configuration().voters, voter)) ask(voter);
  }
}

/// A set, not a number: answers may be duplicated. is_quorum() counts the voters in it only.
void Raft::count_vote(NodeId from) {
  const auto at = std::lower_bound(granted_.begin(), granted_.end(), from);
  if (at != granted_.end() && *at == from) return;
  granted_.insert(at, from);
  if (!is_quorum(configuration(), granted_)) return;
  if (role_ == Role::pre_candidate) {
    campaign(Cause::timeout);
  } else {
    become_leader();
  }
}

void Raft::become_leader() {
  if (transfer_) end_transfer(TransferEnd::lost);
  become(Role::leader);
  leader_ = self_;
  lease_given_up_ = false;
  inherited_last_ = log_.last();
  quorum_check_at_ = now_ + config_.election_timeout;
  peers_.clear();
  set_peers(log_.last() + 1);
  // A change that its leader could not finish: this one does.
  membership_busy_ = configuration().joint() || configurations_.latest_index() > commit_;
  // Commits what earlier terms left behind, and makes read indexes available, without a client (6.4).
  if (config_.no_op) {
    append_to_log(EntryRef{term_, entry_hash(EntryKind::no_op, {}), {}, EntryKind::no_op});
  }
  // With or without an entry, the first AppendEntries tells everybody who leads (paper 5.2).
  replicate_to_all();
}

void Raft::on_vote_request(NodeId from, const Message& message) {
  const bool pre_vote = message.type == MessageType::pre_vote;
  // Answered with the newer term: else a candidate with the better log and the older term, and one with the
  // worse log and the newer term, would refuse each other for ever.
  if (message.term < term_) return refuse_vote(from, message, NoteKind::vote_refused_stale_term);
  // Before the term is looked at: a server that nobody needs to hear must not raise terms (4.2.3, 6.2, 9.6).
  const bool leader_protected = (pre_vote || config_.check_quorum) && !message.commanded;
  if (leader_protected && leader_alive()) {
    return refuse_vote(from, message, NoteKind::vote_refused_leader_alive);
  }
  if (promised() && !message.released) {
    return refuse_vote(from, message, NoteKind::vote_refused_promised);
  }
  // A pre-vote changes nothing here, neither term nor vote nor timer.
  if (!pre_vote && message.term > term_) adopt_term(from, message.term, std::nullopt);
  if (const std::optional<NoteKind> why = why_refuse_vote(from, message)) {
    return refuse_vote(from, message, *why);
  }
  grant_vote(from, message);
}

/// Precondition: message.term >= term_, and for a RequestVote equal.
std::optional<NoteKind> Raft::why_refuse_vote(NodeId from, const Message& message) const {
  if (message.term == term_) {
    if (role_ == Role::leader || role_ == Role::candidate) return NoteKind::vote_refused_role;
    if (vote_.has_value() && *vote_ != from) return NoteKind::vote_refused_voted_other;
  }
  // Neither the log nor the vote can be compared with what is lost.
  if (in_doubt()) return NoteKind::vote_refused_in_doubt;
  if (!up_to_date(message)) return NoteKind::vote_refused_log_behind;
  return std::nullopt;
}

/// The candidate's log is at least as up to date as this one: first by the last terms, then by length
/// (3.6.1).
bool Raft::up_to_date(const Message& message) const {
  if (message.index_term != log_.last_term()) return message.index_term > log_.last_term();
  return message.index >= log_.last();
}

void Raft::refuse_vote(NodeId from, const Message& message, NoteKind why) {
  std::uint64_t detail = 0;
  if (why == NoteKind::vote_refused_stale_term) detail = message.term.value;
  if (why == NoteKind::vote_refused_voted_other) detail = vote_.value_or(NodeId{}).value;
  if (why == NoteKind::vote_refused_log_behind) detail = message.index.value;
  if (why == NoteKind::vote_refused_promised) {
    detail = static_cast<std::uint64_t>(promised_until_.value_or(Instant{}).ns);
  }
  if (why == NoteKind::vote_refused_leader_alive) detail = leader_.value_or(NodeId{}).value;
  if (why == NoteKind::vote_refused_in_doubt) detail = message.term.value;
  if (why == NoteKind::vote_refused_role) detail = static_cast<std::uint64_t>(role_);
  note(why, from.value, detail);
  const bool pre_vote = message.type == MessageType::pre_vote;
  // A candidate whose term was not adopted could only drop the answer as stale.
  if (!pre_vote && message.term > term_) return;
  send(from, pre_vote ? MessageType::pre_vote_resp : MessageType::request_vote_resp, std::nullopt).context =
      message.context;
}

void Raft::grant_vote(NodeId from, const Message& message) {
  if (message.type == MessageType::pre_vote) {
    Message& response = send(from, MessageType::pre_vote_resp, std::nullopt);
    response.granted = true;
    response.term = message.term;
    response.context = message.context;
    return;
  }
  if (vote_ != from) {
    vote_ = from;
    persist_hard_state();
  }
  restart_election_wait();
  note(NoteKind::vote_granted, from.value, term_.value);
  Message& response = send(from, MessageType::request_vote_resp, gate(Index{}));
  response.granted = true;
  response.context = message.context;
}

/// Precondition: the response is of this term, or for a granted pre-vote of the next.
void Raft::on_vote_response(NodeId from, const Message& message) {
  const bool pre_vote = message.type == MessageType::pre_vote_resp;
  // Pre-votes of an earlier round speak of a leader that may have come back since.
  const bool awaited =
      pre_vote ? role_ == Role::pre_candidate && message.context == ballot_ : role_ == Role::candidate;
  if (!awaited) return note(NoteKind::stale_message_ignored, from.value, message.term.value);
  if (message.granted) count_vote(from);
}

/// A leader that has not heard from a quorum within T steps down: its clients then look for another (6.2).
void Raft::check_quorum() {
  heard_scratch_.clear();
  heard_scratch_.push_back({self_, now_});
  for (const Progress& follower : peers_) heard_scratch_.push_back({follower.node, follower.heard});
  const Instant heard =
      agreed<Instant>(configuration(), {heard_scratch_.data(), heard_scratch_.size()}, Instant{});
  quorum_check_at_ = heard + config_.election_timeout;
  if (now_ < quorum_check_at_) return;
  note(NoteKind::stepped_down_no_quorum, term_.value);
  become_follower(term_, std::nullopt);
}

}  // namespace raftsim::core
