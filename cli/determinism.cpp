#include "cli/determinism.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/difference.hpp"
#include "cli/failures.hpp"
#include "cli/interrupt.hpp"
#include "cli/temporary_folder.hpp"
#include "history/text.hpp"

extern char** environ;

namespace raftsim::cli {
namespace fs = std::filesystem;
namespace {

// Seeds per process: enough to spread the cost of starting one, few enough to bound what is recorded
// meanwhile.
constexpr std::size_t seeds_per_process = 16;

// The run that checks must come to its end: where wall time cuts one is chance. The flag stands above the
// scenario's limits.wall; a year (sim::duration_max) is the longest that it takes.
constexpr const char* no_wall_limit = "8760h";

/// This program's standard output when run with `arguments`, in a process of its own: address space
/// randomised anew by the kernel, freshly allocated heap filled with another pattern (MALLOC_PERTURB_).
std::string output_of(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> words = arguments;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  std::string perturb = "MALLOC_PERTURB_=165";
  environment.push_back(perturb.data());
  environment.push_back(nullptr);
  pid_t pid = -1;
  const int spawned =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  std::string output;
  std::array<char, 65'536> chunk;
  ssize_t n = 0;
  while (spawned == 0 && (n = ::read(pipe[0], chunk.data(), chunk.size())) > 0) {
    output.append(chunk.data(), static_cast<std::size_t>(n));
  }
  ::close(pipe[0]);
  if (spawned == 0) ::waitpid(pid, nullptr, 0);
  return output;
}

std::vector<std::string> again(const RunOptions& options, const std::string& path,
                               const std::vector<std::uint64_t>& seeds, const std::string& folder) {
  std::string list;
  for (std::uint64_t seed : seeds) list += fmt::format("{}{}", list.empty() ? "" : ",", seed);
  if (seeds.size() == 1) list += fmt::format("..{}", seeds.front());
  std::vector<std::string> words{"sim",
                                 "--format",
                                 "jsonl",
                                 "-q",
                                 "run",
                                 path,
                                 "--seeds",
                                 list,
                                 "--check-determinism",
                                 "never",
                                 "--report",
                                 "never",
                                 "--history",
                                 options.history == "always" ? "never" : "always",
                                 "--out",
                                 folder,
                                 "-j",
                                 "1",
                                 "--wall",
                                 no_wall_limit};
  if (!options.system.empty()) words.insert(words.end(), {"--system", options.system});
  for (const std::string& setting : options.settings) words.insert(words.end(), {"--set", setting});
  if (!options.until.empty()) words.insert(words.end(), {"--until", options.until});
  return words;
}

std::map<std::uint64_t, std::string> hashes_in(const std::string& output) {
  std::map<std::uint64_t, std::string> hashes;
  std::size_t at = 0;
  while (at < output.size()) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const nlohmann::json line = nlohmann::json::parse(output.substr(at, end - at), nullptr, false);
    if (line.is_object() && line.value("format", "") == "raftsim/verdict@1") {
      const auto seed = line.find("seed");
      const std::string text = seed->is_string() ? seed->get<std::string>() : seed->dump();
      hashes[*parse_seed(text)] = line.value("hash", "");
    }
    at = end + 1;
  }
  return hashes;
}

/// Records the run here and there and names the first event that differs.
std::string recorded_difference(const RunOptions& options, const Planned& planned, std::uint64_t seed,
                                const std::string& folder) {
  const Written here = record_again(request_for(planned, seed, options), folder + "/here/history.jsonl.zst");
  RunOptions recording = options;
  recording.history = "auto";
  output_of(again(recording, planned.path, {seed}, folder + "/there"));
  std::string there;
  std::error_code missing;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder + "/there", missing)) {
    if (entry.path().filename() == "history.jsonl.zst") there = entry.path().string();
  }
  if (there.empty()) return "  the other process recorded nothing: it may not have started\n";
  const std::string difference =
      first_difference({"here", events_in(here.history)}, {"there", events_in(there)});
  return difference.empty() ? "  recorded, the two runs were equal: what differs is not in the events\n"
                            : difference;
}

/// The seeds of scenario `s` to run again, of those whose runs have a hash to compare with.
std::vector<std::uint64_t> sampled(const RunOptions& options, const Plan& plan, std::size_t s,
                                   const Batch& batch) {
  const Seeds& all = plan.scenarios[s].seeds;
  const std::uint64_t stride = determinism_stride(options.determinism);
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < all.size(); i += stride)
    if (batch.hashes().contains({s, all[i]})) seeds.push_back(all[i]);
  return seeds;
}

}  // namespace

DeterminismResult check_determinism(const Global& global, const RunOptions& options, const Plan& plan,
                                    Batch& batch) {
  DeterminismResult result;
  const std::optional<TemporaryFolder> temporary = TemporaryFolder::make();
  if (!temporary) {
    complain(
        "no temporary folder can be made to compare runs in: TMPDIR must name a folder that can be "
        "written to (or --check-determinism never)");
    return {0, Exit::output};
  }
  const std::string& folder = temporary->path();
  for (std::size_t s = 0; s < plan.scenarios.size(); ++s) {
    const Planned& planned = plan.scenarios[s];
    std::vector<std::uint64_t> seeds = sampled(options, plan, s, batch);
    std::reverse(seeds.begin(), seeds.end());  // another order: nothing may be handed from run to run
    for (std::size_t at = 0; at < seeds.size(); at += seeds_per_process) {
      const auto begin = seeds.begin() + static_cast<std::ptrdiff_t>(at);
      const auto end =
          seeds.begin() + static_cast<std::ptrdiff_t>(std::min(at + seeds_per_process, seeds.size()));
      const auto there = hashes_in(output_of(again(options, planned.path, {begin, end}, folder + "/again")));
      if (interrupted()) {
        talk(global,
             "interrupted while runs were run again in another process: their hashes were not compared");
        result.exit = worse(result.exit, Exit::interrupted);
        return result;
      }
      for (auto seed = begin; seed != end; ++seed) {
        const std::string here = history::to_text(batch.hashes().at({s, *seed}));
        ++result.checked;
        const auto other = there.find(*seed);
        if (other != there.end() && other->second == here) continue;
        result.exit = worse(result.exit, Exit::nondeterminism);
        const std::string what =
            fmt::format("{} seed {} is not deterministic: hash {} here, {} in another process\n{}",
                        planned.path, *seed, here, other == there.end() ? "none" : other->second,
                        recorded_difference(options, planned, *seed, folder));
        complain(what);
        batch.add_nondeterministic({s, *seed}, what);
      }
      std::error_code code;
      fs::remove_all(folder + "/again", code);
    }
  }
  if (result.checked > 0 && result.exit == Exit::held && plan.runs > 1) {
    talk(global,
         fmt::format("determinism: {0}/{0} runs gave the same hash in another process", result.checked));
  }
  return result;
}

}  // namespace raftsim::cli
