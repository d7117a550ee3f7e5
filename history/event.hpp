// One record of what happened in a step (DESIGN, seam 4; formats.md, history@1). 64 bytes without padding,
// hashed as they lie in memory (little-endian machines only). What does not fit rides beside it in Details.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "seam/configuration.hpp"
#include "seam/label.hpp"
#include "seam/message_view.hpp"
#include "seam/operation.hpp"
#include "seam/types.hpp"

namespace raftsim::history {

static_assert(std::endian::native == std::endian::little, "event hashes are over little-endian memory");

/// Dense from 1 in the order of happening; 0 is "none".
using EventId = Ordinal<struct EventTag>;
/// One transmission: send, depart, recv, drop, dup share it. A duplicate has a number of its own. Dense
/// from 1.
using MessageId = Ordinal<struct MessageTag>;
/// One operation of a client, first try and retries together. Dense from 1.
using OperationId = Ordinal<struct OperationTag>;

/// Where an event happened: the world itself, a node, or a client (numbered from 0).
struct Endpoint {
  std::uint16_t raw = 0;

  static constexpr std::uint16_t client_bit = 0x8000;
  static constexpr Endpoint world() { return {}; }
  static constexpr Endpoint node(NodeId n) { return {static_cast<std::uint16_t>(n.value)}; }
  static constexpr Endpoint client(std::uint32_t c) { return {static_cast<std::uint16_t>(client_bit | c)}; }
  constexpr bool is_world() const { return raw == 0; }
  constexpr bool is_client() const { return (raw & client_bit) != 0; }
  constexpr bool is_node() const { return raw != 0 && !is_client(); }
  /// Precondition: is_node().
  constexpr NodeId as_node() const { return NodeId{raw}; }
  /// Precondition: is_client().
  constexpr std::uint32_t as_client() const { return raw & 0x7FFFu; }
  friend constexpr auto operator<=>(Endpoint, Endpoint) = default;
};

enum class EventKind : std::uint8_t {
  send,        ///< a Process issued a message; if it waits for the disk, `gated` is set and depart follows
  depart,      ///< a gated message left
  recv,        ///< a message reached a Process or client
  drop,        ///< a message will not arrive: DropReason
  dup,         ///< a copy was made: `message` is the copy, `other` the original
  hold,        ///< a message rule, or a link that stalls, holds it back
  release,     ///< and lets it go
  corrupt,     ///< damaged in flight
  timer_set,   ///< the runtime armed a node's timer
  timer_fire,  ///< a Wake
  boot,        ///< an incarnation starts (Start input): first boot and restart alike
  role,        ///< from inspect(): role changed
  term,        ///< from inspect(): current term changed
  vote,        ///< from inspect(): vote changed
  leader,      ///< from inspect(): known leader changed
  append,      ///< from inspect(): one entry more in the log
  truncate,    ///< from inspect(): the log's tail was removed
  commit,      ///< from inspect(): commit index changed
  apply,       ///< an Applied effect
  snapshot,    ///< taken, sent, installed, recovered
  config,      ///< from inspect(): effective configuration changed
  compact,     ///< from inspect(): the log's first index moved
  write,       ///< a disk write (or truncate, rename, remove) was issued, with its labels
  sync,        ///< a sync was issued
  synced,      ///< a sync completed
  disk_error,  ///< an operation completed with an error
  durable,     ///< one label became durable: it survives every legal crash image (or survived this crash)
  lost,        ///< one label was lost or torn at a crash; with status io_error: it was durable, and decayed
  crash,
  restart,  ///< the machine comes up again; boot follows
  pause,
  resume,
  wipe,
  halt,         ///< the Process stopped itself
  fault_begin,  ///< of any class; see FaultPart
  fault_end,
  invoke,      ///< a client starts an operation
  ok,          ///< and learns its result
  fail,        ///< and learns that it can never take effect
  info,        ///< and does not know: time-out
  reply,       ///< a Process issued a reply to a client (a read's or write's position becomes known)
  note,        ///< a Note effect
  phase,       ///< chaos, quiet, drain begins
  step_fired,  ///< a scripted step fired (Details.text: its id or number)
  check,       ///< a `check` action was evaluated
  violation,   ///< a property was violated (by the world itself; checkers' violations are not events)
  goal,        ///< a `sometimes` goal was reached
  audit,       ///< a second Process recovered from the strictest crash image of a node's disk: see AuditPart
  lease,       ///< from inspect(): until when this leader would serve lease reads
  load,        ///< from inspect(): what a leader has taken on and not done: see LoadPart
  clock,       ///< a machine's clock did what no rate error explains: see ClockPart
};
inline constexpr int event_kinds = static_cast<int>(EventKind::clock) + 1;

/// Whether it tells of a message: Event::message.
constexpr bool tells_of_message(EventKind kind) { return kind <= EventKind::corrupt; }

/// A set of members of an enumeration that has `count` of them, for subscriptions.
template <class Member, int count>
struct MemberSet {
  static_assert(count < 64);
  std::uint64_t bits = 0;

