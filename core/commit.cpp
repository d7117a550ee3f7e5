// What is committed (3.6.2): by counting on the leader, by proof on the others.
#include <algorithm>

#include "core/raft.hpp"

namespace raftsim::core {

void Raft::advance_commit() {
  match_scratch_.clear();
  match_scratch_.push_back({self_, durability_.durable()});
  for (const Progress& follower : peers_) match_scratch_.push_back({follower.node, follower.match});
  const Index held = agreed<Index>(configuration(), {match_scratch_.data(), match_scratch_.size()}, Index{});
  if (held <= commit_) return;
  // An entry of an earlier term is never committed by counting: a majority may hold it and it may still be
  // replaced (3.6.2, paper figure 8). It commits with the first entry of this term after it.
  if (!log_.holds(held, term_)) return;
  commit_up_to(held);
  start_read_round();
}

/// `proved`: the last position that the message itself proved equal to the leader's log. Beyond it, the log
/// may hold what the leader never had, whatever the leader's commit index says.
void Raft::follow_commit(Index leader_commit, Index proved) {
  const Index known = std::min(leader_commit, proved);
  if (known <= commit_) return;
  commit_up_to(known);
}

void Raft::raise_commit(Index index) {
  commit_ = index;
  out_->committed = commit_;
  if (ask_index_) finish_ask();
  // A snapshot that entries have overtaken.
  if (const auto coming = incoming_.index(); coming && *coming <= commit_) incoming_.forget();
}

void Raft::commit_up_to(Index index) {
  const Index before = commit_;
  raise_commit(index);
  if (before < configurations_.latest_index()) configurations_committed(before);
}

bool Raft::committed_in_own_term() const { return log_.holds(commit_, term_); }

}  // namespace raftsim::core
