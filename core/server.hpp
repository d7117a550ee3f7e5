// One server as a Process: the algorithm (raft.hpp) with a durable log, a state machine and clients around
// it.
//
// Life: list the files, read them one by one, make durable what was found, write what recovery found missing
// (a new disk's first records), then serve. Until then nothing is answered and no message is heard: to others
// it is as if it were still down. server.cpp: inputs, messages, the view; server_disk.cpp: recovery and
// writing; server_requests.cpp: clients and the state machine; server_admin.cpp: operators.
//
// Disk and order. A step that leaves something to write issues a write and a sync per file at once if nothing
// is on its way, or if one of its messages waits for it: the message names the last of these operations, and
// the runtime holds it until all up to that one are done. Otherwise (a leader that takes proposals) it waits
// until the operations on their way are done, and one write and sync then take all that has come together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/durable_log.hpp"
#include "core/fifo.hpp"
#include "core/raft.hpp"
#include "core/recovery.hpp"
#include "core/snapshot_file.hpp"
#include "core/state_machine.hpp"
#include "seam/process.hpp"

namespace raftsim::core {

/// Proposals that may wait for their answers at a time; beyond it they are refused as busy.
inline constexpr std::size_t pending_proposals_max = 65'536;

class Server final : public Process {
 public:
  Server() = default;

  void step(const raftsim::Input& input, Effects& out) override;
  /// Shows nothing before it serves: what it will come back with is still on disk.
  void inspect(View& out) const override;
  EntryView entry(Index index) const override;
  std::unique_ptr<Process> clone() const override;

 private:
  enum class Phase : std::uint8_t { off, listing, reading, repairing, serving, stopped };

  struct PendingProposal {
    Index index;
    Term term;
    ClientId client;
    RequestId id;
  };
  /// A message whose write cannot be issued yet: all slots of the hard state are on their way to the disk.
  struct HeldBack {
    NodeId to;
    MessageType type{};
    Term term;
    WriteId after;
    std::vector<std::byte> bytes;
  };
  /// An operator's request that is answered later.
  struct PendingAdmin {
    ClientId client;
    RequestId id;
  };
  struct PendingRead {
    ClientId client;
    RequestId id;
    std::string key;
    bool answered = false;
  };

  explicit Server(const Server& other);

  // server.cpp
  void on(const Start& start, const raftsim::Input& input, Effects& out);
  void on(const Receive& receive, const raftsim::Input& input, Effects& out);
  void on(const Wake& wake, const raftsim::Input& input, Effects& out);
  void on(const DiskDone& done, const raftsim::Input& input, Effects& out);
  void on(const Request& request, const raftsim::Input& input, Effects& out);
  void on(const Admin& admin, const raftsim::Input& input, Effects& out);
  void on(const Connected& link, const raftsim::Input& input, Effects& out);
  void on(const Disconnected& link, const raftsim::Input& input, Effects& out);
  /// One step of the algorithm, and everything in its output but answers to proposals and operators.
  template <class What>
  void run_raft(const What& what, const raftsim::Input& input, Effects& out);
  void send_messages(Effects& out);
  void hold_back(const Send& send);
  bool outdated(const HeldBack& held) const;
  void send_held_back(Effects& out);

  // server_disk.cpp
  void recovered(const raftsim::Input& input, Effects& out);
  void repair(const raftsim::Input& input, Effects& out);
  void serve(const raftsim::Input& input, Effects& out);
  void read_done(const DiskDone& done, const raftsim::Input& input, Effects& out);
  void note_unwritten();
  bool takes_entries() const;
  bool message_waits_for_unwritten() const;
  void write_if_due(Instant now, Effects& out);
  void no_space(const DiskDone& done, const raftsim::Input& input, Effects& out);
  std::optional<WriteId> take_back(Instant now);
  void entries_unwritten(Index from);
  void persisted(WriteId durable, DiskOp op, const raftsim::Input& input, Effects& out);
  void halt(DiskOp op, DiskStatus status, Effects& out);

