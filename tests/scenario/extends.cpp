// A scenario that builds on another file: what is merged, and what cannot be.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "sim/scenario_file.hpp"
#include "tests/print.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

namespace data = boost::unit_test::data;

const std::string folder = "tests/scenario/extends/";

ScenarioResult result_of(const std::string& name, std::vector<Setting> settings = {}) {
  return load_scenario(tests::source_path(folder + name + ".json").string(), settings);
}

Scenario scenario_of(const std::string& name, std::vector<Setting> settings = {}) {
  const ScenarioResult result = result_of(name, std::move(settings));
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), render(result.diagnostics));
  return *result.scenario;
}

/// What is told, without the folder of the source.
std::string answer_to(const std::string& name) {
  const ScenarioResult result = result_of(name);
  BOOST_TEST(!result.scenario.has_value());
  std::string text = render(result.diagnostics);
  const std::string path = tests::source_path(folder).string();
  for (std::size_t at = 0; (at = text.find(path, at)) != std::string::npos;) text.erase(at, path.size());
  return text;
}

constexpr const char* refused[] = {"missing",  "no_such_folder", "absolute",    "itself",
                                   "cycle_a",  "deep_1",         "over_broken", "over_faulty",
                                   "nameless", "over_nameless",  "no_path",     "over_a_list"};

}  // namespace

BOOST_AUTO_TEST_SUITE(scenarios_that_build_on_others)

BOOST_AUTO_TEST_CASE(objects_are_merged_and_everything_else_is_replaced) {
  const Scenario s = scenario_of("child");
  BOOST_TEST(s.name == "child");
  BOOST_TEST(s.description == "What the others build on.");
  BOOST_TEST(s.nodes == 5u);
  BOOST_TEST(s.options.election_timeout == milliseconds(200));
  BOOST_TEST(s.options.snapshot_every.value() == 5u);
  BOOST_TEST(s.workload.clients == 4u);
  BOOST_TEST(s.faults.script.empty());
  BOOST_TEST(s.limits.time == seconds(10));
}

BOOST_AUTO_TEST_CASE(null_takes_a_member_out) {
  const Scenario s = scenario_of("child");
  BOOST_TEST(s.network.nodes.loss->never());
  BOOST_TEST(!s.faults.quiet_after.has_value());
}

BOOST_AUTO_TEST_CASE(a_part_of_a_distribution_is_merged_and_another_form_replaces_it) {
  BOOST_TEST((*scenario_of("child").network.nodes.latency ==
              Distribution::exponential(milliseconds(7), Duration{}, milliseconds(40))));
  BOOST_TEST((*scenario_of("grandchild").network.nodes.latency ==
              Distribution::uniform(milliseconds(1), milliseconds(2))));
  // `think` of the base is gone: the arrivals of the child have another form.
  BOOST_TEST(std::get<Workload::Open>(scenario_of("child").workload.arrival).mean_gap == milliseconds(10));
}

BOOST_AUTO_TEST_CASE(draws_are_merged_pointer_by_pointer) {
  const ScenarioResult child = result_of("child");
  BOOST_REQUIRE(child.swarm != nullptr);
  const std::vector<SwarmDraw> draws = child.swarm->draw(1).draws;
  BOOST_REQUIRE(draws.size() == 1u);
  BOOST_TEST(draws[0].pointer == "/cluster/nodes");
  BOOST_TEST(result_of("base").swarm->draw(1).draws.size() == 2u);
  BOOST_TEST((result_of("grandchild").swarm == nullptr));
}

BOOST_AUTO_TEST_CASE(a_setting_stands_above_all_files) {
  BOOST_TEST(scenario_of("grandchild", {{"/cluster/nodes", "7"}}).nodes == 7u);
}

BOOST_AUTO_TEST_CASE(eight_files_may_build_on_each_other) { BOOST_TEST(scenario_of("deep_2").nodes == 3u); }

BOOST_DATA_TEST_CASE(a_base_that_cannot_be_used_is_told_where_it_is_named, data::make(refused), name) {
  const std::string answer = answer_to(name);
  BOOST_TEST(answer == tests::golden_text(tests::source_path(folder + name + ".txt"), answer));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
