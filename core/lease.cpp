// Lease reads (6.4.1): while a quorum has promised to vote for nobody else, the leader serves reads without
// asking anybody.
//
// The promise. An AppendEntries marked `leased` is answered by a promise: no vote for anybody, and no
// campaign of one's own, for T from when it was heard. It is kept through changes of term; a restarted server
// does not know what it promised, and keeps away from votes for T from its start whatever it was (with
// check_quorum, without which there are no leases). A cluster that restarts as a whole loses nothing by that:
// each server waits for T before it campaigns. A leader that fails just after another server restarted is
// replaced up to T later. The one thing that ends a promise early is an election that the very leader asked
// for (3.10), and it serves nothing from its lease from then on, in that term. An operator cannot speak for
// it: its command to campaign is refused while the promise lasts.
//
// The lease. It counts from when the round that a quorum answered was *sent*, by the leader's clock, for T
// less what two clocks may drift apart meanwhile. Where nobody asks for lease reads, no message is marked and
// nothing is promised: the first lease read of a term takes a round, and begins it.
#include <limits>

#include "core/raft.hpp"

namespace raftsim::core {

namespace {

constexpr std::int64_t million = 1'000'000;
constexpr Instant never{std::numeric_limits<std::int64_t>::min()};

}  // namespace

/// A voter whose clock is fast by d is through with T after T / (1 + d); a leader whose clock is slow by d
/// then shows T (1 - d) / (1 + d). That is twice what a bound d on any two clocks asks for, and still true
/// where d was meant for each. One nanosecond less, since clocks show whole ones.
Duration lease_length(Duration election_timeout, std::uint32_t drift_ppm) {
  __extension__ using Wide = __int128;
  if (drift_ppm >= million || election_timeout.ns <= 0) return Duration{};
  const Wide length = Wide{election_timeout.ns} * (million - drift_ppm) / (million + drift_ppm);
  return Duration{std::max<std::int64_t>(static_cast<std::int64_t>(length) - 1, 0)};
}

std::optional<NoLease> Raft::why_no_lease() const {
  if (!config_.check_quorum) return NoLease::no_check_quorum;
  if (lease_given_up_) return NoLease::given_up;
  if (!committed_in_own_term()) return NoLease::not_committed;
  const std::optional<Instant> end = lease_end();
  return end && now_ < *end ? std::nullopt : std::optional(NoLease::expired);
}

/// False: it has to take a round, which begins a lease where there may be one.
bool Raft::serve_from_lease(ReadId id) {
  if (const std::optional<NoLease> why = why_no_lease()) {
    leasing_ = config_.check_quorum && !lease_given_up_;
    note(NoteKind::lease_read_fell_back, static_cast<std::uint64_t>(*why));
    return false;
  }
  note(NoteKind::lease_read, commit_.value, static_cast<std::uint64_t>(lease_end().value_or(Instant{}).ns));
  out_->reads_ready.push_back({id, commit_});
  return true;
}

/// In a joint configuration, a quorum of both (4.3); with the latest configuration, as any vote.
std::optional<Instant> Raft::lease_end() const {
  if (role_ != Role::leader || !leasing_ || !committed_in_own_term()) return std::nullopt;
  lease_scratch_.clear();
  lease_scratch_.push_back({self_, now_});
  for (const Progress& follower : peers_) {
    if (follower.promised_at) lease_scratch_.push_back({follower.node, *follower.promised_at});
  }
  const Instant start =
      agreed<Instant>(configuration(), {lease_scratch_.data(), lease_scratch_.size()}, never);
  if (start == never) return std::nullopt;
  return start + lease_length_;
}

/// What an AppendEntries carries for reads: the latest round and, where leases are in use, the wish for a
/// promise. One round at a time is measured for each follower; whatever answers it or a later one was sent
/// after it began.
void Raft::number_round(Progress& follower, Message& append) {
  if (leasing_) {
    append.leased = true;
    if (!follower.lease_round) {
      follower.lease_round = ++read_round_;
      follower.lease_round_sent = now_;
    }
  }
  append.context = read_round_;
}

void Raft::promise_lease() { promised_until_ = now_ + config_.election_timeout; }

}  // namespace raftsim::core
