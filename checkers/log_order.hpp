// The order of a log and of what is applied from it (Raft 5.3, 5.4).
#pragma once

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// I08 log_term_order. Terms in a log never fall from one entry to the next, and none is above its server's
/// current term. (Lemmas 6 and 7; LogCabin checkBasic; CCF MonoLogInv)
class LogTermOrder final : public Property {
 public:
  LogTermOrder(const ClusterShadow& c, Findings& f) : Property(PropertyId::log_term_order, c, f) {}
  EventKinds kinds() const override { return {EventKind::boot, EventKind::append, EventKind::snapshot}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::logs; }
  /// The last append of a server, while nothing came between; index 0: none.
  struct Last {
    Index index;
    Term term;
  };
  ByNode<Last> last_;
};

/// I11 contiguous_apply. What an incarnation applies begins behind its snapshot (at entry 1 without one) and
/// goes on one by one; only an installed snapshot moves it further. (Verdi applied_entries_monotonic; Raft
/// 5.3)
class ContiguousApply final : public Property {
 public:
  ContiguousApply(const ClusterShadow& c, Findings& f) : Property(PropertyId::contiguous_apply, c, f) {}
  EventKinds kinds() const override { return {EventKind::boot, EventKind::apply, EventKind::snapshot}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::applies; }
  void on_apply(const Event& event);
  struct Applied {
    Index index;
    EventId event;
    Instant time;
  };
  ByNode<Applied> applied_;
};

/// A11 committed_never_truncated. A server never removes an entry that it knows to be committed, nor, from
/// the term of the commit on, one that is: every later leader holds all committed entries (5.4), so that none
/// of its own conflicts with them. (CCF CommittedLogAppendOnlyProp; Raft 5.4)
class CommittedNeverTruncated final : public Property {
 public:
  CommittedNeverTruncated(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::committed_never_truncated, c, f) {}
  EventKinds kinds() const override { return {EventKind::truncate}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::logs | Shown::commits; }
};

}  // namespace raftsim::checkers
