#include "history/journal.hpp"

#include "history/owned_details.hpp"
#include "seam/check.hpp"

namespace raftsim::history {

void Journal::subscribe(Observer& observer) {
  CHECK(last_ == EventId{});
  const EventKinds wanted = observer.kinds();
  const MessageTypes wanted_types = observer.message_types();
  for (std::size_t k = 0; k < subscribers_.size(); ++k) {
    const auto kind = static_cast<EventKind>(k);
    if (!wanted.has(kind)) continue;
    for (std::size_t t = 0; t < subscribers_[k].size(); ++t)
      if (tells_of_message(kind) ? wanted_types.has(static_cast<MessageType>(t)) : t == 0)
        subscribers_[k][t].push_back(&observer);
  }
}

EventId Journal::emit(Event& event, const Details& details) {
  // Details without content are none: what a reader rebuilds must hash alike.
  if (empty(details)) return emit(event);
  event.id = ++last_;
  event.has_details = 1;
  hash_.add(event, details);
  for (Observer* observer : subscribers(event)) observer->on_event(event, details);
  return event.id;
}

EventId Journal::emit(Event& event) {
  static constexpr Details none;
  event.id = ++last_;
  event.has_details = 0;
  hash_.add(event);
  for (Observer* observer : subscribers(event)) observer->on_event(event, none);
  return event.id;
}

}  // namespace raftsim::history
