// `sim check`: judges recorded histories. Executes nothing but what is missing in one of ours.
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "checkers/checkers.hpp"
#include "checkers/client_verdict.hpp"
#include "cli/commands.hpp"
#include "cli/excerpt.hpp"
#include "cli/failures.hpp"
#include "cli/temporary_folder.hpp"
#include "history/client_history.hpp"
#include "history/event_counts.hpp"
#include "history/suggest.hpp"
#include "reports/client_text.hpp"
#include "reports/client_timeline.hpp"
#include "reports/html.hpp"
#include "reports/summary.hpp"

namespace raftsim::cli {
namespace {

void keep_only(history::Verdict& verdict, history::PropertyId only) {
  std::erase_if(verdict.properties, [only](const history::PropertyVerdict& p) { return p.id != only; });
  std::erase_if(verdict.violations, [only](const history::Violation& v) { return v.id != only; });
}

/// As a verdict on a file tells it.
void as_of_a_file(const history::HistoryHeader& header, history::RunResult& result) {
  result.scenario = header.run.scenario;
  result.scenario_path = header.run.scenario_path;
  result.seed = header.seed;
  result.system = header.run.system;
  if (header.run.model != history::Model::none) {
    const history::RunCounts& c = result.counts;
    result.model = history::model_name(header.run.model);
    result.operations = c.operations_ok + c.operations_failed + c.operations_unknown;
  }
  result.expected_violation.reset();  // a history is judged for itself
}

/// Every checker, over the events of a file.
class Judges {
 public:
  explicit Judges(const history::RunInfo& info) : checkers_(info) {
    checkers_.subscribe(journal_);
    journal_.subscribe(counts_);
  }

  history::Journal& journal() { return journal_; }
  bool saw_any() const { return journal_.last() != history::EventId{}; }

  /// `recorded`: what the run told of itself at the file's end, which a judge of a file cannot measure anew.
  /// A run whose end is not told is judged up to its last event. Once.
  history::RunResult result(const history::HistoryHeader& header,
                            const std::optional<history::RunResult>& recorded) {
    history::RunResult result;
    if (recorded) {
      result = *recorded;
    } else {
      result.ended = false;
      result.counts = counts_.counts();
    }
    history::Verdict verdict = checkers_.finish(result.counts.end);
    verdict.faults = result.verdict.faults;
    result.verdict = std::move(verdict);
    result.hash = journal_.hash().digest();
    as_of_a_file(header, result);
    return result;
  }

