#include "tests/core_raft/cluster.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <utility>

namespace raftsim::core::test {

namespace {

ByteSpan bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string text_of(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Letter letter_of(NodeId from, const Send& send) {
  Letter letter{from, send.to, send.message, {}, text_of(send.message.chunk.data)};
  for (const EntryRef& entry : send.message.entries) letter.entries.push_back(stored(entry));
  letter.message.entries = {};
  letter.message.chunk.data = {};
  return letter;
}

/// What passes on the node's clock meanwhile.
Duration scaled(const Node& node, Duration passed) {
  __extension__ using Wide = __int128;
  return Duration{static_cast<std::int64_t>(Wide{passed.ns} * (1'000'000 + node.clock_ppm) / 1'000'000)};
}

}  // namespace

EntryRef StoredEntry::ref() const {
  return EntryRef{term, entry_hash(kind, bytes_of(payload)), bytes_of(payload), kind};
}

StoredEntry stored(const EntryRef& entry) {
  CHECK(entry.hash == entry_hash(entry.kind, entry.payload));
  return StoredEntry{entry.term, entry.kind,
                     std::string(reinterpret_cast<const char*>(entry.payload.data()), entry.payload.size())};
}

void Disk::apply(const Write& write) {
  if (write.hard_state) hard_state = *write.hard_state;
  if (write.entries.empty()) return;
  const Index before = write.first - 1;
  const bool goes_on =
      before + 1 >= log.first() && before <= log.last() && log.chain_at(before) == write.previous_chain;
  if (!goes_on) log.restart(before, write.previous_term, write.previous_chain);
  if (write.first <= log.last()) log.truncate(write.first);
  for (const StoredEntry& entry : write.entries) log.append(entry.ref());
}

Log Disk::recovered_log() const {
  Log found = log;
  if (snapshot == nullptr) {
    CHECK(found.first() == Index{1});
    return found;
  }
  CHECK(found.first() <= snapshot->index + 1);
  const bool agrees = snapshot->index <= found.last() && found.chain_at(snapshot->index) == snapshot->chain;
  if (!agrees) found.restart(snapshot->index, snapshot->term, snapshot->chain);
  return found;
}

Cluster::Cluster(const Configuration& configuration, const Config& config) : configuration_(configuration) {
  for (const NodeSet* set :
       {&configuration_.voters, &configuration_.voters_outgoing, &configuration_.learners}) {
    for (NodeId id : *set) {
      nodes_[id].id = id;
      nodes_[id].config = config;
      nodes_[id].base = configuration_;
    }
  }
}

const Output& Cluster::join(NodeId id, const Config& config) {
  CHECK(!nodes_.contains(id));
  nodes_[id].id = id;
  nodes_[id].config = config;
  return start(id);
}

const Output& Cluster::start(NodeId id, Index commit) {
  Node& node = nodes_.at(id);
  CHECK(!node.raft);
  node.raft.emplace();
  node.raft->recovery_log() = node.disk.recovered_log();
  const bool ran_before = std::exchange(node.started_before, true);
  return step(id, Restore{id, &node.config, &node.base, node.disk.hard_state, commit, node.disk.snapshot,
                          ran_before});
}

void Cluster::crash(NodeId id) {
  Node& node = nodes_.at(id);
  node.raft.reset();
  node.writes.clear();
  node.gated.clear();
  node.arrived.reset();
  node.arrived_is_durable = false;
  node.wake_at.reset();
}

const Output& Cluster::step(NodeId id, decltype(Input::what) what) {
  Node& node = nodes_.at(id);
  CHECK(node.raft.has_value());
  out_.clear();
  node.raft->step(Input{local_now(node), node.entropy, std::move(what)}, out_);
  node.wake_at = out_.wake_at ? std::optional(shared_time(node, *out_.wake_at)) : std::nullopt;
  if (out_.persist) {
    Write write{out_.persist->id, out_.persist->hard_state, out_.persist->first, {}, 0, {}};
    if (out_.persist->has_entries()) {
      write.previous_term = node.raft->log().term_at(write.first - 1).value();
      write.previous_chain = node.raft->log().chain_at(write.first - 1);
    }
    for (Index at = out_.persist->first; at <= out_.persist->last; ++at) {
      write.entries.push_back(stored(node.raft->log().at(at)));
    }
    node.writes.push_back(std::move(write));
  }
  if (out_.snapshot_received) {
    CHECK(node.arrived == nullptr);
    const auto found = taken_.find(text_of(out_.snapshot_received->bytes));
    CHECK(found != taken_.end());
    CHECK(found->second.index == out_.snapshot_received->index);
    node.arrived = std::make_shared<Snapshot>(found->second);
  }
  for (const Send& send : out_.sends) {
    Letter letter = letter_of(id, send);
    const bool waits = send.after && !node.writes.empty() && *send.after >= node.writes.front().id;
    if (waits) {
      node.gated.push_back({std::move(letter), *send.after});
    } else {
      depart(std::move(letter));
    }
  }
  return out_;
}

Instant Cluster::local_now(const Node& node) const { return node.clock_then + scaled(node, now - node.then); }

/// A time of the cluster at which the node's clock shows `local` or a nanosecond more.
Instant Cluster::shared_time(const Node& node, Instant local) const {
  __extension__ using Wide = __int128;
  const Wide ahead = (local - node.clock_then).ns;
  const Wide passed = ahead * 1'000'000 / (1'000'000 + node.clock_ppm);
  return node.then + Duration{static_cast<std::int64_t>(passed) + (node.clock_ppm == 0 ? 0 : 1)};
}

void Cluster::set_clock(Node& node, std::int64_t ppm_fast) {
  const std::optional<Instant> wake_at =
      node.wake_at ? std::optional(node.clock_then + scaled(node, *node.wake_at - node.then)) : std::nullopt;
  node.clock_then = local_now(node);
  node.then = now;
  node.clock_ppm = ppm_fast;
  if (wake_at) node.wake_at = shared_time(node, *wake_at);
}

void Cluster::depart(Letter letter) {
  if (on_departure != nullptr) on_departure(departure_context, letter);
  in_flight.push_back(std::move(letter));
}

const Output& Cluster::receive(const Letter& letter) {
  std::vector<EntryRef> entries;
  for (const StoredEntry& entry : letter.entries) entries.push_back(entry.ref());
  Message message = letter.message;
  message.entries = {entries.data(), entries.size()};
  message.chunk.data = bytes_of(letter.data);
  return step(letter.to, MessageReceived{letter.from, &message});
}

void Cluster::make_durable(Node& node, WriteId id) {
  while (!node.writes.empty() && node.writes.front().id <= id) {
    node.disk.apply(node.writes.front());
    node.writes.pop_front();
  }
  while (!node.gated.empty() && node.gated.front().after <= id) {
    depart(std::move(node.gated.front().letter));
    node.gated.pop_front();
  }
}

const Output& Cluster::take_snapshot(NodeId id, Index index, std::size_t size) {
  Node& node = nodes_.at(id);
  const Raft& raft = *node.raft;
  CHECK(index <= raft.commit());
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->index = index;
  snapshot->term = raft.log().term_at(index).value();
  snapshot->chain = raft.log().chain_at(index);
  snapshot->configuration = raft.configurations().at(index);
  std::string bytes = fmt::format("{}@{}/{:x}", index.value, snapshot->term.value, snapshot->chain);
  if (bytes.size() < size) bytes.resize(size, '.');
  snapshot->bytes.assign(bytes_of(bytes).begin(), bytes_of(bytes).end());
  snapshot->hash = XXH3_64bits(bytes.data(), bytes.size());
  taken_[bytes] = *snapshot;
  if (node.disk.snapshot == nullptr || node.disk.snapshot->index < index) node.disk.snapshot = snapshot;
  return step(id, SnapshotDurable{snapshot});
}

void Cluster::make_snapshot_durable(Node& node) {
  if (node.disk.snapshot == nullptr || node.disk.snapshot->index < node.arrived->index) {
    node.disk.snapshot = node.arrived;
  }
  node.arrived_is_durable = true;
}

const Output& Cluster::store_snapshot(NodeId id) {
  Node& node = nodes_.at(id);
  make_snapshot_durable(node);
  node.arrived_is_durable = false;
  return step(id, SnapshotDurable{std::exchange(node.arrived, nullptr)});
}

const Output& Cluster::persisted(NodeId id, WriteId write) {
  make_durable(nodes_.at(id), write);
  return step(id, Persisted{write});
}

}  // namespace raftsim::core::test
