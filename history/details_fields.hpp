// What rides beside an event, as it is called in JSON: the reader and the schema follow it. (event_json.cpp
// writes it by hand.) Private to history/.
#pragma once

#include <variant>

#include "history/json_fields.hpp"
#include "history/owned_details.hpp"

namespace raftsim::history {

template <class V, Is<Operation> X>
void fields(V& v, X& x) {
  v("kind", x.kind);
  v("read", x.read);
  v("key", x.key);
  v("value", x.value);
  v("expected", x.expected);
  v("session", x.session);
  v("sequence", x.sequence);
  v("first_unanswered", x.first_unanswered);
}

template <class V, Is<OperationResult> X>
void fields(V& v, X& x) {
  v("kind", x.kind);
  v("applied", x.applied);
  v("value", x.value);
  v("leader", x.leader);
  v("session", x.session);
}

template <class V, Is<MessageView> X>
void fields(V& v, X& x) {
  v("type", x.type);
  v("term", x.term);
  v("previous_index", x.previous_index);
  v("previous_term", x.previous_term);
  v("commit", x.commit);
  v("granted", x.granted);
  v("match", x.match);
  v("context", x.context);
  v("entries", x.entries);
}

template <class V, Is<HardStateLabel> X>
void fields(V& v, X& x) {
  v("term", x.term);
  v("vote", x.vote);
}

template <class V, Is<EntriesLabel> X>
void fields(V& v, X& x) {
  v("first", x.first);
  v("last", x.last);
  v("last_term", x.last_term);
  v.hash("chain", x.chain);
}

template <class V, Is<SnapshotLabel> X>
void fields(V& v, X& x) {
  v("index", x.index);
  v("term", x.term);
  v.hash("state_hash", x.state_hash);
  v("configuration", x.configuration);
}

/// Each label stands under a key of its own; `visit` gets the key and a label of the type.
template <class F>
void each_label(F&& visit) {
  visit("hard_state", HardStateLabel{});
  visit("entries", EntriesLabel{});
  visit("truncate_from", TruncateLabel{});
  visit("snapshot", SnapshotLabel{});
}
static_assert(std::variant_size_v<Label> == 4, "each_label names them all");

/// The causes stand apart, together with the event's own.
template <class V, Is<OwnedDetails> X>
void fields(V& v, X& x) {
  v("message", x.message);
  v("labels", x.labels);
  v("configuration", x.configuration);
  v("operation", x.operation);
  v("result", x.result);
  v("nodes", x.nodes);
  v("text", x.text);
}

}  // namespace raftsim::history
