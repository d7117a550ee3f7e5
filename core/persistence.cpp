// Writes: one for each step that leaves something to keep, and what their completions prove (10.2.1).
#include "core/persistence.hpp"

#include <algorithm>

#include "core/raft.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

WriteId Durability::issue() {
  if (head_ == writes_.size()) {
    writes_.clear();
    head_ = 0;
  } else if (head_ >= 64 && head_ * 2 >= writes_.size()) {
    writes_.erase(writes_.begin(), writes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  writes_.push_back(Write{});
  return ++issued_;
}

void Durability::cover(Index last) {
  CHECK(head_ < writes_.size());
  writes_.back() = Write{last, last};
}

void Durability::truncate(Index from) {
  const Index kept = from - 1;
  durable_ = std::min(durable_, kept);
  written_ = std::min(written_, kept);
  for (std::size_t i = head_; i < writes_.size(); ++i) writes_[i].valid = std::min(writes_[i].valid, kept);
}

void Durability::snapshot(Index index, Snapshotted how) {
  if (how == Snapshotted::discards_log) {
    truncate(index + 1);
    written_ = index;
  }
  durable_ = std::max(durable_, index);
}

Durability::Completed Durability::complete(WriteId id) {
  CHECK(id <= issued_);
  Completed result;
  while (completed_ < id) {
    const Write& write = writes_[head_++];
    durable_ = std::max(durable_, write.valid);
    written_ = std::max(written_, write.valid);
    result = Completed{true, write.valid < write.covered, write.covered};
    ++completed_;
  }
  return result;
}

Persist& Raft::write() {
  if (!out_->persist) {
    out_->persist = Persist{durability_.issue(), std::nullopt, log_.last() + 1, log_.last(), false};
  }
  return *out_->persist;
}

void Raft::persist_hard_state() {
  Persist& persist = write();
  persist.hard_state = hard_state();
  hard_state_write_ = persist.id;
}

void Raft::append_to_log(const EntryRef& entry) {
  write();
  log_.append(entry);
  if (entry.kind == EntryKind::configuration) configuration_appended(entry);
}

void Raft::truncate_log(Index from) {
  note(NoteKind::log_conflict_truncated, from.value, log_.last().value);
  Persist& persist = write();
  persist.first = std::min(persist.first, from);
  persist.truncates = true;
  log_.truncate(from);
  // Writes under way may still put the old entries on disk. They no longer vouch for these positions,
  // whatever is appended there now (ABA).
  durability_.truncate(from);
  if (from <= configurations_.latest_index()) configuration_rolled_back(from);
}

void Raft::finish_write() {
  if (!out_->persist) return;
  out_->persist->last = log_.last();
  durability_.cover(log_.last());
}

bool Raft::hard_state_durable() const { return hard_state_write_ <= durability_.last_completed(); }

/// What a promise waits for that includes the hard state and the log up to `promised`.
std::optional<WriteId> Raft::gate(Index promised) const {
  if (hard_state_durable() && promised <= durability_.durable()) return std::nullopt;
  return durability_.last_issued();
}

void Raft::on(const Persisted& persisted) {
  const Durability::Completed completed = durability_.complete(persisted.id);
  if (!completed.fresh || completed.clipped) {
    note(NoteKind::stale_completion_ignored, persisted.id.value, completed.covered.value);
  }
  if (in_doubt()) end_doubt_if_refilled();
  // A candidate's vote for itself is a vote like any other: it counts once it is durable. Where it is the
  // only one needed, leadership begins here.
  if (role_ == Role::candidate && hard_state_durable()) count_vote(self_);
  // The leader counts itself only for what it has on disk (10.2.1).
  if (role_ == Role::leader) advance_commit();
}

}  // namespace raftsim::core
