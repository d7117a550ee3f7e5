// Commitment: what a leader may commit, and what nobody may ever contradict (Raft 5.3, 5.4).
#pragma once

#include <vector>

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// I04 leader_completeness. An entry that a leader of term t committed is in the log of every leader of a
/// later term when it is elected. By the *committing* leader's term, never the entry's own: an old entry that
/// is committed indirectly need not be with leaders elected in between (CCF #7970). A commit that comes late
/// is held against the elections of later terms that happened before it. (Raft, figure 3; Verdi)
class LeaderCompleteness final : public Property {
 public:
  LeaderCompleteness(const ClusterShadow& c, Findings& f) : Property(PropertyId::leader_completeness, c, f) {}
  EventKinds kinds() const override { return {EventKind::role, EventKind::term, EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles | Shown::logs | Shown::commits; }
  void on_election(const Event& event);
  void on_commit(const Event& event);
  void lacks(const Event& event, const Election& election, Index committed);

  Term highest_elected_;
};

/// I04s leader_has_committed. The log of a leader holds whatever a server of a lower term, which runs, knows
/// to be committed: at its election, and whenever such a server commits more. By what servers know, not by
/// what is committed: that is leader_completeness. (CCF #7970)
class LeaderHasCommitted final : public Property {
 public:
  LeaderHasCommitted(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::leader_has_committed, c, f) {}
  EventKinds kinds() const override { return {EventKind::role, EventKind::term, EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles | Shown::logs | Shown::commits; }
  void compare(const Event& event, const NodeShadow& leader, const NodeShadow& other);
};

/// I05 state_machine_safety. All servers commit and apply the same entry at an index. (Raft, figure 3;
/// Theorem 1; TigerBeetle state_checker)
class StateMachineSafety final : public Property {
 public:
  StateMachineSafety(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::state_machine_safety, c, f) {}
  EventKinds kinds() const override { return {EventKind::commit, EventKind::apply}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::logs | Shown::commits; }
  void on_apply(const Event& event);
  void conflict(const Event& event, Index at);
};

/// Y1 deterministic_state. All servers are in the same state after applying an entry, and give the same
/// result for it. (TigerBeetle; etcd #13766)
class DeterministicState final : public Property {
 public:
  DeterministicState(const ClusterShadow& c, Findings& f) : Property(PropertyId::deterministic_state, c, f) {}
  EventKinds kinds() const override { return {EventKind::apply}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::applies; }
};

/// I10 monotonic_commit. Within an incarnation the commit index never falls, commit <= last index, and
/// nothing beyond it is applied. It is volatile: a restart may begin with any lower one. (Verdi
/// lastApplied_le_commitIndex; CCF; LogCabin)
class MonotonicCommit final : public Property {
 public:
  MonotonicCommit(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override { return {EventKind::boot, EventKind::commit, EventKind::apply}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::commits; }
  struct Last {
    Index commit;
    EventId event;
    Instant time;
  };
  ByNode<Last> last_;  ///< by node
};

/// A4 commit_needs_quorum. When a leader advances its commit index to k, also in the step in which it ceases
/// to lead (a removed one does), the servers whose *durable* log
/// agrees with its own up to k include a majority of the voters of its effective configuration (of both,
/// while it is joint). (AsyncRaft H_LeaderMatchIndexValid; CCF ReplicationInv)
class CommitNeedsQuorum final : public Property {
 public:
  CommitNeedsQuorum(const ClusterShadow& c, Findings& f) : Property(PropertyId::commit_needs_quorum, c, f) {}
  EventKinds kinds() const override { return {EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::commits | Shown::logs | Shown::labels; }
};

/// A5 no_old_term_commit. A leader advances its commit index, also in its last step as one, only to an entry
/// of its own term (Raft 5.4.2, figure 8). What it learns from a snapshot that it had received before it was
/// elected is no decision of its own.
class NoOldTermCommit final : public Property {
 public:
  NoOldTermCommit(const ClusterShadow& c, Findings& f) : Property(PropertyId::no_old_term_commit, c, f) {}
  EventKinds kinds() const override { return {EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::commits | Shown::logs; }
};

}  // namespace raftsim::checkers
