// --set /json/pointer=value.
#include <boost/test/unit_test.hpp>

#include "sim/scenario_file.hpp"
#include "tests/print.hpp"

namespace raftsim::sim {

namespace {

constexpr std::string_view base = R"({"format": "raftsim/scenario@1", "name": "base",
  "cluster": {"nodes": 3}, "network": {"default": {"latency": "5ms"}},
  "faults": {"script": [{"at": "1s", "do": {"crash": {"target": "leader", "for": "1s"}}},
                        {"at": "2s", "do": {"heal": {}}}]}})";

ScenarioResult with(std::vector<Setting> settings) { return parse_scenario(base, "base.json", settings); }

Scenario scenario_with(std::vector<Setting> settings) {
  const ScenarioResult result = with(std::move(settings));
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), render(result.diagnostics));
  return *result.scenario;
}

std::string answer_to(const Setting& setting) {
  const ScenarioResult result = with({setting});
  BOOST_TEST(!result.scenario.has_value());
  return render(result.diagnostics, "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scenario_settings)

BOOST_AUTO_TEST_CASE(a_setting_replaces_a_value) {
  BOOST_TEST(scenario_with({{"/cluster/nodes", "7"}}).nodes == 7u);
  BOOST_TEST(scenario_with({{"/name", "other"}}).name == "other");
  BOOST_TEST((*scenario_with({{"/network/default/latency", "9ms"}}).network.nodes.latency ==
              Distribution::constant(milliseconds(9))));
}

BOOST_AUTO_TEST_CASE(a_setting_makes_the_objects_that_the_file_leaves_out) {
  BOOST_TEST(scenario_with({{"/limits/time", "10s"}}).limits.time == seconds(10));
  BOOST_TEST(!scenario_with({{"/cluster/raft/pre_vote", "false"}}).options.pre_vote);
  BOOST_TEST(scenario_with({{"/cluster/initial/n2/term", "4"}}).initial.at(NodeId{2}).state.term == Term{4});
}

BOOST_AUTO_TEST_CASE(a_setting_reaches_into_lists_and_adds_to_their_end) {
  const Scenario s =
      scenario_with({{"/faults/script/0/do/crash/target", "n2"},
                     {"/faults/script/-", R"({"at": "3s", "do": {"heal": {"restart_all": true}}})"}});
  BOOST_TEST((std::get<NodeSet>(std::get<Crash>(s.faults.script.at(0).actions.at(0)).target.what) ==
              NodeSet{NodeId{2}}));
  BOOST_TEST(s.faults.script.size() == 3u);
}

BOOST_AUTO_TEST_CASE(later_settings_see_earlier_ones) {
  const Scenario s = scenario_with({{"/workload", R"({"model": "kv"})"}, {"/workload/clients", "9"}});
  BOOST_TEST(s.workload.clients == 9u);
}

BOOST_AUTO_TEST_CASE(a_whole_distribution_can_be_set) {
  const Scenario s = scenario_with({{"/disk/fsync", R"({"dist": "uniform", "min": "1ms", "max": "2ms"})"}});
  BOOST_TEST((s.disk.fsync == Distribution::uniform(milliseconds(1), milliseconds(2))));
}

BOOST_AUTO_TEST_CASE(a_pointer_into_nothing_is_an_error_with_a_suggestion) {
  BOOST_TEST(answer_to({"/clster/nodes", "5"}) ==
             "--set /clster/nodes:1:1: error: there is no \"clster\" in the scenario\n"
             "   1 | 5\n"
             "     | ^ did you mean \"cluster\"?\n"
             "1 error\n");
  BOOST_TEST(answer_to({"/network/default/latncy", "5ms"}) ==
             "--set /network/default/latncy:1:1: error: there is no \"latncy\" in network.default\n"
             "   1 | 5ms\n"
             "     | ^~~ did you mean \"latency\"?\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(a_list_s_element_that_is_not_there_is_named) {
  BOOST_TEST(answer_to({"/faults/script/2/at", "5s"}) ==
             "--set /faults/script/2/at:1:1: error: there is no \"2\" in faults.script\n"
             "   1 | 5s\n"
             "     | ^~\n"
             "     |   help: allowed: 0 to 1\n"
             "1 error\n");
  BOOST_TEST(answer_to({"/faults/random/0/every", "5s"}).find("faults.random is not in the file") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_scalar_has_nothing_in_it) {
  BOOST_TEST(answer_to({"/network/default/latency/mean", "5ms"})
                 .find("network.default.latency is string \"5ms\": there is no \"mean\" in it") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_placed_in_the_setting) {
  BOOST_TEST(answer_to({"/cluster/nodes", "five"}) ==
             "--set /cluster/nodes:1:1: error: cluster.nodes: expected an integer from 1 to 64, found string "
             "\"five\"\n"
             "   1 | five\n"
             "     | ^~~~\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(what_is_no_pointer_is_refused) {
  for (const std::string pointer : {"", "/", "cluster/nodes", "/a~", "/a~2"})
    BOOST_TEST(answer_to({pointer, "1"}).find("is no JSON Pointer") != std::string::npos,
               pointer << " was taken for one");
}

BOOST_AUTO_TEST_CASE(a_pointer_s_escapes_are_those_of_the_standard) {
  BOOST_TEST(answer_to({"/a~1b~0", "1"}).find("there is no \"a/b~\" in the scenario") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
