// What a judge must know of a run before its first event: part of the header of every history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/predicate.hpp"
#include "history/property.hpp"
#include "history/situation.hpp"
#include "seam/options.hpp"
#include "seam/system.hpp"

namespace raftsim::history {

struct NodeInfo {
  NodeId id;
  std::string system;
  Options options;
  std::optional<InitialState> initial;
  bool learner = false;
  /// Not there at the start, and in no configuration then: it comes into being at its `boot` event, if ever.
  bool later = false;
};

enum class Model : std::uint8_t { none, register_, kv, append };

/// `always`, `never`, `sometimes`, `eventually` of a scenario.
struct Expectation {
  enum class Kind : std::uint8_t { always, never, sometimes, eventually } kind = Kind::always;
  std::string name;
  Predicate that;
  /// sometimes: one of the catalogue instead of `that`.
  std::optional<SituationId> situation;
  std::optional<Duration> within;  ///< eventually
  /// A step's id, or start, heal, quiet, drain: when `within` starts to count.
  std::string since = "start";
};

/// Judged at the end of the run.
struct FinalExpectation {
  std::optional<bool> logs_equal, applied_equal, all_ops_answered;
  std::optional<Compare> ops_ok;
  std::optional<LeaderCount> leader;
  friend bool operator==(const FinalExpectation&, const FinalExpectation&) = default;
};

struct Availability {
  /// In millionths of the operations that ended.
  std::optional<Compare> ok_fraction_ppm;
  /// The longest time in which operations were pending and none ended ok.
  std::optional<Duration> longest_gap;
  friend bool operator==(const Availability&, const Availability&) = default;
};

struct RunInfo {
  std::string scenario;
  std::string scenario_path;
  std::uint64_t seed = 0;
  std::string system;
  /// In order of id, without gaps: first those of the start, then all that may come into being.
  std::vector<NodeInfo> nodes;
  Model model = Model::none;
  std::uint32_t clients = 0;
  std::optional<Instant> quiet_at;
  std::optional<Instant> drain_at;
  Instant end;
  /// It is stopped before its scenario's end: what that asks of the end is not judged.
  bool stops_early = false;
  /// Liveness bounds are this many of the largest election timeout, counted from quiet_at or drain_at.
  std::int64_t bound_in_election_timeouts = 20;
  std::vector<PropertyId> turned_off;
  bool linearizable = true;
  Duration linearizable_timeout = seconds(60);
  bool linearizable_timeout_fails = false;
  std::vector<Expectation> expectations;
  FinalExpectation final;
  Availability availability;
  std::uint64_t limit_events = 50'000'000;
  /// Damage to disks leaves a quorum with whatever a correct system could keep. Otherwise a run in which some
  /// was done says nothing of safety (checkers.md), but for what its scenario expects to see broken.
  bool protect_quorum = true;
  /// Steps take time by themselves (process.service_time).
  bool service_time = false;
  std::optional<PropertyId> expected_violation;

  /// Who is there at the start: n1 to this one.
  std::size_t nodes_at_start() const {
    std::size_t count = 0;
    for (const NodeInfo& n : nodes) count += n.later ? 0u : 1u;
    return count;
  }
};

}  // namespace raftsim::history
