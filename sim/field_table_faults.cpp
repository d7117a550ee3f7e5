// The field table: actions, the script, random faults.
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Word shape_list[] = {
    {"halves", "Two groups, as equal as they can be."},
    {"majority_minority", "A majority and the rest."},
    {"majorities_ring",
     "Each voter sees a majority of the voters, and each a different one; whoever has "
     "no vote sees whom one of the voters sees."},
    {"bridge", "Two halves that share one server."},
    {"leader_alone", "The leader and the rest."},
    {"random", "Any two groups."},
    {"partial", "Two servers that all others reach, but not each other."},
    {"drawn", "One of the other shapes."}};
constexpr Words shape_words{"partition_shape", shape_list};
constexpr Type group_list{.kind = TypeKind::list, .element = &target, .min = 2};
constexpr Type groups_alternatives[] = {group_list, word_of(shape_words)};
constexpr Type groups = one_of(groups_alternatives);
constexpr Field partition_fields[] = {
    {.name = "groups",
     .type = &groups,
     .documentation = "The groups, disjoint, or a shape that is drawn over all nodes.",
     .example = R"(["leader", {"not": "leader"}])",
     .need = Need::required},
    {.name = "one_way",
     .type = &boolean,
     .documentation =
         "Only messages from the first group to the others are lost: the other way, and among the others, "
         "all "
         "get through. Not with `majorities_ring`; where `drawn` draws that one, it cuts both ways.",
     .default_value = "false",
     .example = "true"},
    {.name = "for", .type = &dist, .documentation = for_text, .example = "\"2s\""}};
constexpr Object partition_object{"partition", "Servers of different groups cannot reach each other.",
                                  partition_fields};

constexpr Word direction_list[] = {
    {"both", "It neither hears nor is heard."}, {"in", "It does not hear."}, {"out", "It is not heard."}};
constexpr Words direction_words{"direction", direction_list};
constexpr Type direction = word_of(direction_words);
constexpr Field isolate_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Who.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "direction",
     .type = &direction,
     .documentation = "Which way.",
     .default_value = "\"both\"",
     .example = "\"in\""},
    {.name = "clients_too",
     .type = &boolean,
     .documentation = "From clients as well.",
     .default_value = "false",
     .example = "true"},
    {.name = "for", .type = &dist, .documentation = for_text, .example = "\"2s\""}};
constexpr Object isolate_object{"isolate", "A server is cut off from all others.", isolate_fields};

constexpr Word healed_list[] = {
    {"all", "Everything and everybody."},
    {"core", "The live core; all others are cut off, and those of them that are down stay so."},
    {"drawn",
     "The live core; each other server is drawn to be healed, too, or to be cut off, or, where all have "
     "pre_vote and check_quorum, to have some of its links only."}};
constexpr Words healed_words{"healed", healed_list};
constexpr Type healed = word_of(healed_words);
constexpr Field heal_fields[] = {
    {.name = "restart_all",
     .type = &boolean,
     .documentation = "Crashed servers start again: those of them that are healed.",
     .default_value = "false",
     .example = "true"},
    {.name = "who",
     .type = &healed,
     .documentation =
         "Who is healed. A live core is drawn as for `faults.heal`, among servers that run unless "
         "`restart_all` says so; all others are isolated until something heals them. Where there is no "
         "such core, everybody is healed.",
     .default_value = "\"all\"",
     .example = "\"core\""}};
constexpr Object heal_object{
    "heal",
    "Ends cuts, changed and stalled links, message rules (held messages leave), pauses, "
    "slowness, frozen clocks and disk faults that last.",
    heal_fields};

constexpr Field set_link_fields[] = {
    {.name = "from",
     .type = &link_end,
     .documentation = "Senders.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "to",
     .type = &link_end,
     .documentation = "Receivers.",
     .example = "\"follower\"",
     .need = Need::required},
    {.name = "link",
     .type = &link,
     .documentation = "What is different.",
     .example = R"({"loss": 0.5})",
     .need = Need::required},
    {.name = "for", .type = &dist, .documentation = for_text, .example = "\"2s\""}};
