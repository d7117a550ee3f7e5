// A decoded scenario, raftsim/scenario@1: what the world needs, nothing of JSON. Field by field as in the
// schema; the decoder (scenario_file.hpp) fills it from the one field table. Defaults here are the format's
// defaults.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "history/event.hpp"
#include "history/predicate.hpp"
#include "history/run_info.hpp"
#include "history/verdict.hpp"
#include "seam/options.hpp"
#include "seam/system.hpp"
#include "sim/distribution.hpp"
#include "sim/options_patch.hpp"

namespace raftsim::sim {

using history::Predicate;
using history::Target;

/// At each message, with this probability, the link stalls for a while, and then bursts.
struct Clog {
  Ratio probability;
  Distribution duration;
  friend bool operator==(const Clog&, const Clog&) = default;
};
/// What a full link drops: the message that comes, or the one that has been on it for longest.
enum class DropWhenFull : std::uint8_t { newest, oldest };
enum class LinkMode : std::uint8_t { datagram, stream };

/// Each field that is given replaces the network's default.
struct Link {
  std::optional<Distribution> latency;
  std::optional<Ratio> loss, duplicate;
  std::optional<bool> reorder = std::nullopt;  ///< false keeps the link FIFO
  std::optional<Ratio> corrupt = std::nullopt;
  std::optional<Ratio> replay = std::nullopt;
  std::optional<Distribution> replay_after = std::nullopt;
  std::optional<std::uint32_t> capacity = std::nullopt;  ///< messages
  std::optional<DropWhenFull> drop_when_full = std::nullopt;
  std::optional<std::uint64_t> bandwidth = std::nullopt;  ///< bytes per second
  std::optional<Clog> clog = std::nullopt;
  std::optional<LinkMode> mode = std::nullopt;
  std::optional<Distribution> reconnect = std::nullopt;
};

/// Whom a link leaves or reaches.
struct LinkEnd {
  std::optional<Target> servers;  ///< nothing: all clients
};

struct Network {
  Link nodes{Distribution::constant(milliseconds(1)), Ratio{}, Ratio{}, true};
  Link clients;  ///< over `nodes`
  struct Override {
    LinkEnd from, to;
    bool both_ways = false;
    Link link;
  };
  std::vector<Override> links;
};

enum class OnCrash : std::uint8_t { keep_all, lose_unsynced, torn_unsynced };

/// Which unsynced changes of a directory survive a crash.
enum class Dirents : std::uint8_t { prefix, any_subset };

struct Disk {
  Distribution read = Distribution::constant(microseconds(100));
  Distribution write = Distribution::constant(microseconds(100));
  Distribution fsync = Distribution::constant(milliseconds(1));
  OnCrash on_crash = OnCrash::lose_unsynced;
  Dirents dirents = Dirents::prefix;
  /// Each drawn until quiet_after: of an operation it fails, of a sync it does nothing, ...
  Ratio io_error, sync_error, fsync_lies, corrupt_read, misdirected_write;
  /// Drawn each time a server starts from its disk.
  Ratio bit_rot;
  bool protect_quorum = true;
};

struct Clock {
  Distribution offset;
  /// Each node's rate is drawn from [-drift_ppm, +drift_ppm].
  std::uint32_t drift_ppm = 0;
  /// Each node's clock jumps again and again, until quiet_after.
  struct Jump {
    Distribution every;
    Duration by;  ///< may be negative
  };
  std::optional<Jump> jump;
  /// Jumps leave the clock alone that timers run on.
  bool monotonic = true;
};

/// What a server's steps cost it, and how many messages may wait for it.
struct Processor {
  Distribution service_time;
  std::optional<std::uint32_t> inbox;
};

enum class KeyChoice : std::uint8_t { uniform, zipf, hot };

/// Weights; not all zero.
struct Mix {
  std::uint32_t get = 1, put = 1, cas = 0, remove = 0, append = 0;
};
struct ReadMix {
  std::uint32_t log = 0, read_index = 1, lease = 0, follower = 0, local_unsafe = 0;
};

struct Workload {
  history::Model model = history::Model::none;
  std::uint32_t clients = 1;
  std::uint32_t keys = 1;
  KeyChoice key_choice = KeyChoice::uniform;
  Mix mix;
  struct Closed {
    Distribution think;
  };
  /// Over all clients together. An arrival that finds its client busy waits for it.
  struct Open {
    Duration mean_gap;
    bool poisson = true;
  };
  std::variant<Closed, Open> arrival = Closed{};
  Duration timeout = seconds(1);
  /// Tries after the first, over redirects and time-outs; nothing: until the operation's time-out.
  std::optional<std::uint32_t> retries;
  std::optional<std::uint64_t> ops;  ///< over all clients
  Duration start;
  std::optional<Duration> stop;
  bool final_reads = false;
  /// Commands before a client opens a new session; nothing: never.
  std::optional<std::uint32_t> ops_per_session;
  ReadMix reads;
  Ratio dies;  ///< a client, as it has asked for an operation; until quiet_after
};

struct Crash {
  Target target;
  std::optional<Distribution> down_for;
  history::CrashPoint point = history::CrashPoint::now;
};
/// With what a machine comes back.
enum class Comeback : std::uint8_t {
  disk,     ///< its own
  wiped,    ///< an empty disk and a fresh id; an administrator brings it in and removes the old id
  amnesiac  ///< an empty disk under its old id: what must never happen
};
struct Restart {
  Target target;
  Comeback comeback = Comeback::disk;
  /// With other options from then on; whoever runs is powered off first.
  std::optional<OptionsPatch> options = std::nullopt;
};
struct Pause {
  Target target;
  std::optional<Distribution> lasting;
};
struct Resume {
  Target target;
};
/// A shape is drawn over all nodes when the step fires.
enum class PartitionShape : std::uint8_t {
  halves,
  majority_minority,
  majorities_ring,
  bridge,
  leader_alone,
  random,
  partial,
  drawn  ///< one of the others
};
struct Partition {
  std::variant<std::vector<Target>, PartitionShape> groups;
  /// Messages from the first group to the others are lost, not the other way.
  bool one_way = false;
  std::optional<Distribution> lasting;
};
enum class Direction : std::uint8_t { both, in, out };
struct Isolate {
  Target target;
  Direction direction = Direction::both;
  bool clients_too = false;
  std::optional<Distribution> lasting;
};
/// Who is healed, by a `heal` or as the quiet phase begins (live_core.hpp).
enum class Healed : std::uint8_t { all, core, drawn };
/// Ends partitions, isolations, link changes, clogs, message rules (held messages are released), pauses and
/// slowness.
struct Heal {
  bool restart_all = false;
  Healed who = Healed::all;
};
struct SetLink {
  LinkEnd from, to;
  Link link;
  std::optional<Distribution> lasting;
};
enum class MessageDo : std::uint8_t { drop, hold, release, duplicate, deliver_now };
struct Messages {
  MessageDo action = MessageDo::drop;
  std::vector<MessageType> types;  ///< empty: all
  std::optional<Target> from, to;
  std::optional<std::uint32_t> count;
  std::optional<Distribution> lasting;
};
/// The first five last; the others damage what the disk holds, at once.
enum class DiskFaultKind : std::uint8_t {
  slow,
  io_error,
  sync_error,
  full,
  fsync_lies,
  torn_write,
  corrupt_entry,
  corrupt_state,
  corrupt_snapshot,
  misdirected_write,
};
inline constexpr int disk_fault_kinds = static_cast<int>(DiskFaultKind::misdirected_write) + 1;
constexpr bool lasts(DiskFaultKind kind) { return kind <= DiskFaultKind::fsync_lies; }
struct DiskFault {
  Target target;
  DiskFaultKind kind = DiskFaultKind::slow;
  std::optional<Distribution> lasting;
};
struct ClockJump {
  Target target;
  Duration by;  ///< may be negative
};
struct ClockFreeze {
  Target target;
  std::optional<Distribution> lasting;
};
struct TimeoutNow {
  Target target;
};
/// Every step takes `factor` times as long.
struct Slow {
  Target target;
  std::uint32_t factor = 1;
  std::optional<Distribution> lasting;
};
// Operations: an administrator asks, and asks again (operators.hpp).
enum class MemberKind : std::uint8_t { voter, learner };
struct AddNode {
  std::optional<NodeId> id;  ///< nothing: the next one that nobody has
  MemberKind as = MemberKind::voter;
};
struct RemoveNode {
  Target target;
};
struct Promote {
  Target target;
};
struct ReplaceNodes {
  NodeSet voters;
};
struct TransferLeadership {
  Target to;
};
struct TakeSnapshot {
  Target target;
};
enum class MembershipChange : std::uint8_t { add_voter, add_learner, promote, remove, replace };
/// One change, drawn among those that keep the number of voters between min_voters and max_voters.
struct RandomMembership {
  std::vector<MembershipChange> kinds;  ///< sorted; empty: all that the cluster's form of membership allows
};
struct ClientAction {
  std::uint32_t client = 0;
  OperationKind op = OperationKind::get;
  std::string key;
  std::string value;
  std::optional<std::string> expected;
  std::optional<Target> to;
};
struct CheckAction {
  Predicate that;
};
using Action =
    std::variant<Crash, Restart, Pause, Resume, Partition, Isolate, Heal, SetLink, Messages, DiskFault,
                 TimeoutNow, ClientAction, CheckAction, AddNode, RemoveNode, Promote, ReplaceNodes,
                 TransferLeadership, TakeSnapshot, RandomMembership, ClockJump, ClockFreeze, Slow>;

/// A scripted step. Exactly one of at, after, when.
struct Step {
  std::string id;  ///< empty: none given
  std::string note;
  std::optional<Duration> at;
  std::optional<Duration> after;
  std::optional<Predicate> when;
  std::optional<Duration> deadline;
  std::vector<Action> actions;
  std::uint32_t line = 0;  ///< in the scenario file, for messages
};

struct RandomFault {
  std::string id;
  Action action;
  Distribution every;
  std::optional<std::uint32_t> max_at_once;
  std::optional<Duration> from, until;
  std::uint32_t line = 0;
};

struct Faults {
  std::vector<Step> script;
  std::vector<RandomFault> random;
  bool keep_quorum = false;
  std::optional<Duration> quiet_after;
  std::optional<Duration> drain_after;
  Healed heal = Healed::all;  ///< at quiet_after
  /// Bounds of random membership, counted in the latest committed configuration.
  std::optional<std::uint32_t> min_voters, max_voters;
};

struct Limits {
  Duration time = seconds(30);
  std::uint64_t events = 50'000'000;
  std::optional<Duration> wall;
  std::optional<std::uint64_t> memory_mib;
};

struct NodeOverride {
  std::optional<std::string> system;
  std::optional<Options> options;  ///< complete: the cluster's with the override's fields over them
};

struct InitialNode {
  InitialState state;  ///< members are filled in from the cluster
  bool down = false;
};

struct ExpectedViolation {
  history::PropertyId property{};
};

struct Expect {
  std::vector<history::PropertyId> turned_off;
  bool linearizable = true;
  Duration linearizable_timeout = seconds(60);
  bool linearizable_timeout_fails = false;
  std::vector<history::Expectation> expectations;
  history::FinalExpectation final;
  history::Availability availability;
  /// Bounds of liveness, in the largest election timeout.
  std::uint32_t liveness_bound = 20;
  std::optional<ExpectedViolation> verdict;
};

/// Which runs are recorded where nobody says otherwise: those that fail, or all.
enum class RecordLevel : std::uint8_t { none, full };
struct Record {
  RecordLevel level = RecordLevel::none;
  std::uint32_t keyframe_every = 10'000;
};

struct Scenario {
  std::string name;
  std::string description;
  std::vector<std::string> refs;
  std::vector<std::string> tags;
  std::optional<std::uint64_t> seed;

  std::uint32_t nodes = 3;
  std::uint32_t learners = 0;  ///< numbered after the voters; who joins later is numbered after them
  Options options;
  std::map<NodeId, NodeOverride> overrides;
  std::map<NodeId, InitialNode> initial;
  std::string system = "raft";

  Network network;
  Disk disk;
  Clock clock;
  Processor process;
  Workload workload;
  Faults faults;
  Expect expect;
  Limits limits;
  Record record;
};

/// n1 to this one are there at the start.
inline std::uint32_t nodes_at_start(const Scenario& scenario) { return scenario.nodes + scenario.learners; }
/// The highest id that may ever come into being: bounded by what the script names and a number per random
/// fault, so that arrays are flat and every server's streams are its own.
std::uint32_t node_capacity(const Scenario& scenario);

/// Which fault classes this scenario configures, for the ledger.
history::FaultLedger configured_faults(const Scenario& scenario);

/// The header that judges need. Shape: nodes in order of id.
history::RunInfo run_info(const Scenario& scenario, std::uint64_t seed);

}  // namespace raftsim::sim
