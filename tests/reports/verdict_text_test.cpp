#include "reports/verdict_text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "golden.hpp"
#include "runs.hpp"

using namespace raftsim;
using reports::Outcome;

namespace {

reports::TextOptions plain() {
  reports::TextOptions options;
  options.reproduce = "sim run scenarios/leader_crash.json --seed 42";
  options.version = "sim 0.1.0+1a2b3c4, scenario 9f2c7e1";
  return options;
}

std::string run_of_first_rule(const std::string& text) {
  const std::size_t at = text.find("start there.\n") + 13;
  return text.substr(at, text.find('\n', at) - at);
}

long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_text)

BOOST_AUTO_TEST_CASE(a_pass_says_what_held_how_often_it_looked_and_what_never_happened) {
  tests::check_golden("pass.txt", reports::verdict_text(tests::passing_run(), plain()));
}

BOOST_AUTO_TEST_CASE(a_failure_has_the_shape_of_the_specification) {
  const std::string text = reports::verdict_text(tests::failing_run(), plain());
  tests::check_golden("fail.txt", text);
  BOOST_TEST(text.find("    18655  3.396100s  n5  vote for n2, term 7  reply sent before sync\n"
                       "    18690  3.400900s  n5  crash                lost unsynced vote for n2") !=
             std::string::npos);
  BOOST_TEST(text.find("First rule broken: durable_before_reply, event 18655 - start there.") !=
             std::string::npos);
  // Where to start is said in words, too.
  const std::string rule = run_of_first_rule(text);
  BOOST_TEST(rule.starts_with("    n5 "), rule);
}

BOOST_AUTO_TEST_CASE(what_a_stopped_run_was_to_violate_may_have_been_still_to_come) {
  history::RunResult run = tests::unknown_run();
  run.expected_violation = history::PropertyId::election_safety;
  BOOST_TEST((reports::outcome(run) == Outcome::violated));
  run.stopped = history::Stop::wall;
  BOOST_TEST((reports::outcome(run) == Outcome::unknown));
}

BOOST_AUTO_TEST_CASE(a_verbose_failure_has_the_tables_of_a_pass_too) {
  reports::TextOptions options = plain();
  options.detail = reports::Detail::full;
  tests::check_golden("fail_full.txt", reports::verdict_text(tests::failing_run(), options));
}

BOOST_AUTO_TEST_CASE(an_unknown_run_is_no_pass_and_says_why) {
  tests::check_golden("unknown.txt", reports::verdict_text(tests::unknown_run(), plain()));
  BOOST_TEST((reports::outcome(tests::unknown_run()) == Outcome::unknown));
}

BOOST_AUTO_TEST_CASE(a_failure_takes_at_most_25_lines_however_much_there_is_to_say) {
  history::RunResult run = tests::failing_run();
  history::Violation& headline = run.verdict.violations[1];
  for (int i = 0; i < 40; ++i) {
    headline.sentence +=
        "\nk3: get by c2 returned 7, but put 9 by c1 finished before it and nothing wrote 7 after.";
    headline.evidence.push_back(headline.evidence.front());
  }
  run.verdict.violations[0].sentence = headline.sentence;
  const history::PropertyId told = headline.id;  // the list grows, and `headline` points into it
  for (const history::PropertyInfo& p : history::properties())
    if (p.id != told) run.verdict.violations.push_back({p.id, history::EventId{20'000}, {}, "Broken.", {}});
  run.history_path = "sim-out/failures/leader_crash-42-3fa9/history.jsonl.zst";
  const std::string text = reports::verdict_text(run, plain());
  BOOST_TEST(lines(text) <= 25);
  BOOST_TEST(text.find("log_matching (event 20000)") != std::string::npos, text);
  BOOST_TEST(text.find(" more.") != std::string::npos, text);
  BOOST_TEST(text.find("reproduce  sim run") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(colour_comes_only_when_asked_and_changes_nothing_else) {
  reports::TextOptions options = plain();
  options.color = reports::Color::ansi;
  std::string colored = reports::verdict_text(tests::failing_run(), options);
  BOOST_TEST(colored.starts_with("\033[1;31mFAIL\033[0m"));
  for (std::size_t at; (at = colored.find('\033')) != std::string::npos;)
    colored.erase(at, colored.find('m', at) + 1 - at);
  BOOST_TEST(colored == reports::verdict_text(tests::failing_run(), plain()));
}

BOOST_AUTO_TEST_CASE(a_demanded_violation_turns_the_outcome_round) {
  history::RunResult run = tests::failing_run();
  run.expected_violation = history::PropertyId::durable_before_reply;
  BOOST_TEST((reports::outcome(run) == Outcome::held));
  BOOST_TEST(reports::verdict_line(run) ==
             "PASS  leader_crash  seed 42  durable_before_reply violated, as the scenario expects");

  history::RunResult held = tests::passing_run();
  held.expected_violation = history::PropertyId::durable_before_reply;
  BOOST_TEST((reports::outcome(held) == Outcome::violated));
  BOOST_TEST(reports::verdict_line(held) ==
             "FAIL  leader_crash  seed 42  durable_before_reply was expected to be violated and was not");
}

BOOST_AUTO_TEST_SUITE_END()
