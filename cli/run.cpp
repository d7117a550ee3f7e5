// `sim run`: scenarios and seeds in, verdicts out.
#include <fmt/format.h>

#include "cli/batch.hpp"
#include "cli/commands.hpp"
#include "cli/determinism.hpp"
#include "cli/interrupt.hpp"
#include "history/text.hpp"

namespace raftsim::cli {
namespace {

/// A path names one file: it cannot take several runs.
std::string path_conflict(const RunOptions& options, const Plan& plan) {
  if (plan.runs < 2) return {};
  for (const auto& [flag, word] :
       {std::pair{"--report", options.report}, std::pair{"--history", options.history}}) {
    if (output_choice(word).when == When::path) {
      return fmt::format("{} {}: one file cannot take {} runs; use {} always, which writes below --out", flag,
                         word, plan.runs, flag);
    }
  }
  return {};
}

/// A goal of a scenario that no run reached says that the runs passed for nothing.
Exit unreached_goals(const reports::Summary& summary) {
  Exit exit = Exit::held;
  for (const auto& [key, totals] : summary.goals()) {
    if (totals.reached > 0) continue;
    complain(fmt::format("{}: \"{}\" came about in none of {} runs", key.first, key.second, totals.runs));
    exit = Exit::unknown;
  }
  return exit;
}

}  // namespace

Exit run_command(const Global& global, const RunOptions& options) {
  if (options.trace && *options.trace != all_kinds) {
    const auto kinds = history::kinds_named(*options.trace);
    if (const auto* error = std::get_if<std::string>(&kinds)) {
      complain(fmt::format("--trace={}: {}", *options.trace, *error));
      return Exit::usage;
    }
  }
  if (options.trace && global.format != Format::human) {
    complain(
        "--trace prints lines for people among the verdicts: leave --format out, or record with --history");
    return Exit::usage;
  }
  watch_interrupts();
  Systems systems;
  const std::optional<Plan> plan = make_plan(options, systems);
  if (!plan) return Exit::usage;
  if (interrupted()) {
    complain("interrupted before anything was run");
    return Exit::interrupted;
  }
  if (plan->runs == 0) return Exit::nothing_run;
  if (const std::string conflict = path_conflict(options, *plan); !conflict.empty()) {
    complain(conflict);
    return Exit::usage;
  }
  Batch batch(global, options, *plan);
  Exit exit = batch.run();
  if (options.determinism != DeterminismCheck::never && !interrupted()) {
    exit = worse(exit, check_determinism(global, options, *plan, batch).exit);
  }
  batch.print_summary();
  if (options.require_goals) exit = worse(exit, unreached_goals(batch.summary()));
  if (!options.junit.empty()) {
    const std::string error = write_file(options.junit, reports::junit_xml(batch.summary()));
    if (!error.empty()) {
      complain(error);
      exit = worse(exit, Exit::output);
    }
  }
  return exit;
}

}  // namespace raftsim::cli
