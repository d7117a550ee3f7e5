// What a leader believes about one follower (3.5, 10.2.1; the states are the practice of production
// libraries). In `probe` it looks for the point where the logs agree, one request at a time; in `replicate`
// it sends ahead of the acknowledgements, within a window; in `snapshot` it sends what the log does not hold
// any more as a snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/snapshot.hpp"
#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim::core {

/// The AppendEntries on their way to one follower, by the last position that each carries. Bounded by the
/// window; its memory is kept.
class Inflight {
 public:
  void push(Index last);
  /// Those that end at or before `proved` have arrived.
  void arrived(Index proved);
  void clear() { count_ = 0; }
  std::size_t size() const { return count_; }

 private:
  std::vector<Index> ring_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

/// A snapshot on its way to a follower (figure 5.3), in chunks; a few at a time.
struct SnapshotTransfer {
  /// Stays readable while it is being sent, whatever the leader compacts meanwhile.
  SnapshotRef snapshot;
  /// What the follower wants next, as far as known; before it, it has everything.
  std::uint64_t wanted = 0;
  /// What to send next. Invariant: wanted <= next.
  std::uint64_t next = 0;

  /// The follower, at a chunk that began at `offset`, said that it wants `now_wanted`. A late answer may lead
  /// back, which costs duplicates only: the next one leads ahead again.
  void heard(std::uint64_t offset, std::uint64_t now_wanted);
};

struct Progress {
  NodeId node;
  /// The follower durably holds the leader's log up to here. Never decreases in a term, but where the
  /// follower says itself that it may hold it no more (doubt.cpp), or shows that it does not (forgot()).
  Index match;
  /// The next entry to send. Positions in (match, next) are in flight. Invariant: match < next.
  Index next{1};
  PeerState state = PeerState::probe;
  /// In `probe`: a request is out, and nothing more is sent until it is answered or a heartbeat is due.
  bool probe_sent = false;
  Inflight inflight;
  /// In `snapshot`; `next` is then the position behind it.
  SnapshotTransfer transfer;
  /// When the leader last heard from it in this term; at first, when the leadership began.
  Instant heard;
  /// When it must next be sent something. Every AppendEntries that tries the end of what was sent moves it;
  /// a round of read confirmation does not, since that tries only what is known to match.
  Instant heartbeat_due;
  /// The last round of read confirmation that it answered.
  std::uint64_t confirmed_round = 0;
  /// The number of its doubt, as last told (doubt.cpp); 0: it is in none.
  std::uint64_t doubt = 0;
  /// It refused `match` itself, and no request numbered less than `round` can tell whether that was late.
  /// Holds for that `match` alone.
  struct Recheck {
    Index match;
    std::uint64_t round = 0;
  };
  Recheck recheck;
  /// What it granted to requests of earlier rounds, it may have lost since (forgot()).
  std::uint64_t counts_from = 0;

  /// While lease reads are in use (6.4.1): the round that is out to it and not answered, and when it was
  /// first sent.
  std::optional<std::uint64_t> lease_round;
  Instant lease_round_sent;
  /// When a round that it answered was sent: it votes for nobody within T after. Nothing: it answered none.
  std::optional<Instant> promised_at;
  /// Its own read (6.4): the latest number that it asked with, and the one that the present round confirms.
  std::optional<std::uint64_t> read_asked;
  std::optional<std::uint64_t> read_confirming;

  /// The follower's log equals the leader's up to `proved`, durably up to `durable`. Returns whether `match`
  /// grew. Precondition: durable <= proved.
  bool acknowledged(Index proved, Index durable);
  /// The follower refused a request whose previous index was `refused`. Returns whether that says anything
  /// new; if so, the state is now probe and `next` is `candidate`, kept within (match, refused].
  bool rewound(Index refused, Index candidate);
  /// It has lost what it acknowledged, `match` itself among it: how much, is looked for anew from
  /// `candidate`. What was counted for it is taken back, and copies of its old answers count no more: that
  /// can only keep from committing what too few hold.
  void forgot(Index candidate);
  /// Nobody knows what of all that is in flight will arrive: it is looked for anew, and what was being
  /// probed is probed again.
  void lost_flight();
  /// What it needs next is not in the log any more.
  void needs(SnapshotRef snapshot);
  /// The follower has all up to `proved` and goes on from there with entries.
  void has_snapshot(Index proved);
  /// Entries up to `last` were sent.
  void sent(Index last);
};

}  // namespace raftsim::core
