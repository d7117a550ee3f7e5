#include "reports/summary.hpp"

#include <algorithm>
#include <tuple>

#include "seam/check.hpp"

namespace raftsim::reports {

namespace {

using history::Judgement;
using history::RunResult;

void add_to(Totals& totals, const RunResult& result, Outcome what) {
  ++totals.runs;
  switch (what) {
    case Outcome::held:
      ++totals.held;
      break;
    case Outcome::violated:
      ++totals.violated;
      break;
    case Outcome::unknown:
      ++totals.unknown;
      break;
  }
  totals.steps += result.counts.steps;
  totals.events += result.counts.events;
  totals.messages += result.counts.messages;
  totals.commits += result.counts.commits;
  totals.operations_ok += result.counts.operations_ok;
  totals.sim_ns += result.counts.end.ns;
  totals.cpu_ns += result.cpu_ns;
  totals.peak_rss_kib = std::max(totals.peak_rss_kib, result.peak_rss_kib);
}

void add_to(PropertyTotals& totals, const history::PropertyVerdict& verdict) {
  totals.looked += verdict.looked;
  switch (verdict.judgement) {
    case Judgement::held:
      ++totals.held;
      break;
    case Judgement::violated:
      ++totals.violated;
      break;
    case Judgement::unknown:
      ++totals.unknown;
      break;
    case Judgement::skipped:
      ++totals.skipped;
      break;
  }
}

void add_to(SituationTotals& totals, std::uint64_t times, const RunResult& result) {
  if (times == 0) return;
  const bool first = totals.runs == 0 || std::tie(result.scenario_path, result.seed) <
                                             std::tie(totals.scenario_path, totals.seed);
  if (first) totals.scenario_path = result.scenario_path, totals.seed = result.seed;
  ++totals.runs;
  totals.times += times;
}

/// The property under which a run that did not hold is filed, and what to say of it.
std::pair<history::PropertyId, std::string> kind_of(const RunResult& result, Outcome what) {
  if (what == Outcome::unknown) {
    const auto& judged = result.verdict.properties;
    const auto first = std::find_if(judged.begin(), judged.end(), [](const history::PropertyVerdict& p) {
      return p.judgement == Judgement::unknown;
    });
    CHECK(first != judged.end());
    return {first->id, first->why};
  }
  const history::Violation* headline = result.verdict.headline();
  if (result.expected_violation || headline == nullptr) {
    const history::PropertyId id = result.expected_violation.value_or(history::PropertyId::expectation);
    return {id, "expected to be violated, and was not"};
  }
  return {headline->id, headline->sentence.substr(0, headline->sentence.find('\n'))};
}

}  // namespace

void Summary::add_internal_error(const RunResult& result, const std::string& how) {
  ++totals_.died;
  ++scenarios_[result.scenario].died;
  const std::string line = "the simulator itself died: " + how;
  lines_[result.scenario].emplace(result.seed, RunLine{Outcome::unknown, 0, line, line});
}

void Summary::add_nondeterministic(const std::string& scenario, std::uint64_t seed, const std::string& what) {
  ++totals_.nondeterministic;
  ++scenarios_[scenario].nondeterministic;
  lines_[scenario].emplace(seed, RunLine{Outcome::unknown, 0, "not deterministic", what});
}

void Summary::set_planned(std::uint64_t runs) { totals_.not_run = runs - totals_.runs - totals_.died; }

void Summary::add(const RunResult& result, const std::string& reproduce) {
  const Outcome what = outcome(result);
  add_to(totals_, result, what);
  add_to(scenarios_[result.scenario], result, what);
  for (const history::PropertyVerdict& p : result.verdict.properties)
    add_to(properties_[static_cast<std::size_t>(p.id)], p);
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    faults_[i].configured += result.verdict.faults[i].configured;
    faults_[i].fired += result.verdict.faults[i].fired;
    faults_[i].effective += result.verdict.faults[i].effective;
    faults_[i].unsupported += result.verdict.faults[i].unsupported;
  }
  for (const history::Goal& goal : result.verdict.goals) {
    GoalTotals& totals = goals_[{result.scenario, goal.name}];
    ++totals.runs;
    if (goal.reached) ++totals.reached;
  }

  for (std::size_t i = 0; i < situations_.size(); ++i)
    add_to(situations_[i], result.verdict.situations[i].times, result);

  RunLine line{.outcome = what, .wall_ns = result.wall_ns, .line = {}, .text = {}};
  if (what != Outcome::held) {
    line.line = verdict_line(result);
    TextOptions options;
    options.reproduce = reproduce;
    line.text = verdict_text(result, options);
  }
  lines_[result.scenario].emplace(result.seed, std::move(line));

  if (what == Outcome::held) return;
  auto [id, sentence] = kind_of(result, what);
  RunGroup& group = (what == Outcome::violated ? failures_ : unknowns_)[{result.scenario, id}];
  if (group.runs == 0 || result.seed < group.first_seed) {
    group.first_seed = result.seed;
    group.scenario_path = result.scenario_path;
    group.sentence = std::move(sentence);
    group.report = result.report_path;
  }
  ++group.runs;
}

}  // namespace raftsim::reports
