#include "reports/verdict_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "history/text.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

using history::Judgement;
using history::name;
using history::PropertyVerdict;
using history::RunResult;
using history::to_text;
using history::Violation;

/// A failure takes at most 25 lines, of which these may be the sentence; the evidence is at most 8.
constexpr std::size_t sentence_lines_max = 7;
constexpr std::size_t evidence_lines_max = 8;
/// The sentence of the first broken rule takes its room from these two.
constexpr std::size_t first_rule_lines_max = 2;
constexpr std::size_t text_width = 104;
/// Labels of the tables: `  goals      `.
constexpr std::size_t label_width = 10;

enum class Tone : std::uint8_t { good, bad, doubtful, strong, faint };

class Painter {
 public:
  explicit Painter(Color color) : color_(color) {}

  std::string operator()(Tone tone, std::string_view text) const {
    if (color_ == Color::plain || text.empty()) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", code(tone), text);
  }

 private:
  static std::string_view code(Tone tone) {
    switch (tone) {
      case Tone::good:
        return "1;32";
      case Tone::bad:
        return "1;31";
      case Tone::doubtful:
        return "1;33";
      case Tone::strong:
        return "1";
      case Tone::faint:
        return "2";
    }
    return "0";
  }
  Color color_;
};

struct Tally {
  std::size_t held = 0;
  std::size_t vacuous = 0;  ///< among the held
  std::size_t violated = 0;
  std::vector<const PropertyVerdict*> unknown;
  std::vector<const PropertyVerdict*> skipped;
};

Tally tally_of(const RunResult& result) {
  Tally tally;
  for (const PropertyVerdict& p : result.verdict.properties) {
    switch (p.judgement) {
      case Judgement::held:
        ++tally.held;
        if (p.looked == 0) ++tally.vacuous;
        break;
      case Judgement::violated:
        ++tally.violated;
        break;
      case Judgement::unknown:
        tally.unknown.push_back(&p);
        break;
      case Judgement::skipped:
        tally.skipped.push_back(&p);
        break;
    }
  }
  return tally;
}

bool is_violated(const RunResult& result, history::PropertyId id) {
  return std::any_of(result.verdict.violations.begin(), result.verdict.violations.end(),
                     [&](const Violation& v) { return v.id == id; });
}

std::string_view property_name(history::PropertyId id) { return history::info(id).name; }

std::string where(const RunResult& result) {
  return fmt::format("{}  seed {}", result.scenario, result.seed);
}

/// Lines under a label, the label on the first only.
void append_labelled(std::string& out, std::string_view label, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += fmt::format("  {:<{}} {}\n", i == 0 ? label : std::string_view{}, label_width, lines[i]);
}

void append_labelled(std::string& out, std::string_view label, std::string_view text) {
  append_labelled(out, label, wrapped(text, text_width - label_width));
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

/// `unknown, skipped` properties, those with the same reason together.
void append_undecided(std::string& out, std::string_view label,
                      const std::vector<const PropertyVerdict*>& list) {
  const auto same = [&list](const PropertyVerdict* p) { return p->why == list.front()->why; };
  if (list.size() == history::property_count && std::all_of(list.begin(), list.end(), same))
    return append_labelled(out, label, "all properties: " + list.front()->why);
  std::vector<std::string> lines;
  std::vector<bool> told(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (told[i]) continue;
    std::vector<std::string> names;
    for (std::size_t k = i; k < list.size(); ++k) {
      if (list[k]->why != list[i]->why) continue;
      told[k] = true;
      names.emplace_back(property_name(list[k]->id));
    }
    const std::string why = list[i]->why.empty() ? "no reason given" : list[i]->why;
    for (std::string& line : wrapped(joined(names, ", ") + ": " + why, text_width - label_width))
      lines.push_back(std::move(line));
  }
  append_labelled(out, label, lines);
}

/// Held properties with their looks in three columns, read downwards.
void append_looks(std::string& out, const RunResult& result) {
  std::vector<std::string> cells;
  std::vector<std::string> vacuous;
  std::string unjudged;
  for (const PropertyVerdict& p : result.verdict.properties) {
    if (p.judgement != Judgement::held) continue;
    if (p.id == history::PropertyId::expectation) unjudged = p.why;
    if (p.looked == 0)
      vacuous.emplace_back(property_name(p.id));
    else
      cells.push_back(fmt::format("{:<21}{:>10}", property_name(p.id), count_text(p.looked)));
  }
  constexpr std::size_t columns = 3;
  const std::size_t rows = (cells.size() + columns - 1) / columns;
  std::vector<std::string> lines(rows);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string& line = lines[i % rows];
    if (!line.empty()) line += "   ";
    line += cells[i];
  }
  append_labelled(out, "looked", lines);
  if (!vacuous.empty())
    append_labelled(out, "vacuous", joined(vacuous, ", ") + " (held, with nothing to look at)");
  // What a scenario's author asked for must not pass unseen for not having been asked.
  if (!unjudged.empty()) append_labelled(out, "expected", unjudged);
}

