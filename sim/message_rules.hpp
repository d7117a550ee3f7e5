// Scripted rules over messages between servers: drop, hold, duplicate, deliver now (faults.md, Messages).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/message_pool.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Which messages a rule means.
struct MessageFilter {
  std::uint32_t types = ~std::uint32_t{0};  ///< by MessageType
  std::optional<NodeSet> from, to;          ///< nothing: any server

  bool matches(const Message& message) const;
  void only_types(const std::vector<MessageType>& wanted);
};

/// What happens to those messages.
struct MessageOrder {
  std::uint64_t fault = 0;  ///< the active fault that it belongs to
  MessageDo action = MessageDo::drop;
  std::optional<std::uint32_t> remaining;  ///< messages it may still touch
};

struct MessageRule : MessageOrder {
  MessageFilter filter;
};

class MessageRules {
 public:
  bool empty() const { return rules_.empty(); }
  void add(const MessageRule& rule) { rules_.push_back(rule); }
  void remove(std::uint64_t fault);
  void clear() { rules_.clear(); }

  /// Of the oldest rule that means this message and may still touch one; as it is after it was counted.
  std::optional<MessageOrder> touch(const Message& message);

 private:
  std::vector<MessageRule> rules_;
};

}  // namespace raftsim::sim
