// Every wrong file is answered with place, what was found and what is meant; the answers are golden.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "sim/scenario_file.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

namespace data = boost::unit_test::data;

std::vector<std::string> wrong_files() {
  std::vector<std::string> names;
  for (const auto& path : tests::files_in("tests/scenario/wrong", ".json"))
    names.push_back(path.stem().string());
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_scenario_files)

BOOST_DATA_TEST_CASE(is_refused_with_place_and_suggestion, data::make(wrong_files()), file) {
  const std::string text = tests::file_text(tests::source_path("tests/scenario/wrong/" + file + ".json"));
  const ScenarioResult result = parse_scenario(text, file + ".json");
  BOOST_TEST(!result.scenario.has_value());
  BOOST_TEST(has_errors(result.diagnostics));
  const std::string answer = render(result.diagnostics);
  BOOST_TEST(answer ==
             tests::golden_text(tests::source_path("tests/scenario/wrong/" + file + ".txt"), answer));
}

BOOST_AUTO_TEST_CASE(there_are_at_least_twenty_of_them) { BOOST_TEST(wrong_files().size() >= 20u); }

BOOST_AUTO_TEST_CASE(the_example_of_the_format_page_is_answered_in_its_shape) {
  const std::string text =
      "{\"format\": \"raftsim/scenario@1\", \"name\": \"leader_crash\",\n"
      "  \"cluster\": {\"nodes\": 5, \"raft\": {\"heartbeat_interval\": 50}},\n"
      "  \"network\": {\"default\": {\"latncy\": {\"dist\": \"exponential\", \"mean\": \"5ms\"}, \"loss\": "
      "0.01}}}\n";
  const std::string answer = render(parse_scenario(text, "leader_crash.json").diagnostics);
  BOOST_TEST(
      answer ==
      "leader_crash.json:2:58: error: cluster.raft.heartbeat_interval: expected a duration with a unit, "
      "found number 50\n"
      "   2 |   \"cluster\": {\"nodes\": 5, \"raft\": {\"heartbeat_interval\": 50}},\n"
      "     |                                                          ^~\n"
      "     |   help: write \"50ms\" (units: ns us ms s m h)\n"
      "leader_crash.json:3:27: error: unknown field \"latncy\" in network.default\n"
      "   3 |   \"network\": {\"default\": {\"latncy\": {\"dist\": \"exponential\", \"mean\": \"5ms\"}, "
      "\"loss\": 0.01}}}\n"
      "     |                           ^~~~~~~~ did you mean \"latency\"?\n"
      "2 errors; nothing was run\n");
}

BOOST_AUTO_TEST_CASE(a_huge_file_is_refused_unread) {
  const std::string huge(std::size_t{2} << 20, ' ');
  BOOST_TEST(render(parse_scenario(huge, "huge.json").diagnostics) ==
             "huge.json: error: larger than 1048576 bytes\n"
             "  help: a scenario is a small JSON file; is this one?\n"
             "1 error; nothing was run\n");
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("raftsim_huge_" + std::to_string(std::hash<std::string>{}(RAFTSIM_SOURCE_DIR)));
  std::ofstream(path).seekp(100'000'000).put('x');
  const ScenarioResult result = load_scenario(path.string());
  std::filesystem::remove(path);
  BOOST_REQUIRE(result.diagnostics.size() == 1u);
  BOOST_TEST(result.diagnostics[0].message == "larger than 1048576 bytes");
}

BOOST_AUTO_TEST_CASE(a_file_of_nothing_but_brackets_ends_quickly) {
  for (const std::string_view bracket : {"[", "{\"a\":", "[[],", "{\"\":{},"}) {
    std::string text;
    while (text.size() < 500'000) text += bracket;
    const ScenarioResult result = parse_scenario(text, "brackets.json");
    BOOST_TEST(!result.scenario.has_value());
    BOOST_TEST(has_errors(result.diagnostics));
  }
}

BOOST_AUTO_TEST_CASE(a_number_of_half_a_million_digits_is_out_of_range) {
  const std::string text = R"({"format": "raftsim/scenario@1", "name": "a", "cluster": {"nodes": )" +
                           std::string(500'000, '9') + "}}";
  const ScenarioResult result = parse_scenario(text, "digits.json");
  BOOST_TEST(has_errors(result.diagnostics));
  BOOST_TEST(render(result.diagnostics).size() < 2'000u);
}

BOOST_AUTO_TEST_CASE(ten_thousand_mistakes_are_told_up_to_a_hundred) {
  std::string text = "{";
  for (int i = 0; i < 10'000; ++i) text += "\"x" + std::to_string(i) + "\": 1,\n";
  text += "\"y\": 1}";
  const ScenarioResult result = parse_scenario(text, "many.json");
  BOOST_REQUIRE(result.diagnostics.size() == 101u);
  // Also format, name and cluster are missing.
  BOOST_TEST(result.diagnostics.back().message == "and 9904 more problems");
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_said_to_be_none) {
  BOOST_TEST(load_scenario("/no/such/file.json").diagnostics.at(0).message == "no such file");
  BOOST_TEST(load_scenario(RAFTSIM_SOURCE_DIR).diagnostics.at(0).message == "is a directory");
}

BOOST_AUTO_TEST_CASE(a_device_without_end_is_refused) {
  const ScenarioResult result = load_scenario("/dev/zero");
  BOOST_TEST(has_errors(result.diagnostics));
}

BOOST_AUTO_TEST_CASE(a_warning_alone_refuses_nothing) {
  const ScenarioResult result = parse_scenario(
      R"({"format": "raftsim/scenario@1", "name": "a",
          "cluster": {"nodes": 3, "raft": {"heartbeat_interval": "75ms"}}})",
      "warned.json");
  BOOST_TEST(result.scenario.has_value());
  BOOST_REQUIRE(result.diagnostics.size() == 1u);
  BOOST_TEST(render(result.diagnostics).ends_with("1 warning\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
