// Which servers may come into being during a run: planned from the scenario alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Fresh ids continue the numbering. Those that the script names are kept for it; whatever else needs one
/// takes the lowest that nobody has or names.
class Births {
 public:
  explicit Births(const Scenario& scenario);

  std::uint32_t capacity() const { return capacity_; }
  /// Nothing where all have come into being.
  std::optional<NodeId> next() const;
  void born(NodeId id);

 private:
  std::uint32_t capacity_ = 0;
  NodeSet free_;  ///< neither born nor named by the script
};

}  // namespace raftsim::sim
