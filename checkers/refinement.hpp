// Every step of every server, held against the specification of Raft (specification.hpp).
#pragma once

#include <vector>

#include "checkers/by_node.hpp"
#include "checkers/checkers.hpp"
#include "checkers/property.hpp"
#include "checkers/specification.hpp"

namespace raftsim::checkers {

/// S1 refinement. Each step of a server is one that the transition rules allow, given the messages that were
/// delivered to it since it started, what it held before, and what was durable: the first that is not is
/// told, though no invariant may ever break. What a recovery reads back is judged by others; messages, at the
/// step that issued them. (Ongaro, TLA+ specification; dissertation, appendix B)
class RefinementProperty final : public Property {
 public:
  RefinementProperty(const ClusterShadow& c, Findings& f, Refinement refinement);
  EventKinds kinds() const override;
  MessageTypes message_types() const override { return MessageTypes::all(); }
  void on_event(const Event& event, const Details& details) override;

 private:
  struct Watched {
    specification::Server server;
    /// The event that began its step.
    EventId event;
    Instant time;
  };

  Shown needs() const override { return Shown::messages | Shown::roles | Shown::terms; }
  void on_received(const Event& event, specification::Server& server, const NodeShadow& node);
  static void on_note(const Event& event, specification::Server& server);
  void on_changed(const Event& event, const Details& details, Watched& watched, const NodeShadow& node);
  void judge(const Event& event, const Details& details, const Watched& watched,
             const specification::Illegal& illegal);
  specification::Illegal judged_role(const Event& event, specification::Server& server,
                                     const NodeShadow& node) const;
  specification::Illegal judged_removal(const Event& event, const specification::Server& server,
                                        const NodeShadow& node) const;
  specification::Illegal judged_commit(const Event& event, const specification::Server& server,
                                       const NodeShadow& node) const;
  specification::Illegal judged_message(const Event& event, const Details& details,
                                        specification::Server& server, const NodeShadow& node) const;
  static Evidence began(const Watched& watched);

  bool left_out_;
  ByNode<Watched> servers_;
};

}  // namespace raftsim::checkers
