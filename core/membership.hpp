// Changes of the configuration (dissertation 4): what can be asked of a leader, and what becomes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "seam/configuration.hpp"
#include "seam/note.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// Rounds that a new server is given to catch up (4.2.1): in each, it must get what the leader's log held
/// when the round began. One that lasts less than T ends the catching up; the last must.
inline constexpr std::uint64_t catch_up_rounds = 10;
/// A promotion asks whether a learner *has* caught up: it is given one.
inline constexpr std::uint64_t promotion_rounds = 1;
/// In election timeouts: a server that is not heard for so long while it should catch up is given up.
inline constexpr std::int64_t catch_up_silence_max = 10;
/// In election timeouts: so is one that is heard, and whose round does not end.
inline constexpr std::int64_t catch_up_round_max = 100;

/// What is asked for. What is so already is done at once, so that an operator who got no answer may repeat.
enum class ChangeKind : std::uint8_t {
  add_voter,    ///< one node: a learner first, a voter once it has caught up
  add_learner,  ///< one node, which is no voter
  promote,      ///< one node: a learner that has caught up becomes a voter
  remove,       ///< one node: a voter, also the leader itself (4.2.2), or a learner
  replace,      ///< exactly these voters; who is new is a learner first, who was one and is not is removed
};

/// An input of Raft. `nodes` need only live through the step.
struct ChangeRequest {
  ChangeKind kind = ChangeKind::add_voter;
  std::span<const NodeId> nodes;
};

enum class ChangeResult : std::uint8_t { started, done, not_leader, busy, refused };

struct ChangeOutcome {
  ChangeResult result = ChangeResult::not_leader;
  /// Where it is none of started and done.
  ChangeRefusal why = ChangeRefusal::not_leader;
  /// Where it is done: of the configuration that it came to.
  Index index;
  /// If not_leader: whom to ask instead, where known.
  std::optional<NodeId> leader;
};

/// A short reason, ASCII.
const char* reason(ChangeRefusal why);

/// A change that a leader has under way.
struct Change {
  enum class Stage : std::uint8_t {
    joining,      ///< the new servers' entry as learners is not committed yet
    catching_up,  ///< in rounds
    changing,     ///< the last configuration, or the joint one before it, is not committed yet
    undoing,      ///< given up: the entry that takes the new servers out again is not committed yet
  };
  Stage stage = Stage::changing;
  /// What it shall come to. Never joint.
  Configuration target;
  /// Its voters that are no voters yet, and must catch up.
  NodeSet entrants;
  /// Those of them that this change brought in, and takes out again if it is given up.
  NodeSet brought;

  std::uint64_t rounds_max = catch_up_rounds;
  std::uint64_t round = 0;
  /// The present round ends when all entrants have this.
  Index goal;
  Instant round_began;
};

/// What a server may do under the latest configuration of its log.
enum class Standing : std::uint8_t {
  voter,
  /// It was a voter before the latest configuration, which is not known to be committed. It may still be
  /// needed: nobody else may have that entry, and then nobody else can be elected (4.2.2).
  leaving,
  /// A learner, or no part of the cluster: it never campaigns.
  passive,
};

}  // namespace raftsim::core
