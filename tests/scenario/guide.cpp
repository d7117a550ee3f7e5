// What docs/guide.md shows is what there is: the scenario that it walks through, and the answer to the one
// with two slips of the pen.
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "sim/scenario_file.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

/// As Markdown shows a block.
std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string out, line;
  while (std::getline(lines, line)) out += "    " + line + "\n";
  return out;
}

std::string guide() { return tests::file_text(tests::source_path("docs/guide.md")); }

}  // namespace

BOOST_AUTO_TEST_SUITE(the_guide)

BOOST_AUTO_TEST_CASE(shows_the_scenario_that_is_there) {
  const std::string file = tests::file_text(tests::source_path("scenarios/leader_loses_its_disk.json"));
  BOOST_TEST((guide().find(indented(file)) != std::string::npos), "docs/guide.md shows another file");
}

BOOST_AUTO_TEST_CASE(shows_the_answer_that_is_given) {
  const std::string wrong =
      tests::file_text(tests::source_path("tests/scenario/wrong/a_first_scenario.json"));
  const std::string answer = render(parse_scenario(wrong, "my_scenario.json").diagnostics, "1 file checked");
  BOOST_TEST((guide().find(indented(answer)) != std::string::npos), "docs/guide.md should show:\n"
                                                                        << indented(answer));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
