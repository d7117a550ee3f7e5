// raftsim/summary@1: what Summary says to programs, and the schema of it. Each struct here is an object of
// it.
#include <fmt/format.h>

#include <optional>

#include "history/document_json.hpp"
#include "reports/summary.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

using history::PropertyId;

struct GroupObject {
  std::string scenario;
  PropertyId property{};
  RunGroup group;
  std::string reproduce;
};

struct ScenarioObject {
  std::string name;
  Totals totals;
};

struct PropertyObject {
  PropertyId property{};
  PropertyTotals totals;
};

struct GoalObject {
  std::string scenario;
  std::string name;
  GoalTotals totals;
};

struct SituationObject {
  history::SituationId id{};
  SituationTotals totals;
};

struct SummaryObject {
  Totals totals;
  std::optional<std::int64_t> wall_ns;
  std::vector<GroupObject> failures;
  std::vector<GroupObject> unknowns;
  std::vector<ScenarioObject> scenarios;
  std::vector<PropertyObject> properties;
  history::FaultLedger faults{};
  std::vector<GoalObject> goals;
  std::vector<SituationObject> situations;
};

template <class V>
void fields(V& v, const Totals& x) {
  v("runs", x.runs);
  v("held", x.held);
  v("violated", x.violated);
  v("unknown", x.unknown);
  v("died", x.died);
  v("nondeterministic", x.nondeterministic);
  v("not_run", x.not_run);
  v("steps", x.steps);
  v("events", x.events);
  v("messages", x.messages);
  v("commits", x.commits);
  v("sim_ns", x.sim_ns);
  v("cpu_ns", x.cpu_ns);
  v("operations_ok", x.operations_ok);
  v("steps_per_cpu_s", per_second(x.steps, x.cpu_ns));
  v("commits_per_cpu_s", per_second(x.commits, x.cpu_ns));
  v("peak_rss_kib", x.peak_rss_kib);
}

template <class V>
void fields(V& v, const GroupObject& x) {
  v("scenario", x.scenario);
  v("property", x.property);
  v("runs", x.group.runs);
  v.wide("first_seed", x.group.first_seed);
  v("sentence", x.group.sentence);
  v("report", x.group.report);
  v("reproduce", x.reproduce);
}

template <class V>
void fields(V& v, const ScenarioObject& x) {
  v("name", x.name);
  fields(v, x.totals);
}

template <class V>
void fields(V& v, const PropertyObject& x) {
  v("name", x.property);
  v("looked", x.totals.looked);
  v("held", x.totals.held);
  v("violated", x.totals.violated);
  v("unknown", x.totals.unknown);
  v("skipped", x.totals.skipped);
}

template <class V>
void fields(V& v, const GoalObject& x) {
  v("scenario", x.scenario);
  v("name", x.name);
  v("runs", x.totals.runs);
  v("reached", x.totals.reached);
}

/// Where it never came about there is no run to name.
template <class V>
void fields(V& v, const SituationObject& x) {
  v("name", x.id);
  v("runs", x.totals.runs);
  v("times", x.totals.times);
  v("scenario_path", x.totals.scenario_path);
  v.wide("seed", x.totals.seed);
}

template <class V>
void fields(V& v, const SummaryObject& x) {
  v.constant("format", "raftsim/summary@1");
  fields(v, x.totals);
  v("wall_ns", x.wall_ns);
  v("failures", x.failures);
  v("unknowns", x.unknowns);
  v("scenarios", x.scenarios);
  v("properties", x.properties);
  v("faults", x.faults);
  v("goals", x.goals);
  v("situations", x.situations);
}

}  // namespace

std::string reproduce_line(const RunGroup& group, const SummaryOptions& options) {
  return fmt::format("{} run {} --seed {}{}", options.program, group.scenario_path, group.first_seed,
                     options.flags);
}

std::string summary_json(const Summary& summary, const SummaryOptions& options) {
  SummaryObject out;
  out.totals = summary.totals();
  if (options.wall_ns > 0) out.wall_ns = options.wall_ns;
  const auto objects = [&options](const auto& groups) {
    std::vector<GroupObject> all;
    for (const auto& [key, group] : groups)
      all.push_back({key.first, key.second, group, reproduce_line(group, options)});
    return all;
  };
  out.failures = objects(summary.failures());
  out.unknowns = objects(summary.unknowns());
  for (const auto& [name, totals] : summary.scenarios()) out.scenarios.push_back({name, totals});
  for (std::size_t i = 0; i < summary.properties().size(); ++i)
    if (summary.properties()[i].judged() > 0)
      out.properties.push_back({static_cast<PropertyId>(i), summary.properties()[i]});
  out.faults = summary.faults();
  for (const auto& [key, goal] : summary.goals()) out.goals.push_back({key.first, key.second, goal});
  for (const history::SituationInfo& s : history::situations)
    out.situations.push_back({s.id, summary.situations()[static_cast<std::size_t>(s.id)]});
  return history::dump(history::encode(out));
}

std::string summary_schema() {
  history::JsonOut definitions = history::JsonOut::object();
  history::JsonOut root = history::fields_schema<SummaryObject>(history::Schemas{definitions});
  return history::schema_text("Raftsim summary of several runs, format 1", std::move(root),
                              std::move(definitions));
}

}  // namespace raftsim::reports
