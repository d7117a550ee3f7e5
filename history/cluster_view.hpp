// The cluster as its events tell it: what triggers, expectations, keyframes and judges ask about the present.
// A view knows nothing that is not in the history, so that it is the same live and from a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/event.hpp"
#include "seam/view.hpp"

namespace raftsim::history {

/// What is known of one node. After a crash, role, leader, commit and applied are those of a process that is
/// not there: follower, none, 0; term, vote and log stay as last seen. A boot starts from nothing: what the
/// process recovers is told by events of its first steps.
struct NodeState {
  NodeId id;
  /// Whether it has come into being: from the start, or with its first boot.
  bool exists = false;
  bool up = false;
  bool paused = false;
  Role role = Role::follower;
  /// The role before the first role event of step `role_step`.
  Role role_before_step = Role::follower;
  std::uint32_t role_step = 0;
  Term term;
  std::optional<NodeId> vote;
  std::optional<NodeId> leader;
  Index commit;
  Index applied;
  /// Of the log, compacted entries included: its length.
  Index last;
  Term last_term;
  /// Of the entry that made the effective configuration, 0 for the initial one.
  Index configuration_index;
  std::uint64_t incarnation = 0;

  /// The role with which this node entered the step that `event` belongs to.
  Role role_entering_step_of(const Event& event) const {
    return role_step == event.step ? role_before_step : role;
  }
};

/// Since the start of the run.
struct ClusterCounts {
  std::uint64_t elections_won = 0;
  std::uint64_t operations_ok = 0;
  std::uint64_t crashes = 0;
};

/// Cost: O(1) per event, except O(nodes) when a role, term or process changes and the leaders are counted
/// anew. Memory: O(nodes), however long the logs and the run are.
class ClusterView final : public Observer {
 public:
  /// Of `nodes` servers, n1 to n`nodes`, all down. Those that come into being later make room for themselves.
  explicit ClusterView(std::size_t nodes);

  static constexpr EventKinds kinds_used() {
    return {EventKind::boot,   EventKind::role,     EventKind::term,     EventKind::vote,
            EventKind::leader, EventKind::append,   EventKind::truncate, EventKind::commit,
            EventKind::apply,  EventKind::snapshot, EventKind::config,   EventKind::crash,
            EventKind::halt,   EventKind::pause,    EventKind::resume,   EventKind::ok};
  }
  EventKinds kinds() const override { return kinds_used(); }
  /// Events of other kinds are ignored.
  void on_event(const Event& event, const Details& details) override;

  std::size_t size() const { return nodes_.size(); }
  /// In order of id; some may not exist yet, or never.
  std::span<const NodeState> nodes() const { return nodes_; }
  /// Precondition: 1 <= id <= size().
  const NodeState& node(NodeId id) const;
  bool has(NodeId id) const { return id.value >= 1 && id.value <= nodes_.size(); }

  /// The running leader of the highest term; of equals (a violation) the lowest id.
  std::optional<NodeId> leader() const { return leader_; }
  /// How many running nodes are leaders, each by its own account.
  std::uint32_t leaders() const { return leaders_; }
  std::optional<NodeId> last_crashed() const { return last_crashed_; }
  /// The latest that some server knew to be committed, the initial one included; no voters: none was told.
  const Configuration& committed_configuration() const { return committed_; }
  const ClusterCounts& counts() const { return counts_; }
  /// How many runs of terms are kept, over all nodes: memory.
  std::size_t term_runs() const;

 private:
  /// Of the newest so many at least it is known which terms stand where in a log; of what is further back,
  /// only a server that removed that much would show that it is not (its last_term is then told as 0).
  static constexpr std::size_t runs_kept = 256;
  /// Entries from `first` on, up to the next run, have this term.
  struct TermRun {
    Index first;
    Term term;
  };

  void on_process(const Event& event, NodeState& state);
  void on_inspected(const Event& event, NodeState& state);
  void on_role(const Event& event, NodeState& state);
  void on_snapshot(const SnapshotPart& snapshot, NodeState& state);
  void append(NodeState& state, Index index, Term term);
  void truncate(NodeState& state, Index from);
  void count_leaders();
  void settle_configuration(const NodeState& state);

  std::vector<NodeState> nodes_;
  std::vector<std::vector<TermRun>> terms_;  ///< by node, in order of index: the newest
  std::optional<NodeId> leader_;
  std::uint32_t leaders_ = 0;
  std::optional<NodeId> last_crashed_;
  std::vector<Configuration> configurations_;  ///< by node: the effective one
  Configuration committed_;
  Index committed_index_;
  ClusterCounts counts_;
};

}  // namespace raftsim::history
