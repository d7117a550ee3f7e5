// What goes into a step of the algorithm (raft.hpp), and what comes out of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/doubt.hpp"
#include "core/membership.hpp"
#include "core/message.hpp"
#include "core/persistence.hpp"
#include "core/snapshot.hpp"
#include "seam/configuration.hpp"
#include "seam/note.hpp"
#include "seam/operation.hpp"
#include "seam/options.hpp"
#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim::core {

/// Every option, with unit, default and meaning: seam/options.hpp.
using Config = raftsim::Options;

/// What must survive a restart beside the log (paper, figure 2).
struct HardState {
  Term term;
  std::optional<NodeId> vote;
  Doubt doubt = Doubt::none;
  friend bool operator==(const HardState&, const HardState&) = default;
};

/// A read, numbered by the server; only compared.
using ReadId = Ordinal<struct ReadTag>;

/// Nobody campaigns beyond this term: a server that stands at it (only a foreign disk can say so) follows.
inline constexpr Term term_max{std::uint64_t{1} << 62};
/// Terms beyond this are believed only of peers that are not far ahead (terms_ahead_max): so many elections
/// cannot have happened, and a message that says so is damaged or hostile. It is ignored. One that names just
/// this term is followed, and by it everybody; all those behind it are left to campaign for.
inline constexpr Term term_told_max{term_max.value / 2};
/// So far has no server fallen behind.
inline constexpr std::uint64_t terms_ahead_max = std::uint64_t{1} << 32;
/// Nor are positions: a snapshot that says it covers more would leave none for the entries behind it.
inline constexpr Index index_max{std::uint64_t{1} << 62};

/// Reads that may wait for confirmation at a time; beyond it they are refused as busy.
inline constexpr std::size_t pending_reads_max = 65'536;

/// The wait before an election: T + floor(entropy * T / 2^64), so uniform entropy gives [T, 2T) (paper 5.2).
/// The least entropy that makes it T + floor(kT/n), for 0 <= k < n, is ceil(2^64 * k / n), the benign value
/// of the simulator. Drawn when a wait of a new kind begins (start, new term, campaign, step-down); hearing
/// from the leader restarts the same wait, so that following costs no entropy.
Duration election_wait(Duration election_timeout, std::uint64_t entropy);

/// How long a lease of this `election_timeout` lasts on the leader's clock (6.4.1): over before any voter's
/// clock has counted the whole timeout, where each clock may be `drift_ppm` too fast or too slow.
Duration lease_length(Duration election_timeout, std::uint32_t drift_ppm);

// ---- inputs

/// Always the first input. The recovered entries were put into Raft::recovery_log() before; they, and
/// `hard_state`, are taken to be durable (a hard state older than the last entry is made good and written
/// again). `configuration` and `config` are copied. `configuration` is that before the first entry; those in
/// entries must be as configuration_in() wants them.
struct Restore {
  NodeId self;
  const Config* config = nullptr;
  const Configuration* configuration = nullptr;
  HardState hard_state;
  /// What is known to be committed; cut to the last entry.
  Index commit;
  /// The durable snapshot, if there is one: what it covers is committed, and the log begins at most behind it
  /// and agrees with it. Its configuration then counts, not the one above.
  SnapshotRef snapshot = nullptr;
  /// Not the first start of this server: it may have promised a leader its lease before (6.4.1).
  bool ran_before = true;
};

/// `message` (and its payload bytes) need only live through the step.
struct MessageReceived {
  NodeId from;
  const Message* message = nullptr;
};

/// The time of Output::wake_at has come; one that comes early changes nothing.
struct WakeUp {};

/// Write `id` and all before it are durable. May come late, more than once, in any order.
struct Persisted {
  WriteId id;
};

/// A client's command, answered in Output::proposal. The bytes are copied into the log.
struct Propose {
  ByteSpan payload;
  EntryKind kind = EntryKind::command;
};

/// Wants to know from which index on a read may be served (6.4): answered, now or later, in
/// Output::reads_ready or reads_failed. `mode`: read_index, lease (from the leader's lease while that lasts;
/// else as read_index) or follower (any server; who does not lead asks the leader). The others ask nobody.
struct ReadRequest {
  ReadId id;
  ReadMode mode = ReadMode::read_index;
};

/// An operator wants an election now (3.10, TimeoutNow): no pre-vote, and live leaders do not protect
/// themselves against it. Answered in Output::campaign.
struct CampaignNow {};

/// The disk has no space, or has some again. Nothing that is to be persisted is lost, it only takes longer.
enum class Space : std::uint8_t { none, some };
struct SpaceChanged {
  Space space = Space::some;
};

/// The stream to `peer` broke, and with it some of what was under way to it is lost; or it is there again.
/// Where links are no streams, nobody says so, and it is found out by heartbeats.
enum class LinkState : std::uint8_t { broken, restored };
struct LinkChanged {
  NodeId peer;
  LinkState state = LinkState::broken;
};

