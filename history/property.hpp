// The names of all properties that are judged (checkers.md). One table; `sim list properties`, `--only`, the
// schema's enum and bug.json use it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace raftsim::history {

/// Order is the order in which verdicts list them.
enum class PropertyId : std::uint8_t {
  election_safety,
  leader_append_only,
  log_matching,
  leader_completeness,
  leader_has_committed,
  state_machine_safety,
  deterministic_state,
  one_vote_per_term,
  monotonic_term,
  monotonic_commit,
  durable_before_reply,
  vote_quorum,
  vote_up_to_date,
  commit_needs_quorum,
  no_old_term_commit,
  ack_bounded,
  ack_not_forgotten,
  follower_commit_bound,
  message_provenance,
  entry_creator,
  log_term_order,
  legal_transitions,
  role_facts,
  pre_vote_inert,
  contiguous_apply,
  committed_never_truncated,
  config_matches_log,
  legal_config_step,
  config_change_precondition,
  only_voters_decide,
  removed_steps_down,
  no_amnesia,
  snapshot_equals_prefix,
  compaction_bound,
  no_log_gap,
  install_monotonic,
  lease_exclusion,
  exactly_once,
  reply_correct,
  failure_honesty,
  session_guarantees,
  causal_order,
  read_freshness,
  linearizable,
  label_honest,
  log_bound,
  uncommitted_bound,
  convergence,
  leader_within,
  client_progress,
  transfer_terminates,
  reconfig_terminates,
  expectation,     ///< `expect.always`, never, eventually, final, availability of the scenario
  scenario_check,  ///< a `check` action
  scenario_stuck,  ///< a `when` deadline missed
  event_storm,     ///< limits.events reached before limits.time
  no_crash,        ///< the system under test crashed, threw, hung or ate memory
  refinement,
};
inline constexpr int property_count = static_cast<int>(PropertyId::refinement) + 1;

/// How a property relates to a mistake: a decision audit judges the moment a rule is broken, an outcome what
/// came of it.
enum class PropertyClass : std::uint8_t { outcome, audit, liveness, run };

struct PropertyInfo {
  PropertyId id{};
  std::string_view name;       ///< stable, snake_case
  std::string_view ref;        ///< the row of checkers.md
  std::string_view statement;  ///< one line, in the protocol's words
  PropertyClass property_class{};
};

/// All, in order of PropertyId.
std::span<const PropertyInfo> properties();
const PropertyInfo& info(PropertyId id);
std::optional<PropertyId> property_named(std::string_view name);

}  // namespace raftsim::history
