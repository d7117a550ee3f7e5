#include "checkers/durable_shadow.hpp"

#include <algorithm>
#include <variant>

namespace raftsim::checkers {

using history::Event;

void DurableShadow::write(const Event& event, const Label& label, const TailLog& log, const Canonical& can) {
  Pending pending;
  pending.op = event.disk.op;
  pending.label = label;
  pending.copy = copies_.end();
  if (const auto* e = std::get_if<EntriesLabel>(&label)) {
    issue(e->first, e->last);
    // The label speaks of the log as it is now (else of an older one, whose inner entries nobody can name).
    if (e->first <= e->last && log.agrees(e->last, e->chain, can) == Agreement::yes) {
      pending.copied = true;
      pending.before = log.chain(e->first - 1, can);
      for (Index i = e->first; i <= e->last; ++i) {
        const auto entry = log.entry(i, can);
        if (!entry) {
          copies_.cut(pending.copy);
          pending.copied = false;
          break;
        }
        copies_.push_back(*entry);
      }
    }
  } else if (const auto* t = std::get_if<TruncateLabel>(&label)) {
    issue(t->from, t->from - 1);
  } else if (std::holds_alternative<SnapshotLabel>(label)) {
    names_snapshots_ = true;
  }
  pending_.push_back(pending);
  // A label whose bytes were overwritten before any sync is never heard of again.
  constexpr std::uint64_t pending_max = 4'096;
  if (pending_.size() > pending_max) {
    pending_[pending_.first()].stage = Stage::done;
    drop_done();
  }
}

/// A label says that the log ends at `last` now, and that entries from `from` on are not what they were.
void DurableShadow::issue(Index from, Index last) {
  truncate(from);
  rewrites_ = rewrites_ || (!pending_.empty() && from <= issued_last_);
  issued_last_ = last;
}

DurableShadow::Pending* DurableShadow::find(DiskOp op, const Label& label, std::uint64_t& position) {
  for (position = pending_.first(); position != pending_.end(); ++position) {
    Pending& p = pending_[position];
    if (p.op == op && p.stage == Stage::waiting && p.label == label) return &p;
  }
  return nullptr;
}

void DurableShadow::durable(const Event& event, const Label& label, const Canonical& can) {
  std::uint64_t position = 0;
  Pending* pending = find(event.disk.op, label, position);
  if (pending == nullptr) return;
  fold(*pending, position, can);
  // An entry that waited for the ones before it may follow now.
  for (std::uint64_t p = pending_.first(); islands_ != 0 && p != pending_.end(); ++p)
    if (pending_[p].stage == Stage::island) {
      --islands_;
      fold(pending_[p], p, can);
    }
  drop_done();
}

void DurableShadow::lost(const Event& event, const Label& label) {
  std::uint64_t position = 0;
  Pending* pending = find(event.disk.op, label, position);
  if (pending == nullptr) return;
  if (std::holds_alternative<EntriesLabel>(label)) {
    lost_at_ = std::min(lost_at_, position);
    for (std::uint64_t p = position + 1; p != pending_.end(); ++p)
      if (pending_[p].stage == Stage::done) stands_behind_loss(pending_[p]);
  }
  pending->stage = Stage::done;
  pending->clip = Index{};
  drop_done();
}

void DurableShadow::stands_behind_loss(const Pending& durable) {
  const auto* label = std::get_if<EntriesLabel>(&durable.label);
  if (label != nullptr && label->first < durable.clip) behind_loss_ = std::min(behind_loss_, label->first);
}

void DurableShadow::fold(Pending& pending, std::uint64_t position, const Canonical& can) {
  pending.stage = Stage::done;
  if (const auto* h = std::get_if<HardStateLabel>(&pending.label)) {
    if (position < hard_state_folded_) return;
    hard_state_folded_ = position + 1;
    term_ = h->term;
    vote_ = h->vote;
  } else if (const auto* e = std::get_if<EntriesLabel>(&pending.label)) {
    if (fold_entries(pending, *e, can)) {
      supersede_older(position, e->first);
      if (position > lost_at_) stands_behind_loss(pending);
    } else {
      pending.stage = Stage::island;
      ++islands_;
    }
  } else if (const auto* t = std::get_if<TruncateLabel>(&pending.label)) {
    if (t->from < pending.clip) {
      truncate(t->from);
      supersede_older(position, t->from);
    }
  } else if (const auto* s = std::get_if<SnapshotLabel>(&pending.label)) {
    if (s->index <= snapshot_) return;
    snapshot_ = s->index;
    snapshot_state_ = s->state_hash;
    log_.install(s->index, s->term, can);
  }
}

/// False: the entries before `label` are not durable yet, so that a recovery could not reach these; or others
/// are, which a write that is not durable replaced.
bool DurableShadow::fold_entries(Pending& pending, const EntriesLabel& label, const Canonical& can) {
  if (label.first > label.last || label.first >= pending.clip) return true;
  // A recovery takes what the snapshot covers from it, not from the log.
  if (label.last <= snapshot_) return true;
  if (label.first > log_.last() + 1) return false;
  const bool behind_snapshot = label.first > snapshot_ + 1;
  if (behind_snapshot && pending.before &&
      log_.agrees(label.first - 1, *pending.before, can) == Agreement::no)
    return false;
  if (!pending.copied) {
    truncate(label.first);
    log_.put(label.last, LogEntry{label.chain, 0, label.last_term}, can);
    return true;
  }
  const bool clipped = pending.clip <= label.last;
  const Index last = clipped ? pending.clip - 1 : label.last;
  // What a later write already made durable behind a clipped label stays as it is.
  Index from = std::max(clipped ? std::max(label.first, log_.last() + 1) : label.first, snapshot_ + 1);
  if (from <= last) vouched_ = std::min(vouched_, from - 1);
  for (; from <= last; ++from) log_.put(from, copies_[pending.copy + (from - label.first)], can);
  return true;
}

Index DurableShadow::certain(const Canonical& can) const {
  Index certain = kept(can);
  // Whoever writes one batch behind the other does not find what lies behind one that a crash took, be it of
  // entries that were replaced since.
  if (behind_loss_ != nothing_behind) certain = std::min(certain, std::max(behind_loss_ - 1, snapshot_));
  bool gap = false;
  for (std::uint64_t p = pending_.first(); p != pending_.end(); ++p) {
    const Pending& write = pending_[p];
    const auto* label = std::get_if<EntriesLabel>(&write.label);
    if (label == nullptr || label->first >= write.clip) continue;
    gap = gap || (write.stage == Stage::waiting && label->first <= snapshot_);
    const bool behind = gap && write.stage == Stage::done && label->last > snapshot_;
    if (behind) certain = std::min(certain, std::max(label->first - 1, snapshot_));
  }
  return std::max(certain, std::min(vouched_, kept(can)));
}

Index DurableShadow::kept_below_rewrites(const Canonical& can) const {
  Index kept = log_.last();
  for (std::uint64_t p = pending_.first(); p != pending_.end(); ++p)
    if (pending_[p].stage == Stage::waiting) kept = std::min(kept, kept_by(pending_[p], can));
  return kept;
}

/// Up to where the log is what it is, whether `write`, which is on its way, survives or not.
Index DurableShadow::kept_by(const Pending& write, const Canonical& can) const {
  const Index all = log_.last();
  if (const auto* t = std::get_if<TruncateLabel>(&write.label))
    return t->from < write.clip ? std::max(t->from - 1, snapshot_) : all;
  const auto* label = std::get_if<EntriesLabel>(&write.label);
  if (label == nullptr || label->first > label->last || label->first >= write.clip) return all;
  const Index last = std::min(label->last, write.clip - 1);
  if (last <= snapshot_ || label->first > all) return all;
  // The same entries once more replace nothing.
  Index same = std::max(label->first - 1, snapshot_);
  for (; write.copied && same < std::min(last, all); ++same) {
    const auto held = log_.chain(same + 1, can);
    if (held && held != copies_[write.copy + (same + 1 - label->first)].chain) break;
  }
  // What a later write made durable behind a clipped one stays as it is.
  return same == last && last < label->last ? all : same;
}

/// A later write of entries from `from` on is durable: earlier ones cannot bring back what it replaced.
void DurableShadow::supersede_older(std::uint64_t position, Index from) {
  for (std::uint64_t p = pending_.first(); p < position; ++p) {
    Pending& older = pending_[p];
    if (older.stage == Stage::done || std::holds_alternative<HardStateLabel>(older.label)) continue;
    older.clip = std::min(older.clip, from);
  }
}

void DurableShadow::drop_done() {
  while (!pending_.empty() && pending_.front().stage == Stage::done)
    pending_.drop_before(pending_.first() + 1);
  if (pending_.empty()) rewrites_ = false;
  copies_.drop_before(pending_.empty() ? copies_.end() : pending_.front().copy);
}

void DurableShadow::boot() {
  pending_.drop_before(pending_.end());
  copies_.drop_before(copies_.end());
  islands_ = 0;
  rewrites_ = false;
  lost_at_ = none_lost;
  behind_loss_ = nothing_behind;
  vouched_ = Index{};
}

void DurableShadow::recovered(Term term, std::optional<NodeId> vote, const TailLog& log, Snapshot snapshot) {
  term_ = term;
  vote_ = vote;
  log_ = log;
  snapshot_ = snapshot.index;
  snapshot_state_ = snapshot.state_hash;
}

void DurableShadow::seed(Term term, std::optional<NodeId> vote) {
  term_ = term;
  vote_ = vote;
}

void DurableShadow::wipe() {
  boot();
  term_ = Term{};
  vote_.reset();
  log_.clear();
  snapshot_ = Index{};
  snapshot_state_ = 0;
}

}  // namespace raftsim::checkers