void append_goals(std::string& out, const RunResult& result) {
  if (result.verdict.goals.empty()) return;
  std::vector<std::string> unmet;
  for (const history::Goal& goal : result.verdict.goals)
    if (!goal.reached) unmet.push_back(goal.name);
  const std::size_t all = result.verdict.goals.size();
  std::string text = fmt::format("{} of {} reached", all - unmet.size(), all);
  if (!unmet.empty()) text += "; not in this run: " + joined(unmet, ", ");
  append_labelled(out, "goals", text);
}

/// Which of the catalogue's situations came about, and how often.
void append_situations(std::string& out, const RunResult& result) {
  std::vector<std::string> had;
  for (const history::SituationInfo& s : history::situations) {
    const std::uint64_t times = result.verdict.situations[static_cast<std::size_t>(s.id)].times;
    if (times == 1) had.emplace_back(s.name);
    if (times > 1) had.push_back(fmt::format("{} {}", s.name, count_text(times)));
  }
  if (had.empty()) return;
  append_labelled(out, "situations",
                  fmt::format("{} of {}: {}", had.size(), history::situation_count, joined(had, ", ")));
}

void append_liveness(std::string& out, const history::Liveness& liveness) {
  std::vector<std::string> parts;
  if (liveness.time_to_leader)
    parts.push_back(fmt::format("leader {} after quiet", duration_text(*liveness.time_to_leader)));
  if (liveness.time_to_first_commit)
    parts.push_back(
        fmt::format("first commit {} after quiet", duration_text(*liveness.time_to_first_commit)));
  if (liveness.time_to_convergence)
    parts.push_back(fmt::format("logs equal {} after drain", duration_text(*liveness.time_to_convergence)));
  if (!parts.empty()) append_labelled(out, "liveness", joined(parts, ", "));
}

void append_faults(std::string& out, const history::FaultLedger& ledger) {
  std::vector<std::string> lines;
  for (int i = 0; i < history::fault_classes; ++i) {
    const history::FaultCount& count = ledger[static_cast<std::size_t>(i)];
    if (count.configured == 0 && count.fired == 0) continue;
    if (lines.empty())
      lines.push_back(fmt::format("{:<18}{:>11}{:>10}{:>11}", "", "configured", "fired", "effective"));
    lines.push_back(fmt::format("{:<18}{:>11}{:>10}{:>11}{}", name(static_cast<history::FaultClass>(i)),
                                count_text(count.configured), count_text(count.fired),
                                count_text(count.effective),
                                count.unsupported > 0  ? "   not supported by the system"
                                : count.fired == 0     ? "   configured, never fired"
                                : count.effective == 0 ? "   fired, never effective"
                                                       : ""));
  }
  append_labelled(out, "faults", lines);
}

void append_work(std::string& out, const RunResult& result) {
  const history::RunCounts& c = result.counts;
  append_labelled(
      out, "events",
      fmt::format("{} in {} steps{}; {} messages, {} elections won, {} crashes", count_text(c.events),
                  count_text(c.steps), result.ended ? "" : ", and then it is cut off", count_text(c.messages),
                  count_text(c.elections), count_text(c.crashes)));
  // Whose an entry is that was committed, no event tells.
  const std::string commits =
      result.ended ? fmt::format("; {} entries of clients committed", count_text(c.commits)) : "";
  append_labelled(out, "operations",
                  fmt::format("{} ok, {} failed, {} unknown{}", count_text(c.operations_ok),
                              count_text(c.operations_failed), count_text(c.operations_unknown), commits));
  std::string time = fmt::format("{} simulated", duration_text(c.end - Instant{}));
  if (result.wall_ns > 0) time += fmt::format(" in {}", duration_text(Duration{result.wall_ns}));
  append_labelled(out, "time", time);
  if (result.hash != history::Hash128{}) append_labelled(out, "hash", to_text(result.hash));
}

/// Of a run that was stopped nobody knows more than how far it came.
void append_stopped_work(std::string& out, const RunResult& result) {
  append_labelled(out, "events",
                  fmt::format("{} in {} steps, and then it was stopped", count_text(result.counts.events),
                              count_text(result.counts.steps)));
}

void append_tables(std::string& out, const RunResult& result) {
  if (result.stopped) return append_stopped_work(out, result);
  const Tally tally = tally_of(result);
  append_looks(out, result);
  append_undecided(out, "unknown", tally.unknown);
  append_undecided(out, "skipped", tally.skipped);
  append_goals(out, result);
  append_situations(out, result);
  append_liveness(out, result.verdict.liveness);
  append_faults(out, result.verdict.faults);
  if (!result.anew || result.anew->obstacle.empty()) append_work(out, result);
}

