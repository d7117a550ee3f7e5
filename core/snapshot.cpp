// Snapshots (chapter 5): compaction of the log, and InstallSnapshot for followers that need what it no longer
// holds. Of the figure's two ways to lay it out, chunks are acknowledged with the offset that the follower
// wants next, so that a transfer goes on where it stands: after loss, reordering and duplication, after a
// restart of the follower (from nothing), and under a new leader that has the same bytes.
//
// What the leader compacts while it sends: a transfer that is alive keeps the snapshot it began with, and
// begins anew with the latest only when the follower has been silent for T. So memory is bounded by one
// snapshot for each follower that is behind, and a slow follower still comes to the end of one.
//
// The log is never kept for a follower: whoever falls behind Options::trailing_entries gets a snapshot.
#include "core/snapshot.hpp"

#include <algorithm>
#include <limits>

#include "core/raft.hpp"

namespace raftsim::core {

namespace {

/// Chunks on their way to one follower.
constexpr std::uint64_t transfer_window = 8;

/// Beyond this, nobody's snapshot is believed in.
constexpr std::uint64_t snapshot_bytes_max = std::numeric_limits<std::uint32_t>::max();

bool makes_sense(const Message& message) {
  const SnapshotChunk& chunk = message.chunk;
  return message.index != Index{} && message.index <= index_max && message.index_term != Term{} &&
         chunk.size != 0 && chunk.size <= snapshot_bytes_max && chunk.offset <= chunk.size &&
         chunk.data.size() <= chunk.size - chunk.offset;
}

}  // namespace

// ---- every server

void Raft::on(const SnapshotDurable& durable) {
  const SnapshotRef& snapshot = durable.snapshot;
  const bool awaited = storing_ && storing_->index == snapshot->index && storing_->hash == snapshot->hash;
  if (awaited) storing_.reset();
  const bool keeps_log = adopt_snapshot(*snapshot);
  if (snapshot_ == nullptr || snapshot_->index < snapshot->index) snapshot_ = snapshot;
  if (keeps_log) compact_behind(snapshot->index);
  if (awaited && role_ != Role::leader && leader_) {
    acknowledge_committed(*leader_, MessageType::install_snapshot_resp, 0);
  }
}

void Raft::on(const SnapshotUnusable&) { storing_.reset(); }

/// What the snapshot covers is committed and durable from here on. Whether the log agrees with it, and is
/// kept behind it; else it is discarded as a whole (figure 5.3): what it has is too short or not what
/// was committed.
bool Raft::adopt_snapshot(const Snapshot& snapshot) {
  if (snapshot.index <= commit_) {
    durability_.snapshot(snapshot.index, Durability::Snapshotted::keeps_log);
    return true;
  }
  note(NoteKind::snapshot_installed, snapshot.index.value, snapshot.term.value);
  const bool keeps_log = log_.holds(snapshot.index, snapshot.term);
  if (keeps_log) {
    durability_.snapshot(snapshot.index, Durability::Snapshotted::keeps_log);
    follow_commit(snapshot.index, snapshot.index);
  } else {
    // No leader can lack what is committed.
    if (role_ == Role::leader) become_follower(term_, std::nullopt);
    log_.restart(snapshot.index, snapshot.term, snapshot.chain);
    durability_.snapshot(snapshot.index, Durability::Snapshotted::discards_log);
    configurations_.restart(snapshot.index, snapshot.configuration);
    raise_commit(snapshot.index);
    configuration_in_force();
    out_->log_discarded = true;
    // Writes of entries that are gone may not have been issued. This one takes their place, so that whatever
    // waits for them does not wait for ever.
    persist_hard_state();
  }
  return keeps_log;
}

/// Entries whose own write is not complete stay: whoever writes them reads them from the log.
void Raft::compact_behind(Index snapshot_index) {
  const Index keep_from = snapshot_index - std::min(config_.trailing_entries, snapshot_index.value);
  const Index upto = std::min(keep_from, durability_.written());
  if (upto >= log_.first()) log_.compact(upto);
  configurations_.compact(snapshot_index);
}

// ---- follower

void Raft::on_install_snapshot(NodeId from, const Message& message) {
  if (message.term < term_) {
    note(NoteKind::stale_message_ignored, from.value, message.term.value);
    send(from, MessageType::install_snapshot_resp, std::nullopt).index = message.index;
    return;
  }
  if (!makes_sense(message)) return note(NoteKind::bad_message_ignored, from.value);
  if (!hear_leader(from, message)) return;
  // The log may have the last entry covered without knowing that it is committed. Then it equals the
  // leader's up to there, and nothing need be sent: whatever follows is kept (figure 5.3, receiver's step 6).
  const bool held = message.index > commit_ && log_.holds(message.index, message.index_term);
  if (message.index > commit_ && !held) return take_chunk(from, message);
  note(NoteKind::snapshot_ignored, from.value, message.index.value);
  if (held) follow_commit(message.index, message.index);
  acknowledge_committed(from, MessageType::install_snapshot_resp, message.context);
}

/// The answer promises nothing, and so waits for nothing.
void Raft::take_chunk(NodeId from, const Message& message) {
  const SnapshotIdentity identity = identity_of(message);
  std::uint64_t wanted = 0;
  if (storing_) {
    // One at a time. Of another one, nothing is taken before this one is durable.
    if (storing_ == identity) wanted = identity.size;
  } else {
    if (!incoming_.is(identity)) incoming_.begin(identity);
    incoming_.take(message.chunk);
    wanted = incoming_.wanted();
    if (incoming_.complete()) {
      if (auto bytes = incoming_.release()) {
        out_->snapshot_received = ReceivedSnapshot{message.index, message.index_term, std::move(*bytes)};
        storing_ = identity;
      } else {
        note(NoteKind::bad_message_ignored, from.value);
        wanted = 0;
      }
    }
  }
  Message& response = send(from, MessageType::install_snapshot_resp, std::nullopt);
  response.index = message.index;
  response.index_term = message.index_term;
  response.context = message.context;
  response.chunk = {.offset = wanted, .size = message.chunk.offset, .hash = identity.hash, .data = {}};
  if (in_doubt()) tell_doubt(response);
}

// ---- leader

void Raft::begin_transfer(Progress& follower) {
  // Only a snapshot makes a log begin later than at its first entry.
  CHECK(snapshot_ != nullptr);
  note(NoteKind::snapshot_sent, follower.node.value, snapshot_->index.value);
  follower.needs(snapshot_);
  // One, until it is answered: another leader may have brought most of it already.
  follower.transfer.next = send_chunk(follower, 0, config_.snapshot_chunk_bytes);
}

/// Returns where the chunk ends.
std::uint64_t Raft::send_chunk(Progress& follower, std::uint64_t offset, std::uint64_t bytes_max) {
  const Snapshot& snapshot = *follower.transfer.snapshot;
  const std::uint64_t size = snapshot.bytes.size();
  const std::uint64_t length = std::min(bytes_max, size - offset);
  if (out_->chunks_of.empty() || out_->chunks_of.back() != follower.transfer.snapshot) {
    out_->chunks_of.push_back(follower.transfer.snapshot);
  }
  Message& install = send(follower.node, MessageType::install_snapshot, std::nullopt);
  install.index = snapshot.index;
  install.index_term = snapshot.term;
  number_round(follower, install);
  install.chunk = {.offset = offset,
                   .size = size,
                   .hash = snapshot.hash,
                   .data = ByteSpan(snapshot.bytes).subspan(offset, length)};
  follower.heartbeat_due = now_ + config_.heartbeat_interval;
  return offset + length;
}

void Raft::send_chunks(Progress& follower) {
  SnapshotTransfer& transfer = follower.transfer;
  const std::uint64_t window = transfer_window * config_.snapshot_chunk_bytes;
  while (transfer.next < transfer.snapshot->bytes.size() && transfer.next < transfer.wanted + window) {
    transfer.next = send_chunk(follower, transfer.next, config_.snapshot_chunk_bytes);
  }
}

/// Nothing was sent for a heartbeat's time: what the follower wants was lost, or comes late, or the follower
/// has all and is making it durable. One that is silent is only asked, not sent the same bytes over and over.
void Raft::transfer_due(Progress& follower) {
  SnapshotTransfer& transfer = follower.transfer;
  const bool silent = follower.heard + config_.election_timeout <= now_;
  if (!silent) {
    const std::uint64_t end = send_chunk(follower, transfer.wanted, config_.snapshot_chunk_bytes);
    transfer.next = std::max(transfer.next, end);
    return;
  }
  if (transfer.snapshot->index < snapshot_->index) {
    note(NoteKind::snapshot_sent, follower.node.value, snapshot_->index.value);
    follower.needs(snapshot_);
  }
  transfer.next = send_chunk(follower, transfer.wanted, 0);
}

void Raft::on_install_response(NodeId from, const Message& message) {
  Progress* follower = role_ == Role::leader ? peer(from) : nullptr;
  if (follower == nullptr) return note(NoteKind::stale_message_ignored, from.value, message.term.value);
  if (message.index > log_.last() || message.match > message.index) {
    return note(NoteKind::bad_message_ignored, from.value);
  }
  const bool doubtful = took_doubt(*follower, message);
  if (!doubtful || message.doubt != doubt_for_good) follower->heard = now_;
  SnapshotTransfer& transfer = follower->transfer;
  if (message.granted) {
    if (follower->state == PeerState::snapshot) end_transfer(*follower, message.index);
    if (follower->acknowledged(message.index, doubtful ? Index{} : message.match)) advance_commit();
    replicate(*follower);
  } else if (follower->state == PeerState::snapshot && message.chunk.hash == transfer.snapshot->hash &&
             message.chunk.offset <= transfer.snapshot->bytes.size()) {
    transfer.heard(message.chunk.size, message.chunk.offset);
    send_chunks(*follower);
  } else {
    note(NoteKind::stale_message_ignored, from.value, message.term.value);
  }
  if (!doubtful) read_round_answered(*follower, message);
  if (transfer_ && transfer_->target == from) transfer_->due = true;
}

/// The follower has all up to `proved`. Where that is still before what the log holds (it took long, and the
/// leader has compacted meanwhile), the next snapshot follows.
void Raft::end_transfer(Progress& follower, Index proved) {
  if (proved + 1 >= log_.first()) {
    follower.has_snapshot(proved);
  } else if (proved >= follower.transfer.snapshot->index) {
    begin_transfer(follower);
  }
}

}  // namespace raftsim::core
