// The field table: the cluster and the world around it: network, disk, clock, processes.
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Word membership_list[] = {{"fixed", "The voters never change."},
                                    {"single_server", "One voter at a time (dissertation 4.1)."},
                                    {"joint", "Any set, through joint consensus (dissertation 4.3)."}};
constexpr Words membership_words{"membership", membership_list};
constexpr Type membership = word_of(membership_words);
constexpr Type drift_bound = integer({0, one_million});
constexpr Type small_count = integer({1, one_million});
constexpr Type byte_count = integer({1, uint32_max});
constexpr Type large_byte_count = integer({1, int64_max});
constexpr Type segment_byte_count = integer({64, int64_max});

constexpr Field raft_fields[] = {
    {.name = "election_timeout",
     .type = &duration,
     .documentation =
         "T. Each wait is drawn from [T, 2T) (paper 5.2). The same on all servers at all times, as "
         "check_quorum, where clients read by lease (6.4.1).",
     .default_value = "\"150ms\"",
     .example = "\"200ms\""},
    {.name = "heartbeat_interval",
     .type = &duration,
     .documentation =
         "How often an idle leader sends AppendEntries. Below half of election_timeout, else elections "
         "are needless.",
     .default_value = "\"30ms\"",
     .example = "\"40ms\""},
    {.name = "pre_vote",
     .type = &boolean,
     .documentation = "Ask before campaigning (dissertation 9.6).",
     .default_value = "true",
     .example = "false"},
    {.name = "check_quorum",
     .type = &boolean,
     .documentation =
         "A leader that has not heard from a quorum within T steps down; voters that heard a leader "
         "within T ignore RequestVote (dissertation 6.2 and 4.2.3).",
     .default_value = "true",
     .example = "false"},
    {.name = "no_op",
     .type = &boolean,
     .documentation =
         "Append an empty entry at the start of a term (paper 8). Off is for study: then nothing of an "
         "earlier term commits before a client writes.",
     .default_value = "true",
     .example = "false"},
    {.name = "membership",
     .type = &membership,
     .documentation = "How voters may change.",
     .default_value = "\"joint\"",
     .example = "\"fixed\""},
    {.name = "clock_drift_bound_ppm",
     .type = &drift_bound,
     .documentation = "By how much the rates of two clocks may differ: what lease reads rely on.",
     .default_value = "500",
     .example = "200",
     .unit = "ppm"},
    {.name = "max_entries_per_append",
     .type = &small_count,
     .documentation = "Entries in one AppendEntries.",
     .default_value = "64",
     .example = "1"},
    {.name = "max_bytes_per_append",
     .type = &byte_count,
     .documentation = "Payload of one AppendEntries; one entry always goes, however long.",
     .default_value = "65536",
     .example = "1024",
     .unit = "bytes"},
    {.name = "max_inflight_appends",
     .type = &small_count,
     .documentation = "AppendEntries with entries that may be on their way to one follower.",
     .default_value = "16",
     .example = "2"},
    {.name = "max_uncommitted_bytes",
     .type = &large_byte_count,
     .documentation =
         "Payload that a leader holds uncommitted, or unwritten on its own disk, before it refuses "
         "proposals as busy.",
     .default_value = "1048576",
     .example = "4096",
     .unit = "bytes"},
    {.name = "snapshot_every",
     .type = &count,
     .documentation = "Entries applied between snapshots; 0: none but those that an administrator asks for.",
     .default_value = "1000",
     .example = "50"},
    {.name = "trailing_entries",
     .type = &count,
     .documentation = "Entries kept behind a snapshot.",
     .default_value = "100",
     .example = "10"},
    {.name = "snapshot_chunk_bytes",
     .type = &byte_count,
     .documentation = "Of one InstallSnapshot.",
     .default_value = "4096",
     .example = "512",
     .unit = "bytes"},
    {.name = "segment_bytes",
     .type = &segment_byte_count,
     .documentation = "A segment of the log is closed once it is at least this long.",
     .default_value = "65536",
     .example = "4096",
     .unit = "bytes"},
    {.name = "session_cap",
     .type = &byte_count,
     .documentation = "Open client sessions; beyond it the log expires the least recently used.",
     .default_value = "1024",
     .example = "16"},
    {.name = "apply_delay",
     .type = &duration,
     .documentation = "How long the state machine takes for an entry.",
     .default_value = "\"0ms\"",
     .example = "\"1ms\""}};
