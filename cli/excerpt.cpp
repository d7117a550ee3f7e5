#include "cli/excerpt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/plan.hpp"
#include "history/text.hpp"
#include "history/writer.hpp"
#include "search/workers.hpp"

namespace raftsim::cli {
namespace {

/// Holds what happens against the events of the file, as it happens, in the process of the run.
class Comparison final : public history::Observer {
 public:
  explicit Comparison(std::string path) : path_(std::move(path)) {}

  history::EventKinds kinds() const override { return history::EventKinds::all(); }

  void on_event(const history::Event& event, const history::Details& details) override {
    if (!reader_) open();
    if (!due_ || !findings_.empty() || event.id < due_->id) return;
    now_.clear();
    history::append_json(event, details, now_);
    if (due_->text != now_) compare_as_read(event.id);
    due_ = reader_->next_event();
  }

  /// As JSON: what differs, what is wrong, or which event never came; nothing of these where all is the same.
  std::string findings() {
    if (!reader_) open();
    if (findings_.empty() && due_) findings_["never_came"] = due_->id.value;
    return findings_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

 private:
  void open() {
    auto opened = history::HistoryReader::open(path_);
    if (const auto* error = std::get_if<history::HistoryError>(&opened)) {
      findings_["wrong"] = error->text();
      return;
    }
    reader_ = std::move(std::get<history::HistoryReader>(opened));
    due_ = reader_->next_event();
  }

  /// The line is not as our writer writes it, which a reformatted file is not either.
  void compare_as_read(history::EventId id) {
    history::Event event;
    history::OwnedDetails details;
    if (const auto what = history::parse_event(due_->text, event, details)) {
      const history::HistoryError error{history::HistoryError::Kind::malformed, path_, due_->number, *what};
      findings_["wrong"] = error.text();
      return;
    }
    const history::OwnedDetails& given = details;
    event.has_details = history::empty(given.view()) ? 0 : 1;
    std::string file;
    history::append_json(event, given.view(), file);
    if (file == now_) return;
    findings_ = {{"differs", id.value}, {"file", std::string(due_->text)}, {"anew", now_}};
  }

  std::string path_;
  std::optional<history::HistoryReader> reader_;
  std::optional<history::HistoryReader::EventLine> due_;
  std::string now_;
  nlohmann::json findings_ = nlohmann::json::object();
};

/// What is told where the missing events cannot be had.
struct Obstacle {
  std::string why;   ///< beside each property
  std::string text;  ///< in full
};

/// What to do about it.
std::string advice(const history::HistoryHeader& header) {
  const std::string now = version_text();
  const std::string which =
      header.tool == now
          ? fmt::format("The file was changed, or {} is not what it was then.", header.run.system)
          : fmt::format("It was recorded with {} on {}; this is {}.", header.tool, header.run.system, now);
  return which +
         "\nJudge it with the version and the system that recorded it, or record the whole history:\n"
         "that is judged without running anything.";
}

/// Nothing where the run is the one that the file is of, as far as it tells.
std::optional<Obstacle> obstacle(const search::RunOutcome& outcome, const history::HistoryHeader& header,
                                 const history::Excerpt& excerpt) {
  const auto told = [&header](std::string why, const std::string& evidence) {
    return Obstacle{
        why, fmt::format("Events are missing in the file, and {}.\n{}{}", why, evidence, advice(header))};
  };
  // What was to be judged up to an event and was not is a verdict on something else: on a crash behind it.
  const bool fell_over = !excerpt.end && outcome.result.ended;
  if (outcome.findings.empty() || fell_over) {
    const history::Violation* crash = outcome.result.verdict.headline();
    return told(crash != nullptr ? "run anew, the run ends in a crash" : "run anew, the run was stopped",
                crash != nullptr ? crash->sentence + "\n" : "Its limit on wall time came first.\n");
  }
  const nlohmann::json found = nlohmann::json::parse(outcome.findings);
  if (found.contains("differs"))
    return told(fmt::format("run anew, event {} is another one than in the file",
                            found["differs"].get<std::uint64_t>()),
                fmt::format("  file  {}\n  anew  {}\n", found["file"].get<std::string>(),
                            found["anew"].get<std::string>()));
  if (found.contains("never_came"))
    return told(fmt::format("run anew, the run ends before event {}, which the file holds",
                            found["never_came"].get<std::uint64_t>()),
                "");
  if (excerpt.end && excerpt.end->hash != outcome.result.hash)
    return told("run anew, the run has another hash than the file's end record says",
                fmt::format("  file  {}\n  anew  {}\n", history::to_text(excerpt.end->hash),
                            history::to_text(outcome.result.hash)));
  return std::nullopt;
}

history::RunResult unjudged(const history::HistoryHeader& header, const history::Excerpt& excerpt,
                            const Obstacle& obstacle) {
  history::RunResult result;
  result.scenario = header.run.scenario;
  result.scenario_path = header.run.scenario_path;
  result.seed = header.seed;
  result.system = header.run.system;
  result.ended = false;
  result.counts.events = excerpt.events;
  result.counts.end = excerpt.last_time;
  for (const history::PropertyInfo& property : history::properties())
    result.verdict.properties.push_back({property.id, history::Judgement::unknown, 0, obstacle.why});
  result.anew = history::RunAnew{excerpt.first, excerpt.last, excerpt.events, obstacle.text};
  return result;
}

search::Finished run_to_its_end(search::RunRequest request) {
  search::WorkerLimits limits;
  limits.run_wall = seconds(365 * 24 * 3600);  // where wall time cuts a run is chance
  search::Workers worker(std::vector{std::move(request)}, limits);
  while (true) {
    search::Workers::Waited waited = worker.wait(seconds(1));
    if (waited.finished) return std::move(*waited.finished);
    CHECK(!waited.all_done);
  }
}

ExcerptAnswer wrong(std::string what) {
  ExcerptAnswer answer;
  answer.wrong = std::move(what);
  return answer;
}

}  // namespace

ExcerptAnswer judge_excerpt(const ExcerptQuestion& question) {
  auto opened = history::HistoryReader::open(question.path);
  if (const auto* error = std::get_if<history::HistoryError>(&opened)) return wrong(error->text());
  auto& reader = std::get<history::HistoryReader>(opened);
  auto surveyed = reader.survey();
  if (const auto* error = std::get_if<history::HistoryError>(&surveyed)) return wrong(error->text());
  const auto& excerpt = std::get<history::Excerpt>(surveyed);

  ExcerptAnswer answer;
  answer.header = reader.header();
  answer.cut = excerpt.cut;
  Systems systems;
  std::string error;
  const std::optional<Planned> planned = recorded_plan(answer.header, systems, error);
  if (!planned) {
    const std::string why = "they cannot be run anew";
    answer.result = unjudged(
        answer.header, excerpt,
        {fmt::format("events are missing in the file, and {}: {}", why, error.substr(0, error.find('\n'))),
         fmt::format("Events are missing in the file, and {}:\n{}\n{}", why, error, advice(answer.header))});
    return answer;
  }
  if (question.timeout) planned->scenario->expect.linearizable_timeout = *question.timeout;
  search::RunRequest request = request_for(*planned, answer.header.seed, {});
  if (answer.header.run.stops_early) request.until = answer.header.run.end;
  if (!excerpt.end) request.up_to = {excerpt.last, excerpt.last_time};
  if (!question.record_to.empty()) request.history_path = question.record_to;
  Comparison comparison(question.path);
  request.watcher = &comparison;
  request.findings = [&comparison] { return comparison.findings(); };
  search::Finished finished = run_to_its_end(std::move(request));

  if (finished.internal_error || finished.outcome.output_error) {
    answer.internal_error = finished.internal_error;
    answer.output_error = finished.outcome.output_error;
    return answer;
  }
  const nlohmann::json found = nlohmann::json::parse(finished.outcome.findings, nullptr, false);
  if (found.is_object() && found.contains("wrong")) return wrong(found["wrong"].get<std::string>());
  if (const auto met = obstacle(finished.outcome, answer.header, excerpt)) {
    answer.result = unjudged(answer.header, excerpt, *met);
    return answer;
  }
  answer.result = std::move(finished.outcome.result);
  answer.result.anew = history::RunAnew{excerpt.first, excerpt.last, excerpt.events, {}};
  return answer;
}

}  // namespace raftsim::cli
