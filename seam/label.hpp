// What the bytes of a disk operation mean, in the protocol's terms. That is how the durable truth is known
// without decoding a foreign log. Labels are claims: checkers audit them (`label_honest`).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim {

/// Once durable, a restart recovers at least this term, and with exactly this term, this vote.
struct HardStateLabel {
  Term term;
  std::optional<NodeId> vote;
  friend bool operator==(const HardStateLabel&, const HardStateLabel&) = default;
};

/// Entries first..last. Anything that the disk held from `first` on is replaced. `chain`: chain hash at
/// `last`.
struct EntriesLabel {
  Index first;
  Index last;
  Term last_term;
  std::uint64_t chain = 0;
  friend bool operator==(const EntriesLabel&, const EntriesLabel&) = default;
};

/// Entries from `from` on are gone.
struct TruncateLabel {
  Index from;
  friend bool operator==(const TruncateLabel&, const TruncateLabel&) = default;
};

struct SnapshotLabel {
  Index index;
  Term term;
  std::uint64_t state_hash = 0;
  Configuration configuration;
  friend bool operator==(const SnapshotLabel&, const SnapshotLabel&) = default;
};

using Label = std::variant<HardStateLabel, EntriesLabel, TruncateLabel, SnapshotLabel>;

}  // namespace raftsim
