#include "sim/view_diff.hpp"

#include <algorithm>
#include <cstring>

namespace raftsim::sim {

namespace {

bool same(const ShadowLog::Entry& shadow, const EntryView& entry) {
  return shadow.hash == entry.hash && shadow.term == entry.term && shadow.kind == entry.kind;
}

std::uint64_t number(const std::optional<NodeId>& node) { return node ? node->value : 0; }

/// Asked at every step.
bool same(const NodeSet& a, const NodeSet& b) {
  static_assert(sizeof(NodeId) == sizeof(std::uint64_t));
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(NodeId)) == 0);
}
bool same(const Configuration& a, const Configuration& b) {
  return same(a.voters, b.voters) && same(a.voters_outgoing, b.voters_outgoing) &&
         same(a.learners, b.learners);
}

/// Full-log audits of shorter logs are spaced by this many steps all the same.
constexpr std::uint64_t audit_spacing_min = 16;

}  // namespace

void ShadowLog::append(const EntryView& entry) {
  const std::uint64_t before = size_ == 0 ? base_chain_ : at(last()).chain;
  const std::uint64_t index = first_.value + size_;
  if ((index >> chunk_bits) - first_chunk_ == chunks_.size())
    chunks_.push_back(std::make_unique<Entry[]>(chunk_size));
  chunks_[(index >> chunk_bits) - first_chunk_][index & (chunk_size - 1)] =
      Entry{entry.term, entry.hash, chain_next(before, entry.term, entry.hash), entry.kind};
  ++size_;
}

void ShadowLog::compact(Index first) {
  CHECK(first >= first_);
  CHECK(first.value <= first_.value + size_);
  if (first == first_) return;
  base_chain_ = at(first - 1).chain;
  size_ -= first - first_;
  first_ = first;
  compacted_first_ = first_;
  compacted_chain_ = base_chain_;
  // Chunks that compaction empties at the front are spare at the back.
  const std::uint64_t emptied = (first.value >> chunk_bits) - first_chunk_;
  first_chunk_ += emptied;
  const auto kept =
      chunks_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(emptied, chunks_.size()));
  std::rotate(chunks_.begin(), kept, chunks_.end());
}

void ShadowLog::restart_at(Index first) {
  size_ = 0;
  first_ = first;
  first_chunk_ = first.value >> chunk_bits;
  base_chain_ = first == compacted_first_ ? compacted_chain_ : chain_start;
}

void ViewDiff::boot() {
  role_ = Role::follower;
  term_ = Term{};
  vote_ = 0;
  leader_ = 0;
  commit_ = Index{};
  has_configuration_ = false;
  configuration_index_ = Index{};
  configuration_ = {};
  snapshot_.reset();
  log_.restart_at(Index{1});
  unaudited_steps_ = 0;
  for (Ack& ack : acks_) ack = {};
  grants_term_ = Term{};
  grants_.clear();
}

void ViewDiff::note_response(const MessageView& message, NodeId from, EventId recv) {
  if (!message.granted || from.value >= acks_.size()) return;
  if (message.type == MessageType::append_entries_resp) {
    Ack& ack = acks_[from.value];
    const bool newer = message.term > ack.term || (message.term == ack.term && message.match >= ack.match);
    if (newer) ack = Ack{recv, message.term, message.match};
  } else if (message.type == MessageType::request_vote_resp) {
    if (message.term < grants_term_) return;
    if (message.term > grants_term_) {
      grants_term_ = message.term;
      grants_.clear();
    }
    for (const Grant& g : grants_)
      if (g.from == from) return;
    grants_.push_back({from, recv});
  }
}

EntryView ViewDiff::entry(const Process& process, Chronicle& chronicle, Index index) const {
  chronicle.enter(self_);
  const EntryView shown = process.entry(index);
  chronicle.leave();
  return shown;
}

void ViewDiff::compare(const Process& process, Chronicle& chronicle, MessageType started_by) {
  chronicle.enter(self_);
  process.inspect(view_);
  chronicle.leave();
  // A log that makes no sense is shown as an empty one: judging it is not the diff's business.
  if (view_.first.value == 0) view_.first = Index{1};
  if (view_.last.value + 1 < view_.first.value) view_.last = view_.first - 1;
  // Nearly always nothing has changed: asked here, without a call.
  if (view_.role != role_) compare_role(chronicle);
  if (view_.term != term_ || number(view_.vote) != vote_ || number(view_.leader) != leader_)
    compare_term_vote_leader(chronicle);
  if (view_.has(Shows::snapshot)) compare_snapshot(chronicle, started_by);
  if (view_.has(Shows::log)) {
    if (view_.first != log_.first()) compare_first(chronicle);
    compare_log(process, chronicle);
  }
  if (view_.has(Shows::commit) && view_.commit != commit_) compare_commit(chronicle);
  if (view_.has(Shows::configuration)) compare_configuration(chronicle);

  if (++unaudited_steps_ > audit_spacing_min + (log_.last().value + 1 - log_.first().value))
    audit(process, chronicle);
}

void ViewDiff::emit_change(Chronicle& chronicle, EventKind kind, std::uint64_t now, std::uint64_t previous) {
  Event e = chronicle.make(kind, Endpoint::node(self_));
  e.change = {now, previous, view_.term, 0};
  chronicle.emit(e);
}

