// The field table: operations, which an administrator asks for (operators.hpp).
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Word member_list[] = {{"voter", "It catches up as a learner and then votes (dissertation 4.2.1)."},
                                {"learner", "It receives the log and does not vote."}};
constexpr Words member_words{"member_kind", member_list};
constexpr Type member = word_of(member_words);
constexpr Field add_node_fields[] = {
    {.name = "id",
     .type = &node,
     .documentation = "A new id continues the numbering, and its server starts with an empty disk; that of a "
                      "removed server brings it back. Absent: the next new id.",
     .example = "\"n7\""},
    {.name = "as",
     .type = &member,
     .documentation = "What it becomes.",
     .default_value = "\"voter\"",
     .example = "\"learner\""}};
constexpr Object add_node_object{"add_node", "A server joins, asked for by an administrator.",
                                 add_node_fields};

/// Whom an operation is about.
constexpr Field whom(std::string_view name, std::string_view documentation, std::string_view example) {
  return {.name = name,
          .type = &target,
          .documentation = documentation,
          .default_value = {},
          .example = example,
          .unit = {},
          .need = Need::required};
}

constexpr Field remove_node_fields[] = {
    whom("target",
         "Who: voters or learners, one after the other, the leader too (dissertation 4.2.2). "
         "Their processes go on.",
         "\"leader\"")};
constexpr Object remove_node_object{"remove_node", "Servers leave, asked for by an administrator.",
                                    remove_node_fields};

constexpr Field promote_fields[] = {
    whom("target", "Which learners; refused for one that lags behind.", "\"learner\"")};
constexpr Object promote_object{"promote", "Learners become voters, asked for by an administrator.",
                                promote_fields};

constexpr Field replace_nodes_fields[] = {
    {.name = "voters",
     .type = &nodes,
     .documentation =
         "Exactly these vote afterwards; new ids continue the numbering, and their servers start "
         "with an empty disk.",
     .example = R"(["n1", "n2"])",
     .need = Need::required}};
constexpr Object replace_nodes_object{"replace_nodes",
                                      "Any other set of voters, through joint consensus (dissertation 4.3).",
                                      replace_nodes_fields};

constexpr Field transfer_fields[] = {whom("to", "To whom; of several the first.", "\"follower\"")};
constexpr Object transfer_object{"transfer_leadership", "The leader hands over (dissertation 3.10).",
                                 transfer_fields};

constexpr Field snapshot_fields[] = {whom("target", "Who.", "\"leader\"")};
constexpr Object snapshot_object{"take_snapshot", "Servers take a snapshot now (dissertation 5).",
                                 snapshot_fields};

constexpr Word change_list[] = {{"add_voter", "A new or removed server becomes a voter."},
                                {"add_learner", "A new or removed server becomes a learner."},
                                {"promote", "A learner becomes a voter."},
                                {"remove", "A member leaves."},
                                {"replace", "Another set of voters, where membership is joint."}};
constexpr Words change_words{"membership_kind", change_list};
constexpr Type change = word_of(change_words);
constexpr Type changes = set_of(change);
constexpr Field membership_fields[] = {
    {.name = "kinds",
     .type = &changes,
     .documentation = "Drawn among these; absent: all that cluster.raft.membership allows.",
     .example = R"(["add_voter", "remove"])"}};
constexpr Object membership_object{
    "membership_change",
    "One change of members, drawn; the voters stay between faults.min_voters and faults.max_voters.",
    membership_fields};

}  // namespace

constinit const Type add_node = object_of(add_node_object);
constinit const Type remove_node = object_of(remove_node_object);
constinit const Type promote = object_of(promote_object);
constinit const Type replace_nodes = object_of(replace_nodes_object);
constinit const Type transfer_leadership = object_of(transfer_object);
constinit const Type take_snapshot = object_of(snapshot_object);
constinit const Type membership_change = object_of(membership_object);

}  // namespace raftsim::sim::table
