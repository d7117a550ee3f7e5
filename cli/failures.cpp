#include "cli/failures.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/interrupt.hpp"
#include "history/journal.hpp"
#include "history/reader.hpp"
#include "reports/html.hpp"
#include "search/workers.hpp"

namespace raftsim::cli {

std::string failure_folder(const std::string& out, const history::RunResult& result) {
  return fmt::format("{}/failures/{}-{}-{}", out, result.scenario, result.seed,
                     history::to_text(result.hash).substr(0, 5));
}

namespace {

/// Where a history is recorded before it has its name: `h.123.jsonl.zst` for `h.jsonl.zst`, of this process
/// alone.
std::filesystem::path recorded_aside(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::size_t dot = std::min(name.find('.', 1), name.size());
  return path.parent_path() / fmt::format("{}.{}{}", name.substr(0, dot), ::getpid(), name.substr(dot));
}

/// What workers that died left of the history.
void remove_unfinished(const std::filesystem::path& path) {
  const std::string beginning = path.filename().string() + ".part";
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code))
    if (entry.path().filename().string().starts_with(beginning)) std::filesystem::remove(entry.path(), code);
}

/// Nothing: it was interrupted.
std::optional<search::RunOutcome> again(search::RunRequest request) {
  request.watcher = nullptr;
  request.findings = nullptr;
  search::Workers worker(std::vector{std::move(request)}, {});
  while (!interrupted()) {
    search::Workers::Waited waited = worker.wait(milliseconds(200));
    if (waited.finished) return std::move(waited.finished->outcome);
    if (waited.all_done) break;
  }
  return std::nullopt;
}

}  // namespace

Written judge_again(search::RunRequest request) {
  std::optional<search::RunOutcome> outcome = again(std::move(request));
  return {{}, {}, outcome ? std::optional(std::move(outcome->result)) : std::nullopt};
}

Written record_again(search::RunRequest request, const std::string& history_path) {
  if (std::string error = make_folder_of(history_path); !error.empty()) return {{}, std::move(error), {}};
  if (is_special_file(history_path))
    return {{}, fmt::format("{}: a history is written aside and renamed: name a file", history_path), {}};
  const std::filesystem::path aside = recorded_aside(history_path);
  request.history_path = aside.string();
  std::optional<search::RunOutcome> outcome = again(std::move(request));
  remove_unfinished(aside);
  if (!outcome) return {};
  if (outcome->output_error) return {{}, *outcome->output_error, {}};
  Written written{{}, {}, std::move(outcome->result)};
  // A run of which it is not known where it kills its process leaves no history.
  if (written.result->history_path.empty()) return written;
  std::error_code code;
  std::filesystem::rename(aside, history_path, code);
  if (code) return {{}, fmt::format("{}: cannot be named: {}", history_path, code.message()), {}};
  written.history = history_path;
  return written;
}

std::string changed_history(const std::string& path, history::Hash128 events, history::Hash128 end) {
  return fmt::format("{}: the events give hash {}, the end record says {}: the file was changed", path,
                     history::to_text(events), history::to_text(end));
}

std::optional<WholeHistory> read_whole(const std::string& path) {
  auto opened = history::HistoryReader::open(path);
  if (const auto* error = std::get_if<history::HistoryError>(&opened))
    return complain(error->text()), std::nullopt;
  auto& reader = std::get<history::HistoryReader>(opened);
  history::Journal journal;
  const auto played = reader.play(journal);
  if (const auto* error = std::get_if<history::HistoryError>(&played)) {
    const bool gap = error->kind == history::HistoryError::Kind::gap;
    return complain(error->text() + (gap ? " (sim check runs them anew)" : "")), std::nullopt;
  }
  const auto& end = std::get<history::HistoryEnd>(played);
  const history::Hash128 hash = journal.hash().digest();
  if (hash != end.hash) return complain(changed_history(path, hash, end.hash)), std::nullopt;
  return WholeHistory{reader.header(), end};
}

std::string write_report(const std::string& history_path, const history::RunResult& result,
                         const std::string& reproduce, const std::string& version,
                         const std::string& report_path, std::uint64_t max_events) {
  auto opened = history::HistoryReader::open(history_path);
  if (const auto* error = std::get_if<history::HistoryError>(&opened)) return error->text();
  reports::TimelineLimits limits{max_events, {}};
  for (const history::Violation& violation : result.verdict.violations) {
    limits.keep.push_back(violation.event);
    for (const history::Evidence& evidence : violation.evidence) limits.keep.push_back(evidence.event);
  }
  reports::Timeline timeline(limits);
  history::Journal journal;
  journal.subscribe(timeline);
  const auto played = std::get<history::HistoryReader>(opened).play(journal);
  // What is drawn of a history that was cut off is what there is: its reader has said so.
  if (const auto* error = std::get_if<history::HistoryError>(&played);
      error != nullptr && error->kind != history::HistoryError::Kind::truncated)
    return error->text();
  return write_file(report_path, reports::html_report(timeline, result, {version, reproduce}));
}

}  // namespace raftsim::cli
