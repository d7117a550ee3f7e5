// raftsim/verdict@1 (cli.md): the fields that cli.md names, in its order, then what makes it complete.
#include "history/document_json.hpp"
#include "history/schema.hpp"

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
  v("unsupported", x.unsupported);
}

template <class V, Is<Liveness> X>
void fields(V& v, X& x) {
  v("time_to_leader_ns", x.time_to_leader);
  v("time_to_first_commit_ns", x.time_to_first_commit);
  v("time_to_convergence_ns", x.time_to_convergence);
}

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

JsonOut schema_of(Type<FaultLedger>, const Schemas& schemas) {
  SchemaWriter classes(schemas);
  for (const std::string_view word : Names<FaultClass>::table)
    classes.optional(word, schemas.shared("fault_count", [&] { return fields_schema<FaultCount>(schemas); }));
  return classes.take();
}

template <class V, Is<SituationCount> X>
void fields(V& v, X& x) {
  v("times", x.times);
  v("first_event", x.first);
  v("first_t_ns", x.first_at);
}

/// Those that came about.
JsonOut encode(const SituationCounts& counts) {
  JsonOut json = JsonOut::object();
  for (const SituationInfo& s : situations) {
    const SituationCount& count = counts[static_cast<std::size_t>(s.id)];
    if (count.times != 0) json[std::string(s.name)] = encode(count);
  }
  return json;
}

void decode(const JsonIn& j, SituationCounts& out, Trouble& trouble) {
  Decoder decoder(j, trouble);
  for (const SituationInfo& s : situations)
    decoder(std::string(s.name).c_str(), out[static_cast<std::size_t>(s.id)]);
}

JsonOut schema_of(Type<SituationCounts>, const Schemas& schemas) {
  SchemaWriter names(schemas);
  for (const SituationInfo& s : situations)
    names.optional(s.name,
                   schemas.shared("situation", [&] { return fields_schema<SituationCount>(schemas); }));
  return names.take();
}

template <class V, Is<RunAnew> X>
void fields(V& v, X& x) {
  v("first_event", x.first);
  v("last_event", x.last);
  v("events", x.events);
  v.unless_empty("obstacle", x.obstacle);
}

/// Of a run as a whole: only a property can be skipped.
enum class RunOutcome : std::uint8_t { held, violated, unknown };
template <>
struct Names<RunOutcome> {
  static constexpr auto table = std::to_array<std::string_view>({"held", "violated", "unknown"});
};

template <>
struct Names<Stop> {
  static constexpr auto table = std::to_array<std::string_view>({"wall", "interrupt", "crash"});
};

/// By name: for readers of JSON.
struct ReachedGoals {
  const std::vector<Goal>& goals;
};

JsonOut encode(const ReachedGoals& reached) {
  JsonOut json = JsonOut::object();
  for (const Goal& goal : reached.goals) json[goal.name] = goal.reached;
  return json;
}

JsonOut schema_of(Type<ReachedGoals>, const Schemas& schemas) {
  return JsonOut::object({{"type", "object"}, {"additionalProperties", schema_of(Type<bool>{}, schemas)}});
}

