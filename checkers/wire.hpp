// Messages: what a leader may say, and what a follower may conclude from it (Raft 5.3).
#pragma once

#include "checkers/property.hpp"

namespace raftsim::checkers {

/// A6 follower_commit_bound. A server that does not lead raises its commit index no further than min(the
/// leader's commit index, the last entry that the message proves to be in its log), by any message that it
/// took since it started, or to its snapshot's last entry. Judged on what was delivered to it: a message
/// whose previous entry its log did not hold proves nothing. (Raft, figure 2; CCF #8172)
class FollowerCommitBound final : public Property {
 public:
  FollowerCommitBound(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::follower_commit_bound, c, f) {}
  EventKinds kinds() const override { return {EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::messages | Shown::commits | Shown::logs; }
};

/// A7 ack_bounded. A successful answer says "equal" no further than what the requests of that term, which the
/// server took since it started, have proved: up to previous index plus entries, or the last entry of a
/// snapshot; or to what it knows to be committed. (Not of the one request that it answers: answers may be
/// gathered.) Its own log's end proves nothing. (etcd 5fac53b; CCF #6001)
class AckBounded final : public Property {
 public:
  AckBounded(const ClusterShadow& c, Findings& f) : Property(PropertyId::ack_bounded, c, f) {}
  EventKinds kinds() const override { return {EventKind::send}; }
  MessageTypes message_types() const override {
    return {MessageType::append_entries_resp, MessageType::install_snapshot_resp};
  }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::messages; }
};

/// A13 message_provenance. AppendEntries, InstallSnapshot and TimeoutNow of a term are sent by the leader of
/// that term; the entries that they carry are in its log, and what they call committed is so to it; no
/// message but a pre-vote, and the grant of one, names a term above its sender's. Judged against the sender's
/// state at the step that issued it. (So no leader ever receives AppendEntries of its own term.) (CCF
/// MonoTermInv; Verdi append_entries_came_from_leaders)
class MessageProvenance final : public Property {
 public:
  MessageProvenance(const ClusterShadow& c, Findings& f) : Property(PropertyId::message_provenance, c, f) {}
  EventKinds kinds() const override { return {EventKind::send}; }
  MessageTypes message_types() const override {
    return history::between_servers -
           MessageTypes{MessageType::unknown, MessageType::pre_vote, MessageType::pre_vote_resp};
  }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::messages | Shown::roles; }
  void on_append(const Event& event, const MessageView& message, const NodeShadow& sender);
};

}  // namespace raftsim::checkers
