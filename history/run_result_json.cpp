// raftsim/verdict@1 (cli.md): the fields that cli.md names, in its order, then what makes it complete.
#include "history/json_fields.hpp"
#include "history/run_result.hpp"
#include "history/text.hpp"

namespace raftsim::history {

template <class V, Is<PropertyVerdict> X>
void fields(V& v, X& x) {
  v("name", x.id);
  v("verdict", x.judgement);
  v("looked", x.looked);
  v("why", x.why);
}

template <class V, Is<Evidence> X>
void fields(V& v, X& x) {
  v("event", x.event);
  v("t_ns", x.time);
  v("node", x.node);
  v("what", x.what);
  v("remark", x.remark);
}

template <class V, Is<Violation> X>
void fields(V& v, X& x) {
  v("property", x.id);
  v("event", x.event);
  v("t_ns", x.time);
  v("sentence", x.sentence);
  v("evidence", x.evidence);
}

template <class V, Is<FaultCount> X>
void fields(V& v, X& x) {
  v("configured", x.configured);
  v("fired", x.fired);
  v("effective", x.effective);
}

template <class V, Is<Liveness> X>
void fields(V& v, X& x) {
  v("time_to_leader_ns", x.time_to_leader);
  v("time_to_first_commit_ns", x.time_to_first_commit);
  v("time_to_convergence_ns", x.time_to_convergence);
}

/// The classes that were configured or fired, by name.
JsonOut encode(const FaultLedger& ledger) {
  JsonOut json = JsonOut::object();
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    const FaultCount& count = ledger[i];
    if (count.configured == 0 && count.fired == 0 && count.effective == 0) continue;
    json[std::string(name(static_cast<FaultClass>(i)))] = encode(count);
  }
  return json;
}

void decode(const JsonIn& j, FaultLedger& out, Trouble& trouble) {
  Decoder decoder(j, trouble);
  for (std::size_t i = 0; i < out.size(); ++i)
    decoder(std::string(name(static_cast<FaultClass>(i))).c_str(), out[i]);
}

namespace {

/// A goal is named once in a scenario; its place in the list is kept by `goals_order`.
JsonOut goals_json(const std::vector<Goal>& goals) {
  JsonOut json = JsonOut::object();
  for (const Goal& goal : goals) json[goal.name] = goal.reached;
  return json;
}

std::vector<std::string> names_of(const std::vector<Goal>& goals) {
  std::vector<std::string> names;
  for (const Goal& goal : goals) names.push_back(goal.name);
  return names;
}

std::string_view verdict_word(const Verdict& verdict) {
  if (verdict.violated()) return name(Judgement::violated);
  return name(verdict.unknown() ? Judgement::unknown : Judgement::held);
}

/// Integer division; 0 where no time was measured.
std::uint64_t per_second(std::uint64_t count, std::int64_t ns) {
  const std::uint64_t us = ns > 0 ? static_cast<std::uint64_t>(ns) / 1'000 : 0;
  return us == 0 ? 0 : count * 1'000'000 / us;
}

void encode_headline(const Verdict& verdict, JsonOut& json) {
  json["verdict"] = std::string(verdict_word(verdict));
  const Violation* headline = verdict.headline();
  if (headline == nullptr) return;
  json["property"] = encode(headline->id);
  json["event"] = encode(headline->event);
  json["t_ns"] = encode(headline->time);
  json["sentence"] = headline->sentence;
}

void encode_counts(const RunResult& r, JsonOut& json) {
  json["steps"] = r.counts.steps;
  json["events"] = r.counts.events;
  json["messages"] = r.counts.messages;
  json["commits"] = r.counts.commits;
  json["sim_ns"] = r.counts.end.ns;
  json["wall_ns"] = r.wall_ns;
  json["cpu_ns"] = r.cpu_ns;
  json["steps_per_cpu_s"] = per_second(r.counts.steps, r.cpu_ns);
  json["peak_rss_kib"] = r.peak_rss_kib;
}

JsonOut files_json(const RunResult& r) {
  JsonOut json = JsonOut::object();
  if (!r.report_path.empty()) json["report"] = r.report_path;
  if (!r.history_path.empty()) json["history"] = r.history_path;
  return json;
}

/// What cli.md has no name for.
template <class V, Is<RunResult> X>
void further_fields(V& v, X& x) {
  v("operations_ok", x.counts.operations_ok);
  v("operations_failed", x.counts.operations_failed);
  v("operations_unknown", x.counts.operations_unknown);
  v("elections", x.counts.elections);
  v("crashes", x.counts.crashes);
  v("wakes", x.counts.wakes);
  v("scenario_path", x.scenario_path);
  v("expected_violation", x.expected_violation);
  v("violations", x.verdict.violations);
}

void decode_goals(const JsonIn& j, std::vector<Goal>& goals, Trouble& trouble) {
  Decoder decoder(j, trouble);
  std::vector<std::string> order;
  decoder("goals_order", order);
  if (!j.is_object() || !j.contains("goals")) return;
  const JsonIn& reached = j["goals"];
  trouble.at("goals", [&] {
    Decoder goal_decoder(reached, trouble);
    for (const std::string& goal : order) {
      goals.push_back({goal, false});
      goal_decoder(goal.c_str(), goals.back().reached);
    }
  });
}

void decode_result(const JsonIn& j, RunResult& r, Trouble& trouble) {
  Decoder decoder(j, trouble);
  std::string format;
  decoder("format", format);
  trouble.unless(format == "raftsim/verdict@1", "format raftsim/verdict@1");
  decoder("scenario", r.scenario);
  decoder.wide("seed", r.seed);
  decoder("system", r.system);
  decoder("hash", r.hash);
  decoder("steps", r.counts.steps);
  decoder("events", r.counts.events);
  decoder("messages", r.counts.messages);
  decoder("commits", r.counts.commits);
  decoder("sim_ns", r.counts.end);
  decoder("wall_ns", r.wall_ns);
  decoder("cpu_ns", r.cpu_ns);
  decoder("peak_rss_kib", r.peak_rss_kib);
  decoder("properties", r.verdict.properties);
  decode_goals(j, r.verdict.goals, trouble);
  decoder("faults", r.verdict.faults);
  decoder("liveness", r.verdict.liveness);
  further_fields(decoder, r);
  if (!j.is_object() || !j.contains("files")) return;
  trouble.at("files", [&] {
    Decoder files(j["files"], trouble);
    files("report", r.report_path);
    files("history", r.history_path);
  });
}

}  // namespace

std::string to_json(const RunResult& result) {
  JsonOut json = JsonOut::object();
  json["format"] = "raftsim/verdict@1";
  json["scenario"] = result.scenario;
  json["seed"] = std::to_string(result.seed);
  json["system"] = result.system;
  encode_headline(result.verdict, json);
  json["hash"] = encode(result.hash);
  encode_counts(result, json);
  json["properties"] = encode(result.verdict.properties);
  json["goals"] = goals_json(result.verdict.goals);
  json["goals_order"] = names_of(result.verdict.goals);
  json["faults"] = encode(result.verdict.faults);
  json["liveness"] = encode(result.verdict.liveness);
  json["files"] = files_json(result);
  Encoder further;
  further_fields(further, result);
  json.update(further.take());
  return dump(json);
}

std::optional<RunResult> run_result_from_json(const std::string& text) {
  Trouble trouble;
  RunResult result;
  const std::optional<JsonIn> json = parse_json(text);
  if (!json) return std::nullopt;
  decode_result(*json, result, trouble);
  if (trouble) return std::nullopt;
  return result;
}

}  // namespace raftsim::history
