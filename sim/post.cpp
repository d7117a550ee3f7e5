#include "sim/post.hpp"

#include <algorithm>
#include <limits>

#include "sim/clients.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"

namespace raftsim::sim {

using history::DropReason;
using history::MessagePart;

namespace {

std::uint16_t saturated(std::size_t n) {
  constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
  return static_cast<std::uint16_t>(std::min(n, most));
}

}  // namespace

Event Post::message_event(EventKind kind, Endpoint where, const Message& message, EventId cause) const {
  Event e = stage_.chronicle.make(kind, where, cause);
  MessagePart& part = e.message;
  part.message = message.id;
  part.peer = where == message.from ? message.to : message.from;
  part.type = message.type;
  part.bytes = saturated(message.bytes.size());
  if (!message.described) return e;
  const MessageView& view = message.view;
  part.term = view.term;
  part.granted = view.granted ? 1 : 0;
  const bool matches = view.type == MessageType::append_entries_resp ||
                       (view.type == MessageType::install_snapshot_resp && view.granted);
  part.match = matches ? view.match.value : view.previous_index.value;
  return e;
}

void Post::send(MessageSlot slot, EventId cause) {
  Message& m = stage_.messages[slot];
  Event e = message_event(EventKind::send, m.from, m, cause);
  e.message.gated = m.where == Whereabouts::gated ? 1 : 0;
  ++stage_.chronicle.counts.messages;
  if (m.described) {
    Details details;
    details.message = &m.view;
    m.event = stage_.chronicle.emit(e, details);
  } else {
    m.event = stage_.chronicle.emit(e);
  }
  if (m.where != Whereabouts::gated) leave(slot);
}

void Post::depart(MessageSlot slot, EventId waited_for) {
  Message& m = stage_.messages[slot];
  Event e = message_event(EventKind::depart, m.from, m, waited_for);
  Details details;
  const EventId sent = m.event;
  details.causes = {&sent, 1};
  m.event = stage_.chronicle.emit(e, details);
  leave(slot);
}

void Post::leave(MessageSlot slot) {
  Message& m = stage_.messages[slot];
  if (m.described && m.from.is_node()) stage_.node(m.from.as_node()).promised(m.view, m.event);
  const Fate fate = stage_.network.send(stage_.now(), m.from, m.to, m.type, m.bytes.size());
  if (fate.reason != DropReason::none) {
    lost_at_departure(slot, fate);
    return;
  }
  if (fate.rough) [[unlikely]]
    roughen(slot, stage_.network.roughness());
  m.latency = fate.deliver_at - stage_.now();
  stage_.faults->link_used(m.from, m.to);
  Instant arrival = fate.deliver_at;
  if (!rules_.empty()) {
    // A copy: a rule whose count is used up goes.
    if (const std::optional<MessageOrder> rule = rules_.touch(m)) {
      stage_.faults->rule_touched(*rule);
      switch (rule->action) {
        case MessageDo::drop:
          discard(slot, DropReason::rule, m.event);
          return;
        case MessageDo::hold:
          if (fate.rough) take_damage(slot, stage_.network.roughness());
          hold(slot, rule->fault);
          return;
        case MessageDo::duplicate:
          fly(duplicate(slot), arrival);
          break;
        case MessageDo::deliver_now:
          arrival = stage_.now();
          break;
        case MessageDo::release:
          break;
      }
    }
  }
  if (fate.duplicate_at) fly(duplicate(slot), *fate.duplicate_at);
  if (fate.rough) [[unlikely]] {
    const Roughness& roughness = stage_.network.roughness();
    take_damage(slot, roughness);
    if (roughness.queued > Duration{} && arrival > stage_.now()) {
      m.marks |= mark_narrowed;
      m.narrowed = roughness.queued;
    }
    if (roughness.counted) {
      m.marks |= mark_counted;
      stage_.network.enter(m.from, m.to, {slot, arrival});
    }
  }
  fly(slot, arrival);
}

void Post::fly(MessageSlot slot, Instant arrival) {
  Message& m = stage_.messages[slot];
  m.where = Whereabouts::flying;
  m.flight = ++flights_;
  m.arrival = arrival;
  stage_.at(arrival, {ItemKind::deliver, slot, m.flight, 0});
}

MessageSlot Post::duplicate(MessageSlot original, Copy kind) {
  const MessageSlot copy = stage_.messages.take(Whereabouts::flying);
  const Message& from = stage_.messages[original];
  Message& to = stage_.messages[copy];
  const history::MessageId id = to.id;
  to = from;
  to.id = id;
  to.marks &= mark_damaged;
  if (kind == Copy::replay) to.marks |= mark_replay;
  Event e = message_event(EventKind::dup, to.from, to, from.event);
  e.message.match = from.id.value;
  e.message.gated = kind == Copy::replay ? 1 : 0;
  to.event = stage_.chronicle.emit(e);
  return copy;
}

void Post::arrive(MessageSlot slot, std::uint64_t flight) {
  Message& m = stage_.messages[slot];
  if (m.where != Whereabouts::flying || m.flight != flight) return;
  if (stage_.network.obstructed(m.from, m.to) && !comes_through(slot, flight)) return;
  if (m.marks != 0) [[unlikely]]
    off_the_link(slot);
  if (m.to.is_client()) {
    stage_.chronicle.begin_step();
    stage_.clients->receive(m.to.as_client(), slot);
    return;
  }
  NodeRuntime& node = stage_.node(m.to.as_node());
  if (!node.up()) {
    stage_.chronicle.begin_step();
    discard(slot, DropReason::receiver_down, m.event);
    return;
  }
  if (node.must_wait()) {
    if (node.inbox_is_full()) {
      stage_.chronicle.begin_step();
      stage_.ledger.happened(history::FaultClass::inbox, 1);
      lose_at_arrival(slot, DropReason::inbox_full);
      return;
    }
    m.where = Whereabouts::waiting;
    node.wait({ItemKind::deliver, slot, flight, 0});
    return;
  }
  stage_.chronicle.begin_step();
  node.receive(slot);
}

EventId Post::receive(MessageSlot slot, const Taking& taking) {
  const Message& m = stage_.messages[slot];
  Event e = message_event(EventKind::recv, m.to, m, m.event);
  e.message.gated = taking.timer_due ? 1 : 0;
  if (taking.service > Duration{} || (m.marks & mark_narrowed) != 0) [[unlikely]]
    return receive_late(e, m, taking.service);
  return stage_.chronicle.emit(e);
}

void Post::discard(MessageSlot slot, DropReason reason, EventId cause, EventId also) {
  const Message& m = stage_.messages[slot];
  Event e = message_event(EventKind::drop, m.from, m, cause);
  e.message.reason = reason;
  if (also != EventId{}) {
    Details details;
    details.causes = {&also, 1};
    stage_.chronicle.emit(e, details);
  } else {
    stage_.chronicle.emit(e);
  }
  stage_.messages.release(slot);
}

void Post::hold(MessageSlot slot, std::uint64_t fault) {
  Message& m = stage_.messages[slot];
  m.where = Whereabouts::held;
  Event e = message_event(EventKind::hold, m.from, m, m.event);
  m.event = stage_.chronicle.emit(e);
  held_.push_back({slot, fault});
}

/// It takes its latency from now, and keeps the number of the send that it comes from among its causes.
void Post::release(MessageSlot slot, Duration latency, EventId cause) {
  Message& m = stage_.messages[slot];
  Event e = message_event(EventKind::release, m.from, m, cause);
  Details details;
  const EventId before = m.event;
  details.causes = {&before, 1};
  m.event = stage_.chronicle.emit(e, details);
  fly(slot, stage_.now() + latency);
}

std::uint32_t Post::release_held(const MessageFilter& filter, std::optional<std::uint32_t> count,
                                 EventId cause) {
  std::uint32_t released = 0;
  std::erase_if(held_, [&](const Held& held) {
    if (count && released == *count) return false;
    if (!held_by_rule(held, filter)) return false;
    ++released;
    release(held.slot, stage_.messages[held.slot].latency, cause);
    return true;
  });
  return released;
}

void Post::release_held_by(std::uint64_t fault, EventId cause) {
  std::erase_if(held_, [&](const Held& held) {
    if (held.fault != fault) return false;
    release(held.slot, stage_.messages[held.slot].latency, cause);
    return true;
  });
}

std::uint32_t Post::deliver_now(const MessageFilter& filter, std::optional<std::uint32_t> count,
                                EventId cause) {
  std::uint32_t delivered = 0;
  const std::uint64_t flights_before = flights_;
  std::erase_if(held_, [&](const Held& held) {
    if (count && delivered == *count) return false;
    if (!held_by_rule(held, filter)) return false;
    ++delivered;
    release(held.slot, Duration{}, cause);
    return true;
  });
  // By number of message: the order in which they were sent, whatever slots they lie in.
  std::vector<MessageSlot> flying;
  for (MessageSlot slot = 0; slot < stage_.messages.size(); ++slot) {
    const Message& m = stage_.messages[slot];
    const bool flies = m.where == Whereabouts::flying && m.flight <= flights_before;
    if (flies && filter.matches(m)) flying.push_back(slot);
  }
  std::ranges::sort(flying, {}, [&](MessageSlot slot) { return stage_.messages[slot].id; });
  for (MessageSlot slot : flying) {
    if (count && delivered == *count) break;
    ++delivered;
    fly(slot, stage_.now());
  }
  return delivered;
}

}  // namespace raftsim::sim
