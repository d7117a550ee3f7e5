// The field table: links, and the processors of the servers.
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Word mode_list[] = {
    {"datagram", "Messages are lost, doubled and reordered one by one."},
    {"stream",
     "Both directions between the two servers are in order and lose nothing until the connection breaks; a "
     "break loses the end of what is in flight, and both are told. Links of clients are never streams."}};
constexpr Words mode_words{"link_mode", mode_list};
constexpr Type mode = word_of(mode_words);

constexpr Word full_list[] = {{"newest", "The message that finds the link full."},
                              {"oldest", "The one that has been on it for longest."}};
constexpr Words full_words{"drop_when_full", full_list};
constexpr Type drop_when_full = word_of(full_words);

constexpr Field clog_fields[] = {{.name = "probability",
                                  .type = &probability,
                                  .documentation = "At each message, that the link stalls.",
                                  .example = "0.001",
                                  .need = Need::required},
                                 {.name = "duration",
                                  .type = &dist,
                                  .documentation = "For how long.",
                                  .example = "\"300ms\"",
                                  .need = Need::required}};
constexpr Object clog_object{
    "clog", "A link stalls: what would arrive waits for the end, and then arrives in one burst.",
    clog_fields};
constexpr Type clog = object_of(clog_object);

constexpr Type messages_max = integer({1, 1'000'000});
constexpr Type bytes_per_second = integer({1, 1'000'000'000'000});
constexpr Field link_fields[] = {
    {.name = "latency",
     .type = &dist,
     .documentation = "From departure to arrival. The network's default: 1ms.",
     .example = "\"5ms\""},
    {.name = "loss",
     .type = &probability,
     .documentation = "That a message is lost; in stream mode, that the connection breaks at it. The "
                      "network's default: 0.",
     .example = "0.01"},
    {.name = "duplicate",
     .type = &probability,
     .documentation = "That a message arrives twice; never in stream mode. The network's default: 0.",
     .example = "0.02"},
    {.name = "reorder",
     .type = &boolean,
     .documentation =
         "Whether messages may overtake each other; never in stream mode. The network's default: true.",
     .example = "false"},
    {.name = "corrupt",
     .type = &probability,
     .documentation =
         "That a burst of at most 32 bits of a message flips on the way; never in stream mode. Who "
         "takes such a message for intact violates no_crash. The network's default: 0.",
     .example = "0.01"},
    {.name = "replay",
     .type = &probability,
     .documentation =
         "That a message comes again after `replay_after`; never in stream mode. The network's default: 0.",
     .example = "0.01"},
    {.name = "replay_after",
     .type = &dist,
     .documentation = "How much later. The network's default: uniform from 100ms to 5s.",
     .example = "\"2s\""},
    {.name = "capacity",
     .type = &messages_max,
     .documentation =
         "Messages on the link at once; copies do not count. In stream mode, the connection breaks "
         "at one too many. Absent: no limit.",
     .example = "100",
     .unit = "messages"},
    {.name = "drop_when_full",
     .type = &drop_when_full,
     .documentation = "What a full link loses. The network's default: newest.",
     .example = "\"oldest\""},
    {.name = "bandwidth_bytes_per_s",
     .type = &bytes_per_second,
     .documentation = "Bytes a second: messages are transmitted one after the other. Absent: no limit.",
     .example = "100000",
     .unit = "bytes"},
    {.name = "clog",
     .type = &clog,
     .documentation = "That the link stalls now and then. The network's default: never.",
     .example = R"({"probability": 0.001, "duration": "300ms"})"},
    {.name = "mode",
     .type = &mode,
     .documentation =
         "What the link promises; a pair of servers is a stream where either direction says so. The "
         "network's default: datagram.",
     .example = "\"stream\""},
    {.name = "reconnect",
     .type = &dist,
     .documentation =
         "In stream mode, from a break, or from a try while the pair is cut (then at least 1ms), "
         "to the next try to connect; of two directions in stream mode, the longer. The network's "
         "default: 10ms.",
     .example = "\"50ms\""}};
constexpr Object link_object{"link", "One direction between two machines. What is absent stays as it is.",
                             link_fields};

constexpr Field link_override_fields[] = {{.name = "from",
                                           .type = &link_end,
                                           .documentation = "Senders.",
                                           .example = "\"n1\"",
                                           .need = Need::required},
                                          {.name = "to",
                                           .type = &link_end,
                                           .documentation = "Receivers.",
                                           .example = "\"n2\"",
                                           .need = Need::required},
                                          {.name = "both_ways",
                                           .type = &boolean,
                                           .documentation = "The other direction too.",
                                           .default_value = "false",
                                           .example = "true"},
                                          {.name = "link",
                                           .type = &link,
                                           .documentation = "What is different.",
                                           .example = R"({"latency": "50ms"})",
                                           .need = Need::required}};
constexpr Object link_override_object{"link_override", "Links that differ from the start of the run.",
                                      link_override_fields};
constexpr Type link_override = object_of(link_override_object);

constexpr Field network_fields[] = {{.name = "default",
                                     .type = &link,
                                     .documentation = "Between servers, and the base of all others.",
                                     .example = R"({"latency": "5ms"})"},
                                    {.name = "clients",
                                     .type = &link,
                                     .documentation = "Between clients and servers, over the default.",
                                     .example = R"({"latency": "2ms"})"},
                                    {.name = "links",
                                     .type = &link_overrides,
                                     .documentation = "Single links, or single directions of them.",
                                     .example = R"([{"from": "n1", "to": "n2", "link": {"loss": 0.5}}])"}};
constexpr Object network_object{"network", "Every message takes a link, and a link decides each one's fate.",
                                network_fields};

constexpr Field process_fields[] = {
    {.name = "service_time",
     .type = &dist,
     .documentation =
         "How long a server works on each thing that comes for it (a message, a disk operation's "
         "end, a timer) before it acts; what comes meanwhile waits.",
     .default_value = "\"0ms\"",
     .example = "\"1ms\""},
    {.name = "inbox",
     .type = &messages_max,
     .documentation = "Messages that may wait for a server that is busy or paused; one too many is lost, and "
                      "breaks a stream. Absent, and once it is quiet: no limit.",
     .example = "100",
     .unit = "messages"}};
constexpr Object process_object{"process", "Every node's processor.", process_fields};

constexpr Type slow_factor = integer({1, 1'000'000});
constexpr Field slow_fields[] = {
    {.name = "target",
     .type = &target,
     .documentation = "Who.",
     .example = "\"leader\"",
     .need = Need::required},
    {.name = "factor",
     .type = &slow_factor,
     .documentation = "So many times `process.service_time`, or 100us where that is 0.",
     .example = "20",
     .need = Need::required},
    {.name = "for",
     .type = &dist,
     .documentation = "How long; absent: until something ends it.",
     .example = "\"2s\""}};
constexpr Object slow_object{
    "slow",
    "A slow processor: every step of a server takes longer. As it begins and ends, what "
    "is left of the step in service takes the new pace.",
    slow_fields};

}  // namespace

constinit const Type link = object_of(link_object);
constinit const Type link_overrides = list_of(link_override);
constinit const Type network = object_of(network_object);
constinit const Type process = object_of(process_object);
constinit const Type slow = object_of(slow_object);

}  // namespace raftsim::sim::table
