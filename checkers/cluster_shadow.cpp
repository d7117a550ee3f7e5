#include "checkers/cluster_shadow.hpp"

#include <algorithm>

namespace raftsim::checkers {

namespace {

using enum EventKind;
constexpr EventKinds message_kinds{send, depart, recv};
constexpr EventKinds disk_kinds{write, durable, lost};
constexpr EventKinds inspected_kinds{EventKind::role, EventKind::term, EventKind::vote, truncate,
                                     snapshot,        compact,         config};

/// Adds to a list of which only the last few hundred matter.
template <class T>
void keep(std::vector<T>& list, T item) {
  constexpr std::size_t kept = 512;
  if (list.size() >= 2 * kept) list.erase(list.begin(), list.end() - kept);
  list.push_back(std::move(item));
}

/// As Leadership::voters.
std::uint64_t voters_of(const Election& election) {
  std::uint64_t voters = 0;
  const auto add = [&voters](NodeId id) {
    if (id.value >= 1 && id.value <= 64) voters |= std::uint64_t{1} << (id.value - 1);
  };
  add(election.leader);
  for (const Grant& g : election.grants) add(g.voter);
  return voters;
}

/// The members that the run begins with.
Configuration initial_configuration(const history::RunInfo& info) {
  Configuration initial;
  for (const history::NodeInfo& n : info.nodes)
    if (!n.later) (n.learner ? initial.learners : initial.voters).push_back(n.id);
  return initial;
}

}  // namespace

const VoteRecord* NodeShadow::vote_in(Term t) const {
  for (auto v = votes.rbegin(); v != votes.rend() && v->term >= t; ++v)
    if (v->term == t) return &*v;
  return nullptr;
}

ClusterShadow::ClusterShadow(const history::RunInfo& info)
    : info_(info), configurations_(initial_configuration(info)) {
  std::uint64_t highest = 0;
  for (const history::NodeInfo& n : info.nodes) highest = std::max(highest, n.id.value);
  nodes_.resize(highest);
  for (std::uint64_t k = 0; k < highest; ++k) {
    nodes_[k].id = NodeId{k + 1};
    if (k < info.nodes_at_start()) nodes_[k].configuration = configurations_.initial();
  }
  std::vector<std::string> systems;
  for (const history::NodeInfo& n : info.nodes) {
    NodeShadow& node = nodes_[n.id.value - 1];
    const auto system = std::find(systems.begin(), systems.end(), n.system);
    node.system = static_cast<std::size_t>(system - systems.begin());
    if (system == systems.end()) systems.push_back(n.system);
    if (!n.initial) continue;
    node.initial = &*n.initial;
    node.durable.seed(n.initial->term, n.initial->vote);
    taken_.insert(taken_.end(), n.initial->log.begin(), n.initial->log.end());
  }
  labelled_.resize(std::max<std::size_t>(1, systems.size()));
  std::sort(taken_.begin(), taken_.end());
  taken_.erase(std::unique(taken_.begin(), taken_.end()), taken_.end());
}

void ClusterShadow::make_room(NodeId id) {
  while (nodes_.size() < id.value) {
    nodes_.emplace_back();
    nodes_.back().id = NodeId{nodes_.size()};
  }
}

EventKinds ClusterShadow::kinds() const {
  return message_kinds | disk_kinds | inspected_kinds |
         EventKinds{boot, append, commit, apply, crash, pause, resume, halt, wipe, note, invoke, lease, load};
}

bool ClusterShadow::taken(Term term) const { return std::binary_search(taken_.begin(), taken_.end(), term); }

const Candidacy* ClusterShadow::candidacy(Term term, NodeId candidate) const {
  if (!has(candidate)) return nullptr;
  const std::vector<Candidacy>& all = node(candidate).candidacies;
  for (auto c = all.rbegin(); c != all.rend() && c->term >= term; ++c)
    if (c->term == term) return &*c;
  return nullptr;
}

void ClusterShadow::on_event(const Event& event, const Details& details) {
  if (told_) {
    now_ = {};
    told_ = false;
  }
  last_event_ = event.id;
  if (!event.node.is_node()) {
    if (event.kind == EventKind::invoke) saw(Shown::operations);
    return;
  }
  if (!has(event.node.as_node())) {
    if (event.kind != EventKind::boot) return;
    make_room(event.node.as_node());
  }
  NodeShadow& node = at(event);
  if (event.kind == EventKind::append) return on_append(event, node);
  if (event.kind == EventKind::commit) return on_commit(event, node);
  if (event.kind == EventKind::apply) return on_apply(event, node);
  if (message_kinds.has(event.kind)) return on_message(event, details, node);
  if (disk_kinds.has(event.kind)) return on_disk(event, details, node);
  if (inspected_kinds.has(event.kind)) return on_inspected(event, details, node);
  if (event.kind == EventKind::lease) return saw(Shown::leases);
  if (event.kind == EventKind::load) return saw(Shown::loads);
  if (event.kind == EventKind::note) {
    if (event.note.note == static_cast<std::uint64_t>(NoteKind::recovered)) {
      finish_recovery(event, node);
      tell_recovery(node);
    }
    return;
  }
  on_process(event, details, node);
}

void ClusterShadow::on_process(const Event& event, const Details& details, NodeShadow& node) {
  if (event.kind == EventKind::boot) return on_boot(event, node);
  if (event.kind == EventKind::pause) node.paused = true;
  if (event.kind == EventKind::resume) node.paused = false;
  if (event.kind == EventKind::crash || event.kind == EventKind::halt) {
    node.up = node.paused = false;
    node.role = Role::follower;
    node.commit = node.applied = Index{};
    Milestone m{.kind = Milestone::Kind::crashed,
                .event = event.id,
                .time = event.time,
                .term = node.term,
                .why = std::string(details.text)};
    // Labels may be reported lost before the crash event itself.
    if (!node.milestones.empty() && node.milestones.back().event.value == 0) {
      const Milestone& early = node.milestones.back();
      m.lost_vote = early.lost_vote;
      m.lost_term = early.lost_term;
      m.lost_first = early.lost_first;
      m.lost_last = early.lost_last;
      node.milestones.pop_back();
    }
    keep(node.milestones, std::move(m));
  }
  if (event.kind == EventKind::wipe) {
    node.durable.wipe();
    node.lost_disk = true;
    keep(node.milestones, {.kind = Milestone::Kind::wiped, .event = event.id, .time = event.time});
  }
}

void ClusterShadow::on_boot(const Event& event, NodeShadow& node) {
  node.incarnation = event.boot.incarnation;
  node.shown_step = node.recv_step = 0;
  if (node.incarnation > 1) saw(Shown::restarts);
  node.up = true;
  node.paused = false;
  if (!node.recovering) node.damage.found = false;
  node.recovering = true;
  node.recovered_untold = false;
  node.role = Role::follower;
  node.term = Term{};
  node.vote.reset();
  node.commit = node.applied = Index{};
  node.state_hash = 0;
  node.grants.clear();
  node.grants_term = Term{};
  node.gated.clear();
  node.durable.boot();
  find_damage(node);
  const TailLog& durable = node.durable.log();
  node.first = Index{1};
  node.snapshot = {};
  node.configuration_index = Index{};
  node.drift_ppm = event.boot.drift_ppm;
  compare_clocks();
  node.floor = {node.durable.term(), node.durable.vote(), durable.last(),
                durable.chain(durable.last(), can_)};
  node.log.clear();
}

/// Of all servers that have ever run: rates are constant.
void ClusterShadow::compare_clocks() {
  constexpr std::int64_t most = std::int64_t{1} << 32;
  std::int64_t slowest = most, fastest = -most, bound = most;
  for (const NodeShadow& n : nodes_) {
    if (n.incarnation == 0) continue;
    slowest = std::min(slowest, n.drift_ppm);
    fastest = std::max(fastest, n.drift_ppm);
  }
  for (const history::NodeInfo& n : info_.nodes)
    bound = std::min<std::int64_t>(bound, n.options.clock_drift_bound_ppm);
  clock_bound_broken_ = fastest - slowest > bound;
}

void ClusterShadow::finish_recovery(const Event& event, NodeShadow& node) {
  if (!node.recovering) return;
  node.recovering = false;
  node.recovered_untold = true;
  // A first boot on an empty disk has read nothing back.
  if (node.incarnation > 1 || node.initial != nullptr)
    node.durable.recovered(node.term, node.vote, node.log, node.snapshot.index);
  if (node.incarnation > 1)
    keep(node.milestones, {.kind = Milestone::Kind::recovered,
                           .event = event.id,
                           .time = event.time,
                           .term = node.term,
                           .peer = node.vote.value_or(NodeId{})});
}

/// What a message changes was not read from the disk: who has shown what it recovered, or had nothing to
/// recover, has recovered before it. (Steps without a message may belong to a recovery of several reads.)
/// Precondition: it recovers.
void ClusterShadow::before_change(const Event& event, NodeShadow& node) {
  if (event.step != node.recv_step) return;
  const bool nothing_to_show = node.floor.term == Term{} && node.floor.last == Index{};
  if (node.shown_step != 0 ? node.shown_step != event.step : nothing_to_show) finish_recovery(event, node);
}

void ClusterShadow::tell_recovery(NodeShadow& node) {
  if (!node.recovered_untold) return;
  node.recovered_untold = false;
  tell().recovered = true;
}

void ClusterShadow::on_disk(const Event& event, const Details& details, NodeShadow& node) {
  const bool decayed =
      event.kind == EventKind::lost && event.disk.status == static_cast<std::uint8_t>(DiskStatus::io_error);
  if (decayed) return note_decayed(details, node);
  for (const Label& label : details.labels) {
    saw(Shown::labels);
    labelled_[node.system] = true;
    if (event.kind == EventKind::write) node.durable.write(event, label, node.log, can_);
    if (event.kind == EventKind::durable) node.durable.durable(event, label, can_);
    if (event.kind == EventKind::lost) node.durable.lost(event, label);
  }
  if (event.kind == EventKind::lost) note_lost(event, details, node);
}

void ClusterShadow::note_lost(const Event& event, const Details& details, NodeShadow& node) {
  const bool crashed =
      !node.milestones.empty() && !node.up && node.milestones.back().kind == Milestone::Kind::crashed;
  if (!crashed && (node.milestones.empty() || node.milestones.back().event.value != 0))
    keep(node.milestones, {.kind = Milestone::Kind::crashed, .time = event.time});
  Milestone& m = node.milestones.back();
  for (const Label& label : details.labels) {
    if (const auto* h = std::get_if<HardStateLabel>(&label)) {
      m.lost_term = h->term;
      m.lost_vote = h->vote.value_or(NodeId{});
    } else if (const auto* e = std::get_if<EntriesLabel>(&label)) {
      if (m.lost_first.value == 0 || e->first < m.lost_first) m.lost_first = e->first;
      m.lost_last = std::max(m.lost_last, e->last);
    }
  }
}

void ClusterShadow::on_inspected(const Event& event, const Details& details, NodeShadow& node) {
  if (node.recovering) before_change(event, node);
  if (node.shown_step == 0 && event.kind != EventKind::role) node.shown_step = event.step;
  if (event.kind == EventKind::role) {
    on_role(event, node);
  } else if (event.kind == EventKind::term) {
    saw(Shown::terms);
    const bool raised = Term{event.change.now} > node.term;
    node.term = Term{event.change.now};
    // A leader that leads on in a later term was elected anew (a single voter may do so in one step).
    if (node.role == Role::leader && raised && node.role_step != event.step) elect(event, node);
  } else if (event.kind == EventKind::vote) {
    saw(Shown::votes);
    node.vote = event.change.now == 0 ? std::nullopt : std::optional(NodeId{event.change.now});
  } else if (event.kind == EventKind::truncate) {
    tell().removed = node.log.entry(event.truncate.from, can_);
    node.log.truncate(event.truncate.from);
  } else if (event.kind == EventKind::snapshot) {
    on_snapshot(event, node);
  } else if (event.kind == EventKind::compact) {
    on_compaction(event, node);
  } else {
    on_configuration(event, details, node);
  }
}

void ClusterShadow::on_configuration(const Event& event, const Details& details, NodeShadow& node) {
  if (details.configuration == nullptr) return;
  saw(Shown::configurations);
  node.configuration_before = std::move(node.configuration);
  node.configuration_step = event.step;
  node.configuration = *details.configuration;
  node.configuration_index = event.config.index;
  if (event.config.index.value == 0) return;
  const Index previous = event.config.previous;
  if (previous.value != 0 && !configurations_.knows(previous)) configurations_.skipped_one();
  configurations_.add(
      {event.config.index, event.config.term, node.configuration, event.id, event.time, node.id});
}

/// One that the server did not take of its own state stands for its log's prefix.
void ClusterShadow::on_snapshot(const Event& event, NodeShadow& node) {
  const history::SnapshotPart& s = event.snapshot;
  const auto action = static_cast<history::SnapshotAction>(s.action);
  if (action == history::SnapshotAction::sent) return;
  saw(Shown::snapshots);
  node.snapshot = {s.index, s.term, s.state_hash, event.id, event.time};
  if (action == history::SnapshotAction::taken) return;
  node.log.install(s.index, s.term, can_);
  if (s.index < node.applied) return;
  node.applied = s.index;
  node.state_hash = s.state_hash;
}

void ClusterShadow::on_compaction(const Event& event, NodeShadow& node) {
  const history::TruncatePart& t = event.truncate;
  node.first = t.from;
  node.log.starts_at(t.from, t.chain != 0 ? std::optional(t.chain) : std::nullopt);
}

void ClusterShadow::on_role(const Event& event, NodeShadow& node) {
  saw(Shown::roles);
  // Whoever acts in a step after the one that showed what it recovered has recovered.
  if (node.recovering && node.shown_step != 0 && node.shown_step != event.step) finish_recovery(event, node);
  node.role = static_cast<Role>(event.role.role);
  node.role_step = event.step;
  node.term = event.role.term;
  if (node.role == Role::leader) elect(event, node);
}

void ClusterShadow::elect(const Event& event, NodeShadow& node) {
  Election e;
  e.term = event.kind == EventKind::role ? event.role.term : node.term;
  e.leader = node.id;
  e.event = event.id;
  e.time = event.time;
  e.last = node.log.last();
  e.chain = node.log.chain(e.last, can_);
  if (node.grants_term == e.term) e.grants = node.grants;
  leaders_.won({e.term, e.leader, e.event, e.time, voters_of(e)});
  keep(elections_, std::move(e));
  tell().elected = true;
  keep(node.milestones, {.kind = Milestone::Kind::elected,
                         .event = event.id,
                         .time = event.time,
                         .term = elections_.back().term});
}

void ClusterShadow::on_append(const Event& event, NodeShadow& node) {
  saw(Shown::logs);
  if (node.recovering) before_change(event, node);
  if (node.shown_step == 0) node.shown_step = event.step;
  const history::AppendPart& a = event.append;
  node.log.put(a.index, LogEntry{a.chain, a.hash, a.term}, can_);
  tell().met = a.chain != 0 ? entries_.meet(a.index, a.term, a.chain, event) : EntryTable::Met::forgotten;
}

void ClusterShadow::on_commit(const Event& event, NodeShadow& node) {
  saw(Shown::commits);
  const Index commit = event.commit.commit;
  node.commit = commit;
  // Compare where both exist, then let the committer's log extend CAN.
  const Index known = std::min(commit, can_.last());
  const auto canonical = can_.chain(known);
  if (canonical && known.value != 0 && node.log.agrees(known, *canonical, can_) == Agreement::no) {
    tell().conflict = known;
    return;
  }
  for (Index i = can_.last() + 1; i <= commit; ++i) {
    const auto entry = node.log.entry(i, can_);
    if (!entry) return;
    Committed c;
    c.chain = entry->chain;
    c.hash = entry->hash;
    c.term = entry->term;
    c.commit_term = event.commit.term;
    c.committed_by = event.id;
    c.committed_at = event.time;
    c.committer = event.node;
    if (now_.committed_first.value == 0) tell().committed_first = i;
    tell().committed_last = i;
    can_.append(c);
  }
}

void ClusterShadow::on_apply(const Event& event, NodeShadow& node) {
  saw(Shown::applies);
  node.applied = event.apply.index;
  node.state_hash = event.apply.state_hash;
  if (!can_.holds(event.apply.index)) return;
  Committed& c = can_.at(event.apply.index);
  if (c.applied_by.value != 0 || c.hash != event.apply.hash) return;
  c.applied_by = event.id;
  c.state_hash = event.apply.state_hash;
  c.result_hash = event.apply.result_hash;
  tell().first_apply = true;
}

void ClusterShadow::on_message(const Event& event, const Details& details, NodeShadow& node) {
  const history::MessagePart& m = event.message;
  if (event.kind == EventKind::recv) {
    node.recv_step = event.step;
    if (m.type != MessageType::request_vote_resp || m.granted == 0 || !m.peer.is_node()) return;
    if (m.term < node.grants_term) return;
    if (m.term > node.grants_term) {
      node.grants_term = m.term;
      node.grants.clear();
    }
    const NodeId voter = m.peer.as_node();
    for (const Grant& g : node.grants)
      if (g.voter == voter) return;
    node.grants.push_back({voter, event.id, event.time});
    return;
  }
  if (event.kind == EventKind::send && m.peer.is_node()) {
    finish_recovery(event, node);
    tell_recovery(node);
  }
  if (m.type == MessageType::unknown) return;
  saw(Shown::messages);
  if (event.kind == EventKind::send && m.type == MessageType::request_vote && details.message != nullptr)
    keep_candidacy(event, node, *details.message);
  if (event.kind == EventKind::depart || m.gated == 0) return on_leaving(event, node);
  if (m.type == MessageType::append_entries_resp && m.granted != 0)
    node.gated.push_back({m.message, node.log.chain(Index{m.match}, can_)});
}

void ClusterShadow::on_leaving(const Event& event, NodeShadow& node) {
  const history::MessagePart& m = event.message;
  Promise& p = tell().promise;
  p.term = m.term;
  p.peer = m.peer.is_node() ? m.peer.as_node() : NodeId{};
  if (m.type == MessageType::request_vote_resp && m.granted != 0) {
    p.kind = Promise::Kind::grant;
  } else if (m.type == MessageType::request_vote) {
    p.kind = Promise::Kind::candidacy;
  } else if (m.type == MessageType::append_entries) {
    p.kind = Promise::Kind::append;
  } else if (m.type == MessageType::append_entries_resp && m.granted != 0) {
    p.kind = Promise::Kind::acknowledgement;
    p.index = Index{m.match};
    p.chain = node.log.chain(p.index, can_);
    if (event.kind == EventKind::depart) {
      const auto issued =
          std::find_if(node.gated.begin(), node.gated.end(),
                       [&m](const NodeShadow::GatedAck& g) { return g.message == m.message; });
      p.chain.reset();
      if (issued != node.gated.end()) {
        p.chain = issued->chain;
        node.gated.erase(issued);
      }
    }
  } else {
    return;
  }
  if (p.kind == Promise::Kind::grant) keep_vote(event, node, p.peer);
  if (p.kind == Promise::Kind::candidacy) keep_vote(event, node, node.id);
  if (p.term > node.promised) {
    node.promised = p.term;
    node.promised_by = event.id;
    node.promised_at = event.time;
  }
}

/// The latest request of a term counts: an earlier one with another log was issued by an incarnation that
/// crashed before it left (had it left, its term would have been durable, and not campaigned for again).
void ClusterShadow::keep_candidacy(const Event& event, const NodeShadow& node, const MessageView& request) {
  const Candidacy told{request.term,          node.id,  request.previous_index,
                       request.previous_term, event.id, event.time};
  auto& all = nodes_[node.id.value - 1].candidacies;
  for (auto known = all.rbegin(); known != all.rend() && known->term >= told.term; ++known) {
    if (known->term != told.term) continue;
    if (known->last_index != told.last_index || known->last_term != told.last_term) *known = told;
    return;
  }
  keep_by_term(all, told);
}

void ClusterShadow::keep_vote(const Event& event, NodeShadow& node, NodeId candidate) {
  const Term term = event.message.term;
  for (auto v = node.votes.rbegin(); v != node.votes.rend() && v->term >= term; ++v)
    if (v->term == term && v->candidate == candidate) return;
  const bool durable = node.durable.term() > term ||
                       (node.durable.term() == term && node.durable.vote() == std::optional(candidate));
  const bool unsynced = labelled(node) && !durable;
  keep_by_term(node.votes, {term, candidate, event.id, event.time, unsynced});
  keep(node.milestones, {.kind = Milestone::Kind::voted,
                         .event = event.id,
                         .time = event.time,
                         .term = term,
                         .peer = candidate,
                         .unsynced = unsynced});
}

}  // namespace raftsim::checkers
