// `sim replay`: exact re-execution of a seed or of a recorded history, which must give the same history hash.
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "cli/batch.hpp"
#include "cli/commands.hpp"
#include "cli/failures.hpp"
#include "history/event_lines.hpp"
#include "history/reader.hpp"
#include "history/text.hpp"
#include "history/writer.hpp"

namespace raftsim::cli {
namespace {

/// Compares the events of a run, as they happen, with those of a recorded history.
class Comparison final : public history::Observer {
 public:
  explicit Comparison(const std::vector<std::string>& expected) : expected_(expected) {}
  history::EventKinds kinds() const override { return history::EventKinds::all(); }
  void on_event(const history::Event& event, const history::Details& details) override {
    if (difference) return;
    line_.clear();
    history::append_json(event, details, line_);
    const std::size_t at = event.id.value - 1;
    if (at < expected_.size() && expected_[at] == line_) return;
    difference =
        fmt::format("  first differing event: {}\n    recorded  {}\n    now       {}\n", event.id.value,
                    at < expected_.size() ? expected_[at] : "(the history ends)", line_);
  }
  std::optional<std::string> difference;

 private:
  const std::vector<std::string>& expected_;
  std::string line_;
};

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

/// The scenario, as recorded, on the systems that it was run on.
std::optional<Planned> recorded_plan(const history::HistoryHeader& header, Systems& systems,
                                     std::string& error) {
  sim::ScenarioResult parsed = sim::parse_scenario(header.scenario, header.run.scenario_path);
  if (!parsed.scenario) {
    error = sim::render(parsed.diagnostics, "nothing was run");
    return std::nullopt;
  }
  Planned planned;
  planned.path = header.run.scenario_path;
  planned.scenario = std::make_unique<sim::Scenario>(std::move(*parsed.scenario));
  planned.system_name = header.run.system;
  planned.systems = systems_for(*planned.scenario, planned.system_name, systems, error);
  if (planned.systems.empty()) return std::nullopt;
  return planned;
}

Exit replay_history(const Global& global, const ReplayOptions& options) {
  auto opened = history::HistoryReader::open(options.what);
  if (const auto* error = std::get_if<history::HistoryError>(&opened)) {
    complain(error->text());
    return Exit::usage;
  }
  auto& reader = std::get<history::HistoryReader>(opened);
  history::EventLines recorded;
  history::Journal journal;
  journal.subscribe(recorded);
  const auto played = reader.play(journal);
  if (const auto* error = std::get_if<history::HistoryError>(&played)) {
    complain(error->text());
    return Exit::usage;
  }
  Systems systems;
  std::string error;
  const std::optional<Planned> planned = recorded_plan(reader.header(), systems, error);
  if (!planned) {
    complain(error);
    return Exit::usage;
  }
  Comparison comparison(recorded.lines);
  search::RunRequest request = request_for(*planned, reader.header().seed, options.run);
  if (reader.header().run.end < Instant{} + planned->scenario->limits.time)
    request.until = reader.header().run.end;
  request.watcher = &comparison;
  const history::RunResult result = search::run_one(request, nullptr).result;

  reports::TextOptions text;
  text.color = color_for(global, STDOUT_FILENO);
  print(reports::verdict_text(result, text));
  const history::Hash128 before = std::get<history::HistoryEnd>(played).hash;
  if (result.hash == before) {
    print(fmt::format("reproduced: the history hash is {} again\n", history::to_text(before)));
    return options.expect == Expect::any || reports::outcome(result) == reports::Outcome::held
               ? Exit::held
               : Exit::violated;
  }
  print(fmt::format("not reproduced: recorded with {}, hash {}; now {}, hash {}\n{}", reader.header().tool,
                    history::to_text(before), version_text(), history::to_text(result.hash),
                    comparison.difference.value_or("  the recorded history has more events\n")));
  return Exit::not_reproduced;
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
