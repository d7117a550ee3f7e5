#include "runs.hpp"

namespace raftsim::tests {

namespace {

using history::FaultClass;
using history::Judgement;
using history::PropertyId;

history::PropertyVerdict& verdict_of(history::RunResult& run, PropertyId id) {
  return run.verdict.properties[static_cast<std::size_t>(id)];
}

history::FaultCount& count_of(history::RunResult& run, FaultClass fault) {
  return run.verdict.faults[static_cast<std::size_t>(fault)];
}

history::Endpoint node(std::uint64_t n) { return history::Endpoint::node(NodeId{n}); }

history::RunResult bare_run() {
  history::RunResult run;
  run.scenario = "leader_crash";
  run.scenario_path = "scenarios/leader_crash.json";
  run.seed = 42;
  run.system = "raft";
  run.hash = {0x0123456789ABCDEF, 0xFEDCBA9876543210};
  run.counts = {.steps = 52'118,
                .events = 184'201,
                .messages = 20'114,
                .commits = 1'216,
                .operations_ok = 1'204,
                .operations_failed = 3,
                .operations_unknown = 12,
                .elections = 3,
                .crashes = 2,
                .wakes = 9'000,
                .end = Instant{seconds(30).ns}};
  std::uint64_t looked = 1;
  for (const history::PropertyInfo& p : history::properties()) {
    run.verdict.properties.push_back({p.id, Judgement::held, looked, {}});
    looked = looked * 3 % 100'003;
  }
  return run;
}

}  // namespace

history::RunResult passing_run() {
  history::RunResult run = bare_run();
  verdict_of(run, PropertyId::scenario_check).looked = 0;
  run.verdict.situations[static_cast<std::size_t>(history::SituationId::two_leaders)] = {
      1, history::EventId{17}, {}};
  run.verdict.situations[static_cast<std::size_t>(history::SituationId::torn_tail)] = {
      1'200, history::EventId{9}, {}};
  run.verdict.goals = {{"a leader lost its lead", true}, {"two leaders at once", false}};
  run.verdict.liveness = {milliseconds(312), microseconds(340'250), std::nullopt};
  count_of(run, FaultClass::message_loss) = {1, 812, 790};
  count_of(run, FaultClass::crash) = {2, 2, 2};
  count_of(run, FaultClass::partition) = {1, 0, 0};
  count_of(run, FaultClass::disk_slow) = {1, 3, 0};
  count_of(run, FaultClass::promote) = {1, 1, 0, 1};
  run.wall_ns = 81'000'000;
  return run;
}

history::RunResult failing_run() {
  history::RunResult run = bare_run();
  verdict_of(run, PropertyId::election_safety).judgement = Judgement::violated;
  verdict_of(run, PropertyId::durable_before_reply).judgement = Judgement::violated;
  verdict_of(run, PropertyId::linearizable) = {PropertyId::linearizable, Judgement::unknown, 0, "not run"};
  const auto at = [](std::int64_t us) { return Instant{us * 1'000}; };
  history::Violation early;
  early.id = PropertyId::durable_before_reply;
  early.event = history::EventId{18'655};
  early.time = at(3'396'100);
  early.sentence = "n5 granted its vote of term 7 to n2 before the vote was durable.";
  history::Violation late;
  late.id = PropertyId::election_safety;
  late.event = history::EventId{18'734};
  late.time = at(3'418'207);
  late.sentence =
      "Two leaders in term 7: n2 (won 3.402s, votes n2 n3 n5) and n4 (won 3.418s, votes n4 n5 n1).\n"
      "n5 voted twice in term 7:";
  late.evidence = {
      {history::EventId{18'655}, at(3'396'100), node(5), "vote for n2, term 7", "reply sent before sync"},
      {history::EventId{18'690}, at(3'400'900), node(5), "crash",
       "lost unsynced vote for n2   [fault kill2, leader_crash.json:15]"},
      {history::EventId{18'712}, at(3'410'100), node(5), "restart", "term 7, no vote"},
      {history::EventId{18'720}, at(3'412'800), node(5), "vote for n4, term 7", ""}};
  run.verdict.violations = {early, late};
  run.report_path = "sim-out/failures/leader_crash-42-3fa9/report.html";
  return run;
}

history::RunResult unknown_run() {
  history::RunResult run = bare_run();
  verdict_of(run, PropertyId::linearizable) = {PropertyId::linearizable, Judgement::unknown, 7,
                                               "gave up after 60s: k3 has 4,120 operations at once"};
  const std::string why = "the system does not show its sessions";
  verdict_of(run, PropertyId::exactly_once) = {PropertyId::exactly_once, Judgement::skipped, 0, why};
  verdict_of(run, PropertyId::label_honest) = {PropertyId::label_honest, Judgement::skipped, 0, why};
  return run;
}

}  // namespace raftsim::tests
