// `--trace`: one readable line per event, as it happens.
#pragma once

#include <string>

#include "history/event.hpp"

namespace raftsim::cli {

class Trace final : public history::Observer {
 public:
  /// Precondition: `kinds` is a list that history::kinds_named takes; empty: all.
  explicit Trace(const std::string& kinds);

  history::EventKinds kinds() const override { return kinds_; }
  void on_event(const history::Event& event, const history::Details& details) override;

 private:
  history::EventKinds kinds_ = history::EventKinds::all();
};

}  // namespace raftsim::cli