constexpr Object set_link_object{"set_link", "Links become slow, lossy, narrow; their mode stays.",
                                 set_link_fields};

constexpr Word message_do_list[] = {{"drop", "They are lost."},
                                    {"hold", "They wait until released."},
                                    {"release", "Those held leave now."},
                                    {"duplicate", "They arrive twice."},
                                    {"deliver_now", "They arrive at once."}};
constexpr Words message_do_words{"message_rule", message_do_list};
constexpr Type message_do = word_of(message_do_words);
constexpr Word message_type_list[] = {{"RequestVote", "Asks for a vote."},
                                      {"RequestVoteResp", "Answers it."},
                                      {"PreVote", "Asks whether a vote would be granted."},
                                      {"PreVoteResp", "Answers it."},
                                      {"AppendEntries", "Replication and heartbeat."},
                                      {"AppendEntriesResp", "Answers it."},
                                      {"InstallSnapshot", "A part of a snapshot."},
                                      {"InstallSnapshotResp", "Answers it."},
                                      {"TimeoutNow", "Campaign at once."},
                                      {"ReadIndex", "A follower's question."},
                                      {"ReadIndexResp", "Answers it."}};
constexpr Words message_type_words{"message_type", message_type_list, /*first=*/1};
constexpr Type message_type = word_of(message_type_words);
constexpr Type message_types = set_of(message_type);
constexpr Field messages_fields[] = {
    {.name = "do",
     .type = &message_do,
     .documentation = "What happens to them.",
     .example = "\"drop\"",
     .need = Need::required},
    {.name = "type",
     .type = &message_types,
     .documentation = "Of these types; absent: all. Needs a system that describes its messages.",
     .example = R"(["AppendEntries"])"},
    {.name = "from",
     .type = &target,
     .documentation = "From these; absent: from all.",
     .example = "\"leader\""},
    {.name = "to", .type = &target, .documentation = "To these; absent: to all.", .example = "\"n2\""},
    {.name = "count", .type = &positive, .documentation = "This many; absent: no limit.", .example = "3"},
    {.name = "for", .type = &dist, .documentation = for_text, .example = "\"2s\""}};
constexpr Object messages_object{"messages", "A rule over messages that match.", messages_fields};

constexpr Field timeout_now_fields[] = {{.name = "target",
                                         .type = &target,
                                         .documentation = "Who.",
                                         .example = "\"n1\"",
                                         .need = Need::required}};
constexpr Object timeout_now_object{"timeout_now", "A server campaigns at once.", timeout_now_fields};

constexpr Type operation = word_of(operation_words);
constexpr Type client_number = integer({0, 1023});
constexpr Field client_fields[] = {
    {.name = "client",
     .type = &client_number,
     .documentation = "Which client.",
     .default_value = "0",
     .example = "1"},
    {.name = "op",
     .type = &operation,
     .documentation = "What it does.",
     .example = "\"put\"",
     .need = Need::required},
    {.name = "key",
     .type = &text,
     .documentation = "With which key.",
     .default_value = "\"k0\"",
     .example = "\"k1\""},
    {.name = "value",
     .type = &operand,
     .documentation = "put, append: the value; cas: the new one.",
     .example = "\"a\""},
    {.name = "expect",
     .type = &maybe_operand,
     .documentation = "cas: the value that must be there; null: the key must be absent.",
     .default_value = "null",
     .example = "\"b\""},
    {.name = "to",
     .type = &target,
     .documentation = "Whom it asks first; absent: as it likes.",
     .example = "\"leader\""}};
constexpr Object client_object{"client", "A client does one operation.", client_fields};

constexpr Type partition = object_of(partition_object), isolate = object_of(isolate_object),
               heal = object_of(heal_object), set_link = object_of(set_link_object),
               messages = object_of(messages_object), timeout_now = object_of(timeout_now_object),
               client = object_of(client_object);

