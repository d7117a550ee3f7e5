// What happens to messages on rough links, and where a link is obstructed.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/connections.hpp"
#include "sim/faults.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::DropReason;

void Post::lost_at_departure(MessageSlot slot, const Fate& fate) {
  const LinkEnds ends{stage_.messages[slot].from, stage_.messages[slot].to};
  const EventId sent = stage_.messages[slot].event;
  const EventId cut_by =
      fate.reason == DropReason::partition ? stage_.faults->cut_dropped(ends.from, ends.to) : EventId{};
  const bool breaks = fate.rough && stage_.network.roughness().breaks;
  if (fate.rough && stage_.network.roughness().pushed)
    lose(*stage_.network.roughness().pushed, DropReason::queue_full, sent);
  discard(slot, fate.reason, sent, cut_by);
  if (breaks) stage_.connections->broke(ends, fate.reason, sent);
}

/// All but the damage, which comes last: copies are of what was sent.
void Post::roughen(MessageSlot slot, const Roughness& roughness) {
  const Message& m = stage_.messages[slot];
  if (roughness.pushed) lose(*roughness.pushed, DropReason::queue_full, m.event);
  if (roughness.clog) stage_.faults->link_clogged({m.from, m.to}, *roughness.clog, m.event);
  if (roughness.replay_at) fly(duplicate(slot, Copy::replay), *roughness.replay_at);
}

/// What arrives is no message any more: nobody shall count it as one.
void Post::take_damage(MessageSlot slot, const Roughness& roughness) {
  Message& m = stage_.messages[slot];
  if (!roughness.burst || m.bytes.empty()) return;
  Event e = message_event(EventKind::corrupt, m.from, m, m.event);
  m.event = stage_.chronicle.emit(e);
  damage(m.bytes, *roughness.burst);
  stage_.network.took_damage();
  m.marks |= mark_damaged;
  m.described = false;
  if (m.to.is_node() && m.from.is_node()) m.type = MessageType::unknown;
}

void Post::off_the_link(MessageSlot slot) {
  Message& m = stage_.messages[slot];
  if ((m.marks & mark_counted) != 0) stage_.network.leave(m.from, m.to, slot);
  if ((m.marks & mark_stalled) != 0) stage_.network.waits_no_more(m.from, m.to);
  m.marks &= mark_damaged | mark_narrowed;
}

/// With what it waited for, of link and server.
EventId Post::receive_late(history::Event recv, const Message& m, Duration service) {
  fmt::memory_buffer text;
  const auto out = fmt::appender(text);
  const auto tell = [&out](Duration waited, std::string_view what) {
    fmt::format_to(out, "{}.{:03}ms {}", waited.ns / 1'000'000, waited.ns / 1'000 % 1'000, what);
  };
  if ((m.marks & mark_narrowed) != 0) tell(m.narrowed, "for the link's bandwidth");
  if (service > Duration{}) {
    if (text.size() != 0) fmt::format_to(out, ", ");
    tell(service, "of service");
  }
  history::Details details;
  details.text = {text.data(), text.size()};
  return stage_.chronicle.emit(recv, details);
}

void Post::lose(MessageSlot slot, DropReason reason, EventId cause, EventId also) {
  std::erase_if(held_, [slot](const Held& held) { return held.slot == slot; });
  off_the_link(slot);
  discard(slot, reason, cause, also);
}

void Post::lose_at_arrival(MessageSlot slot, DropReason reason, EventId also) {
  const LinkEnds ends{stage_.messages[slot].from, stage_.messages[slot].to};
  const EventId sent = stage_.messages[slot].event;
  lose(slot, reason, sent, also);
  if (stage_.connections != nullptr) stage_.connections->lost_at_arrival(ends, reason, sent);
}

bool Post::comes_through(MessageSlot slot, std::uint64_t flight) {
  Message& m = stage_.messages[slot];
  if (const std::optional<CutBy> by = stage_.network.cut(m.from, m.to)) {
    stage_.chronicle.begin_step();
    stage_.network.dropped_at_arrival(*by);
    lose_at_arrival(slot, DropReason::partition, stage_.faults->cut_dropped(m.from, m.to));
    return false;
  }
  if (stage_.network.stalls(m.from, m.to)) {
    stage_.chronicle.begin_step();
    if ((m.marks & mark_stalled) == 0) stage_.network.began_to_wait(m.from, m.to);
    m.marks |= mark_stalled;
    m.latency = Duration{};
    const std::uint64_t clog = stage_.faults->clog_of({m.from, m.to});
    stage_.faults->had_effect(clog);
    hold(slot, clog);
    return false;
  }
  if ((m.marks & mark_stalled) != 0 || !stage_.network.bursts(m.from, m.to)) return true;
  // The burst first.
  stage_.at(stage_.now(), {ItemKind::deliver, slot, flight, 0});
  return false;
}

/// A link that became narrower leaves alone what is in flight: most of it was transmitted.
void Post::hasten(LinkEnds link, const Relief& relief) {
  if (relief.sooner > Duration{}) bring_forward(link, relief.sooner);
  if (relief.at_latest) bring_in(link, *relief.at_latest);
  const bool hastened = relief.sooner > Duration{} || relief.at_latest;
  if (hastened && stage_.connections != nullptr) stage_.connections->hastened(link);
}

void Post::bring_forward(LinkEnds link, Duration gain) {
  for (const RoughLink::Flying& f : stage_.network.hasten(link.from, link.to, gain, stage_.now())) {
    Message& m = stage_.messages[f.slot];
    // What is gained may be latency and the order of the link, too.
    m.narrowed = std::max(Duration{}, m.narrowed - f.gained);
  }
  // With copies, which the link does not count.
  for (MessageSlot slot : flying_on(link))
    fly(slot, stage_.network.hastened(link.from, link.to, stage_.messages[slot].arrival, gain, stage_.now()));
}

void Post::bring_in(LinkEnds link, Instant at_latest) {
  stage_.network.bring_in(link.from, link.to, at_latest);
  for (MessageSlot slot : flying_on(link))
    if (stage_.messages[slot].arrival > at_latest) fly(slot, at_latest);
}

/// In the order in which they are to arrive. Plain links do not know what is on them: the messages do.
std::vector<MessageSlot> Post::flying_on(LinkEnds link) const {
  std::vector<MessageSlot> found;
  for (MessageSlot slot = 0; slot < stage_.messages.size(); ++slot) {
    const Message& m = stage_.messages[slot];
    const bool on_it = m.where == Whereabouts::flying && m.from == link.from && m.to == link.to;
    if (on_it && (m.marks & mark_replay) == 0) found.push_back(slot);
  }
  std::ranges::sort(found, {}, [&](MessageSlot slot) {
    return std::pair(stage_.messages[slot].arrival, stage_.messages[slot].flight);
  });
  return found;
}

bool Post::held_by_rule(const Held& held, const MessageFilter& filter) const {
  const Message& m = stage_.messages[held.slot];
  return (m.marks & mark_stalled) == 0 && filter.matches(m);
}

}  // namespace raftsim::sim
