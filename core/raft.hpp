// The Raft algorithm as a pure transition function (Ongaro & Ousterhout, extended paper; Ongaro's
// dissertation; section numbers are the dissertation's unless said otherwise). No clock, no file, no thread,
// no global: time and entropy come with each input, and everything that a step causes is in its Output, in
// order. One chapter, one file: election.cpp, replication.cpp, commit.cpp, membership.cpp, persistence.cpp,
// reads.cpp, lease.cpp, follower_reads.cpp, snapshot.cpp, transfer.cpp, doubt.cpp.
//
// The rule of durability. Order is data: each send names the write that it waits for, or none. A promise
// (granted vote, acknowledged entries, RequestVote, which promises the candidate's own vote) names the last
// write *issued* whenever something that it promises is not durable yet, not only what its step changed: a
// duplicate of a vote request that comes while the vote is being written gets an answer that waits as well.
// AppendEntries, heartbeats, pre-votes and refusals promise nothing and wait for nothing. That an
// AppendEntries of term t finds t and the vote of its leader durable follows from the election: see
// election.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/configurations.hpp"
#include "core/doubt.hpp"
#include "core/incoming_snapshot.hpp"
#include "core/log.hpp"
#include "core/membership.hpp"
#include "core/persistence.hpp"
#include "core/progress.hpp"
#include "core/quorum.hpp"
#include "core/raft_step.hpp"
#include "core/snapshot.hpp"
#include "seam/configuration.hpp"
#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim::core {

/// Copyable: a copy behaves the same from there on.
class Raft {
 public:
  /// One way in, one way out. `out` was cleared. No exception, and no failed CHECK whatever a message says.
  void step(const Input& input, Output& out);

  /// Where recovery puts the entries found on disk, before Restore.
  Log& recovery_log();

  NodeId self() const { return self_; }
  Role role() const { return role_; }
  Term term() const { return term_; }
  std::optional<NodeId> vote() const { return vote_; }
  /// As to be written now.
  HardState hard_state() const { return {term_, vote_, doubt_}; }
  Doubt doubt() const { return doubt_; }
  /// The leader of this term, where known. Cleared when campaigning.
  std::optional<NodeId> leader() const { return leader_; }
  Index commit() const { return commit_; }
  const Log& log() const { return log_; }
  /// The one in force: the latest in the log.
  const Configuration& configuration() const { return configurations_.latest(); }
  const Configurations& configurations() const { return configurations_; }
  const Durability& durability() const { return durability_; }
  /// The latest durable one; null without one.
  const SnapshotRef& snapshot() const { return snapshot_; }
  /// Those that a leader sends to, by id: everyone else in the configuration, and for a while those that the
  /// latest change removed. Empty otherwise.
  std::span<const Progress> peers() const { return {peers_.data(), peers_.size()}; }
  /// The same for View::peers.
  void view_peers(std::vector<PeerView>& out) const;
  /// Payload bytes that this leader has taken in its term and that are not yet committed; 0 elsewhere. What
  /// earlier terms left behind does not count: without a no-op it can only commit with a new command, which
  /// must not be refused because of it.
  std::uint64_t uncommitted_bytes() const {
    return role_ == Role::leader ? log_.bytes_after(std::max(commit_, inherited_last_)) : 0;
  }
  /// Until when, on its own clock, this leader serves lease reads without asking anybody (6.4.1); nothing
  /// where nobody asked for one in this term, or it has no lease. O(voters).
  std::optional<Instant> lease_end() const;
  std::uint64_t pending_reads() const { return reads_waiting_.size() + reads_confirming_.size(); }

 private:
  // raft.cpp: dispatch, terms and roles
  void on(const Restore& restore);
  void on(const MessageReceived& received);
  void on(const WakeUp&);
  void on(const Persisted& persisted);
  void on(const SnapshotDurable& durable);
  void on(const SnapshotUnusable&);
  void on(const Propose& propose);
  void on(const ReadRequest& request);
  void on(const CampaignNow&);
  void on(const SpaceChanged& changed);
  void on(const LinkChanged& changed);
  void yield_without_space();
  void yield_as_disk_hangs();
  void on(const TransferLeadership& request);
  void on(const ChangeRequest& request);
  bool believes(Term told) const;
  void dispatch(NodeId from, const Message& message);
  bool of_this_term(NodeId from, const Message& message);
  void adopt_term(NodeId from, Term term, std::optional<NodeId> leader);
  void become(Role role);
  Role idle_role() const { return standing_ == Standing::passive ? Role::learner : Role::follower; }
  void become_follower(Term term, std::optional<NodeId> leader);
  void plan_wake();
  void wake_by(Instant time);

