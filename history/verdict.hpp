// What a run amounts to (DESIGN, seam 5), as plain data: checkers fill it, reports render it, histories end
// with it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history/event.hpp"
#include "history/property.hpp"
#include "history/situation.hpp"

namespace raftsim::history {

enum class Judgement : std::uint8_t { held, violated, unknown, skipped };

/// `looked`: how often the property was really tested. Held with zero looks is vacuous and is said to be so.
struct PropertyVerdict {
  PropertyId id{};
  Judgement judgement = Judgement::held;
  std::uint64_t looked = 0;
  /// For unknown and skipped: why. For liveness: what was measured.
  std::string why;
};

/// One line of evidence, like `18655  3.396100s  n5  vote for n2, term 7   reply sent before sync`.
struct Evidence {
  EventId event;
  Instant time;
  Endpoint node;
  std::string what;
  std::string remark;
};

struct Violation {
  PropertyId id{};
  EventId event;
  Instant time;
  /// In protocol words, with node names and terms; never "assertion failed". Several lines allowed.
  std::string sentence;
  /// At most 8, in order of time.
  std::vector<Evidence> evidence;
};

struct FaultCount {
  std::uint64_t configured = 0;
  std::uint64_t fired = 0;
  std::uint64_t effective = 0;
  /// Of the operations that fired: the system answered that it does not know them.
  std::uint64_t unsupported = 0;
};
using FaultLedger = std::array<FaultCount, fault_classes>;

/// What was measured of liveness; nothing where it was not measured.
struct Liveness {
  std::optional<Duration> time_to_leader;        ///< from quiet_after
  std::optional<Duration> time_to_first_commit;  ///< from quiet_after
  std::optional<Duration> time_to_convergence;   ///< from drain_after
};

/// What the scenario wants to see (`sometimes`).
struct Goal {
  std::string name;
  bool reached = false;
};

struct Verdict {
  /// One per property that was not turned off, in order of PropertyId.
  std::vector<PropertyVerdict> properties;
  /// In order of detection; the first of each property only.
  std::vector<Violation> violations;
  std::vector<Goal> goals;
  SituationCounts situations{};
  FaultLedger faults{};
  Liveness liveness;

  bool violated() const { return !violations.empty(); }
  bool unknown() const {
    for (const PropertyVerdict& p : properties)
      if (p.judgement == Judgement::unknown) return true;
    return false;
  }
  /// The violation to put first: the first outcome, else the first of any class. Null where all held.
  const Violation* headline() const;
  /// The violation with the earliest event: where to start. Null where all held.
  const Violation* first_broken() const;
};

}  // namespace raftsim::history
