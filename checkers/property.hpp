// What every judge is: an observer with a name, a count of how often it really looked, and at most one
// violation. Text is made only at a violation.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "checkers/cluster_shadow.hpp"
#include "history/event.hpp"
#include "history/property.hpp"
#include "history/verdict.hpp"

namespace raftsim::checkers {

using history::Evidence;
using history::Judgement;
using history::PropertyId;
using history::PropertyVerdict;
using history::Violation;

/// All violations of a run, in order of detection.
using Findings = std::vector<Violation>;

class Property : public history::Observer {
 public:
  Property(PropertyId id, const ClusterShadow& cluster, Findings& findings)
      : id_(id), cluster_(cluster), findings_(findings) {}

  PropertyId id() const { return id_; }
  /// The present event tells that a server has recovered: Now::recovered.
  virtual void on_recovered(const Event&, const NodeShadow&) {}
  /// The last event is past: judge what only the end can tell.
  virtual void finish(Instant) {}
  PropertyVerdict verdict() const;

 protected:
  /// What a history must show for this property to be judged at all.
  virtual Shown needs() const = 0;

  void looked(std::uint64_t times = 1) { looked_ += times; }
  /// Only the first violation of a property is told: ask before making its text.
  bool broken() const { return broken_; }
  /// Cold, so that compilers put the making of its sentence apart from what runs at every event.
  [[gnu::cold]] void violate(EventId event, Instant time, std::string sentence,
                             std::vector<Evidence> evidence = {});
  [[gnu::cold, gnu::noinline]] void violate(const Event& event, std::string sentence,
                                            std::vector<Evidence> evidence = {}) {
    violate(event.id, event.time, std::move(sentence), std::move(evidence));
  }
  void set_unknown(std::string why);
  void set_skipped(std::string why);
  /// Part of it was not judged: skipped where that was all there was to look at.
  void unjudged(std::string why) { looked_ == 0 ? set_skipped(std::move(why)) : measured(std::move(why)); }
  /// For liveness: what was measured.
  void measured(std::string text) { why_ = std::move(text); }

  const ClusterShadow& cluster() const { return cluster_; }

 private:
  bool beyond_fault_budget() const;

  PropertyId id_;
  const ClusterShadow& cluster_;
  Findings& findings_;
  std::uint64_t looked_ = 0;
  bool broken_ = false;
  Judgement judgement_ = Judgement::held;
  std::string why_;
};

}  // namespace raftsim::checkers