namespace {

RunOutcome outcome_of(const Verdict& verdict) {
  if (verdict.violated()) return RunOutcome::violated;
  return verdict.unknown() ? RunOutcome::unknown : RunOutcome::held;
}

/// Integer division; 0 where no time was measured.
std::uint64_t per_second(std::uint64_t count, std::int64_t ns) {
  const std::uint64_t us = ns > 0 ? static_cast<std::uint64_t>(ns) / 1'000 : 0;
  return us == 0 ? 0 : count * 1'000'000 / us;
}

/// Where something was violated; cli.md has these beside the list of violations.
template <class V>
void headline_fields(V& v, const Verdict& verdict) {
  const Violation* headline = verdict.headline();
  const auto told = [&](const char* key, auto member) {
    using Value = std::decay_t<decltype(std::declval<Violation>().*member)>;
    v.told(key, headline != nullptr ? std::optional(headline->*member) : std::optional<Value>());
  };
  told("property", &Violation::id);
  told("event", &Violation::event);
  told("t_ns", &Violation::time);
  told("sentence", &Violation::sentence);
}

/// Left out where it is not known.
template <class V, class T>
void known_field(V& v, const char* key, bool known, const T& value) {
  v.told(key, known ? std::optional(value) : std::nullopt);
}

template <class T>
void known_field(Decoder& v, const char* key, bool, T& value) {
  v(key, value);
}

template <class V, Is<RunResult> X>
void first_counts(V& v, X& x) {
  v("steps", x.counts.steps);
  v("events", x.counts.events);
  known_field(v, "messages", !x.stopped, x.counts.messages);
  known_field(v, "commits", x.ended && !x.stopped, x.counts.commits);
  v("sim_ns", x.counts.end);
}

/// What cli.md has no name for.
template <class V, Is<RunResult> X>
void further_counts(V& v, X& x) {
  const bool known = !x.stopped;
  known_field(v, "operations_ok", known, x.counts.operations_ok);
  known_field(v, "operations_failed", known, x.counts.operations_failed);
  known_field(v, "operations_unknown", known, x.counts.operations_unknown);
  known_field(v, "elections", known, x.counts.elections);
  known_field(v, "crashes", known, x.counts.crashes);
  known_field(v, "wakes", known, x.counts.wakes);
}

/// A goal is named once in a scenario; its place in the list is kept by `goals_order`.
template <class V>
void goal_fields(V& v, const std::vector<Goal>& goals) {
  std::vector<std::string> names;
  for (const Goal& goal : goals) names.push_back(goal.name);
  v.told("goals", ReachedGoals{goals});
  v.told("goals_order", names);
}

void goal_fields(Decoder& v, std::vector<Goal>& goals) {
  std::vector<std::string> names;
  v("goals_order", names);
  v.object("goals", [&](Decoder& reached) {
    for (const std::string& goal : names) {
      goals.push_back({goal, false});
      reached(goal.c_str(), goals.back().reached);
    }
  });
}

}  // namespace

template <class V, Is<RunResult> X>
void fields(V& v, X& x) {
  v.constant("format", "raftsim/verdict@1");
  v("scenario", x.scenario);
  v.wide("seed", x.seed);
  v("system", x.system);
  v.told("verdict", outcome_of(x.verdict));
  headline_fields(v, x.verdict);
  known_field(v, "hash", x.hash != Hash128{}, x.hash);
  first_counts(v, x);
  v("wall_ns", x.wall_ns);
  v("cpu_ns", x.cpu_ns);
  v.told("steps_per_cpu_s", per_second(x.counts.steps, x.cpu_ns));
  v("peak_rss_kib", x.peak_rss_kib);
  v("properties", x.verdict.properties);
  goal_fields(v, x.verdict.goals);
  v("situations", x.verdict.situations);
  v("faults", x.verdict.faults);
  v("liveness", x.verdict.liveness);
  v.object("files", [&](auto& files) {
    files.unless_empty("report", x.report_path);
    files.unless_empty("history", x.history_path);
  });
  v.unless_empty("model", x.model);
  v("operations", x.operations);
  v("ended", x.ended);
  v("stopped", x.stopped);
  v("anew", x.anew);
  further_counts(v, x);
  v("scenario_path", x.scenario_path);
  v("expected_violation", x.expected_violation);
  v("violations", x.verdict.violations);
}

JsonOut encode(const RunResult& result) { return encode_fields(result); }
JsonOut schema_of(Type<RunResult>, const Schemas& schemas) { return fields_schema<RunResult>(schemas); }

std::string verdict_schema() {
  JsonOut definitions = JsonOut::object();
  JsonOut root = schema_of(Type<RunResult>{}, Schemas{definitions});
  return schema_text("Raftsim verdict of one run, format 1", std::move(root), std::move(definitions));
}

std::string to_json(const RunResult& result) { return dump(encode(result)); }

std::optional<RunResult> run_result_from_json(const std::string& text) {
  Trouble trouble;
  RunResult result;
  const std::optional<JsonIn> json = parse_json(text);
  if (!json) return std::nullopt;
  decode(*json, result, trouble);
  if (trouble) return std::nullopt;
  return result;
}

}  // namespace raftsim::history
