#include "sim/fault_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

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
    {"disk_fault", std::nullopt},  // by its kind
    {"timeout_now", FaultClass::timeout_now},
    {"client", std::nullopt},
    {"check", std::nullopt},
    {"add_node", FaultClass::add_node},
    {"remove_node", FaultClass::remove_node},
    {"promote", FaultClass::promote},
    {"replace_nodes", FaultClass::replace_nodes},
    {"transfer_leadership", FaultClass::transfer_leadership},
    {"take_snapshot", FaultClass::take_snapshot},
    {"membership", std::nullopt},
    {"clock_jump", FaultClass::clock_jump},
    {"clock_freeze", FaultClass::clock_freeze},
    {"slow", FaultClass::slow_process},
}};

/// In the order of DiskFaultKind.
constexpr std::array<ActionRow, disk_fault_kinds> disk_faults{{
    {"slow_disk", FaultClass::disk_slow},
    {"disk_errors", FaultClass::disk_error},
    {"sync_errors", FaultClass::disk_sync_error},
    {"full_disk", FaultClass::disk_full},
    {"lying_disk", FaultClass::disk_lie},
    {"torn_write", FaultClass::disk_torn_write},
    {"rotten_entry", FaultClass::disk_rot},
    {"rotten_state", FaultClass::disk_rot_of_state},
    {"rotten_snapshot", FaultClass::disk_rot_of_snapshot},
    {"misdirected_write", FaultClass::disk_misdirected},
}};

const ActionRow& row(const Action& action) {
  const auto* disk = std::get_if<DiskFault>(&action);
  return disk != nullptr ? disk_faults[static_cast<std::size_t>(disk->kind)] : actions[action.index()];
}

/// Servers that are cut off from the same others, and from whom.
struct Side {
  NodeSet members;
  NodeSet unreached;
};

std::vector<Side> sides_of(const std::vector<LinkEnds>& cuts) {
  std::map<NodeId, NodeSet> unreached;
  for (const LinkEnds& link : cuts) unreached[link.from.as_node()].push_back(link.to.as_node());
  std::vector<Side> sides;
  for (auto& [from, to] : unreached) {
    std::ranges::sort(to);
    const auto same = std::ranges::find(sides, to, &Side::unreached);
    if (same != sides.end())
      same->members.push_back(from);
    else
      sides.push_back({{from}, std::move(to)});
  }
  return sides;
}

std::string spaced(const NodeSet& nodes) {
  std::string text;
  for (NodeId n : nodes) text += fmt::format("{}n{}", text.empty() ? "" : " ", n.value);
  return text;
}

/// Whether nobody reaches anybody on another side.
bool all_apart(const std::vector<Side>& sides) {
  NodeSet all;
  for (const Side& side : sides) all.insert(all.end(), side.members.begin(), side.members.end());
  std::ranges::sort(all);
  return std::ranges::all_of(sides, [&all](const Side& side) {
    NodeSet others;
    std::ranges::set_difference(all, side.members, std::back_inserter(others));
    return side.unreached == others;
  });
}

}  // namespace

std::string cut_words(const std::vector<LinkEnds>& cuts) {
  const std::vector<Side> sides = sides_of(cuts);
  if (sides.empty()) return "of nobody";
  std::string text;
  const auto add = [&text](std::string_view between, std::string part) {
    if (!text.empty()) text += between;
    text += part;
  };
  if (sides.size() > 1 && all_apart(sides)) {
    for (const Side& side : sides) add(" | ", spaced(side.members));
    return text;
  }
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const auto back = std::ranges::find(sides, sides[i].unreached, &Side::members);
    const bool both_ways = back != sides.end() && back->unreached == sides[i].members;
    if (both_ways && back < sides.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    add(", ", fmt::format("{} {} {}", spaced(sides[i].members), both_ways ? "|" : "-/->",
                          spaced(sides[i].unreached)));
  }
  return text;
}

std::string_view action_name(const Action& action) { return row(action).name; }

std::optional<FaultClass> fault_class(const Action& action) {
  const auto* restart = std::get_if<Restart>(&action);
  if (restart != nullptr && restart->comeback == Comeback::wiped) return FaultClass::wipe;
  if (restart != nullptr && restart->comeback == Comeback::amnesiac) return FaultClass::amnesia;
  return row(action).fault_class;
}

FaultClass fault_class(MembershipChange change) {
  switch (change) {
    case MembershipChange::add_voter:
    case MembershipChange::add_learner:
      return FaultClass::add_node;
    case MembershipChange::promote:
      return FaultClass::promote;
    case MembershipChange::remove:
      return FaultClass::remove_node;
    case MembershipChange::replace:
      return FaultClass::replace_nodes;
  }
  return FaultClass::add_node;
}

std::string_view request_words(AdminKind kind) {
  switch (kind) {
    case AdminKind::add_voter:
      return "add voter";
    case AdminKind::add_learner:
      return "add learner";
    case AdminKind::remove:
      return "remove";
    case AdminKind::promote:
      return "promote";
    case AdminKind::replace:
      return "replace the voters by";
    case AdminKind::transfer:
      return "transfer leadership to";
    case AdminKind::take_snapshot:
      return "take a snapshot at";
    case AdminKind::timeout_now:
      return "time out";
  }
  return "";
}

std::vector<MembershipChange> changes_of(const RandomMembership& membership, MembershipForm form) {
  std::vector<MembershipChange> kinds = membership.kinds;
  if (kinds.empty())
    kinds = {MembershipChange::add_voter, MembershipChange::add_learner, MembershipChange::promote,
             MembershipChange::remove, MembershipChange::replace};
  if (form == MembershipForm::fixed) kinds.clear();
  if (form == MembershipForm::single_server) std::erase(kinds, MembershipChange::replace);
  return kinds;
}

std::string node_names(const NodeSet& nodes) {
  if (nodes.empty()) return "nobody";
  std::string text;
  for (NodeId n : nodes) text += fmt::format("{}n{}", text.empty() ? "" : ", ", n.value);
  return text;
}

}  // namespace raftsim::sim
