#include "sim/node_runtime.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "sim/clients.hpp"
#include "sim/faults.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::CrashPoint;

namespace {

bool within(Slice s, std::size_t size) { return std::uint64_t{s.offset} + s.length <= size; }

}  // namespace

void NodeRuntime::step(MessageType started_by) {
  Effects& effects = stage_.effects;
  effects.clear();
  input_.now = clock_.local(stage_.now());
  input_.wall = clock_.wall(stage_.now());
  input_.entropy = entropy_.peek_bits(benign_entropy_);

  stage_.chronicle.enter(id_);
  process_->step(input_, effects);
  stage_.chronicle.leave();

  if (effects.entropy_used) entropy_.bits(benign_entropy_);
  set_timer(effects.wake_at);
  diff_.compare(*process_, effects, stage_.chronicle, started_by);
  const Index configured = diff_.configuration_index();
  if (configured > stage_.committed.index && configured <= diff_.commit())
    stage_.learn_committed(configured, diff_.configuration());
  interpret(surviving_effects());
}

std::size_t NodeRuntime::surviving_effects() {
  const std::size_t all = stage_.effects.list.size();
  const bool cut = plan_ && plan_->point == CrashPoint::mid_effects;
  return cut ? crash_prefix_.below(all + 1, all) : all;
}

void NodeRuntime::interpret(std::size_t count) {
  cut_short_ = false;
  for (std::size_t i = 0; i < count && !cut_short_ && !stage_.ended; ++i)
    std::visit([this](const auto& effect) { interpret(effect); }, stage_.effects.list[i]);
  const bool cut = plan_ && plan_->point == CrashPoint::mid_effects && up();
  if (cut) crash(*plan_);
}

void NodeRuntime::interpret(const Send& send) {
  if (!stage_.is_node(send.to)) {
    stage_.broken(id_,
                  fmt::format("n{} sent a message to n{}, which does not exist", id_.value, send.to.value));
    return;
  }
  const MessageSlot slot = stage_.messages.take(Whereabouts::flying);
  Message& m = stage_.messages[slot];
  m.from = Endpoint::node(id_);
  m.to = Endpoint::node(send.to);
  stage_.chronicle.enter(id_);
  const ByteSpan bytes = stage_.effects.bytes(send.bytes);
  m.bytes.assign(bytes.begin(), bytes.end());
  m.described = system_.describe(m.bytes, m.view);
  stage_.chronicle.leave();
  m.type = m.described ? m.view.type : MessageType::unknown;
  if (m.type == MessageType::install_snapshot) {
    const SnapshotView snapshot{m.view.previous_index, m.view.previous_term, 0};
    post(slot, send.after);
    return tell_sent(send.to, snapshot);
  }
  post(slot, send.after);
}

/// Once per follower and snapshot, however many messages it takes.
void NodeRuntime::tell_sent(NodeId to, SnapshotView snapshot) {
  if (to.value > snapshots_sent_.size()) snapshots_sent_.resize(to.value);
  Index& last = snapshots_sent_[to.value - 1];
  if (last == snapshot.index) return;
  last = snapshot.index;
  const auto& own = diff_.snapshot();
  if (own && own->index == snapshot.index && own->term == snapshot.term)
    snapshot.state_hash = own->state_hash;
  Event e = stage_.chronicle.make(EventKind::snapshot, Endpoint::node(id_), stage_.chronicle.last());
  e.snapshot = {snapshot.index, snapshot.term, snapshot.state_hash,
                static_cast<std::uint64_t>(history::SnapshotAction::sent)};
  Details details;
  details.nodes = {&to, 1};
  stage_.chronicle.emit(e, details);
}

void NodeRuntime::interpret(const Reply& reply) {
  if (reply.client == ClientId{}) {
    answer_operator(reply);
    return;
  }
  if (reply.client.value > stage_.client_count) {
    stage_.broken(
        id_, fmt::format("n{} answered client {}, which does not exist", id_.value, reply.client.value - 1));
    return;
  }
  const auto client = static_cast<std::uint32_t>(reply.client.value - 1);
  const MessageSlot slot = stage_.messages.take(Whereabouts::flying);
  Message& m = stage_.messages[slot];
  m.from = Endpoint::node(id_);
  m.to = Endpoint::client(client);
  m.type = MessageType::client_reply;
  m.described = false;
  m.reply = reply.kind;
  m.request = reply.id;
  m.position = reply.position;
  stage_.chronicle.enter(id_);
  const ByteSpan bytes = stage_.effects.bytes(reply.bytes);
  m.bytes.assign(bytes.begin(), bytes.end());
  stage_.chronicle.leave();

  Event e = stage_.chronicle.make(EventKind::reply, Endpoint::node(id_));
  e.operation.operation = history::OperationId{reply.id.value};
  e.operation.position = reply.position;
  e.operation.client = client;
  if (const auto asked = stage_.clients->asked(e.operation.operation)) {
    e.operation.kind = static_cast<std::uint8_t>(asked->kind);
    e.operation.read = static_cast<std::uint8_t>(asked->read);
  }
  e.operation.reply_kind = static_cast<std::uint8_t>(reply.kind);
  e.operation.content_hash = XXH3_64bits(m.bytes.data(), m.bytes.size());
  stage_.chronicle.emit(e);
  post(slot, reply.after);
}

