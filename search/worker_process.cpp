#include "search/worker_process.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>

#include <fmt/format.h>

#include "seam/check.hpp"

namespace raftsim::search {
namespace {

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {ends[0], ends[1]};
}

void write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // the other end is gone: it will notice
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

/// False at the end of the pipe.
bool read_all(int fd, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = ::read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// An answer on the pipe: three lengths, the verdict's JSON, the output error's text, what the watcher found.
struct AnswerHeader {
  std::uint64_t result_bytes = 0;
  std::uint64_t error_bytes = 0;
  std::uint64_t findings_bytes = 0;
};

void send_answer(int fd, const RunOutcome& outcome) {
  const std::string result = history::to_json(outcome.result);
  const std::string error = outcome.output_error.value_or("");
  const AnswerHeader header{result.size(), error.size(), outcome.findings.size()};
  std::string all(reinterpret_cast<const char*>(&header), sizeof header);
  all += result;
  all += error;
  all += outcome.findings;
  write_all(fd, all.data(), all.size());
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

/// The address space may grow by this much; beyond it allocation fails inside the system under test, which is
/// then found at the very step. Sanitizers reserve terabytes: there only the parent's watch on resident
/// memory counts.
void limit_memory(std::uint64_t memory_mib) {
  if (sanitized) return;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const std::uint64_t used = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = used + (memory_mib << 20);
  ::setrlimit(RLIMIT_AS, &limit);
}

/// Asks for the heap of a typical run at once and in huge pages: the page faults of logs that grow cost a
/// tenth of a run otherwise (2.6 us each on a virtual machine). Only a hint; what is never touched costs
/// nothing. Within the limit of `memory_mib`.
void reserve_heap(std::uint64_t memory_mib) {
#if defined(__GLIBC__)
  if (sanitized) return;
  constexpr std::uint64_t wanted = std::uint64_t{256} << 20;
  constexpr std::uint64_t huge_page = std::uint64_t{2} << 20;
  const std::uint64_t reserve = std::min(wanted, (memory_mib << 20) / 2);
  // A request that the heap cannot hold yet makes it grow by that much more.
  const std::uint64_t request = reserve / 16;
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, static_cast<int>(reserve - request));
  void* volatile grown = std::malloc(request);  // volatile: or the pair would be optimised away
  std::free(grown);
  ::mallopt(M_TOP_PAD, 1 << 20);
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0)) / huge_page * huge_page;
  ::madvise(reinterpret_cast<void*>(end - reserve / huge_page * huge_page + huge_page),
            reserve / huge_page * huge_page - huge_page, MADV_HUGEPAGE);
#else
  static_cast<void>(memory_mib);
#endif
}

// A job on the pipe: which, and where it ended an earlier process; then Fatal::how.
struct JobHeader {
  std::uint64_t job = 0;
  std::uint64_t fatal_step = 0;
  std::uint64_t fatal_after = 0;
  std::uint64_t fatal_inside = 0;
  std::uint64_t how_bytes = 0;
};

/// What a worker says by its exit code: memory cannot be had.
constexpr int out_of_memory_code = 112;

[[noreturn]] void serve(const Jobs& jobs, int job_fd, int result_fd, sim::Progress* progress) {
  JobHeader header;
  while (read_all(job_fd, &header, sizeof header)) {
    progress->step = 0;
    progress->event = 0;
    progress->time_ns = 0;
    progress->inside = 0;
    RunRequest request = jobs.make(header.job);
    std::string how(header.how_bytes, '\0');
    read_all(job_fd, how.data(), how.size());
    if (!how.empty())
      request.fatal = sim::Fatal{header.fatal_step, history::EventId{header.fatal_after},
                                 NodeId{header.fatal_inside}, std::move(how)};
    try {
      send_answer(result_fd, run_one(request, progress));
    } catch (const std::bad_alloc&) {
      ::_exit(out_of_memory_code);
    }
  }
  ::_exit(0);
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("signal SIG{}", name) : fmt::format("signal {}", number);
}

/// The line of `errors` that says most: a failed CHECK, a sanitizer's finding, else the last one.
std::string telling_line(const std::string& errors) {
  std::string last;
  std::size_t at = 0;
  while (at < errors.size()) {
    std::size_t end = errors.find('\n', at);
    if (end == std::string::npos) end = errors.size();
    const std::string line = errors.substr(at, end - at);
    if (line.find("CHECK failed") != std::string::npos || line.find("ERROR: ") != std::string::npos ||
        line.find("runtime error") != std::string::npos) {
      return line;
    }
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
    at = end + 1;
  }
  return last;
}

}  // namespace

