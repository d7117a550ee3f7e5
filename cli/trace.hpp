// `--trace`: one readable line per event, as it happens.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "history/event.hpp"

namespace raftsim::cli {

/// Since when which message is under way.
class Journeys {
 public:
  static constexpr history::EventKinds kinds() {
    using enum history::EventKind;
    return {send, depart, dup, drop, recv};
  }
  /// Of a message that arrives with this event, what it went through: ` (1.250ms under way, overtook
  /// another)`; else nothing.
  std::string follow(const history::Event& event);

 private:
  struct Journey {
    Instant left;
    history::Endpoint from, to;
  };
  std::string arrive(const history::Event& event);

  std::map<std::uint64_t, Journey> under_way_;  ///< by MessageId
};

class Trace final : public history::Observer {
 public:
  /// Precondition: `kinds` is a list that history::kinds_named takes, or `all_kinds`.
  explicit Trace(const std::string& kinds);

  history::EventKinds kinds() const override {
    return shown_.has(history::EventKind::recv) ? shown_ | Journeys::kinds() : shown_;
  }
  void on_event(const history::Event& event, const history::Details& details) override;

 private:
  history::EventKinds shown_ = history::EventKinds::all();
  Journeys journeys_;
};

}  // namespace raftsim::cli
