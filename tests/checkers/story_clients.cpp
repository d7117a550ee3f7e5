// Clients, the world and the verdict.
#include <fmt/format.h>

#include "history/text.hpp"
#include "story.hpp"

namespace raftsim::checkers {

using history::Details;
using history::Endpoint;

namespace {
Endpoint on(int n) { return Endpoint::node(NodeId{static_cast<std::uint64_t>(n)}); }
}  // namespace

void Story::recv_request(int n, Timer timer) {
  step();
  Event e = make(EventKind::recv, on(n));
  e.message.peer = Endpoint::client(0);
  e.message.type = MessageType::client_request;
  e.message.gated = timer == Timer::due ? 1 : 0;
  emit(e);
}

OperationId Story::invoke(std::uint32_t client, const Operation& operation) {
  begin();
  step();
  asked_.push_back({operation, client});
  const OperationId id{asked_.size()};
  Event e = make(EventKind::invoke, Endpoint::client(client));
  e.operation.operation = id;
  e.operation.client = client;
  e.operation.kind = static_cast<std::uint8_t>(operation.kind);
  e.operation.read = static_cast<std::uint8_t>(operation.read);
  e.operation.content_hash = content(id);
  Details d;
  d.operation = &operation;
  emit(e, d);
  return id;
}

std::uint64_t Story::content(OperationId id) const {
  const Operation& o = asked_[id.value - 1].operation;
  const std::string bytes =
      fmt::format("{}|{}|{}|{}|{}", static_cast<int>(o.kind), o.key, o.value, o.session, o.sequence);
  return entry_hash(EntryKind::command, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

EventId Story::reply(int n, OperationId id, std::uint64_t position, std::uint64_t result) {
  Event e = make(EventKind::reply, on(n));
  e.operation.operation = id;
  e.operation.position = Index{position};
  if (id.value <= asked_.size()) {
    const Asked& asked = asked_[id.value - 1];
    e.operation.client = asked.client;
    e.operation.kind = static_cast<std::uint8_t>(asked.operation.kind);
    e.operation.read = static_cast<std::uint8_t>(asked.operation.read);
  }
  e.operation.content_hash = result;
  return emit(e);
}

void Story::end_operation(EventKind kind, OperationId id) {
  step();
  const Asked& asked = asked_[id.value - 1];
  Event e = make(kind, Endpoint::client(asked.client));
  e.operation.operation = id;
  e.operation.client = asked.client;
  e.operation.kind = static_cast<std::uint8_t>(asked.operation.kind);
  emit(e);
}

EventId Story::ok(OperationId id, std::uint64_t position, const OperationResult& result) {
  step();
  const Asked& asked = asked_[id.value - 1];
  Event e = make(EventKind::ok, Endpoint::client(asked.client));
  e.operation.operation = id;
  e.operation.position = Index{position};
  e.operation.client = asked.client;
  e.operation.kind = static_cast<std::uint8_t>(asked.operation.kind);
  e.operation.read = static_cast<std::uint8_t>(asked.operation.read);
  Details d;
  d.operation = &asked.operation;
  d.result = &result;
  return emit(e, d);
}

void Story::fail(OperationId id) { end_operation(EventKind::fail, id); }
void Story::unknown(OperationId id) { end_operation(EventKind::info, id); }

Operation Story::get(const std::string& key, ReadMode mode) {
  Operation o;
  o.key = key;
  o.read = mode;
  return o;
}

Operation Story::put(const std::string& key, const std::string& value, std::uint64_t sequence) {
  Operation o;
  o.kind = OperationKind::put;
  o.key = key;
  o.value = value;
  o.session = 1;
  o.sequence = sequence;
  return o;
}

void Story::quiet_with(const std::vector<int>& live, const std::string& missing) {
  step();
  NodeSet nodes;
  for (const int n : live) nodes.push_back(NodeId{static_cast<std::uint64_t>(n)});
  Event e = make(EventKind::phase, Endpoint::world());
  e.world.what = static_cast<std::uint64_t>(history::Phase::quiet);
  e.world.number =
      static_cast<std::uint64_t>(missing.empty() ? history::Quiet::live_core : history::Quiet::no_core);
  history::Details d;
  d.nodes = nodes;
  d.text = missing;
  emit(e, d);
  if (missing.empty()) fault(history::FaultClass::isolate, 77);
}

void Story::phase(history::Phase phase) {
  Event e = make(EventKind::phase, Endpoint::world());
  e.world.what = static_cast<std::uint64_t>(phase);
  emit(e);
}

EventId Story::world_violation(PropertyId id, const std::string& sentence) {
  begin();
  Event e = make(EventKind::violation, Endpoint::world());
  e.world.what = static_cast<std::uint64_t>(id);
  Details d;
  d.text = sentence;
  return emit(e, d);
}

namespace {

NodeSet servers(const std::vector<int>& nodes) {
  NodeSet out;
  for (const int n : nodes) out.push_back(NodeId{static_cast<std::uint64_t>(n)});
  return out;
}

}  // namespace

EventId Story::fault(history::FaultClass fault, std::uint64_t number, const std::vector<int>& nodes) {
  Event e = make(EventKind::fault_begin, Endpoint::world());
  e.fault.fault = number;
  e.fault.fault_class = static_cast<std::uint8_t>(fault);
  const NodeSet named = servers(nodes);
  Details d;
  d.nodes = named;
  return emit(e, d);
}

void Story::crash_by(int n, const std::string& source) {
  step();
  Event fault = make(EventKind::fault_begin, Endpoint::world());
  fault.fault.fault_class = static_cast<std::uint8_t>(history::FaultClass::crash);
  const std::string words = "crash n" + std::to_string(n) + " (" + source + ")";
  Details details;
  details.text = words;
  const EventId begin = emit(fault, details);
  Event e = make(EventKind::crash, on(n));
  e.cause = begin;
  details.text = "power off";
  emit(e, details);
  Node& node = this->node(n);
  while (!node.pending.empty()) lost(n, node.pending.front().op);
}

void Story::fault_ends(history::FaultClass fault, std::uint64_t number, const std::vector<int>& nodes) {
  Event e = make(EventKind::fault_end, Endpoint::world());
  e.fault.fault = number;
  e.fault.fault_class = static_cast<std::uint8_t>(fault);
  const NodeSet named = servers(nodes);
  Details d;
  d.nodes = named;
  emit(e, d);
}

EventId Story::step_fired(const std::string& id) {
  Event e = make(EventKind::step_fired, Endpoint::world());
  Details d;
  d.text = id;
  return emit(e, d);
}

history::Verdict Story::finish(std::int64_t end_ms) {
  begin();
  return checkers_->finish(Instant{end_ms * 1'000'000});
}

std::string found(const history::Verdict& verdict) {
  std::string text;
  for (const history::Violation& v : verdict.violations)
    text += fmt::format("{}{} @ {}: {}", text.empty() ? "" : "\n", history::info(v.id).name, v.event.value,
                        v.sentence);
  return text.empty() ? "held" : text;
}

std::string evidence(const history::Verdict& verdict, PropertyId id) {
  std::string text;
  for (const history::Violation& v : verdict.violations) {
    if (v.id != id) continue;
    for (const history::Evidence& e : v.evidence)
      text += fmt::format("{}{} {} {} | {}", text.empty() ? "" : "\n", history::to_text(e.time),
                          history::to_text(e.node), e.what, e.remark);
  }
  return text;
}

std::string line(const history::Verdict& verdict, PropertyId id) {
  for (const history::PropertyVerdict& p : verdict.properties) {
    if (p.id != id) continue;
    const char* words[] = {"held", "violated", "unknown", "skipped"};
    return fmt::format("{} {}{}{}", words[static_cast<int>(p.judgement)], p.looked, p.why.empty() ? "" : ": ",
                       p.why);
  }
  return "not judged";
}

std::string at_event(EventId event) { return fmt::format(" @ {}: ", event.value); }

}  // namespace raftsim::checkers
