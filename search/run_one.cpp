#include "search/run_one.hpp"

#include <sys/resource.h>
#include <time.h>
#include <xxhash.h>

#include <algorithm>

#include <fmt/format.h>

#include "history/event_counts.hpp"
#include "history/journal.hpp"
#include "history/writer.hpp"
#include "seam/check.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::search {
namespace {

// Wall and CPU time of a run are reported beside it and never enter it.
std::int64_t clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

std::uint64_t peak_rss_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

/// The request with the scenario of its seed in place; the scenario lives in `drawn`.
RunRequest concrete(const RunRequest& request, std::optional<sim::Scenario>& drawn) {
  RunRequest result = request;
  if (request.swarm != nullptr) {
    drawn = std::move(request.swarm->draw(request.seed).scenario);
    CHECK(drawn.has_value());
    result.scenario = &*drawn;
    result.swarm = nullptr;
  }
  // A draw may have made the cluster smaller than the largest that the systems were found for.
  const std::size_t servers = sim::node_capacity(*result.scenario);
  if (result.systems.size() > servers) result.systems.resize(servers);
  return result;
}

history::RunResult result_header(const RunRequest& request) {
  history::RunResult result;
  result.scenario = request.scenario->name;
  result.scenario_path = request.scenario_path;
  result.seed = request.seed;
  result.system = request.system_name;
  // The demand is about the system that the scenario names; another one is judged for itself (formats.md,
  // verdict).
  if (request.scenario->expect.verdict && request.system_name == request.scenario->system) {
    result.expected_violation = request.scenario->expect.verdict->property;
  }
  return result;
}

/// Of a journal, what happens up to an event: a journal of its own.
class Beginning final : public history::Observer {
 public:
  explicit Beginning(history::EventId last) : last_(last) { journal_.subscribe(counts_); }

  history::Journal& journal() { return journal_; }
  history::RunCounts counts() const { return counts_.counts(); }
  history::EventKinds kinds() const override { return history::EventKinds::all(); }
  void on_event(const history::Event& event, const history::Details& details) override {
    if (event.id > last_) return;
    history::Event same = event;
    journal_.emit(same, details);
  }

 private:
  const history::EventId last_;
  history::Journal journal_;
  history::EventCounts counts_;
};

/// Everything that observes one run, wired up in the order in which events must reach it.
struct Observers {
  explicit Observers(const RunRequest& request)
      : info(run_info_of(request)), checkers(info, request.refinement) {
    if (request.up_to) beginning.emplace(request.up_to->event);
    history::Journal& seen = observed();
    if (request.judging == RunRequest::Judging::all) checkers.subscribe(seen);
    if (request.watcher != nullptr) seen.subscribe(*request.watcher);
    if (request.history_path) {
      writer.emplace(
          *request.history_path,
          history::HistoryHeader{request.tool, request.seed, sim::write_scenario(*request.scenario), info},
          history::WriterOptions{request.scenario->record.keyframe_every});
      seen.subscribe(*writer);
    }
    if (beginning) journal.subscribe(*beginning);
  }

  history::Journal& observed() { return beginning ? beginning->journal() : journal; }

  static history::RunInfo run_info_of(const RunRequest& request) {
    history::RunInfo info = sim::run_info(*request.scenario, request.seed);
    info.system = request.system_name;
    info.expected_violation = result_header(request).expected_violation;
    info.scenario_path = request.scenario_path;
    if (request.until && *request.until < info.end) stop_at(*request.until, info);
    return info;
  }

  /// A run that is stopped early is not judged by what its scenario expects of the end.
  static void stop_at(Instant until, history::RunInfo& info) {
    info.end = until;
    info.stops_early = true;
    if (info.quiet_at && *info.quiet_at >= until) info.quiet_at.reset();
    info.drain_at.reset();
  }

  history::RunInfo info;
  history::Journal journal;  ///< the world's
  std::optional<Beginning> beginning;
  checkers::Checkers checkers;
  std::optional<history::HistoryWriter> writer;
};

}  // namespace

checkers::Refinement refinement_of(std::uint64_t seed) {
  const bool drawn = XXH3_64bits(&seed, sizeof seed) % 4 == 0;
  return drawn ? checkers::Refinement::judged : checkers::Refinement::left_out;
}

