// What Summary says to people and to continuous integration.
#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "history/names.hpp"
#include "reports/summary.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

std::string_view property_name(std::size_t i) {
  return history::info(static_cast<history::PropertyId>(i)).name;
}

std::string_view fault_name(std::size_t i) { return history::name(static_cast<history::FaultClass>(i)); }

std::string painted(Color color, std::string_view code, std::string_view text) {
  return color == Color::plain ? std::string(text) : fmt::format("\033[{}m{}\033[0m", code, text);
}

std::string headline(const Totals& t, Color color) {
  std::string_view word = "PASS";
  if (t.runs == 0) word = "NOTHING RUN";
  if (t.not_run > 0) word = "INCOMPLETE";
  if (t.unknown > 0) word = "UNKNOWN";
  if (t.violated > 0) word = "FAIL";
  if (t.nondeterministic > 0) word = "NONDETERMINISTIC";
  if (t.died > 0) word = "INTERNAL ERROR";
  const bool bad = t.violated > 0 || t.nondeterministic > 0 || t.died > 0;
  const std::string_view code = bad ? "1;31" : word == "PASS" ? "1;32" : "1;33";
  std::string line =
      fmt::format("{}  {} runs: {} held, {} violated, {} unknown", painted(color, code, word),
                  count_text(t.runs), count_text(t.held), count_text(t.violated), count_text(t.unknown));
  if (t.nondeterministic > 0) line += fmt::format(", {} not deterministic", count_text(t.nondeterministic));
  if (t.died > 0) line += fmt::format(", {} more died in the simulator", count_text(t.died));
  if (t.not_run > 0) line += fmt::format(", {} more not run", count_text(t.not_run));
  return line + "\n";
}

using Groups = std::map<std::pair<std::string, history::PropertyId>, RunGroup>;

void append_groups(std::string& out, std::string_view title, const Groups& groups,
                   const SummaryOptions& options) {
  if (groups.empty()) return;
  out += fmt::format("\n  {} by scenario and property\n", title);
  for (const auto& [key, group] : groups) {
    out += fmt::format("    {}  {}  {} run{}, first seed {}\n", key.first, history::info(key.second).name,
                       count_text(group.runs), group.runs == 1 ? "" : "s", group.first_seed);
    out += fmt::format("      {}\n", group.sentence);
    if (!group.report.empty()) out += fmt::format("      report     {}\n", group.report);
    out += fmt::format("      reproduce  {}\n", reproduce_line(group, options));
  }
}

void append_scenarios(std::string& out, const Summary& summary) {
  out += fmt::format("\n  {:<28}{:>9}{:>9}{:>9}{:>9}{:>13}{:>13}\n", "scenario", "runs", "held", "violated",
                     "unknown", "events", "commits");
  for (const auto& [name, t] : summary.scenarios())
    out += fmt::format("  {:<28}{:>9}{:>9}{:>9}{:>9}{:>13}{:>13}\n", name, count_text(t.runs),
                       count_text(t.held), count_text(t.violated), count_text(t.unknown),
                       count_text(t.events), count_text(t.commits));
}

void append_properties(std::string& out, const Summary& summary) {
  out += fmt::format("\n  {:<28}{:>15}{:>9}{:>9}{:>9}{:>9}\n", "property", "looked", "held", "violated",
                     "unknown", "skipped");
  for (std::size_t i = 0; i < summary.properties().size(); ++i) {
    const PropertyTotals& p = summary.properties()[i];
    if (p.judged() == 0) continue;
    out += fmt::format("  {:<28}{:>15}{:>9}{:>9}{:>9}{:>9}{}\n", property_name(i), count_text(p.looked),
                       count_text(p.held), count_text(p.violated), count_text(p.unknown),
                       count_text(p.skipped), p.looked == 0 && p.held > 0 ? "   never looked" : "");
  }
}

void append_faults(std::string& out, const Summary& summary) {
  std::string rows;
  for (std::size_t i = 0; i < summary.faults().size(); ++i) {
    const history::FaultCount& f = summary.faults()[i];
    if (f.configured == 0 && f.fired == 0) continue;
    rows += fmt::format("  {:<28}{:>15}{:>15}{:>15}{}\n", fault_name(i), count_text(f.configured),
                        count_text(f.fired), count_text(f.effective),
                        f.unsupported > 0  ? "   not supported by the system"
                        : f.fired == 0     ? "   never fired"
                        : f.effective == 0 ? "   never effective"
                                           : "");
  }
  if (rows.empty()) return;
  out += fmt::format("\n  {:<28}{:>15}{:>15}{:>15}\n", "fault", "configured", "fired", "effective") + rows;
}