constexpr Field action_fields[] = {
    {.name = "crash", .type = &crash, .documentation = "Servers die.", .example = R"({"target": "leader"})"},
    {.name = "restart",
     .type = &restart,
     .documentation = "Crashed servers start again.",
     .example = R"({"target": "n1"})"},
    {.name = "pause",
     .type = &pause,
     .documentation = "Servers stand still.",
     .example = R"({"target": "leader"})"},
    {.name = "resume",
     .type = &resume,
     .documentation = "Paused servers go on.",
     .example = R"({"target": "n1"})"},
    {.name = "partition",
     .type = &partition,
     .documentation = "The network falls apart into groups.",
     .example = R"({"groups": "halves"})"},
    {.name = "isolate",
     .type = &isolate,
     .documentation = "A server is cut off from all others.",
     .example = R"({"target": "leader"})"},
    {.name = "heal",
     .type = &heal,
     .documentation = "Network and pauses are healed, crashes if asked.",
     .example = R"({"restart_all": true})"},
    {.name = "set_link",
     .type = &set_link,
     .documentation = "Links change.",
     .example = R"({"from": "n1", "to": "n2", "link": {"loss": 0.5}})"},
    {.name = "messages",
     .type = &messages,
     .documentation = "A rule over messages: drop, hold, release, ...",
     .example = R"({"do": "drop", "type": ["AppendEntries"], "count": 3})"},
    {.name = "disk_fault",
     .type = &disk_fault,
     .documentation = "A disk misbehaves.",
     .example = R"({"target": "leader", "kind": "slow"})"},
    {.name = "timeout_now",
     .type = &timeout_now,
     .documentation = "A server campaigns at once.",
     .example = R"({"target": "n1"})"},
    {.name = "client",
     .type = &client,
     .documentation = "A client does one operation.",
     .example = R"({"op": "put", "value": "a"})"},
    {.name = "check",
     .type = &predicate,
     .documentation = "A predicate must hold now (scenario_check).",
     .example = R"({"leader": "one"})"},
    {.name = "add_node",
     .type = &add_node,
     .documentation = "A server joins.",
     .example = R"({"as": "learner"})"},
    {.name = "remove_node",
     .type = &remove_node,
     .documentation = "A server leaves.",
     .example = R"({"target": "leader"})"},
    {.name = "promote",
     .type = &promote,
     .documentation = "A learner becomes a voter.",
     .example = R"({"target": "learner"})"},
    {.name = "replace_nodes",
     .type = &replace_nodes,
     .documentation = "Another set of voters.",
     .example = R"({"voters": ["n1", "n2"]})"},
    {.name = "transfer_leadership",
     .type = &transfer_leadership,
     .documentation = "The leader hands over.",
     .example = R"({"to": "follower"})"},
    {.name = "take_snapshot",
     .type = &take_snapshot,
     .documentation = "Servers take a snapshot.",
     .example = R"({"target": "leader"})"},
    {.name = "membership",
     .type = &membership_change,
     .documentation = "One change of members, drawn; in faults.random.",
     .example = R"({"kinds": ["add_voter", "remove"]})"},
    {.name = "clock_jump",
     .type = &clock_jump,
     .documentation = "Clocks jump.",
     .example = R"({"target": "leader", "by": "-300ms"})"},
    {.name = "clock_freeze",
     .type = &clock_freeze,
     .documentation = "Clocks stand still.",
     .example = R"({"target": "leader", "for": "500ms"})"},
    {.name = "slow",
     .type = &slow,
     .documentation = "Servers become slow.",
     .example = R"({"target": "leader", "factor": 20})"}};
constexpr Object action_object{"action", "One thing that is done to the cluster.", action_fields,
                               Rule::exactly_one};

}  // namespace

constinit const Type action = object_of(action_object);

