// A history as lines, for finding where two histories part.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "history/writer.hpp"

namespace raftsim::cli {

/// Keeps every event as its line in a history file.
class EventLines final : public history::Observer {
 public:
  history::EventKinds kinds() const override { return history::EventKinds::all(); }
  void on_event(const history::Event& event, const history::Details& details) override {
    std::string line;
    history::append_json(event, details, line);
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

}  // namespace raftsim::cli
