// The post: what happens to a message between its departure and its arrival. Fate by the network's draws,
// then scripted rules over it, then the queue.
#pragma once

#include "sim/message_rules.hpp"
#include "sim/stage.hpp"

namespace raftsim::sim {

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
  EventId receive(MessageSlot slot);
  /// It will not arrive. Emits `drop` and releases the slot.
  void discard(MessageSlot slot, history::DropReason reason, EventId cause);

  MessageRules& rules() { return rules_; }
  /// Lets go what is held and matches, at most `count`; returns how many.
  std::uint32_t release_held(const MessageFilter& filter, std::optional<std::uint32_t> count, EventId cause);
  /// Lets go what one rule holds.
  void release_held_by(std::uint64_t fault, EventId cause);
  /// What is held or flying and matches arrives now; returns how many.
  std::uint32_t deliver_now(const MessageFilter& filter, std::optional<std::uint32_t> count, EventId cause);

 private:
  Event message_event(EventKind kind, Endpoint where, const Message& message, EventId cause) const;
  void leave(MessageSlot slot);
  void fly(MessageSlot slot, Instant arrival);
  void hold(MessageSlot slot, std::uint64_t fault);
  void release(MessageSlot slot, Duration latency, EventId cause);
  MessageSlot duplicate(MessageSlot original);

  struct Held {
    MessageSlot slot = 0;
    std::uint64_t fault = 0;
  };

  Stage& stage_;
  MessageRules rules_;
  std::vector<Held> held_;  ///< in order of arrival
  std::uint64_t flights_ = 0;
};

}  // namespace raftsim::sim
