#include "reports/opening.hpp"

#include <algorithm>

#include "seam/view.hpp"

namespace raftsim::reports {

namespace {

using history::Event;
using history::EventKind;

/// A window narrower than this shows nothing but one message.
constexpr Duration narrowest = milliseconds(8);

/// Widens the bare window by an eighth on either side, within the run.
Opening with_margin(Instant from, Instant to, history::EventId event, Instant end) {
  // Histories of others may be over sooner.
  const Duration least = std::min(narrowest, (end - Instant{}) / 4);
  const Duration margin = std::max((to - from) / 8, least / 2);
  Opening opening{from - margin, to + margin, event};
  opening.from = std::max(opening.from, Instant{});
  opening.to = std::min(opening.to, std::max(end, to + least / 2));
  return opening;
}

template <class Wanted>
const Event* first_event(const Timeline& timeline, Instant from, Wanted wanted) {
  for (const TimelineChunk& chunk : timeline.chunks())
    for (const Row& row : chunk.rows)
      if (row.event.time >= from && wanted(row.event)) return &row.event;
  return nullptr;
}

bool becomes_leader(const Event& e) {
  return e.kind == EventKind::role && e.role.role == static_cast<std::uint8_t>(Role::leader);
}

/// Faults of one moment that change who leads; steady loss and drift begin with the run and tell no story.
bool strikes(const Event& e) {
  return e.kind == EventKind::crash ||
         (e.kind == EventKind::fault_begin &&
          (e.fault.fault_class == static_cast<std::uint8_t>(history::FaultClass::partition) ||
           e.fault.fault_class == static_cast<std::uint8_t>(history::FaultClass::isolate) ||
           e.fault.fault_class == static_cast<std::uint8_t>(history::FaultClass::pause)));
}

/// From a strike to the election that answered it, at most a second later.
Opening opening_of_pass(const Timeline& timeline, Instant end) {
  const Event* struck = first_event(timeline, Instant{}, strikes);
  const Event* begin = struck != nullptr ? struck : first_event(timeline, Instant{}, becomes_leader);
  if (begin == nullptr) return {Instant{}, std::min(end, Instant{seconds(1).ns}), history::EventId{}};
  const Event* led = first_event(timeline, begin->time, becomes_leader);
  const Instant at_most = begin->time + seconds(1);
  const Instant to = led != nullptr && led->time < at_most
                         ? std::max(led->time, begin->time + milliseconds(40))
                         : std::min(at_most, std::max(end, begin->time));
  return with_margin(begin->time, to, begin->id, end);
}

}  // namespace

Opening opening_of(const Timeline& timeline, const history::RunResult& result) {
  if (timeline.chunks().empty()) return {};
  const Instant end = std::max(result.counts.end, timeline.chunks().back().rows.back().event.time);
  const history::Violation* headline = result.verdict.headline();
  if (headline == nullptr) return opening_of_pass(timeline, end);

  Instant from = headline->time;
  Instant to = headline->time;
  for (const history::Evidence& line : headline->evidence) {
    from = std::min(from, line.time);
    to = std::max(to, line.time);
  }
  return with_margin(from, to, headline->event, end);
}

}  // namespace raftsim::reports
