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
  const std::vector<ActionInfo> actions = scenario_actions();
  BOOST_TEST(actions.size() == 20u);
  for (const ActionInfo& action : actions) {
    BOOST_TEST(!action.documentation.empty(), action.name << " has no documentation");
    BOOST_TEST(action.documentation.find('\n') == std::string_view::npos);
  }
}

BOOST_AUTO_TEST_CASE(pointers_reach_every_plain_field) {
  const std::vector<std::string> pointers = scenario_pointers();
  for (const std::string pointer :
       {"/cluster/nodes", "/cluster/raft/election_timeout", "/network/default/loss", "/limits/time",
        "/workload/mix/get", "/faults/quiet_after"})
    BOOST_TEST((std::find(pointers.begin(), pointers.end(), pointer) != pointers.end()),
               pointer << " is missing");
  BOOST_TEST((std::find(pointers.begin(), pointers.end(), "/swarm") == pointers.end()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
