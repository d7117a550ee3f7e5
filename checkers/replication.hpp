// Logs: who may write and remove entries (Raft 5.3).
#pragma once

#include <optional>
#include <vector>

#include "checkers/by_node.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// I02 leader_append_only. While a server leads, no entry of its log is removed or replaced. (Raft, figure 3;
/// Lemma 3; CCF PermittedLogChangesProp)
class LeaderAppendOnly final : public Property {
 public:
  LeaderAppendOnly(const ClusterShadow& c, Findings& f) : Property(PropertyId::leader_append_only, c, f) {}
  EventKinds kinds() const override { return {EventKind::append, EventKind::truncate}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles | Shown::logs; }
};

/// I03 log_matching. Two logs that ever held an entry with the same index and term are equal up to it: every
/// log at every time, and the entries of every AppendEntries on top of its sender's log. (Raft, figure 3;
/// Lemma 4; Verdi log_matching_hosts, log_matching_nw)
class LogMatching final : public Property {
 public:
  /// `entries`: what messages show is entered there, as what logs show is.
  LogMatching(const ClusterShadow& c, Findings& f, EntryTable& entries)
      : Property(PropertyId::log_matching, c, f), entries_(entries) {}
  EventKinds kinds() const override { return {EventKind::append, EventKind::send}; }
  MessageTypes message_types() const override { return {MessageType::append_entries}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::logs; }
  void on_message(const Event& event, const MessageView& message);
  void differ(const Event& event, Index index, Term term, const char* where);

  EntryTable& entries_;
};

/// A10 entry_creator. An entry that no log and no message held before is appended only by the leader of its
/// term, while it leads. What a restart recovers, and the scenario's initial logs, have creators that nobody
/// knows. (Lemma 4; Verdi every_entry_was_created)
class EntryCreator final : public Property {
 public:
  EntryCreator(const ClusterShadow& c, Findings& f) : Property(PropertyId::entry_creator, c, f) {}
  EventKinds kinds() const override { return {EventKind::append}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles | Shown::logs; }
};

/// A8 ack_not_forgotten. Once a server acknowledged entries up to k in term t, its log stays equal up to k
/// until a leader of a later term replaces them; after a restart as well. (TigerBeetle replica_head_max;
/// akka-raft #66)
/// What decays on its disk a server cannot keep. But it can know that it is gone, and must not help to elect
/// who lacks it, itself among them, until it has it again.
class AckNotForgotten final : public Property {
 public:
  AckNotForgotten(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    return {EventKind::send, EventKind::depart, EventKind::truncate, EventKind::write};
  }
  MessageTypes message_types() const override {
    return {MessageType::append_entries_resp, MessageType::install_snapshot_resp, MessageType::request_vote,
            MessageType::request_vote_resp};
  }
  void on_event(const Event& event, const Details& details) override;
  void on_recovered(const Event& event, const NodeShadow& node) override;

 private:
  Shown needs() const override { return Shown::messages | Shown::logs; }
  void on_leaving(const Event& event);
  void on_vote(const Event& event, const NodeShadow& voter);

  struct Acknowledged {
    Term term;
    Index index;
    std::uint64_t chain = 0;
    EventId event;
    Instant time;
    NodeId leader;
    std::optional<Term> entry_term = {};  ///< of the last entry acknowledged
    bool decayed = false;                 ///< a restart did not find it any more
  };
  static bool replaces(const Label& label, const NodeShadow& node, const Acknowledged& ack);
  Evidence line_of(NodeId node, const Acknowledged& ack) const;
  /// By node: its furthest acknowledgement of its newest term that still binds it.
  ByNode<std::optional<Acknowledged>> last_;
};

}  // namespace raftsim::checkers
