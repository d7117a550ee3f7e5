// A few Rafts around a table: every message, every write and every moment is moved by hand. No latency, no
// disk but "durable or not", no server: what the real simulator models is left out on purpose.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/raft.hpp"

namespace raftsim::core::test {

/// An entry that owns its bytes.
struct StoredEntry {
  Term term;
  EntryKind kind = EntryKind::command;
  std::string payload;

  EntryRef ref() const;
  friend bool operator==(const StoredEntry&, const StoredEntry&) = default;
};

StoredEntry stored(const EntryRef& entry);

/// A message that owns its entries.
struct Letter {
  NodeId from;
  NodeId to;
  Message message;  ///< without its entries and data
  std::vector<StoredEntry> entries;
  std::string data;
};

struct Write {
  WriteId id;
  std::optional<HardState> hard_state;
  Index first;
  Term previous_term;
  std::uint64_t previous_chain = 0;
  std::vector<StoredEntry> entries;
};

struct Disk {
  HardState hard_state;
  Log log;
  SnapshotRef snapshot;
  void apply(const Write& write);
  /// What a restart finds: a log that does not agree with the snapshot counts for nothing.
  Log recovered_log() const;
};

struct Node {
  NodeId id;
  Config config;
  std::optional<Raft> raft;  ///< nothing while it is down
  Disk disk;
  /// The configuration before its first entry: the cluster's, or that of nobody.
  Configuration base;
  std::deque<Write> writes;  ///< issued and not durable, in order
  struct Gated {
    Letter letter;
    WriteId after;
  };
  std::deque<Gated> gated;
  /// Came completely, and is not durable yet.
  SnapshotRef arrived;
  bool arrived_is_durable = false;  ///< but the node was not told
  /// In the time of the cluster.
  std::optional<Instant> wake_at;
  /// Its clock: `clock_then` when it was `then` on the cluster's, and fast by `clock_ppm` since.
  Instant then;
  Instant clock_then;
  std::int64_t clock_ppm = 0;
  bool started_before = false;
  /// Given to every step.
  std::uint64_t entropy = 0;
};

class Cluster {
 public:
  Cluster(const Configuration& configuration, const Config& config);

  /// Adds a machine that waits, without any configuration, to be added to the cluster's; boots it.
  const Output& join(NodeId id, const Config& config);
  /// Boots a node from its disk.
  const Output& start(NodeId id, Index commit = Index{});
  /// Loses what was not durable; messages that waited for it never leave.
  void crash(NodeId id);
  /// One step. The output is valid until the next one; its sends are in flight or gated, its write is
  /// outstanding.
  const Output& step(NodeId id, decltype(Input::what) what);
  const Output& receive(const Letter& letter);
  /// Completes writes up to `id`: what waited for them departs; then the node is told.
  const Output& persisted(NodeId node, WriteId id);
  /// Makes them durable without telling the node: the completion is late.
  void make_durable(Node& node, WriteId id);
  /// The node takes a durable snapshot of what it has committed, up to `index`, of `size` bytes at least.
  const Output& take_snapshot(NodeId id, Index index, std::size_t size);
  /// What has arrived becomes durable; then the node is told.
  const Output& store_snapshot(NodeId id);
  void make_snapshot_durable(Node& node);

  /// What its clock shows now, and from now on how fast it is.
  Instant local_now(const Node& node) const;
  void set_clock(Node& node, std::int64_t ppm_fast);

  Node& node(NodeId id) { return nodes_.at(id); }
  std::map<NodeId, Node>& nodes() { return nodes_; }
  const Configuration& configuration() const { return configuration_; }

  Instant now;
  /// On the network, in order of departure.
  std::deque<Letter> in_flight;
  /// Called with each message when it departs; may be null. `context` is handed through.
  void (*on_departure)(void* context, const Letter& letter) = nullptr;
  void* departure_context = nullptr;

 private:
  void depart(Letter letter);
  Instant shared_time(const Node& node, Instant local) const;

  Configuration configuration_;
  std::map<NodeId, Node> nodes_;
  /// By their bytes: all that were ever taken. Copies, so that only the nodes keep those that they send.
  std::map<std::string, Snapshot> taken_;
  Output out_;
};

}  // namespace raftsim::core::test
