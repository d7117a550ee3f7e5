// What the servers have shown as committed, as far as the world needs it to tell of logs that start behind a
// snapshot: chain hashes, and where the configuration entries are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "seam/chain.hpp"
#include "seam/types.hpp"

namespace raftsim::sim {

/// A configuration entry of a log.
struct ConfigurationEntry {
  Index index;
  Term term;
  friend bool operator==(const ConfigurationEntry&, const ConfigurationEntry&) = default;
};

/// Grown by whoever commits an index first. Memory is bounded: the last 65,536 chains and a few thousand
/// configurations.
class CommittedChain {
 public:
  /// Precondition: grows.
  void set(Index index, std::uint64_t chain) {
    if (index.value >= ring_.size() && ring_.size() < kept)
      ring_.resize(ring_.empty() ? 1'024 : ring_.size() * 2);
    ring_[index.value & (ring_.size() - 1)] = {index, chain};
  }
  /// Nothing where it is not known, or not any more.
  std::optional<std::uint64_t> at(Index index) const {
    if (index.value == 0) return chain_start;
    if (ring_.empty()) return std::nullopt;
    const Link& link = ring_[index.value & (ring_.size() - 1)];
    return link.index == index && link.chain != 0 ? std::optional(link.chain) : std::nullopt;
  }

  /// Precondition: behind all before.
  void add_configuration(ConfigurationEntry entry) {
    if (configurations_.size() == configurations_kept)
      configurations_.erase(configurations_.begin(), configurations_.begin() + configurations_kept / 2);
    configurations_.push_back(entry);
  }
  /// The last one not behind `index`.
  std::optional<ConfigurationEntry> configuration(Index index) const {
    for (auto c = configurations_.rbegin(); c != configurations_.rend(); ++c)
      if (c->index <= index) return *c;
    return std::nullopt;
  }

 private:
  struct Link {
    Index index;
    std::uint64_t chain = 0;
  };
  static constexpr std::size_t kept = 1u << 16;
  static constexpr std::size_t configurations_kept = 4'096;

  std::vector<Link> ring_;  ///< by index; its size is a power of two
  std::vector<ConfigurationEntry> configurations_;
};

}  // namespace raftsim::sim
