// What a node's inspect() shows, compared step by step (DESIGN, seam 2): a system cannot forget to report.
//
// An incarnation starts with nothing: at `boot` the shadow is empty (follower, term 0, no vote, log 1..0,
// commit 0), as whatever a crash left is only on disk. What the process recovers is then shown as term, vote
// and append events like any other change, O(recovered log), which is what recovery costs the process, too.
// Order of the events of one step: role, term, vote, leader, snapshot, compact, truncate, append, commit,
// config.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "seam/chain.hpp"
#include "seam/process.hpp"
#include "sim/chronicle.hpp"

namespace raftsim::sim {

/// A node's log as its inspect() has shown it: entries first..last, with their chain hashes. Kept in chunks,
/// so that growth copies nothing, compaction and truncation cost next to nothing, and memory follows the
/// retained length: chunks that compaction empties are used again.
class ShadowLog {
 public:
  struct Entry {
    Term term;
    std::uint64_t hash = 0;
    std::uint64_t chain = 0;
    EntryKind kind = EntryKind::command;
  };

  Index first() const { return first_; }
  /// first() - 1 when empty.
  Index last() const { return Index{first_.value + size_ - 1}; }
  bool holds(Index i) const { return i >= first_ && i.value < first_.value + size_; }
  /// Precondition: holds(i).
  const Entry& at(Index i) const { return slot(i.value); }
  /// The term of the last entry, 0 when empty.
  Term last_term() const { return size_ == 0 ? Term{} : at(last()).term; }

  void append(const EntryView& entry);
  /// Precondition: last < first() or holds(last) or last == last().
  void truncate_after(Index last) { size_ = last < first_ ? 0 : last.value + 1 - first_.value; }
  /// Entries before `first` go. Precondition: first() <= first <= last() + 1.
  void compact(Index first);
  /// Empty, to be continued at `first`. The chain goes on where this log had been compacted before to that
  /// point, else it starts anew.
  void restart_at(Index first);

 private:
  static constexpr std::uint64_t chunk_bits = 9;
  static constexpr std::uint64_t chunk_size = std::uint64_t{1} << chunk_bits;
  using Chunk = std::unique_ptr<Entry[]>;

  const Entry& slot(std::uint64_t i) const {
    return chunks_[(i >> chunk_bits) - first_chunk_][i & (chunk_size - 1)];
  }

  /// The chunks of indexes from first_chunk_ << chunk_bits on; first_ lies in the first, behind the last
  /// entry there may be spare ones.
  std::vector<Chunk> chunks_;
  std::uint64_t first_chunk_ = 0;
  std::uint64_t size_ = 0;
  Index first_{1};
  /// Chain hash at first_ - 1.
  std::uint64_t base_chain_ = chain_start;
  /// The last compaction: where the log started then, and the chain hash before it.
  Index compacted_first_{1};
  std::uint64_t compacted_chain_ = chain_start;
};

class ViewDiff {
 public:
  /// `nodes`: how many there are; peers are numbered 1..nodes.
  ViewDiff(NodeId self, std::size_t nodes) : self_(self), acks_(nodes + 1) {}

  /// A new incarnation: see the head of this file.
  void boot();
  /// A response reached the node in the event `recv`, before the step that handles it: it may be part of the
  /// quorum that a later role or commit event names.
  void note_response(const MessageView& message, NodeId from, EventId recv);
  /// After every step: emits what changed. `started_by`: the type of message that the step received.
  void compare(const Process& process, Chronicle& chronicle, MessageType started_by);
  /// Compares the whole log; what changed silently is emitted as truncate and append.
  void audit(const Process& process, Chronicle& chronicle);

  Role role() const { return role_; }
  Term term() const { return term_; }
  Index commit() const { return commit_; }
  const ShadowLog& log() const { return log_; }
  /// Of the log's last configuration entry, 0 for the initial one. Meaningful with has_configuration().
  Index configuration_index() const { return configuration_index_; }
  bool has_configuration() const { return has_configuration_; }
  const Configuration& configuration() const { return configuration_; }

 private:
  struct Ack {
    EventId event;
    Term term;
    Index match;
  };
  struct Grant {
    NodeId from;
    EventId event;
  };

  EntryView entry(const Process& process, Chronicle& chronicle, Index index) const;
  void emit_change(Chronicle& chronicle, EventKind kind, std::uint64_t now, std::uint64_t previous);
  void compare_role(Chronicle& chronicle);
  void compare_term_vote_leader(Chronicle& chronicle);
  void compare_snapshot(Chronicle& chronicle, MessageType started_by);
  void compare_first(Chronicle& chronicle);
  void compare_log(const Process& process, Chronicle& chronicle);
  void compare_commit(Chronicle& chronicle);
  void compare_configuration(Chronicle& chronicle);
  void replace_after(Index common, Index last, const Process& process, Chronicle& chronicle);
  void count_committed(Chronicle& chronicle) const;

  NodeId self_;
  View view_;
  Role role_ = Role::follower;
  Term term_;
  std::uint64_t vote_ = 0;
  std::uint64_t leader_ = 0;
  Index commit_;
  bool has_configuration_ = false;
  Index configuration_index_;
  Configuration configuration_;
  std::optional<SnapshotView> snapshot_;
  ShadowLog log_;
  /// Steps since the whole log was last compared.
  std::uint64_t unaudited_steps_ = 0;

  /// By peer: its furthest successful append response of the newest term.
  std::vector<Ack> acks_;
  /// Votes granted for grants_term_, one per voter.
  Term grants_term_;
  std::vector<Grant> grants_;
  std::vector<EventId> causes_;
};

}  // namespace raftsim::sim
