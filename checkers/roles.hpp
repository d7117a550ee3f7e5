// Roles: how a server may go from one to another, and what it is then (Raft 5.2, dissertation 9.6).
#pragma once

#include <optional>

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// I13 legal_transitions. Whoever leads was a candidate, and nobody becomes one while it leads: follower ->
/// pre-candidate -> candidate -> leader, from anywhere back to follower, from candidate back to
/// pre-candidate. A single voter may pass several of these in one step; others need answers in between.
/// Judged on what inspect() shows from step to step, and on notes of what happens within one. (CCF
/// StateTransitionsProp)
class LegalTransitions final : public Property {
 public:
  LegalTransitions(const ClusterShadow& c, Findings& f) : Property(PropertyId::legal_transitions, c, f) {}
  EventKinds kinds() const override { return {EventKind::role, EventKind::note}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles; }
};

/// I15 role_facts. Within a term a server knows one leader at most, also across restarts; who knows itself as
/// the leader leads and has voted for itself; who leads knows no other. (That no AppendEntries of its own
/// term reaches a leader follows from message_provenance and election_safety.) (LogCabin
/// RaftConsensusInvariants)
class RoleFacts final : public Property {
 public:
  RoleFacts(const ClusterShadow& c, Findings& f) : Property(PropertyId::role_facts, c, f) {}
  EventKinds kinds() const override { return {EventKind::leader}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles; }
  struct Known {
    Term term;
    NodeId leader;
    EventId event;
    Instant time;
  };
  ByNode<Known> known_;
};

/// W6 pre_vote_inert. Being asked for a pre-vote changes neither term nor vote nor role. And with pre-votes
/// on, nobody becomes a candidate unless a quorum granted it one since it last did not campaign, or it was
/// told to campaign. (Dissertation 9.6; etcd becomePreCandidate) The timer is not looked at: that a pre-vote
/// puts an election off is no matter of safety, and a server's next wake-up has many reasons.
class PreVoteInert final : public Property {
 public:
  PreVoteInert(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    return {EventKind::role, EventKind::term, EventKind::vote, EventKind::note, EventKind::crash};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::messages | Shown::terms; }
  void on_candidacy(const Event& event, const NodeShadow& node);
  void settle();

  std::vector<bool> on_;  ///< by node: whether it was told to use pre-votes
  /// A candidacy without a quorum of pre-votes; a note of its step may yet tell that it was commanded.
  std::optional<Event> uncalled_;
};

}  // namespace raftsim::checkers
