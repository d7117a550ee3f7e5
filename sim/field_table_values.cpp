// The field table: scalars, distributions, targets, predicates.
#include <algorithm>
#include <array>
#include <iterator>

#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

constinit const Type text = scalar(TypeKind::text);
constinit const Type identifier = scalar(TypeKind::identifier);
constinit const Type boolean = scalar(TypeKind::boolean);
constinit const Type probability = scalar(TypeKind::probability);
constinit const Type fraction = scalar(TypeKind::fraction);
constinit const Type decimal = scalar(TypeKind::decimal);
constinit const Type rate = scalar(TypeKind::rate);
constinit const Type duration = scalar(TypeKind::duration);
constinit const Type signed_duration = scalar(TypeKind::signed_duration);
constinit const Type seed = scalar(TypeKind::seed);
constinit const Type node = scalar(TypeKind::node);
constinit const Type maybe_node = scalar(TypeKind::maybe_node);
constinit const Type property = scalar(TypeKind::property);
constinit const Type operand = scalar(TypeKind::operand);
constinit const Type maybe_operand = scalar(TypeKind::maybe_operand);
constinit const Type any = scalar(TypeKind::any);
constinit const Type count = integer({0, int64_max});
constinit const Type positive = integer({1, uint32_max});
constinit const Type weight = integer({0, one_million});
constinit const Type texts = list_of(text);

