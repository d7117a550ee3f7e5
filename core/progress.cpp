#include "core/progress.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::core {

void Inflight::push(Index last) {
  if (count_ == ring_.size()) {
    std::vector<Index> larger(std::max<std::size_t>(4, ring_.size() * 2));
    for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_[(head_ + i) % ring_.size()];
    ring_ = std::move(larger);
    head_ = 0;
  }
  ring_[(head_ + count_) % ring_.size()] = last;
  ++count_;
}

void Inflight::arrived(Index proved) {
  while (count_ > 0 && ring_[head_] <= proved) {
    head_ = (head_ + 1) % ring_.size();
    --count_;
  }
}

void SnapshotTransfer::heard(std::uint64_t offset, std::uint64_t now_wanted) {
  if (now_wanted > wanted) {
    wanted = now_wanted;
    next = std::max(next, wanted);
  } else if (now_wanted < wanted && offset == wanted) {
    // It asks for what it had: it was restarted, and has nothing any more.
    wanted = now_wanted;
    next = now_wanted;
  }
}

void Progress::needs(SnapshotRef snapshot) {
  state = PeerState::snapshot;
  probe_sent = false;
  inflight.clear();
  next = snapshot->index + 1;
  transfer = SnapshotTransfer{std::move(snapshot), 0, 0};
}

void Progress::has_snapshot(Index proved) {
  CHECK(state == PeerState::snapshot);
  state = PeerState::probe;
  next = std::max(proved, match) + 1;
  transfer = SnapshotTransfer{};
}

bool Progress::acknowledged(Index proved, Index durable) {
  CHECK(durable <= proved);
  const bool grew = durable > match;
  match = std::max(match, durable);
  inflight.arrived(proved);
  // In probe, only an answer that reaches what is being probed ends the search: a late answer to something
  // earlier says nothing about it.
  if (state == PeerState::probe && proved + 1 >= next) {
    state = PeerState::replicate;
    probe_sent = false;
  }
  if (state != PeerState::snapshot) next = std::max(next, proved + 1);
  return grew;
}

bool Progress::rewound(Index refused, Index candidate) {
  // What is refused now was sent before it was known that a snapshot is needed.
  if (state == PeerState::snapshot) return false;
  // What is acknowledged cannot be refused, and what was never sent neither: the answer is late. So are those
  // to the rest of a window behind a lost message, once the first of them has moved next back: without this
  // test each would cause a rewind of its own, and each rewind requests of its own.
  if (refused <= match || refused >= next) return false;
  // In probe, only the answer to the present request counts. A late one to an earlier and lower request would
  // lead the search back to where it has been.
  if (state == PeerState::probe && refused != next - 1) return false;
  next = std::clamp(candidate, match + 1, refused);
  state = PeerState::probe;
  probe_sent = false;
  inflight.clear();
  return true;
}

void Progress::forgot(Index candidate) {
  CHECK(match > Index{});
  CHECK(state != PeerState::snapshot);
  next = std::clamp(candidate, Index{1}, match);
  match = Index{};
  counts_from = recheck.round;
  recheck = Recheck{};
  state = PeerState::probe;
  probe_sent = false;
  inflight.clear();
}

void Progress::lost_flight() {
  probe_sent = false;
  if (state == PeerState::snapshot) {
    transfer.next = transfer.wanted;
    return;
  }
  // What a probe asks about was not answered: it is asked again. From match + 1, which is 1 until the first
  // answer, a follower that has all would be sent all.
  if (state == PeerState::probe) return;
  state = PeerState::probe;
  next = match + 1;
  inflight.clear();
}

void Progress::sent(Index last) {
  if (state == PeerState::probe) {
    probe_sent = true;
    return;
  }
  if (last < next) return;
  inflight.push(last);
  next = last + 1;
}

}  // namespace raftsim::core
