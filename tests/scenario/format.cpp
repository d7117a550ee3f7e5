// sim fmt: one layout for all, and nothing lost: values, order, comments.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <random>

#include "sim/json_write.hpp"
#include "sim/scenario_file.hpp"
#include "sim/scenario_format.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

namespace data = boost::unit_test::data;

std::string formatted(std::string_view text) {
  const FormattedScenario result = format_scenario(text, "a.json");
  BOOST_REQUIRE_MESSAGE(result.text.has_value(), render(result.diagnostics) << text);
  return *result.text;
}

std::vector<std::string> all_files() {
  std::vector<std::string> names;
  for (const std::string folder : {"tests/scenario/accepted", "scenarios", "tests/scenario/extends"})
    for (const auto& path : tests::files_in(folder, ".json"))
      if (path.stem() != "broken") names.push_back(folder + "/" + path.filename().string());
  return names;
}

JsonNode tree_of(const std::string& text) {
  JsonNode root;
  std::vector<JsonProblem> problems;
  BOOST_REQUIRE_MESSAGE(parse_json(text, 0, root, problems), text);
  return root;
}

/// The comments of a text, in order, without the space around them.
std::vector<std::string> comments_of(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      for (++at; text[at] != '"'; ++at) at += text[at] == '\\' ? 1u : 0u;
    } else if (text.compare(at, 2, "//") == 0 || text.compare(at, 2, "/*") == 0) {
      const bool line = text[at + 1] == '/';
      const std::size_t end = line ? std::min(text.find('\n', at), text.size()) : text.find("*/", at + 2) + 2;
      std::string comment = text.substr(at, end - at);
      comment.erase(comment.find_last_not_of(" \t\r") + 1);
      found.push_back(comment);
      at = end - 1;
    }
  }
  return found;
}

/// The file with comments and space wherever they may stand.
std::string disturbed(const std::string& text, std::mt19937_64& engine) {
  constexpr std::string_view additions[] = {
      " ", "\n", "\n\n\n", "\t", " // a\n", "\n// b\n", " /* c */ ", "/* d\n   e */", "\n\n// f, \"g\" {\n"};
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '\\' && in_string) {
      out += text[++i];
      continue;
    }
    if (text[i] == '"') in_string = !in_string;
    const bool between = !in_string && std::string_view("{}[],:").find(text[i]) != std::string_view::npos;
    if (between && engine() % 3 == 0) out += additions[engine() % std::size(additions)];
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scenario_layout)

BOOST_DATA_TEST_CASE(a_second_time_changes_nothing_and_all_values_stay, data::make(all_files()), file) {
  const std::string text = tests::file_text(tests::source_path(file));
  const std::string once = formatted(text);
  BOOST_TEST(formatted(once) == once);
  BOOST_TEST(json_line(tree_of(once)) == json_line(tree_of(text)));
  const auto had = comments_of(text), has = comments_of(once);
  BOOST_TEST(has == had, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whatever_space_and_comments_stand_between_the_result_is_stable_and_loses_none) {
  std::mt19937_64 engine(7);
  for (const std::string file : {"tests/scenario/accepted/everything.json", "scenarios/swarm.json"}) {
    const std::string good = json_text(tree_of(tests::file_text(tests::source_path(file))));
    for (int i = 0; i < 200; ++i) {
      const std::string text = disturbed(good, engine);
      const std::string once = formatted(text);
      BOOST_REQUIRE_MESSAGE(formatted(once) == once, text);
      BOOST_REQUIRE_MESSAGE(json_line(tree_of(once)) == json_line(tree_of(text)), text);
      // A comment between a name and its value moves before the name: their order stays.
      BOOST_REQUIRE_MESSAGE(comments_of(once) == comments_of(text), text << once);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_program_writes_is_in_that_layout) {
  for (const auto& path : tests::files_in("tests/scenario/accepted", ".json")) {
    const std::string written = write_scenario(*load_scenario(path.string()).scenario);
    BOOST_TEST(formatted(written) == written);
  }
}

BOOST_AUTO_TEST_CASE(the_files_that_the_guide_speaks_of_are_in_that_layout) {
  for (const std::string file : {"scenarios/swarm.json", "scenarios/leader_loses_its_disk.json"}) {
    const std::string text = tests::file_text(tests::source_path(file));
    BOOST_TEST((formatted(text) == text), file << ": sim fmt makes it so");
  }
}

BOOST_AUTO_TEST_CASE(comments_stay_with_what_they_are_about) {
  BOOST_TEST(
      formatted("// the whole\n{\"a\":1,// one\n\n\n\n// two\n\"b\": /* named */ {\"c\":[1 , // first\n 2]}, "
                "\"d\":{\n// nothing yet\n}} // end") ==
      "// the whole\n"
      "{\n"
      "  \"a\": 1, // one\n"
      "\n"
      "  // two\n"
      "  /* named */\n"
      "  \"b\": {\n"
      "    \"c\": [\n"
      "      1, // first\n"
      "      2\n"
      "    ]\n"
      "  },\n"
      "  \"d\": {\n"
      "    // nothing yet\n"
      "  }\n"
      "}\n"
      "// end\n");
}

BOOST_AUTO_TEST_CASE(what_is_no_json_is_refused_at_its_place) {
  const FormattedScenario result = format_scenario("{\"a\": 1,}", "a.json");
  BOOST_TEST(!result.text.has_value());
  BOOST_REQUIRE(result.diagnostics.size() == 1u);
  BOOST_TEST(result.diagnostics[0].line == 1u);
  BOOST_TEST(!format_scenario("{\"a\": 1, \"a\": 2}", "a.json").text.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