void NodeRuntime::answer_operator(const Reply& reply) {
  AdminAnswer answer{id_, reply.id, reply.kind, reply.position, {}};
  stage_.chronicle.enter(id_);
  const ByteSpan bytes = stage_.effects.bytes(reply.bytes);
  answer.bytes.assign(bytes.begin(), bytes.end());
  stage_.chronicle.leave();
  if (reply.after && *reply.after > ops_.frontier())
    gated_answers_.push_back({std::move(answer), *reply.after});
  else
    stage_.operators->answered(std::move(answer));
}

/// Departs at once, or waits in the runtime until the disk has done what it names.
void NodeRuntime::post(MessageSlot slot, std::optional<DiskOp> after) {
  if (after && *after > ops_.frontier()) {
    stage_.messages[slot].where = Whereabouts::gated;
    gated_.push_back({slot, *after});
  }
  stage_.post->send(slot, stage_.chronicle.cause());
}

bool NodeRuntime::sound(const DiskRequest& r) {
  const std::size_t arena = stage_.effects.arena.size();
  const bool slices = within(r.file, arena) && within(r.to, arena) && within(r.bytes, arena);
  const bool labels = std::uint64_t{r.label_first} + r.label_count <= stage_.effects.labels.size();
  if (slices && labels && r.op == ops_.next()) return true;
  stage_.broken(id_,
                fmt::format("n{} issued disk operation {} that is malformed or out of sequence: {} is next",
                            id_.value, r.op.value, ops_.next().value));
  return false;
}

void NodeRuntime::interpret(const DiskRequest& r) {
  if (!sound(r)) return;
  const bool syncs = is_sync(r.action);
  const bool reads = r.action == DiskAction::read || r.action == DiskAction::list;
  if (syncs && plan_ && plan_->point == CrashPoint::before_sync) {
    crash(*plan_);
    return;
  }
  EventId issued = stage_.chronicle.cause();
  if (!reads) {
    Event e = stage_.chronicle.make(syncs ? EventKind::sync : EventKind::write, Endpoint::node(id_));
    e.disk.op = r.op;
    e.disk.offset = r.offset;
    e.disk.length = r.action == DiskAction::write ? r.bytes.length : static_cast<std::uint32_t>(r.length);
    e.disk.action = static_cast<std::uint8_t>(r.action);
    e.disk.incarnation = incarnation_;
    Details details;
    details.text = stage_.effects.text(r.file);
    if (r.label_count > 0) {
      details.labels = {stage_.effects.labels.data() + r.label_first, r.label_count};
      labels_ = true;
    }
    issued = stage_.chronicle.emit(e, details);
  }
  ops_.issue(r.action, issued);
  std::optional<Rot> misread;
  if (r.action == DiskAction::read)
    misread = disk_.draw_misread(r, stage_.effects, stage_.faults->whom_decay_takes());
  const Instant done = disk_.issue(stage_.now(), r, stage_.effects);
  if (misread && stage_.faults->may_take(id_, *misread))
    emit_damage(disk_.misread(*misread, r, stage_.chronicle.committed), issued);
  completes({r.op, done});
}

/// With the crash in the middle of it, if there is to be one.
void NodeRuntime::completes(const NodeDisk::Due& due) {
  const auto who = static_cast<std::uint32_t>(id_.value);
  stage_.at(due.at, {ItemKind::disk_done, who, due.op.value, incarnation_});
  if (!plan_ || plan_->point != CrashPoint::during_sync || !is_sync(ops_.record(due.op).action)) return;
  const Instant middle = stage_.now() + (due.at - stage_.now()) / 2;
  stage_.at(middle, {ItemKind::crash_point, who, 0, incarnation_});
}

void NodeRuntime::interpret(const Applied& applied) {
  Event e = stage_.chronicle.make(EventKind::apply, Endpoint::node(id_));
  e.apply = {applied.index, applied.hash, applied.result_hash, applied.state_hash};
  stage_.chronicle.emit(e);
}

void NodeRuntime::interpret(const Note& note) {
  Event e = stage_.chronicle.make(EventKind::note, Endpoint::node(id_));
  e.note = {note.a, note.b, static_cast<std::uint64_t>(note.kind), 0};
  stage_.chronicle.emit(e);
  doubt_.noted(note.kind);
  if (!labels_) doubt_.state_durable();
  if (note.kind != NoteKind::recovered) return;
  diff_.recovered();
  disk_.recovered();
  notes_recovery_ = true;
  // It ended earlier than drawn: then at the last moment.
  if (crashes_in_this_recovery()) crash(*plan_);
}

