#include "core/server.hpp"

#include <algorithm>

#include "core/server_steps.hpp"
#include "core/wire.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

/// `a`, or `b` where that is earlier.
void keep_earlier(std::optional<Instant>& a, const std::optional<Instant>& b) {
  if (b && (!a || *b < *a)) a = *b;
}

}  // namespace

// The scratch stays behind: it says nothing between steps.
Server::Server(const Server& other)
    : Process(Copy{}),
      phase_(other.phase_),
      self_(other.self_),
      config_(other.config_),
      start_members_(other.start_members_),
      boot_(other.boot_),
      start_commit_(other.start_commit_),
      raft_(other.raft_),
      disk_(other.disk_),
      machine_(other.machine_),
      applied_(other.applied_),
      recovery_(other.recovery_),
      found_(other.found_),
      unwritten_from_(other.unwritten_from_),
      unwritten_entries_(other.unwritten_entries_),
      unwritten_state_(other.unwritten_state_),
      space_try_at_(other.space_try_at_),
      held_back_(other.held_back_),
      raft_wake_(other.raft_wake_),
      apply_at_(other.apply_at_),
      proposals_(other.proposals_),
      reads_(other.reads_),
      first_read_(other.first_read_),
      ready_reads_(other.ready_reads_),
      transfer_(other.transfer_),
      change_(other.change_),
      snapshot_writer_(other.snapshot_writer_),
      snapshot_not_before_(other.snapshot_not_before_),
      snapshot_due_(other.snapshot_due_),
      snapshot_asked_(other.snapshot_asked_),
      received_(other.received_),
      snapshot_unusable_(other.snapshot_unusable_) {}

std::unique_ptr<Process> Server::clone() const { return std::unique_ptr<Process>(new Server(*this)); }

void Server::step(const raftsim::Input& input, Effects& out) {
  if (phase_ == Phase::stopped) return;
  CHECK((phase_ == Phase::off) == std::holds_alternative<Start>(input.what));
  std::visit([&](const auto& what) { on(what, input, out); }, input.what);
  if (phase_ != Phase::serving) return;
  apply_committed(input.now, out);
  if (snapshot_not_before_ && *snapshot_not_before_ <= input.now) [[unlikely]]
    snapshot_not_before_.reset();
  if (received_ || snapshot_unusable_ || (snapshot_due_ && applied_ >= *snapshot_due_)) [[unlikely]] {
    snapshot_work(input, out);
  }
  set_by_value(out.wake_at, raft_wake_);
  keep_earlier(out.wake_at, apply_at_);
  if (snapshot_not_before_) [[unlikely]]
    keep_earlier(out.wake_at, snapshot_not_before_);
  if (space_try_at_ && disk_.idle()) keep_earlier(out.wake_at, space_try_at_);
}

void Server::on(const Start& start, const raftsim::Input&, Effects& out) {
  CHECK(start.options != nullptr);
  self_ = start.self;
  config_ = *start.options;
  if (start.boot != Boot::join && start.members != nullptr) start_members_ = *start.members;
  boot_ = start.boot;
  start_commit_ = start.commit;
  machine_ = StateMachine(config_.session_cap);
  phase_ = Phase::listing;
  disk_.list(out);
}

void Server::on(const Receive& receive, const raftsim::Input& input, Effects& out) {
  if (phase_ != Phase::serving) return;
  Message message;
  const WireFault fault = decode_message(receive.bytes, received_entries_, message);
  if (fault != WireFault::none) {
    out.list.emplace_back(
        Note{NoteKind::bad_message_ignored, receive.from.value, static_cast<std::uint64_t>(fault)});
    return;
  }
  run_raft(MessageReceived{receive.from, &message}, input, out);
}

void Server::on(const Wake&, const raftsim::Input& input, Effects& out) {
  // It may be the state machine's time only.
  if (phase_ == Phase::serving && raft_wake_ && *raft_wake_ <= input.now) run_raft(WakeUp{}, input, out);
  if (phase_ == Phase::serving && space_try_at_ && *space_try_at_ <= input.now && disk_.idle()) {
    CHECK(unwritten_state_ || unwritten_entries_);
    space_try_at_ = input.now;
    write_if_due(input.now, out);
  }
}

