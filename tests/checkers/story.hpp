// Histories made by hand, for the checkers' tests: each call is what a world would emit. The story keeps a
// model of every server, so that an honest deed is one line and a mistake is one changed line.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkers/checkers.hpp"
#include "history/event.hpp"
#include "history/journal.hpp"
#include "history/run_info.hpp"
#include "history/verdict.hpp"
#include "seam/chain.hpp"
#include "seam/note.hpp"
#include "seam/view.hpp"

namespace raftsim::checkers {

using history::Event;
using history::EventId;
using history::EventKind;
using history::OperationId;
using history::PropertyId;

enum class Gate : std::uint8_t { at_once, waits };

class Story {
 public:
  explicit Story(std::uint64_t nodes = 3);
  ~Story();
  Story(const Story&) = delete;
  Story& operator=(const Story&) = delete;

  /// Change it before the first event.
  history::RunInfo info;
  /// Stories are told as far as their judges need it: only those that say so hold every step against the
  /// specification.
  Refinement refinement = Refinement::left_out;
  /// Whether servers note that they have recovered.
  bool notes = true;
  /// What a server's disk holds before its first boot.
  void on_disk(int n, std::uint64_t term, const std::vector<std::uint64_t>& log);

  // ---- time
  Story& at(std::int64_t ms);
  /// What follows belongs to a new item of the world's queue.
  void step() { ++step_; }

  // ---- processes
  void boot(int n);
  /// Without what it reads on its disk, and that alone.
  void begin_boot(int n);
  void end_boot(int n);
  void boot_all();
  /// `unsent`: messages that waited for the disk.
  void crash(int n, std::uint64_t unsent = 0);
  /// In the middle of the present step: what was to follow of it never happens.
  void crash_amid(int n, std::uint64_t unsent = 0);
  /// Power off, because of a fault; `source`: what asked for it.
  void crash_by(int n, const std::string& source);
  /// A crash that one unsynced operation survives, as the world tells it; `crash_keeping`: the server's own
  /// recovery will not find it all the same.
  void crash_on_disk(int n, std::uint64_t op);
  void crash_keeping(int n, std::uint64_t op);
  /// Comes up with what is on its model's disk (what was durable), shown and noted as the world does.
  void restart(int n);
  void pause(int n);
  void resume(int n);

  // ---- from inspect()
  /// `term` other than 0: the one that it enters in the same step, told next.
  void role(int n, Role role, std::uint64_t term = 0);
  void term(int n, std::uint64_t term);
  void vote(int n, int candidate);
  /// `n` knows a leader in its present term.
  EventId leader(int n, int leader);
  /// One entry more; equal `content` of one term is an equal entry.
  EventId append(int n, std::uint64_t term, std::uint64_t content = 0);
  void truncate(int n, std::uint64_t from);
  /// A follower that was not told yet is told first, where a leader could tell it; `untold`: it is not.
  EventId commit(int n, std::uint64_t index);
  EventId commit_untold(int n, std::uint64_t index);
  EventId apply(int n, std::uint64_t index, std::uint64_t state, std::uint64_t result = 0);
  /// An entry of another content than the one in its log.
  EventId apply_another(int n, std::uint64_t index, std::uint64_t hash, std::uint64_t state);
  /// `n` shows a snapshot up to an entry of its log, of this state; `term` other than 0: it names that one.
  EventId snapshot(int n, std::uint64_t index, std::uint64_t state,
                   history::SnapshotAction action = history::SnapshotAction::taken,
                   const Configuration* configuration = nullptr, std::uint64_t term = 0);
  /// Writes and syncs a snapshot file of term 1.
  void save_snapshot(int n, std::uint64_t index, std::uint64_t state);
  /// The log now starts at `first`.
  EventId compact(int n, std::uint64_t first);
  /// `n` installs what `from` holds up to `index`: shown as the world does, the log compacted behind it.
  EventId install(int n, int from, std::uint64_t index, std::uint64_t state);
  /// `n` acts by `configuration`, of the entry at `index` of its log (0: the initial one), the last one in
  /// the log before which is at `previous`.
  EventId config(int n, std::uint64_t index, const Configuration& configuration, std::uint64_t previous = 0);
  EventId lease(int n, std::int64_t until_ms);
  EventId load(int n, std::uint64_t uncommitted_bytes);
  EventId clock(int n, history::ClockChange what, std::int64_t by_ms = 0);
  EventId note(int n, NoteKind kind, std::uint64_t a = 0, std::uint64_t b = 0);
  /// Its disk is emptied; its next incarnation comes with nothing.
  void wipe(int n);
  /// Of the next boots: what its clock gains.
  void drift(int n, std::int64_t ppm) { node(n).drift_ppm = ppm; }

