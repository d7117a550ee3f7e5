#include "reports/html.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "history/names.hpp"
#include "reports/assets.hpp"
#include "reports/opening.hpp"
#include "reports/payload.hpp"
#include "synthetic.hpp"

using namespace raftsim;

namespace {

struct Report {
  reports::Timeline timeline;
  history::RunResult result;
  std::string html;

  explicit Report(const tests::SyntheticOptions& options, reports::TimelineLimits limits = {})
      : timeline(std::move(limits)), result(tests::play_synthetic(options, timeline)) {
    html = reports::html_report(timeline, result, {.version = "sim 0", .reproduce = "sim run x --seed 42"});
  }
};

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html)

BOOST_AUTO_TEST_CASE(hostile_values_never_become_markup) {
  const Report report({.hostile = true});
  BOOST_TEST(occurrences(report.html, "<img") == 0u);
  // The payload's end and the script's: no third.
  BOOST_TEST(occurrences(report.html, "</script") == 2u);
}

BOOST_AUTO_TEST_CASE(the_viewer_has_words_for_each_reason_of_a_drop) {
  std::string words = "REASONS = [\n  ''";
  for (std::size_t i = 1; i < history::Names<history::DropReason>::table.size(); ++i)
    words += ", '" + std::string(history::name(static_cast<history::DropReason>(i))) + "'";
  const auto squeezed = [](std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '_'; });
    return text;
  };
  std::ifstream file(std::string(RAFTSIM_SOURCE_DIR) + "/reports/viewer/flights.js", std::ios::binary);
  BOOST_REQUIRE(file.good());
  const std::string source((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  BOOST_TEST(squeezed(source).find(squeezed(words) + "]") != std::string::npos, words);
}

BOOST_AUTO_TEST_CASE(the_page_names_no_other_place_and_allows_none) {
  const Report report({});
  BOOST_TEST(report.html.find("default-src 'none'; script-src 'sha256-" +
                              std::string(reports::assets::script_sha256)) != std::string::npos);
  for (const char* forbidden : {"<link", "src=\"", "href=", "@import", "url(http"})
    BOOST_TEST(report.html.substr(0, report.html.find("id=\"payload\"")).find(forbidden) == std::string::npos,
               forbidden);
}

BOOST_AUTO_TEST_CASE(without_a_script_verdict_story_and_picture_are_there) {
  const Report report({});
  const std::string before = report.html.substr(0, report.html.find("id=\"payload\""));
  BOOST_TEST(before.find("election_safety violated") != std::string::npos);
  BOOST_TEST(before.find("Two leaders in term 7") != std::string::npos);
  BOOST_TEST(before.find("<svg") != std::string::npos);
  BOOST_TEST(occurrences(before, "class=\"evidence\"") ==
             report.result.verdict.violations[1].evidence.size());
  BOOST_TEST(before.find("class=\"violation\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_same_run_gives_the_same_bytes) { BOOST_TEST((Report({}).html == Report({}).html)); }

BOOST_AUTO_TEST_CASE(files_stay_within_their_budget) {
  const Report ten({.operations_per_second = 36});
  BOOST_TEST(ten.timeline.size() >= 9'000u);
  BOOST_TEST(ten.html.size() <= 250'000u);
  const Report hundred({.operations_per_second = 455});
  BOOST_TEST(hundred.timeline.size() >= 100'000u);
  BOOST_TEST(hundred.html.size() <= 800'000u);
}

BOOST_AUTO_TEST_CASE(a_failure_opens_on_its_evidence_and_a_pass_on_its_first_strike) {
  const Report failed({});
  const history::Violation& headline = failed.result.verdict.violations[1];
  const reports::Opening opening = reports::opening_of(failed.timeline, failed.result);
  BOOST_TEST((opening.event == headline.event));
  BOOST_TEST((opening.from < headline.evidence.front().time));
  BOOST_TEST((opening.to > headline.time));
  BOOST_TEST((opening.to - opening.from < milliseconds(100)));

  const Report passed({.failing = false});
  const reports::Opening strike = reports::opening_of(passed.timeline, passed.result);
  BOOST_TEST((strike.from < Instant{milliseconds(1'400).ns}));
  BOOST_TEST((strike.to > Instant{milliseconds(1'400).ns}));
}

BOOST_AUTO_TEST_CASE(too_many_events_lose_their_bulk_but_never_the_end_nor_what_is_kept) {
  const tests::SyntheticOptions options{.operations_per_second = 600};
  const Report whole(options);
  const history::EventId kept = whole.result.verdict.violations[0].event;
  const Report thin(options, {.max_events = 90'000, .keep = {kept}});
  BOOST_TEST(whole.timeline.left_out() == 0u);
  BOOST_TEST(thin.timeline.left_out() > 10'000u);
  BOOST_TEST(thin.timeline.left_out() + thin.timeline.size() == whole.timeline.size());
  bool found = false;
  std::size_t crashes = 0;
  for (const reports::TimelineChunk& chunk : thin.timeline.chunks()) {
    BOOST_TEST(!chunk.rows.empty());
    for (const reports::Row& row : chunk.rows) {
      found = found || row.event.id == kept;
      if (row.event.kind == history::EventKind::crash) ++crashes;
    }
  }
  BOOST_TEST(found);
  BOOST_TEST(crashes == 2u);
  BOOST_TEST((thin.timeline.chunks().back().rows.back().event.id ==
              whole.timeline.chunks().back().rows.back().event.id));
}

BOOST_AUTO_TEST_CASE(an_empty_history_still_makes_a_page) {
  const reports::Timeline nothing;
  const std::string html = reports::html_report(nothing, history::RunResult{}, {});
  BOOST_TEST(html.find("id=\"payload\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
