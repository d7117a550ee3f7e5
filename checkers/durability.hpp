// Durability: what a message promises survives a power loss, and labels tell the truth (Raft, figure 2:
// "updated on stable storage before responding to RPCs").
#pragma once

#include <vector>

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// A1 durable_before_reply. When a message leaves a server, the state that would be recovered after an
/// instant power loss already entails what it promises. A granted vote for c in term t: durable term > t, or
/// term t and vote c. RequestVote of t: the same for itself. An acknowledgement up to k in t: durable term t
/// and the log that it was issued over, up to k, or a later term (a gated message that leaves after its
/// sender's term moved on is legal). AppendEntries of t: durable term >= t. Rejections and pre-votes promise
/// nothing. That all of a snapshot is there is an acknowledgement up to its last entry.
class DurableBeforeReply final : public Property {
 public:
  DurableBeforeReply(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::durable_before_reply, c, f) {}
  EventKinds kinds() const override { return {EventKind::send, EventKind::depart}; }
  MessageTypes message_types() const override { return promising; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::messages | Shown::labels; }
  bool entailed(const NodeShadow& node, const Promise& promise) const;
  void broken_promise(const Event& event, const NodeShadow& node, const Promise& promise);
};

/// L1 label_honest. What a label claims when it is written is the server's log, term and vote (or an entry
/// that some log really held: a write may have waited behind others); and what is recovered after a crash
/// contains what was durable by the labels (of snapshots, also that they hold that state); and so does what a
/// second process recovers from the strictest crash image (`audit`: as each server goes down, and at one
/// promise in a thousand at most: sim/label_audit.hpp). (checkers.md, rules of judging)
class LabelHonest final : public Property {
 public:
  LabelHonest(const ClusterShadow& c, Findings& f) : Property(PropertyId::label_honest, c, f) {}
  EventKinds kinds() const override { return {EventKind::write, EventKind::audit}; }
  void on_event(const Event& event, const Details& details) override;
  void on_recovered(const Event& event, const NodeShadow& node) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::labels; }
  void on_write(const Event& event, const NodeShadow& node, const Label& label);
  void on_audit(const Event& event, const Details& details, const NodeShadow& node);
  /// What of the durable shadow the twin lacks; empty: nothing. `snapshot`: null where it shows none.
  std::string missing(const history::AuditPart& twin, const SnapshotLabel* snapshot,
                      const NodeShadow& node) const;

  std::uint64_t crash_images_ = 0;
};

}  // namespace raftsim::checkers
