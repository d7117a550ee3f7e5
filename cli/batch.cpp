#include "cli/batch.hpp"

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "cli/determinism.hpp"
#include "cli/failures.hpp"
#include "cli/interrupt.hpp"
#include "cli/trace.hpp"

namespace raftsim::cli {
namespace {

// Of each scenario this many failures are printed in full, recorded and drawn; the rest is counted in the
// summary.
constexpr std::uint64_t failures_shown_max = 3;

}  // namespace

Batch::Batch(const Global& global, const RunOptions& options, const Plan& plan)
    : global_(global),
      options_(options),
      plan_(plan),
      report_(output_choice(options.report)),
      history_(output_choice(options.history)),
      progress_(global, plan.runs),
      started_(wall_now()) {}

/// Precondition: job < plan_.runs.
Batch::Place Batch::place_of(std::uint64_t job) const {
  std::size_t s = 0;
  while (job >= plan_.scenarios[s].seeds.size()) job -= plan_.scenarios[s++].seeds.size();
  return {s, job};
}

Batch::Key Batch::key_of(std::uint64_t job) const {
  const Place place = place_of(job);
  return {place.scenario, plan_.scenarios[place.scenario].seeds[place.nth_seed]};
}

/// Of many runs only those whose hash is compared with another process's.
bool Batch::compares(std::uint64_t job) const {
  const std::uint64_t stride = determinism_stride(options_.determinism);
  return plan_.runs == 1 || (stride != 0 && place_of(job).nth_seed % stride == 0);
}

search::WorkerLimits Batch::limits() const {
  search::WorkerLimits limits;
  limits.jobs =
      options_.jobs.empty() ? std::max(1u, std::thread::hardware_concurrency()) : *parse_jobs(options_.jobs);
  limits.jobs =
      std::min<unsigned>(limits.jobs, static_cast<unsigned>(std::min<std::uint64_t>(plan_.runs, 1024)));
  if (options_.trace) limits.jobs = 1;
  if (!options_.wall.empty()) limits.run_wall = parse_duration_flag(options_.wall);
  return limits;
}

Exit Batch::run() {
  std::unique_ptr<Trace> trace;
  if (options_.trace) trace = std::make_unique<Trace>(*options_.trace);
  const auto request = [&](std::uint64_t job) {
    const Key key = key_of(job);
    search::RunRequest made = request_for(plan_.scenarios[key.scenario], key.seed, options_);
    made.watcher = trace.get();
    if (refinement_left_out(key)) made.refinement = checkers::Refinement::left_out;
    return made;
  };
  std::fflush(stdout);  // or every forked worker would print what is buffered here
  search::Workers workers(search::Jobs(plan_.runs, request), limits());
  std::map<std::size_t, search::Finished> early;
  std::size_t next = 0;
  bool stopping = false;
  while (true) {
    search::Workers::Waited waited = workers.wait(milliseconds(200));
    if (waited.all_done) break;
    if (waited.finished) early.emplace(waited.finished->job, std::move(*waited.finished));
    for (auto ready = early.find(next); ready != early.end(); ready = early.find(++next)) {
      handle(std::move(ready->second));
      early.erase(ready);
    }
    progress_.show(state_);
    const bool enough = options_.fail_fast && state_.failed > 0;
    if ((enough || interrupted()) && !stopping) {
      // A campaign's runs are short, and those that are under way are worth having.
      if (plan_.runs == 1)
        workers.interrupt();
      else
        workers.stop_starting();
      stopping = true;
    }
  }
  for (auto& [job, finished] : early) handle(std::move(finished));
  progress_.clear();
  summary_.set_planned(plan_.runs);
  return interrupted() ? worse(exit_, Exit::interrupted) : exit_;
}

void Batch::fail(const std::string& error) {
  progress_.clear();
  complain(error);
  exit_ = worse(exit_, Exit::output);
}

bool Batch::wants(const Output& output, reports::Outcome outcome) const {
  switch (output.when) {
    case When::always:
    case When::path:
      return true;
    case When::automatic:
      return outcome == reports::Outcome::violated && options_.replayed.empty();
    case When::never:
      break;
  }
  return false;
}

void Batch::handle(search::Finished finished) {
  const Key key = key_of(finished.job);
  history::RunResult& result = finished.outcome.result;
  if (finished.internal_error) {
    progress_.clear();
    complain(fmt::format(
        "the simulator itself died in {} seed {}: {} (a bug of ours; please report it with this line)",
        result.scenario_path, key.seed, *finished.internal_error));
    exit_ = worse(exit_, Exit::internal);
    summary_.add_internal_error(result, *finished.internal_error);
    return;
  }
  const reports::Outcome outcome = reports::outcome(result);
  ++state_.done;
  state_.events += result.counts.events;
  if (outcome == reports::Outcome::violated) ++state_.failed;
  if (outcome == reports::Outcome::unknown) ++state_.unknown;
  if (result.hash != history::Hash128{} && compares(finished.job)) hashes_[key] = result.hash;
  const bool shown =
      outcome == reports::Outcome::violated && failures_shown_[key.scenario]++ < failures_shown_max;
  exit_ = worse(exit_, exit_of(outcome));
  // The share that was drawn to be held against the specification is what is counted: a failure that is shown
  // is judged again.
  std::optional<history::Verdict> drawn;
  if (shown && refinement_left_out(key)) drawn = result.verdict;
  if (shown || outcome != reports::Outcome::violated) write_files(key, result);
  if (drawn) std::swap(*drawn, result.verdict);
  summary_.add(result, reproduce(key));
  if (drawn) result.verdict = std::move(*drawn);
  if (global_.format != Format::human || plan_.runs == 1 || shown) print_result(key, result);
}

/// Of many runs, only some are held against the specification.
bool Batch::refinement_left_out(const Key& key) const {
  return plan_.runs > 1 && search::refinement_of(key.seed) == checkers::Refinement::left_out;
}

std::string Batch::reproduce(const Key& key) const {
  if (!options_.replayed.empty()) {
    const std::string wall = options_.wall.empty() ? "" : " --wall " + shell_quoted(options_.wall);
    return replay_line(global_, options_.replayed) + wall;
  }
  return reproduce_line(global_, plan_.scenarios[key.scenario].path, key.seed, reproduce_flags(options_));
}

std::string Batch::folder_of(const history::RunResult& result) const {
  if (!options_.replayed.empty())
    return fmt::format("{}/replays/{}-{}", options_.out, result.scenario, result.seed);
  if (reports::outcome(result) == reports::Outcome::violated) return failure_folder(options_.out, result);
  return fmt::format("{}/runs/{}-{}", options_.out, result.scenario, result.seed);
}

void Batch::write_files(const Key& key, history::RunResult& result) {
  if (result.stopped == history::Stop::interrupt) return;
  const reports::Outcome outcome = reports::outcome(result);
  const bool report = wants(report_, outcome);
  const Planned& planned = plan_.scenarios[key.scenario];
  const bool all = planned.scenario->record.level == sim::RecordLevel::full;
  const bool history =
      wants(history_, outcome) || (all && history_.when == When::automatic && options_.replayed.empty());
  const bool more = outcome == reports::Outcome::violated && refinement_left_out(key);
  if (!report && !history && !more) return;
  const std::string folder = folder_of(result);
  const std::string history_path =
      history_.when == When::path ? history_.path : folder + "/history.jsonl.zst";
  const search::RunRequest request = request_for(planned, key.seed, options_);
  const Written written = report || history ? record_again(request, history_path) : judge_again(request);
  // A failure that is shown names the same first broken rule as its reproduce line will.
  if (more && written.result && written.result->hash == result.hash) result.verdict = written.result->verdict;
  if (!written.error.empty()) return fail(written.error);
  if (written.history.empty()) return;  // where the system under test killed its process is chance
  if (report) {
    const std::string path = report_.when == When::path ? report_.path : folder + "/report.html";
    const std::string error = write_report(
        written.history, result, reproduce(key),
        fmt::format("{}, scenario {}", version_text(), planned.fingerprint), path, report_events_max);
    if (!error.empty()) return fail(error);
    result.report_path = path;
  }
  if (history) {
    result.history_path = written.history;
  } else {
    std::error_code code;
    std::filesystem::remove(written.history, code);
  }
}

void Batch::print_result(const Key& key, const history::RunResult& result) {
  const Planned& planned = plan_.scenarios[key.scenario];
  progress_.clear();
  if (global_.format == Format::jsonl) return print(history::to_json(result) + "\n");
  if (global_.format == Format::json) return print(pretty_json(history::to_json(result)) + "\n");
  reports::TextOptions text;
  text.color = color_for(global_, STDOUT_FILENO);
  text.detail = global_.verbose ? reports::Detail::full : reports::Detail::brief;
  text.version = fmt::format("{}, scenario {}", version_text(), planned.fingerprint);
  if (reports::outcome(result) != reports::Outcome::held || planned.seed_was_drawn) {
    text.reproduce = reproduce(key);
  }
  print(reports::verdict_text(result, text));
  if (plan_.runs > 1) print("\n");
}

void Batch::add_nondeterministic(const Key& key, const std::string& what) {
  summary_.add_nondeterministic(plan_.scenarios[key.scenario].scenario->name, key.seed, what);
}

void Batch::print_summary() const {
  if (plan_.runs < 2) return;
  reports::SummaryOptions options;
  options.color = color_for(global_, STDOUT_FILENO);
  options.wall_ns = (wall_now() - started_).ns;
  options.flags = reproduce_flags(options_);
  options.program = shell_quoted(global_.program);
  switch (global_.format) {
    case Format::human:
      return print(reports::summary_text(summary_, options));
    case Format::json:
      return print(pretty_json(reports::summary_json(summary_, options)) + "\n");
    case Format::jsonl:
      return print(reports::summary_json(summary_, options) + "\n");
  }
}

}  // namespace raftsim::cli
