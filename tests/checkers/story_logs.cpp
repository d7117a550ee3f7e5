// Snapshots, configurations, leases: what inspect() shows beyond a log.
#include "story.hpp"

namespace raftsim::checkers {

using history::Details;
using history::Endpoint;
using history::SnapshotAction;

namespace {
Endpoint on(int n) { return Endpoint::node(NodeId{static_cast<std::uint64_t>(n)}); }
}  // namespace

EventId Story::snapshot(int n, std::uint64_t index, std::uint64_t state, SnapshotAction action,
                        const Configuration* configuration, std::uint64_t term) {
  if (term == 0) term = node(n).log[index - 1].term;
  Event e = make(EventKind::snapshot, on(n));
  e.snapshot = {Index{index}, Term{term}, state, static_cast<std::uint64_t>(action)};
  Details d;
  d.configuration = configuration;
  return emit(e, d);
}

void Story::save_snapshot(int n, std::uint64_t index, std::uint64_t state) {
  durable(n, write(n, SnapshotLabel{Index{index}, Term{1}, state, {}}));
}

EventId Story::compact(int n, std::uint64_t first) {
  const std::vector<Entry>& log = node(n).log;
  Event e = make(EventKind::compact, on(n));
  e.truncate = {Index{first}, Index{log.size()}, first == 1 ? chain_start : log[first - 2].chain, 0};
  return emit(e);
}

EventId Story::install(int n, int from, std::uint64_t index, std::uint64_t state) {
  const std::vector<Entry>& theirs = node(from).log;
  std::vector<Entry>& log = node(n).log;
  const bool held = log.size() >= index && log[index - 1].term == theirs[index - 1].term;
  const std::uint64_t last = log.size();
  if (!held) log.assign(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(index));
  const EventId shown = snapshot(n, index, state, SnapshotAction::installed);
  if (!held && last > index) {
    Event gone = make(EventKind::truncate, on(n));
    gone.truncate = {Index{index + 1}, Index{last}, 0, 0};
    emit(gone);
  }
  compact(n, index + 1);
  return shown;
}

EventId Story::config(int n, std::uint64_t index, const Configuration& configuration,
                      std::uint64_t previous) {
  const Node& at = node(n);
  Event e = make(EventKind::config, on(n));
  e.config = {Index{index}, Term{index == 0 ? 0 : at.log[index - 1].term}, Index{previous}, Index{at.commit}};
  Details d;
  d.configuration = &configuration;
  return emit(e, d);
}

EventId Story::lease(int n, std::int64_t until_ms) {
  Event e = make(EventKind::lease, on(n));
  e.lease.until_ns = until_ms * 1'000'000;
  e.lease.term = Term{node(n).term};
  return emit(e);
}

EventId Story::load(int n, std::uint64_t uncommitted_bytes) {
  Event e = make(EventKind::load, on(n));
  e.load.uncommitted_bytes = uncommitted_bytes;
  return emit(e);
}

EventId Story::clock(int n, history::ClockChange what, std::int64_t by_ms) {
  Event e = make(EventKind::clock, on(n));
  e.clock.by_ns = by_ms * 1'000'000;
  e.clock.what = static_cast<std::uint64_t>(what);
  return emit(e);
}

EventId Story::damage(int n, const Label& label) {
  Event e = make(EventKind::lost, on(n));
  e.disk.status = static_cast<std::uint8_t>(DiskStatus::io_error);
  Details d;
  d.labels = {&label, 1};
  return emit(e, d);
}

EventId Story::note(int n, NoteKind kind, std::uint64_t a, std::uint64_t b) {
  Event e = make(EventKind::note, on(n));
  e.note = {a, b, static_cast<std::uint64_t>(kind), 0};
  return emit(e);
}

void Story::wipe(int n) {
  step();
  emit(make(EventKind::wipe, on(n)));
  Node& node = this->node(n);
  node.durable_term = 0;
  node.durable_vote = 0;
  node.durable_log.clear();
}

EventId Story::apply_another(int n, std::uint64_t index, std::uint64_t hash, std::uint64_t state) {
  Event e = make(EventKind::apply, on(n));
  e.apply = {Index{index}, hash, 0, state};
  return emit(e);
}

EventId Story::leader(int n, int leader) {
  Event e = make(EventKind::leader, on(n));
  e.change = {static_cast<std::uint64_t>(leader), 0, Term{node(n).term}, 0};
  return emit(e);
}

Story::Sent Story::has_snapshot(int follower, int leader, std::uint64_t up_to, Gate gate) {
  MessageView v;
  v.type = MessageType::install_snapshot_resp;
  v.term = Term{node(leader).term};
  v.granted = true;
  v.match = Index{up_to};
  return send(follower, leader, v, gate);
}

Configuration voters(std::vector<std::uint64_t> voters, std::vector<std::uint64_t> outgoing,
                     std::vector<std::uint64_t> learners) {
  Configuration c;
  for (const std::uint64_t id : voters) c.voters.push_back(NodeId{id});
  for (const std::uint64_t id : outgoing) c.voters_outgoing.push_back(NodeId{id});
  for (const std::uint64_t id : learners) c.learners.push_back(NodeId{id});
  return c;
}

}  // namespace raftsim::checkers