namespace {

constexpr Type point_weight = integer({1, one_million});
constexpr Type uniform_word = constant("uniform"), exponential_word = constant("exponential"),
               lognormal_word = constant("lognormal"), empirical_word = constant("empirical");

constexpr Field point_fields[] = {{.name = "value",
                                   .type = &duration,
                                   .documentation = "A value that can be drawn.",
                                   .example = "\"2ms\"",
                                   .need = Need::required},
                                  {.name = "weight",
                                   .type = &point_weight,
                                   .documentation = "How often, relative to the other points.",
                                   .default_value = "1",
                                   .example = "3"}};
constexpr Object point_object{"point", "One value of an empirical distribution.", point_fields};
constexpr Type dist_point = object_of(point_object);
constexpr Type points = list_of(dist_point, 1);

constexpr Field uniform_fields[] = {{.name = "dist",
                                     .type = &uniform_word,
                                     .documentation = "All values between `min` and `max` alike.",
                                     .example = "\"uniform\"",
                                     .need = Need::required},
                                    {.name = "min",
                                     .type = &duration,
                                     .documentation = "The least value.",
                                     .example = "\"1ms\"",
                                     .need = Need::required},
                                    {.name = "max",
                                     .type = &duration,
                                     .documentation = "The greatest value.",
                                     .example = "\"9ms\"",
                                     .need = Need::required}};
constexpr Object uniform_object{"uniform", "A span of time, drawn evenly.", uniform_fields};

constexpr Field exponential_fields[] = {
    {.name = "dist",
     .type = &exponential_word,
     .documentation = "Many short values, few long ones.",
     .example = "\"exponential\"",
     .need = Need::required},
    {.name = "mean",
     .type = &duration,
     .documentation = "The mean of what is drawn, before `max` cuts it.",
     .example = "\"5ms\"",
     .need = Need::required},
    {.name = "min",
     .type = &duration,
     .documentation = "The least value.",
     .default_value = "\"0ms\"",
     .example = "\"1ms\""},
    {.name = "max",
     .type = &duration,
     .documentation = "Longer values are drawn as this one. Absent: min + 10 (mean - min).",
     .example = "\"40ms\""}};
constexpr Object exponential_object{"exponential", "A span of time: min + Exp(mean - min), at most max.",
                                    exponential_fields};

constexpr Field lognormal_fields[] = {
    {.name = "dist",
     .type = &lognormal_word,
     .documentation = "A typical value with a long tail: disks.",
     .example = "\"lognormal\"",
     .need = Need::required},
    {.name = "median",
     .type = &duration,
     .documentation = "Half of the values are shorter.",
     .example = "\"1ms\"",
     .need = Need::required},
    {.name = "p99",
     .type = &duration,
     .documentation = "One value in a hundred is longer.",
     .example = "\"20ms\"",
     .need = Need::required},
    {.name = "max",
     .type = &duration,
     .documentation = "Longer values are drawn as this one. Absent: 10 p99.",
     .example = "\"90ms\""}};
constexpr Object lognormal_object{"lognormal", "A span of time with a long tail.", lognormal_fields};

constexpr Field empirical_fields[] = {
    {.name = "dist",
     .type = &empirical_word,
     .documentation = "Exactly the given values.",
     .example = "\"empirical\"",
     .need = Need::required},
    {.name = "points",
     .type = &points,
     .documentation = "The values with their weights.",
     .example = R"([{"value": "1ms", "weight": 9}, {"value": "50ms", "weight": 1}])",
     .need = Need::required}};
constexpr Object empirical_object{"empirical", "A span of time from a list of weighted values.",
                                  empirical_fields};

constexpr Type dist_alternatives[] = {scalar(TypeKind::duration), object_of(uniform_object),
                                      object_of(exponential_object), object_of(lognormal_object),
                                      object_of(empirical_object)};

constexpr Word target_list[] = {
    {"leader", "The leader of the highest term."},
    {"stale_leader", "A leader of a lower term than another leader's, or one that is cut off."},
    {"candidate", "A candidate or pre-candidate."},
    {"follower", "A follower, drawn."},
    {"learner", "A server that does not vote."},
    {"any", "Any server, drawn."},
    {"all", "All servers."},
    {"majority", "A majority of the voters, drawn."},
    {"minority", "Fewer than half of the voters, as many as possible, drawn."},
    {"minority_third", "A third of the voters, at least one, drawn."},
    {"last_crashed", "The server that crashed last."}};
constexpr Words target_words{"target", target_list};
constexpr Type random_count = integer({1, 64});

constexpr Field random_target_fields[] = {{.name = "random",
                                           .type = &random_count,
                                           .documentation = "How many, drawn.",
                                           .example = "2",
                                           .need = Need::required},
                                          {.name = "from",
                                           .type = &target,
                                           .documentation = "Among whom.",
                                           .default_value = "\"all\"",
                                           .example = "\"follower\""}};
constexpr Object random_target_object{"random_target", "So many servers, drawn when the step fires.",
                                      random_target_fields};
constexpr Field not_target_fields[] = {
    {.name = "not",
     .type = &target,
     .documentation = "Whom not. A word drawn in the same step is its complement.",
     .example = "\"leader\"",
     .need = Need::required}};
constexpr Object not_target_object{"not_target", "All other servers.", not_target_fields};

constexpr Type target_alternatives[] = {scalar(TypeKind::node), word_of(target_words), set_of(node),
                                        object_of(random_target_object), object_of(not_target_object)};

constexpr Word all_clients{"clients", "All clients."};
/// Target words, and the clients.
constexpr auto link_end_list = [] {
  std::array<Word, std::size(target_list) + 1> words{};
  std::copy(std::begin(target_list), std::end(target_list), words.begin());
  words.back() = all_clients;
  return words;
}();
constexpr Words link_end_words{"link_end", link_end_list};
constexpr Type link_end_alternatives[] = {scalar(TypeKind::node), word_of(link_end_words), set_of(node),
                                          object_of(random_target_object), object_of(not_target_object)};

constexpr Field compare_fields[] = {
    {.name = "eq", .type = &count, .documentation = "Equal to.", .example = "3"},
    {.name = "ge", .type = &count, .documentation = "At least.", .example = "3"},
    {.name = "le", .type = &count, .documentation = "At most.", .example = "3"},
    {.name = "gt", .type = &count, .documentation = "More than.", .example = "3"},
    {.name = "lt", .type = &count, .documentation = "Less than.", .example = "3"}};
constexpr Object compare_object{"compare", "Bounds on a count; all that are given must hold.", compare_fields,
                                Rule::at_least_one};
constexpr Field fraction_compare_fields[] = {
    {.name = "eq", .type = &fraction, .documentation = "Equal to.", .example = "0.5"},
    {.name = "ge", .type = &fraction, .documentation = "At least.", .example = "0.5"},
    {.name = "le", .type = &fraction, .documentation = "At most.", .example = "0.5"},
    {.name = "gt", .type = &fraction, .documentation = "More than.", .example = "0.5"},
    {.name = "lt", .type = &fraction, .documentation = "Less than.", .example = "0.5"}};
constexpr Object fraction_compare_object{"fraction_compare",
                                         "Bounds on a share between 0 and 1; all that are given must hold.",
                                         fraction_compare_fields, Rule::at_least_one};

constexpr Word leader_list[] = {{"none", "No server is leader."},
                                {"one", "One server is leader."},
                                {"many", "Several are, of different terms: one of them is stale."}};
constexpr Words leader_words{"leader_count", leader_list};
constexpr Type leader_count = word_of(leader_words);

constexpr Word role_list[] = {{"follower", "Follows."},
                              {"pre_candidate", "Asks whether it could win (dissertation 9.6)."},
                              {"candidate", "Campaigns."},
                              {"leader", "Leads its term."},
                              {"learner", "Receives the log and does not vote."},
                              {"down", "Crashed."},
                              {"paused", "Stands still."}};
constexpr Words role_words{"role", role_list};
constexpr Type role = word_of(role_words);

constexpr Word event_list[] = {{"election_won", "A server becomes leader."},
                               {"election_lost", "A candidate steps back."},
                               {"vote_split", "A candidate starts another campaign because nobody won."},
                               {"leader_stepped_down", "A leader steps back."},
                               {"snapshot_sent", "A snapshot leaves."},
                               {"snapshot_installed", "A snapshot replaces a log."},
                               {"log_truncated", "The tail of a log is removed."},
                               {"config_committed", "A change of members commits."},
                               {"message_dropped", "A message will not arrive."},
                               {"crash", "A server crashes."},
                               {"restart", "A server comes up again."},
                               {"read_served_by_lease", "A read is answered by lease."},
                               {"write_issued", "A disk write is issued."},
                               {"sync_issued", "A disk sync is issued."},
                               {"sync_done", "A disk sync completes."},
                               {"log_compacted", "The beginning of a log is removed."},
                               {"config_appended", "A change of members is appended."},
                               {"transfer_started", "A leader tells the next one to campaign now."},
                               {"read_served", "A read is answered."}};
constexpr Words event_words{"event", event_list};
constexpr Type event = word_of(event_words);

constexpr Field predicate_fields[] = {
    {.name = "leader",
     .type = &leader_count,
     .documentation = "How many servers are leader.",
     .example = "\"one\""},
    {.name = "node",
     .type = &target,
     .documentation = "Of whom role, term, commit, applied, log_length and event speak. Without it, any one "
                      "server must satisfy all of them at once.",
     .example = "\"leader\""},
    {.name = "role", .type = &role, .documentation = "What the server is.", .example = "\"candidate\""},
    {.name = "term", .type = &compare, .documentation = "Its current term.", .example = R"({"ge": 3})"},
    {.name = "commit", .type = &compare, .documentation = "Its commit index.", .example = R"({"ge": 100})"},
    {.name = "applied",
     .type = &compare,
     .documentation = "The last index that it applied.",
     .example = R"({"ge": 100})"},
    {.name = "log_length",
     .type = &compare,
     .documentation = "The last index of its log.",
     .example = R"({"ge": 100})"},
    {.name = "elections",
     .type = &compare,
     .documentation = "Elections won in the whole run so far.",
     .example = R"({"ge": 2})"},
    {.name = "ops_ok",
     .type = &compare,
     .documentation = "Client operations answered ok in the run so far.",
     .example = R"({"ge": 100})"},
    {.name = "event",
     .type = &event,
     .documentation = "Holds at the event that is named.",
     .example = "\"election_won\""},
    {.name = "all",
     .type = &predicates,
     .documentation = "All of these hold.",
     .example = R"([{"leader": "one"}, {"role": "down"}])"},
    {.name = "any",
     .type = &predicates,
     .documentation = "One of these holds, at least.",
     .example = R"([{"leader": "none"}, {"role": "down"}])"},
    {.name = "not",
     .type = &predicate,
     .documentation = "This does not hold.",
     .example = R"({"leader": "one"})"}};
constexpr Object predicate_object{
    "predicate", "What holds of the cluster at an event. Everything that is given must hold.",
    predicate_fields, Rule::at_least_one};

}  // namespace

constinit const Type dist = one_of(dist_alternatives);
constinit const Type target = one_of(target_alternatives);
constinit const Type link_end = one_of(link_end_alternatives);
constinit const Type nodes = set_of(node);
constinit const Type compare = object_of(compare_object);
constinit const Type fraction_compare = object_of(fraction_compare_object);
constinit const Type predicate = object_of(predicate_object);
constinit const Type predicates = list_of(predicate, 1);

}  // namespace raftsim::sim::table