void append_goals(std::string& out, const Summary& summary) {
  if (summary.goals().empty()) return;
  std::size_t unmet = 0;
  std::string rows;
  for (const auto& [key, goal] : summary.goals()) {
    if (goal.reached > 0) continue;
    ++unmet;
    rows += fmt::format("    {}: {}, in none of {} runs\n", key.first, key.second, count_text(goal.runs));
  }
  out += fmt::format("\n  goals: {} of {} reached at least once\n", summary.goals().size() - unmet,
                     summary.goals().size());
  out += rows;
}

/// How many of the catalogue's situations came about, and which never did.
void append_situations(std::string& out, const Summary& summary) {
  std::vector<std::string_view> never;
  for (const history::SituationInfo& s : history::situations)
    if (summary.situations()[static_cast<std::size_t>(s.id)].runs == 0) never.push_back(s.name);
  out += fmt::format("\n  situations: {} of {} seen at least once\n", history::situation_count - never.size(),
                     history::situation_count);
  if (never.empty()) return;
  constexpr std::size_t width = 100;
  for (const std::string& line : wrapped(fmt::format("never: {}", fmt::join(never, ", ")), width))
    out += fmt::format("    {}\n", line);
}

void append_rates(std::string& out, const Totals& t, const SummaryOptions& options) {
  out += fmt::format("\n  {} steps, {} events, {} messages, {} operations ok, {} commits\n",
                     count_text(t.steps), count_text(t.events), count_text(t.messages),
                     count_text(t.operations_ok), count_text(t.commits));
  out += fmt::format("  {} simulated", duration_text(Duration{t.sim_ns}));
  if (t.cpu_ns > 0)
    out += fmt::format(" in {} of processor time: {} steps and {} commits a second",
                       duration_text(Duration{t.cpu_ns}), count_text(per_second(t.steps, t.cpu_ns)),
                       count_text(per_second(t.commits, t.cpu_ns)));
  if (options.wall_ns > 0)
    out += fmt::format("; {} elapsed, {} runs a second", duration_text(Duration{options.wall_ns}),
                       count_text(per_second(t.runs, options.wall_ns)));
  out += '\n';
}

/// Seconds with three decimals, as JUnit wants them.
std::string junit_seconds(std::int64_t ns) {
  return fmt::format("{}.{:03}", ns / 1'000'000'000, ns % 1'000'000'000 / 1'000'000);
}

std::string junit_case(std::string_view scenario, std::uint64_t seed, const RunLine& run) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"seed {}\" time=\"{}\"",
                                escaped(scenario), seed, junit_seconds(run.wall_ns));
  if (run.outcome == Outcome::held) return out + "/>\n";
  const std::string_view element = run.outcome == Outcome::violated ? "failure" : "error";
  out += fmt::format(">\n      <{} message=\"{}\">{}</{}>\n    </testcase>\n", element, escaped(run.line),
                     escaped(run.text), element);
  return out;
}

}  // namespace

std::string summary_text(const Summary& summary, const SummaryOptions& options) {
  std::string out = headline(summary.totals(), options.color);
  append_groups(out, "failures", summary.failures(), options);
  append_groups(out, "unknown", summary.unknowns(), options);
  append_scenarios(out, summary);
  append_properties(out, summary);
  append_faults(out, summary);
  append_goals(out, summary);
  append_situations(out, summary);
  append_rates(out, summary.totals(), options);
  return out;
}

std::string junit_xml(const Summary& summary) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  const Totals& all = summary.totals();
  const auto cases = [](const Totals& t) { return t.runs + t.died + t.nondeterministic; };
  const auto errors = [](const Totals& t) { return t.unknown + t.died + t.nondeterministic; };
  out += fmt::format("<testsuites name=\"raftsim\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n", cases(all),
                     all.violated, errors(all));
  for (const auto& [scenario, lines] : summary.lines()) {
    const Totals& t = summary.scenarios().at(scenario);
    std::int64_t wall_ns = 0;
    for (const auto& [seed, run] : lines) wall_ns += run.wall_ns;
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n",
                       escaped(scenario), cases(t), t.violated, errors(t), junit_seconds(wall_ns));
    for (const auto& [seed, run] : lines) out += junit_case(scenario, seed, run);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace raftsim::reports
