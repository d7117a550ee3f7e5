// The names of all enums that reach text or JSON: one table per enum, read both ways. Order is the enum's.
// The tables are the vocabulary of scenarios, histories, traces and reports: a name, once released, stays.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "history/event.hpp"
#include "history/predicate.hpp"
#include "history/property.hpp"
#include "history/run_info.hpp"
#include "history/situation.hpp"
#include "history/verdict.hpp"
#include "seam/effects.hpp"
#include "seam/input.hpp"
#include "seam/message_view.hpp"
#include "seam/note.hpp"
#include "seam/operation.hpp"
#include "seam/options.hpp"
#include "seam/view.hpp"

namespace raftsim::history {

/// Specialised for each enum that has names: `table`, by value.
template <class Enum>
struct Names;

template <>
struct Names<EventKind> {
  static constexpr auto table = std::to_array<std::string_view>(
      {"send",      "depart",     "recv",        "drop",       "dup",    "hold",      "release", "corrupt",
       "timer_set", "timer_fire", "boot",        "role",       "term",   "vote",      "leader",  "append",
       "truncate",  "commit",     "apply",       "snapshot",   "config", "compact",   "write",   "sync",
       "synced",    "disk_error", "durable",     "lost",       "crash",  "restart",   "pause",   "resume",
       "wipe",      "halt",       "fault_begin", "fault_end",  "invoke", "ok",        "fail",    "info",
       "reply",     "note",       "phase",       "step_fired", "check",  "violation", "goal",    "audit",
       "lease",     "load",       "clock"});
  static_assert(table.size() == event_kinds);
};

template <>
struct Names<MessageType> {
  static constexpr auto table = std::to_array<std::string_view>(
      {"unknown", "RequestVote", "RequestVoteResp", "PreVote", "PreVoteResp", "AppendEntries",
       "AppendEntriesResp", "InstallSnapshot", "InstallSnapshotResp", "TimeoutNow", "ReadIndex",
       "ReadIndexResp", "ClientRequest", "ClientReply"});
  static_assert(table.size() == message_types);
};

template <>
struct Names<NoteKind> {
  static constexpr auto table = std::to_array<std::string_view>({
      "role_changed",
      "election_timed_out",
      "vote_granted",
      "vote_refused_stale_term",
      "vote_refused_voted_other",
      "vote_refused_log_behind",
      "vote_refused_leader_alive",
      "vote_refused_role",
      "stepped_down_higher_term",
      "stepped_down_no_quorum",
      "stale_message_ignored",
      "bad_message_ignored",
      "append_refused_gap",
      "append_refused_conflict",
      "log_conflict_truncated",
      "probe_rewound",
      "proposal_refused_busy",
      "proposal_refused_not_leader",
      "read_index_confirmed",
      "read_index_failed",
      "duplicate_command",
      "session_opened",
      "session_unknown",
      "recovered",
      "torn_tail_cut",
      "stale_completion_ignored",
      "campaign_commanded",
      "disk_failed",
      "configuration_appended",
      "configuration_committed",
      "configuration_rolled_back",
      "learner_caught_up",
      "learner_too_slow",
      "change_refused",
      "stepped_down_removed",
      "transfer_started",
      "timeout_now_sent",
      "transfer_done",
      "transfer_aborted",
      "proposal_refused_transfer",
      "vote_refused_promised",
      "lease_read",
      "lease_read_fell_back",
      "read_index_asked",
      "read_index_timed_out",
      "damage_found",
      "vote_refused_in_doubt",
      "doubt_ended",
      "disk_full",
      "disk_has_space",
      "stepped_down_disk_full",
      "snapshot_taken",
      "snapshot_sent",
      "snapshot_installed",
      "snapshot_ignored",
      "stepped_down_disk_hangs",
  });
  static_assert(table.size() == note_kinds);
};

/// In words: they only stand in sentences.
template <>
struct Names<ChangeRefusal> {
  static constexpr auto table = std::to_array<std::string_view>({
      "it is not the leader",
      "another one is going on",
      "leadership is being handed over",
      "nothing of its own term is committed yet",
      "membership is fixed",
      "these are not the servers that it needs",
      "a voter does not become a learner",
      "only a learner can be promoted",
      "no voter would be left",
      "more than one voter changes, which needs a joint configuration",
      "too many servers",
      "the new server did not catch up in time",
      "no majority would be left that can vote",
  });
  static_assert(table.size() == change_refusals);
};

template <>
struct Names<NoLease> {
  static constexpr auto table = std::to_array<std::string_view>({
      "quorums are not checked",
      "given up for a transfer of leadership",
      "nothing of its own term is committed yet",
      "none was had yet, or it is over",
  });
  static_assert(table.size() == no_lease_reasons);
};

template <>
struct Names<FaultClass> {
  static constexpr auto table = std::to_array<std::string_view>({"message_loss",
                                                                 "message_duplicate",
                                                                 "message_reorder",
                                                                 "message_latency",
                                                                 "partition",
                                                                 "isolate",
                                                                 "message_rule",
                                                                 "crash",
                                                                 "restart",
                                                                 "pause",
                                                                 "disk_slow",
                                                                 "disk_loss",
                                                                 "disk_torn",
                                                                 "clock_offset",
                                                                 "clock_drift",
                                                                 "set_link",
                                                                 "timeout_now",
                                                                 "heal",
                                                                 "add_node",
                                                                 "remove_node",
                                                                 "promote",
                                                                 "replace_nodes",
                                                                 "transfer_leadership",
                                                                 "take_snapshot",
                                                                 "wipe",
                                                                 "amnesia",
                                                                 "disk_error",
                                                                 "disk_sync_error",
                                                                 "disk_full",
                                                                 "disk_torn_write",
                                                                 "disk_rot",
                                                                 "disk_rot_of_state",
                                                                 "disk_rot_of_snapshot",
                                                                 "disk_misdirected",
                                                                 "disk_misread",
                                                                 "disk_lie",
                                                                 "disk_dirents",
                                                                 "clock_jump",
                                                                 "clock_freeze",
                                                                 "message_corrupt",
                                                                 "message_replay",
                                                                 "link_capacity",
                                                                 "link_bandwidth",
                                                                 "link_clog",
                                                                 "stream_break",
                                                                 "service_time",
                                                                 "inbox",
                                                                 "slow_process",
                                                                 "client_death"});
  static_assert(table.size() == fault_classes);
};

template <>
struct Names<Role> {
  static constexpr auto table =
      std::to_array<std::string_view>({"follower", "pre_candidate", "candidate", "leader", "learner"});
};
template <>
struct Names<SituationId> {
  static constexpr auto table = [] {
    std::array<std::string_view, situation_count> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = situations[i].name;
    return names;
  }();
};
template <>
struct Names<RoleWord> {
  static constexpr auto table = std::to_array<std::string_view>(
      {"follower", "pre_candidate", "candidate", "leader", "learner", "down", "paused"});
};
template <>
struct Names<EntryKind> {
  static constexpr auto table = std::to_array<std::string_view>({"no_op", "command", "configuration"});
};
template <>
struct Names<DropReason> {
  static constexpr auto table =
      std::to_array<std::string_view>({"none", "loss", "partition", "rule", "receiver_down", "queue_full",
                                       "sender_crashed", "inbox_full", "disconnected"});
};
template <>
struct Names<Phase> {
  static constexpr auto table = std::to_array<std::string_view>({"chaos", "quiet", "drain"});
};
template <>
struct Names<CrashPoint> {
  static constexpr auto table = std::to_array<std::string_view>(
      {"now", "mid_effects", "before_sync", "during_sync", "after_sync", "during_recovery"});
};
template <>
struct Names<AuditOf> {
  static constexpr auto table = std::to_array<std::string_view>({"promise", "crash"});
};
template <>
struct Names<SnapshotAction> {
  static constexpr auto table = std::to_array<std::string_view>({"taken", "sent", "installed", "recovered"});
};
template <>
struct Names<Boot> {
  static constexpr auto table = std::to_array<std::string_view>({"fresh", "join", "existing"});
};
template <>
struct Names<DiskAction> {
  static constexpr auto table = std::to_array<std::string_view>(
      {"write", "sync", "read", "truncate", "rename", "remove", "list", "sync_directory"});
};
template <>
struct Names<DiskFlaw> {
  static constexpr auto table = std::to_array<std::string_view>({"none", "lied"});
};
template <>
struct Names<ClockChange> {
  static constexpr auto table = std::to_array<std::string_view>({"wall_jumped", "jumped", "froze", "thawed"});
};
template <>
struct Names<DiskStatus> {
  static constexpr auto table = std::to_array<std::string_view>({"ok", "io_error", "full", "not_found"});
};
template <>
struct Names<ReplyKind> {
  static constexpr auto table =
      std::to_array<std::string_view>({"ok", "not_leader", "busy", "refused", "failed", "unsupported"});
};
template <>
struct Names<AdminKind> {
  static constexpr auto table =
      std::to_array<std::string_view>({"add_voter", "add_learner", "remove", "promote", "replace", "transfer",
                                       "take_snapshot", "timeout_now"});
};
template <>
struct Names<OperationKind> {
  static constexpr auto table =
      std::to_array<std::string_view>({"get", "put", "delete", "cas", "append", "open_session"});
};
template <>
struct Names<ReadMode> {
  static constexpr auto table =
      std::to_array<std::string_view>({"log", "read_index", "lease", "follower", "local_unsafe"});
};
template <>
struct Names<MembershipForm> {
  static constexpr auto table = std::to_array<std::string_view>({"fixed", "single_server", "joint"});
};
template <>
struct Names<Model> {
  static constexpr auto table = std::to_array<std::string_view>({"none", "register", "kv", "append"});
};
template <>
struct Names<Judgement> {
  static constexpr auto table = std::to_array<std::string_view>({"held", "violated", "unknown", "skipped"});
};
template <>
struct Names<PropertyClass> {
  static constexpr auto table = std::to_array<std::string_view>({"outcome", "audit", "liveness", "run"});
};
template <>
struct Names<TargetWord> {
  static constexpr auto table =
      std::to_array<std::string_view>({"leader", "stale_leader", "candidate", "follower", "learner", "any",
                                       "all", "majority", "minority", "minority_third", "last_crashed"});
};
template <>
struct Names<LeaderCount> {
  static constexpr auto table = std::to_array<std::string_view>({"none", "one", "many"});
};
template <>
struct Names<Expectation::Kind> {
  static constexpr auto table =
      std::to_array<std::string_view>({"always", "never", "sometimes", "eventually"});
};
template <>
struct Names<EventWord> {
  static constexpr auto table = std::to_array<std::string_view>(
      {"election_won", "election_lost", "vote_split", "leader_stepped_down", "snapshot_sent",
       "snapshot_installed", "log_truncated", "config_committed", "message_dropped", "crash", "restart",
       "read_served_by_lease", "write_issued", "sync_issued", "sync_done", "log_compacted", "config_appended",
       "transfer_started", "read_served"});
};

/// The name of a value; `?` for a value outside the enum.
template <class Enum>
constexpr std::string_view name(Enum value) {
  const auto i = static_cast<std::size_t>(value);
  return i < Names<Enum>::table.size() ? Names<Enum>::table[i] : std::string_view("?");
}

/// The value of a name; nothing where no value has it. `named<Role>("leader")`.
template <class Enum>
constexpr std::optional<Enum> named(std::string_view text) {
  for (std::size_t i = 0; i < Names<Enum>::table.size(); ++i)
    if (Names<Enum>::table[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace raftsim::history
