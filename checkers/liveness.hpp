// Liveness: what must happen once faults end, measured and not only judged. Bounds are RunInfo's number of
// the largest election timeout, counted from the beginning of the phase or the last disturbance (calm.hpp).
// Where the cluster cannot make progress (no quorum runs), a fault is still in force, or the run is over
// before the bound, the verdict is skipped and says why.
#pragma once

#include <optional>
#include <string>

#include "checkers/calm.hpp"
#include "checkers/property.hpp"
#include "checkers/standstill.hpp"

namespace raftsim::checkers {

/// RunInfo::bound_in_election_timeouts times the largest election timeout of any server.
Duration liveness_bound(const history::RunInfo& info);
/// `n1 candidate term 9, n2 down`.
std::string roles(const ClusterShadow& cluster);
/// Why no quorum of the latest committed configuration, or of one under way, could act, or why the quiet
/// phase found no live core: empty if one can.
std::string no_quorum(const ClusterShadow& cluster, const Calm& calm);

/// W1 leader_within. Within the bound after the quiet phase begins, or after the last disturbance in it, a
/// leader commits an entry; or, where nobody asks anything, leads with nothing left to commit. What was
/// missed names what was stuck.
class LeaderWithin final : public Property {
 public:
  LeaderWithin(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    // Without a quiet phase there is nothing to follow.
    if (!cluster().info().quiet_at) return {};
    return Calm::kinds() | Standstill::kinds() | EventKinds{EventKind::commit};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;
  /// After quiet_at; nothing where it was not seen.
  std::optional<Duration> time_to_leader() const { return time_to_leader_; }
  std::optional<Duration> time_to_first_commit() const { return time_to_commit_; }

 private:
  Shown needs() const override { return Shown::roles | Shown::commits; }
  void begin();
  void deadline(EventId event, Instant now);
  const NodeShadow* idle_leader() const;
  /// Where the bound is counted from. Precondition: there is a quiet phase.
  Instant from() const;

  Duration bound_;
  Calm calm_{cluster()};
  Standstill standstill_;
  bool begun_ = false;
  bool decided_ = false;
  std::optional<Duration> time_to_leader_, time_to_commit_;
};

/// W3 convergence. At the end all running members of the latest committed configuration, learners included,
/// have committed and applied the whole canonical sequence and are in one state, and they were so within the
/// bound after the drain phase began (after the last new entry or the last disturbance, if that came later:
/// calm.hpp).
class Convergence final : public Property {
 public:
  Convergence(const ClusterShadow& c, Findings& f);
  /// Without a drain phase there is nothing to judge.
  EventKinds kinds() const override {
    if (!cluster().info().drain_at) return {};
    return Calm::kinds() | EventKinds{EventKind::commit, EventKind::apply, EventKind::halt};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;
  std::optional<Duration> time_to_convergence() const { return time_; }

 private:
  Shown needs() const override { return Shown::commits; }
  /// The first server that is behind or differs, and how; empty: none.
  std::string stuck() const;
  /// Whether a server leads that need not be linked with everybody: nobody can be demanded to follow it.
  bool led_from_outside() const;

  Duration bound_;
  bool converged_ = false;
  Instant since_;
  Calm calm_{cluster()};
  /// When the canonical sequence last grew.
  Instant grew_;
  std::optional<Duration> time_;
};

}  // namespace raftsim::checkers
