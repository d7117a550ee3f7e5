// The server and its snapshots (chapter 5): taking them, and installing those that a leader sends. The image
// stays in memory while it is the latest, so that a leader sends it without reading its disk; it costs the
// size of the state once more. One file is written at a time; what the log no longer needs is removed once
// the snapshot is durable, and nothing is served from an installed one before that.
#include <algorithm>
#include <utility>

#include "core/server.hpp"
#include "core/server_steps.hpp"
#include "core/snapshot_format.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

Index Server::last_snapshot() const {
  return raft_.snapshot() != nullptr ? raft_.snapshot()->index : Index{};
}

void Server::plan_snapshot() {
  snapshot_due_ = config_.snapshot_every
                      ? std::optional(last_snapshot() + std::max<std::uint64_t>(1, *config_.snapshot_every))
                      : std::nullopt;
}

/// A server that joined and is sent the log from its beginning does not know which configuration that began
/// under before it meets the first entry of one (its own addition at the latest): until then a snapshot would
/// say that nobody is a member.
bool Server::may_take_snapshot() const {
  return applied_ > last_snapshot() && !raft_.configurations().at(applied_).voters.empty();
}

/// Precondition: may_take_snapshot().
void Server::take_snapshot(Effects& out) {
  CHECK(may_take_snapshot());
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->index = applied_;
  snapshot->term = raft_.log().term_at(applied_).value();
  snapshot->chain = raft_.log().chain_at(applied_);
  snapshot->configuration = raft_.configurations().at(applied_);
  make_image(machine_, *snapshot);
  const Index keep_from = applied_ + 1 - std::min(config_.trailing_entries, applied_.value);
  const SnapshotHeader header{disk_.start_for(keep_from), disk_.synced()};
  snapshot_writer_.begin(std::move(snapshot), header, disk_, out);
}

void Server::take_snapshot(const Admin& admin, Effects& out) {
  if (applied_ == last_snapshot()) {
    return reply_why(admin.client, admin.id, ReplyKind::refused, "nothing new to take", out);
  }
  if (!may_take_snapshot()) {
    return reply_why(admin.client, admin.id, ReplyKind::busy, "the configuration is not known yet", out);
  }
  if (snapshot_writer_.busy() || received_) {
    return reply_why(admin.client, admin.id, ReplyKind::busy, "a snapshot is being written", out);
  }
  take_snapshot(out);
  snapshot_asked_ = PendingAdmin{admin.client, admin.id};
}

/// All chunks are there. Only what can be restored is written.
void Server::snapshot_received() {
  ReceivedSnapshot& received = *output_.snapshot_received;
  std::optional<Snapshot> snapshot = open_image(std::move(received.bytes));
  StateMachine machine(config_.session_cap);
  snapshot_unusable_ = !snapshot || snapshot->index != received.index || snapshot->term != received.term ||
                       !restore_machine(*snapshot, machine);
  if (snapshot_unusable_) return;
  received_ = Received{std::make_shared<const Snapshot>(std::move(*snapshot)), std::move(machine)};
}

/// After each step: what the algorithm left to do with snapshots, and whether it is time for one.
void Server::snapshot_work(const raftsim::Input& input, Effects& out) {
  if (snapshot_writer_.busy()) return;
  const bool put_off = snapshot_not_before_.has_value();
  if (received_ && received_->snapshot->index <= raft_.commit()) {
    // Entries were faster.
    received_.reset();
    snapshot_unusable_ = true;
  } else if (received_) {
    if (!put_off) write_received(out);
  } else if (!put_off && snapshot_due_ && applied_ >= *snapshot_due_ && may_take_snapshot()) {
    take_snapshot(out);
  }
  if (std::exchange(snapshot_unusable_, false)) run_raft(SnapshotUnusable{}, input, out);
}

/// Unless the log has come to agree with it meanwhile, nothing of the log as it is now is of use behind this
/// snapshot: see Raft::adopt_snapshot. Then the log begins behind all that stands there, and what is still to
/// be written of the old one has to find its place first.
void Server::write_received(Effects& out) {
  const Snapshot& snapshot = *received_->snapshot;
  const bool keeps_log = raft_.log().holds(snapshot.index, snapshot.term);
  if (!keeps_log && (unwritten_entries_ || !disk_.batches_settled())) return;
  received_->writing = true;
  const LogStart start = keeps_log ? disk_.start_for(snapshot.index + 1) : disk_.next_place();
  snapshot_writer_.begin(received_->snapshot, SnapshotHeader{start, disk_.synced()}, disk_, out);
}

/// There is no space for it. It is begun anew later, with what is then true of the log.
void Server::snapshot_put_off(Instant now, Effects& out) {
  snapshot_not_before_ = now + config_.election_timeout;
  snapshot_writer_.give_up(disk_, out);
  if (received_) received_->writing = false;
  if (!snapshot_asked_) return;
  reply_why(snapshot_asked_->client, snapshot_asked_->id, ReplyKind::busy, "the disk has no space", out);
  snapshot_asked_.reset();
}

/// An operation on the snapshot's file has succeeded.
void Server::snapshot_written(const raftsim::Input& input, Effects& out) {
  const std::optional<SnapshotFile::Written> written = snapshot_writer_.done(disk_, out);
  if (!written) return;
  disk_.remove_before(written->log_start, out);
  const Snapshot& snapshot = *written->snapshot;
  if (!received_ || !received_->writing) {
    out.list.emplace_back(Note{NoteKind::snapshot_taken, snapshot.index.value, snapshot.bytes.size()});
  }
  run_raft(SnapshotDurable{written->snapshot}, input, out);
  if (received_ && received_->writing) {
    if (snapshot.index > applied_) {
      machine_ = std::move(received_->machine);
      applied_ = snapshot.index;
      apply_at_.reset();
      while (!proposals_.empty() && proposals_.front().index <= applied_) proposals_.pop();
    }
    received_.reset();
  } else if (snapshot_asked_) {
    out.list.emplace_back(Reply{snapshot_asked_->client, snapshot_asked_->id, ReplyKind::ok, snapshot.index,
                                Slice{}, std::nullopt});
    snapshot_asked_.reset();
  }
  plan_snapshot();
}

/// Recovery found a snapshot: the machine begins with it. False if it cannot.
bool Server::restore_snapshot(const Snapshot& snapshot) {
  if (!restore_machine(snapshot, machine_)) return false;
  applied_ = snapshot.index;
  return true;
}

}  // namespace raftsim::core
