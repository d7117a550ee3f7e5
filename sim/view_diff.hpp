// What a node's inspect() shows, compared step by step (DESIGN, seam 2): a system cannot forget to report.
//
// An incarnation starts with nothing: at `boot` the shadow is empty (follower, term 0, no vote, log 1..0,
// commit 0), as whatever a crash left is only on disk. What the process recovers is then shown as term, vote
// and append events like any other change, O(recovered log), which is what recovery costs the process, too.
// Order of the events of one step: role, term, vote, leader, snapshot, compact, truncate, append, config,
// commit, lease, load.
//
// Snapshots. One that is shown while the process recovers was `recovered`; one that covers what the process
// had not applied before, or another entry than its log held there, was `installed`: it takes the place of
// the log's prefix, and of all of the log that did not hold its last entry; any other was `taken`. What
// stands before a log that starts anew behind a snapshot is what this server's log held there before, or else
// what was committed there: chains go on from it. Where neither is known any more, chains are 0.
//
// Configurations. `config` is told when the effective configuration changes, and when another entry is the
// log's last configuration entry: that the two agree is for a judge to say.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "seam/process.hpp"
#include "sim/chronicle.hpp"
#include "sim/node_clock.hpp"
#include "sim/shadow_log.hpp"

namespace raftsim::sim {

class ViewDiff {
 public:
  /// `nodes`: how many there are; peers are numbered 1..nodes.
  ViewDiff(NodeId self, std::size_t nodes) : self_(self), acks_(nodes + 1) {}

  /// Tells leases in global time, by this clock, at most once per `grain` while they are extended.
  void tell_leases(const NodeClock& clock, Duration grain);
  /// Above this many uncommitted bytes, that there are so many is told.
  void tell_load_above(std::uint64_t uncommitted_bytes) { load_limit_ = uncommitted_bytes; }

  /// A new incarnation: see the head of this file.
  void boot();
  /// The process says that it has recovered; told after the step that it said so in was compared.
  void recovered();
  /// A response reached the node in the event `recv`, before the step that handles it: it may be part of the
  /// quorum that a later role or commit event names.
  void note_response(const MessageView& message, NodeId from, EventId recv);
  /// After every step: emits what changed. `effects`: the step's. `started_by`: the type of message that the
  /// step received.
  void compare(const Process& process, const Effects& effects, Chronicle& chronicle, MessageType started_by);
  /// Compares the whole log; what changed silently is emitted as truncate and append.
  void audit(const Process& process, Chronicle& chronicle);
  /// At the end of a run: the load as it is now, if there ever was any.
  void tell_last_load(Chronicle& chronicle);

  Role role() const { return role_; }
  Term term() const { return term_; }
  Index commit() const { return commit_; }
  const ShadowLog& log() const { return log_; }
  /// Of the log's last configuration entry, 0 for the initial one. Meaningful with has_configuration().
  Index configuration_index() const { return configuration_entry().index; }
  bool has_configuration() const { return has_configuration_; }
  const Configuration& configuration() const { return configuration_; }
  const std::optional<SnapshotView>& snapshot() const { return snapshot_; }

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
  void compare_snapshot(const Effects& effects, Chronicle& chronicle, MessageType started_by);
  history::SnapshotAction snapshot_action(const Effects& effects, MessageType started_by) const;
  bool applied_one_by_one(Index index, const Effects& effects) const;
  void compare_first(Chronicle& chronicle);
  std::optional<std::uint64_t> chain_before(Index first, const Chronicle& chronicle) const;
  void compare_log(const Process& process, Chronicle& chronicle);
  void compare_commit(Chronicle& chronicle);
  void compare_configuration(Chronicle& chronicle);
  void compare_lease(Chronicle& chronicle);
  void compare_load(Chronicle& chronicle);
  void tell_load(Chronicle& chronicle);
  /// The log's last configuration entry, 0 of term 0 for the initial configuration.
  ConfigurationEntry configuration_entry() const {
    return configuration_entries_.empty() ? ConfigurationEntry{} : configuration_entries_.back();
  }
  void truncate_configurations(Index from);
  void replace_after(Index common, Index last, const Process& process, Chronicle& chronicle);
  void count_committed(Chronicle& chronicle) const;

  NodeId self_;
  View view_;
  Role role_ = Role::follower;
  Term term_;
  std::uint64_t vote_ = 0;
  std::uint64_t leader_ = 0;
  Index commit_;
  Index applied_;
  bool has_configuration_ = false;
  Configuration configuration_;
  /// Those of the log, in order; first the last one before log_.first(), where it is known.
  std::vector<ConfigurationEntry> configuration_entries_;
  /// Another entry may be the last of them than was told.
  bool configuration_moved_ = true;
  std::optional<SnapshotView> snapshot_;
  /// An installed snapshot took the place of the whole log.
  bool log_replaced_ = false;
  ShadowLog log_;
  /// Until the process has recovered: the log of the incarnation before.
  ShadowLog earlier_log_;
  bool recovering_ = true;
  /// Whether its processes say that they have recovered.
  bool notes_recovery_ = false;
  /// Steps since the whole log was last compared.
  std::uint64_t unaudited_steps_ = 0;

  /// By peer: its furthest successful append response of the newest term.
  std::vector<Ack> acks_;
  /// Votes granted for grants_term_, one per voter.
  Term grants_term_;
  std::vector<Grant> grants_;
  std::vector<EventId> causes_;

  const NodeClock* clock_ = nullptr;
  Duration lease_grain_;
  /// As told, on the node's own clock.
  std::optional<Instant> lease_;
  /// The next `load` is told above this many uncommitted bytes.
  std::uint64_t load_next_ = load_first;
  std::uint64_t load_limit_ = load_first;
  static constexpr std::uint64_t load_first = 1'024;
};

}  // namespace raftsim::sim