/// The machine stays on: what the process wrote is still there, and is no more durable than it was.
void NodeRuntime::interpret(const Halt&) {
  Event e = stage_.chronicle.make(EventKind::halt, Endpoint::node(id_));
  if (plan_ && plan_->point != CrashPoint::during_recovery) abandon_plan();
  go_down(e, {std::nullopt, "the process stopped itself"});
}

void NodeRuntime::set_timer(std::optional<Instant> local) {
  if (local == wake_local_) return;
  wake_local_ = local;
  wake_set_by_ = stage_.chronicle.cause();
  if (local)
    arm_timer();
  else
    timer_.clear();
}

/// As the clock goes now. Precondition: wake_local_.
void NodeRuntime::arm_timer() {
  const Instant at = std::max(clock_.global(*wake_local_), stage_.now());
  if (at == NodeClock::never) {
    timer_.clear();  // until the clock goes on
    return;
  }
  if (!timer_.set(at)) return;
  stage_.at(at, {ItemKind::wake, static_cast<std::uint32_t>(id_.value), 0, 0});
  Event e = stage_.chronicle.make(EventKind::timer_set, Endpoint::node(id_));
  e.timer = {at.ns, wake_local_->ns, {}};
  stage_.chronicle.emit(e);
}

void NodeRuntime::take(const Item& item) {
  if (item.kind == ItemKind::wake) {
    take_wake();
    return;
  }
  if (item.kind == ItemKind::backlog) {
    take_backlog(item);
    return;
  }
  if (item.kind == ItemKind::crash_point) {
    const bool planned = plan_ && plan_->point == CrashPoint::during_sync;
    if (!up() || !planned || item.incarnation != incarnation_) return;
    stage_.chronicle.begin_step();
    crash(*plan_);
    return;
  }
  if (!up() || item.incarnation != incarnation_) return;
  if (item.kind == ItemKind::disk_done && !disk_.take_due(DiskOp{item.what}, stage_.now())) return;
  if (must_wait()) {
    wait(item);
    return;
  }
  handle(item);
}

void NodeRuntime::take_wake() {
  const Item item{ItemKind::wake, static_cast<std::uint32_t>(id_.value), 0, incarnation_};
  switch (timer_.take(stage_.now())) {
    case LazyTimer::Taken::stale:
      return;
    case LazyTimer::Taken::rearm:
      stage_.at(*timer_.due(), item);
      return;
    case LazyTimer::Taken::due:
      break;
  }
  if (!up()) return;
  if (must_wait()) {
    wait(item);
    return;
  }
  handle(item);
}

/// What came while it was up and, if it was paused, waited since. Begins a step.
void NodeRuntime::handle(const Item& item) {
  if (!up()) return;
  if (item.kind == ItemKind::wake) {
    fire_timer();
    return;
  }
  stage_.chronicle.begin_step();
  if (item.kind == ItemKind::deliver) {
    receive(item.who);
  } else if (item.kind == ItemKind::disk_done) {
    disk_completed(DiskOp{item.what});
  } else {
    hear_of_link(item);
  }
}

void NodeRuntime::fire_timer() {
  // What was handled since the item was taken may have moved the timer, if it had to wait behind it.
  if (!timer_.due() || *timer_.due() > stage_.now()) return;
  timer_.clear();
  wake_local_.reset();
  stage_.chronicle.begin_step();
  ++stage_.chronicle.counts.wakes;
  Event e = stage_.chronicle.make(EventKind::timer_fire, Endpoint::node(id_), wake_set_by_);
  e.timer = {stage_.now().ns, clock_.local(stage_.now()).ns, {}};
  stage_.chronicle.set_cause(stage_.chronicle.emit(e));
  input_.what = Wake{};
  step(MessageType::unknown);
}

void NodeRuntime::receive(MessageSlot slot) {
  const bool timer_due = timer_.due() && *timer_.due() <= stage_.now();
  const EventId recv = stage_.post->receive(slot, {served_, timer_due});
  stage_.chronicle.set_cause(recv);
  const Message& m = stage_.messages[slot];
  if ((m.marks & mark_damaged) != 0) [[unlikely]] {
    receive_damaged(slot);
    return;
  }
  if (m.from.is_client()) {
    input_.what = Request{ClientId{m.from.as_client() + 1u}, m.request, m.bytes};
  } else {
    if (m.described) diff_.note_response(m.view, m.from.as_node(), recv);
    input_.what = Receive{m.from.as_node(), m.bytes};
  }
  step(m.type);
  stage_.messages.release(slot);
}

void NodeRuntime::promised(const MessageView& message, EventId left) {
  if (!labels_ || !promises(message) || !audit_draw_.next(disk_)) return;
  audit_labels(history::AuditOf::promise, left);
}

void NodeRuntime::admin(AdminKind kind, RequestId id, std::span<const NodeId> nodes, EventId cause) {
  stage_.chronicle.set_cause(cause);
  input_.what = Admin{ClientId{}, id, kind, nodes};
  step(MessageType::unknown);
}

void NodeRuntime::audit() {
  if (!up()) return;
  diff_.audit(*process_, stage_.chronicle);
  diff_.tell_last_load(stage_.chronicle);
}

}  // namespace raftsim::sim
