#include "sim/births.hpp"

#include <algorithm>

namespace raftsim::sim {

namespace {

/// Servers that one random fault may bring into being in a run, however long: then it finds nobody new.
constexpr std::uint32_t births_per_random_fault = 16;

struct Tally {
  std::uint32_t at_start = 0;
  std::uint32_t unnamed = 0;
  NodeSet named;

  void name(NodeId id) {
    if (id.value > at_start) insert(named, id);
  }
};

/// How many machines a target may name at most.
std::uint32_t most_of(const Target& target, std::uint32_t at_start) {
  if (const auto* nodes = std::get_if<NodeSet>(&target.what))
    return static_cast<std::uint32_t>(nodes->size());
  if (const auto* random = std::get_if<history::RandomTarget>(&target.what)) return random->count;
  const auto* word = std::get_if<history::TargetWord>(&target.what);
  using history::TargetWord;
  const bool single = word != nullptr && (*word == TargetWord::leader || *word == TargetWord::follower ||
                                          *word == TargetWord::any || *word == TargetWord::last_crashed);
  // As known_nodes() of the scenario's checks has it: no id that passed them is beyond the capacity.
  return single ? 1 : at_start;
}

void tally_scripted(const Action& action, Tally& tally) {
  if (const auto* add = std::get_if<AddNode>(&action)) {
    if (add->id)
      tally.name(*add->id);
    else
      ++tally.unnamed;
  }
  if (const auto* replace = std::get_if<ReplaceNodes>(&action))
    for (const NodeId id : replace->voters) tally.name(id);
  const auto* restart = std::get_if<Restart>(&action);
  if (restart != nullptr && restart->comeback == Comeback::wiped)
    tally.unnamed += most_of(restart->target, tally.at_start);
}

bool gives_birth(const Action& action) {
  const auto* restart = std::get_if<Restart>(&action);
  return std::holds_alternative<RandomMembership>(action) ||
         (restart != nullptr && restart->comeback == Comeback::wiped);
}

Tally tally_of(const Scenario& scenario) {
  Tally tally;
  tally.at_start = nodes_at_start(scenario);
  for (const Step& step : scenario.faults.script)
    for (const Action& action : step.actions) tally_scripted(action, tally);
  for (const RandomFault& fault : scenario.faults.random)
    if (gives_birth(fault.action)) tally.unnamed += births_per_random_fault;
  return tally;
}

std::uint32_t capacity_of(const Tally& tally) {
  std::uint32_t capacity = tally.at_start + tally.unnamed + static_cast<std::uint32_t>(tally.named.size());
  // A scenario that was not read from a file may leave gaps.
  if (!tally.named.empty())
    capacity = std::max(capacity, static_cast<std::uint32_t>(tally.named.back().value));
  return capacity;
}

}  // namespace

std::uint32_t node_capacity(const Scenario& scenario) { return capacity_of(tally_of(scenario)); }

Births::Births(const Scenario& scenario) {
  const Tally tally = tally_of(scenario);
  capacity_ = capacity_of(tally);
  for (std::uint64_t n = tally.at_start + 1; n <= capacity_; ++n)
    if (!contains(tally.named, NodeId{n})) free_.push_back(NodeId{n});
}

std::optional<NodeId> Births::next() const {
  if (free_.empty()) return std::nullopt;
  return free_.front();
}

void Births::born(NodeId id) { std::erase(free_, id); }

}  // namespace raftsim::sim
