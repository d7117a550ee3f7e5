// Snapshots and compaction (Raft 7, dissertation 5): a snapshot is the canonical prefix in another form, and
// no log loses more than its snapshot holds.
#pragma once

#include <vector>

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// Z1 snapshot_equals_prefix. A snapshot up to entry k names k's canonical term, holds the state (sessions
/// included) that applying the canonical sequence up to k gave whoever applied it first, and the
/// configuration in force there: when it is taken, sent, installed or recovered. One that is shown before
/// anybody told of applying k is judged with the next one, or at the end. (Raft 7; Verdi state_machine_log)
class SnapshotEqualsPrefix final : public Property {
 public:
  SnapshotEqualsPrefix(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::snapshot_equals_prefix, c, f) {}
  EventKinds kinds() const override { return {EventKind::snapshot}; }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::snapshots | Shown::commits; }
  struct Claim {
    Event event;
    std::optional<Configuration> configuration;
  };
  /// Whether it could be judged.
  bool judge(const Claim& claim);
  void judge_early();
  void differs(const Claim& claim, const std::string& how);
  std::vector<Claim> early_;  ///< the newest few
};

/// Z2 compaction_bound. A log never loses an entry that the server's durable snapshot does not hold, and a
/// snapshot never holds what was not applied and committed. (LogCabin; etcd)
class CompactionBound final : public Property {
 public:
  CompactionBound(const ClusterShadow& c, Findings& f) : Property(PropertyId::compaction_bound, c, f) {}
  EventKinds kinds() const override { return {EventKind::compact}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::snapshots; }
};

/// Z3 no_log_gap. A log starts at or before the entry that follows the server's snapshot: at recovery once it
/// is over, else at every move of its start. (LogCabin; redisraft #43)
class NoLogGap final : public Property {
 public:
  NoLogGap(const ClusterShadow& c, Findings& f) : Property(PropertyId::no_log_gap, c, f) {}
  EventKinds kinds() const override { return {EventKind::snapshot, EventKind::compact, EventKind::note}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::snapshots | Shown::logs; }
};

/// Z4 install_monotonic. Within an incarnation no snapshot is older than the one before, and installing one
/// never takes a server back behind what it applied or knew to be committed; a log that held the snapshot's
/// last entry keeps what follows it (Raft, figure 13, step 6). That a log which did not hold it keeps nothing
/// is log_matching's. (Raft 7; etcd 80615be)
class InstallMonotonic final : public Property {
 public:
  InstallMonotonic(const ClusterShadow& c, Findings& f) : Property(PropertyId::install_monotonic, c, f) {}
  EventKinds kinds() const override { return {EventKind::boot, EventKind::snapshot, EventKind::truncate}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::snapshots; }
  void on_snapshot(const Event& event, const NodeShadow& node);
  struct Last {
    Index index;  ///< of the last snapshot, 0: none in this incarnation
    EventId event;
    Instant time;
    std::uint32_t installed_step = 0;
    Index kept;  ///< up to where the log went on behind it, when it was installed; 0: nowhere
  };
  ByNode<Last> last_;
};

/// U1 log_bound. Where the scenario has servers take snapshots, a log holds at most so many entries behind
/// its commit index: those kept for slow followers, what is applied between two snapshots eight times over,
/// and an allowance for what is applied while one is written. However slow or dead another member is.
class LogBound final : public Property {
 public:
  LogBound(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override { return {EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::snapshots | Shown::commits; }
  static constexpr std::uint64_t allowance = 1u << 14;
  std::vector<std::uint64_t> bound_;  ///< by node; 0: none
  std::uint64_t longest_ = 0;
};

}  // namespace raftsim::checkers