  constexpr MemberSet() = default;
  constexpr MemberSet(std::initializer_list<Member> members) {
    for (Member m : members) bits |= std::uint64_t{1} << static_cast<int>(m);
  }
  static constexpr MemberSet all() {
    MemberSet s;
    s.bits = (std::uint64_t{1} << count) - 1;
    return s;
  }
  constexpr bool has(Member m) const { return (bits >> static_cast<int>(m) & 1) != 0; }
  friend constexpr MemberSet operator|(MemberSet a, MemberSet b) {
    a.bits |= b.bits;
    return a;
  }
  friend constexpr MemberSet operator-(MemberSet a, MemberSet b) {
    a.bits &= ~b.bits;
    return a;
  }
};
using EventKinds = MemberSet<EventKind, event_kinds>;
using MessageTypes = MemberSet<MessageType, message_types>;
/// Known or not.
inline constexpr MessageTypes between_servers =
    MessageTypes::all() - MessageTypes{MessageType::client_request, MessageType::client_reply};

enum class DropReason : std::uint8_t {
  none,
  loss,
  partition,
  rule,
  receiver_down,
  queue_full,  ///< of a link
  sender_crashed,
  inbox_full,
  disconnected  ///< the stream that it was on, or should have taken, is broken
};
enum class Phase : std::uint8_t { chaos, quiet, drain };
/// What is well in the quiet phase (WorldPart::number). live_core: Details.nodes, who all reach each other
/// and of whom a quorum can be had, and nobody else need be; no_core: nothing can be demanded, Details.text
/// says why.
enum class Quiet : std::uint8_t { all, live_core, no_core };
enum class CrashPoint : std::uint8_t {
  now,
  mid_effects,
  before_sync,
  during_sync,
  after_sync,
  during_recovery
};
/// `sent`: the first message of it to a follower left; `recovered`: found on the disk by a restart.
enum class SnapshotAction : std::uint8_t { taken, sent, installed, recovered };

/// Classes of the fault ledger, one per kind of fault that a scenario can configure.
enum class FaultClass : std::uint8_t {
  message_loss,
  message_duplicate,
  message_reorder,
  message_latency,  ///< slow or random links
  partition,
  isolate,
  message_rule,
  crash,
  restart,
  pause,
  disk_slow,
  disk_loss,  ///< unsynced writes lost at a crash
  disk_torn,  ///< unsynced writes torn at a crash
  clock_offset,
  clock_drift,
  set_link,
  timeout_now,
  heal,
  // Operations: what an administrator asks of the cluster while other faults are on.
  add_node,
  remove_node,
  promote,
  replace_nodes,
  transfer_leadership,
  take_snapshot,
  wipe,     ///< a machine loses its disk and comes back under a fresh id
  amnesia,  ///< a server loses its disk and keeps its id
  // Hostile storage.
  disk_error,         ///< operations fail
  disk_sync_error,    ///< syncs fail, and lose what they should have kept
  disk_full,          ///< no space
  disk_torn_write,    ///< a synced write turns out to be torn
  disk_rot,           ///< bits of synced entries flip
  disk_rot_of_state,  ///< and of the synced term and vote
  disk_rot_of_snapshot,
  disk_misdirected,  ///< a synced write turns out to lie elsewhere, over something else
  disk_misread,      ///< a read returns other bits than the disk holds
  disk_lie,          ///< a sync says done and did nothing
  disk_dirents,      ///< changes of a directory survive a crash out of order
  clock_jump,
  clock_freeze,
  // Rough links.
  message_corrupt,  ///< bits flip in flight
  message_replay,   ///< an old message comes again
  link_capacity,    ///< a full link drops
  link_bandwidth,   ///< messages wait for their turn to be transmitted
  link_clog,        ///< a link stalls, then bursts
  stream_break,     ///< a connection of stream mode breaks
  // Slow processes.
  service_time,  ///< steps take time
  inbox,         ///< a full inbox drops
  slow_process,  ///< steps take longer than usual
  client_death,  ///< a client dies with an operation under way
};
inline constexpr int fault_classes = static_cast<int>(FaultClass::client_death) + 1;

/// What is wrong with a disk operation that says it is done: synced.
enum class DiskFlaw : std::uint8_t { none, lied };
/// wall_jumped: timers did not notice; jumped: they run on that clock, too.
enum class ClockChange : std::uint8_t { wall_jumped, jumped, froze, thawed };

/// When a disk was audited: as a promise left (one in a thousand, drawn), or as the machine went down, before
/// what is lost was drawn.
enum class AuditOf : std::uint8_t { promise, crash };
/// What the twin's inspect() showed; `halted`: it stopped itself instead of recovering; `stuck`: it never
/// came to rest.
enum AuditShows : std::uint8_t {
  audit_term = 1,
  audit_vote = 2,
  audit_log = 4,
  audit_halted = 8,
  audit_stuck = 16,
  audit_snapshot = 32
};

/// send depart recv drop dup hold release corrupt. Event.node: the sender of send, depart, drop, dup, hold,
/// release, corrupt; the receiver of recv. `peer`: the other end.
struct MessagePart {
  MessageId message;
  Term term;  ///< of its MessageView, 0 where not described
  /// dup: the original MessageId; AppendEntriesResp, granted InstallSnapshotResp: match; else previous index.
  std::uint64_t match = 0;
  Endpoint peer;
  MessageType type{};
  DropReason reason{};
  /// send: waits for the disk; a depart follows, or the sender crashes first. dup: a replay, which comes
  /// late. recv: the receiver's own timer is due, too, and its Wake comes behind this.
  std::uint8_t gated = 0;
  std::uint8_t granted = 0;  ///< a response's yes
  std::uint16_t bytes = 0;   ///< length, saturated
};
/// timer_set, timer_fire.
struct TimerPart {
  std::int64_t at_ns = 0;  ///< global time
  std::int64_t local_ns = 0;
  std::uint64_t unused[2] = {};
};
/// boot.
struct BootPart {
  std::uint64_t incarnation = 0;  ///< from 1
  std::uint64_t boot = 0;         ///< Boot
  std::int64_t drift_ppm = 0;     ///< what the machine's monotonic clock gains, in millionths
  std::uint64_t unused = 0;
};
/// role. `term`: the node's term at the end of the step.
struct RolePart {
  Term term;
  std::uint8_t role = 0;      ///< Role
  std::uint8_t previous = 0;  ///< Role
  std::uint8_t unused8[6] = {};
  Index last_index;  ///< of the node's log at that moment
  Term last_term;
};
/// term, vote, leader: `previous` and `now` are the term, or the node's number (0: none).
struct ChangePart {
  std::uint64_t now = 0;
  std::uint64_t previous = 0;
  Term term;
  std::uint64_t unused = 0;
};
/// append: `chain` is the chain hash at `index`.
struct AppendPart {
  Index index;
  Term term;
  std::uint64_t hash = 0;
  std::uint64_t chain = 0;
};
/// truncate, compact: truncate removes from..last; compact: the log now starts at `from`. `chain`: of what
/// precedes `from`; 0 where it is not known.
struct TruncatePart {
  Index from;
  Index last;
  std::uint64_t chain = 0;
  std::uint64_t unused = 0;
};
/// commit.
struct CommitPart {
  Index commit;
  Index previous;
  Term term;               ///< the node's
  std::uint64_t role = 0;  ///< Role of the node
};
/// apply.
struct ApplyPart {
  Index index;
  std::uint64_t hash = 0;
  std::uint64_t result_hash = 0;
  std::uint64_t state_hash = 0;
};
/// snapshot. Details.configuration: the one that it holds, where it is shown. sent: Details.nodes: to whom;
/// `state_hash` is 0 where the sender does not show that snapshot any more.
struct SnapshotPart {
  Index index;
  Term term;
  std::uint64_t state_hash = 0;
  std::uint64_t action = 0;  ///< SnapshotAction
};
/// config: Details.configuration. `index`, `term`: of the log's last configuration entry, 0 for the initial
/// one. `previous`: of the configuration entry before that one in the log. `commit`: the node's commit index
/// at the end of the step.
struct ConfigPart {
  Index index;
  Term term;
  Index previous;
  Index commit;
};
/// write sync synced disk_error durable lost. Details.text: the file's name (of write, sync). Details.labels:
/// of a write, all; of durable and lost, one.
struct DiskPart {
  DiskOp op;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint8_t action = 0;  ///< DiskAction
  std::uint8_t status = 0;  ///< DiskStatus
  DiskFlaw flaw{};
  std::uint8_t unused8 = 0;
  std::uint64_t incarnation = 0;
};
/// crash restart pause resume wipe halt. Details.text: why.
struct ProcessPart {
  std::uint64_t incarnation = 0;
  std::uint64_t lost_bytes = 0;
  std::uint64_t lost_messages = 0;  ///< issued, waiting for the disk, never left
  std::uint8_t point = 0;           ///< CrashPoint
  std::uint8_t unused8[7] = {};
};
/// fault_begin, fault_end. Details.nodes: whom it hit; Details.text: in words, with the scenario's step id.
struct FaultPart {
  std::uint64_t fault = 0;  ///< dense number; begin and end share it
  std::uint8_t fault_class = 0;
  std::uint8_t scripted = 0;
  std::uint8_t unused8[6] = {};
  std::uint64_t step = 0;  ///< position in faults.script or faults.random
  std::int64_t until_ns = 0;
};
/// invoke ok fail info reply. Event.node: the client (reply: the node). Details.operation: of invoke what is
/// asked, of ok also the result. `position`: the log index of a write, the index at which a read was served,
/// as the reply says.
struct OperationPart {
  OperationId operation;
  Index position;
  std::uint32_t client = 0;
  std::uint8_t kind = 0;        ///< OperationKind
  std::uint8_t read = 0;        ///< ReadMode
  std::uint8_t reply_kind = 0;  ///< ReplyKind
  std::uint8_t final_read = 0;
  /// invoke: entry_hash of a command entry that holds exactly the request's bytes. reply: XXH3_64bits of its
  /// bytes, as Applied::result_hash. Else 0.
  std::uint64_t content_hash = 0;
};
/// audit: what the twin showed once it had recovered; the node itself never learns of it. Details.labels: the
/// snapshot that it found, where it shows one, as a label would name it.
struct AuditPart {
  Term term;
  Index last;
  std::uint64_t chain = 0;  ///< at `last`
  std::uint16_t vote = 0;   ///< 0: none
  std::uint8_t shows = 0;   ///< bits of AuditShows
  AuditOf of{};
  std::uint32_t apart = 0;  ///< entries at the twin's end that the node's own log does not hold; saturated
};
/// lease: told when it begins, ends early, and now and then while it is extended; what is told is never
/// longer than the lease.
struct LeasePart {
  std::int64_t until_ns = 0;  ///< global time; 0: no lease any more
  Term term;
  std::uint64_t unused[2] = {};
};
/// load: told at powers of two of `uncommitted_bytes` that the incarnation had not reached before, when they
/// first exceed the node's limit, and at the end of the run.
struct LoadPart {
  std::uint64_t uncommitted_bytes = 0;
  std::uint64_t pending_reads = 0;
  std::uint64_t sessions = 0;
  std::uint64_t unused = 0;
};
/// clock. `by_ns`: of a jump; of thawed, how long it stood still. `local_ns`: what the clock that timers run
/// on shows now.
struct ClockPart {
  std::int64_t by_ns = 0;
  std::int64_t local_ns = 0;
  std::uint64_t what = 0;  ///< ClockChange
  std::uint64_t unused = 0;
};
struct NotePart {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t note = 0;  ///< NoteKind
  std::uint64_t unused = 0;
};
/// phase, step_fired, check, violation, goal. Details.text: name or sentence.
struct WorldPart {
  std::uint64_t what = 0;    ///< phase: Phase; violation: PropertyId; check: 1 held, 0 not
  std::uint64_t number = 0;  ///< phase: of quiet, Quiet; step_fired, check: position in the script, from 1
  std::uint64_t unused[2] = {};
};

struct Event {
  EventId id;
  Instant time;   ///< global virtual time
  EventId cause;  ///< the direct one; 0: none (the start of all things)
  Endpoint node;
  EventKind kind{};
  std::uint8_t has_details = 0;
  std::uint32_t step = 0;  ///< the item of the world's queue that it belongs to, counted from 1, modulo 2^32
  union {
    std::uint64_t words[4];
    MessagePart message;
    TimerPart timer;
    BootPart boot;
    RolePart role;
    ChangePart change;
    AppendPart append;
    TruncatePart truncate;
    CommitPart commit;
    ApplyPart apply;
    SnapshotPart snapshot;
    ConfigPart config;
    DiskPart disk;
    ProcessPart process;
    FaultPart fault;
    OperationPart operation;
    AuditPart audit;
    LeasePart lease;
    LoadPart load;
    ClockPart clock;
    NotePart note;
    WorldPart world;
  };

