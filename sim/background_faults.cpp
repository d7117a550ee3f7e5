// Faults that come by themselves: the network's own, and how slow a process is.
#include <fmt/format.h>

#include <algorithm>

#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"

namespace raftsim::sim {

using history::FaultClass;

namespace {

std::string end_name(Endpoint end) {
  return end.is_node() ? fmt::format("n{}", end.as_node().value) : fmt::format("client {}", end.as_client());
}

}  // namespace

FaultEngine::Background FaultEngine::begin_background(FaultClass fault_class, NodeSet nodes,
                                                      std::string_view words, EventId cause) {
  const Source& source = fault_class == FaultClass::client_death ? the_clients_ : the_network_;
  const Active& active = begin_saying(fault_class, std::move(nodes), source, cause, words, std::nullopt);
  return {active.number, active.begin};
}

EventId FaultEngine::end_background(std::uint64_t number, std::string_view outcome) {
  Active* active = find(number);
  CHECK(active != nullptr);
  active->outcome = outcome;
  end(*active, active->begin);
  const EventId ended = stage_.chronicle.last();
  sweep();
  return ended;
}

void FaultEngine::link_clogged(LinkEnds link, Duration lasting, EventId cause) {
  NodeSet nodes;
  for (Endpoint end : {link.from, link.to})
    if (end.is_node()) nodes.push_back(end.as_node());
  std::ranges::sort(nodes);
  const std::string sentence =
      fmt::format("the link from {} to {} stalls", end_name(link.from), end_name(link.to));
  Active& active =
      begin_saying(FaultClass::link_clog, std::move(nodes), the_network_, cause, sentence, lasting);
  active.clogged.push_back(link);
  stage_.network.begin_clog(link.from, link.to);
}

std::uint64_t FaultEngine::clog_of(LinkEnds link) const {
  for (const Active& active : active_) {
    if (active.ended || active.fault_class != FaultClass::link_clog) continue;
    if (active.clogged.front().from == link.from && active.clogged.front().to == link.to)
      return active.number;
  }
  constexpr bool stalls_without_a_clog = false;
  CHECK(stalls_without_a_clog);
  return 0;
}

void FaultEngine::act(const Slow& slow, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(slow.target);
  Active& active = begin(FaultClass::slow_process, nodes, firing, "slow down", firing.drawn(slow.lasting));
  active.slow_factor = slow.factor;
  for (NodeId id : nodes) set_pace(id);
  if (nodes.empty()) end_instantly(active);
}

void FaultEngine::set_pace(NodeId node) {
  NodeRuntime::Pace pace;
  for (const Active& active : active_) {
    if (active.ended || active.fault_class != FaultClass::slow_process) continue;
    if (!contains(active.nodes, node) || active.slow_factor <= pace.factor) continue;
    pace = {active.slow_factor, active.number};
  }
  stage_.node(node).set_pace(pace);
}

}  // namespace raftsim::sim
