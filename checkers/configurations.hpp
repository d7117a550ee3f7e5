// The configurations that servers have shown, by the log entry that made each: what membership is judged
// against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "checkers/canonical.hpp"
#include "history/event.hpp"
#include "seam/configuration.hpp"

namespace raftsim::checkers {

/// A configuration entry of some log, with the configuration that the first server to show it acted by.
struct ShownConfiguration {
  Index index;
  Term term;
  Configuration configuration;
  history::EventId event;
  Instant time;
  NodeId by;
};

/// Grows with the changes of membership; of very many, the newest few thousand are kept.
class Configurations {
 public:
  explicit Configurations(Configuration initial) : initial_(std::move(initial)) {}

  const Configuration& initial() const { return initial_; }
  /// Null: nobody has shown it.
  const ShownConfiguration* find(Index index, Term term) const;
  bool knows(Index index) const;
  /// Of how many terms servers have shown one at `index`.
  std::size_t terms_at(Index index) const;
  /// Where it is known already, the first stays.
  void add(ShownConfiguration shown);
  /// In force at `index` of the canonical sequence: of the last configuration entry committed up to there.
  const Configuration& at(Index index, const Canonical& can) const;
  /// Some server's log held a configuration entry that nobody ever acted by: what is between two others may
  /// be missing.
  void skipped_one() { complete_ = false; }
  bool complete() const { return complete_; }
  const Configuration& latest_committed(const Canonical& can) const { return at(can.last(), can); }

 private:
  std::vector<ShownConfiguration> shown_;  ///< in order of index, then term
  Configuration initial_;
  bool complete_ = true;
};

}  // namespace raftsim::checkers