namespace {

constexpr Type action_list = list_of(action, 1);
constexpr Type do_alternatives[] = {object_of(action_object), action_list};
constexpr Type action_or_list = one_of(do_alternatives);

constexpr std::string_view step_chosen[] = {"at", "after", "when"};
constexpr Field step_fields[] = {
    {.name = "id",
     .type = &identifier,
     .documentation =
         "A name, for `since`, for messages, and for its draws: without one, a step draws as the "
         "first, second, ... that does the same.",
     .example = "\"kill\""},
    {.name = "note",
     .type = &text,
     .documentation = "Shown in the report at this point.",
     .example = "\"the leader dies\""},
    {.name = "at", .type = &duration, .documentation = "At this simulated time.", .example = "\"1s\""},
    {.name = "after",
     .type = &duration,
     .documentation = "So long after the step before it fired.",
     .example = "\"500ms\""},
    {.name = "when",
     .type = &predicate,
     .documentation = "At the first event at which this holds, once the steps before it fired.",
     .example = R"({"leader": "one"})"},
    {.name = "deadline",
     .type = &duration,
     .documentation = "With `when`: the run fails as scenario_stuck if it does not hold within this.",
     .example = "\"5s\""},
    {.name = "do",
     .type = &action_or_list,
     .documentation = "One action, or several at once.",
     .example = R"({"heal": {}})",
     .need = Need::required}};
constexpr Object step_object{"step", "A scripted step; `at`, `after` or `when` says when it fires.",
                             step_fields, Rule::one_of_chosen, step_chosen};
constexpr Type step = object_of(step_object);
constexpr Type script = list_of(step);

constexpr Field random_fault_fields[] = {
    {.name = "id",
     .type = &identifier,
     .documentation = "A name, for messages, and for its draws: without one, a fault draws as the first, "
                      "second, ... that does the same.",
     .example = "\"crashes\""},
    {.name = "do",
     .type = &action,
     .documentation = "The action.",
     .example = R"({"crash": {"target": "any", "for": "1s"}})",
     .need = Need::required},
    {.name = "every",
     .type = &dist,
     .documentation = "From one firing to the next.",
     .example = "\"2s\"",
     .need = Need::required},
    {.name = "max_at_once",
     .type = &positive,
     .documentation = "In force at the same time; absent: no limit.",
     .example = "1"},
    {.name = "from",
     .type = &duration,
     .documentation = "Not before this.",
     .default_value = "\"0ms\"",
     .example = "\"1s\""},
    {.name = "until",
     .type = &duration,
     .documentation = "Not after this; absent: until quiet_after, or the end.",
     .example = "\"8s\""}};
constexpr Object random_fault_object{"random_fault", "An action that fires again and again.",
                                     random_fault_fields};
constexpr Type random_fault = object_of(random_fault_object);
constexpr Type random_faults = list_of(random_fault);

constexpr Field faults_fields[] = {
    {.name = "script",
     .type = &script,
     .documentation = "Steps, one after the other.",
     .example = R"([{"at": "1s", "do": {"heal": {}}}])"},
    {.name = "random",
     .type = &random_faults,
     .documentation = "Random faults.",
     .example = R"([{"every": "2s", "do": {"pause": {"target": "any", "for": "1s"}}}])"},
    {.name = "keep_quorum",
     .type = &boolean,
     .documentation = "Random faults never leave fewer than a majority up and mutually connected.",
     .default_value = "false",
     .example = "true"},
    {.name = "quiet_after",
     .type = &duration,
     .documentation = "From here no random fault starts, the cluster is healed, and liveness is judged. A "
                      "scripted fault that certainly starts later is refused. Absent: never.",
     .example = "\"6s\""},
    {.name = "drain_after",
     .type = &duration,
     .documentation = "From here clients start nothing, and convergence is judged. Absent: never.",
     .example = "\"8s\""},
    {.name = "heal",
     .type = &healed,
     .documentation =
         "What is healed at quiet_after. Of a live core, a drawn quorum of every active configuration, all "
         "servers are undamaged, run and reach each other without loss.",
     .default_value = "\"all\"",
     .example = "\"core\""},
    {.name = "min_voters",
     .type = &positive,
     .documentation = "Random membership leaves at least this many voters; it needs both bounds.",
     .example = "2"},
    {.name = "max_voters",
     .type = &positive,
     .documentation = "Random membership makes at most this many voters.",
     .example = "7"}};
constexpr Object faults_object{"faults", "What goes wrong, and when it stops going wrong.", faults_fields};

}  // namespace

constinit const Type faults = object_of(faults_object);

}  // namespace raftsim::sim::table
