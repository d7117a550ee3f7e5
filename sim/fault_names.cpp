#include "sim/fault_names.hpp"

#include <fmt/format.h>

#include <array>

namespace raftsim::sim {

using history::FaultClass;

namespace {

struct ActionRow {
  std::string_view name;
  std::optional<FaultClass> fault_class;
};

/// In the order of the Action variant.
constexpr std::array<ActionRow, std::variant_size_v<Action>> actions{{
    {"crash", FaultClass::crash},
    {"restart", FaultClass::restart},
    {"pause", FaultClass::pause},
    {"resume", FaultClass::heal},
    {"partition", FaultClass::partition},
    {"isolate", FaultClass::isolate},
    {"heal", FaultClass::heal},
    {"set_link", FaultClass::set_link},
    {"messages", FaultClass::message_rule},
    {"slow_disk", FaultClass::disk_slow},
    {"timeout_now", FaultClass::timeout_now},
    {"client", std::nullopt},
    {"check", std::nullopt},
}};

}  // namespace

std::string_view action_name(const Action& action) { return actions[action.index()].name; }

std::optional<FaultClass> fault_class(const Action& action) { return actions[action.index()].fault_class; }

std::string node_names(const NodeSet& nodes) {
  if (nodes.empty()) return "nobody";
  std::string text;
  for (NodeId n : nodes) text += fmt::format("{}n{}", text.empty() ? "" : ", ", n.value);
  return text;
}

}  // namespace raftsim::sim
