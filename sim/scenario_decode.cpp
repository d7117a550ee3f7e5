// Decoding a scenario's chapters: the cluster and its world, the clients, what must hold.
#include "sim/scenario_decode.hpp"

#include <algorithm>

#include "sim/scenario_shape.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

void read(const JsonNode& node, Options& out) {
  const FieldReader raft(node, *table::cluster.object->find("raft")->type->object);
  raft.into("election_timeout", out.election_timeout);
  raft.into("heartbeat_interval", out.heartbeat_interval);
  raft.into("pre_vote", out.pre_vote);
  raft.into("check_quorum", out.check_quorum);
  raft.into("no_op", out.no_op);
  raft.word("membership", out.membership);
  raft.into("clock_drift_bound_ppm", out.clock_drift_bound_ppm);
  raft.into("max_entries_per_append", out.max_entries_per_append);
  raft.into("max_bytes_per_append", out.max_bytes_per_append);
  raft.into("max_inflight_appends", out.max_inflight_appends);
  raft.into("max_uncommitted_bytes", out.max_uncommitted_bytes);
  raft.into("trailing_entries", out.trailing_entries);
  raft.into("snapshot_chunk_bytes", out.snapshot_chunk_bytes);
  raft.into("segment_bytes", out.segment_bytes);
  raft.into("session_cap", out.session_cap);
  raft.into("apply_delay", out.apply_delay);
  std::uint64_t snapshot_every = out.snapshot_every.value_or(0);
  raft.into("snapshot_every", snapshot_every);
  out.snapshot_every = snapshot_every == 0 ? std::nullopt : std::optional<std::uint64_t>(snapshot_every);
}

void read(const JsonNode& node, Link& out) {
  const FieldReader link(node, *table::link.object);
  link.into("latency", out.latency);
  link.into("loss", out.loss);
  link.into("duplicate", out.duplicate);
  link.into("reorder", out.reorder);
  link.into("corrupt", out.corrupt);
  link.into("replay", out.replay);
  link.into("replay_after", out.replay_after);
  link.into("capacity", out.capacity);
  link.word("drop_when_full", out.drop_when_full);
  link.into("bandwidth_bytes_per_s", out.bandwidth);
  link.into("clog", out.clog);
  link.word("mode", out.mode);
  link.into("reconnect", out.reconnect);
}

void read(const JsonNode& node, Clog& out) {
  const FieldReader clog(node, *table::link.object->find("clog")->type->object);
  clog.into("probability", out.probability);
  clog.into("duration", out.duration);
}

void read(const JsonNode& node, LinkEnd& out) {
  if (node.is(JsonNode::Kind::string) && node.text == "clients")
    out.servers.reset();
  else
    read(node, out.servers);
}

namespace {

void decode_initial(const JsonNode& node, const Configuration& members, InitialNode& out) {
  const FieldReader fields(node, *table::cluster.object->find("initial")->type->element->object);
  fields.into("log", out.state.log);
  out.state.term = out.state.log.empty() ? Term{} : out.state.log.back();
  fields.into("term", out.state.term);
  const JsonNode* vote = fields.at("voted_for");
  if (vote != nullptr && !vote->is(JsonNode::Kind::null)) read(*vote, out.state.vote);
  fields.into("commit", out.state.commit);
  fields.into("down", out.down);
  out.state.members = members;
}

void decode_network(const FieldReader& network, Network& out) {
  network.into("default", out.nodes);
  network.into("clients", out.clients);
  const JsonNode* links = network.at("links");
  if (links == nullptr) return;
  for (const JsonNode& item : links->items) {
    const FieldReader fields(item, *table::link_overrides.element->object);
    Network::Override& link = out.links.emplace_back();
    fields.into("from", link.from);
    fields.into("to", link.to);
    fields.into("both_ways", link.both_ways);
    fields.into("link", link.link);
  }
}

void decode_disk(const FieldReader& disk, Disk& out) {
  disk.into("read", out.read);
  disk.into("write", out.write);
  disk.into("fsync", out.fsync);
  disk.word("on_crash", out.on_crash);
  disk.into("fsync_lies", out.fsync_lies);
  disk.into("io_error", out.io_error);
  disk.into("corrupt_read", out.corrupt_read);
  disk.into("misdirected_write", out.misdirected_write);
  disk.into("protect_quorum", out.protect_quorum);
  disk.into("sync_error", out.sync_error);
  disk.into("bit_rot", out.bit_rot);
  disk.word("dirents", out.dirents);
}

void decode_clock(const FieldReader& clock, Clock& out) {
  clock.into("offset", out.offset);
  clock.into("drift_ppm", out.drift_ppm);
  if (const std::optional<FieldReader> jump = clock.object("jump")) {
    out.jump.emplace();
    jump->into("every", out.jump->every);
    jump->into("by", out.jump->by);
  }
  clock.into("monotonic", out.monotonic);
}

void decode_limits(const FieldReader& limits, Limits& out) {
  limits.into("time", out.time);
  limits.into("events", out.events);
  limits.into("wall", out.wall);
  limits.into("memory_mib", out.memory_mib);
}

}  // namespace

