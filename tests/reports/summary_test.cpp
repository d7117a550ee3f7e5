#include "reports/summary.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "golden.hpp"
#include "runs.hpp"
#include "tests/json_schema.hpp"

using namespace raftsim;

namespace {

std::vector<history::RunResult> runs() {
  std::vector<history::RunResult> out;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    out.push_back(tests::passing_run());
    out.back().seed = seed;
    out.push_back(tests::failing_run());
    out.back().seed = 100 - seed;
    out.back().scenario = "crash & <restart>";
  }
  out.push_back(tests::unknown_run());
  for (history::RunResult& run : out) {
    run.cpu_ns = 20'000'000;
    run.wall_ns = 25'000'000;
  }
  return out;
}

reports::Summary summary_of(const std::vector<history::RunResult>& list) {
  reports::Summary summary;
  for (const history::RunResult& run : list) summary.add(run);
  return summary;
}

reports::SummaryOptions options() {
  return {reports::Color::plain, 500'000'000, " --system bugs/vote-not-durable"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(many_runs_are_told_by_failure_scenario_property_fault_and_goal) {
  tests::check_golden("summary.txt", reports::summary_text(summary_of(runs()), options()));
}

BOOST_AUTO_TEST_CASE(junit_has_a_suite_per_scenario_and_a_case_per_seed_and_unknown_is_no_pass) {
  const std::string xml = reports::junit_xml(summary_of(runs()));
  tests::check_golden("junit.xml", xml);
  BOOST_TEST(xml.find("<testsuite name=\"crash &amp; &lt;restart&gt;\" tests=\"4\" failures=\"4\"") !=
             std::string::npos);
  BOOST_TEST(xml.find("<error message=\"UNKNOWN") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_says_the_same_to_programs) {
  const auto json = nlohmann::json::parse(reports::summary_json(summary_of(runs()), options()));
  BOOST_TEST(json["format"] == "raftsim/summary@1");
  BOOST_TEST(json["runs"] == 9);
  BOOST_TEST(json["held"] == 4);
  BOOST_TEST(json["violated"] == 4);
  BOOST_TEST(json["unknown"] == 1);
  BOOST_TEST(json["failures"].size() == 1u);
  BOOST_TEST(json["unknowns"].size() == 1u);
  BOOST_TEST(json["unknowns"][0]["property"] == "linearizable");
  BOOST_TEST(json["failures"][0]["first_seed"] == "96");
  BOOST_TEST(json["failures"][0]["property"] == "election_safety");
  BOOST_TEST(json["failures"][0]["reproduce"] ==
             "sim run scenarios/leader_crash.json --seed 96 --system bugs/vote-not-durable");
  BOOST_TEST(json["steps"] == 9 * 52'118);
  BOOST_TEST(json["steps_per_cpu_s"] == 52'118 * 50);
  BOOST_TEST(json["faults"]["partition"]["configured"] == 4);
  BOOST_TEST(json["faults"]["partition"]["fired"] == 0);
  BOOST_TEST(json["goals"][1]["reached"] == 0);
  const auto situation = [&json](history::SituationId id) {
    return json["situations"][static_cast<std::size_t>(id)];
  };
  BOOST_TEST(situation(history::SituationId::torn_tail)["name"] == "torn_tail");
  BOOST_TEST(situation(history::SituationId::torn_tail)["runs"] == 4);
  BOOST_TEST(situation(history::SituationId::torn_tail)["times"] == 4 * 1'200);
  BOOST_TEST(situation(history::SituationId::torn_tail)["seed"] == "1");
  BOOST_TEST(situation(history::SituationId::vote_split)["runs"] == 0);
}

BOOST_AUTO_TEST_CASE(json_is_as_its_schema_says_and_damaged_it_is_not) {
  const tests::SchemaValidator schema(reports::summary_schema());
  const auto json = nlohmann::json::parse(reports::summary_json(summary_of(runs()), options()));
  BOOST_TEST(schema.trouble(json) == "");
  BOOST_TEST(schema.trouble(nlohmann::json::parse(reports::summary_json(reports::Summary{}, {}))) == "");
  const auto leaves = json.flatten();
  for (const auto& [pointer, value] : leaves.items()) {
    auto wrong = json;
    wrong[nlohmann::json::json_pointer(pointer)] = nullptr;
    BOOST_TEST(schema.trouble(wrong) != "", pointer << " null");
  }
  for (const auto& [key, value] : json.items()) {
    auto wrong = json;
    wrong.erase(key);
    // Only the time by the caller's clock may be missing.
    BOOST_TEST((schema.trouble(wrong) != "") == (key != "wall_ns"), "without " << key);
    wrong = json;
    wrong[key + "_"] = value;
    BOOST_TEST(schema.trouble(wrong) != "", "with an unknown field");
  }
}

BOOST_AUTO_TEST_CASE(the_order_in_which_workers_finish_changes_nothing) {
  std::vector<history::RunResult> list = runs();
  const std::string forwards = reports::summary_text(summary_of(list), options());
  const std::string xml = reports::junit_xml(summary_of(list));
  std::reverse(list.begin(), list.end());
  BOOST_TEST(reports::summary_text(summary_of(list), options()) == forwards);
  BOOST_TEST(reports::junit_xml(summary_of(list)) == xml);
}

BOOST_AUTO_TEST_CASE(no_run_at_all_is_said_to_be_none) {
  const std::string text = reports::summary_text(reports::Summary{}, {});
  BOOST_TEST(text.starts_with("NOTHING RUN"));
}

BOOST_AUTO_TEST_SUITE_END()