 private:
  checkers::Checkers checkers_;
  history::Journal journal_;
  history::EventCounts counts_;
};

/// What the flags say, decoded.
struct Asked {
  std::optional<history::PropertyId> only;
  std::optional<history::Model> model;
  std::optional<Duration> timeout;
};

void print_result(const Global& global, const history::RunResult& result, const std::string& text) {
  if (global.format == Format::human) return print(text);
  const std::string json = history::to_json(result);
  print((global.format == Format::json ? pretty_json(json) : json) + "\n");
}

/// A report of so many stays within a megabyte or two, and opens at once.
constexpr std::size_t client_operations_drawn_max = 100'000;

std::string report_line(const history::RunResult& result) {
  return result.report_path.empty() ? "" : fmt::format("\n  report     {}\n", result.report_path);
}

/// A history of clients' operations alone.
Exit check_clients(const Global& global, const CheckOptions& options, const history::ClientHistory& clients,
                   const Asked& asked) {
  // What a second buys is counted, not measured, so that verdicts do not depend on the machine.
  constexpr std::int64_t nodes_per_ms = 2'000;
  const std::int64_t ms = asked.timeout.value_or(seconds(60)).ns / 1'000'000;
  const auto nodes = static_cast<std::uint64_t>(std::max<std::int64_t>(1, ms) * nodes_per_ms);
  history::RunResult result = checkers::judge(clients, nodes).result;
  if (asked.only) keep_only(result.verdict, *asked.only);
  reports::ClientTextOptions text;
  text.color = color_for(global, STDOUT_FILENO);
  text.model_from = asked.model ? reports::ModelFrom::told : reports::ModelFrom::guessed;
  const std::string words = reports::client_text(clients, result, text);
  if (!options.report.empty()) {
    const reports::DrawnClients drawn = reports::drawn(clients, result, client_operations_drawn_max);
    reports::ClientTextOptions plain = text;
    plain.color = reports::Color::plain;
    const reports::ReportContext context{version_text(), "sim check " + shell_quoted(clients.path),
                                         reports::client_text(clients, result, plain), drawn.note};
    const std::string error =
        write_file(options.report, reports::html_report(*drawn.timeline, drawn.result, context));
    if (!error.empty()) return complain(error), Exit::output;
    result.report_path = options.report;
  }
  print_result(global, result, words + report_line(result));
  return exit_of(reports::outcome(result));
}

/// Writes the report that was asked for and prints the verdict. `history_path`: what is drawn.
Exit tell(const Global& global, const CheckOptions& options, const std::string& path,
          const std::string& history_path, const Asked& asked, history::RunResult result) {
  if (asked.only) keep_only(result.verdict, *asked.only);
  if (!options.report.empty()) {
    const std::string error = write_report(history_path, result, "sim check " + shell_quoted(path),
                                           version_text(), options.report, report_events_max);
    if (!error.empty()) {
      complain(error);
      return Exit::output;
    }
    result.report_path = options.report;
  }
  reports::TextOptions text;
  text.color = color_for(global, STDOUT_FILENO);
  text.detail = global.verbose ? reports::Detail::full : reports::Detail::brief;
  print_result(global, result, reports::verdict_text(result, text));
  return exit_of(reports::outcome(result));
}

/// A history of ours of which events are missing. `before`: the verdict on those before the gap, if any.
Exit check_excerpt(const Global& global, const CheckOptions& options, const std::string& path,
                   const Asked& asked, std::optional<history::RunResult> before) {
  // What is in the file is broken whatever becomes of the rest.
  const bool broken = before && before->verdict.violated();
  const auto tell_undrawn = [&](const std::string& why, history::RunResult result) {
    if (!options.report.empty()) complain("--report: there is nothing to draw");
    if (broken) talk(global, "sim: warning: judged up to the gap: " + why);
    CheckOptions undrawn = options;
    undrawn.report.clear();
    return tell(global, undrawn, path, "", asked, broken ? *before : std::move(result));
  };
  if (options.no_run && broken) return tell_undrawn("--no-run", *before);
  if (options.no_run) {
    complain(path + ": events are missing, and --no-run forbids to run them anew");
    return Exit::unknown;
  }
  talk(global, fmt::format("{}: events are missing: they are run anew (--no-run forbids it)", path));
  const std::optional<TemporaryFolder> folder =
      options.report.empty() ? std::nullopt : TemporaryFolder::make();
  if (!options.report.empty() && !folder) {
    complain("no temporary folder can be made to record what is drawn in: TMPDIR must name one");
    return Exit::output;
  }
  const std::string recorded = folder ? folder->path() + "/history.jsonl.zst" : "";
  std::fflush(stdout);  // or the forked worker would print what is buffered here
  ExcerptAnswer answer = judge_excerpt({path, asked.timeout, recorded});
  if (answer.wrong) return complain(*answer.wrong), Exit::usage;
  if (answer.output_error) return complain(*answer.output_error), Exit::output;
  if (answer.internal_error) {
    complain(fmt::format("the simulator itself died: {} (a bug of ours)", *answer.internal_error));
    return Exit::internal;
  }
  if (answer.cut) talk(global, fmt::format("sim: warning: {}; judged as far as it goes", answer.cut->text()));
  as_of_a_file(answer.header, answer.result);
  answer.result.history_path.clear();
  if (answer.result.anew->obstacle.empty())
    return tell(global, options, path, recorded, asked, std::move(answer.result));
  return tell_undrawn(answer.result.anew->obstacle, answer.result);
}

/// A history of ours: every event.
Exit check_events(const Global& global, const CheckOptions& options, history::HistoryReader& reader,
                  const std::string& path, const Asked& asked) {
  history::RunInfo info = reader.header().run;
  if (asked.model && *asked.model != info.model) {
    complain(fmt::format("--model {}: {} tells its model itself; --model is for histories of other tools",
                         options.model, path));
    return Exit::usage;
  }
  if (asked.timeout) info.linearizable_timeout = *asked.timeout;
  Judges judges(info);
  const auto played = reader.play(judges.journal());
  const auto* error = std::get_if<history::HistoryError>(&played);
  if (error != nullptr && error->kind == history::HistoryError::Kind::gap) {
    std::optional<history::RunResult> before;
    if (judges.saw_any()) before = judges.result(reader.header(), std::nullopt);
    return check_excerpt(global, options, path, asked, std::move(before));
  }
  if (error != nullptr) {
    if (error->kind != history::HistoryError::Kind::truncated || !judges.saw_any())
      return complain(error->text()), Exit::usage;
    talk(global, fmt::format("sim: warning: {}; judged as far as it goes", error->text()));
  }
  const auto* end = std::get_if<history::HistoryEnd>(&played);
  history::RunResult result =
      judges.result(reader.header(), end != nullptr ? end->result : std::optional<history::RunResult>());
  const history::Hash128 hash = result.hash;
  const Exit exit = tell(global, options, path, path, asked, std::move(result));
  if (end != nullptr && hash != end->hash)
    return complain(changed_history(path, hash, end->hash)), Exit::usage;
  return exit;
}

Exit check_one(const Global& global, const CheckOptions& options, const std::string& path,
               const Asked& asked) {
  auto opened = history::open_any_history(path, asked.model);
  if (const auto* error = std::get_if<history::HistoryError>(&opened)) {
    complain(error->text());
    return Exit::usage;
  }
  if (const auto* clients = std::get_if<history::ClientHistory>(&opened))
    return check_clients(global, options, *clients, asked);
  return check_events(global, options, std::get<history::HistoryReader>(opened), path, asked);
}

/// Nothing, and it was said why, where a flag is wrong.
std::optional<Asked> decoded(const CheckOptions& options) {
  Asked asked;
  if (!options.only.empty()) {
    asked.only = history::property_named(options.only);
    if (!asked.only) {
      complain(fmt::format("--only {}: no such property (sim list properties names them)", options.only));
      return std::nullopt;
    }
  }
  if (!options.model.empty()) {
    asked.model = history::model_named(options.model);
    if (!asked.model) {
      constexpr std::array<std::string_view, 3> models{"register", "kv", "append"};
      complain(fmt::format("--model {}: no such model; {}", options.model,
                           history::suggestion(options.model, models)));
      return std::nullopt;
    }
  }
  if (!options.timeout.empty()) {
    asked.timeout = parse_duration_flag(options.timeout);
    if (!asked.timeout) {
      complain(fmt::format("--timeout {}: expected a duration, as in 60s", options.timeout));
      return std::nullopt;
    }
  }
  return asked;
}

/// After several histories: how many came out how.
void print_tally(const Global& global, const std::vector<Exit>& exits) {
  if (global.format != Format::human || exits.size() < 2) return;
  const auto count = [&exits](Exit e) { return std::count(exits.begin(), exits.end(), e); };
  print(fmt::format("\n{} histories: {} held, {} violated, {} unknown, {} not judged\n", exits.size(),
                    count(Exit::held), count(Exit::violated), count(Exit::unknown),
                    count(Exit::usage) + count(Exit::output)));
}

}  // namespace

Exit check_command(const Global& global, const CheckOptions& options) {
  const std::optional<Asked> asked = decoded(options);
  if (!asked) return Exit::usage;
  std::vector<Exit> exits;
  Exit exit = Exit::held;
  for (const std::string& path : options.histories) {
    if (!exits.empty() && global.format == Format::human) print("\n");
    exits.push_back(check_one(global, options, path, *asked));
    exit = worse(exit, exits.back());
  }
  print_tally(global, exits);
  return exit;
}

}  // namespace raftsim::cli
