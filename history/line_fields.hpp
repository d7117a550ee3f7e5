// The lines of a history that are no events: the writer and the schema follow this. Private to history/.
#pragma once

#include <vector>

#include "history/cluster_view.hpp"
#include "history/document_json.hpp"
#include "history/history_file.hpp"

namespace raftsim::history {

/// JSON of another room, kept as it is.
struct ForeignJson {
  JsonOut json;
};
inline JsonOut encode(const ForeignJson& value) { return value.json; }
inline JsonOut schema_of(Type<ForeignJson>, const Schemas&) {
  // Text that was no JSON is kept as a string.
  return JsonOut::object({{"type", JsonOut::array({"object", "string"})}});
}

struct HeaderLine {
  std::string tool;
  std::uint64_t seed = 0;
  ForeignJson scenario;
  Hash128 scenario_hash;
  RunInfo run;
  NodeSet nodes;
};

template <class V>
void fields(V& v, const HeaderLine& x) {
  v.constant("format", history_format);
  v("tool", x.tool);
  v.wide("seed", x.seed);
  v("scenario", x.scenario);
  v("scenario_hash", x.scenario_hash);
  v("run", x.run);
  v("nodes", x.nodes);
}

template <class V>
void fields(V& v, const NodeState& x) {
  v("n", x.id);
  v("up", x.up);
  v("paused", x.paused);
  v("role", x.role);
  v("term", x.term);
  v("vote", x.vote);
  v("leader", x.leader);
  v("commit", x.commit);
  v("applied", x.applied);
  v("last", x.last);
  v("last_term", x.last_term);
  v("incarnation", x.incarnation);
}

/// All nodes, after event `last`.
struct KeyframeLine {
  EventId last;
  Instant time;
  std::vector<NodeState> nodes;
};

template <class V>
void fields(V& v, const KeyframeLine& x) {
  v.constant("k", "keyframe");
  v("i", x.last);
  v("t", x.time);
  v("nodes", x.nodes);
}

struct EndLine {
  std::uint64_t events = 0;
  Hash128 hash;
  RunResult result;
};

template <class V>
void fields(V& v, const EndLine& x) {
  v.constant("k", "end");
  v("events", x.events);
  v("hash", x.hash);
  v("result", x.result);
}

}  // namespace raftsim::history