  // server_snapshot.cpp
  Index last_snapshot() const;
  void plan_snapshot();
  bool may_take_snapshot() const;
  void take_snapshot(Effects& out);
  void take_snapshot(const Admin& admin, Effects& out);
  void snapshot_received();
  void snapshot_work(const raftsim::Input& input, Effects& out);
  void snapshot_written(const raftsim::Input& input, Effects& out);
  void write_received(Effects& out);
  void snapshot_put_off(Instant now, Effects& out);
  bool restore_snapshot(const Snapshot& snapshot);

  // server_requests.cpp
  void propose(const Request& request, const raftsim::Input& input, Effects& out);
  void request_read(const Request& request, const CommandView& command, const raftsim::Input& input,
                    Effects& out);
  void read_locally(const Request& request, std::string_view key, Effects& out);
  void note_reads();
  void drop_lost_proposals();
  void apply_committed(Instant now, Effects& out);
  void apply_next(Effects& out);
  void serve_reads(Effects& out);
  void fail_reads(Effects& out);
  PendingRead& take_read(ReadId id);
  void reply(ClientId client, RequestId id, ReplyKind kind, Effects& out);
  void reply_not_leader(ClientId client, RequestId id, Effects& out);

  // server_admin.cpp
  void campaign_now(const Admin& admin, const raftsim::Input& input, Effects& out);
  void transfer(const Admin& admin, const raftsim::Input& input, Effects& out);
  void transfer_ended(Effects& out);
  void change_members(const Admin& admin, ChangeKind kind, const raftsim::Input& input, Effects& out);
  void follow_change(Effects& out);
  void answer_change(const PendingAdmin& asked, const ChangeOutcome& outcome, Effects& out);
  /// `reason`: short, ASCII, for a person.
  void reply_why(ClientId client, RequestId id, ReplyKind kind, std::string_view reason, Effects& out);

  Phase phase_ = Phase::off;
  NodeId self_;
  Config config_;
  std::optional<Configuration> start_members_;
  Boot boot_ = Boot::fresh;
  Index start_commit_;

  Raft raft_;
  DurableLog disk_;
  StateMachine machine_{1};
  Index applied_;

  /// While recovering; what it found, until the algorithm starts.
  Recovery recovery_;
  Recovered found_;

  /// Writes that the algorithm asked for and that were not issued: the entries from here on, and whether the
  /// hard state changed.
  Index unwritten_from_{1};
  bool unwritten_entries_ = false;
  bool unwritten_state_ = false;

  /// The disk has no space: when to try again.
  std::optional<Instant> space_try_at_;

  /// Oldest first.
  std::vector<HeldBack> held_back_;

  /// When the algorithm and the state machine next want a step.
  std::optional<Instant> raft_wake_;
  std::optional<Instant> apply_at_;

  /// Proposals of this leadership, by ascending index. Dropped with it: their outcome is then unknown.
  Fifo<PendingProposal> proposals_;
  /// Reads by ascending id; the front has id first_read_ and is not answered.
  Fifo<PendingRead> reads_;
  ReadId first_read_{1};
  /// Those that may be served once their index is applied, in order of decision.
  Fifo<ReadReady> ready_reads_;

  std::optional<PendingAdmin> transfer_;
  /// Who waits for the change of the configuration that this leader has under way.
  std::optional<PendingAdmin> change_;

  SnapshotFile snapshot_writer_;
  /// There was no space for one: not before this time.
  std::optional<Instant> snapshot_not_before_;
  /// Take one once this much is applied.
  std::optional<Index> snapshot_due_;
  std::optional<PendingAdmin> snapshot_asked_;
  /// What a leader sent, until it is durable.
  struct Received {
    SnapshotRef snapshot;
    StateMachine machine;
    bool writing = false;
  };
  std::optional<Received> received_;
  bool snapshot_unusable_ = false;

  // Scratch, valid within a step.
  Output output_;
  std::vector<EntryRef> received_entries_;
  std::vector<std::byte> hint_;
  mutable std::vector<PeerView> peers_;
};

}  // namespace raftsim::core
