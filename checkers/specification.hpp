// An executable specification of Raft's transition rules, after Ongaro's TLA+ specification (dissertation,
// appendix B), extended by pre-votes (9.6), asynchronous disks (10.2.1), snapshots (chapter 5), membership
// changes (chapter 4), leadership transfer (3.10) and read index (6.4). It knows nothing of any
// implementation: only what a server was given, what it held before a step, and what it holds and says after.
//
// As there, a message that was delivered stays in the server's bag until it starts anew: *when* it is acted
// upon is free, *what* may come of it is not. Each function below is the guard of the actions that its
// comment names; it says why none of them allows what was observed, or nothing where one does. What a step
// leaves undone is no mistake here: liveness is judged elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/event.hpp"
#include "seam/configuration.hpp"
#include "seam/message_view.hpp"
#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim::checkers::specification {

/// Nothing: allowed.
using Illegal = std::optional<std::string>;

/// What began a step.
enum class Cause : std::uint8_t {
  other,    ///< its disk, an operator, a link
  timer,    ///< the time came that it had asked for
  message,  ///< of another server
  request,  ///< of a client
};

/// A log's end, as a candidate names it.
struct LogEnd {
  Term term;
  Index index;
  /// At least as up-to-date (5.4.1).
  friend auto operator<=>(const LogEnd&, const LogEnd&) = default;
};

/// What one server told another since that one started: as far as something may still come of it, which of
/// terms below the receiver's own nothing does.
struct Heard {
  std::vector<Term> vote_requests;
  struct PreVote {
    Term term;
    LogEnd log;
    friend bool operator==(const PreVote&, const PreVote&) = default;
  };
  std::vector<PreVote> pre_vote_requests;
  /// Of AppendEntries and InstallSnapshot: who sends them leads their term.
  std::vector<Term> led;
  bool ever_led = false;
  /// The latest term in which it refused its vote.
  Term refused;
  /// The snapshots that it offered: their last entries, the newest few.
  std::vector<LogEnd> snapshots;
  /// matchIndex, as its answers of `match_term` make it.
  Term match_term;
  Index match;
  /// Requests that were not answered.
  std::uint64_t vote_requests_open = 0;
  std::uint64_t pre_vote_requests_open = 0;
  std::uint64_t read_requests_open = 0;
  /// A question for a read index, by its number, and its receiver's commit index as it first came: no answer
  /// to it names a lower one (6.4).
  struct ReadRequest {
    std::uint64_t number = 0;
    Index commit;
  };
  /// The newest. Decided here: what is asked again after that many others counts as a question of its own.
  std::vector<ReadRequest> read_requests;
  /// It asked something whose number was not known any more.
  bool asked_more = false;
};

/// One incarnation of a server, as the specification sees it.
struct Server {
  NodeId id;
  Role role{};
  Term term;
  std::vector<Heard> heard;  ///< by number of the server - 1
  /// What some message said is not known any more: it had been under way for long, or many came since.
  bool heard_more = false;
  /// It said that its disk lost something, or has no space.
  bool in_doubt = false;

  // The step.
  Role role_before{};
  Term term_before;
  std::uint32_t step = 0;
  Cause cause{};
  MessageType type{};  ///< of a message
  Term message_term;
  NodeId from;
  /// The time that it had asked for has come, too: it may look at its clock before its Wake comes.
  bool timer_due = false;
  bool term_changed = false;
  bool installed = false;
  /// The AppendEntries that began it names a previous entry that the log held.
  bool matched = false;

  Heard& from_peer(NodeId peer);
  /// Null: it heard nothing of that server.
  const Heard* of(NodeId peer) const;
  void begin_step(std::uint32_t number, Cause why);
  /// The clock, an operator or TimeoutNow: what may make it campaign out of itself.
  bool prompted() const;
};

/// What a message says beyond its type and term.
struct Content {
  /// The end of its sender's log that a pre-vote names, the last entry of the snapshot that InstallSnapshot
  /// offers.
  LogEnd named;
  std::uint64_t context = 0;
};
/// A message was delivered (Receive): it is in the bag from here on. `content`: nothing where not known.
/// `commit`: its receiver's commit index.
void deliver(Server& server, const history::MessagePart& message, const std::optional<Content>& content,
             Index commit);

// ---- elections (dissertation 3.4, 3.6.1, 9.6)

/// Timeout, becoming a pre-candidate or candidate; stepping down in the term that it led or campaigned in
/// (HandleAppendEntriesRequest of a candidate; check quorum, 6.2; a leader outside its configuration, 4.2.2).
Illegal changes_role(const Server& server, Role to, Term term, const Configuration& configuration);
/// UpdateTerm, Timeout. `role`: after the step.
Illegal raises_term(const Server& server, Term from, Term to, Role role);
/// Timeout (for itself), HandleRequestVoteRequest. `previous`, `now`: nobody where 0.
Illegal votes(const Server& server, NodeId previous, NodeId now, Term term, Role role);
/// HandleAppendEntriesRequest: who sends them leads.
Illegal learns_leader(const Server& server, NodeId leader, Term term, Role role);
/// BecomeLeader. `granted(node)`: its vote of this term was delivered.
template <class Granted>
Illegal becomes_leader(const Configuration& configuration, const Granted& granted) {
  if (configuration.agrees(granted)) return std::nullopt;
  return "became leader before the votes of a majority had reached it (BecomeLeader)";
}

// ---- logs (3.5, 3.6.2, chapter 5)

/// ClientRequest, for a leader: it appends entries of its own term. HandleAppendEntriesRequest, for all
/// others: what the leader of their term told them, up to `told`.
Illegal appends(const Server& server, Index index, Term entry, Term term, Role role, Index told);
/// HandleAppendEntriesRequest: a follower removes an entry that conflicts with its leader's.
struct Removed {
  Index index;
  Term term;
};
/// `leaders`: the term of the leader's entry there, where its log is known; 0: it has none.
Illegal removes(const Server& server, const Removed& removed, Role role, std::optional<Term> leaders);
/// InstallSnapshot: one that was offered.
Illegal installs(Server& server, const LogEnd& snapshot);
/// AdvanceCommitIndex: a leader counts what its followers said, and itself what its disk has.
template <class Holds>
Illegal advances_commit(const Configuration& configuration, const Holds& holds) {
  if (configuration.agrees(holds)) return std::nullopt;
  return "raised its commit index beyond what a majority had told it to hold (AdvanceCommitIndex)";
}

// ---- messages: what a server may say after the step

struct After {
  Role role{};
  Term term;
  std::optional<NodeId> vote;
  Index last;
  Index commit;
  /// Of its log's last entry, of AppendEntries' previous one, of the last that it knows to be committed;
  /// nothing: not known, or not asked for.
  std::optional<Term> last_term, previous_term, commit_term;
  /// It knows that its disk lost something, or has no space.
  bool may_refuse = false;
};
/// RequestVote, AppendEntries, and the answers of HandleRequestVoteRequest and HandleAppendEntriesRequest;
/// their likes for pre-votes, snapshots, transfer and reads. Counts an answer off.
Illegal says(Server& server, const history::MessagePart& message, const MessageView& view,
             const After& after);

}  // namespace raftsim::checkers::specification
