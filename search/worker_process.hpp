// One worker process and the parent's end of its pipes. Internal to search/.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "search/jobs.hpp"

namespace raftsim::search {

/// How a worker process ended.
struct ProcessEnd {
  std::string how;   ///< in words: "signal SIGSEGV", "exit code 1"
  std::string line;  ///< the telling line of its standard error; may be empty
  bool out_of_memory = false;
};

class WorkerProcess {
 public:
  /// Forks. The child serves jobs until its pipe closes. It may use `memory_mib` more than it has.
  WorkerProcess(const Jobs& jobs, std::uint64_t memory_mib);
  /// Kills the child where it still runs.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// `fatal`: where the job ended an earlier process.
  void start(std::size_t job, const sim::Fatal& fatal = {});
  /// Reads what has come; a complete answer ends the job.
  struct Read {
    std::optional<RunOutcome> outcome;
    bool closed = false;
  };
  Read read_available();
  /// Waits for the child to end (kills it first where told to) and says how it did.
  ProcessEnd collect();
  void kill();

  std::uint64_t memory_mib() const { return memory_mib_; }
  int result_fd() const { return results_; }
  const sim::Progress& progress() const { return *progress_; }
  std::optional<std::size_t> job() const { return job_; }
  /// CPU time used by the child so far; nothing where it is gone.
  std::optional<Duration> cpu_time() const;
  /// Resident set, in MiB.
  std::uint64_t resident_mib() const;

 private:
  void drain_errors();

  const std::uint64_t memory_mib_;
  pid_t pid_ = -1;
  int jobs_ = -1;
  int results_ = -1;
  int errors_ = -1;
  sim::Progress* progress_ = nullptr;
  std::optional<std::size_t> job_;
  std::string incoming_;
  std::string error_text_;
};

}  // namespace raftsim::search
