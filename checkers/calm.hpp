// Since when nothing has disturbed the servers: what liveness counts its bounds from (checkers.md, group W).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkers/cluster_shadow.hpp"
#include "history/event.hpp"

namespace raftsim::checkers {

/// The quiet phase promises no new faults, but a scenario may go on with them (a step whose `when` comes true
/// late). Each crash, boot, pause and resumption is a disturbance, and so is each fault as it begins and
/// ends; one of the network or the disk goes on disturbing while it is in force. (A server that is down or
/// paused is not waited for: no_quorum; no more is its stream to another.) Where the quiet phase keeps a live
/// core well and nobody else, what happens to the others or on their links is no disturbance, nor are the
/// cuts that the phase begins with.
class Calm {
 public:
  static constexpr history::EventKinds kinds() {
    using enum history::EventKind;
    return {crash, halt, boot, pause, resume, fault_begin, fault_end, phase, clock};
  }

  /// `cluster` sees each event before this does.
  explicit Calm(const ClusterShadow& cluster) : cluster_(cluster) {}

  void on_event(const history::Event& event, const history::Details& details);

  /// Whether it is among those who must be well in the quiet phase.
  bool well(NodeId node) const { return live_.empty() || contains(live_, node); }
  /// Whether others need not be.
  bool only_core() const { return !live_.empty(); }
  /// Why no servers can be demanded to do anything in the quiet phase; empty: there are some.
  const std::string& no_core() const { return no_core_; }

  /// Of the last disturbance so far, or what it still keeps waiting for; time 0: none.
  Instant since() const { return std::max(since_, timers_); }
  /// Whether a fault of the network or the disk is in force: nothing can be demanded.
  bool disturbed() const { return disturbing_.has_value(); }
  /// `a partition since 12.000s is still in force`. Precondition: disturbed().
  std::string why() const;

 private:
  struct Fault {
    std::uint64_t number = 0;
    history::FaultClass of{};
    Instant begun;
    NodeSet ends;  ///< of what is on one link
  };

  /// Whether what names these servers disturbs those who must be well.
  bool concerns(history::FaultClass of, std::span<const NodeId> nodes) const;
  void find_late_timers();
  void begin_quiet(const history::Event& event, const history::Details& details);
  void find_disturbing();

  const ClusterShadow& cluster_;
  Instant since_;
  Instant timers_;                         ///< from then on those of all servers that run come in time
  std::vector<Fault> in_force_;            ///< those that last, in order of beginning
  std::optional<std::size_t> disturbing_;  ///< the first of them that somebody feels
  NodeSet down_;
  NodeSet live_;  ///< empty: all
  std::string no_core_;
  std::uint32_t quiet_step_ = 0;
};

}  // namespace raftsim::checkers
