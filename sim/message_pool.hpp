// Messages on their way: slots that keep their byte capacity and their MessageView, so that the steady state
// allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "history/event.hpp"
#include "seam/effects.hpp"
#include "seam/message_view.hpp"

namespace raftsim::sim {

using MessageSlot = std::uint32_t;

/// What is special about a message, besides; seldom anything.
enum MessageMark : std::uint8_t {
  mark_damaged = 1,   ///< bits flipped on the way
  mark_counted = 2,   ///< its link counts it (SimNetwork::enter)
  mark_stalled = 4,   ///< it waits, or waited, for the end of a stall
  mark_narrowed = 8,  ///< it waited behind others for the link's bandwidth: `narrowed`
  mark_replay = 16,   ///< an old one that comes again: no order of its link binds it
};

/// Where a message is. `gated`: waits in its sender for the disk. `waiting`: has arrived at a node that is
/// paused or busy.
enum class Whereabouts : std::uint8_t { free, gated, flying, held, waiting };

struct Message {
  history::MessageId id;
  history::Endpoint from;
  history::Endpoint to;
  MessageType type = MessageType::unknown;
  bool described = false;
  Whereabouts where = Whereabouts::free;
  std::uint8_t marks = 0;           ///< of MessageMark
  ReplyKind reply = ReplyKind::ok;  ///< of a client_reply
  /// The latest of its events: send, depart, dup, release. The cause of what happens to it next.
  history::EventId event;
  /// Of client_request and client_reply.
  RequestId request;
  Index position;  ///< of a client_reply
  /// Which flight is the current one: an item of the queue that carries another number is stale.
  std::uint64_t flight = 0;
  Duration latency;  ///< what the network decided; a released message takes it from its release
  Instant arrival;   ///< while it is flying
  std::vector<std::byte> bytes;
  MessageView view;   ///< meaningful if described
  Duration narrowed;  ///< with mark_narrowed: until its last bit was on the way
};

class MessagePool {
 public:
  /// A slot with a fresh message number; id and where are set, everything else is what it last held.
  MessageSlot take(Whereabouts where) {
    if (free_.empty()) {
      free_.push_back(static_cast<MessageSlot>(slots_.size()));
      slots_.push_back(std::make_unique<Message>());
    }
    const MessageSlot slot = free_.back();
    free_.pop_back();
    slots_[slot]->id = ++last_id_;
    slots_[slot]->where = where;
    slots_[slot]->marks = 0;
    return slot;
  }
  void release(MessageSlot slot) {
    slots_[slot]->where = Whereabouts::free;
    free_.push_back(slot);
  }
  Message& operator[](MessageSlot slot) { return *slots_[slot]; }
  const Message& operator[](MessageSlot slot) const { return *slots_[slot]; }
  MessageSlot size() const { return static_cast<MessageSlot>(slots_.size()); }

 private:
  std::vector<std::unique_ptr<Message>> slots_;
  std::vector<MessageSlot> free_;
  history::MessageId last_id_;
};

}  // namespace raftsim::sim
