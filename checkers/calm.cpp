#include "checkers/calm.hpp"

#include <fmt/format.h>

#include "checkers/narrative.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

using history::EventKind;
using history::FaultClass;

namespace {

bool lasts(FaultClass of) {
  return of == FaultClass::partition || of == FaultClass::isolate || of == FaultClass::message_rule ||
         of == FaultClass::set_link || of == FaultClass::disk_slow || of == FaultClass::disk_error ||
         of == FaultClass::disk_sync_error || of == FaultClass::disk_full || of == FaultClass::link_clog ||
         of == FaultClass::slow_process || of == FaultClass::clock_freeze;
}

}  // namespace

void Calm::on_event(const history::Event& event, const history::Details& details) {
  if (!kinds().has(event.kind)) return;
  if (event.kind == EventKind::phase) {
    const auto quiet = static_cast<history::Quiet>(event.world.number);
    if (static_cast<history::Phase>(event.world.what) != history::Phase::quiet) return;
    if (quiet == history::Quiet::all) return;
    quiet_step_ = event.step;
    live_.assign(details.nodes.begin(), details.nodes.end());
    if (quiet == history::Quiet::no_core) no_core_ = details.text;
    return;
  }
  if (event.node.is_node() && !well(event.node.as_node())) return;
  since_ = event.time;
  if (event.kind == EventKind::fault_begin && quiet_step_ != 0 && event.step == quiet_step_) return;
  if (event.kind == EventKind::fault_begin) {
    const auto of = static_cast<FaultClass>(event.fault.fault_class);
    if (lasts(of)) in_force_.push_back({event.fault.fault, of, event.time});
  } else if (event.kind == EventKind::fault_end) {
    std::erase_if(in_force_, [&event](const Fault& f) { return f.number == event.fault.fault; });
  }
}

std::string Calm::why() const {
  const Fault& first = in_force_.front();
  std::string what(history::name(first.of));
  for (char& c : what)
    if (c == '_') c = ' ';
  return fmt::format("a fault ({}, since {}) is still in force", what, short_time(first.begun));
}

}  // namespace raftsim::checkers
