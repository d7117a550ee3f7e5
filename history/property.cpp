#include "history/property.hpp"

#include <array>

namespace raftsim::history {
namespace {

using enum PropertyId;
constexpr auto outcome = PropertyClass::outcome;
constexpr auto audit = PropertyClass::audit;
constexpr auto liveness = PropertyClass::liveness;
constexpr auto run = PropertyClass::run;

constexpr std::array<PropertyInfo, property_count> table{{
    {election_safety, "election_safety", "I01", "at most one leader is ever elected in a term", outcome},
    {leader_append_only, "leader_append_only", "I02",
     "a leader never overwrites or removes entries of its own log, it only appends", outcome},
    {log_matching, "log_matching", "I03",
     "if two logs ever hold an entry with the same index and term, they are equal up to that index", outcome},
    {leader_completeness, "leader_completeness", "I04",
     "every leader of a later term holds all entries that were committed in earlier terms", outcome},
    {leader_has_committed, "leader_has_committed", "I04s",
     "a leader's log holds all that a running server of a lower term knows to be committed", outcome},
    {state_machine_safety, "state_machine_safety", "I05",
     "no two servers ever apply or commit different entries at the same index", outcome},
    {deterministic_state, "deterministic_state", "Y1",
     "all servers are in the same state after applying an entry, with the same result", outcome},
    {one_vote_per_term, "one_vote_per_term", "I07",
     "a server grants its vote to at most one candidate per term, also across restarts", audit},
    {monotonic_term, "monotonic_term", "I06",
     "a server's term never falls, and after a restart is not below any term that it promised", audit},
    {monotonic_commit, "monotonic_commit", "I10",
     "while a server runs, its commit index never falls, nor does it pass the end of its log", audit},
    {durable_before_reply, "durable_before_reply", "A1",
     "what a message promises (term, vote, entries) survives a power loss when the message leaves", audit},
    {vote_quorum, "vote_quorum", "A2",
     "whoever becomes leader was really granted votes by a majority of the voters", audit},
    {vote_up_to_date, "vote_up_to_date", "A3",
     "a vote goes only to a candidate whose log is at least as up-to-date as the voter's", audit},
    {commit_needs_quorum, "commit_needs_quorum", "A4",
     "when a leader commits an entry, a majority of the voters durably hold its log up to there", audit},
    {no_old_term_commit, "no_old_term_commit", "A5",
     "a leader advances its commit index only to an entry of its own term", audit},
    {ack_bounded, "ack_bounded", "A7",
     "a server acknowledges no more of its log than the leader of that term has proved", audit},
    {ack_not_forgotten, "ack_not_forgotten", "A8",
     "a server keeps what it acknowledged until a later leader replaces it, and votes as if it still had it",
     audit},
    {follower_commit_bound, "follower_commit_bound", "A6",
     "a follower commits no more than leaders told it of entries that its log was proved to hold", audit},
    {message_provenance, "message_provenance", "A13",
     "a leader's messages come from the leader of their term, and say what its log and commit index are",
     audit},
    {entry_creator, "entry_creator", "A10", "only the leader of a term creates entries of that term", audit},
    {log_term_order, "log_term_order", "I08",
     "terms never fall along a log, and none is above its server's current term", audit},
    {legal_transitions, "legal_transitions", "I13",
     "whoever leads was a candidate before, and nobody campaigns while it leads", audit},
    {role_facts, "role_facts", "I15",
     "a server knows at most one leader of a term, and itself only if it leads by its own vote too", audit},
    {pre_vote_inert, "pre_vote_inert", "W6",
     "a pre-vote changes nothing where it is asked for, and nobody campaigns without a quorum of them",
     audit},
    {contiguous_apply, "contiguous_apply", "I11",
     "a server applies entries one by one from behind its snapshot; only an installed one moves it on",
     audit},
    {committed_never_truncated, "committed_never_truncated", "A11",
     "no server removes a committed entry from the tail of its log", audit},
    {config_matches_log, "config_matches_log", "K1",
     "a server acts by the last configuration in its log, committed or not, else by its snapshot's", audit},
    {legal_config_step, "legal_config_step", "K2",
     "configurations follow each other by one voter, or into and out of a joint one", audit},
    {config_change_precondition, "config_change_precondition", "K3",
     "a leader appends a configuration only after committing the one before and an entry of its term", audit},
    {only_voters_decide, "only_voters_decide", "K4",
     "learners never campaign, and who does not vote counts in no election and no commitment", audit},
    {removed_steps_down, "removed_steps_down", "K6",
     "a leader that a committed configuration leaves out steps down", audit},
    {no_amnesia, "no_amnesia", "K7",
     "a server that lost its disk never comes back under the id under which it promised anything", audit},
    {snapshot_equals_prefix, "snapshot_equals_prefix", "Z1",
     "a snapshot holds the state, term and configuration of the committed entries up to its index", outcome},
    {compaction_bound, "compaction_bound", "Z2",
     "a log is compacted only up to what a durable snapshot of applied entries holds", audit},
    {no_log_gap, "no_log_gap", "Z3", "a log starts at or before the entry that follows the snapshot", audit},
    {install_monotonic, "install_monotonic", "Z4",
     "installing a snapshot never takes a server back, and keeps a log that held its last entry", audit},
    {lease_exclusion, "lease_exclusion", "Y9",
     "while a server would serve reads from a lease, nobody leads or commits in a later term", audit},
    {exactly_once, "exactly_once", "Y2",
     "each command takes effect at most once, however often it is retried", outcome},
    {reply_correct, "reply_correct", "Y3",
     "an answer to a command is the result of its one application to the committed log", outcome},
    {failure_honesty, "failure_honesty", "Y7", "what a client was told can never take effect never does",
     outcome},
    {session_guarantees, "session_guarantees", "Y4",
     "to each client the positions of its answered operations never fall", outcome},
    {causal_order, "causal_order", "Y8",
     "what began after another operation was answered stands behind it in the log", outcome},
    {read_freshness, "read_freshness", "Y5",
     "a read sees every operation that was answered before the read began", outcome},
    {linearizable, "linearizable", "Y6",
     "all operations can be ordered, each between its call and its answer, so that every answer is right",
     outcome},
    {label_honest, "label_honest", "L1",
     "what a server says its disk writes mean is what it recovers from them", audit},
    {log_bound, "log_bound", "U1",
     "with snapshots on, a log stays bounded, however far behind another server is", audit},
    {uncommitted_bound, "uncommitted_bound", "U2",
     "a leader holds no more uncommitted bytes than it was allowed", audit},
    {convergence, "convergence", "W3",
     "once clients stop and faults end, all members reach the same committed log and state", liveness},
    {leader_within, "leader_within", "W1", "once faults end, a leader commits an entry within the bound",
     liveness},
    {client_progress, "client_progress", "W4",
     "once faults end, every operation is answered within the bound", liveness},
    {transfer_terminates, "transfer_terminates", "W7",
     "a transfer of leadership succeeds or is given up within the bound; its leader takes nothing meanwhile",
     liveness},
    {reconfig_terminates, "reconfig_terminates", "W8",
     "once faults end, a change of the configuration is committed, and a joint one left, within the bound",
     liveness},
    {expectation, "expectation", "X1", "what the scenario expects (always, never, eventually, final) holds",
     run},
    {scenario_check, "scenario_check", "X2", "each check step of the scenario holds when it is reached", run},
    {scenario_stuck, "scenario_stuck", "X3", "each awaited step of the scenario fires before its deadline",
     run},
    {event_storm, "event_storm", "X4", "the run reaches its time limit before its limit of events", run},
    {no_crash, "no_crash", "X5", "the system under test does not crash, throw, hang or exhaust memory", run},
    {refinement, "refinement", "S1",
     "each step of a server is one that the specification of Raft allows, given what it had received", audit},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].id) != i || table[i].name.empty()) return false;
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const PropertyInfo> properties() { return table; }

const PropertyInfo& info(PropertyId id) { return table.at(static_cast<std::size_t>(id)); }

std::optional<PropertyId> property_named(std::string_view name) {
  for (const PropertyInfo& p : table)
    if (p.name == name) return p.id;
  return std::nullopt;
}

}  // namespace raftsim::history
