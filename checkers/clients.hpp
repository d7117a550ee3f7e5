// What clients are told, against the canonical sequence: the online witness of linearizability (writes in log
// order, reads at the index at which they were served).
#pragma once

#include "checkers/operations.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// Y2 exactly_once. A command of a session changes the canonical state at most once, however often its bytes
/// are in the log: the second time leaves the state (results of sessions included) as it was.
/// (Dissertation 6.3; Verdi deduplicate_log)
class ExactlyOnce final : public Property {
 public:
  ExactlyOnce(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
      : Property(PropertyId::exactly_once, c, f), clients_(clients) {}
  EventKinds kinds() const override { return {EventKind::apply}; }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::operations | Shown::applies; }
  const ClientShadow& clients_;
};

/// Y3 reply_correct. Nobody is answered who did not ask; an acknowledged command is in the canonical sequence
/// at the position that its reply names, with its content; and the reply is the result that applying it
/// there gave, which is also the reference model's. (Verdi output_correct, output_implies_applied)
class ReplyCorrect final : public Property {
 public:
  ReplyCorrect(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
      : Property(PropertyId::reply_correct, c, f), clients_(clients) {}
  EventKinds kinds() const override { return {EventKind::reply, EventKind::ok}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::operations; }
  void on_reply(const Event& event);
  void on_ok(const Event& event, const Details& details);
  const ClientShadow& clients_;
};

/// Y4 session_guarantees. To each client the positions of its answered operations never fall: a read sees its
/// own writes and what it read before, a write comes behind its own writes and what it had read. Named by
/// itself because it is what an application notices; that other clients' operations count as well is
/// read_freshness and causal_order. (Terry et al.; CCF consistency invariants; dissertation 6.4)
class SessionGuarantees final : public Property {
 public:
  SessionGuarantees(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
      : Property(PropertyId::session_guarantees, c, f), clients_(clients) {}
  EventKinds kinds() const override { return {EventKind::ok}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::operations; }
  const ClientShadow& clients_;
};

/// Y7 failure_honesty. What a client was told can never take effect is not in the canonical sequence, and
/// never comes into it with effect; what may still is to be told as unknown. Of commands within a session,
/// whose entries are unmistakable; of others linearizable judges what was read. (Jepsen, :fail against :info;
/// CCF CommittedOrInvalidInv)
class FailureHonesty final : public Property {
 public:
  FailureHonesty(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
      : Property(PropertyId::failure_honesty, c, f), clients_(clients) {}
  EventKinds kinds() const override { return {EventKind::fail, EventKind::apply}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::operations | Shown::applies; }
  const ClientShadow& clients_;
};

/// Y8 causal_order. What goes through the log and began after another operation was answered stands behind it
/// in the canonical sequence. (Verdi causal_order_preserved; CCF CommittedRwOrderedRealTimeInv)
class CausalOrder final : public Property {
 public:
  CausalOrder(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
      : Property(PropertyId::causal_order, c, f), clients_(clients) {}
  EventKinds kinds() const override { return {EventKind::reply, EventKind::ok}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::operations; }
  const ClientShadow& clients_;
};

/// Y5 read_freshness. A read that began at time s is served at a position no lower than that of any operation
/// that was answered before s, and returns the reference model's value there. (Dissertation 6.4; etcd #7331)
class ReadFreshness final : public Property {
 public:
  ReadFreshness(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
      : Property(PropertyId::read_freshness, c, f), clients_(clients) {}
  EventKinds kinds() const override { return {EventKind::reply, EventKind::ok}; }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::operations; }
  void on_position(const Event& event, const OperationRecord& record);
  void on_value(const Event& event, const Details& details, const OperationRecord& record);
  const ClientShadow& clients_;
  std::uint64_t not_compared_ = 0;
  bool lease_reads_ = false;
};

}  // namespace raftsim::checkers
