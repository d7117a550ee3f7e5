#include "toy.hpp"

#include <fmt/format.h>

#include <charconv>

namespace raftsim::toy {

using history::EventKind;

std::string text_of(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::vector<std::byte> bytes_of(std::string_view text) {
  const ByteSpan bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

void ToyProcess::step(const Input& input, Effects& out) {
  if (const auto* start = std::get_if<Start>(&input.what)) self = start->self;
  system_.behave_(*this, input, out);
}

void ToyProcess::inspect(View& out) const {
  out = View{};
  out.shows = Shows::role | Shows::term | Shows::vote | Shows::commit | Shows::log;
  out.role = role;
  out.term = term;
  out.vote = vote;
  out.commit = commit;
  out.last = Index{log.size()};
  if (!configuration) return;
  out.shows = out.shows | Shows::configuration;
  out.configuration = &*configuration;
}

void ToyProcess::send(Effects& out, std::uint64_t to, std::string_view text,
                      std::optional<std::uint64_t> after) {
  Send send{NodeId{to}, out.put(text), std::nullopt};
  if (after) send.after = DiskOp{*after};
  out.list.push_back(send);
}

DiskOp ToyProcess::write(Effects& out, std::string_view text) {
  DiskRequest r;
  r.op = DiskOp{++ops};
  r.file = out.put("file");
  r.bytes = out.put(text);
  r.offset = written;
  written += text.size();
  out.list.push_back(r);
  return r.op;
}

DiskOp ToyProcess::sync(Effects& out) {
  DiskRequest r;
  r.op = DiskOp{++ops};
  r.action = DiskAction::sync;
  r.file = out.put("file");
  out.list.push_back(r);
  return r.op;
}

DiskOp ToyProcess::read(Effects& out) {
  DiskRequest r;
  r.op = DiskOp{++ops};
  r.action = DiskAction::read;
  r.file = out.put("file");
  r.length = 1024;
  out.list.push_back(r);
  return r.op;
}

DiskOp ToyProcess::list(Effects& out) {
  DiskRequest r;
  r.op = DiskOp{++ops};
  r.action = DiskAction::list;
  out.list.push_back(r);
  return r.op;
}

void ToyProcess::reply(Effects& out, const Request& request, ReplyKind kind, std::string_view text) {
  Reply r;
  r.client = request.client;
  r.id = request.id;
  r.kind = kind;
  r.position = Index{1};
  r.bytes = out.put(text);
  out.list.push_back(r);
}

void ToyProcess::answer(Effects& out, const Admin& admin, ReplyKind kind, std::string_view text) {
  Reply r;
  r.client = admin.client;
  r.id = admin.id;
  r.kind = kind;
  r.bytes = out.put(text);
  out.list.push_back(r);
}

bool ToySystem::describe(ByteSpan bytes, MessageView& out) const {
  out = MessageView{};
  const std::string text = text_of(bytes);
  if (text.empty()) return false;
  const std::string letters = "vgar";
  constexpr MessageType types[] = {MessageType::request_vote, MessageType::request_vote_resp,
                                   MessageType::append_entries, MessageType::append_entries_resp};
  const std::size_t which = letters.find(text[0]);
  if (which == std::string::npos) return false;
  out.type = types[which];
  out.granted = which == 1 || which == 3;
  const char* end = text.data() + text.size();
  const char* rest = std::from_chars(text.data() + 1, end, out.term.value).ptr;
  if (rest != end && *rest == '/') std::from_chars(rest + 1, end, out.match.value);
  return true;
}

void ToySystem::encode(const Operation& o, std::vector<std::byte>& out) const {
  constexpr std::string_view kinds[] = {"get", "put", "remove", "cas", "append", "open_session"};
  const std::string text = fmt::format("{} {} {} session {} sequence {}", kinds[static_cast<int>(o.kind)],
                                       o.key, o.value, o.session, o.sequence);
  const std::vector<std::byte> bytes = bytes_of(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::optional<OperationResult> ToySystem::decode_reply(const Operation& operation, ReplyKind kind, Index,
                                                       ByteSpan bytes) const {
  OperationResult result;
  result.kind = kind;
  const std::string text = text_of(bytes);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (kind == ReplyKind::not_leader && number > 0) result.leader = NodeId{number};
  if (kind == ReplyKind::ok && operation.kind == OperationKind::open_session) result.session = number;
  if (kind == ReplyKind::ok && operation.kind == OperationKind::get) result.value = text;
  return result;
}

void Witness::on_event(const history::Event& event, const history::Details& details) {
  Kept kept{event,
            std::string(details.text),
            {details.causes.begin(), details.causes.end()},
            {details.nodes.begin(), details.nodes.end()},
            {},
            {},
            {}};
  if (details.operation != nullptr) kept.operation = *details.operation;
  if (details.result != nullptr) kept.result = *details.result;
  if (details.configuration != nullptr) kept.configuration = *details.configuration;
  all.push_back(std::move(kept));
}

std::vector<Kept> Witness::of(EventKind kind) const {
  std::vector<Kept> out;
  for (const Kept& k : all)
    if (k.event.kind == kind) out.push_back(k);
  return out;
}

std::vector<Kept> Witness::of(EventKind kind, std::uint64_t node) const {
  std::vector<Kept> out;
  for (const Kept& k : of(kind))
    if (k.event.node == history::Endpoint::node(NodeId{node})) out.push_back(k);
  return out;
}

Run::Run(const sim::Scenario& scenario, const ToySystem::Behave& behave, sim::DecisionSource source)
    : system(behave) {
  journal.subscribe(seen);
  const std::vector<const System*> systems(sim::node_capacity(scenario), &system);
  sim::World world(scenario, std::move(source), systems, journal, &progress);
  end = world.run();
}

sim::Scenario quiet_scenario() {
  sim::Scenario s;
  s.name = "toy";
  s.limits.time = seconds(1);
  s.workload.model = history::Model::none;
  return s;
}

sim::Scenario client_scenario(std::uint32_t clients) {
  sim::Scenario s = quiet_scenario();
  s.workload.model = history::Model::kv;
  s.workload.clients = clients;
  s.workload.keys = 2;
  s.workload.arrival = sim::Workload::Closed{lasting(10)};
  s.workload.timeout = milliseconds(200);
  return s;
}

sim::Step at(std::int64_t ms, sim::Action action) {
  sim::Step step;
  step.at = milliseconds(ms);
  step.actions.push_back(std::move(action));
  return step;
}

history::Target node(std::uint64_t id) { return nodes({id}); }

history::Target nodes(std::initializer_list<std::uint64_t> ids) {
  NodeSet set;
  for (std::uint64_t id : ids) set.push_back(NodeId{id});
  return {set};
}

history::Target word(history::TargetWord w) { return {w}; }

}  // namespace raftsim::toy
