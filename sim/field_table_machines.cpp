// The field table: what happens to a machine: its process, its disk, its clocks.
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Word point_list[] = {
    {"now", "At once."},
    {"mid_effects", "In the middle of the next step: a prefix of its effects happens."},
    {"before_sync", "When the next sync is issued: it does nothing."},
    {"during_sync", "While the next sync is at work."},
    {"after_sync", "When the next sync has completed, before anybody is told."},
    {"during_recovery",
     "While the node recovers from its next start: when one of the first operations of its recovery, drawn, "
     "has "
     "ended."}};
constexpr Words point_words{"crash_point", point_list};
constexpr Type point = word_of(point_words);
constexpr Field crash_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Who.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "for",
     .type = &dist,
     .documentation = "Time until it restarts; absent: until something restarts it.",
     .example = "\"2s\""},
    {.name = "point",
     .type = &point,
     .documentation = "When exactly.",
     .default_value = "\"now\"",
     .example = "\"during_sync\""}};
constexpr Object crash_object{"crash", "The process dies; of its disk survives what `disk.on_crash` leaves.",
                              crash_fields};

constexpr Field restart_fields[] = {
    {.name = "target", .type = &target, .documentation = "Who.", .example = "\"n1\"", .need = Need::required},
    {.name = "wipe",
     .type = &boolean,
     .documentation =
         "Its disk is lost (a running server is powered off first), and the machine comes back under a fresh "
         "id: an administrator adds it as a learner, removes the old id, and lets it vote if that one did.",
     .default_value = "false",
     .example = "true"},
    {.name = "amnesia",
     .type = &boolean,
     .documentation = "Its disk is lost (a running server is powered off first), and it comes back under the "
                      "same id, with its vote forgotten: shows what that breaks. Not in faults.random.",
     .default_value = "false",
     .example = "true"},
    {.name = "raft",
     .type = &raft,
     .documentation =
         "With these options from then on, over those that the file gives it (a running server is "
         "powered off first). Not membership and session_cap, which all servers share, nor another "
         "election_timeout or check_quorum where clients read by lease.",
     .example = R"({"election_timeout": "300ms"})"}};
constexpr Object restart_object{
    "restart", "A crashed server starts again from its disk, or a machine that lost its disk from nothing.",
    restart_fields};

constexpr Field pause_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Who.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "for", .type = &dist, .documentation = for_text, .example = "\"2s\""}};
constexpr Object pause_object{"pause", "The process stands still; what comes for it waits.", pause_fields};

constexpr Field resume_fields[] = {{.name = "target",
                                    .type = &target,
                                    .documentation = "Who.",
                                    .example = "\"n1\"",
                                    .need = Need::required}};
constexpr Object resume_object{"resume", "A paused process goes on.", resume_fields};

constexpr Word disk_fault_list[] = {
    {"slow", "Every operation takes ten times as long."},
    {"io_error", "Every operation fails; a write may have written its beginning."},
    {"sync_error",
     "Every sync fails; what it should have kept is read until the process stops, and then is gone."},
    {"full", "Whatever needs more space fails; the beginning may have been written."},
    {"fsync_lies", "Every sync says done and does nothing; a power loss then takes labelled bytes only."},
    {"torn_write", "The end of a synced write of entries was never written, at once."},
    {"corrupt_entry", "A bit of a synced write of entries flips, at once."},
    {"corrupt_state", "A bit of the synced term and vote flips, at once."},
    {"corrupt_snapshot", "A bit of the durable snapshot flips, at once."},
    {"misdirected_write",
     "A synced write of entries turns out to lie elsewhere, over another one, at once: neither is found."}};
constexpr Words disk_fault_words{"disk_fault_kind", disk_fault_list};
constexpr Type disk_fault_kind = word_of(disk_fault_words);
constexpr Field disk_fault_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Whose disk.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "kind",
     .type = &disk_fault_kind,
     .documentation = "What is wrong with it.",
     .example = "\"slow\"",
     .need = Need::required},
    {.name = "for",
     .type = &dist,
     .documentation = "How long; absent: until something ends it. Not of what happens at once.",
     .example = "\"2s\""}};
constexpr Object disk_fault_object{
    "disk_fault",
    "A disk misbehaves, or what it holds decays. What decays was vouched for: another write was made durable "
    "after it, so that a server can tell the damage from a write that a power loss cut short; and a quorum "
    "of other voters holds it, or nothing happens (but see `disk.protect_quorum`).",
    disk_fault_fields};

constexpr Field clock_jump_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Whose clock.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "by",
     .type = &signed_duration,
     .documentation = "How far; negative: backwards. All jumps together: 36 years either way.",
     .example = "\"-300ms\"",
     .need = Need::required}};
constexpr Object clock_jump_object{
    "clock_jump", "A wall clock jumps, and with `clock.monotonic` false the clock that timers run on, too.",
    clock_jump_fields};

constexpr Field clock_freeze_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Whose clock.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "for", .type = &dist, .documentation = for_text, .example = "\"500ms\""}};
constexpr Object clock_freeze_object{
    "clock_freeze",
    "Both clocks of a server stand still, and no timer of it fires; then they go on from where they stood.",
    clock_freeze_fields};

}  // namespace

constinit const Type crash = object_of(crash_object);
constinit const Type restart = object_of(restart_object);
constinit const Type pause = object_of(pause_object);
constinit const Type resume = object_of(resume_object);
constinit const Type disk_fault = object_of(disk_fault_object);
constinit const Type clock_jump = object_of(clock_jump_object);
constinit const Type clock_freeze = object_of(clock_freeze_object);

}  // namespace raftsim::sim::table
