#include "sim/message_rules.hpp"

#include <algorithm>

namespace raftsim::sim {

namespace {

bool has(const std::uint64_t (&bits)[2], std::uint16_t node) {
  return node < 128 && (bits[node >> 6] >> (node & 63) & 1) != 0;
}

void set_only(std::uint64_t (&bits)[2], const NodeSet& nodes) {
  bits[0] = bits[1] = 0;
  for (NodeId n : nodes)
    if (n.value < 128) bits[n.value >> 6] |= std::uint64_t{1} << (n.value & 63);
}

}  // namespace

bool MessageFilter::matches(const Message& message) const {
  if (!message.from.is_node() || !message.to.is_node()) return false;
  if ((types >> static_cast<int>(message.type) & 1) == 0) return false;
  return has(from, message.from.raw) && has(to, message.to.raw);
}

void MessageFilter::only_from(const NodeSet& nodes) { set_only(from, nodes); }
void MessageFilter::only_to(const NodeSet& nodes) { set_only(to, nodes); }

void MessageFilter::only_types(const std::vector<MessageType>& wanted) {
  types = 0;
  for (MessageType t : wanted) types |= std::uint32_t{1} << static_cast<int>(t);
}

void MessageRules::remove(std::uint64_t fault) {
  std::erase_if(rules_, [fault](const MessageRule& r) { return r.fault == fault; });
}

std::optional<MessageRule> MessageRules::touch(const Message& message) {
  for (MessageRule& rule : rules_) {
    if (rule.remaining && *rule.remaining == 0) continue;
    if (!rule.filter.matches(message)) continue;
    if (rule.remaining) --*rule.remaining;
    return rule;
  }
  return std::nullopt;
}

}  // namespace raftsim::sim
