// The post: what happens to a message between its departure and its arrival. Fate by the network's draws,
// then scripted rules over it, then the queue.
#pragma once

#include "sim/message_rules.hpp"
#include "sim/stage.hpp"

namespace raftsim::sim {

/// How a receiver comes to a message.
struct Taking {
  Duration service;        ///< what the step costs it
  bool timer_due = false;  ///< its own timer is due, and its Wake comes behind
};

class Post {
 public:
  explicit Post(Stage& stage) : stage_(stage) {}

  /// Emits `send` with the message's cause, and lets it depart unless it is gated. Precondition: the slot is
  /// filled: from, to, type, bytes, view.
  void send(MessageSlot slot, EventId cause);
  /// A gated message leaves. `waited_for`: the event that opened the gate.
  void depart(MessageSlot slot, EventId waited_for);
  /// An item of the queue says that a message arrives.
  void arrive(MessageSlot slot, std::uint64_t flight);
  /// The receiver takes it: emits `recv`. The slot is still the caller's to release.
  EventId receive(MessageSlot slot, const Taking& taking = {});
  /// It will not arrive. Emits `drop` and releases the slot. Precondition: on no link that counts.
  /// `also`: a further cause.
  void discard(MessageSlot slot, history::DropReason reason, EventId cause, EventId also = EventId{});
  /// The same of a message that is on its way, or waits on it in a stall.
  void lose(MessageSlot slot, history::DropReason reason, EventId cause, EventId also = EventId{});

  /// A link changed: what is in flight on it arrives sooner, in the order in which it would have.
  void hasten(LinkEnds link, const Relief& relief);

  MessageRules& rules() { return rules_; }
  /// Lets go what is held and matches, at most `count`; returns how many.
  std::uint32_t release_held(const MessageFilter& filter, std::optional<std::uint32_t> count, EventId cause);
  /// Lets go what one rule, or one stall, holds.
  void release_held_by(std::uint64_t fault, EventId cause);
  /// What is held or flying and matches arrives now; returns how many.
  std::uint32_t deliver_now(const MessageFilter& filter, std::optional<std::uint32_t> count, EventId cause);

 private:
  struct Held {
    MessageSlot slot = 0;
    std::uint64_t fault = 0;
  };

  Event message_event(EventKind kind, Endpoint where, const Message& message, EventId cause) const;
  void leave(MessageSlot slot);
  /// Whether it comes through what obstructs its link at its arrival; otherwise it is dealt with.
  [[gnu::cold]] bool comes_through(MessageSlot slot, std::uint64_t flight);
  /// A stream breaks there, and goes under with all that is behind.
  [[gnu::cold]] void lose_at_arrival(MessageSlot slot, history::DropReason reason, EventId also = EventId{});
  [[gnu::cold]] void lost_at_departure(MessageSlot slot, const Fate& fate);
  [[gnu::cold]] void roughen(MessageSlot slot, const Roughness& roughness);
  [[gnu::cold]] void take_damage(MessageSlot slot, const Roughness& roughness);
  [[gnu::cold]] void bring_forward(LinkEnds link, Duration gain);
  [[gnu::cold]] void bring_in(LinkEnds link, Instant at_latest);
  [[gnu::cold]] std::vector<MessageSlot> flying_on(LinkEnds link) const;
  [[gnu::cold]] void off_the_link(MessageSlot slot);
  [[gnu::cold]] EventId receive_late(history::Event recv, const Message& m, Duration service);
  bool held_by_rule(const Held& held, const MessageFilter& filter) const;
  void fly(MessageSlot slot, Instant arrival);
  void hold(MessageSlot slot, std::uint64_t fault);
  void release(MessageSlot slot, Duration latency, EventId cause);
  enum class Copy : std::uint8_t { duplicate, replay };
  MessageSlot duplicate(MessageSlot original, Copy kind = Copy::duplicate);

  Stage& stage_;
  MessageRules rules_;
  std::vector<Held> held_;  ///< in order of arrival
  std::uint64_t flights_ = 0;
};

}  // namespace raftsim::sim
