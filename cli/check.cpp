// `sim check`: judges recorded histories. Executes nothing.
#include <unistd.h>

#include <fmt/format.h>

#include "checkers/checkers.hpp"
#include "cli/commands.hpp"
#include "cli/failures.hpp"
#include "history/reader.hpp"
#include "reports/summary.hpp"

namespace raftsim::cli {
namespace {

void keep_only(history::Verdict& verdict, history::PropertyId only) {
  std::erase_if(verdict.properties, [only](const history::PropertyVerdict& p) { return p.id != only; });
  std::erase_if(verdict.violations, [only](const history::Violation& v) { return v.id != only; });
}

/// What the recorded run counted; a judge of a file cannot measure it anew.
history::RunResult judged(const history::HistoryHeader& header, const history::HistoryEnd& end,
                          history::Verdict verdict, history::Hash128 hash) {
  history::RunResult result;
  if (end.result) result = *end.result;
  result.scenario = header.run.scenario;
  result.scenario_path = header.run.scenario_path;
  result.seed = header.seed;
  result.system = header.run.system;
  verdict.faults = result.verdict.faults;
  result.verdict = std::move(verdict);
  result.hash = hash;
  result.expected_violation.reset();  // a history is judged for itself
  return result;
}

Exit check_one(const Global& global, const CheckOptions& options, const std::string& path,
               std::optional<history::PropertyId> only) {
  auto opened = history::HistoryReader::open(path);
  if (const auto* error = std::get_if<history::HistoryError>(&opened)) {
    complain(error->text());
    return Exit::usage;
  }
  auto& reader = std::get<history::HistoryReader>(opened);
  checkers::Checkers checkers(reader.header().run);
  history::Journal journal;
  checkers.subscribe(journal);
  const auto played = reader.play(journal);
  if (const auto* error = std::get_if<history::HistoryError>(&played)) {
    complain(error->text());
    return Exit::usage;
  }
  const auto& end = std::get<history::HistoryEnd>(played);
  const history::Hash128 hash = journal.hash().digest();
  history::RunResult result =
      judged(reader.header(), end,
             checkers.finish(end.result ? end.result->counts.end : reader.header().run.end), hash);
  if (only) keep_only(result.verdict, *only);
  if (!options.report.empty()) {
    const std::string error = write_report(path, result, "sim check " + shell_quoted(path), version_text(),
                                           options.report, 2'000'000);
    if (!error.empty()) {
      complain(error);
      return Exit::output;
    }
    result.report_path = options.report;
  }
  if (global.format == Format::human) {
    reports::TextOptions text;
    text.color = color_for(global, STDOUT_FILENO);
    text.detail = global.verbose ? reports::Detail::full : reports::Detail::brief;
    print(reports::verdict_text(result, text));
  } else {
    const std::string json = history::to_json(result);
    print((global.format == Format::json ? pretty_json(json) : json) + "\n");
  }
  if (hash != end.hash) {
    complain(changed_history(path, hash, end.hash));
    return Exit::usage;
  }
  switch (reports::outcome(result)) {
    case reports::Outcome::held:
      return Exit::held;
    case reports::Outcome::violated:
      return Exit::violated;
    case reports::Outcome::unknown:
      break;
  }
  return Exit::unknown;
}

}  // namespace

Exit check_command(const Global& global, const CheckOptions& options) {
  std::optional<history::PropertyId> only;
  if (!options.only.empty()) {
    only = history::property_named(options.only);
    if (!only) {
      complain(fmt::format("--only {}: no such property (sim list properties names them)", options.only));
      return Exit::usage;
    }
  }
  Exit exit = Exit::held;
  for (const std::string& path : options.histories)
    exit = worse(exit, check_one(global, options, path, only));
  return exit;
}

}  // namespace raftsim::cli
