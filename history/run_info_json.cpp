#include "history/run_info_json.hpp"

#include "history/document_json.hpp"
#include "history/predicate_json.hpp"

namespace raftsim::history {

template <class V, Is<InitialState> X>
void fields(V& v, X& x) {
  v("term", x.term);
  v("vote", x.vote);
  v("log", x.log);
  v("commit", x.commit);
  v("members", x.members);
}

template <class V, Is<Options> X>
void fields(V& v, X& x) {
  v("election_timeout_ns", x.election_timeout);
  v("heartbeat_interval_ns", x.heartbeat_interval);
  v("pre_vote", x.pre_vote);
  v("check_quorum", x.check_quorum);
  v("no_op", x.no_op);
  v("membership", x.membership);
  v("clock_drift_bound_ppm", x.clock_drift_bound_ppm);
  v("max_entries_per_append", x.max_entries_per_append);
  v("max_bytes_per_append", x.max_bytes_per_append);
  v("max_inflight_appends", x.max_inflight_appends);
  v("max_uncommitted_bytes", x.max_uncommitted_bytes);
  v.nullable("snapshot_every", x.snapshot_every);
  v("trailing_entries", x.trailing_entries);
  v("snapshot_chunk_bytes", x.snapshot_chunk_bytes);
  v("segment_bytes", x.segment_bytes);
  v("session_cap", x.session_cap);
  v("apply_delay_ns", x.apply_delay);
}

template <class V, Is<NodeInfo> X>
void fields(V& v, X& x) {
  v("id", x.id);
  v("system", x.system);
  v("options", x.options);
  v("initial", x.initial);
  v("learner", x.learner);
  v("later", x.later);
}

template <class V, Is<Expectation> X>
void fields(V& v, X& x) {
  v("kind", x.kind);
  v("name", x.name);
  v("that", x.that);
  v("situation", x.situation);
  v("within_ns", x.within);
  v("since", x.since);
}

template <class V, Is<FinalExpectation> X>
void fields(V& v, X& x) {
  v("logs_equal", x.logs_equal);
  v("applied_equal", x.applied_equal);
  v("all_ops_answered", x.all_ops_answered);
  v("ops_ok", x.ops_ok);
  v("leader", x.leader);
}

template <class V, Is<Availability> X>
void fields(V& v, X& x) {
  v("ok_fraction_ppm", x.ok_fraction_ppm);
  v("longest_gap_ns", x.longest_gap);
}

template <class V, Is<RunInfo> X>
void fields(V& v, X& x) {
  v("scenario", x.scenario);
  v("scenario_path", x.scenario_path);
  v.wide("seed", x.seed);
  v("system", x.system);
  v("nodes", x.nodes);
  v("model", x.model);
  v("clients", x.clients);
  v("quiet_at_ns", x.quiet_at);
  v("drain_at_ns", x.drain_at);
  v("end_ns", x.end);
  v("stops_early", x.stops_early);
  v("bound_in_election_timeouts", x.bound_in_election_timeouts);
  v("turned_off", x.turned_off);
  v("linearizable", x.linearizable);
  v("linearizable_timeout_ns", x.linearizable_timeout);
  v("linearizable_timeout_fails", x.linearizable_timeout_fails);
  v("expectations", x.expectations);
  v("final", x.final);
  v("availability", x.availability);
  v("limit_events", x.limit_events);
  v("protect_quorum", x.protect_quorum);
  v("service_time", x.service_time);
  v("expected_violation", x.expected_violation);
}

JsonOut encode(const RunInfo& info) { return encode_fields(info); }
JsonOut schema_of(Type<RunInfo>, const Schemas& schemas) { return fields_schema<RunInfo>(schemas); }

std::string to_json(const RunInfo& info) { return dump(encode(info)); }

std::optional<RunInfo> run_info_from_json(const std::string& text, std::string* why) {
  Trouble trouble;
  RunInfo info;
  const std::optional<JsonIn> json = parse_json(text);
  trouble.unless(json.has_value(), "JSON");
  if (json) decode(*json, info, trouble);
  if (!trouble) return info;
  if (why != nullptr) *why = trouble.text();
  return std::nullopt;
}

std::string to_json(const Predicate& predicate) { return dump(encode(predicate)); }
std::string to_json(const Target& target) { return dump(encode(target)); }

}  // namespace raftsim::history
