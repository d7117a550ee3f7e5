// The field table: what must hold, and the limits of a run.
#include <array>

#include "history/situation.hpp"
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Type invariants{.kind = TypeKind::property_map, .element = &boolean};

constexpr Word on_timeout_list[] = {{"unknown", "The verdict is unknown."}, {"fail", "The run fails."}};
constexpr Words on_timeout_words{"on_timeout", on_timeout_list};
constexpr Type on_timeout = word_of(on_timeout_words);
constexpr Field linearizable_fields[] = {
    {.name = "timeout",
     .type = &duration,
     .documentation =
         "Limit of the search, counted in its steps, so that every machine gives the same verdict.",
     .default_value = "\"60s\"",
     .example = "\"30s\""},
    {.name = "on_timeout",
     .type = &on_timeout,
     .documentation = "What it means when the search takes longer.",
     .default_value = "\"unknown\"",
     .example = "\"fail\""}};
constexpr Object linearizable_object{"linearizable", "How long to search for an order of the operations.",
                                     linearizable_fields};
constexpr Type linearizable_alternatives[] = {scalar(TypeKind::boolean), object_of(linearizable_object)};
constexpr Type linearizable = one_of(linearizable_alternatives);

constexpr Field expectation_fields[] = {{.name = "name",
                                         .type = &text,
                                         .documentation = "In words, for the verdict.",
                                         .example = "\"one leader\"",
                                         .need = Need::required},
                                        {.name = "that",
                                         .type = &predicate,
                                         .documentation = "What.",
                                         .example = R"({"leader": "one"})",
                                         .need = Need::required}};
constexpr Object expectation_object{"expectation", "A predicate with a name.", expectation_fields};
constexpr Type expectation = object_of(expectation_object);
constexpr Type expectation_list = list_of(expectation);

constexpr auto situation_list = [] {
  std::array<Word, history::situation_count> list{};
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i] = {history::situations[i].name, history::situations[i].sentence};
  return list;
}();
constexpr Words situation_words{"situation", situation_list};
constexpr Type sometimes_alternatives[] = {word_of(situation_words), object_of(expectation_object)};
constexpr Type sometimes = one_of(sometimes_alternatives);
constexpr Type sometimes_list = list_of(sometimes);

constexpr Field eventually_fields[] = {
    {.name = "name",
     .type = &text,
     .documentation = "In words, for the verdict.",
     .example = "\"a leader again\"",
     .need = Need::required},
    {.name = "that",
     .type = &predicate,
     .documentation = "What.",
     .example = R"({"leader": "one"})",
     .need = Need::required},
    {.name = "within",
     .type = &duration,
     .documentation = "How soon.",
     .example = "\"2s\"",
     .need = Need::required},
    {.name = "since",
     .type = &text,
     .documentation = "From when on it counts: the id of a step, or start, heal, quiet, drain.",
     .default_value = "\"start\"",
     .example = "\"quiet\""}};
constexpr Object eventually_object{"eventually", "A predicate that must come true in time.",
                                   eventually_fields};
constexpr Type eventually = object_of(eventually_object);
constexpr Type eventually_list = list_of(eventually);

constexpr Word final_leader_list[] = {{"none", "No server is leader."}, {"one", "One server is leader."}};
constexpr Words final_leader_words{"final_leader", final_leader_list};
constexpr Type final_leader = word_of(final_leader_words);
constexpr Field final_fields[] = {
    {.name = "logs_equal", .type = &boolean, .documentation = "All logs are equal.", .example = "true"},
    {.name = "applied_equal",
     .type = &boolean,
     .documentation = "All servers applied the same.",
     .example = "true"},
    {.name = "all_ops_answered",
     .type = &boolean,
     .documentation = "No operation ended without an answer.",
     .example = "true"},
    {.name = "ops_ok",
     .type = &compare,
     .documentation = "Operations answered ok.",
     .example = R"({"ge": 100})"},
    {.name = "leader",
     .type = &final_leader,
     .documentation = "How many leaders there are.",
     .example = "\"one\""}};
constexpr Object final_object{"final", "What must hold at the end of the run. `false` demands the contrary.",
                              final_fields};
constexpr Type final_type = object_of(final_object);

constexpr Field availability_fields[] = {
    {.name = "ok_fraction",
     .type = &fraction_compare,
     .documentation = "The share of ok among the operations that ended.",
     .example = R"({"ge": 0.9})"},
    {.name = "longest_gap",
     .type = &duration,
     .documentation = "The longest time in which operations were pending and none ended ok.",
     .example = "\"3s\""}};
constexpr Object availability_object{"availability", "How well clients must have been served.",
                                     availability_fields};
constexpr Type availability = object_of(availability_object);

constexpr Field violates_fields[] = {{.name = "violates",
                                      .type = &property,
                                      .documentation = "The property that must be among the violated.",
                                      .example = "\"election_safety\"",
                                      .need = Need::required}};
