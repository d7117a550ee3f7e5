// What Raft servers say to each other, before any encoding. A Message owns nothing: its entries point into
// the sender's log or into the receiver's decode buffer, so that nothing is copied until it is encoded.
#pragma once

#include <cstdint>
#include <span>

#include "seam/message_view.hpp"
#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim::core {

/// A log entry by reference. `hash` is raftsim::entry_hash(kind, payload); whoever makes an EntryRef (a
/// decoder, the recovery, a proposal) computes it once, and it travels with the entry from then on.
struct EntryRef {
  Term term;
  std::uint64_t hash = 0;
  ByteSpan payload;
  EntryKind kind = EntryKind::command;
};

/// Message::doubt of a server whose doubt never ends.
inline constexpr std::uint64_t doubt_for_good = ~std::uint64_t{0};

/// A piece of a snapshot on its way, or how far one has come.
struct SnapshotChunk {
  /// Request: where `data` begins. Response: the offset that the follower wants next.
  std::uint64_t offset = 0;
  /// Request: bytes of the whole snapshot. Response: repeats the request's `offset`.
  std::uint64_t size = 0;
  /// Of the whole snapshot's bytes: equal for copies of it on different servers only where they are equal.
  std::uint64_t hash = 0;
  ByteSpan data;
};

/// One message. Fields that a type does not name below are zero. Every number of a received message is
/// untrusted.
///
/// * pre_vote, request_vote: `index`, `index_term`: the candidate's last entry. `context`: the candidate's
///   number for this round of asking. `commanded`: an operator or the leader wants this election (3.10), so
///   a live leader is no reason to refuse it (4.2.3). `released`, with it: the leader of the term before
///   asked for it. A pre-vote's `term` is the one it would campaign for.
/// * timeout_now: nothing but the term: campaign at once (3.10).
/// * read_index: a follower asks for a read index (6.4). `context`: its number for this, which no other start
///   of it has. read_index_resp, granted: `match`: the read index; `context` repeated.
/// * pre_vote_resp, request_vote_resp: `granted`, `context` (repeated). A granted pre-vote repeats the term
///   asked for; a refused one tells the voter's own.
/// * append_entries: `index`, `index_term`: the entry before `entries`. `commit`: the leader's. `context`:
///   the latest round of read confirmation (6.4). Without entries it is a heartbeat. `leased`: the leader
///   counts on the receiver to vote for nobody within T of hearing this (6.4.1).
/// * append_entries_resp, granted: `index`: the last position that the request proved equal to the leader's
///   log, durable or not. `match`: the last such position that the follower promises to keep (durable once
///   the response departs); match <= index. `context` repeated.
/// * append_entries_resp, refused: `index`: the request's. `hint`, `hint_term` (the end of the
///   paper's 5.3): the term of the follower's entry at `index` and the first position that it holds of it;
///   where the follower's log is too short, hint_term is 0 and `hint` is the position after its last.
/// * install_snapshot (figure 5.3): `index`, `index_term`: the last entry that it covers. `context`,
///   `leased`: as in append_entries. `chunk`: a piece of it; without data it only asks how far the follower
///   is.
/// * install_snapshot_resp, granted: the follower has what the snapshot covers; `index`, `match` as in
///   append_entries_resp. Not granted: `index` and `index_term` repeated; `chunk` says what it wants next.
///   `context` repeated in both.
/// * doubt (doubt.cpp), in an append_entries_resp: the sender is in doubt, and nothing it says counts; the
///   number of its doubt, or doubt_for_good. In an append_entries: the number as last told by this follower;
///   then `hint` is the leader's last position.
struct Message {
  MessageType type = MessageType::unknown;
  bool granted = false;
  bool commanded = false;
  bool released = false;
  bool leased = false;
  Term term;
  Index index;
  Term index_term;
  Index commit;
  Index match;
  Index hint;
  Term hint_term;
  std::uint64_t context = 0;
  std::uint64_t doubt = 0;
  std::span<const EntryRef> entries;
  SnapshotChunk chunk;
};

}  // namespace raftsim::core
