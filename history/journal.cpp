#include "history/journal.hpp"

#include "history/owned_details.hpp"
#include "seam/check.hpp"

namespace raftsim::history {

void Journal::subscribe(Observer& observer) {
  CHECK(last_ == EventId{});
  const EventKinds wanted = observer.kinds();
  for (std::size_t k = 0; k < subscribers_.size(); ++k)
    if (wanted.has(static_cast<EventKind>(k))) subscribers_[k].push_back(&observer);
}

EventId Journal::emit(Event& event, const Details& details) {
  // Details without content are none: what a reader rebuilds must hash alike.
  if (empty(details)) return emit(event);
  event.id = ++last_;
  event.has_details = 1;
  hash_.add(event, details);
  for (Observer* observer : subscribers_[static_cast<std::size_t>(event.kind)])
    observer->on_event(event, details);
  return event.id;
}

EventId Journal::emit(Event& event) {
  static constexpr Details none;
  event.id = ++last_;
  event.has_details = 0;
  hash_.add(event);
  for (Observer* observer : subscribers_[static_cast<std::size_t>(event.kind)])
    observer->on_event(event, none);
  return event.id;
}

}  // namespace raftsim::history
