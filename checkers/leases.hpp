// Leases, transfers and load: promises with a time limit.
#pragma once

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// Y9 lease_exclusion. While a server would serve reads from a lease in term t, by true time, nobody becomes
/// leader of a later term and no leader of a later term commits: such a read could miss what was committed.
/// Where clocks run further apart than the servers are told to expect, the verdict is unknown. (Dissertation
/// 6.4.1; raft-rs #234)
class LeaseExclusion final : public Property {
 public:
  LeaseExclusion(const ClusterShadow& c, Findings& f) : Property(PropertyId::lease_exclusion, c, f) {}
  EventKinds kinds() const override {
    return {EventKind::lease,  EventKind::role,  EventKind::term,
            EventKind::commit, EventKind::crash, EventKind::halt};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::leases; }
  struct Lease {
    NodeId holder;
    Term term;
    Instant until;
    EventId event;
    Instant told;
  };
  void later_leader(const Event& event, Term term, const char* deed);
  std::vector<Lease> leases_;  ///< at most one per server
  bool told_ = false;          ///< any, ever
};

/// W7 transfer_terminates. A leader that starts to hand over its leadership has handed it over or given up,
/// and so takes proposals again, within two election timeouts: one for the target to catch up, one to hear of
/// the new leader. (Dissertation 3.10)
class TransferTerminates final : public Property {
 public:
  TransferTerminates(const ClusterShadow& c, Findings& f) : Property(PropertyId::transfer_terminates, c, f) {}
  EventKinds kinds() const override {
    return {EventKind::note, EventKind::role, EventKind::append, EventKind::crash, EventKind::halt};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::roles; }
  struct Transfer {
    bool under_way = false;
    NodeId target;
    Instant since;
    EventId event;
    /// The leader's latest own entry since: whether it is a configuration is shown behind it in the step.
    struct Taken {
      Index index;
      EventId event;
      Instant time;
      std::uint32_t step = 0;
    };
    std::optional<Taken> taken = {};
  };
  void on_note(const Event& event, const NodeShadow& node, Transfer& t);
  void judge(EventId event, Instant now, const NodeShadow& node);
  /// Of the entry taken before step `now`. Only another configuration may follow meanwhile.
  void judge_taken(const NodeShadow& node, Transfer& t, std::uint32_t now);
  ByNode<Transfer> transfers_;
};

/// U2 uncommitted_bound. A leader's uncommitted entries never exceed the limit that it was given, but for a
/// single one that does so alone (and for a configuration, which comes on top). (etcd 2598fca)
class UncommittedBound final : public Property {
 public:
  UncommittedBound(const ClusterShadow& c, Findings& f) : Property(PropertyId::uncommitted_bound, c, f) {}
  EventKinds kinds() const override { return {EventKind::load}; }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::loads; }
  std::uint64_t most_ = 0;
};

}  // namespace raftsim::checkers
