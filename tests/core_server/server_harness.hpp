// One server with its disk, driven by hand: the test plays the network, the clients and the clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/raft_system.hpp"
#include "core/snapshot.hpp"
#include "seam/system.hpp"
#include "tests/core_server/crash_disk.hpp"

namespace raftsim::core {

/// A message that a server sent, decoded.
struct Sent {
  NodeId to;
  MessageView view;
  std::optional<DiskOp> after;
};

struct Answered {
  RequestId id;
  ReplyKind kind = ReplyKind::ok;
  Index position;
  std::vector<std::byte> bytes;
};

class OneServer {
 public:
  /// A server n1 of a cluster of `size`; its disk holds `files`.
  explicit OneServer(std::uint64_t size, const Files& files = {}, Options options = {});

  /// Starts a new incarnation on the disk as it is; runs the disk until the server serves.
  void start(Boot boot, Index commit = Index{});
  /// Starts, and leaves the disk alone.
  void start_only(Boot boot, Index commit = Index{});
  /// Power off; what survives is chosen, or everything.
  void crash(const Chooser& choose);
  void crash_keeping_all();

  /// One step; the effects are kept in `effects` and taken apart below, the disk operations are issued.
  void step(decltype(raftsim::Input::what) what);
  /// Completes the first operation that is on its way; false if none is.
  bool disk_step(DiskStatus status = DiskStatus::ok);
  /// The first on a file whose name begins so; on the directory, if that is empty.
  bool disk_step_on(std::string_view prefix, DiskStatus status = DiskStatus::ok);
  /// Any that may be the next to end, as the disk has it. Precondition: one is on its way.
  CrashDisk::Done disk_step_any(const Chooser& choose);
  /// Completes all: writes for which there is no space are told so (what they wrote stays on the disk, which
  /// a write that failed may do).
  void disk_without_space();
  void disk_until_idle();
  void wake();
  void receive(NodeId from, const Message& message);
  void receive_bytes(NodeId from, ByteSpan bytes);
  void request(std::uint64_t id, const Operation& operation);

  /// A single server: waits out the election.
  void become_leader_alone();
  /// n1 of several: wins the election with the grant of n2, and commits its first entry.
  void become_leader();
  /// Opens a session and returns it. Precondition: leads, and commits alone.
  std::uint64_t open_session();

  View view() const;
  Process& process() { return *process_; }
  const System& system() const { return *system_; }
  CrashDisk& disk() { return disk_; }

  Instant now;
  Options options;
  /// Of the last step.
  Effects effects;
  std::vector<Sent> sent;
  std::vector<Answered> answers;
  std::vector<Note> notes;
  std::vector<Applied> applied;
  std::vector<DiskRequest> disk_requests;
  bool halted = false;
  /// Of the last acknowledgement or refusal that told one.
  std::uint64_t last_doubt = 0;
  /// Answers, applied entries and notes of all steps of this incarnation.
  std::vector<Answered> all_answers;
  std::vector<Applied> all_applied;
  std::vector<Note> all_notes;

  /// In the last step; in this incarnation.
  bool noted(NoteKind kind) const;
  bool ever_noted(NoteKind kind) const;
  /// The decoded answer to a request, if one came in this incarnation.
  std::optional<OperationResult> result(std::uint64_t id, const Operation& operation) const;
  std::optional<Answered> answer(std::uint64_t id) const;

 private:
  void told(const CrashDisk::Done& done, DiskStatus status);

  std::unique_ptr<System> system_;
  std::unique_ptr<Process> process_;
  Configuration members_;
  CrashDisk disk_;
};

/// Messages of n2, as a leader or a candidate.
Message vote_request(Term term, Index last, Term last_term);
Message vote_granted(Term term, std::uint64_t context);
/// The entries must outlive the message.
Message append(Term term, Index previous, Term previous_term, Index commit,
               std::span<const EntryRef> entries);
Message appended(Term term, Index match, std::uint64_t context);
EntryRef no_op(Term term);
/// A snapshot that a leader could send: a session, and one value. `chain` is that of the entries it covers;
/// unless told, of no log that is here.
std::shared_ptr<Snapshot> some_snapshot(Index index, Term term, std::uint64_t chain = 4'711);
/// All of it in one message.
Message install(const Snapshot& snapshot, Term term);

Operation operation(OperationKind kind, std::string key, std::string value = "");
Operation in_session(Operation operation, std::uint64_t session, std::uint64_t sequence);

}  // namespace raftsim::core