RunOutcome run_one(const RunRequest& requested, sim::Progress* progress) {
  std::optional<sim::Scenario> drawn;
  const RunRequest request = concrete(requested, drawn);
  const std::int64_t wall = clock_ns(CLOCK_MONOTONIC);
  const std::int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  RunOutcome outcome;
  outcome.result = result_header(request);
  history::RunResult& result = outcome.result;

  Observers observers(request);
  sim::World world(*request.scenario, sim::from_seed(request.seed), request.systems, observers.journal,
                   progress);
  if (request.fatal) world.expect(*request.fatal);
  const sim::RunEnd end = world.run(request.up_to ? request.up_to->time : request.until);

  result.ended = !observers.beginning;
  result.counts = result.ended ? end.counts : observers.beginning->counts();
  if (request.judging == RunRequest::Judging::all)
    result.verdict = observers.checkers.finish(result.counts.end);
  if (result.ended) result.verdict.faults = end.faults;
  result.hash = observers.observed().hash().digest();
  if (request.findings) outcome.findings = request.findings();
  result.wall_ns = clock_ns(CLOCK_MONOTONIC) - wall;
  result.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  result.peak_rss_kib = peak_rss_kib();
  if (observers.writer) {
    result.history_path = *request.history_path;
    if (const auto error = observers.writer->finish(result.hash, result))
      outcome.output_error = error->text();
  }
  return outcome;
}

namespace {

history::RunResult unfinished(const RunRequest& requested, history::Stop by, std::uint64_t events,
                              std::uint64_t steps, Instant end) {
  std::optional<sim::Scenario> drawn;
  const RunRequest request = concrete(requested, drawn);
  history::RunResult result = result_header(request);
  result.stopped = by;
  result.counts.events = events;
  result.counts.steps = steps;
  result.counts.end = end;
  return result;
}

}  // namespace

std::string Crash::words() const {
  return line.empty() ? fatal.how : fmt::format("{} ({})", fatal.how, line);
}

history::RunResult crashed_result(const RunRequest& request, const Crash& crash) {
  const sim::Fatal& fatal = crash.fatal;
  history::RunResult result =
      unfinished(request, history::Stop::crash, fatal.after.value, fatal.step, crash.at);
  history::Violation violation;
  violation.id = history::PropertyId::no_crash;
  violation.event = fatal.after;
  violation.time = crash.at;
  const std::string who =
      fatal.inside == NodeId{} ? "The run ended" : fmt::format("n{} crashed", fatal.inside.value);
  violation.sentence =
      fmt::format("{} in step {} (after event {}): {}.", who, fatal.step, fatal.after.value, crash.words());
  result.verdict.violations.push_back(std::move(violation));
  for (const history::PropertyInfo& property : history::properties()) {
    const bool crash = property.id == history::PropertyId::no_crash;
    result.verdict.properties.push_back(
        {property.id, crash ? history::Judgement::violated : history::Judgement::skipped, crash ? 1u : 0u,
         crash ? "" : "the run ended in a crash of the system under test"});
  }
  return result;
}

bool tell(const std::string& line, history::RunResult& result) {
  for (history::Violation& violation : result.verdict.violations) {
    if (violation.id != history::PropertyId::no_crash) continue;
    if (!line.empty()) violation.sentence += fmt::format(" ({})", line);
    return true;
  }
  return false;
}

history::RunResult stopped_result(const RunRequest& request, history::Stop by, const sim::Progress& progress,
                                  Duration wall) {
  history::RunResult result = unfinished(request, by, progress.event.load(std::memory_order_relaxed),
                                         progress.step.load(std::memory_order_relaxed),
                                         Instant{progress.time_ns.load(std::memory_order_relaxed)});
  result.wall_ns = wall.ns;
  const char* why = by == history::Stop::wall ? "the limit on wall time came first" : "it was interrupted";
  for (const history::PropertyInfo& property : history::properties()) {
    result.verdict.properties.push_back({property.id, history::Judgement::unknown, 0, why});
  }
  return result;
}

}  // namespace raftsim::search
