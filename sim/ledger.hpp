// The fault ledger: what was configured, what fired, and what had an effect (faults.md).
#pragma once

#include "history/verdict.hpp"
#include "sim/network.hpp"

namespace raftsim::sim {

class Ledger {
 public:
  explicit Ledger(const history::FaultLedger& configured) : counts_(configured) {}

  void fired(history::FaultClass c, std::uint64_t times = 1) {
    counts_[static_cast<std::size_t>(c)].fired += times;
  }
  void effective(history::FaultClass c) { ++counts_[static_cast<std::size_t>(c)].effective; }
  /// Of what may have its effect several times, each of which counts as long as it fired as often.
  void effective_if_fired(history::FaultClass c) {
    history::FaultCount& count = counts_[static_cast<std::size_t>(c)];
    if (count.effective < count.fired) ++count.effective;
  }
  /// Of what has an effect whenever it fires.
  void happened(history::FaultClass c, std::uint64_t times) { happened(c, times, times); }
  void happened(history::FaultClass c, std::uint64_t fired, std::uint64_t effective) {
    counts_[static_cast<std::size_t>(c)].fired += fired;
    counts_[static_cast<std::size_t>(c)].effective += effective;
  }
  void unsupported(history::FaultClass c) { ++counts_[static_cast<std::size_t>(c)].unsupported; }
  /// No server labelled what it wrote: what takes labelled bytes only could take nothing.
  void nothing_labelled();

  /// With what the network did of its own accord, which it counts itself.
  history::FaultLedger with(const NetworkCounts& network) const;

 private:
  history::FaultLedger counts_;
};

}  // namespace raftsim::sim
