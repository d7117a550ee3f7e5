// Whether a predicate (predicate.hpp) holds at an event. Nothing is drawn here: asking never changes a run.
#pragma once

#include "history/cluster_view.hpp"
#include "history/event.hpp"
#include "history/predicate.hpp"

namespace raftsim::history {

/// Which nodes a target's word ranges over in the present cluster, before anything is drawn from them.
class TargetResolver {
 public:
  TargetResolver() = default;
  TargetResolver(const TargetResolver&) = delete;
  TargetResolver& operator=(const TargetResolver&) = delete;
  virtual ~TargetResolver() = default;

  /// Fills `out`, sorted; empty where there is none. Shapes: leader, stale_leader, candidate, learner: all
  /// that match, lowest id first; follower, any, majority, minority, minority_third and {random, from}: all
  /// that a draw could choose from; {not}: the complement.
  virtual void candidates(const Target& target, const ClusterView& cluster, NodeSet& out) = 0;
};

/// Answers from the events alone. What it cannot see: who is cut off (stale_leader is then only a leader of a
/// lower term). Majority and minority range over the voters of the latest committed configuration, or, while
/// no system has shown one, over all nodes that are not learners.
class StateResolver : public TargetResolver {
 public:
  void candidates(const Target& target, const ClusterView& cluster, NodeSet& out) override;
};

/// Whether `predicate` holds right after `current`, which `cluster` has already seen. Null: at a moment
/// without an event; then no `event` word holds.
///
/// How many of the target's nodes must satisfy role, term, commit, applied, log_length at once:
/// - n2, [n1, n2], all, {not: ...}: each of them, and there is one;
/// - leader, stale_leader, candidate, follower, learner, any, last_crashed, or no target: at least one;
/// - majority: more than half of the voters; minority: the most that are fewer than half, at least one;
///   minority_third: a third, at least one;
/// - {random: k, from}: at least k.
/// With an `event`, one node speaks: the one at which it happened, which must be among them.
bool holds(const Predicate& predicate, const ClusterView& cluster, const Event* current,
           TargetResolver& resolver);

/// Whether `event` is what the word names. `cluster` has already seen it.
bool is(EventWord word, const Event& event, const ClusterView& cluster);

/// The kinds of events after which `predicate` may hold where it did not before: it need not be asked after
/// any other.
EventKinds relevant_kinds(const Predicate& predicate);

}  // namespace raftsim::history