void ViewDiff::compare_role(Chronicle& chronicle) {
  if (!view_.has(Shows::role)) return;
  Event e = chronicle.make(EventKind::role, Endpoint::node(self_));
  e.role.term = view_.term;
  e.role.role = static_cast<std::uint8_t>(view_.role);
  e.role.previous = static_cast<std::uint8_t>(role_);
  e.role.last_index = log_.last();
  e.role.last_term = log_.last_term();
  role_ = view_.role;
  if (role_ != Role::leader) {
    chronicle.emit(e);
    return;
  }
  ++chronicle.counts.elections;
  causes_.clear();
  if (grants_term_ == view_.term)
    for (const Grant& g : grants_)
      if (g.event != e.cause) causes_.push_back(g.event);
  Details details;
  details.causes = causes_;
  chronicle.emit(e, details);
}

void ViewDiff::compare_term_vote_leader(Chronicle& chronicle) {
  if (view_.has(Shows::term) && view_.term != term_) {
    emit_change(chronicle, EventKind::term, view_.term.value, term_.value);
    term_ = view_.term;
  }
  const std::uint64_t vote = number(view_.vote);
  if (view_.has(Shows::vote) && vote != vote_) {
    emit_change(chronicle, EventKind::vote, vote, vote_);
    vote_ = vote;
  }
  const std::uint64_t leader = number(view_.leader);
  if (view_.has(Shows::leader) && leader != leader_) {
    emit_change(chronicle, EventKind::leader, leader, leader_);
    leader_ = leader;
  }
}

void ViewDiff::compare_snapshot(Chronicle& chronicle, MessageType started_by) {
  if (view_.snapshot == snapshot_) return;
  snapshot_ = view_.snapshot;
  if (!snapshot_) return;
  const bool installed = started_by == MessageType::install_snapshot;
  Event e = chronicle.make(EventKind::snapshot, Endpoint::node(self_));
  e.snapshot = {snapshot_->index, snapshot_->term, snapshot_->state_hash,
                static_cast<std::uint64_t>(installed ? history::SnapshotAction::installed
                                                     : history::SnapshotAction::taken)};
  chronicle.emit(e);
}

void ViewDiff::compare_first(Chronicle& chronicle) {
  Event e = chronicle.make(EventKind::compact, Endpoint::node(self_));
  e.truncate = {view_.first, log_.last(), {}};
  chronicle.emit(e);
  const bool within = view_.first > log_.first() && view_.first.value <= log_.last().value + 1;
  if (within)
    log_.compact(view_.first);
  else
    log_.restart_at(view_.first);
}

void ViewDiff::compare_log(const Process& process, Chronicle& chronicle) {
  if (view_.last == log_.last() &&
      (view_.last < log_.first() || same(log_.at(view_.last), entry(process, chronicle, view_.last))))
    return;
  Index common = std::min(view_.last, log_.last());
  while (common >= log_.first() && !same(log_.at(common), entry(process, chronicle, common)))
    common = common - 1;
  if (common == view_.last && common == log_.last()) return;
  replace_after(common, view_.last, process, chronicle);
}

/// The log agrees up to `common`; what follows is removed, and the process's entries up to `last` are shown.
void ViewDiff::replace_after(Index common, Index last, const Process& process, Chronicle& chronicle) {
  if (common < log_.last()) {
    Event e = chronicle.make(EventKind::truncate, Endpoint::node(self_));
    e.truncate = {common + 1, log_.last(), {}};
    log_.truncate_after(common);
    chronicle.emit(e);
  }
  for (Index i = common + 1; i <= last; ++i) {
    log_.append(entry(process, chronicle, i));
    const ShadowLog::Entry& shadow = log_.at(i);
    Event e = chronicle.make(EventKind::append, Endpoint::node(self_));
    e.append = {i, shadow.term, shadow.hash, shadow.chain};
    chronicle.emit(e);
  }
}

void ViewDiff::compare_commit(Chronicle& chronicle) {
  Event e = chronicle.make(EventKind::commit, Endpoint::node(self_));
  e.commit = {view_.commit, commit_, view_.term, static_cast<std::uint64_t>(role_)};
  commit_ = view_.commit;
  if (commit_ > chronicle.committed) count_committed(chronicle);
  if (role_ != Role::leader) {
    chronicle.emit(e);
    return;
  }
  causes_.clear();
  for (const Ack& ack : acks_) {
    const bool reaches = ack.event.value != 0 && ack.term == view_.term && ack.match >= commit_;
    if (reaches && ack.event != e.cause) causes_.push_back(ack.event);
  }
  Details details;
  details.causes = causes_;
  chronicle.emit(e, details);
}

/// Counts the clients' entries that nobody had committed before.
void ViewDiff::count_committed(Chronicle& chronicle) const {
  const Index from = std::max(chronicle.committed + 1, log_.first());
  const Index to = std::min(commit_, log_.last());
  for (Index i = from; i <= to; ++i)
    if (log_.at(i).kind == EntryKind::command) ++chronicle.counts.commits;
  chronicle.committed = commit_;
}

void ViewDiff::compare_configuration(Chronicle& chronicle) {
  if (view_.configuration == nullptr) return;
  if (has_configuration_ && same(*view_.configuration, configuration_)) return;
  has_configuration_ = true;
  configuration_ = *view_.configuration;
  Index index = log_.last();
  while (log_.holds(index) && log_.at(index).kind != EntryKind::configuration) index = index - 1;
  configuration_index_ = log_.holds(index) ? index : Index{};
  Event e = chronicle.make(EventKind::config, Endpoint::node(self_));
  e.config.index = configuration_index_;
  Details details;
  details.configuration = &configuration_;
  chronicle.emit(e, details);
}

void ViewDiff::audit(const Process& process, Chronicle& chronicle) {
  unaudited_steps_ = 0;
  for (Index i = log_.first(); i <= log_.last(); ++i) {
    if (same(log_.at(i), entry(process, chronicle, i))) continue;
    replace_after(i - 1, log_.last(), process, chronicle);
    return;
  }
}

}  // namespace raftsim::sim
