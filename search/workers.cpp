#include "search/workers.hpp"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <deque>
#include <list>

#include <fmt/format.h>

#include "search/worker_process.hpp"

namespace raftsim::search {
namespace {

Instant monotonic_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return Instant{std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec};
}

// How often the parent looks at steps, memory and time while nothing arrives.
constexpr Duration watch_every = milliseconds(50);

}  // namespace

class Workers::Impl {
 public:
  Impl(Jobs jobs, WorkerLimits limits) : jobs_(std::move(jobs)), limits_(limits), end_(jobs_.count) {
    CHECK(limits_.jobs >= 1);
  }

  Waited wait(Duration patience) {
    const Instant give_up = monotonic_now() + patience;
    while (true) {
      fill();
      if (!finished_.empty()) {
        Waited waited{std::move(finished_.front()), false};
        finished_.pop_front();
        return waited;
      }
      if (std::none_of(workers_.begin(), workers_.end(), [](const Watched& w) { return w.process->job(); })) {
        return {std::nullopt, true};
      }
      poll_once();
      for (auto worker = workers_.begin(); worker != workers_.end();) {
        const bool alive = serve(*worker);
        worker = alive ? std::next(worker) : workers_.erase(worker);
      }
      if (finished_.empty() && monotonic_now() >= give_up) return {};
    }
  }

  void stop_starting() {
    end_ = next_;
    errands_.clear();
  }

  void interrupt() {
    stop_starting();
    for (Watched& worker : workers_)
      if (const std::optional<std::size_t> job = worker.process->job())
        stop(worker, *job, history::Stop::interrupt);
    workers_.clear();
  }

 private:
  /// Why a job runs in a process of its own. One that crashed among others is run again, alone; when it
  /// crashes again, it is run a third time, up to there, so that what came before is judged and recorded.
  struct Errand {
    enum class Kind : std::uint8_t { among_others, alone, up_to_there } kind = Kind::among_others;
    std::size_t job = 0;
    Crash crash;
  };
  struct Watched {
    std::unique_ptr<WorkerProcess> process;
    Instant job_started;
    // The call into the system under test that was last seen, and since when it has been the same one.
    std::uint64_t step = 0;
    std::uint64_t inside = 0;
    std::uint64_t resident_mib = 0;
    Instant since_wall;
    Duration since_cpu;
    Errand errand;
  };

  std::uint64_t memory_mib(std::size_t job) const {
    return jobs_.make(job).scenario->limits.memory_mib.value_or(limits_.memory_mib);
  }

