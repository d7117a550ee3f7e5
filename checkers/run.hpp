// What the world itself finds: it says so with a `violation` event, this folds it into the verdict.
#pragma once

#include "checkers/property.hpp"

namespace raftsim::checkers {

/// X2 scenario_check, X3 scenario_stuck, X4 event_storm, X5 no_crash: all but the last count what they watch
/// (check steps, fired steps), no_crash counts incarnations.
class WorldMade final : public Property {
 public:
  WorldMade(PropertyId id, const ClusterShadow& c, Findings& f) : Property(id, c, f) {}
  EventKinds kinds() const override;
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown{}; }
};

}  // namespace raftsim::checkers
