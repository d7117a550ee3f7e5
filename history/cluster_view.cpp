#include "history/cluster_view.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::history {
namespace {

std::optional<NodeId> node_or_none(std::uint64_t number) {
  if (number == 0) return std::nullopt;
  return NodeId{number};
}

/// What only a running process has.
void forget_volatile(NodeState& state) {
  state.role = Role::follower;
  state.leader.reset();
  state.commit = Index{};
  state.applied = Index{};
}

}  // namespace

ClusterView::ClusterView(std::size_t nodes) : nodes_(nodes), terms_(nodes), configurations_(nodes) {
  for (std::size_t i = 0; i < nodes; ++i) {
    nodes_[i].id = NodeId{i + 1};
    nodes_[i].exists = true;
  }
}

const NodeState& ClusterView::node(NodeId id) const {
  CHECK(has(id));
  return nodes_[id.value - 1];
}

void ClusterView::on_event(const Event& event, const Details& details) {
  if (event.kind == EventKind::ok) {
    ++counts_.operations_ok;
    return;
  }
  if (!event.node.is_node() || !kinds_used().has(event.kind)) return;
  while (nodes_.size() < event.node.raw) {
    nodes_.emplace_back();
    nodes_.back().id = NodeId{nodes_.size()};
    terms_.emplace_back();
    configurations_.emplace_back();
  }
  NodeState& state = nodes_[event.node.raw - 1u];
  if (EventKinds{EventKind::boot, EventKind::crash, EventKind::halt, EventKind::pause, EventKind::resume}.has(
          event.kind))
    on_process(event, state);
  else
    on_inspected(event, state);
  if (event.kind == EventKind::config && details.configuration != nullptr)
    configurations_[state.id.value - 1] = *details.configuration;
  if (event.kind == EventKind::config || event.kind == EventKind::commit) settle_configuration(state);
}

/// A configuration counts once a server that runs under it knows its entry to be committed. Index 0 is what
/// the cluster started with, or what a snapshot brought, which others knew before.
void ClusterView::settle_configuration(const NodeState& state) {
  const bool first = state.configuration_index.value == 0 && committed_.voters.empty();
  const bool newer =
      state.configuration_index > committed_index_ && state.configuration_index <= state.commit;
  const Configuration& configuration = configurations_[state.id.value - 1];
  if (!(first || newer) || configuration.voters.empty()) return;
  committed_ = configuration;
  committed_index_ = state.configuration_index;
}

void ClusterView::on_process(const Event& event, NodeState& state) {
  if (event.kind == EventKind::pause || event.kind == EventKind::resume) {
    state.paused = event.kind == EventKind::pause;
    return;
  }
  if (event.kind == EventKind::boot) {
    // What a crash left is only on disk: what the process recovers is told anew, from nothing.
    const NodeId id = state.id;
    state = NodeState{};
    state.id = id;
    state.exists = true;
    state.up = true;
    state.incarnation = event.boot.incarnation;
    terms_[id.value - 1].clear();
  } else {
    forget_volatile(state);
    state.up = false;
    state.paused = false;
  }
  if (event.kind == EventKind::crash) {
    last_crashed_ = state.id;
    ++counts_.crashes;
  }
  count_leaders();
}

void ClusterView::on_inspected(const Event& event, NodeState& state) {
  const EventKind kind = event.kind;
  if (kind == EventKind::append) {
    append(state, event.append.index, event.append.term);
  } else if (kind == EventKind::apply) {
    state.applied = event.apply.index;
  } else if (kind == EventKind::commit) {
    state.commit = event.commit.commit;
  } else if (kind == EventKind::truncate) {
    truncate(state, event.truncate.from);
  } else if (kind == EventKind::term) {
    state.term = Term{event.change.now};
    count_leaders();
  } else if (kind == EventKind::vote) {
    state.vote = node_or_none(event.change.now);
  } else if (kind == EventKind::leader) {
    state.leader = node_or_none(event.change.now);
  } else if (kind == EventKind::config) {
    state.configuration_index = event.config.index;
  } else if (kind == EventKind::snapshot) {
    on_snapshot(event.snapshot, state);
  } else if (kind == EventKind::role) {
    on_role(event, state);
  }
}

void ClusterView::on_role(const Event& event, NodeState& state) {
  if (state.role_step != event.step) {
    state.role_step = event.step;
    state.role_before_step = state.role;
  }
  state.role = static_cast<Role>(event.role.role);
  state.term = event.role.term;
  if (state.role == Role::leader) ++counts_.elections_won;
  count_leaders();
}

void ClusterView::on_snapshot(const SnapshotPart& snapshot, NodeState& state) {
  if (static_cast<SnapshotAction>(snapshot.action) != SnapshotAction::installed) return;
  state.applied = std::max(state.applied, snapshot.index);
  // A log that ends before the snapshot is replaced by it (paper, section 7).
  if (state.last < snapshot.index) append(state, snapshot.index, snapshot.term);
}

void ClusterView::append(NodeState& state, Index index, Term term) {
  if (index <= state.last) truncate(state, index);
  std::vector<TermRun>& runs = terms_[state.id.value - 1];
  if (runs.empty() || runs.back().term != term) {
    if (runs.size() == 2 * runs_kept)
      runs.erase(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(runs_kept));
    runs.push_back({index, term});
  }
  state.last = index;
  state.last_term = term;
}

void ClusterView::truncate(NodeState& state, Index from) {
  std::vector<TermRun>& runs = terms_[state.id.value - 1];
  while (!runs.empty() && runs.back().first >= from) runs.pop_back();
  state.last = from.value == 0 ? Index{} : from - 1;
  state.last_term = runs.empty() ? Term{} : runs.back().term;
}

std::size_t ClusterView::term_runs() const {
  std::size_t all = 0;
  for (const std::vector<TermRun>& runs : terms_) all += runs.capacity();
  return all;
}

void ClusterView::count_leaders() {
  leaders_ = 0;
  leader_.reset();
  for (const NodeState& n : nodes_) {
    if (!n.up || n.role != Role::leader) continue;
    ++leaders_;
    if (!leader_ || n.term > node(*leader_).term) leader_ = n.id;
  }
}

}  // namespace raftsim::history
