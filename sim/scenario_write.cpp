// Writing a scenario's chapters: the root, the cluster and its world, the clients.
#include "sim/scenario_write.hpp"

#include <fmt/format.h>

#include "sim/scenario_decode.hpp"
#include "sim/scenario_file.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

const Object& object_in(const Object& object, std::string_view field) {
  const Field* f = object.find(field);
  CHECK(f != nullptr);
  const Type* type = f->type;
  if (type->element != nullptr) type = type->element;
  for (const Type& alternative : type->alternatives)
    if (alternative.object != nullptr) type = &alternative;
  CHECK(type->object != nullptr);
  return *type->object;
}

std::string_view ObjectWriter::word_text(std::string_view name, std::uint8_t value) const {
  const Words& words = words_in(*object_, name);
  CHECK(value >= words.first);
  CHECK(static_cast<std::size_t>(value - words.first) < words.words.size());
  return words.words[value - words.first].name;
}

JsonNode written(const Options& o) {
  ObjectWriter out(object_in(*table::cluster.object, "raft"));
  out.field("election_timeout", o.election_timeout);
  out.field("heartbeat_interval", o.heartbeat_interval);
  out.field("pre_vote", o.pre_vote);
  out.field("check_quorum", o.check_quorum);
  out.field("no_op", o.no_op);
  out.word("membership", o.membership);
  out.field("clock_drift_bound_ppm", o.clock_drift_bound_ppm);
  out.field("max_entries_per_append", o.max_entries_per_append);
  out.field("max_bytes_per_append", o.max_bytes_per_append);
  out.field("max_inflight_appends", o.max_inflight_appends);
  out.field("max_uncommitted_bytes", o.max_uncommitted_bytes);
  out.field("snapshot_every", o.snapshot_every.value_or(0));
  out.field("trailing_entries", o.trailing_entries);
  out.field("snapshot_chunk_bytes", o.snapshot_chunk_bytes);
  out.field("segment_bytes", o.segment_bytes);
  out.field("session_cap", o.session_cap);
  out.field("apply_delay", o.apply_delay);
  return out.take();
}

JsonNode written(const Link& link) {
  ObjectWriter out(*table::link.object);
  out.field("latency", link.latency);
  out.field("loss", link.loss);
  out.field("duplicate", link.duplicate);
  out.field("reorder", link.reorder);
  out.field("corrupt", link.corrupt);
  out.field("replay", link.replay);
  out.field("replay_after", link.replay_after);
  out.field("capacity", link.capacity);
  out.word("drop_when_full", link.drop_when_full);
  out.field("bandwidth_bytes_per_s", link.bandwidth);
  out.field("clog", link.clog);
  out.word("mode", link.mode);
  out.field("reconnect", link.reconnect);
  return out.take();
}

JsonNode written(const Clog& clog) {
  ObjectWriter out(object_in(*table::link.object, "clog"));
  out.field("probability", clog.probability);
  out.field("duration", clog.duration);
  return out.take();
}

JsonNode written(const LinkEnd& end) { return end.servers ? written(*end.servers) : json_string("clients"); }

