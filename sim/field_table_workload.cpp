// The field table: the clients.
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Word operation_list[] = {{"get", "Reads a key."},
                                   {"put", "Writes a key."},
                                   {"delete", "Removes a key."},
                                   {"cas", "Writes a key if it has the expected value."},
                                   {"append", "Adds to the end of a key's value."}};

constexpr Word model_list[] = {{"none", "No clients but those of `client` actions."},
                               {"register", "get, put, cas on independent registers."},
                               {"kv", "get, put, delete, cas, append on a key-value store."},
                               {"append", "get and append: each read shows a prefix of what follows."}};
constexpr Words model_words{"model", model_list};
constexpr Type model = word_of(model_words);

constexpr Word key_choice_list[] = {{"uniform", "All keys alike."},
                                    {"zipf", "The first key most, then ever less."},
                                    {"hot", "One key gets most of the operations."}};
constexpr Words key_choice_words{"key_choice", key_choice_list};
constexpr Type key_choice = word_of(key_choice_words);

constexpr Field mix_fields[] = {{.name = "get",
                                 .type = &weight,
                                 .documentation = "Weight of reads.",
                                 .default_value = "0",
                                 .example = "5"},
                                {.name = "put",
                                 .type = &weight,
                                 .documentation = "Weight of writes.",
                                 .default_value = "0",
                                 .example = "4"},
                                {.name = "cas",
                                 .type = &weight,
                                 .documentation = "Weight of compare-and-set.",
                                 .default_value = "0",
                                 .example = "1"},
                                {.name = "delete",
                                 .type = &weight,
                                 .documentation = "Weight of removals.",
                                 .default_value = "0",
                                 .example = "1"},
                                {.name = "append",
                                 .type = &weight,
                                 .documentation = "Weight of appends.",
                                 .default_value = "0",
                                 .example = "2"}};
constexpr Object mix_object{"mix", "What clients do, by weight; not all zero.", mix_fields,
                            Rule::at_least_one};
constexpr Type mix = object_of(mix_object);

constexpr Field closed_fields[] = {{.name = "think",
                                    .type = &dist,
                                    .documentation = "From an answer to the same client's next operation.",
                                    .example = "\"20ms\"",
                                    .need = Need::required}};
constexpr Object closed_object{"closed_loop", "Each client waits for its answer, thinks, and goes on.",
                               closed_fields};

constexpr Word process_list[] = {{"poisson", "At random, exponential gaps."}, {"constant", "At equal gaps."}};
constexpr Words process_words{"arrival_process", process_list};
constexpr Type arrival_process = word_of(process_words);
constexpr std::string_view open_chosen[] = {"rate_per_s", "mean_gap"};
constexpr Field open_fields[] = {{.name = "rate_per_s",
                                  .type = &rate,
                                  .documentation = "Operations a second, over all clients.",
                                  .example = "200",
                                  .unit = "per second"},
                                 {.name = "mean_gap",
                                  .type = &duration,
                                  .documentation = "The same, as the mean time between two operations.",
                                  .example = "\"5ms\""},
                                 {.name = "process",
                                  .type = &arrival_process,
                                  .documentation = "How they are spread.",
                                  .default_value = "\"poisson\"",
                                  .example = "\"constant\""}};
constexpr Object open_object{"open_loop", "Operations come whether or not earlier ones were answered.",
                             open_fields, Rule::one_of_chosen, open_chosen};
constexpr Type arrival_alternatives[] = {object_of(closed_object), object_of(open_object)};
constexpr Type arrival = one_of(arrival_alternatives);

constexpr Word read_list[] = {
    {"log", "Through the log, like a write."},
    {"read_index", "The leader confirms its leadership, then answers (dissertation 6.4)."},
    {"lease", "The leader answers while its lease lasts (6.4.1)."},
    {"follower", "Any server; it asks the leader for a read index and answers itself."},
    {"local_unsafe", "Any server, at once, from any state, however old: not linearizable."}};