/// An operator wants `target` to lead (3.10). Answered at once in Output::transfer, and if it started, later
/// in Output::transfer_ended; in the same step, if a change of the configuration removes the target in it.
struct TransferLeadership {
  NodeId target;
};

struct Input {
  /// The server's monotonic clock.
  Instant now;
  /// 64 random bits; Output::entropy_used tells whether they mattered.
  std::uint64_t entropy = 0;
  std::variant<Restore, MessageReceived, WakeUp, Persisted, SnapshotDurable, SnapshotUnusable, Propose,
               ReadRequest, CampaignNow, SpaceChanged, LinkChanged, TransferLeadership, ChangeRequest>
      what;
  /// False while the disk takes nothing more: entries of a leader are left out, and it is told so.
  bool takes_entries = true;
};

// ---- outputs

struct Send {
  Send() {}  // member by member: as an aggregate it would be cleared as a block first, which is slower

  NodeId to;
  /// Its entries point into the log: valid until the next step. The bytes of a chunk: until Output::clear().
  Message message;
  /// Leaves once this write and all before it are durable; nothing: at once.
  std::optional<WriteId> after;
};

/// What one step leaves to write, all or nothing: the hard state if given, and the entries first..last of the
/// log (none if last < first). On disk, everything from `first` on is replaced. `truncates`: there may be
/// something to replace. To be read from the log before the next step.
struct Persist {
  WriteId id;
  std::optional<HardState> hard_state;
  Index first{1};
  Index last{0};
  bool truncates = false;

  bool has_entries() const { return first <= last; }
};

struct ReadReady {
  ReadId id;
  /// Serve it once this much is applied.
  Index index;
};

enum class ReadFailure : std::uint8_t {
  not_leader,
  stepped_down,
  busy,
  leader_changed,  ///< the one that was asked for a read index does not lead any more
  timed_out,       ///< it did not answer within T, or what it answered was not committed here by then
};

struct ReadFailed {
  ReadId id;
  ReadFailure reason = ReadFailure::not_leader;
};

enum class ProposalResult : std::uint8_t { accepted, not_leader, busy };

struct ProposalOutcome {
  ProposalResult result = ProposalResult::not_leader;
  /// If accepted: where in the log it stands, for as long as the entry there has this term.
  Index index;
  Term term;
  /// If not_leader: whom to ask instead, where known.
  std::optional<NodeId> leader;
};

enum class CampaignOutcome : std::uint8_t {
  started,
  refused_leads_already,
  refused_not_voter,
  refused_doubt_for_good,  ///< never: it may have lost its vote (doubt.cpp)
  refused_in_doubt,        ///< not now: it may have lost what it promised (doubt.cpp)
  refused_no_space,        ///< not now: it could not keep its vote
  refused_promised,        ///< not now: a leader may be counting on this server for its lease (6.4.1)
};

enum class TransferStart : std::uint8_t {
  started,
  not_leader,
  busy,           ///< another one is going on, be it to the same server
  leads_already,  ///< the target is this server
  not_voter,      ///< the target is no voter of the latest configuration, or is leaving it
  votes_no_more,  ///< the target is in doubt for good (doubt.cpp)
};

enum class TransferEnd : std::uint8_t {
  done,         ///< the target leads a later term
  aborted,      ///< it did not within T: this server takes proposals again if it still leads
  lost,         ///< somebody else leads a later term
  target_left,  ///< a change of the configuration leaves the target out: proposals are taken again
};

/// Reused from step to step; the caller clears it. Notes, sends, reads are in order of decision. The write
/// comes before the sends: none of them can depend on being earlier.
struct Output {
  std::vector<Send> sends;
  /// What the chunks among them point into: later in the step in which it is sent one, a follower may be
  /// forgotten, and with it the last that held its snapshot.
  std::vector<SnapshotRef> chunks_of;
  std::optional<Persist> persist;
  /// The commit index rose to here.
  std::optional<Index> committed;
  std::optional<ReceivedSnapshot> snapshot_received;
  /// The log was discarded for the snapshot just told of: what was to be written of it need not be.
  bool log_discarded = false;
  std::vector<ReadReady> reads_ready;
  std::vector<ReadFailed> reads_failed;
  std::optional<ProposalOutcome> proposal;
  std::optional<CampaignOutcome> campaign;
  std::optional<TransferStart> transfer;
  std::optional<TransferEnd> transfer_ended;
  /// What becomes of a ChangeRequest, in its own step.
  std::optional<ChangeOutcome> change;
  /// How the change that was started ended. Once at most: never, if the leadership ends before it. In the
  /// step in which a leader that removed itself steps down, both happen.
  std::optional<ChangeOutcome> change_ended;
  std::vector<Note> notes;
  /// When to wake it next; stated anew by every step; nothing: never.
  std::optional<Instant> wake_at;
  bool entropy_used = false;

  void clear();
};

}  // namespace raftsim::core