namespace {

JsonNode written_initial(const InitialNode& initial) {
  ObjectWriter out(object_in(*table::cluster.object, "initial"));
  out.field("term", initial.state.term);
  if (initial.state.vote)
    out.field("voted_for", *initial.state.vote);
  else
    out.node("voted_for", json_null());
  out.field("log", initial.state.log);
  out.field("commit", initial.state.commit.value);
  out.field("down", initial.down);
  return out.take();
}

JsonNode written_cluster(const Scenario& s) {
  ObjectWriter out(*table::cluster.object);
  out.field("nodes", s.nodes);
  out.field("learners", s.learners);
  out.field("raft", s.options);
  JsonNode overrides = json_object(), initial = json_object();
  for (const auto& [id, value] : s.overrides) {
    ObjectWriter one(object_in(*table::cluster.object, "overrides"));
    one.field("system", value.system);
    one.field("raft", value.options);
    add(overrides, node_text(id), one.take());
  }
  for (const auto& [id, value] : s.initial) add(initial, node_text(id), written_initial(value));
  if (!s.overrides.empty()) out.node("overrides", std::move(overrides));
  if (!s.initial.empty()) out.node("initial", std::move(initial));
  out.field("system", s.system);
  return out.take();
}

JsonNode written_network(const Network& network) {
  ObjectWriter out(*table::network.object);
  out.field("default", network.nodes);
  out.field("clients", network.clients);
  JsonNode links = json_list();
  for (const Network::Override& link : network.links) {
    ObjectWriter one(*table::link_overrides.element->object);
    one.field("from", link.from);
    one.field("to", link.to);
    one.field("both_ways", link.both_ways);
    one.field("link", link.link);
    links.items.push_back(one.take());
  }
  if (!network.links.empty()) out.node("links", std::move(links));
  return out.take();
}

JsonNode written_disk(const Disk& disk) {
  ObjectWriter out(*table::disk.object);
  out.field("read", disk.read);
  out.field("write", disk.write);
  out.field("fsync", disk.fsync);
  out.word("on_crash", disk.on_crash);
  out.field("fsync_lies", disk.fsync_lies);
  out.field("io_error", disk.io_error);
  out.field("corrupt_read", disk.corrupt_read);
  out.field("misdirected_write", disk.misdirected_write);
  out.field("protect_quorum", disk.protect_quorum);
  out.field("sync_error", disk.sync_error);
  out.field("bit_rot", disk.bit_rot);
  out.word("dirents", disk.dirents);
  return out.take();
}

JsonNode written_clock(const Clock& clock) {
  ObjectWriter out(*table::clock.object);
  out.field("offset", clock.offset);
  out.field("drift_ppm", clock.drift_ppm);
  if (clock.jump) {
    ObjectWriter jump(object_in(*table::clock.object, "jump"));
    jump.field("every", clock.jump->every);
    jump.field("by", clock.jump->by);
    out.node("jump", jump.take());
  }
  out.field("monotonic", clock.monotonic);
  return out.take();
}

JsonNode written_process(const Processor& process) {
  ObjectWriter out(*table::process.object);
  out.field("service_time", process.service_time);
  out.field("inbox", process.inbox);
  return out.take();
}

JsonNode written_record(const Record& record) {
  ObjectWriter out(*table::record.object);
  out.word("level", record.level);
  out.field("keyframe_every", record.keyframe_every);
  return out.take();
}

JsonNode written_limits(const Limits& limits) {
  ObjectWriter out(*table::limits.object);
  out.field("time", limits.time);
  out.field("events", limits.events);
  out.field("wall", limits.wall);
  out.field("memory_mib", limits.memory_mib);
  return out.take();
}

JsonNode written_arrival(const Workload& w) {
  const Type& arrival = *table::workload.object->find("arrival")->type;
  if (const auto* closed = std::get_if<Workload::Closed>(&w.arrival)) {
    ObjectWriter out(*arrival.alternatives[0].object);
    out.field("think", closed->think);
    return out.take();
  }
  const Workload::Open& open = std::get<Workload::Open>(w.arrival);
  ObjectWriter out(*arrival.alternatives[1].object);
  out.field("mean_gap", open.mean_gap);
  out.node("process", json_string(out.word_text("process", open.poisson ? 0 : 1)));
  return out.take();
}

}  // namespace

JsonNode written_workload(const Workload& w) {
  ObjectWriter out(*table::workload.object);
  out.word("model", w.model);
  out.field("clients", w.clients);
  out.field("keys", w.keys);
  out.word("key_choice", w.key_choice);
  ObjectWriter mix(object_in(*table::workload.object, "mix"));
  mix.field("get", w.mix.get);
  mix.field("put", w.mix.put);
  mix.field("cas", w.mix.cas);
  mix.field("delete", w.mix.remove);
  mix.field("append", w.mix.append);
  out.node("mix", mix.take());
  out.node("arrival", written_arrival(w));
  out.field("timeout", w.timeout);
  out.field("retries", w.retries);
  out.field("ops", w.ops);
  out.field("start", w.start);
  out.field("stop", w.stop);
  out.field("final_reads", w.final_reads);
  out.field("ops_per_session", w.ops_per_session);
  out.field("dies", w.dies);
  ObjectWriter reads(object_in(*table::workload.object, "reads"));
  reads.field("log", w.reads.log);
  reads.field("read_index", w.reads.read_index);
  reads.field("lease", w.reads.lease);
  reads.field("follower", w.reads.follower);
  reads.field("local_unsafe", w.reads.local_unsafe);
  out.node("reads", reads.take());
  return out.take();
}

std::string write_scenario(const Scenario& s) {
  ObjectWriter out(scenario_object());
  out.node("format", json_string("raftsim/scenario@1"));
  out.field("name", s.name);
  out.field("description", s.description);
  out.field("refs", s.refs);
  out.field("tags", s.tags);
  if (s.seed) out.node("seed", json_string(fmt::format("{}", *s.seed)));
  out.node("cluster", written_cluster(s));
  out.node("network", written_network(s.network));
  out.node("disk", written_disk(s.disk));
  out.node("clock", written_clock(s.clock));
  if (s.process.service_time.maximum() > Duration{} || s.process.inbox)
    out.node("process", written_process(s.process));
  out.node("workload", written_workload(s.workload));
  out.node("faults", written_faults(s.faults));
  out.node("expect", written_expect(s.expect));
  out.node("limits", written_limits(s.limits));
  out.node("record", written_record(s.record));
  return json_text(out.take());
}

}  // namespace raftsim::sim
