#include "history/event_counts.hpp"

#include "seam/view.hpp"

namespace raftsim::history {
namespace {

bool ends_operation(EventKind kind) {
  return kind == EventKind::ok || kind == EventKind::fail || kind == EventKind::info;
}

}  // namespace

void EventCounts::on_event(const Event& event, const Details&) {
  ++counts_.events;
  counts_.end = event.time;
  // An event has the lower half of its step's number; steps are counted from 1, and never back.
  const auto more = static_cast<std::uint32_t>(event.step - static_cast<std::uint32_t>(counts_.steps));
  if (more < std::uint32_t{1} << 31) counts_.steps += more;
  const EventKind kind = event.kind;
  const auto add = [](std::uint64_t& count, bool one) { count += one ? 1 : 0; };
  add(counts_.messages, kind == EventKind::send);
  add(counts_.wakes, kind == EventKind::timer_fire);
  add(counts_.crashes, kind == EventKind::crash);
  add(counts_.elections,
      kind == EventKind::role && event.role.role == static_cast<std::uint8_t>(Role::leader));
  // That a session was opened is no operation of a client's.
  if (!ends_operation(kind) || event.operation.kind == static_cast<std::uint8_t>(OperationKind::open_session))
    return;
  add(counts_.operations_ok, kind == EventKind::ok);
  add(counts_.operations_failed, kind == EventKind::fail);
  add(counts_.operations_unknown, kind == EventKind::info);
}

}  // namespace raftsim::history