  // ---- disk; each write returns its operation
  std::uint64_t write_state(int n);
  std::uint64_t write_entries(int n, std::uint64_t first, std::uint64_t last);
  std::uint64_t write(int n, const Label& label);
  void durable(int n, std::uint64_t op);
  void lost(int n, std::uint64_t op);
  /// What its disk holds from entry `index` on is gone, and it does not know.
  void decay(int n, std::uint64_t index);
  /// What was durable under this label decayed.
  EventId damage(int n, const Label& label);
  /// What a twin shows that recovered from the disk as it is in the model; and any other twin.
  history::AuditPart twin(int n) const;
  void audit(int n, const history::AuditPart& twin, const SnapshotLabel* snapshot = nullptr);
  /// Writes and syncs the hard state; writes and syncs entries from `first` on.
  void save_state(int n) { durable(n, write_state(n)); }
  void save_log(int n, std::uint64_t first);

  // ---- messages
  struct Sent {
    EventId event;
    history::MessageId id;
    MessageView view;
    int from = 0, to = 0;
  };
  Sent send(int from, int to, const MessageView& view, Gate gate = Gate::at_once);
  EventId depart(const Sent& sent);
  enum class Timer : std::uint8_t { runs, due };
  /// `timer`: the receiver's own, whose Wake comes behind the message where it is due.
  void recv(const Sent& sent, Timer timer = Timer::runs);
  /// A client's request reaches the server.
  void recv_request(int n, Timer timer = Timer::runs);
  Sent ask_vote(int candidate, int voter, Gate gate = Gate::at_once);
  Sent grant(int voter, int candidate, std::uint64_t term, Gate gate = Gate::at_once);
  Sent append_entries(int leader, int follower, std::uint64_t previous, Gate gate = Gate::at_once);
  Sent acknowledge(int follower, int leader, std::uint64_t term, std::uint64_t match,
                   Gate gate = Gate::at_once);
  /// The answer to InstallSnapshot that all up to there is there.
  Sent has_snapshot(int follower, int leader, std::uint64_t up_to, Gate gate = Gate::at_once);

  // ---- honest deeds
  /// `n` learns of a term, without a vote, and saves it.
  void learn_term(int n, std::uint64_t term);
  /// A complete election with these votes (the winner's own not among them), everything synced first.
  EventId elect(int leader, std::uint64_t term, const std::vector<int>& voters);
  /// A complete candidacy without success; returns its request to each of the others.
  std::vector<Sent> campaign(int candidate, std::uint64_t term);
  /// A leader creates an entry and saves it.
  void propose(int leader, std::uint64_t content = 0);
  /// The follower's log becomes the leader's up to `up_to`, saved and acknowledged.
  void replicate(int leader, int follower, std::uint64_t up_to);

  // ---- clients
  OperationId invoke(std::uint32_t client, const Operation& operation);
  EventId reply(int n, OperationId id, std::uint64_t position, std::uint64_t result = 0);
  EventId ok(OperationId id, std::uint64_t position, const OperationResult& result = {});
  void fail(OperationId id);
  void unknown(OperationId id);
  /// What an entry that holds the operation's request hashes to.
  std::uint64_t content(OperationId id) const;
  static Operation get(const std::string& key, ReadMode mode = ReadMode::read_index);
  static Operation put(const std::string& key, const std::string& value, std::uint64_t sequence = 1);

