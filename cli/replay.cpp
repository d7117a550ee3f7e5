// `sim replay`: exact re-execution of a seed or of a recorded history, which must give the same history hash.
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "cli/batch.hpp"
#include "cli/commands.hpp"
#include "cli/difference.hpp"
#include "cli/failures.hpp"
#include "cli/interrupt.hpp"
#include "cli/temporary_folder.hpp"
#include "history/reader.hpp"
#include "history/text.hpp"

namespace raftsim::cli {
namespace {

Exit replay_seed(const Global& global, const ReplayOptions& options, std::size_t sign) {
  RunOptions run = options.run;
  run.seed = options.what.substr(0, sign);
  run.scenarios = {options.what.substr(sign + 1)};
  run.determinism = DeterminismCheck::always;
  if (!parse_seed(run.seed)) {
    complain(fmt::format("{}: expected SEED@SCENARIO, as in 42@scenarios/leader_crash.json, or a history",
                         options.what));
    return Exit::usage;
  }
  return run_command(global, run);
}

/// Beside a verdict for people; not among what programs read.
void talk_of_result(const Global& global, const std::string& text) {
  if (global.format == Format::human) return print(text);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

/// A history is run again as it was recorded: what would make it another run is refused.
std::string not_for_histories(const RunOptions& run) {
  for (const auto& [flag, given] :
       {std::pair{"--set", !run.settings.empty()}, std::pair{"--system", !run.system.empty()},
        std::pair{"--until", !run.until.empty()}})
    if (given)
      return fmt::format("{}: a history is replayed as it was recorded; {} goes with SEED@SCENARIO", flag,
                         flag);
  return {};
}

/// Records the run again and shows where it parts from the history.
std::string difference_from(const std::string& path, const search::RunRequest& request) {
  const std::optional<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return "  no temporary folder can be made to compare in\n";
  const Written now = record_again(request, folder->path() + "/history.jsonl.zst");
  const std::string difference =
      now.history.empty() ? std::string()
                          : first_difference({"recorded", events_in(path)}, {"now", events_in(now.history)});
  return difference.empty() ? "  what differs is not in the events\n" : difference;
}

Exit replay_history(const Global& global, const ReplayOptions& options) {
  if (const std::string wrong = not_for_histories(options.run); !wrong.empty()) {
    complain(wrong);
    return Exit::usage;
  }
  const std::optional<WholeHistory> recording = read_whole(options.what);
  if (!recording) return Exit::usage;
  Systems systems;
  std::string error;
  std::optional<Planned> planned = recorded_plan(recording->header, systems, error);
  if (!planned) {
    complain(error);
    return Exit::usage;
  }
  const std::uint64_t seed = recording->header.seed;
  RunOptions run = options.run;
  run.replayed = options.what;
  if (recording->header.run.stops_early) run.until = fmt::format("{}ns", recording->header.run.end.ns);
  Plan plan;
  plan.scenarios.push_back(std::move(*planned));
  plan.runs = 1;
  watch_interrupts();
  Batch batch(global, run, plan);
  const Exit exit = batch.run();
  if (interrupted()) return exit;
  const auto now = batch.hashes().find({0, seed});
  const std::string before = history::to_text(recording->end.hash);
  if (now != batch.hashes().end() && now->second == recording->end.hash) {
    talk_of_result(global, fmt::format("reproduced: the history hash is {} again\n", before));
    return options.expect == Expect::any && exit == Exit::violated ? Exit::held : exit;
  }
  const std::string hash = now == batch.hashes().end() ? "none" : history::to_text(now->second);
  talk_of_result(global,
                 fmt::format("not reproduced: recorded with {}, hash {}; now {}, hash {}\n{}",
                             recording->header.tool, before, version_text(), hash,
                             difference_from(options.what, request_for(plan.scenarios[0], seed, run))));
  return worse(exit, Exit::not_reproduced);
}

}  // namespace

Exit replay_command(const Global& global, const ReplayOptions& options) {
  const std::size_t sign = options.what.find('@');
  if (sign != std::string::npos && !std::filesystem::exists(options.what)) {
    return replay_seed(global, options, sign);
  }
  return replay_history(global, options);
}

}  // namespace raftsim::cli
