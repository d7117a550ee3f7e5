// The one road by which events reach observers: numbers them, hashes them, hands each to those that asked for
// its kind.
#pragma once

#include <array>
#include <vector>

#include "history/event.hpp"
#include "history/hash.hpp"

namespace raftsim::history {

class Journal {
 public:
  /// Subscriptions are made before the first event. The observer must outlive the journal.
  void subscribe(Observer& observer);

  /// Numbers `event`, folds it into the hash and dispatches it. Returns its number. `event.has_details` is
  /// set here.
  EventId emit(Event& event, const Details& details);
  EventId emit(Event& event);

  EventId last() const { return last_; }
  const RollingHash& hash() const { return hash_; }

 private:
  /// By kind, and by the type of message where the kind tells of one.
  std::vector<Observer*>& subscribers(const Event& event) {
    // A history from elsewhere may hold any number.
    const auto type = static_cast<std::size_t>(event.message.type);
    const bool known = tells_of_message(event.kind) && type < raftsim::message_types;
    return subscribers_[static_cast<std::size_t>(event.kind)][known ? type : 0];
  }

  std::array<std::array<std::vector<Observer*>, raftsim::message_types>, event_kinds> subscribers_;
  RollingHash hash_;
  EventId last_;
};

}  // namespace raftsim::history
