// What all parts of the world stand on: scenario, time, queue, decisions, network, messages, nodes. Each part
// (post, node runtimes, clients, faults) is a class of its own with a reference to this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "seam/effects.hpp"
#include "seam/system.hpp"
#include "sim/chronicle.hpp"
#include "sim/decisions.hpp"
#include "sim/disk.hpp"
#include "sim/event_queue.hpp"
#include "sim/ledger.hpp"
#include "sim/message_pool.hpp"
#include "sim/network.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

namespace raftsim::sim {

class NodeRuntime;
class Post;
class Clients;
class FaultEngine;
class Operators;
class Connections;

enum class ItemKind : std::uint8_t {
  deliver,          ///< who: message slot; what: flight
  disk_done,        ///< who: node; what: DiskOp; incarnation
  wake,             ///< who: node
  boot,             ///< who: node: the first boot
  restart,          ///< who: node; incarnation: of the one that crashed
  crash_point,      ///< who: node; incarnation: a sync is in the middle of its flight
  backlog,          ///< who: node: what waited while it was paused
  client,           ///< who: client
  arrival,          ///< open loop: an operation for the next client
  script,           ///< what: position in faults.script
  script_deadline,  ///< what: position in faults.script
  random_fault,     ///< who: position in faults.random
  clock_jump,       ///< who: node
  fault_end,        ///< what: number of the active fault
  operation,        ///< what: number of the fault that an operator works on; incarnation: its turn
  phase,            ///< who: Phase
  connect,          ///< who: position of a pair of servers; what: attempt
  connected,        ///< who: node; what: its peer, and the event that it follows from (LinkNews)
  disconnected,     ///< the same
};

struct Item {
  ItemKind kind{};
  std::uint32_t who = 0;
  std::uint64_t what = 0;
  std::uint64_t incarnation = 0;
};

/// What Item::what carries to a server whose stream to `peer` came or went.
struct LinkNews {
  NodeId peer;
  EventId because;
  static constexpr int peer_bits = 16;
  std::uint64_t packed() const { return because.value << peer_bits | peer.value; }
  static LinkNews of(std::uint64_t packed) {
    return {NodeId{packed & ((1u << peer_bits) - 1)}, EventId{packed >> peer_bits}};
  }
};

/// A timer that is moved more often than it fires: at most one live item in the queue, pushed anew only when
/// the time moves forward, or when it is found to have moved back as the item is taken.
class LazyTimer {
 public:
  /// Whether an item must be pushed at `at`.
  bool set(Instant at) {
    due_ = at;
    if (armed_ && *armed_ <= at) return false;
    armed_ = at;
    return true;
  }
  void clear() { due_.reset(); }
  std::optional<Instant> due() const { return due_; }

  enum class Taken : std::uint8_t { stale, rearm, due };
  /// An item of this timer was taken at `now`. rearm: push one at due().
  Taken take(Instant now) {
    if (!armed_ || *armed_ != now) return Taken::stale;
    armed_.reset();
    if (!due_) return Taken::stale;
    if (*due_ <= now) return Taken::due;
    armed_ = due_;
    return Taken::rearm;
  }

 private:
  std::optional<Instant> due_;
  std::optional<Instant> armed_;
};

/// A configuration that some server knew to be committed.
struct CommittedConfiguration {
  Index index;  ///< of its entry; 0: the initial one
  Configuration configuration;
  NodeSet servers;  ///< its members, learners included
};

struct Stage {
  Stage(const Scenario& s, DecisionSource source, std::vector<const System*> per_node,
        history::Journal& journal, Progress* progress);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const Scenario& scenario;
  const std::vector<const System*> systems;
  /// Of the highest id that may ever come into being. Those of the start: voters first, then learners.
  const std::uint32_t node_count;
  const std::uint32_t nodes_at_start;
  const std::uint32_t client_count;
  /// Of the start.
  const Configuration members;
  /// What a server knows that joins: nobody.
  const Configuration nobody;
  CommittedConfiguration committed;

  Chronicle chronicle;
  Decisions decisions;
  EventQueue<Item> queue;
  MessagePool messages;
  SimNetwork network;
  Ledger ledger;
  /// Reused by every step: allocates nothing in the steady state.
  Effects effects;
  DoneOut disk_done;
  CrashReport crash_report;

  std::vector<std::unique_ptr<NodeRuntime>> nodes;  ///< n1 first
  std::unique_ptr<Post> post;
  std::unique_ptr<Clients> clients;
  std::unique_ptr<FaultEngine> faults;
  std::unique_ptr<Operators> operators;
  std::unique_ptr<Connections> connections;  ///< null where no link is a stream

  history::Phase phase = history::Phase::chaos;
  std::optional<EndReason> ended;

  Instant now() const { return chronicle.now(); }
  /// Filled where it stands: a copy of what was just stored piece by piece waits for the cache.
  void at(Instant when, const Item& item) {
    Item& place = queue.item(queue.push(when));
    place.kind = item.kind;
    place.who = item.who;
    place.what = item.what;
    place.incarnation = item.incarnation;
  }
  /// Whether it may exist at all, now or later.
  bool is_node(NodeId id) const { return id.value >= 1 && id.value <= node_count; }
  bool exists(NodeId id) const;
  /// A server runs under `configuration` and knows its entry, at `index`, to be committed.
  [[gnu::cold]] void learn_committed(Index index, const Configuration& configuration);
  NodeRuntime& node(NodeId id) { return *nodes[id.value - 1]; }
  Instant end() const { return Instant{scenario.limits.time.ns}; }

  /// The world itself judges: a `violation` event.
  [[gnu::cold]] void violated(history::PropertyId property, Endpoint where, std::string_view sentence);
  /// The system under test broke its contract with the runtime: no_crash, and the run ends.
  [[gnu::cold]] void broken(NodeId node, std::string_view sentence);
};

/// Of clients 0..n-1: the workload's, and those that only a script names.
std::uint32_t client_count_of(const Scenario& scenario);

}  // namespace raftsim::sim