constexpr Words read_words{"read_mode", read_list};
constexpr Field read_mix_fields[] = {{.name = "log",
                                      .type = &weight,
                                      .documentation = "Weight of reads through the log.",
                                      .default_value = "0",
                                      .example = "1"},
                                     {.name = "read_index",
                                      .type = &weight,
                                      .documentation = "Weight of read-index reads.",
                                      .default_value = "0",
                                      .example = "3"},
                                     {.name = "lease",
                                      .type = &weight,
                                      .documentation = "Weight of lease reads.",
                                      .default_value = "0",
                                      .example = "1"},
                                     {.name = "follower",
                                      .type = &weight,
                                      .documentation = "Weight of follower reads.",
                                      .default_value = "0",
                                      .example = "1"},
                                     {.name = "local_unsafe",
                                      .type = &weight,
                                      .documentation = "Weight of unsafe reads.",
                                      .default_value = "0",
                                      .example = "1"}};
constexpr Object read_mix_object{"read_mix", "How gets are served, by weight; not all zero.", read_mix_fields,
                                 Rule::at_least_one};
constexpr Type reads_alternatives[] = {word_of(read_words), object_of(read_mix_object)};
constexpr Type reads = one_of(reads_alternatives);

constexpr Type client_count = integer({1, 1024});
constexpr Type key_count = integer({1, one_million});
constexpr Type retry_count = integer({0, uint32_max});
constexpr Type operation_count = integer({1, int64_max});

constexpr Field workload_fields[] = {
    {.name = "model",
     .type = &model,
     .documentation = "What clients may do, and what linearizable then means.",
     .example = "\"kv\"",
     .need = Need::required},
    {.name = "clients",
     .type = &client_count,
     .documentation = "How many, named c0, c1, ...",
     .default_value = "1",
     .example = "8"},
    {.name = "keys",
     .type = &key_count,
     .documentation = "How many, named k0, k1, ...",
     .default_value = "1",
     .example = "5"},
    {.name = "key_choice",
     .type = &key_choice,
     .documentation = "Which key an operation takes.",
     .default_value = "\"uniform\"",
     .example = "\"zipf\""},
    {.name = "mix",
     .type = &mix,
     .documentation = "What clients do. Absent: get and put alike; with model append, get and append alike.",
     .example = R"({"get": 5, "put": 4})"},
    {.name = "arrival",
     .type = &arrival,
     .documentation = "When operations start.",
     .default_value = R"({"think": "0ms"})",
     .example = R"({"think": "20ms"})"},
    {.name = "timeout",
     .type = &duration,
     .documentation = "From an operation's start until its client gives up; its outcome is then unknown.",
     .default_value = "\"1s\"",
     .example = "\"2s\""},
    {.name = "retries",
     .type = &retry_count,
     .documentation = "Tries after the first, over redirects and time-outs. Absent: until the time-out.",
     .example = "3"},
    {.name = "ops",
     .type = &operation_count,
     .documentation = "Operations over all clients. Absent: no limit.",
     .example = "500"},
    {.name = "start",
     .type = &duration,
     .documentation = "No operation starts before this.",
     .default_value = "\"0ms\"",
     .example = "\"1s\""},
    {.name = "stop",
     .type = &duration,
     .documentation = "No operation starts after this. Absent: until drain_after, or the end.",
     .example = "\"8s\""},
    {.name = "final_reads",
     .type = &boolean,
     .documentation = "At the end of the clients' time every client reads every key once.",
     .default_value = "false",
     .example = "true"},
    {.name = "ops_per_session",
     .type = &positive,
     .documentation = "Commands before a client opens a new session. Absent: one session for all.",
     .example = "50"},
    {.name = "dies",
     .type = &probability,
     .documentation = "That a client dies as soon as it has asked for an operation: it hears no answer, its "
                      "session stays open, and another client, with a session of its own, takes its place. "
                      "Until quiet_after.",
     .default_value = "0",
     .example = "0.01"},
    {.name = "reads",
     .type = &reads,
     .documentation = "How gets are served: one way, or a weighted mix.",
     .default_value = "\"read_index\"",
     .example = "\"log\""}};
constexpr Object workload_object{"workload", "The clients. Without it there are none.", workload_fields};

}  // namespace

constinit const Words operation_words{"operation", operation_list};
constinit const Type workload = object_of(workload_object);

}  // namespace raftsim::sim::table