  // ---- the world
  void phase(history::Phase phase);
  /// The quiet phase begins with a live core only, or, with `missing`, without one; the others are isolated.
  void quiet_with(const std::vector<int>& live, const std::string& missing = "");
  EventId world_violation(PropertyId id, const std::string& sentence);
  EventId fault(history::FaultClass fault, std::uint64_t number = 1, const std::vector<int>& nodes = {});
  void fault_ends(history::FaultClass fault, std::uint64_t number = 1, const std::vector<int>& nodes = {});
  EventId step_fired(const std::string& id);

  // ---- the verdict
  EventId last() const { return journal_.last(); }
  std::uint64_t log_length(int n) const { return nodes_[static_cast<std::size_t>(n - 1)].log.size(); }
  history::Verdict finish(std::int64_t end_ms = 60'000);

 private:
  struct Entry {
    std::uint64_t term = 0;
    std::uint64_t hash = 0;
    std::uint64_t chain = 0;
  };
  struct Node {
    Role role = Role::follower;
    std::uint64_t term = 0;
    int vote = 0;
    std::vector<Entry> log;
    std::uint64_t commit = 0;
    std::uint64_t told = 0;  ///< that so much is committed
    std::int64_t drift_ppm = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t next_op = 1;
    // On disk.
    std::uint64_t durable_term = 0;
    int durable_vote = 0;
    std::vector<Entry> durable_log;
    struct Pending {
      std::uint64_t op = 0;
      Label label;
      std::vector<Entry> entries;
    };
    std::vector<Pending> pending;
  };
  struct Asked {
    Operation operation;
    std::uint32_t client = 0;
  };

  Node& node(int n) { return nodes_[static_cast<std::size_t>(n - 1)]; }
  Event make(EventKind kind, history::Endpoint where) const;
  EventId emit(Event event) { return journal_.emit(event); }
  EventId emit(Event event, const history::Details& details) { return journal_.emit(event, details); }
  void show_entry(int n, const Entry& entry, std::size_t index);
  void end_operation(EventKind kind, OperationId id);
  void tell_commit(int n, std::uint64_t index);
  void begin();

  history::Journal journal_;
  std::unique_ptr<Checkers> checkers_;
  std::vector<Node> nodes_;
  std::vector<Asked> asked_;
  std::int64_t now_ms_ = 0;
  std::uint32_t step_ = 1;
  std::uint64_t messages_ = 0;
};

/// `entries` of term 1 on n1 and n2 of three, committed and applied by n1; the state after entry i is 100 +
/// i.
template <std::uint64_t entries>
struct CommittedEntries {
  CommittedEntries() {
    s.boot_all();
    s.elect(1, 1, {2});
    for (std::uint64_t i = 1; i <= entries; ++i) s.propose(1);
    s.replicate(1, 2, entries);
    s.commit(1, entries);
    for (std::uint64_t i = 1; i <= entries; ++i) s.apply(1, i, 100 + i);
    s.step();
  }
  Story s{3};
};

/// Voters 1, 2, ...; the other halves as given.
Configuration voters(std::vector<std::uint64_t> voters, std::vector<std::uint64_t> outgoing = {},
                     std::vector<std::uint64_t> learners = {});
/// `property @ event: first line of the sentence`, one line per violation in order of detection; `held`.
std::string found(const history::Verdict& verdict);
/// Of the first violation: `event node what | remark`, one line each.
std::string evidence(const history::Verdict& verdict, PropertyId id);
/// `held 3`, `skipped 0: why`, ...
std::string line(const history::Verdict& verdict, PropertyId id);
std::string at_event(EventId event);

}  // namespace raftsim::checkers
