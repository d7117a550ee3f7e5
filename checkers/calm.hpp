// Since when nothing has disturbed the servers: what liveness counts its bounds from (checkers.md, group W).
#pragma once

#include <string>
#include <vector>

#include "history/event.hpp"

namespace raftsim::checkers {

/// The quiet phase promises no new faults, but a scenario may go on with them (a step whose `when` comes true
/// late). Each crash, boot, pause and resumption is a disturbance, and so is each fault as it begins and
/// ends; one of the network or the disk goes on disturbing while it is in force. (A server that is down or
/// paused is not waited for: no_quorum.)
class Calm {
 public:
  static constexpr history::EventKinds kinds() {
    using enum history::EventKind;
    return {crash, boot, pause, resume, fault_begin, fault_end};
  }

  void on_event(const history::Event& event);

  /// Of the last disturbance so far; time 0: none.
  Instant since() const { return since_; }
  /// Whether a fault of the network or the disk is in force: nothing can be demanded.
  bool disturbed() const { return !in_force_.empty(); }
  /// `a partition since 12.000s is still in force`. Precondition: disturbed().
  std::string why() const;

 private:
  struct Fault {
    std::uint64_t number = 0;
    history::FaultClass of{};
    Instant begun;
  };

  Instant since_;
  std::vector<Fault> in_force_;  ///< in order of beginning
};

}  // namespace raftsim::checkers
