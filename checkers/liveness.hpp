// Liveness: what must happen once faults end, measured and not only judged. Bounds are RunInfo's number of
// the largest election timeout. Where the cluster cannot make progress (no quorum runs) or the run is over
// before the bound, the verdict is skipped and says why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkers/operations.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// RunInfo::bound_in_election_timeouts times the largest election timeout of any server.
Duration liveness_bound(const history::RunInfo& info);
/// Why no quorum of the latest configuration could act: empty if one can.
std::string no_quorum(const ClusterShadow& cluster);

/// W1 leader_within. Within the bound after the quiet phase begins (after the last crash, restart, pause or
/// resumption, where a scenario goes on with them), a leader commits an entry; or, where nobody asks
/// anything, leads with nothing left to commit. What was missed names what was stuck.
class LeaderWithin final : public Property {
 public:
  LeaderWithin(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    return {EventKind::role, EventKind::commit, EventKind::phase, EventKind::crash,
            EventKind::boot, EventKind::pause,  EventKind::resume};
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

  Duration bound_;
  bool begun_ = false;
  bool decided_ = false;
  Instant from_;
  std::optional<Duration> time_to_leader_, time_to_commit_;
};

/// W4 client_progress. Every operation that begins in the quiet phase ends within the bound, and where there
/// are any, at least one is answered ok within it.
class ClientProgress final : public Property {
 public:
  ClientProgress(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    return {EventKind::invoke, EventKind::ok, EventKind::fail, EventKind::info};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::operations; }
  struct UnderWay {
    OperationId id;
    std::uint32_t client = 0;
    EventId invoked;
    Instant since;
    std::string what;
  };
  void overdue(const UnderWay& operation, EventId event, Instant now);

  Duration bound_;
  std::vector<UnderWay> under_way_;  ///< of the quiet phase, in order of invocation
  std::optional<Instant> first_invoked_;
  EventId first_event_;
  std::uint64_t ok_ = 0;
  std::optional<Instant> first_ok_;
  Duration slowest_;
};

/// W3 convergence. At the end all running servers have committed and applied the whole canonical sequence and
/// are in one state, and they were so within the bound after the drain phase began (after the last new entry
/// or the last crash, restart, pause or resumption, if that came later).
class Convergence final : public Property {
 public:
  Convergence(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    return {EventKind::commit, EventKind::apply, EventKind::boot,  EventKind::crash,
            EventKind::halt,   EventKind::pause, EventKind::resume};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;
  std::optional<Duration> time_to_convergence() const { return time_; }

 private:
  Shown needs() const override { return Shown::commits; }
  /// The first server that is behind or differs, and how; empty: none.
  std::string stuck() const;

  Duration bound_;
  bool converged_ = false;
  Instant since_;
  /// The last new entry, crash, restart, pause or resumption.
  Instant last_disturbance_;
  std::optional<Duration> time_;
};

}  // namespace raftsim::checkers