void Server::on(const Connected& link, const raftsim::Input& input, Effects& out) {
  if (phase_ == Phase::serving) run_raft(LinkChanged{link.peer, LinkState::restored}, input, out);
}

void Server::on(const Disconnected& link, const raftsim::Input& input, Effects& out) {
  if (phase_ == Phase::serving) run_raft(LinkChanged{link.peer, LinkState::broken}, input, out);
}

void Server::send_messages(Effects& out) {
  for (const Send& send : output_.sends) {
    std::optional<DiskOp> after;
    if (send.after && *send.after > raft_.durability().last_completed()) {
      after = disk_.covering(*send.after);
      if (!after) {
        hold_back(send);
        continue;
      }
    }
    const Slice bytes = encode_message(send.message, out.arena);
    // Filled where it stands.
    auto& sent = std::get<raftsim::Send>(out.list.emplace_back(std::in_place_type<raftsim::Send>));
    sent.to = send.to;
    sent.bytes = bytes;
    if (after) sent.after = *after;
  }
}

void Server::hold_back(const Send& send) {
  // A disk that hangs must not make the server's memory grow: the oldest then counts as lost on the way.
  constexpr std::size_t held_back_max = 64;
  if (held_back_.size() == held_back_max) held_back_.erase(held_back_.begin());
  HeldBack& held = held_back_.emplace_back();
  held.to = send.to;
  held.type = send.message.type;
  held.term = send.message.term;
  held.after = *send.after;
  encode_message(send.message, held.bytes);
}

/// Whether sending it now would say what is not so any more. Of an earlier term, it is of use to nobody, and
/// what it vouches for may have been replaced in the log before it was ever written. Votes are asked for and
/// given on the log as it is: once the term has a leader, that log grows. An acknowledgement stays true:
/// within a term nothing that was acknowledged is removed.
bool Server::outdated(const HeldBack& held) const {
  if (held.term < raft_.term()) return true;
  if (held.type == MessageType::request_vote) return raft_.role() != Role::candidate;
  return held.type == MessageType::request_vote_resp && raft_.leader().has_value();
}

void Server::send_held_back(Effects& out) {
  std::erase_if(held_back_, [this](const HeldBack& held) { return outdated(held); });
  std::size_t sent = 0;
  for (; sent < held_back_.size() && held_back_[sent].after <= disk_.issued(); ++sent) {
    const HeldBack& held = held_back_[sent];
    out.list.emplace_back(raftsim::Send{held.to, out.put(ByteSpan(held.bytes)), disk_.covering(held.after)});
  }
  held_back_.erase(held_back_.begin(), held_back_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void Server::inspect(View& out) const {
  const bool came_up = raft_.self() != NodeId{};
  if (!came_up) {
    out = View{};
    return;
  }
  // Field by field: emptying all of it first would cost as much again, at every step.
  out.shows = Shows::everything;
  out.role = raft_.role();
  out.term = raft_.term();
  out.vote = raft_.vote();
  out.leader = raft_.leader();
  out.commit = raft_.commit();
  out.applied = applied_;
  out.first = raft_.log().first();
  out.last = raft_.log().last();
  out.configuration = &raft_.configuration();
  if (raft_.role() == Role::leader) {
    raft_.view_peers(peers_);
    out.peers = {peers_.data(), peers_.size()};
  } else {
    out.peers = {};
  }
  out.uncommitted_bytes = raft_.uncommitted_bytes();
  out.pending_reads = raft_.pending_reads();
  out.sessions = machine_.sessions();
  if (const SnapshotRef& snapshot = raft_.snapshot()) {
    out.snapshot.emplace(SnapshotView{snapshot->index, snapshot->term, snapshot->state_hash});
    out.snapshot_configuration = &snapshot->configuration;
  } else {
    out.snapshot.reset();
    out.snapshot_configuration = nullptr;
  }
  set_by_value(out.lease_end, raft_.lease_end());
}

EntryView Server::entry(Index index) const {
  const EntryRef& entry = raft_.log().at(index);
  return {entry.term, entry.kind, entry.hash};
}

}  // namespace raftsim::core