void decode_cluster(const FieldReader& cluster, Scenario& scenario) {
  cluster.into("nodes", scenario.nodes);
  cluster.into("learners", scenario.learners);
  cluster.into("raft", scenario.options);
  cluster.into("system", scenario.system);
  if (const JsonNode* overrides = cluster.at("overrides")) {
    for (const JsonMember& member : overrides->members) {
      NodeOverride& out = scenario.overrides[*node_from(member.key)];
      const FieldReader fields(member.value,
                               *table::cluster.object->find("overrides")->type->element->object);
      fields.into("system", out.system);
      if (const JsonNode* raft = fields.at("raft")) {
        out.options = scenario.options;
        read(*raft, *out.options);
      }
    }
  }
  if (const JsonNode* initial = cluster.at("initial")) {
    Configuration members;
    for (std::uint32_t n = 1; n <= scenario.nodes; ++n) members.voters.push_back(NodeId{n});
    for (std::uint32_t n = 1; n <= scenario.learners; ++n)
      members.learners.push_back(NodeId{scenario.nodes + n});
    for (const JsonMember& member : initial->members)
      decode_initial(member.value, members, scenario.initial[*node_from(member.key)]);
  }
}

void decode_workload(const FieldReader& workload, Workload& out) {
  workload.word("model", out.model);
  workload.into("clients", out.clients);
  workload.into("keys", out.keys);
  workload.word("key_choice", out.key_choice);
  if (out.model == history::Model::append) out.mix = {.get = 1, .put = 0, .cas = 0, .remove = 0, .append = 1};
  if (const std::optional<FieldReader> mix = workload.object("mix")) {
    out.mix = {.get = 0, .put = 0, .cas = 0, .remove = 0, .append = 0};
    mix->into("get", out.mix.get);
    mix->into("put", out.mix.put);
    mix->into("cas", out.mix.cas);
    mix->into("delete", out.mix.remove);
    mix->into("append", out.mix.append);
  }
  if (const std::optional<FieldReader> arrival = workload.object("arrival")) {
    if (arrival->node().find("think") != nullptr) {
      arrival->into("think", out.arrival.emplace<Workload::Closed>().think);
    } else {
      Workload::Open& open = out.arrival.emplace<Workload::Open>();
      arrival->into("mean_gap", open.mean_gap);
      if (const JsonNode* rate = arrival->at("rate_per_s")) open.mean_gap = *gap_from_rate(rate->text).value;
      const JsonNode* process = arrival->at("process");
      open.poisson = process == nullptr || process->text == "poisson";
    }
  }
  workload.into("timeout", out.timeout);
  workload.into("retries", out.retries);
  workload.into("ops", out.ops);
  workload.into("start", out.start);
  workload.into("stop", out.stop);
  workload.into("final_reads", out.final_reads);
  workload.into("ops_per_session", out.ops_per_session);
  workload.into("dies", out.dies);
  if (const std::optional<FieldReader> mix = workload.object("reads")) {
    out.reads.read_index = 0;
    mix->into("log", out.reads.log);
    mix->into("read_index", out.reads.read_index);
    mix->into("lease", out.reads.lease);
    mix->into("follower", out.reads.follower);
    mix->into("local_unsafe", out.reads.local_unsafe);
  } else if (workload.at("reads") != nullptr) {
    ReadMode mode{};
    workload.word("reads", mode);
    const auto only = [mode](ReadMode m) { return mode == m ? 1u : 0u; };
    out.reads = {only(ReadMode::log), only(ReadMode::read_index), only(ReadMode::lease),
                 only(ReadMode::follower), only(ReadMode::local_unsafe)};
  }
}

Scenario decode_scenario(const JsonNode& root, const SourceTexts& texts) {
  const FieldReader fields(root, scenario_object());
  Scenario s;
  fields.into("name", s.name);
  fields.into("description", s.description);
  fields.into("refs", s.refs);
  fields.into("tags", s.tags);
  if (const JsonNode* seed = fields.at("seed")) s.seed = seed_from(seed->text);
  decode_cluster(*fields.object("cluster"), s);
  if (const auto network = fields.object("network")) decode_network(*network, s.network);
  if (const auto disk = fields.object("disk")) decode_disk(*disk, s.disk);
  if (const auto clock = fields.object("clock")) decode_clock(*clock, s.clock);
  if (const auto process = fields.object("process")) {
    process->into("service_time", s.process.service_time);
    process->into("inbox", s.process.inbox);
  }
  if (const auto workload = fields.object("workload")) decode_workload(*workload, s.workload);
  if (const auto faults = fields.object("faults")) decode_faults(*faults, texts, s.faults);
  if (const auto expect = fields.object("expect")) decode_expect(*expect, s.expect);
  if (const auto limits = fields.object("limits")) decode_limits(*limits, s.limits);
  if (const auto record = fields.object("record")) {
    record->word("level", s.record.level);
    record->into("keyframe_every", s.record.keyframe_every);
  }
  return s;
}

}  // namespace raftsim::sim
