#include "reports/client_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "history/text.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

using history::ClientHistory;
using history::RunResult;
using history::Violation;

constexpr std::size_t client_text_width = 104;
constexpr std::size_t client_sentence_lines_max = 9;

std::string moment(const ClientHistory& history, Instant time) {
  return history.clock == ClientHistory::Clock::fine ? fmt::format("{}ns", time.ns) : history::to_text(time);
}

struct Head {
  std::string_view word;
  std::string_view color;
  std::string rest;
};

const history::PropertyVerdict* verdict_of(const RunResult& result, history::PropertyId id) {
  for (const history::PropertyVerdict& p : result.verdict.properties)
    if (p.id == id) return &p;
  return nullptr;
}

const history::PropertyVerdict* linearizable_of(const RunResult& result) {
  return verdict_of(result, history::PropertyId::linearizable);
}

Head head_of(const ClientHistory& history, const RunResult& result) {
  if (const Violation* v = result.verdict.headline()) {
    const std::string when = history.clock == ClientHistory::Clock::none
                                 ? fmt::format("in line {}", v->event.value)
                                 : fmt::format("at t={} (line {})", moment(history, v->time), v->event.value);
    return {"FAIL", "1;31", fmt::format("{} violated {}", history::info(v->id).name, when)};
  }
  const history::PropertyVerdict* p = linearizable_of(result);
  if (p == nullptr)
    return {"PASS", "1;32", "nothing was judged: a history of clients shows linearizable only"};
  if (p->judgement == history::Judgement::unknown)
    return {"UNKNOWN", "1;33", "linearizable unknown: " + p->why};
  return {"PASS", "1;32",
          fmt::format("linearizable: {} operations on {} {} have a legal order", count_text(p->looked),
                      count_text(history.keys.size()), history.keys.size() == 1 ? "key" : "keys")};
}

void append_sentence(std::string& out, const std::string& sentence) {
  std::vector<std::string> lines;
  std::istringstream in(sentence);
  for (std::string line; std::getline(in, line);)
    for (std::string& part : wrapped(line, client_text_width)) lines.push_back(std::move(part));
  if (lines.size() > client_sentence_lines_max) {
    lines.resize(client_sentence_lines_max);
    lines.back() += " ...";
  }
  for (const std::string& line : lines) out += "  " + line + '\n';
}

/// What each client was promised: which was broken, how often was looked, or why not.
void append_sessions(std::string& out, const RunResult& result) {
  const history::PropertyVerdict* p = verdict_of(result, history::PropertyId::session_guarantees);
  if (p == nullptr) return;
  std::string text;
  for (const Violation& v : result.verdict.violations)
    if (v.id == p->id && &v != result.verdict.headline())
      text += v.sentence.substr(0, v.sentence.find('\n')) + ' ';
  if (p->judgement == history::Judgement::held)
    text =
        fmt::format("held, looked at {} {}.", count_text(p->looked), p->looked == 1 ? "answer" : "answers");
  if (p->judgement == history::Judgement::skipped) text = fmt::format("skipped: {}.", p->why);
  if (text.empty()) return;
  for (const std::string& line : wrapped("Session guarantees: " + text, client_text_width))
    out += "  " + line + '\n';
}

void append_lines(std::string& out, const ClientHistory& history, const Violation& violation) {
  std::size_t line = 0, who = 0, what = 0;
  for (const history::Evidence& e : violation.evidence) {
    line = std::max(line, std::to_string(e.event.value).size());
    who = std::max(who, history::to_text(e.node).size());
    what = std::max(what, e.what.size());
  }
  for (const history::Evidence& e : violation.evidence)
    out += fmt::format("    line {:>{}}  {}{:<{}}  {:<{}}  {}\n", e.event.value, line,
                       history.clock != ClientHistory::Clock::none ? moment(history, e.time) + "  " : "",
                       history::to_text(e.node), who, e.what, what, e.remark);
}

}  // namespace

std::string client_text(const ClientHistory& history, const RunResult& result,
                        const ClientTextOptions& options) {
  const Head head = head_of(history, result);
  const std::string word = options.color == Color::plain
                               ? std::string(head.word)
                               : fmt::format("\033[{}m{}\033[0m", head.color, head.word);
  std::string out = fmt::format("{}  {}  {}\n\n", word, result.scenario, head.rest);
  if (const Violation* v = result.verdict.headline()) {
    append_sentence(out, v->sentence);
    append_lines(out, history, *v);
  }
  append_sessions(out, result);
  std::set<std::uint32_t> clients;
  for (const history::ClientOperation& o : history.operations) clients.insert(o.client);
  const history::RunCounts& c = result.counts;
  out += fmt::format(
      "  Judged as {}{}, read as {}: {} operations of {} {}, {} answered, {} failed, {} unknown.\n",
      history::model_name(history.model),
      options.model_from == ModelFrom::guessed ? " (guessed; --model says otherwise)" : "",
      history::form_name(history.form), count_text(history.operations.size()), count_text(clients.size()),
      clients.size() == 1 ? "client" : "clients", count_text(c.operations_ok),
      count_text(c.operations_failed), count_text(c.operations_unknown));
  const bool skipped = std::any_of(
      result.verdict.properties.begin(), result.verdict.properties.end(),
      [](const history::PropertyVerdict& p) { return p.judgement == history::Judgement::skipped; });
  if (skipped) out += "  Skipped: all other properties, since the history tells of clients only.\n";
  return out;
}

}  // namespace raftsim::reports
