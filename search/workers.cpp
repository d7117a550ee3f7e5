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
  Impl(std::vector<RunRequest> jobs, WorkerLimits limits) : jobs_(std::move(jobs)), limits_(limits) {
    CHECK(limits_.jobs >= 1);
    for (std::size_t i = 0; i < jobs_.size(); ++i) waiting_.push_back(i);
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
    waiting_.clear();
    retries_.clear();
  }

 private:
  struct Watched {
    std::unique_ptr<WorkerProcess> process;
    Instant job_started;
    // The call into the system under test that was last seen, and since when it has been the same one.
    std::uint64_t step = 0;
    std::uint64_t inside = 0;
    Instant since_wall;
    Duration since_cpu;
    bool retrying = false;
    std::string first_crash;
  };
  struct Retry {
    std::size_t job = 0;
    std::string how;
  };

  std::uint64_t memory_mib(std::size_t job) const {
    return jobs_[job].scenario->limits.memory_mib.value_or(limits_.memory_mib);
  }

  /// Gives every idle or missing worker something to do.
  void fill() {
    for (Watched& worker : workers_) {
      if (worker.process->job() || waiting_.empty()) continue;
      begin(worker, waiting_.front());
      waiting_.pop_front();
    }
    while (workers_.size() < limits_.jobs && (!waiting_.empty() || !retries_.empty())) {
      Watched worker;
      std::size_t job = 0;
      if (!retries_.empty()) {  // alone, in a process that ran nothing before
        job = retries_.front().job;
        worker.retrying = true;
        worker.first_crash = retries_.front().how;
        retries_.pop_front();
      } else {
        job = waiting_.front();
        waiting_.pop_front();
      }
      worker.process = std::make_unique<WorkerProcess>(jobs_, memory_mib(job));
      begin(worker, job);
      workers_.push_back(std::move(worker));
    }
  }

  static void begin(Watched& worker, std::size_t job) {
    worker.job_started = worker.since_wall = monotonic_now();
    worker.since_cpu = worker.process->cpu_time().value_or(Duration{});
    worker.step = worker.inside = 0;
    worker.process->start(job);
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
      Finished finished{*job, std::move(*read.outcome), std::nullopt};
      if (worker.retrying) {  // it crashed among others, and not alone: both are said
        finished.outcome.result =
            crashed_result(jobs_[*job], worker.process->progress(),
                           worker.first_crash + "; it did not crash when run again alone");
      }
      finished_.push_back(std::move(finished));
      return !worker.retrying && !read.closed;
    }
    if (!job) return !read.closed;
    if (read.closed) {
      ended(worker, *job, worker.process->collect().how);
      return false;
    }
    if (const std::optional<std::string> why = overstepped(worker, *job)) {
      worker.process->kill();
      worker.process->collect();
      ended(worker, *job, *why);
      return false;
    }
    if (out_of_time(worker, *job)) {
      worker.process->kill();
      worker.process->collect();
      finished_.push_back({*job, {out_of_time_result(jobs_[*job], worker.process->progress()), {}}, {}});
      return false;
    }
    return true;
  }

  void ended(const Watched& worker, std::size_t job, const std::string& how) {
    if (worker.process->progress().inside.load() == 0) {
      finished_.push_back({job, {crashed_result(jobs_[job], worker.process->progress(), how), {}}, how});
    } else if (!worker.retrying) {
      retries_.push_back({job, how});
    } else {
      finished_.push_back({job, {crashed_result(jobs_[job], worker.process->progress(), how), {}}, {}});
    }
  }

  /// Why the call into the system under test must be ended, if it must.
  std::optional<std::string> overstepped(Watched& worker, std::size_t job) {
    const std::uint64_t step = worker.process->progress().step.load();
    const std::uint64_t inside = worker.process->progress().inside.load();
    const Instant now = monotonic_now();
    const Duration cpu = worker.process->cpu_time().value_or(worker.since_cpu);
    if (inside != 0 && worker.process->resident_mib() > memory_mib(job)) {
      return fmt::format("it used more than {} MiB of memory", memory_mib(job));
    }
    if (inside == 0 || inside != worker.inside || step != worker.step) {
      worker.step = step;
      worker.inside = inside;
      worker.since_wall = now;
      worker.since_cpu = cpu;
      return std::nullopt;
    }
    if (cpu - worker.since_cpu > limits_.step_cpu) {
      return fmt::format("one step took more than {} s of CPU time (a hang)",
                         limits_.step_cpu.ns / 1'000'000'000);
    }
    if (now - worker.since_wall > limits_.step_wall) {
      return fmt::format("one step did not end within {} s (a hang)", limits_.step_wall.ns / 1'000'000'000);
    }
    return std::nullopt;
  }

  bool out_of_time(const Watched& worker, std::size_t job) const {
    const std::optional<Duration> wall =
        limits_.run_wall ? limits_.run_wall : jobs_[job].scenario->limits.wall;
    return wall && monotonic_now() - worker.job_started > *wall;
  }

  const std::vector<RunRequest> jobs_;
  const WorkerLimits limits_;
  std::deque<std::size_t> waiting_;
  std::deque<Retry> retries_;
  std::list<Watched> workers_;
  std::deque<Finished> finished_;
};

Workers::Workers(std::vector<RunRequest> jobs, WorkerLimits limits)
    : impl_(std::make_unique<Impl>(std::move(jobs), limits)) {}
Workers::~Workers() = default;
Workers::Waited Workers::wait(Duration patience) { return impl_->wait(patience); }
void Workers::stop_starting() { impl_->stop_starting(); }

}  // namespace raftsim::search
