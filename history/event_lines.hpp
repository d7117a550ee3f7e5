// A history as lines, for finding where two histories part.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "history/writer.hpp"

namespace raftsim::history {

/// Keeps every event as its line in a history file.
class EventLines : public Observer {
 public:
  EventKinds kinds() const override { return EventKinds::all(); }
  void on_event(const Event& event, const Details& details) override {
    std::string line;
    append_json(event, details, line);
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

}  // namespace raftsim::history
