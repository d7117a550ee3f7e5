// The server and its clients: requests, what committed entries do, answers.
#include <xxhash.h>

#include "core/commands.hpp"
#include "core/server.hpp"
#include "core/server_steps.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

void Server::reply(ClientId client, RequestId id, ReplyKind kind, Effects& out) {
  out.list.emplace_back(Reply{client, id, kind, Index{}, Slice{}, std::nullopt});
}

void Server::reply_not_leader(ClientId client, RequestId id, Effects& out) {
  hint_.clear();
  const NodeId leader = raft_.leader().value_or(NodeId{});
  encode_answer({.applied = false, .value = std::nullopt, .number = leader.value}, hint_);
  const Slice bytes = out.put(ByteSpan(hint_));
  out.list.emplace_back(Reply{client, id, ReplyKind::not_leader, Index{}, bytes, std::nullopt});
}

void Server::on(const Request& request, const raftsim::Input& input, Effects& out) {
  if (phase_ != Phase::serving) return reply(request.client, request.id, ReplyKind::busy, out);
  // Damaged on the way: as good as lost. Its sender would take any answer for one to what it asked.
  if (!request_intact(request.bytes)) {
    out.list.emplace_back(Note{NoteKind::bad_message_ignored, request.client.value, 0});
    return;
  }
  const std::optional<CommandView> command = parse_request(request.bytes);
  CHECK(command.has_value());
  if (command->kind != OperationKind::get) return propose(request, input, out);
  switch (command->read) {
    case ReadMode::log:
      return propose(request, input, out);
    case ReadMode::read_index:
    case ReadMode::lease:
    case ReadMode::follower:
      return request_read(request, *command, input, out);
    case ReadMode::local_unsafe:
      return read_locally(request, command->key, out);
  }
}

void Server::propose(const Request& request, const raftsim::Input& input, Effects& out) {
  // What is committed and not yet applied counts as well: a slow state machine must not make memory grow.
  if (proposals_.size() >= pending_proposals_max) {
    out.list.emplace_back(Note{NoteKind::proposal_refused_busy, raft_.uncommitted_bytes(), 0});
    return reply(request.client, request.id, ReplyKind::busy, out);
  }
  run_raft(Propose{request.bytes, EntryKind::command}, input, out);
  CHECK(output_.proposal.has_value());
  const ProposalOutcome& outcome = *output_.proposal;
  switch (outcome.result) {
    case ProposalResult::accepted:
      proposals_.push() = {outcome.index, outcome.term, request.client, request.id};
      return;
    case ProposalResult::not_leader:
      return reply_not_leader(request.client, request.id, out);
    case ProposalResult::busy:
      return reply(request.client, request.id, ReplyKind::busy, out);
  }
}

void Server::request_read(const Request& request, const CommandView& command, const raftsim::Input& input,
                          Effects& out) {
  // The algorithm bounds what waits for a leader's confirmation; this, what waits for the state machine too.
  if (reads_.size() >= pending_reads_max) return reply(request.client, request.id, ReplyKind::busy, out);
  PendingRead& read = reads_.push();
  read.client = request.client;
  read.id = request.id;
  read.key = command.key;
  read.answered = false;
  run_raft(ReadRequest{first_read_ + (reads_.size() - 1), command.read}, input, out);
}

/// Whatever this server has applied, however old: not a read of the replicated state (ReadMode).
void Server::read_locally(const Request& request, std::string_view key, Effects& out) {
  const Slice bytes = out.put(machine_.read(key));
  out.list.emplace_back(Reply{request.client, request.id, ReplyKind::ok, applied_, bytes, std::nullopt});
}

void Server::note_reads() {
  for (const ReadReady& ready : output_.reads_ready) ready_reads_.push() = ready;
}

/// What this server proposed as the leader of an earlier term, or before it left, may still commit, or not:
/// nothing can be said. But what is committed by now is answered once it is applied, as ever.
void Server::drop_lost_proposals() {
  const bool leads = raft_.role() == Role::leader;
  const auto lost = [&](const PendingProposal& proposal) {
    if (leads && proposal.term == raft_.term()) return false;
    return proposal.index > raft_.commit() || raft_.log().term_at(proposal.index) != proposal.term;
  };
  while (!proposals_.empty() && lost(proposals_.back())) proposals_.pop_back();
}

void Server::apply_next(Effects& out) {
  const Index index = applied_ + 1;
  const EntryRef& entry = raft_.log().at(index);
  const StateMachine::Outcome outcome = machine_.apply(index, entry.kind, entry.payload);
  applied_ = index;
  if (outcome.note) out.list.emplace_back(*outcome.note);
  const bool has_bytes = outcome.answers && !outcome.bytes.empty();
  out.list.emplace_back(
      Applied{.index = index,
              .term = entry.term,
              .hash = entry.hash,
              .result_hash = has_bytes ? XXH3_64bits(outcome.bytes.data(), outcome.bytes.size()) : 0,
              .state_hash = machine_.hash()});
  if (proposals_.empty() || proposals_.front().index != index) return;
  const PendingProposal proposal = proposals_.front();
  proposals_.pop();
  CHECK(proposal.term == entry.term);
  if (!outcome.answers) return;
  const Slice bytes = out.put(outcome.bytes);
  out.list.emplace_back(
      Reply{proposal.client, proposal.id, outcome.kind, outcome.position, bytes, std::nullopt});
}

void Server::apply_committed(Instant now, Effects& out) {
  const Index commit = raft_.commit();
  if (config_.apply_delay <= Duration{0}) {
    while (applied_ < commit) apply_next(out);
  } else {
    if (applied_ < commit && !apply_at_) apply_at_ = now + config_.apply_delay;
    while (apply_at_ && *apply_at_ <= now) {
      apply_next(out);
      apply_at_ = applied_ < commit ? std::optional(*apply_at_ + config_.apply_delay) : std::nullopt;
    }
  }
  serve_reads(out);
}

/// Marks a read as answered and forgets the answered ones at the front. The reference is valid until the next
/// read is noted.
Server::PendingRead& Server::take_read(ReadId id) {
  PendingRead& read = reads_.at(id - first_read_);
  CHECK(!read.answered);
  read.answered = true;
  while (!reads_.empty() && reads_.front().answered) {
    reads_.pop();
    ++first_read_;
  }
  return read;
}

/// A read changes nothing: whoever asked may ask again at once.
void Server::fail_reads(Effects& out) {
  for (const ReadFailed& failed : output_.reads_failed) {
    const PendingRead& read = take_read(failed.id);
    if (failed.reason == ReadFailure::busy || failed.reason == ReadFailure::timed_out) {
      reply(read.client, read.id, ReplyKind::busy, out);
    } else {
      reply_not_leader(read.client, read.id, out);
    }
  }
  output_.reads_failed.clear();
}

/// In the order in which their indexes were decided. One behind another with a higher index waits for that,
/// which makes it no staler.
void Server::serve_reads(Effects& out) {
  while (!ready_reads_.empty() && ready_reads_.front().index <= applied_) {
    const PendingRead& read = take_read(ready_reads_.front().id);
    ready_reads_.pop();
    const Slice bytes = out.put(machine_.read(read.key));
    out.list.emplace_back(Reply{read.client, read.id, ReplyKind::ok, applied_, bytes, std::nullopt});
  }
  if (!output_.reads_failed.empty()) fail_reads(out);
}

}  // namespace raftsim::core
