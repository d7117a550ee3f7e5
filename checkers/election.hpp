// Elections: who may vote, who may lead (Raft 5.2, 5.4.1).
#pragma once

#include <vector>

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// I01 election_safety. At most one server is ever elected leader in a term: over the whole history, not only
/// at one moment. Leaders of different terms at once are legal. (Raft, figure 3; Lemma 2; Verdi
/// one_leader_per_term)
class ElectionSafety final : public Property {
 public:
  ElectionSafety(const ClusterShadow& c, Findings& f) : Property(PropertyId::election_safety, c, f) {}
  EventKinds kinds() const override { return {EventKind::role, EventKind::term}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles; }
  void two_leaders(const Event& event, const Leadership& first, const Election& second);
};

/// I07 one_vote_per_term. For every server and term, at most one candidate has its granted vote, its own
/// RequestVote counting as a vote for itself; judged on what left the server. What it recovers after a crash
/// agrees. (Raft 5.2; AsyncRaft H_VotesCantBeGrantedTwice; LogCabin Invariants)
class OneVotePerTerm final : public Property {
 public:
  OneVotePerTerm(const ClusterShadow& c, Findings& f) : Property(PropertyId::one_vote_per_term, c, f) {}
  EventKinds kinds() const override { return {EventKind::send, EventKind::depart}; }
  MessageTypes message_types() const override {
    return {MessageType::request_vote, MessageType::request_vote_resp};
  }
  void on_event(const Event& event, const Details& details) override;
  void on_recovered(const Event& event, const NodeShadow& node) override;

 private:
  Shown needs() const override { return Shown::messages; }
};

/// I06 monotonic_term. A server's term never falls while it runs, and what it recovers after a crash is not
/// below any term that a message of its which left has promised. (Lemma 1; CCF MonotonicTermProp;
/// TigerBeetle replica_head_max.view)
class MonotonicTerm final : public Property {
 public:
  MonotonicTerm(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override { return {EventKind::boot, EventKind::term}; }
  void on_event(const Event& event, const Details& details) override;
  void on_recovered(const Event& event, const NodeShadow& node) override;

 private:
  Shown needs() const override { return Shown::terms; }
  struct Last {
    Term term;
    EventId event;
    Instant time;
  };
  ByNode<Last> last_;  ///< by node
};

/// A2 vote_quorum. Whoever becomes leader had really received granted votes of that term from a majority of
/// the voters of every active configuration, itself counted where it is a voter. (CCF BecomeLeader; Verdi
/// votes_correct)
class VoteQuorum final : public Property {
 public:
  VoteQuorum(const ClusterShadow& c, Findings& f) : Property(PropertyId::vote_quorum, c, f) {}
  EventKinds kinds() const override { return {EventKind::role, EventKind::term}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles | Shown::messages; }
};

/// A3 vote_up_to_date. When a vote is granted, the candidate's last entry, as its RequestVote told it and as
/// its log then really was, is at least as up-to-date as the voter's. Judged at issue, once per vote: a
/// repeated answer decides nothing. (Raft 5.4.1; Verdi votedFor_moreUpToDate)
class VoteUpToDate final : public Property {
 public:
  VoteUpToDate(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override { return {EventKind::boot, EventKind::send}; }
  MessageTypes message_types() const override {
    return {MessageType::request_vote, MessageType::request_vote_resp};
  }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::messages | Shown::logs; }
  void on_candidacy(const Event& event, const Details& details);
  void on_grant(const Event& event);
  struct Granted {
    Term term;
    NodeId candidate;
  };
  ByNode<Granted> granted_;  ///< by voter: the last one of this incarnation
};

}  // namespace raftsim::checkers
