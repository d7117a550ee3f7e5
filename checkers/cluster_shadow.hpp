// The state that all judges share: maintained once per event, subscribed before any of them, so that a judge
// always sees the cluster as it is right after the event (checkers.md, "State shared by all checkers").
//
// A restart. An incarnation starts with nothing; what it recovered is then shown as term, vote and append
// events like any change (sim/view_diff.hpp). From `boot` until the server says that it has recovered (a
// note), or, where a system has no such note, until it first speaks or a message changes it, these are
// recollections, not creations.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkers/canonical.hpp"
#include "checkers/configurations.hpp"
#include "checkers/durable_shadow.hpp"
#include "checkers/flights.hpp"
#include "checkers/leaders.hpp"
#include "checkers/tail_log.hpp"
#include "history/claimed_doubt.hpp"
#include "history/event.hpp"
#include "history/run_info.hpp"
#include "seam/note.hpp"
#include "seam/view.hpp"

namespace raftsim::checkers {

using history::Details;
using history::Endpoint;
using history::Event;
using history::EventId;
using history::EventKind;
using history::EventKinds;
using history::MessageTypes;

/// What a history shows at all: a judge that needs what is never shown says `skipped`.
enum class Shown : std::uint32_t {
  roles = 1u << 0,
  terms = 1u << 1,
  logs = 1u << 2,
  commits = 1u << 3,
  applies = 1u << 4,
  messages = 1u << 5,  ///< described ones
  labels = 1u << 6,
  operations = 1u << 7,
  restarts = 1u << 8,
  votes = 1u << 9,
  snapshots = 1u << 10,
  configurations = 1u << 11,
  leases = 1u << 12,
  loads = 1u << 13,
  pre_votes = 1u << 14,
};
constexpr Shown operator|(Shown a, Shown b) {
  return static_cast<Shown>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(Shown all, Shown one) {
  return (static_cast<std::uint32_t>(all) & static_cast<std::uint32_t>(one)) != 0;
}

/// A granted vote, or a candidate's own, that left its server.
struct VoteRecord {
  Term term;
  NodeId candidate;
  EventId event;
  Instant time;
  /// It left before it was durable.
  bool unsynced = false;
};

struct Milestone {
  enum class Kind : std::uint8_t { voted, crashed, recovered, elected, wiped } kind = Kind::voted;
  EventId event{};
  Instant time{};
  Term term{};
  /// voted: for whom; recovered: whom its vote went to in `term`, 0: nobody.
  NodeId peer{};
  bool unsynced = false;
  /// crashed: what was lost of unsynced labels.
  NodeId lost_vote{};
  Term lost_term{};
  Index lost_first{};
  Index lost_last{};
  std::string why{};
};

struct Grant {
  NodeId voter;
  EventId event;
  Instant time;
};

/// A candidacy as its RequestVote tells it.
struct Candidacy {
  Term term;
  NodeId candidate;
  Index last_index;
  Term last_term;
  EventId event;
  Instant time;
};

struct NodeShadow {
  NodeId id;
  bool up = false;
  bool paused = false;
  bool clock_stands = false;
  std::uint32_t slowed = 0;  ///< by so many faults
  /// Since when none of these, nor a clock set back, has kept it from its timers.
  Instant on_time_from;
  bool recovering = false;
  /// Its disk was lost as a whole (`wipe`): what it acknowledged before was true, and is no longer there.
  bool lost_disk = false;
  /// It has recovered without a note: its next message or write tells so (Now::recovered).
  bool recovered_untold = false;
  /// The log with which it recovered: when that is told, it may have changed.
  TailLog found_log;
  std::uint64_t incarnation = 0;
  /// The step in which this incarnation first showed a term, vote or entry; 0: none yet.
  std::uint32_t shown_step = 0;
  /// The step that delivered the last message to it; 0: none since boot.
  std::uint32_t recv_step = 0;
  MessageType recv_type{};
  bool recv_timer_due = false;  ///< its own timer was due, too
  Role role = Role::follower;
  /// The step of the last role event, and role and term with which the server entered that step.
  std::uint32_t role_step = 0;
  Role role_entering = Role::follower;
  Term term_entering;
  Term term;
  std::optional<NodeId> vote;
  Index commit, applied;
  std::uint64_t state_hash = 0;
  TailLog log;
  DurableShadow durable;
  /// The effective one, and the log's last configuration entry (0: the initial one).
  Configuration configuration;
  Index configuration_index;
  /// Before the last change, which came in this step: a step that both appends a configuration and decides
  /// may have decided by either.
  Configuration configuration_before;
  std::uint32_t configuration_step = 0;
  /// The last one of its own that this incarnation showed; index 0: none.
  struct Snapshot {
    Index index;
    Term term;
    std::uint64_t state_hash = 0;
    EventId event;
    Instant time;
  } snapshot;
  /// The step that last showed one of its own, taken, installed or recovered.
  std::uint32_t snapshot_step = 0;
  /// Where its log starts.
  Index first{1};
  /// What its monotonic clock gains.
  std::int64_t drift_ppm = 0;

  /// Votes that left this server, in order of term and then of leaving; the newest few hundred.
  std::vector<VoteRecord> votes;
  /// Its candidacies, in order of term; the newest few hundred.
  std::vector<Candidacy> candidacies;
  /// The highest term that a message which left promised, and the message.
  Term promised;
  EventId promised_by;
  Instant promised_at;
  /// Granted votes that reached this server as a candidate of `grants_term`.
  Term grants_term;
  std::vector<Grant> grants;
  /// Who granted it a pre-vote since it last became a pre-candidate.
  std::vector<NodeId> pre_grants;
  Told told;
  std::vector<Milestone> milestones;

  /// The durable floor when the present incarnation started.
  struct Floor {
    Term term;
    std::optional<NodeId> vote;
    Index last;
    std::optional<std::uint64_t> chain;
    Index snapshot;
    std::uint64_t snapshot_state = 0;
  } floor;

  /// What decayed on its disk (checkers.md, the damage set). It cannot know until it restarts: what was
  /// durable counts until then, and what is left is the floor from then on.
  struct Damage {
    std::optional<Index> from;  ///< since it started: the first entry that is gone
    bool state = false;         ///< since it started: the term and vote
    bool snapshot = false;      ///< since it started: the snapshot, and all that stands on it
    bool found = false;         ///< by the last recovery, or one before it that was cut short
    bool state_lost = false;    ///< for good
    /// For good: something was gone while it was down. Most such disks had lied, and of lies no restart can
    /// know: nothing written later vouches for what they took.
    bool unknowable = false;
    Index refill;  ///< a damaged log is whole once it is durable up to here
  } damage;
  history::ClaimedDoubt doubt;

  /// Gated acknowledgements on their way to the disk: the chain that each vouches for.
  struct GatedAck {
    history::MessageId message;
    std::optional<std::uint64_t> chain;
  };
  std::vector<GatedAck> gated;
  const InitialState* initial = nullptr;
  /// Servers of one system share it.
  std::size_t system = 0;

  /// Where it last voted in a term; null: no vote of that term left it.
  const VoteRecord* vote_in(Term t) const;
};

struct Election {
  Term term;
  NodeId leader;
  EventId event;
  Instant time;
  /// The winner's log at that moment.
  Index last;
  std::optional<std::uint64_t> chain;
  std::vector<Grant> grants;
};

/// What may be a Promise.
inline constexpr MessageTypes promising{MessageType::request_vote, MessageType::request_vote_resp,
                                        MessageType::append_entries, MessageType::append_entries_resp,
                                        MessageType::install_snapshot_resp};

/// What leaves a server and promises something that a power loss must not undo.
struct Promise {
  enum class Kind : std::uint8_t { none, grant, candidacy, acknowledgement, append } kind = Kind::none;
  Term term;
  NodeId peer;
  bool by_snapshot = false;            ///< acknowledgement: of InstallSnapshot
  Index index;                         ///< acknowledgement: up to where
  std::optional<std::uint64_t> chain;  ///< acknowledgement: of the log that it was issued over
};

/// What the present event amounts to. Valid for judges of the same event only.
struct Now {
  /// A server became leader: the last of elections().
  bool elected = false;
  /// And its term had no leader before.
  bool first_of_term = true;
  /// This server said that it has recovered, or speaks for the first time since it has.
  bool recovered = false;
  Promise promise;
  EntryTable::Met met = EntryTable::Met::equal;
  /// AppendEntries issued: how many of its entries, from the first on, are those of the sender's own log.
  std::size_t own_entries = 0;
  /// CAN grew by these.
  Index committed_first, committed_last;
  /// The committer's log differs from CAN here: 0: nowhere.
  Index conflict;
  bool first_apply = false;
  /// truncate: the log's entry that was removed first, where known.
  std::optional<LogEntry> removed;
};

class ClusterShadow final : public history::Observer {
 public:
  explicit ClusterShadow(const history::RunInfo& info);

  EventKinds kinds() const override;
  void on_event(const Event& event, const Details& details) override;
  /// What is called at the end of each event that tells of a recovery (Now::recovered): few do, but any of a
  /// server's messages or writes may.
  void judge_recoveries(std::function<void(const Event&, const NodeShadow&)> judge) {
    judge_recovery_ = std::move(judge);
  }

  /// Precondition: has(id).
  const NodeShadow& node(NodeId id) const { return nodes_[id.value - 1]; }
  const NodeShadow& node(const Event& event) const { return node(event.node.as_node()); }
  bool has(NodeId id) const { return id.value >= 1 && id.value <= nodes_.size(); }
  const std::vector<NodeShadow>& nodes() const { return nodes_; }
  const Canonical& can() const { return can_; }
  const EntryTable& entries() const { return entries_; }
  EntryTable& entries() { return entries_; }
  /// The last few hundred, in order of happening.
  const std::vector<Election>& elections() const { return elections_; }
  /// The first leader of a term; null: none so far, or a few thousand elections ago (Now::first_of_term
  /// knows all the same).
  const Leadership* leader_of(Term term) const { return leaders_.of(term); }
  /// Whether leader_of() still knows who led that term.
  bool who_led_is_known(Term term) const { return leaders_.knows(term); }
  /// The term in which a leader decided, by counting, to raise its commit index in the present `commit`
  /// event: it may be another's before the step is over. Nothing where the commit index did not rise, or
  /// where the server only learned from a leader or a snapshot what was committed.
  std::optional<Term> counted_in() const { return counted_in_; }
  const Configurations& configurations() const { return configurations_; }
  /// What AppendEntries, InstallSnapshot or a pre-vote that is under way says of a log; null: not known any
  /// more.
  const Flight* flight(history::MessageId message) const { return flights_.find(message); }
  /// The latest committed configuration: whom liveness waits for. (A server that shows none: the initial
  /// one.)
  const Configuration& membership() const { return configurations_.latest_committed(can_); }
  bool is_member(NodeId id) const {
    const Configuration& c = membership();
    return c.votes(id) || contains(c.learners, id);
  }
  /// Two clocks have run further apart than the servers were told to expect (dissertation 6.4.1): a lease
  /// promises nothing.
  bool clock_bound_broken() const { return clock_bound_broken_; }
  /// Terms that the scenario's initial logs hold entries of: their leaders are unknown, and taken.
  bool taken(Term term) const;
  const Candidacy* candidacy(Term term, NodeId candidate) const;
  const Now& now() const { return now_; }
  Shown shown() const { return shown_; }
  /// The last event that concerned the servers or began an operation.
  EventId last_event() const { return last_event_; }
  /// Whether it is in the run's damage set: its log until it is refilled, its hard state and a disk that was
  /// lost as a whole for good. Until it has read what is left, nobody knows what it will find.
  bool damaged(const NodeShadow& node) const {
    const NodeShadow::Damage& d = node.damage;
    return node.lost_disk || d.state_lost || d.from.has_value() || (d.found && node.recovering) ||
           (d.refill != Index{} && node.durable.log().last() < d.refill);
  }
  /// It is damaged, or lost something and says that it does not trust its disk yet: it cannot be part of a
  /// quorum.
  bool in_doubt(const NodeShadow& node) const {
    return damaged(node) || (node.doubt.holds() && node.damage.refill != Index{});
  }
  /// Disks were damaged in a run that does not keep the damage to what a correct system survives.
  bool beyond_fault_budget() const { return disks_damaged_ && !info_.protect_quorum; }
  /// Since when a server's own timers run as time does: what it owes within a time of its own counts from
  /// there. Nothing: they do not, for it is paused or slowed down, its clock stands still, or no step is
  /// free.
  std::optional<Instant> on_time_since(const NodeShadow& node) const {
    if (info_.service_time || node.paused || node.clock_stands || node.slowed != 0) return std::nullopt;
    return node.on_time_from;
  }
  /// Whether this server's system labels its disk operations.
  bool labelled(const NodeShadow& node) const { return labelled_[node.system]; }
  const history::RunInfo& info() const { return info_; }

 private:
  NodeShadow& at(const Event& event) { return nodes_[event.node.as_node().value - 1]; }
  /// A server that the run began without.
  void make_room(NodeId id);
  void on_configuration(const Event& event, const Details& details, NodeShadow& node);
  void on_snapshot(const Event& event, NodeShadow& node);
  void on_compaction(const Event& event, NodeShadow& node);
  void compare_clocks();
  void on_process(const Event& event, const Details& details, NodeShadow& node);
  void on_fault(const Event& event, const Details& details);
  static void on_clock(const Event& event, NodeShadow& node);
  void on_boot(const Event& event, NodeShadow& node);
  void on_disk(const Event& event, const Details& details, NodeShadow& node);
  void on_inspected(const Event& event, const Details& details, NodeShadow& node);
  void on_role(const Event& event, NodeShadow& node);
  void on_append(const Event& event, NodeShadow& node);
  void on_commit(const Event& event, NodeShadow& node);
  void on_apply(const Event& event, NodeShadow& node);
  void on_message(const Event& event, const Details& details, NodeShadow& node);
  void on_arrival(const Event& event, NodeShadow& node);
  void on_told(const Event& event, NodeShadow& node);
  Index at_end(NodeId leader) const;
  void on_append_sent(const MessageView& message, const NodeShadow& node);
  void on_leaving(const Event& event, NodeShadow& node);
  void keep_candidacy(const Event& event, const NodeShadow& node, const MessageView& request);
  void keep_vote(const Event& event, NodeShadow& node, NodeId candidate);
  void elect(const Event& event, NodeShadow& node);
  void finish_recovery(const Event& event, NodeShadow& node);
  void before_change(const Event& event, NodeShadow& node);
  void tell_recovery(NodeShadow& node);
  void take(const Event& event, const Details& details);
  void note_lost(const Event& event, const Details& details, NodeShadow& node);
  void note_decayed(const Details& details, NodeShadow& node);
  static void find_damage(NodeShadow& node);
  /// What the present event amounts to, to be written: only what was written is made empty for the next.
  Now& tell() {
    told_ = true;
    return now_;
  }
  static std::optional<Term> in_which_counted(const Event& commit, const NodeShadow& node);
  void on_note(const Event& event, NodeShadow& node);
  void on_slowness(const Event& event, const Details& details);
  void keep_source(const Event& event, const Details& details);
  std::string behind(const Event& crash) const;
  void saw(Shown what) { shown_ = shown_ | what; }

  const history::RunInfo& info_;
  std::vector<NodeShadow> nodes_;
  Canonical can_;
  EntryTable entries_;
  Configurations configurations_;
  bool clock_bound_broken_ = false;
  bool disks_damaged_ = false;
  /// The last faults that crash servers: their fault_begin, and what asked for them.
  static constexpr std::size_t crash_faults_max = 32;
  std::vector<std::pair<EventId, std::string>> crash_faults_;
  std::vector<Election> elections_;
  Leaders leaders_;
  Flights flights_;
  std::vector<Term> taken_;
  std::vector<bool> labelled_;  ///< by system
  EventId last_event_;
  Now now_;
  std::optional<Term> counted_in_;
  bool told_ = false;
  std::function<void(const Event&, const NodeShadow&)> judge_recovery_;
  Shown shown_{};
};

/// The majority rule over every active part of a configuration; `counts(node)` says who is in favour.
template <class Counts>
bool quorum(const Configuration& configuration, const Counts& counts) {
  return configuration.agrees(counts);
}

/// By the configuration that a server of this step decided by.
template <class Counts>
bool quorum(const NodeShadow& decider, const Event& event, const Counts& counts) {
  if (quorum(decider.configuration, counts)) return true;
  return decider.configuration_step == event.step && quorum(decider.configuration_before, counts);
}

}  // namespace raftsim::checkers
