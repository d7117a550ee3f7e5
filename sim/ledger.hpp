// The fault ledger: what was configured, what fired, and what had an effect (faults.md).
#pragma once

#include "history/verdict.hpp"
#include "sim/network.hpp"

namespace raftsim::sim {

class Ledger {
 public:
  explicit Ledger(const history::FaultLedger& configured) : counts_(configured) {}

  void fired(history::FaultClass c) { ++counts_[static_cast<std::size_t>(c)].fired; }
  void effective(history::FaultClass c) { ++counts_[static_cast<std::size_t>(c)].effective; }
  void unsupported(history::FaultClass c) { ++counts_[static_cast<std::size_t>(c)].unsupported; }

  /// With what the network did of its own accord, which it counts itself.
  history::FaultLedger with(const NetworkCounts& network) const;

 private:
  history::FaultLedger counts_;
};

}  // namespace raftsim::sim
