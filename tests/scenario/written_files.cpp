// The files that the field table writes are those in the tree; RAFTSIM_REWRITE=1 writes them anew.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "sim/scenario_file.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

BOOST_AUTO_TEST_SUITE(generated_scenario_files)

BOOST_AUTO_TEST_CASE(the_schema_in_the_tree_is_the_table_s) {
  const std::string now = scenario_schema();
  BOOST_TEST((now == tests::golden_text(tests::source_path("scenarios/schema/scenario.schema.json"), now)),
             "scenarios/schema/scenario.schema.json differs: RAFTSIM_REWRITE=1 writes it");
}

BOOST_AUTO_TEST_CASE(the_reference_in_the_tree_is_the_table_s) {
  const std::string now = scenario_reference();
  BOOST_TEST((now == tests::golden_text(tests::source_path("docs/scenario-reference.md"), now)),
             "docs/scenario-reference.md differs: RAFTSIM_REWRITE=1 writes it");
}

BOOST_AUTO_TEST_CASE(actions_are_listed_with_one_line_each) {
  const std::vector<NamedInfo> actions = scenario_actions();
  BOOST_TEST(actions.size() == 23u);
  for (const NamedInfo& action : actions) {
    BOOST_TEST(!action.documentation.empty(), action.name << " has no documentation");
    BOOST_TEST(action.documentation.find('\n') == std::string_view::npos);
  }
}

BOOST_AUTO_TEST_CASE(pointers_reach_every_plain_field) {
  const std::vector<NamedInfo> fields = scenario_fields();
  const auto listed = [&](std::string_view pointer) {
    return std::any_of(fields.begin(), fields.end(), [&](const NamedInfo& f) { return f.name == pointer; });
  };
  for (const std::string pointer :
       {"/cluster/nodes", "/cluster/raft/election_timeout", "/network/default/loss", "/limits/time",
        "/workload/mix/get", "/faults/quiet_after"})
    BOOST_TEST(listed(pointer), pointer << " is missing");
  BOOST_TEST(!listed("/swarm"));
}

BOOST_AUTO_TEST_CASE(words_are_listed_by_their_enumeration) {
  const std::vector<NamedInfo> events = scenario_words("event");
  BOOST_TEST(events.front().name == "election_won");
  BOOST_TEST(scenario_words("target").size() == 11u);
  for (const NamedInfo& event : events) BOOST_TEST(!event.documentation.empty(), event.name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