/// The last two lines of every text: where more is to be seen, and how to see it again.
void append_links(std::string& out, const RunResult& result, const TextOptions& options) {
  const Violation* headline = result.verdict.headline();
  if (!result.report_path.empty()) {
    out += fmt::format("  report     {}", result.report_path);
    if (headline != nullptr) out += fmt::format("#e{}", headline->event.value);
    out += '\n';
  }
  if (!result.history_path.empty()) out += fmt::format("  history    {}\n", result.history_path);
  if (!options.reproduce.empty()) {
    out += fmt::format("  reproduce  {}", options.reproduce);
    if (!options.version.empty()) out += fmt::format("  # {}", options.version);
    out += '\n';
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void append_evidence(std::string& out, const Violation& violation, std::size_t lines_max,
                     const Painter& paint) {
  std::size_t event_width = 0, time_width = 0, node_width = 0, what_width = 0;
  const std::size_t count = std::min(violation.evidence.size(), lines_max);
  for (std::size_t i = 0; i < count; ++i) {
    const history::Evidence& line = violation.evidence[i];
    event_width = std::max(event_width, std::to_string(line.event.value).size());
    time_width = std::max(time_width, to_text(line.time).size());
    node_width = std::max(node_width, to_text(line.node).size());
    what_width = std::max(what_width, line.what.size());
  }
  for (std::size_t i = 0; i < count; ++i) {
    const history::Evidence& line = violation.evidence[i];
    std::string text = fmt::format("    {:>{}}  {:>{}}  {:<{}}  ", line.event.value, event_width,
                                   to_text(line.time), time_width, to_text(line.node), node_width);
    text += line.remark.empty()
                ? line.what
                : fmt::format("{:<{}}  {}", line.what, what_width, paint(Tone::faint, line.remark));
    out += text + '\n';
  }
}

/// All but the headline and the first broken rule, which have lines of their own.
std::string also_violated(const RunResult& result, const Violation& headline) {
  std::vector<std::string> parts;
  for (const Violation& v : result.verdict.violations)
    if (v.id != headline.id && &v != result.verdict.first_broken())
      parts.push_back(fmt::format("{} (event {})", property_name(v.id), v.event.value));
  constexpr std::size_t named_max = 4;  // a failure has 25 lines
  if (parts.size() <= named_max) return joined(parts, ", ");
  const std::size_t more = parts.size() - named_max;
  parts.resize(named_max);
  return fmt::format("{} and {} more", joined(parts, ", "), more);
}

/// Where what is judged was made anew: of what, and whether it is the same.
void append_anew(std::string& out, const RunResult& result) {
  if (!result.anew) return;
  const history::RunAnew& anew = *result.anew;
  if (!anew.obstacle.empty()) {
    for (const std::string& line : lines_of(anew.obstacle)) out += "  " + line + '\n';
    out += '\n';
    return;
  }
  const std::string text = fmt::format(
      "Events are missing in the file: 1 to {} were run anew on {} and judged. The {} that it holds ({} to "
      "{}) are the same.{}",
      result.counts.events, result.system, count_text(anew.events), anew.first.value, anew.last.value,
      result.ended ? "" : " What came later is not judged.");
  for (const std::string& line : wrapped(text, text_width)) out += "  " + line + '\n';
}

/// `9 held (2 vacuous), 1 unknown: linearizable, 2 skipped: ...`
std::string other_checks(const RunResult& result) {
  const Tally tally = tally_of(result);
  std::string text = fmt::format("{} held", tally.held);
  if (tally.vacuous > 0) text += fmt::format(" ({} with nothing to look at)", tally.vacuous);
  const auto list = [&](std::string_view word, const std::vector<const PropertyVerdict*>& which) {
    std::vector<std::string> names;
    for (const PropertyVerdict* p : which) names.emplace_back(property_name(p->id));
    if (names.empty()) return;
    // More would hide what was violated; -v says which, and why.
    const std::string who = names.size() > 3 ? std::to_string(names.size()) : joined(names, " and ");
    text += fmt::format(", {} {}", who, word);
  };
  list("unknown", tally.unknown);
  list("skipped", tally.skipped);
  return text;
}

void append_sentence(std::string& out, const Violation& violation, std::size_t lines_max,
                     std::string_view indent) {
  std::vector<std::string> sentence;
  for (const std::string& line : lines_of(violation.sentence))
    for (std::string& part : wrapped(line, text_width)) sentence.push_back(std::move(part));
  if (sentence.size() > lines_max) {
    sentence.resize(lines_max);
    sentence.back() += " ...";
  }
  for (const std::string& line : sentence) out += fmt::format("{}{}\n", indent, line);
}

void append_violation(std::string& out, const RunResult& result, const Violation& headline,
                      const Painter& paint) {
  const Violation* first = result.verdict.first_broken();
  const bool another = first != nullptr && first != &headline;
  append_sentence(out, headline, sentence_lines_max - (another ? 1 : 0), "  ");
  append_evidence(out, headline, evidence_lines_max - (another ? 1 : 0), paint);
  if (another) {
    out += fmt::format("  First rule broken: {}, event {} - start there.\n",
                       paint(Tone::strong, property_name(first->id)), first->event.value);
    append_sentence(out, *first, first_rule_lines_max, "    ");
  }
  const auto add = [&](std::string_view label, const std::string& text) {
    const std::vector<std::string> lines = wrapped(text, text_width - label.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
      out += fmt::format("  {:{}}{}{}\n", i == 0 ? label : "", label.size(), lines[i],
                         i + 1 == lines.size() ? "." : "");
  };
  const std::string also = also_violated(result, headline);
  if (!also.empty()) add("Also violated: ", also);
  add("Other checks: ", other_checks(result));
}

std::string missing_violation(const RunResult& result) {
  return fmt::format("{} was expected to be violated and was not", property_name(*result.expected_violation));
}

std::string held_words(const RunResult& result) {
  if (result.expected_violation)
    return fmt::format("{} violated, as the scenario expects", property_name(*result.expected_violation));
  const Tally tally = tally_of(result);
  std::string text = fmt::format("{} properties held", tally.held);
  if (tally.vacuous > 0) text += fmt::format(", {} of them with nothing to look at", tally.vacuous);
  if (!tally.skipped.empty()) text += fmt::format(", {} skipped", tally.skipped.size());
  return text;
}

struct FirstLine {
  Tone tone = Tone::good;
  std::string_view word;
  std::string rest;
};

FirstLine first_line(const RunResult& result) {
  switch (outcome(result)) {
    case Outcome::held:
      return {Tone::good, "PASS", held_words(result)};
    case Outcome::unknown: {
      if (result.stopped == history::Stop::wall)
        return {Tone::doubtful, "UNKNOWN",
                fmt::format("stopped after {} of wall time at t={}", duration_text(Duration{result.wall_ns}),
                            to_text(result.counts.end))};
      if (result.stopped)
        return {Tone::doubtful, "INCOMPLETE", fmt::format("interrupted at t={}", to_text(result.counts.end))};
      const Tally tally = tally_of(result);
      std::vector<std::string> names;
      for (const PropertyVerdict* p : tally.unknown) names.emplace_back(property_name(p->id));
      const std::string which =
          names.size() == history::property_count ? "all properties" : joined(names, ", ");
      return {Tone::doubtful, "UNKNOWN", fmt::format("{} unknown; {} held", which, tally.held)};
    }
    case Outcome::violated:
      break;
  }
  const Violation* headline = result.verdict.headline();
  if (headline == nullptr || (result.expected_violation && !is_violated(result, *result.expected_violation)))
    return {Tone::bad, "FAIL", missing_violation(result)};
  return {Tone::bad, "FAIL",
          fmt::format("{} violated at t={} (event {})", property_name(headline->id), to_text(headline->time),
                      headline->event.value)};
}

}  // namespace

Outcome outcome(const RunResult& result) {
  if (result.expected_violation) {
    if (is_violated(result, *result.expected_violation)) return Outcome::held;
    // It may have been still to come.
    return result.stopped && !result.verdict.violated() ? Outcome::unknown : Outcome::violated;
  }
  if (result.verdict.violated()) return Outcome::violated;
  return result.verdict.unknown() ? Outcome::unknown : Outcome::held;
}

std::string verdict_line(const RunResult& result) {
  const FirstLine line = first_line(result);
  return fmt::format("{}  {}  {}", line.word, where(result), line.rest);
}

std::string verdict_text(const RunResult& result, const TextOptions& options) {
  const Painter paint(options.color);
  const FirstLine first = first_line(result);
  const Violation* headline = result.verdict.headline();
  std::string out = fmt::format("{}  {}  {}\n\n", paint(first.tone, first.word), where(result), first.rest);
  if (headline != nullptr) append_violation(out, result, *headline, paint);
  append_anew(out, result);
  const bool tables = outcome(result) != Outcome::violated || options.detail == Detail::full;
  if (tables) {
    if (headline != nullptr) out += '\n';
    append_tables(out, result);
  }
  const std::size_t before = out.size();
  append_links(out, result, options);
  if (out.size() > before && !tables) out.insert(before, 1, '\n');
  return out;
}

}  // namespace raftsim::reports