constexpr Object raft_object{"raft", "Options of the algorithm and its server, for every node.", raft_fields};

}  // namespace

constinit const Type raft = object_of(raft_object);

namespace {

constexpr Field override_fields[] = {{.name = "system",
                                      .type = &text,
                                      .documentation = "The system that this node runs.",
                                      .example = "\"raft\""},
                                     {.name = "raft",
                                      .type = &raft,
                                      .documentation = "Options of this node, over the cluster's.",
                                      .example = R"({"election_timeout": "300ms"})"}};
constexpr Object override_object{"node_override", "What is different about a node.", override_fields,
                                 Rule::at_least_one};
constexpr Type node_override = object_of(override_object);
constexpr Type overrides = node_map_of(node_override);

constexpr Type term = integer({0, int64_max});
constexpr Type entry_term = integer({1, int64_max});
constexpr Type entry_terms = list_of(entry_term);
constexpr Field initial_fields[] = {
    {.name = "term",
     .type = &term,
     .documentation = "Its current term. Absent: the last entry's.",
     .example = "3"},
    {.name = "voted_for",
     .type = &maybe_node,
     .documentation = "Its vote in that term.",
     .default_value = "null",
     .example = "\"n2\""},
    {.name = "log",
     .type = &entry_terms,
     .documentation = "The terms of its entries from index 1, as in the paper's figure 7.",
     .default_value = "[]",
     .example = "[1, 1, 2]"},
    {.name = "commit",
     .type = &count,
     .documentation = "What it knows to be committed at its first start.",
     .default_value = "0",
     .example = "1"},
    {.name = "down",
     .type = &boolean,
     .documentation = "It is down until a step restarts it.",
     .default_value = "false",
     .example = "true"}};
constexpr Object initial_object{"initial_node", "The disk with which a node starts.", initial_fields};
constexpr Type initial_node = object_of(initial_object);
constexpr Type initial = node_map_of(initial_node);

constexpr Type node_count = integer({1, 64});
constexpr Type learner_count = integer({0, 64});
constexpr Field cluster_fields[] = {
    {.name = "nodes",
     .type = &node_count,
     .documentation = "Voters, named n1, n2, ...",
     .example = "5",
     .need = Need::required},
    {.name = "learners",
     .type = &learner_count,
     .documentation = "Servers that do not vote, numbered after them.",
     .default_value = "0",
     .example = "1"},
    {.name = "raft",
     .type = &raft,
     .documentation = "Options of every node.",
     .example = R"({"pre_vote": false})"},
    {.name = "overrides",
     .type = &overrides,
     .documentation = "Node by node, what is different.",
     .example = R"({"n2": {"raft": {"election_timeout": "300ms"}}})"},
    {.name = "initial",
     .type = &initial,
     .documentation = "Node by node, the disk with which it starts; absent nodes start empty.",
     .example = R"({"n1": {"log": [1, 1]}})"},
    {.name = "system",
     .type = &text,
     .documentation =
         "The system under test: `raft` (the core of this repository), a planted bug as `bugs/NAME`, or "
         "the path of a shared object.",
     .default_value = "\"raft\"",
     .example = "\"bugs/no-dedup\""}};
constexpr Object cluster_object{"cluster", "The servers.", cluster_fields};

constexpr Word on_crash_list[] = {
    {"keep_all", "Everything that was written survives."},
    {"lose_unsynced", "Each sector that was not synced survives or is lost, drawn."},
    {"torn_unsynced", "Each sector that was not synced survives, is lost, or holds garbage, drawn."}};
constexpr Words on_crash_words{"on_crash", on_crash_list};
constexpr Type on_crash = word_of(on_crash_words);
constexpr Word dirents_list[] = {{"prefix", "Changes of a directory survive as a prefix of their order."},
                                 {"any_subset", "Any of them survive, drawn one by one."}};
constexpr Words dirents_words{"dirents", dirents_list};
constexpr Type dirents = word_of(dirents_words);

constexpr Field disk_fields[] = {
    {.name = "read",
     .type = &dist,
     .documentation = "How long a read takes.",
     .default_value = "\"100us\"",
     .example = "\"200us\""},
    {.name = "write",
     .type = &dist,
     .documentation = "How long a write takes; it is not durable then.",
     .default_value = "\"100us\"",
     .example = "\"50us\""},
    {.name = "fsync",
     .type = &dist,
     .documentation = "How long a sync takes.",
     .default_value = "\"1ms\"",
     .example = "\"2ms\""},
    {.name = "on_crash",
     .type = &on_crash,
     .documentation = "What becomes of writes that were not synced.",
     .default_value = "\"lose_unsynced\"",
     .example = "\"torn_unsynced\""},
    {.name = "fsync_lies",
     .type = &probability,
     .documentation = "That a sync says done and did nothing: a power loss may take what it should have "
                      "kept of what labels speak of, as if it had never been synced.",
     .default_value = "0",
     .example = "0.01"},
    {.name = "io_error",
     .type = &probability,
     .documentation =
         "That a read or write (or truncation, rename, removal, listing) fails; a write may have "
         "written its beginning.",
     .default_value = "0",
     .example = "0.001"},
    {.name = "corrupt_read",
     .type = &probability,
     .documentation =
         "That a read returns one bit of a synced record of entries flipped. The disk still holds "
         "it as it was.",
     .default_value = "0",
     .example = "0.01"},
    {.name = "misdirected_write",
     .type = &probability,
     .documentation =
         "That a write of entries turns out to lie elsewhere, over other synced entries: neither "
         "is found by the next start.",
     .default_value = "0",
     .example = "0.01"},
    {.name = "protect_quorum",
     .type = &boolean,
     .documentation = "Lies, decay, misread and misdirected writes leave a majority of the voters with what "
                      "they take, and "
                      "never take a vote that a server has promised; what they take is vouched for by a "
                      "later write. false: "
                      "they take what they like. What the run then says of safety is unknown.",
     .default_value = "true",
     .example = "false"},
    {.name = "sync_error",
     .type = &probability,
     .documentation = "That a sync fails: what it should have kept is read until the process stops, and then "
                      "is gone.",
     .default_value = "0",
     .example = "0.001"},
    {.name = "bit_rot",
     .type = &probability,
     .documentation =
         "That, each time a server starts from its disk, one bit of a synced record of entries or "
         "of its snapshot has flipped.",
     .default_value = "0",
     .example = "0.1"},
    {.name = "dirents",
     .type = &dirents,
     .documentation = "Which unsynced creations, renames and removals survive a power loss.",
     .default_value = "\"prefix\"",
     .example = "\"any_subset\""}};
constexpr Object disk_object{
    "disk", "Every node's disk. Its troubles, each with a probability of its own, end at quiet_after.",
    disk_fields};

constexpr Type drift = integer({0, 500'000});
constexpr Field jump_fields[] = {
    {.name = "every",
     .type = &dist,
     .documentation = "From one jump to the next, drawn per node.",
     .example = "\"2s\"",
     .need = Need::required},
    {.name = "by",
     .type = &signed_duration,
     .documentation = "How far; negative: backwards. All jumps together: 36 years either way.",
     .example = "\"-300ms\"",
     .need = Need::required}};
constexpr Object jump_object{"jump", "A clock that jumps.", jump_fields};
constexpr Type jump = object_of(jump_object);
constexpr Field clock_fields[] = {
    {.name = "offset",
     .type = &dist,
     .documentation = "By how much a node's clock is ahead, drawn per node.",
     .default_value = "\"0ms\"",
     .example = "\"10ms\""},
    {.name = "drift_ppm",
     .type = &drift,
     .documentation = "Each node's clock runs at a rate of its own, within this of the true one.",
     .default_value = "0",
     .example = "200",
     .unit = "ppm"},
    {.name = "jump",
     .type = &jump,
     .documentation = "Each node's clock jumps again and again, until quiet_after. Absent: never.",
     .example = R"({"every": "1s", "by": "-300ms"})"},
    {.name = "monotonic",
     .type = &boolean,
     .documentation =
         "Jumps leave the clock alone that timers run on: only the wall clock jumps. false: they "
         "hit both, and no lease counts any more.",
     .default_value = "true",
     .example = "false"}};
constexpr Object clock_object{"clock", "Every node's clock.", clock_fields};

}  // namespace

constinit const Type cluster = object_of(cluster_object);
constinit const Type disk = object_of(disk_object);
constinit const Type clock = object_of(clock_object);

}  // namespace raftsim::sim::table
