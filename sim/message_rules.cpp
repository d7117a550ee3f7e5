#include "sim/message_rules.hpp"

#include <algorithm>

namespace raftsim::sim {

bool MessageFilter::matches(const Message& message) const {
  if (!message.from.is_node() || !message.to.is_node()) return false;
  if ((types >> static_cast<int>(message.type) & 1) == 0) return false;
  return (!from || contains(*from, message.from.as_node())) && (!to || contains(*to, message.to.as_node()));
}

void MessageFilter::only_types(const std::vector<MessageType>& wanted) {
  types = 0;
  for (MessageType t : wanted) types |= std::uint32_t{1} << static_cast<int>(t);
}

void MessageRules::remove(std::uint64_t fault) {
  std::erase_if(rules_, [fault](const MessageRule& r) { return r.fault == fault; });
}

std::optional<MessageOrder> MessageRules::touch(const Message& message) {
  for (MessageRule& rule : rules_) {
    if (rule.remaining && *rule.remaining == 0) continue;
    if (!rule.filter.matches(message)) continue;
    if (rule.remaining) --*rule.remaining;
    return rule;
  }
  return std::nullopt;
}

}  // namespace raftsim::sim
