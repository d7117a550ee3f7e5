#include "sim/view_diff.hpp"

#include <algorithm>
#include <bit>

namespace raftsim::sim {

namespace {

bool same(const ShadowLog::Entry& shadow, const EntryView& entry) {
  return shadow.hash == entry.hash && shadow.term == entry.term && shadow.kind == entry.kind;
}

std::uint64_t number(const std::optional<NodeId>& node) { return node ? node->value : 0; }

/// Asked at every step: sets are of a few members, less than the call of a comparison costs.
bool same(const NodeSet& a, const NodeSet& b) {
  const std::size_t n = a.size();
  if (b.size() != n) return false;
  const NodeId* const of_a = a.data();
  const NodeId* const of_b = b.data();
  std::uint64_t apart = 0;
  for (std::size_t i = 0; i < n; ++i) apart |= of_a[i].value ^ of_b[i].value;
  return apart == 0;
}
bool same(const Configuration& a, const Configuration& b) {
  return same(a.voters, b.voters) && same(a.voters_outgoing, b.voters_outgoing) &&
         same(a.learners, b.learners);
}

/// Full-log audits of shorter logs are spaced by this many steps all the same.
constexpr std::uint64_t audit_spacing_min = 16;

}  // namespace

void ViewDiff::tell_leases(const NodeClock& clock, Duration grain) {
  clock_ = &clock;
  lease_grain_ = grain;
}

void ViewDiff::boot() {
  role_ = Role::follower;
  term_ = Term{};
  vote_ = 0;
  leader_ = 0;
  commit_ = applied_ = Index{};
  has_configuration_ = false;
  configuration_ = {};
  configuration_entries_.clear();
  configuration_moved_ = true;
  snapshot_.reset();
  log_replaced_ = false;
  // An incarnation that never recovered saw too little of its log to be worth remembering.
  if (!recovering_ || !notes_recovery_) std::swap(earlier_log_, log_);
  log_ = ShadowLog{};
  recovering_ = true;
  lease_.reset();
  load_next_ = load_first;
  unaudited_steps_ = 0;
  for (Ack& ack : acks_) ack = {};
  grants_term_ = Term{};
  grants_.clear();
}

void ViewDiff::recovered() {
  recovering_ = false;
  notes_recovery_ = true;
  earlier_log_ = ShadowLog{};
}

void ViewDiff::note_response(const MessageView& message, NodeId from, EventId recv) {
  if (!message.granted || from.value >= acks_.size()) return;
  const bool acknowledges =
      message.type == MessageType::append_entries_resp || message.type == MessageType::install_snapshot_resp;
  if (acknowledges) {
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

void ViewDiff::compare(const Process& process, const Effects& effects, Chronicle& chronicle,
                       MessageType started_by) {
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
  // A first boot may have nothing to recover and say nothing: who is sent a snapshot has recovered.
  if (started_by == MessageType::install_snapshot) recovering_ = false;
  if (view_.has(Shows::snapshot) && view_.snapshot != snapshot_)
    compare_snapshot(effects, chronicle, started_by);
  if (view_.has(Shows::log)) {
    if (view_.first != log_.first() || log_replaced_) compare_first(chronicle);
    compare_log(process, chronicle);
  }
  if (view_.has(Shows::configuration)) compare_configuration(chronicle);
  if (view_.has(Shows::commit) && view_.commit != commit_) compare_commit(chronicle);
  applied_ = view_.applied;
  if (view_.lease_end || lease_) compare_lease(chronicle);
  if (view_.uncommitted_bytes > load_next_) compare_load(chronicle);

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

/// Whether the step told of each entry up to `index` that it applied it, and did not come to it by a
/// snapshot.
bool ViewDiff::applied_one_by_one(Index index, const Effects& effects) const {
  Index last = applied_;
  for (const Effect& effect : effects.list)
    if (const auto* applied = std::get_if<Applied>(&effect); applied && applied->index == last + 1) ++last;
  return last >= index;
}

history::SnapshotAction ViewDiff::snapshot_action(const Effects& effects, MessageType started_by) const {
  using history::SnapshotAction;
  const SnapshotView& now = *view_.snapshot;
  if (recovering_) return SnapshotAction::recovered;
  if (view_.applied < applied_) return SnapshotAction::installed;
  if (now.index <= applied_) return SnapshotAction::taken;
  // Beyond what was applied before this step: of its own log where it is not from another server and this
  // step applied all of it; the last piece of another's may have come in an earlier step.
  const bool own = started_by != MessageType::install_snapshot && applied_one_by_one(now.index, effects) &&
                   log_.holds(now.index) && log_.at(now.index).term == now.term;
  return own ? SnapshotAction::taken : SnapshotAction::installed;
}

void ViewDiff::compare_snapshot(const Effects& effects, Chronicle& chronicle, MessageType started_by) {
  snapshot_ = view_.snapshot;
  if (!snapshot_) return;
  const history::SnapshotAction action = snapshot_action(effects, started_by);
  Event e = chronicle.make(EventKind::snapshot, Endpoint::node(self_));
  e.snapshot = {snapshot_->index, snapshot_->term, snapshot_->state_hash, static_cast<std::uint64_t>(action)};
  Details details;
  details.configuration = view_.snapshot_configuration;
  chronicle.emit(e, details);
  if (action != history::SnapshotAction::installed) return;
  // A log that held the snapshot's last entry keeps what is behind it; any other goes as a whole (paper,
  // figure 13, steps 6 and 7).
  const Index index = snapshot_->index;
  log_replaced_ = !log_.holds(index) || log_.at(index).term != snapshot_->term;
  if (!log_replaced_ || log_.last() <= index) return;
  Event gone = chronicle.make(EventKind::truncate, Endpoint::node(self_));
  gone.truncate = {index + 1, log_.last(), 0, 0};
  chronicle.emit(gone);
  truncate_configurations(index + 1);
}

/// The chain hash of what precedes a log that now starts at `first`.
std::optional<std::uint64_t> ViewDiff::chain_before(Index first, const Chronicle& chronicle) const {
  const Index before = first - 1;
  if (!log_replaced_)
    if (const auto own = log_.chain(before)) return own;
  if (recovering_)
    if (const auto own = earlier_log_.chain(before)) return own;
  return chronicle.committed_chain.at(before);
}

void ViewDiff::compare_first(Chronicle& chronicle) {
  const bool within = !log_replaced_ && view_.first > log_.first() && view_.first <= log_.last() + 1;
  const auto base = within ? log_.chain(view_.first - 1) : chain_before(view_.first, chronicle);
  Event e = chronicle.make(EventKind::compact, Endpoint::node(self_));
  e.truncate = {view_.first, log_.last(), base.value_or(0), 0};
  chronicle.emit(e);
  if (within) {
    log_.compact(view_.first);
    // The last configuration before the log's start stays the base of those in it.
    while (configuration_entries_.size() > 1 && configuration_entries_[1].index < view_.first)
      configuration_entries_.erase(configuration_entries_.begin());
    return;
  }
  log_.restart_at(view_.first, base);
  log_replaced_ = false;
  const ConfigurationEntry before = configuration_entry();
  configuration_entries_.clear();
  if (const auto c = chronicle.committed_chain.configuration(view_.first - 1))
    configuration_entries_.push_back(*c);
  if (configuration_entry() != before) configuration_moved_ = true;
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
    e.truncate = {common + 1, log_.last(), 0, 0};
    log_.truncate_after(common);
    truncate_configurations(common + 1);
    chronicle.emit(e);
  }
  for (Index i = common + 1; i <= last; ++i) {
    log_.append(entry(process, chronicle, i));
    const ShadowLog::Entry& shadow = log_.at(i);
    if (shadow.kind == EntryKind::configuration) {
      configuration_entries_.push_back({i, shadow.term});
      configuration_moved_ = true;
    }
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

/// Keeps what nobody had committed before, and counts the clients' entries among it.
void ViewDiff::count_committed(Chronicle& chronicle) const {
  const Index from = std::max(chronicle.committed + 1, log_.first());
  const Index to = std::min(commit_, log_.last());
  for (Index i = from; i <= to; ++i) {
    const ShadowLog::Entry& entry = log_.at(i);
    chronicle.committed_chain.set(i, entry.chain);
    if (entry.kind == EntryKind::command) ++chronicle.counts.commits;
    if (entry.kind == EntryKind::configuration) chronicle.committed_chain.add_configuration({i, entry.term});
  }
  chronicle.committed = commit_;
}

void ViewDiff::truncate_configurations(Index from) {
  while (!configuration_entries_.empty() && configuration_entries_.back().index >= from) {
    configuration_moved_ = true;
    configuration_entries_.pop_back();
  }
}

void ViewDiff::compare_configuration(Chronicle& chronicle) {
  if (view_.configuration == nullptr) return;
  if (!configuration_moved_ && same(*view_.configuration, configuration_)) return;
  configuration_moved_ = false;
  has_configuration_ = true;
  configuration_ = *view_.configuration;
  const ConfigurationEntry entry = configuration_entry();
  Event e = chronicle.make(EventKind::config, Endpoint::node(self_));
  e.config = {entry.index, entry.term, {}, view_.commit};
  if (configuration_entries_.size() > 1)
    e.config.previous = configuration_entries_[configuration_entries_.size() - 2].index;
  Details details;
  details.configuration = &configuration_;
  chronicle.emit(e, details);
}

void ViewDiff::compare_lease(Chronicle& chronicle) {
  if (clock_ == nullptr || !view_.has(Shows::lease_end) || view_.lease_end == lease_) return;
  const bool extended = lease_ && view_.lease_end && *view_.lease_end >= *lease_;
  if (extended && *view_.lease_end - *lease_ < lease_grain_) return;
  lease_ = view_.lease_end;
  Event e = chronicle.make(EventKind::lease, Endpoint::node(self_));
  e.lease.until_ns = lease_ ? clock_->global(*lease_).ns : 0;
  e.lease.term = view_.term;
  chronicle.emit(e);
}

void ViewDiff::compare_load(Chronicle& chronicle) {
  if (!view_.has(Shows::uncommitted_bytes)) return;
  const std::uint64_t now = view_.uncommitted_bytes;
  std::uint64_t next = std::bit_ceil(now + 1);
  if (now <= load_limit_ && load_limit_ < next) next = load_limit_;
  load_next_ = next;
  tell_load(chronicle);
}

void ViewDiff::tell_load(Chronicle& chronicle) {
  Event e = chronicle.make(EventKind::load, Endpoint::node(self_));
  e.load = {view_.uncommitted_bytes, view_.pending_reads, view_.sessions, 0};
  chronicle.emit(e);
}

void ViewDiff::tell_last_load(Chronicle& chronicle) {
  if (view_.has(Shows::uncommitted_bytes)) tell_load(chronicle);
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