  // election.cpp
  std::optional<CampaignOutcome> why_no_campaign() const;
  bool may_campaign() const { return !why_no_campaign(); }
  bool leader_alive() const;
  void restart_election_wait();
  void election_due();
  void pre_campaign();
  enum class Cause : std::uint8_t { timeout, command, transfer };
  void campaign(Cause cause);
  void ask_for_votes(MessageType type, Term term, Cause cause);
  void count_vote(NodeId from);
  void become_leader();
  void on_vote_request(NodeId from, const Message& message);
  std::optional<NoteKind> why_refuse_vote(NodeId from, const Message& message) const;
  bool up_to_date(const Message& message) const;
  void refuse_vote(NodeId from, const Message& message, NoteKind why);
  void grant_vote(NodeId from, const Message& message);
  void on_vote_response(NodeId from, const Message& message);
  void check_quorum();

  // replication.cpp
  void on_append(NodeId from, const Message& message);
  bool hear_leader(NodeId from, const Message& message);
  void acknowledge_committed(NodeId from, MessageType type, std::uint64_t context);
  bool entries_in_order(const Message& message) const;
  void refuse_append(NodeId from, const Message& message);
  bool append_new(const Message& message);
  enum class Entries : std::uint8_t { taken, left_out };
  void acknowledge(NodeId from, const Message& message, Entries entries);
  bool waits_already(std::optional<WriteId> after);
  void on_append_response(NodeId from, const Message& message);
  void on_append_refused(Progress& follower, const Message& message);
  bool refuses_match(const Progress& follower, const Message& refusal) const;
  bool answers_recheck(const Progress& follower, const Message& refusal) const;
  Index agreement_candidate(const Message& refusal) const;
  enum class Carry : std::uint8_t { entries, nothing };
  void send_append(Progress& follower, Carry carry);
  bool may_send_more(const Progress& follower) const;
  void replicate(Progress& follower);
  void replicate_to_all();
  void heartbeats_due();
  Progress* peer(NodeId node);

  // snapshot.cpp
  void on_install_snapshot(NodeId from, const Message& message);
  void take_chunk(NodeId from, const Message& message);
  bool adopt_snapshot(const Snapshot& snapshot);
  void compact_behind(Index snapshot_index);
  void on_install_response(NodeId from, const Message& message);
  void begin_transfer(Progress& follower);
  std::uint64_t send_chunk(Progress& follower, std::uint64_t offset, std::uint64_t bytes_max);
  void send_chunks(Progress& follower);
  void transfer_due(Progress& follower);
  void end_transfer(Progress& follower, Index proved);

  // commit.cpp
  void advance_commit();
  void raise_commit(Index index);
  void commit_up_to(Index index);
  void follow_commit(Index leader_commit, Index proved);
  bool committed_in_own_term() const;

  // transfer.cpp
  TransferStart why_not_transfer(NodeId target) const;
  bool may_take_over(NodeId target) const;
  void recheck_transfer();
  void hand_over();
  void follow_transfer();
  void end_transfer(TransferEnd end);
  void on_timeout_now(NodeId from);

  // membership.cpp
  Standing standing() const;
  void configuration_in_force();
  void configuration_appended(const EntryRef& entry);
  void configuration_rolled_back(Index from);
  void configurations_committed(Index before);
  void set_peers(Index next);
  bool removed(NodeId node) const;
  std::optional<ChangeRefusal> why_not_now() const;
  std::optional<ChangeRefusal> plan(const ChangeRequest& request, Configuration& target) const;
  std::optional<ChangeRefusal> prepare(Configuration target, Change& change) const;
  bool in_joint_form(const Configuration& target) const;
  bool leaves_majority(const Configuration& target) const;
  void answer_change(ChangeRefusal why);
  void begin_change(Change change);
  void append_configuration(const Configuration& configuration);
  void membership_due();
  void farewell_due();
  void change_due();
  void change_voters();
  void begin_round();
  void rounds_due();
  const Progress& slowest_entrant() const;
  void give_up(NodeId slowest);
  void leave();

  // persistence.cpp
  Persist& write();
  void persist_hard_state();
  void append_to_log(const EntryRef& entry);
  void truncate_log(Index from);
  void finish_write();
  bool hard_state_durable() const;
  std::optional<WriteId> gate(Index promised) const;

  // doubt.cpp
  void begin_doubt(Doubt doubt);
  bool in_doubt() const { return doubt_ != Doubt::none; }
  void learn_end_of_doubt(const Message& append, Index proved);
  void end_doubt_if_refilled();
  void tell_doubt(Message& response) const;
  bool took_doubt(Progress& follower, const Message& response);
  bool counts_no_more(NodeId node) const;

  // reads.cpp
  void start_read_round();
  void send_what_matches(Progress& follower);
  void read_round_answered(Progress& follower, const Message& answer);
  void confirm_reads();
  void answer_asks();
  void fail_reads(ReadFailure reason);

  // lease.cpp
  bool serve_from_lease(ReadId id);
  std::optional<NoLease> why_no_lease() const;
  void number_round(Progress& follower, Message& append);
  bool promised() const { return promised_until_ && now_ < *promised_until_; }
  void promise_lease();

  // follower_reads.cpp
  void ask_for_index();
  void send_ask();
  void on_read_index(NodeId from, const Message& message);
  void on_read_index_response(NodeId from, const Message& message);
  void finish_ask();
  void asks_due();