WorkerProcess::WorkerProcess(const Jobs& jobs, std::uint64_t memory_mib) : memory_mib_(memory_mib) {
  void* page =
      ::mmap(nullptr, sizeof(sim::Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  progress_ = new (page) sim::Progress;
  const Pipe job_pipe = make_pipe();
  const Pipe result_pipe = make_pipe();
  const Pipe error_pipe = make_pipe();
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGINT, SIG_IGN);   // the parent decides when a campaign ends
    ::signal(SIGPIPE, SIG_IGN);  // a trace piped into `head` must not end the run
    // Whoever forked may catch these (a test framework does): here they must end the process.
    for (const int fatal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) ::signal(fatal, SIG_DFL);
    ::dup2(error_pipe.write, STDERR_FILENO);
    ::close(job_pipe.write);
    ::close(result_pipe.read);
    ::close(error_pipe.read);
    limit_memory(memory_mib);
    reserve_heap(memory_mib);
    serve(jobs, job_pipe.read, result_pipe.write, progress_);
  }
  ::close(job_pipe.read);
  ::close(result_pipe.write);
  ::close(error_pipe.write);
  jobs_ = job_pipe.write;
  results_ = result_pipe.read;
  errors_ = error_pipe.read;
  ::fcntl(results_, F_SETFL, O_NONBLOCK);
  ::fcntl(errors_, F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
  kill();
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  ::close(jobs_);
  ::close(results_);
  ::close(errors_);
  ::munmap(progress_, sizeof(sim::Progress));
}

void WorkerProcess::start(std::size_t job, const sim::Fatal& fatal) {
  CHECK(!job_);
  job_ = job;
  const JobHeader header{job, fatal.step, fatal.after.value, fatal.inside.value, fatal.how.size()};
  write_all(jobs_, &header, sizeof header);
  write_all(jobs_, fatal.how.data(), fatal.how.size());
}

void WorkerProcess::drain_errors() {
  std::array<char, 4096> chunk;
  ssize_t n = 0;
  while ((n = ::read(errors_, chunk.data(), chunk.size())) > 0) {
    // Enough for a sanitizer's first lines; a talkative module must not fill the parent's memory.
    if (error_text_.size() < 65'536) error_text_.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

WorkerProcess::Read WorkerProcess::read_available() {
  drain_errors();
  Read read;
  std::array<char, 65'536> chunk;
  while (true) {
    const ssize_t n = ::read(results_, chunk.data(), chunk.size());
    if (n > 0) {
      incoming_.append(chunk.data(), static_cast<std::size_t>(n));
      continue;
    }
    read.closed = n == 0;
    if (n < 0 && errno == EINTR) continue;
    break;
  }
  AnswerHeader header;
  if (incoming_.size() < sizeof header) return read;
  std::memcpy(&header, incoming_.data(), sizeof header);
  const std::uint64_t findings_at = sizeof header + header.result_bytes + header.error_bytes;
  if (incoming_.size() < findings_at + header.findings_bytes) return read;
  std::optional<history::RunResult> result =
      history::run_result_from_json(incoming_.substr(sizeof header, header.result_bytes));
  CHECK(result.has_value());
  read.outcome.emplace();
  read.outcome->result = std::move(*result);
  if (header.error_bytes > 0) {
    read.outcome->output_error = incoming_.substr(sizeof header + header.result_bytes, header.error_bytes);
  }
  read.outcome->findings = incoming_.substr(findings_at, header.findings_bytes);
  incoming_.clear();
  job_.reset();
  return read;
}

ProcessEnd WorkerProcess::collect() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  drain_errors();
  const bool exited = !WIFSIGNALED(status);
  return {exited ? fmt::format("the process ended with exit code {}", WEXITSTATUS(status))
                 : signal_name(WTERMSIG(status)),
          telling_line(error_text_), exited && WEXITSTATUS(status) == out_of_memory_code};
}

void WorkerProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::optional<Duration> WorkerProcess::cpu_time() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return std::nullopt;
  return seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

std::uint64_t WorkerProcess::resident_mib() const {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream(fmt::format("/proc/{}/statm", pid_)) >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) >> 20;
}

}  // namespace raftsim::search
