// Predicates over the cluster as its events tell it: scenario triggers (`when`) and expectations use the same
// ones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "history/event.hpp"
#include "seam/view.hpp"

namespace raftsim::history {

/// Role words are resolved when a step fires, from the cluster as it then is, and the resolution is recorded.
enum class TargetWord : std::uint8_t {
  leader,        ///< the leader of the highest term
  stale_leader,  ///< a leader of a lower term than another leader's, or cut off
  candidate,
  follower,  ///< drawn
  learner,
  any,  ///< drawn
  all,
  majority,  ///< drawn; over voters of the latest committed configuration
  minority,
  minority_third,
  last_crashed,
};

struct Target;
struct RandomTarget {
  std::uint32_t count = 1;
  std::shared_ptr<const Target> from;  ///< null: all
};
struct NotTarget {
  std::shared_ptr<const Target> of;
};
struct Target {
  std::variant<TargetWord, NodeSet, RandomTarget, NotTarget> what = TargetWord::any;
};

/// All given bounds must hold; integers, since everything compared is a count or an ordinal.
struct Compare {
  std::optional<std::int64_t> eq, ge, le, gt, lt;
  bool holds(std::int64_t x) const {
    return (!eq || x == *eq) && (!ge || x >= *ge) && (!le || x <= *le) && (!gt || x > *gt) &&
           (!lt || x < *lt);
  }
  friend bool operator==(const Compare&, const Compare&) = default;
};

enum class LeaderCount : std::uint8_t { none, one, many };
enum class RoleWord : std::uint8_t { follower, pre_candidate, candidate, leader, learner, down, paused };

/// Names of happenings that a predicate can wait for; each is recognised in one event.
enum class EventWord : std::uint8_t {
  election_won,
  election_lost,
  vote_split,
  leader_stepped_down,
  snapshot_sent,
  snapshot_installed,
  log_truncated,
  config_committed,
  message_dropped,
  crash,
  restart,
  read_served_by_lease,
  write_issued,
  sync_issued,
  sync_done,
  log_compacted,
  config_appended,
  transfer_started,
  read_served,
};

/// A conjunction of what is given. `node` names of whom role, term, commit, applied, log_length and event
/// speak; without it they hold if any node satisfies all of them at once.
struct Predicate {
  std::optional<LeaderCount> leader;
  std::optional<Target> node;
  std::optional<RoleWord> role;
  std::optional<Compare> term, commit, applied, log_length;
  /// Over the whole run so far: elections won, operations answered ok.
  std::optional<Compare> elections, ops_ok;
  std::optional<EventWord> event;
  std::vector<Predicate> all, any;
  std::shared_ptr<const Predicate> negated;
};

}  // namespace raftsim::history