  /// Adds a message of this term to the output and returns it to be filled in; valid until the next one.
  Message& send(NodeId to, MessageType type, std::optional<WriteId> after);
  void note(NoteKind kind, std::uint64_t a = 0, std::uint64_t b = 0);

  NodeId self_;
  Config config_;
  Configurations configurations_;
  bool started_ = false;
  /// Under the latest configuration; follows it and what is known of its commitment.
  Standing standing_ = Standing::passive;

  Role role_ = Role::follower;
  Term term_;
  std::optional<NodeId> vote_;
  std::optional<NodeId> leader_;
  Log log_;
  Index commit_;

  /// What this server may not do (doubt.hpp), the number of this doubt, and what ends it in this term: the
  /// leader's last position as told after this number, and how far the log was proved to be the leader's.
  Doubt doubt_ = Doubt::none;
  std::uint64_t doubt_number_ = 0;
  std::optional<Index> doubt_until_;
  Index doubt_proved_;

  /// Since when the disk has had no space.
  std::optional<Instant> no_space_since_;
  /// Leader only: since when it has refused proposals that the others would commit, for want of its own disk,
  /// and how far that had written then.
  struct Hang {
    Instant since;
    Index durable;
  };
  std::optional<Hang> hang_;

  Durability durability_;
  /// The last write that carries a hard state, and the one that an answer without a promise waits for.
  WriteId hard_state_write_;
  WriteId answer_waits_for_;

  /// When to campaign, unless a leader is heard before. Meaningless for a leader and for who may not
  /// campaign.
  Instant election_deadline_;
  Duration election_wait_;
  /// The next restart of the election wait draws a new one.
  bool draw_wait_ = true;
  /// When an AppendEntries of the present leader last came.
  Instant leader_heard_;
  /// Numbers the rounds of asking for votes, so that answers to an earlier round do not count.
  std::uint64_t ballot_ = 0;
  /// Who granted in this round, itself included.
  NodeSet granted_;

  /// Leader only, by id: everyone else in the configuration, and those that left with the latest one (see
  /// farewell_until_).
  std::vector<Progress> peers_;
  /// Leader only: the last position when its leadership began.
  Index inherited_last_;
  /// Leader only: when to look next whether a quorum was heard within T.
  Instant quorum_check_at_;

  /// The hand-over that this server began as the leader of `term`; followed beyond its own step-down.
  struct Transfer {
    NodeId target;
    Term term;
    Instant deadline;
    bool due = true;       ///< in this step the target may be told, if its log is complete
    bool told = false;     ///< TimeoutNow was sent
    bool deposed = false;  ///< a later term has begun
  };
  std::optional<Transfer> transfer_;
  SnapshotRef snapshot_;
  /// What a leader is sending here.
  IncomingSnapshot incoming_;
  /// What came completely and is being made durable.
  std::optional<SnapshotIdentity> storing_;

  /// Leader only: whether a change, a joint configuration or an uncommitted one is under way, or somebody is
  /// still to be told that it has left. While false, a step has nothing to do for the membership.
  bool membership_busy_ = false;
  std::optional<Change> change_;
  /// Those that left with the latest configuration are sent to until then; set when that is committed.
  std::optional<Instant> farewell_until_;

  /// Reads come in groups: one group is under way, the next gathers. A leader's is under way in a round of
  /// confirmation, a follower's in a question to the leader.
  bool reads_under_way_ = false;
  std::vector<ReadId> reads_waiting_;     ///< for a commit in the own term, or for the group before theirs
  std::vector<ReadId> reads_confirming_;  ///< under way
  /// Rounds of leadership confirmation, dense in this incarnation; 0: none yet.
  std::uint64_t read_round_ = 0;
  /// Leader only: the round that the present group waits for, and the commit index when it began.
  std::uint64_t read_round_awaited_ = 0;
  Index read_round_index_;
  /// Leader only: some follower asks for a read index (Progress::read_asked).
  bool asks_waiting_ = false;

  /// Followers only: the number of the latest question to the leader, its answer, and when to repeat it or to
  /// give up.
  std::optional<std::uint64_t> ask_;
  std::optional<Index> ask_index_;
  Instant ask_again_at_;
  Instant ask_deadline_;

  /// How much of T, counted on this server's clock, is over on nobody's clock before T is (6.4.1).
  Duration lease_length_;
  /// Leader only: lease reads are asked for in this term, and every AppendEntries asks for the promise. Where
  /// nobody uses leases, they cost nothing.
  bool leasing_ = false;
  /// Leader only: TimeoutNow was sent. In this term, no lease is safe any more.
  bool lease_given_up_ = false;
  /// No vote for anybody until then, except in an election that the leader itself asked for.
  std::optional<Instant> promised_until_;

  // Valid within a step.
  Instant now_;
  std::uint64_t entropy_ = 0;
  bool takes_entries_ = true;
  Output* out_ = nullptr;
  std::vector<Reached<Index>> match_scratch_;
  std::vector<Reached<Instant>> heard_scratch_;
  NodeSet confirmed_scratch_;
  mutable std::vector<Reached<Instant>> lease_scratch_;
};

}  // namespace raftsim::core
