#include "checkers/calm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/narrative.hpp"
#include "history/fault_nature.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

using history::EventKind;
using history::FaultClass;

namespace {

/// It is of the link between two servers, who are the only ones that feel it.
bool on_one_link(FaultClass of) { return of == FaultClass::link_clog || of == FaultClass::stream_break; }

}  // namespace

void Calm::on_event(const history::Event& event, const history::Details& details) {
  if (!kinds().has(event.kind)) return;
  if (event.kind == EventKind::phase) return begin_quiet(event, details);
  if (event.kind == EventKind::clock) return find_late_timers();
  if (event.node.is_node()) {
    const NodeId node = event.node.as_node();
    if (event.kind == EventKind::crash || event.kind == EventKind::halt) insert(down_, node);
    if (event.kind == EventKind::boot) std::erase(down_, node);
    find_disturbing();
    find_late_timers();
    // Who stops itself is no fault of the world.
    if (event.kind == EventKind::halt || !well(node)) return;
  }
  const bool begins = event.kind == EventKind::fault_begin;
  if (begins || event.kind == EventKind::fault_end) {
    const auto of = static_cast<FaultClass>(event.fault.fault_class);
    if (!begins) std::erase_if(in_force_, [&event](const Fault& f) { return f.number == event.fault.fault; });
    const bool counts = concerns(of, details.nodes);
    const bool of_the_phase = quiet_step_ != 0 && event.step == quiet_step_;
    if (begins && counts && !of_the_phase && history::nature(of).disturbs) {
      in_force_.push_back({event.fault.fault, of, event.time, {}});
      if (on_one_link(of)) in_force_.back().ends.assign(details.nodes.begin(), details.nodes.end());
    }
    find_disturbing();
    if (!counts) return;
  }
  since_ = std::max(since_, event.time);
}

/// A clock that is set back keeps everybody waiting for the timers that were set before, as long as the
/// server that set them runs.
void Calm::find_late_timers() {
  timers_ = Instant{};
  for (const NodeShadow& node : cluster_.nodes())
    if (node.up && well(node.id)) timers_ = std::max(timers_, node.on_time_from);
}

void Calm::begin_quiet(const history::Event& event, const history::Details& details) {
  const auto quiet = static_cast<history::Quiet>(event.world.number);
  if (static_cast<history::Phase>(event.world.what) != history::Phase::quiet) return;
  if (quiet == history::Quiet::all) return;
  quiet_step_ = event.step;
  live_.assign(details.nodes.begin(), details.nodes.end());
  if (quiet == history::Quiet::no_core) no_core_ = details.text;
  // What goes on for the others from the time before.
  std::erase_if(in_force_, [this](const Fault& f) { return !concerns(f.of, f.ends); });
  find_disturbing();
  find_late_timers();
}

bool Calm::concerns(FaultClass of, std::span<const NodeId> nodes) const {
  const auto is_well = [this](NodeId node) { return well(node); };
  return on_one_link(of) ? std::ranges::all_of(nodes, is_well)
                         : nodes.empty() || std::ranges::any_of(nodes, is_well);
}

void Calm::find_disturbing() {
  const auto felt = [this](const Fault& f) {
    return std::ranges::none_of(f.ends, [this](NodeId node) { return contains(down_, node); });
  };
  const auto found = std::ranges::find_if(in_force_, felt);
  disturbing_ = found == in_force_.end() ? std::nullopt
                                         : std::optional(static_cast<std::size_t>(found - in_force_.begin()));
}

std::string Calm::why() const {
  const Fault& first = in_force_[disturbing_.value()];
  std::string what(history::name(first.of));
  for (char& c : what)
    if (c == '_') c = ' ';
  return fmt::format("a fault ({}, since {}) is still in force", what, short_time(first.begun));
}

}  // namespace raftsim::checkers