  /// Gives every idle or missing worker something to do. A process serves jobs of one limit on memory.
  void fill() {
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      const bool idle = !worker->process->job() && next_ < end_;
      if (idle && worker->process->memory_mib() != memory_mib(next_)) {
        worker = workers_.erase(worker);
        continue;
      }
      if (idle) begin(*worker, next_++);
      ++worker;
    }
    while (workers_.size() < limits_.jobs && (next_ < end_ || !errands_.empty())) {
      Watched worker;
      if (!errands_.empty()) {
        worker.errand = std::move(errands_.front());
        errands_.pop_front();
      } else {
        worker.errand.job = next_++;
      }
      const std::size_t job = worker.errand.job;
      worker.process = std::make_unique<WorkerProcess>(jobs_, memory_mib(job));
      begin(worker, job);
      workers_.push_back(std::move(worker));
    }
  }

  static void begin(Watched& worker, std::size_t job) {
    worker.job_started = worker.since_wall = monotonic_now();
    worker.since_cpu = worker.process->cpu_time().value_or(Duration{});
    worker.step = worker.inside = 0;
    const bool known = worker.errand.kind == Errand::Kind::up_to_there;
    worker.process->start(job, known ? worker.errand.crash.fatal : sim::Fatal{});
  }

  void poll_once() {
    std::vector<pollfd> fds;
    for (const Watched& worker : workers_) fds.push_back({worker.process->result_fd(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), static_cast<int>(watch_every.ns / 1'000'000));
  }

  /// Takes what the worker has to say and watches it. False: it is gone.
  bool serve(Watched& worker) {
    const std::optional<std::size_t> job = worker.process->job();
    WorkerProcess::Read read = worker.process->read_available();
    if (read.outcome) {
      finished_.push_back({*job, std::move(*read.outcome), std::nullopt});
      acquit_or_tell(worker.errand, finished_.back().outcome.result);
      return worker.errand.kind == Errand::Kind::among_others && !read.closed;
    }
    if (!job) return !read.closed;
    if (read.closed) {
      const ProcessEnd end = worker.process->collect();
      const std::string how = end.out_of_memory ? too_much_memory(*job) : end.how;
      ended(worker, *job, crash_of(how, end.out_of_memory ? "" : end.line, end.out_of_memory));
      return false;
    }
    if (std::optional<Crash> crash = overstepped(worker, *job)) {
      worker.process->kill();
      worker.process->collect();
      ended(worker, *job, std::move(*crash));
      return false;
    }
    if (out_of_time(worker, *job)) {
      stop(worker, *job, history::Stop::wall);
      return false;
    }
    return true;
  }

  void stop(Watched& worker, std::size_t job, history::Stop by) {
    worker.process->kill();
    worker.process->collect();
    const Duration wall = milliseconds((monotonic_now() - worker.job_started).ns / 1'000'000);
    finished_.push_back(
        {job, {stopped_result(jobs_.make(job), by, worker.process->progress(), wall), {}, {}}, {}});
  }

  /// Where in the run it was is known when it has ended.
  static Crash crash_of(std::string how, std::string line = {}, bool of_memory = false) {
    Crash crash;
    crash.fatal.how = std::move(how);
    crash.line = std::move(line);
    crash.of_memory = of_memory;
    return crash;
  }

  /// What a run that was on an errand has come to.
  void acquit_or_tell(const Errand& errand, history::RunResult& result) const {
    if (errand.kind == Errand::Kind::among_others) return;
    // The memory of runs before it counted, too: alone, it kept within its own.
    if (errand.kind == Errand::Kind::alone && errand.crash.of_memory) return;
    if (errand.kind == Errand::Kind::alone || !tell(errand.crash.line, result)) {
      Crash crash = errand.crash;
      crash.fatal.how += "; it did not crash when run again alone";
      result = crashed_result(jobs_.make(errand.job), crash);
    }
    // Where memory runs out is not the same in every process.
    if (errand.crash.of_memory) result.hash = {};
  }

  void ended(const Watched& worker, std::size_t job, Crash crash) {
    const sim::Progress& progress = worker.process->progress();
    crash.fatal.step = progress.step.load();
    crash.fatal.after = history::EventId{progress.event.load()};
    crash.fatal.inside = NodeId{progress.inside.load()};
    crash.at = Instant{progress.time_ns.load()};
    using Kind = Errand::Kind;
    const Kind kind = worker.errand.kind;
    const bool ours = crash.fatal.inside == NodeId{};
    if (ours && !crash.of_memory) {
      finished_.push_back({job, {crashed_result(jobs_.make(job), crash), {}, {}}, crash.words()});
    } else if (kind == Kind::among_others) {
      errands_.push_back({Kind::alone, job, std::move(crash)});
    } else if (kind == Kind::alone && !ours) {
      errands_.push_back({Kind::up_to_there, job, std::move(crash)});
    } else {
      finished_.push_back({job, {crashed_result(jobs_.make(job), crash), {}, {}}, {}});
    }
  }

  std::string too_much_memory(std::size_t job) const {
    return fmt::format("the run needed more than {} MiB of memory (limits.memory_mib)", memory_mib(job));
  }

  /// Why the run must be ended, if it must: a call into the system under test that does not return, or
  /// memory.
  std::optional<Crash> overstepped(Watched& worker, std::size_t job) {
    const std::uint64_t step = worker.process->progress().step.load();
    const std::uint64_t inside = worker.process->progress().inside.load();
    const Instant now = monotonic_now();
    const Duration cpu = worker.process->cpu_time().value_or(worker.since_cpu);
    const std::uint64_t resident = worker.process->resident_mib();
    if (resident > memory_mib(job)) {
      return crash_of(too_much_memory(job), "", true);
    }
    // A call that fills memory comes to the limit on that, however long it takes.
    const bool fills = resident >= worker.resident_mib + 16;
    if (inside == 0 || inside != worker.inside || step != worker.step || fills) {
      worker.resident_mib = resident;
      worker.step = step;
      worker.inside = inside;
      worker.since_wall = now;
      worker.since_cpu = cpu;
      return std::nullopt;
    }
    if (cpu - worker.since_cpu > limits_.step_cpu) {
      return crash_of(fmt::format("one step took more than {} s of CPU time (a hang)",
                                  limits_.step_cpu.ns / 1'000'000'000));
    }
    if (now - worker.since_wall > limits_.step_wall) {
      return crash_of(
          fmt::format("one step did not end within {} s (a hang)", limits_.step_wall.ns / 1'000'000'000));
    }
    return std::nullopt;
  }

  bool out_of_time(const Watched& worker, std::size_t job) const {
    const std::optional<Duration> wall =
        limits_.run_wall ? limits_.run_wall : jobs_.make(job).scenario->limits.wall;
    return wall && monotonic_now() - worker.job_started > *wall;
  }

  const Jobs jobs_;
  const WorkerLimits limits_;
  /// The jobs that were not begun yet.
  std::size_t next_ = 0, end_;
  std::deque<Errand> errands_;
  std::list<Watched> workers_;
  std::deque<Finished> finished_;
};

Workers::Workers(Jobs jobs, WorkerLimits limits) : impl_(std::make_unique<Impl>(std::move(jobs), limits)) {}
Workers::~Workers() = default;
Workers::Waited Workers::wait(Duration patience) { return impl_->wait(patience); }
void Workers::stop_starting() { impl_->stop_starting(); }
void Workers::interrupt() { impl_->interrupt(); }

}  // namespace raftsim::search