  Event() : words{} {}
};
static_assert(sizeof(Event) == 64 && std::is_trivially_copyable_v<Event>);
static_assert(sizeof(MessagePart) == 32 && sizeof(DiskPart) == 32 && sizeof(OperationPart) == 32 &&
              sizeof(RolePart) == 32 && sizeof(ProcessPart) == 32 && sizeof(FaultPart) == 32 &&
              sizeof(AuditPart) == 32);

/// What does not fit into 64 bytes. All pointers are valid during the call only. Hashed with the event
/// (hash.hpp).
struct Details {
  /// Further causes, after the direct one: the quorum's acknowledgements of a commit, the grants of a won
  /// election, the write that a gated message waited for.
  std::span<const EventId> causes;
  /// send: the described message, null where not understood.
  const MessageView* message = nullptr;
  std::span<const Label> labels;
  const Configuration* configuration = nullptr;
  const Operation* operation = nullptr;
  const OperationResult* result = nullptr;
  std::span<const NodeId> nodes;
  std::string_view text;
};

/// A judge, recorder or counter of events: sees each event of its kinds once, in order. It never answers.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// Asked once, when it is subscribed.
  virtual EventKinds kinds() const = 0;
  /// Of the events that tell of a message, it sees those about messages of these types. Asked once, too.
  virtual MessageTypes message_types() const { return MessageTypes::all(); }
  virtual void on_event(const Event& event, const Details& details) = 0;
};

}  // namespace raftsim::history
