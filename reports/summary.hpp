// Many runs as one: what a batch of seeds amounts to, as text, as JSON (`raftsim/summary@1`) and as JUnit
// XML. Results may come in any order (worker processes finish as they like); what is written does not depend
// on it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "history/run_result.hpp"
#include "reports/verdict_text.hpp"

namespace raftsim::reports {

/// Runs that failed, or stayed unknown, in the same way: same scenario, same first property.
struct RunGroup {
  std::uint64_t runs = 0;
  std::uint64_t first_seed = 0;
  std::string scenario_path;
  std::string sentence;  ///< the first line of first_seed's sentence
  std::string report;    ///< of first_seed, where one was written
};

struct PropertyTotals {
  std::uint64_t looked = 0;
  std::uint64_t held = 0;
  std::uint64_t violated = 0;
  std::uint64_t unknown = 0;
  std::uint64_t skipped = 0;
  std::uint64_t judged() const { return held + violated + unknown + skipped; }
};

/// A `sometimes` goal over all runs that could have reached it.
struct GoalTotals {
  std::uint64_t runs = 0;
  std::uint64_t reached = 0;
};

/// One of the catalogue's rare situations over all runs.
struct SituationTotals {
  std::uint64_t runs = 0;   ///< in which it came about
  std::uint64_t times = 0;  ///< over all of them
  /// Where to see it: of the runs that had it, the first by scenario and seed.
  std::string scenario_path;
  std::uint64_t seed = 0;
};

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t held = 0;
  std::uint64_t violated = 0;
  std::uint64_t unknown = 0;
  /// Runs in which the simulator or a checker itself died; not among `runs`.
  std::uint64_t died = 0;
  /// Of the runs, those that gave another hash when they were run again.
  std::uint64_t nondeterministic = 0;
  /// Runs that were planned and not begun or not ended: interrupted, or after a first failure.
  std::uint64_t not_run = 0;
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  std::uint64_t commits = 0;
  std::uint64_t operations_ok = 0;
  std::int64_t sim_ns = 0;
  std::int64_t cpu_ns = 0;
  std::uint64_t peak_rss_kib = 0;  ///< of the hungriest run
};

/// One JUnit case.
struct RunLine {
  Outcome outcome = Outcome::held;
  std::int64_t wall_ns = 0;
  std::string line;  ///< the first verdict line; empty where it held
  std::string text;  ///< the whole verdict and how to run it again; empty where it held
};

class Summary {
 public:
  /// `reproduce`: the command that runs it again.
  void add(const history::RunResult& result, const std::string& reproduce = {});
  /// The simulator or a checker died in the run that `result` names: what it said.
  void add_internal_error(const history::RunResult& result, const std::string& how);
  void add_nondeterministic(const std::string& scenario, std::uint64_t seed, const std::string& what);
  /// When no more runs are added: how many there should have been.
  void set_planned(std::uint64_t runs);

  const Totals& totals() const { return totals_; }
  const std::map<std::string, Totals>& scenarios() const { return scenarios_; }
  /// By scenario, then property; the property of a demanded violation that did not occur stands for itself.
  const std::map<std::pair<std::string, history::PropertyId>, RunGroup>& failures() const {
    return failures_;
  }
  /// By scenario, then the first property that nothing can be said of.
  const std::map<std::pair<std::string, history::PropertyId>, RunGroup>& unknowns() const {
    return unknowns_;
  }
  const std::array<PropertyTotals, history::property_count>& properties() const { return properties_; }
  const history::FaultLedger& faults() const { return faults_; }
  /// By scenario, then name.
  const std::map<std::pair<std::string, std::string>, GoalTotals>& goals() const { return goals_; }
  /// By SituationId.
  const std::array<SituationTotals, history::situation_count>& situations() const { return situations_; }
  /// By scenario, then seed and number of the repetition (several systems may run one seed).
  const std::map<std::string, std::multimap<std::uint64_t, RunLine>>& lines() const { return lines_; }

 private:
  Totals totals_;
  std::map<std::string, Totals> scenarios_;
  std::map<std::pair<std::string, history::PropertyId>, RunGroup> failures_;
  std::map<std::pair<std::string, history::PropertyId>, RunGroup> unknowns_;
  std::array<PropertyTotals, history::property_count> properties_{};
  history::FaultLedger faults_{};
  std::map<std::pair<std::string, std::string>, GoalTotals> goals_;
  std::array<SituationTotals, history::situation_count> situations_{};
  std::map<std::string, std::multimap<std::uint64_t, RunLine>> lines_;
};

struct SummaryOptions {
  Color color = Color::plain;
  /// Of the whole batch, by the caller's clock; 0: rates per wall second are left out.
  std::int64_t wall_ns = 0;
  /// Flags that a reproduce line must repeat, with a leading space, like ` --system bugs/no-dedup`.
  std::string flags;
  /// What a reproduce line begins with: the command as it was typed.
  std::string program = "sim";
};

/// The command that runs a group's first seed again.
std::string reproduce_line(const RunGroup& group, const SummaryOptions& options);
/// Ends with a newline.
std::string summary_text(const Summary& summary, const SummaryOptions& options);
/// One object on one line, without a newline. 64-bit seeds are strings.
std::string summary_json(const Summary& summary, const SummaryOptions& options);
/// The JSON Schema (draft-07) of summary_json, on one line.
std::string summary_schema();
/// Suite = scenario, case = seed, message = first verdict line. An unknown run is an <error>, never a pass.
std::string junit_xml(const Summary& summary);

}  // namespace raftsim::reports
