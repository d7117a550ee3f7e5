#include "checkers/cluster_shadow.hpp"

#include <algorithm>

#include "checkers/keep.hpp"

namespace raftsim::checkers {

namespace {

using enum EventKind;
constexpr EventKinds message_kinds{send, depart, recv, dup};
constexpr EventKinds disk_kinds{write, durable, lost};
constexpr EventKinds inspected_kinds{EventKind::role, EventKind::term, EventKind::vote, truncate,
                                     snapshot,        compact,         config};

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
         EventKinds{boot,        append,   commit, apply,  crash, pause, resume,
                    halt,        wipe,     note,   invoke, lease, load,  EventKind::clock,
                    fault_begin, fault_end};
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
  counted_in_.reset();
  last_event_ = event.id;
  take(event, details);
  if (told_ && now_.recovered && judge_recovery_) judge_recovery_(event, node(event));
}

void ClusterShadow::take(const Event& event, const Details& details) {
  if (!event.node.is_node()) {
    if (event.kind == EventKind::invoke) saw(Shown::operations);
    if (event.kind == EventKind::fault_begin || event.kind == EventKind::fault_end) on_fault(event, details);
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
  if (event.kind == EventKind::clock) {
    // A jump of the wall clock alone touches nothing that a lease is measured with.
    const bool timers_too = event.clock.what != static_cast<std::uint64_t>(history::ClockChange::wall_jumped);
    clock_bound_broken_ = clock_bound_broken_ || timers_too;
    on_clock(event, node);
    return;
  }
  if (event.kind == EventKind::lease) return saw(Shown::leases);
  if (event.kind == EventKind::load) return saw(Shown::loads);
  if (event.kind == EventKind::note) return on_note(event, node);
  on_process(event, details, node);
}

void ClusterShadow::on_slowness(const Event& event, const Details& details) {
  for (NodeId id : details.nodes) {
    make_room(id);
    NodeShadow& node = nodes_[id.value - 1];
    if (event.kind == EventKind::fault_begin) {
      ++node.slowed;
    } else if (node.slowed != 0) {
      --node.slowed;
      node.on_time_from = std::max(node.on_time_from, event.time);
    }
  }
}

/// A timer that was set before its clock was set back comes that much later; set back again meanwhile, by
/// both.
void ClusterShadow::on_clock(const Event& event, NodeShadow& node) {
  const auto what = static_cast<history::ClockChange>(event.clock.what);
  if (what == history::ClockChange::wall_jumped) return;
  node.on_time_from = std::max(node.on_time_from, event.time);
  if (what == history::ClockChange::jumped)
    node.on_time_from = node.on_time_from - Duration{std::min<std::int64_t>(event.clock.by_ns, 0)};
  node.clock_stands =
      what == history::ClockChange::froze || (node.clock_stands && what != history::ClockChange::thawed);
}

void ClusterShadow::on_fault(const Event& event, const Details& details) {
  const auto fault = static_cast<history::FaultClass>(event.fault.fault_class);
  if (fault == history::FaultClass::slow_process) on_slowness(event, details);
  if (fault == history::FaultClass::crash && event.kind == EventKind::fault_begin)
    keep_source(event, details);
}

/// A fault's words end in what asked for it, in brackets: `crash n5 (step "kill2")`.
void ClusterShadow::keep_source(const Event& event, const Details& details) {
  const std::size_t open = details.text.rfind('(');
  if (open == std::string_view::npos || !details.text.ends_with(')')) return;
  if (crash_faults_.size() == crash_faults_max) crash_faults_.erase(crash_faults_.begin());
  crash_faults_.emplace_back(event.id, details.text.substr(open + 1, details.text.size() - open - 2));
}

/// What asked for this crash, where that is known.
std::string ClusterShadow::behind(const Event& crash) const {
  for (const auto& [begin, source] : crash_faults_)
    if (begin == crash.cause) return "; " + source;
  return {};
}

void ClusterShadow::on_process(const Event& event, const Details& details, NodeShadow& node) {
  if (event.kind == EventKind::boot) return on_boot(event, node);
  if (event.kind == EventKind::pause) node.paused = true;
  if (event.kind == EventKind::resume) {
    node.paused = false;
    node.on_time_from = std::max(node.on_time_from, event.time);
  }
  if (event.kind == EventKind::crash || event.kind == EventKind::halt) {
    // Who dies standing still owed nothing since it stood.
    if (node.paused) node.on_time_from = std::max(node.on_time_from, event.time);
    node.up = node.paused = false;
    node.role = Role::follower;
    node.commit = node.applied = Index{};
    Milestone m{.kind = Milestone::Kind::crashed,
                .event = event.id,
                .time = event.time,
                .term = node.term,
                .why = std::string(details.text) + behind(event)};
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
    node.doubt = {};
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
  node.pre_grants.clear();
  node.told = {};
  node.gated.clear();
  node.doubt.went_down();
  const Index certain = node.durable.certain(can_);
  node.durable.boot();
  find_damage(node);
  const TailLog& durable = node.durable.log();
  const Index last = std::min(certain, durable.last());
  node.first = Index{1};
  node.snapshot = {};
  node.configuration_index = Index{};
  node.drift_ppm = event.boot.drift_ppm;
  // It sets all its timers anew, by its clock as it is now.
  node.on_time_from = std::min(node.on_time_from, event.time);
  compare_clocks();
  node.floor = {node.durable.term(),       node.durable.vote(),     last,
                durable.chain(last, can_), node.durable.snapshot(), node.durable.snapshot_state()};
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
  clock_bound_broken_ = clock_bound_broken_ || fastest - slowest > bound;
}

void ClusterShadow::finish_recovery(const Event& event, NodeShadow& node) {
  if (!node.recovering) return;
  node.recovering = false;
  node.recovered_untold = true;
  node.found_log = node.log;
  // A first boot on an empty disk has read nothing back.
  if (node.incarnation > 1 || node.initial != nullptr)
    node.durable.recovered(node.term, node.vote, node.log, {node.snapshot.index, node.snapshot.state_hash});
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
  if (event.kind == EventKind::write) tell_recovery(node);
  for (const Label& label : details.labels) {
    saw(Shown::labels);
    labelled_[node.system] = true;
    if (event.kind == EventKind::write) node.durable.write(event, label, node.log, can_);
    if (event.kind == EventKind::durable) {
      node.durable.durable(event, label, can_);
      if (std::holds_alternative<HardStateLabel>(label)) node.doubt.state_durable();
    }
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
  // Its messages show that, whatever the sender shows of its own snapshots.
  if (action == history::SnapshotAction::sent) return;
  saw(Shown::snapshots);
  node.snapshot_step = event.step;
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
  if (node.role_step != event.step) {
    node.role_entering = node.role;
    node.term_entering = node.term;
  }
  node.role = static_cast<Role>(event.role.role);
  node.role_step = event.step;
  if (node.role == Role::pre_candidate) node.pre_grants.clear();
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
  tell().elected = true;
  tell().first_of_term = leaders_.won({e.term, e.leader, e.event, e.time, voters_of(e)});
  keep(elections_, std::move(e));
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
  counted_in_ = in_which_counted(event, node);
  const Index commit = event.commit.commit;
  node.commit = commit;
  // Compare where both exist, then let the committer's log extend CAN.
  const Index known = std::min(commit, can_.last());
  const auto canonical = can_.chain(known);
  if (canonical && known.value != 0 && node.log.agrees(known, *canonical, can_) == Agreement::no) {
    tell().conflict = known;
    return;
  }
  if (commit <= can_.last()) return;
  const Term decided_in = counted_in_.value_or(event.commit.term);
  for (Index i = can_.last() + 1; i <= commit; ++i) {
    const auto entry = node.log.entry(i, can_);
    if (!entry) return;
    Committed c;
    c.chain = entry->chain;
    c.hash = entry->hash;
    c.term = entry->term;
    c.commit_term = decided_in;
    c.committed_by = event.id;
    c.committed_at = event.time;
    c.committer = event.node;
    if (now_.committed_first.value == 0) tell().committed_first = i;
    tell().committed_last = i;
    can_.append(c);
  }
}

std::optional<Term> ClusterShadow::in_which_counted(const Event& event, const NodeShadow& n) {
  const history::CommitPart& c = event.commit;
  if (c.commit <= c.previous) return std::nullopt;
  // Installed by a server that was elected while it was being written: others had committed that.
  if (n.snapshot_step == event.step && c.commit <= n.snapshot.index) return std::nullopt;
  if (static_cast<Role>(c.role) == Role::leader) return c.term;
  const bool led = n.role_step == event.step && n.role_entering == Role::leader;
  const bool told = n.recv_step == event.step && (n.recv_type == MessageType::append_entries ||
                                                  n.recv_type == MessageType::install_snapshot);
  return led && !told ? std::optional(n.term_entering) : std::nullopt;
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

}  // namespace raftsim::checkers
