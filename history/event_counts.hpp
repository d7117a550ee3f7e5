// What events alone tell of a run's counts: for a history whose end record, which has them, is not there.
#pragma once

#include "history/event.hpp"
#include "history/run_result.hpp"

namespace raftsim::history {

class EventCounts final : public Observer {
 public:
  EventKinds kinds() const override { return EventKinds::all(); }
  void on_event(const Event& event, const Details& details) override;

  /// Of the events so far. Commits are not known: no event tells whose an entry is.
  RunCounts counts() const { return counts_; }

 private:
  RunCounts counts_;
};

}  // namespace raftsim::history
