// What a restart changes of a server's options: whatever the table of options has, and nothing else.
#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "sim/field_table.hpp"
#include "sim/options_patch.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::sim {

namespace {

Scenario scenario_with(std::string_view at_start, std::string_view at_restart) {
  const std::string text = fmt::format(
      R"({{"format": "raftsim/scenario@1", "name": "options", "cluster": {{"nodes": 3, "raft": {}}},
       "faults": {{"script": [{{"at": "1s", "do": {{"restart": {{"target": "n1", "raft": {}}}}}}}]}},
       "limits": {{"time": "2s"}}}})",
      at_start, at_restart);
  const ScenarioResult result = parse_scenario(text, "options.json");
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), render(result.diagnostics));
  return *result.scenario;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restart_options)

BOOST_AUTO_TEST_CASE(a_restart_changes_every_option_of_the_table_as_if_it_had_been_given_at_the_start) {
  for (const Field& field : table::raft.object->fields) {
    // The same on all servers, and so refused here.
    if (field.name == "membership" || field.name == "session_cap") continue;
    const std::string given = fmt::format(R"({{"{}": {}}})", field.name, field.example);
    Scenario restarted = scenario_with("{}", given);
    const auto& restart = std::get<Restart>(restarted.faults.script.at(0).actions.at(0));
    BOOST_REQUIRE(restart.options.has_value());
    const Options before = restarted.options;
    restarted.options = patched(before, *restart.options);
    const std::string now = write_scenario(restarted);
    BOOST_TEST(now == write_scenario(scenario_with(given, given)), field.name);
    restarted.options = before;
    BOOST_TEST(now != write_scenario(restarted), field.name << " is ignored, or its example is its default");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
