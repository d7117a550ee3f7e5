// Whatever becomes of a file: it is read, or told what is wrong with it and where; never a crash, never a
// hang.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "sim/scenario_file.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

/// Words that hit the reader's branches more often than random bytes do.
constexpr std::string_view words[] = {"{",       "}",
                                      "[",       "]",
                                      ",",       ":",
                                      "\"",      "//",
                                      "/*",      "*/",
                                      "\\",      "null",
                                      "true",    "-1",
                                      "0",       "1e999",
                                      "\"n9\"",  "\"0ms\"",
                                      "\"5\"",   "NaN",
                                      "\"all\"", "\"none\"",
                                      "\xFF",    "\n",
                                      "0.5",     "18446744073709551616",
                                      "\"1h\"",  "{}",
                                      "[]",      "\"raft\""};

std::string mutated(std::string text, std::mt19937_64& engine) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(engine() % n); };
  for (std::size_t times = 1 + below(4); times > 0; --times) {
    const std::size_t at = below(text.size() + 1), length = std::min(below(40), text.size() - at);
    switch (below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(engine());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(below(text.size() + 1), text.substr(at, length));
        break;
      case 3:
        text.resize(at);
        break;
      default: {
        // A whole token is replaced, so that the text stays JSON and the later stages are reached.
        const std::string_view stops = " ,:{}[]\n";
        const std::size_t begin = std::min(text.find_first_not_of(stops, at), text.size());
        const std::size_t end = std::min(text.find_first_of(stops, begin), text.size());
        text.replace(begin, end - begin, words[below(std::size(words))]);
      }
    }
  }
  return text;
}

void judge(const std::string& text) {
  const ScenarioResult result = parse_scenario(text, "mutated.json");
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value() != has_errors(result.diagnostics), text);
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') + 1);
  for (const Diagnostic& d : result.diagnostics) {
    if (d.message.starts_with("and ")) continue;
    BOOST_REQUIRE_MESSAGE(d.line >= 1 && d.line <= lines, text);
    BOOST_REQUIRE_MESSAGE(d.column >= 1 && d.length >= 1 && !d.message.empty(), text);
    BOOST_REQUIRE_MESSAGE(d.source_column >= 1 && d.source_column + d.length <= 120, text);
  }
  BOOST_REQUIRE(render(result.diagnostics).empty() == result.diagnostics.empty());
  if (!result.scenario) return;
  const std::string written = write_scenario(*result.scenario);
  const ScenarioResult again = parse_scenario(written, "written.json");
  BOOST_REQUIRE_MESSAGE(again.scenario.has_value(), render(again.diagnostics) << text);
  BOOST_REQUIRE_MESSAGE(write_scenario(*again.scenario) == written, text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mutated_scenario_files)

BOOST_AUTO_TEST_CASE(a_mutated_file_is_read_or_refused_at_a_place) {
  std::mt19937_64 engine(20'260'101);
  for (const auto& path : tests::files_in("tests/scenario/accepted", ".json")) {
    const std::string good = tests::file_text(path);
    judge(good);
    for (int i = 0; i < 1'500; ++i) judge(mutated(good, engine));
  }
}

BOOST_AUTO_TEST_CASE(every_prefix_of_a_file_is_refused_at_a_place) {
  const std::string good = tests::file_text(tests::source_path("tests/scenario/accepted/everything.json"));
  const std::size_t end = good.rfind('}');
  for (std::size_t length = 0; length <= end; length += 3) {
    const std::string text = good.substr(0, length);
    BOOST_REQUIRE(!parse_scenario(text, "prefix.json").scenario.has_value());
    judge(text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