constexpr Object violates_object{"violates", "What a known-bad scenario must show.", violates_fields};
constexpr Type verdict_alternatives[] = {constant("held"), object_of(violates_object)};
constexpr Type verdict = one_of(verdict_alternatives);

constexpr Field expect_fields[] = {
    {.name = "invariants",
     .type = &invariants,
     .documentation = "Properties by id, on or off (`sim list properties`). All are on.",
     .example = R"({"client_progress": false})"},
    {.name = "linearizable",
     .type = &linearizable,
     .documentation = "Whether the operations must be linearizable, or how long to search.",
     .default_value = "true",
     .example = "false"},
    {.name = "always",
     .type = &expectation_list,
     .documentation = "Must hold at every event.",
     .example = R"([{"name": "small terms", "that": {"not": {"term": {"ge": 50}}}}])"},
    {.name = "never",
     .type = &expectation_list,
     .documentation = "Must hold at no event.",
     .example = R"([{"name": "term 50", "that": {"term": {"ge": 50}}}])"},
    {.name = "sometimes",
     .type = &sometimes_list,
     .documentation =
         "Must come about in at least one run of a campaign: a guard against passing for nothing. "
         "A rare situation of the catalogue (`sim list goals`), or a predicate.",
     .example = R"(["vote_split", {"name": "two elections", "that": {"elections": {"ge": 2}}}])"},
    {.name = "eventually",
     .type = &eventually_list,
     .documentation = "Must come true in time.",
     .example = R"([{"name": "a leader", "that": {"leader": "one"}, "within": "2s"}])"},
    {.name = "final",
     .type = &final_type,
     .documentation =
         "Must hold at the end. Progress (equal logs and states, one leader, enough answers) is not demanded "
         "of "
         "a run with a drain phase in which no quorum was whole, or that was disturbed until less than the "
         "liveness bound before its end: what is missing is told, and not judged.",
     .example = R"({"logs_equal": true})"},
    {.name = "availability",
     .type = &availability,
     .documentation = "How well clients must have been served.",
     .example = R"({"longest_gap": "3s"})"},
    {.name = "liveness_bound",
     .type = &positive,
     .documentation =
         "How soon, once it is quiet, a leader must commit, clients be served, changes of members "
         "end, and, once it drains, the servers converge.",
     .default_value = "20",
     .example = "40",
     .unit = "largest election timeouts"},
    {.name = "verdict",
     .type = &verdict,
     .documentation =
         "`held`, or the property that this scenario breaks under the system that it names; under another "
         "--system it is left out, and said so.",
     .default_value = "\"held\"",
     .example = R"({"violates": "election_safety"})"}};
constexpr Object expect_object{"expect", "What must hold, beyond the properties that are always judged.",
                               expect_fields};

constexpr Type event_count = integer({1, int64_max});
/// Less than a simulated cluster itself needs would blame the simulator; more than a TiB is a slip.
constexpr Type memory_size = integer({64, 1'048'576});
constexpr Field limits_fields[] = {
    {.name = "time",
     .type = &duration,
     .documentation = "Simulated time: the end of the run.",
     .default_value = "\"30s\"",
     .example = "\"10s\""},
    {.name = "events",
     .type = &event_count,
     .documentation = "Events; reached before `time` it is an event_storm.",
     .default_value = "50000000",
     .example = "2000000"},
    {.name = "wall",
     .type = &duration,
     .documentation = "Wall time; absent: no limit.",
     .example = "\"20s\""},
    {.name = "memory_mib",
     .type = &memory_size,
     .documentation = "Memory of the run; absent: 2048. A run that needs more ends with `no_crash`.",
     .example = "512",
     .unit = "MiB"}};
constexpr Object limits_object{"limits", "When a run ends.", limits_fields};

constexpr Word level_list[] = {
    {"none", "A run that fails is recorded, unless --history says otherwise."},
    {"full", "Every run is recorded, as with --history always, unless --history says otherwise."}};
constexpr Words level_words{"record_level", level_list};
constexpr Type level = word_of(level_words);
constexpr Type keyframe_gap = integer({100, uint32_max});
constexpr Field record_fields[] = {
    {.name = "level",
     .type = &level,
     .documentation = "Which runs are recorded, each with all its events.",
     .default_value = "\"none\"",
     .example = "\"full\""},
    {.name = "keyframe_every",
     .type = &keyframe_gap,
     .documentation = "Events between keyframes: the state of all servers, from "
                      "which a reader may start.",
     .default_value = "10000",
     .example = "1000"}};
constexpr Object record_object{"record", "What is kept of a run.", record_fields};

}  // namespace

constinit const Type expect = object_of(expect_object);
constinit const Type limits = object_of(limits_object);
constinit const Type record = object_of(record_object);

}  // namespace raftsim::sim::table
