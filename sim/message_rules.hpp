// Scripted rules over messages between servers: drop, hold, duplicate, deliver now (faults.md, Messages).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/message_pool.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Which messages a rule means. Servers are bits: n1 is bit 1.
struct MessageFilter {
  std::uint32_t types = ~std::uint32_t{0};  ///< by MessageType
  std::uint64_t from[2] = {~std::uint64_t{0}, ~std::uint64_t{0}};
  std::uint64_t to[2] = {~std::uint64_t{0}, ~std::uint64_t{0}};

  bool matches(const Message& message) const;
  void only_from(const NodeSet& nodes);
  void only_to(const NodeSet& nodes);
  void only_types(const std::vector<MessageType>& wanted);
};

struct MessageRule {
  std::uint64_t fault = 0;  ///< the active fault that it belongs to
  MessageDo action = MessageDo::drop;
  MessageFilter filter;
  std::optional<std::uint32_t> remaining;  ///< messages it may still touch
};

class MessageRules {
 public:
  bool empty() const { return rules_.empty(); }
  void add(const MessageRule& rule) { rules_.push_back(rule); }
  void remove(std::uint64_t fault);
  void clear() { rules_.clear(); }

  /// The oldest rule that means this message and may still touch one; as it is after it was counted.
  std::optional<MessageRule> touch(const Message& message);

 private:
  std::vector<MessageRule> rules_;
};

}  // namespace raftsim::sim
