#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include "history/run_info_json.hpp"
#include "history/run_result.hpp"
#include "tests/history/arbitrary.hpp"
#include "tests/print.hpp"

namespace raftsim::history {
namespace {

RunResult failing_run() {
  RunResult r;
  r.scenario = "leader_crash";
  r.scenario_path = "scenarios/leader_crash.json";
  r.seed = 18446744073709551615u;
  r.system = "raft";
  r.hash = {1, 2};
  r.counts = {.steps = 3'000'000,
              .events = 18'734,
              .messages = 1,
              .commits = 2,
              .operations_ok = 3,
              .operations_failed = 4,
              .operations_unknown = 5,
              .elections = 6,
              .crashes = 7,
              .wakes = 8,
              .end = Instant{30'000'000'000}};
  r.expected_violation = PropertyId::no_old_term_commit;
  r.cpu_ns = 2'000'000'000;
  r.verdict.properties = {{PropertyId::election_safety, Judgement::violated, 12, ""},
                          {PropertyId::linearizable, Judgement::unknown, 0, "timed out"}};
  r.verdict.violations = {
      {PropertyId::durable_before_reply, EventId{18655}, Instant{3'396'100'000}, "n5 answered too early", {}},
      {PropertyId::election_safety,
       EventId{18734},
       Instant{3'418'207'000},
       "Two leaders in term 7: n2 and n4",
       {{EventId{18655}, Instant{3'396'100'000}, Endpoint::node(NodeId{5}), "vote for n2, term 7",
         "reply sent"}}}};
  r.verdict.goals = {{"two leaders", true}, {"a crash", false}};
  r.verdict.situations[static_cast<std::size_t>(SituationId::figure8_overwrite)] = {3, EventId{17},
                                                                                    Instant{5}};
  r.verdict.faults[static_cast<std::size_t>(FaultClass::crash)] = {1, 2, 1};
  r.verdict.liveness.time_to_leader = milliseconds(210);
  r.history_path = "out/history.jsonl.zst";
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(a_verdict_has_the_fields_that_the_command_promises) {
  const auto j = nlohmann::json::parse(to_json(failing_run()));
  BOOST_TEST(j["format"] == "raftsim/verdict@1");
  BOOST_TEST(j["seed"] == "18446744073709551615");
  BOOST_TEST(j["verdict"] == "violated");
  BOOST_TEST(j["property"] == "election_safety");
  BOOST_TEST(j["event"] == 18734);
  BOOST_TEST(j["t_ns"] == 3'418'207'000);
  BOOST_TEST(j["sentence"] == "Two leaders in term 7: n2 and n4");
  BOOST_TEST(j["hash"] == "00000000000000010000000000000002");
  BOOST_TEST(j["steps_per_cpu_s"] == 1'500'000);
  BOOST_TEST(j["sim_ns"] == 30'000'000'000);
  BOOST_TEST(j["properties"][1]["verdict"] == "unknown");
  BOOST_TEST(j["properties"][1]["why"] == "timed out");
  BOOST_TEST(j["goals"]["two leaders"] == true);
  BOOST_TEST(j["goals"]["a crash"] == false);
  BOOST_TEST(j["situations"].size() == 1u);
  BOOST_TEST(j["situations"]["figure8_overwrite"]["times"] == 3);
  BOOST_TEST(j["situations"]["figure8_overwrite"]["first_event"] == 17);
  BOOST_TEST(j["faults"].size() == 1u);
  BOOST_TEST(j["faults"]["crash"]["fired"] == 2);
  BOOST_TEST(j["files"]["history"] == "out/history.jsonl.zst");
  for (const char* key : {"scenario", "system", "steps", "events", "messages", "commits", "wall_ns", "cpu_ns",
                          "peak_rss_kib", "liveness"})
    BOOST_TEST(j.contains(key), key);
}

BOOST_AUTO_TEST_CASE(a_verdict_without_violation_is_held_or_unknown) {
  RunResult r;
  BOOST_TEST(nlohmann::json::parse(to_json(r))["verdict"] == "held");
  BOOST_TEST(!nlohmann::json::parse(to_json(r)).contains("sentence"));
  r.verdict.properties = {{PropertyId::linearizable, Judgement::unknown, 0, ""}};
  BOOST_TEST(nlohmann::json::parse(to_json(r))["verdict"] == "unknown");
}

BOOST_AUTO_TEST_CASE(a_verdict_reads_back_whole) {
  const std::string text = to_json(failing_run());
  const auto back = run_result_from_json(text);
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(to_json(*back) == text);
  BOOST_TEST(back->verdict.violations.size() == 2u);
  BOOST_TEST(back->verdict.violations[1].evidence[0].what == "vote for n2, term 7");
  BOOST_TEST((back->verdict.violations[1].evidence[0].node == Endpoint::node(NodeId{5})));
  BOOST_TEST(back->verdict.goals[0].name == "two leaders");
  BOOST_TEST((back->verdict.headline()->id == PropertyId::election_safety));
  BOOST_TEST(back->seed == 18446744073709551615u);
  const RunCounts& c = back->counts;
  BOOST_TEST(c.messages * 10'000'000 + c.commits * 1'000'000 + c.operations_ok * 100'000 +
                 c.operations_failed * 10'000 + c.operations_unknown * 1'000 + c.elections * 100 +
                 c.crashes * 10 + c.wakes ==
             12'345'678u);
  BOOST_TEST((back->expected_violation == PropertyId::no_old_term_commit));
  BOOST_TEST((back->verdict.liveness.time_to_leader == milliseconds(210)));
  BOOST_TEST(back->verdict.faults[static_cast<std::size_t>(FaultClass::crash)].fired == 2u);
  BOOST_TEST(back->scenario_path == "scenarios/leader_crash.json");
  BOOST_TEST(rc::check("any verdict", [] {
    const std::string any = to_json(any_run_result());
    const auto read = run_result_from_json(any);
    RC_ASSERT(read.has_value());
    RC_ASSERT(to_json(*read) == any);
  }));
}

BOOST_AUTO_TEST_CASE(a_run_reads_back_whole) {
  BOOST_TEST(rc::check("any run", [] {
    const RunInfo info = any_run_info();
    std::string why;
    const auto back = run_info_from_json(to_json(info), &why);
    RC_ASSERT(why.empty());
    RC_ASSERT(back.has_value());
    RC_ASSERT(to_json(*back) == to_json(info));
  }));
}

// Against a mistake that both directions share: what was set must be what comes back.
BOOST_AUTO_TEST_CASE(each_field_of_a_run_comes_back_with_its_value) {
  RunInfo info;
  info.seed = ~std::uint64_t{0};
  info.nodes = {{NodeId{1}, "raft", {}, {}, false}, {NodeId{2}, "bugs/x", {}, {}, true}};
  info.nodes[0].options.snapshot_every = std::nullopt;
  info.nodes[0].options.election_timeout = seconds(3600);
  info.nodes[1].initial =
      InitialState{Term{3}, NodeId{5}, {Term{1}, Term{3}}, Index{1}, {{NodeId{1}}, {}, {}}};
  info.model = Model::append;
  info.quiet_at = Instant{9};
  info.turned_off = {PropertyId::convergence};
  info.expectations = {{Expectation::Kind::eventually, "recovers", {}, std::nullopt, seconds(2), "heal"}};
  info.expectations[0].that.node = Target{TargetWord::leader};
  info.expectations[0].that.commit = Compare{.eq = {}, .ge = 2, .le = {}, .gt = {}, .lt = {}};
  info.final.leader = LeaderCount::one;
  info.availability.ok_fraction_ppm = Compare{.eq = {}, .ge = 900'000, .le = {}, .gt = {}, .lt = {}};
  const auto back = run_info_from_json(to_json(info));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(back->seed == info.seed);
  BOOST_TEST(!back->nodes[0].options.snapshot_every.has_value());
  BOOST_TEST((back->nodes[1].options.snapshot_every == 1000u));
  BOOST_TEST(back->nodes[0].options.election_timeout == seconds(3600));
  BOOST_TEST(back->nodes[1].learner);
  BOOST_REQUIRE(back->nodes[1].initial.has_value());
  BOOST_TEST((back->nodes[1].initial->vote == NodeId{5}));
  BOOST_TEST((back->nodes[1].initial->log == std::vector{Term{1}, Term{3}}));
  BOOST_TEST((back->model == Model::append));
  BOOST_TEST((back->quiet_at == Instant{9}));
  BOOST_TEST(!back->drain_at.has_value());
  BOOST_TEST((back->turned_off == std::vector{PropertyId::convergence}));
  BOOST_TEST((back->expectations[0].kind == Expectation::Kind::eventually));
  BOOST_TEST((back->expectations[0].within == seconds(2)));
  BOOST_TEST(to_json(back->expectations[0].that) == R"({"node":"leader","commit":{"ge":2}})");
  BOOST_TEST((back->final.leader == LeaderCount::one));
  BOOST_TEST((back->availability.ok_fraction_ppm->ge == 900'000));
}

BOOST_AUTO_TEST_CASE(predicates_read_as_in_a_scenario) {
  Predicate p;
  p.node = Target{NotTarget{std::make_shared<const Target>(Target{NodeSet{NodeId{1}, NodeId{2}}})}};
  p.role = RoleWord::down;
  p.event = EventWord::crash;
  p.negated = std::make_shared<const Predicate>();
  BOOST_TEST(to_json(p) == R"({"node":{"not":["n1","n2"]},"role":"down","event":"crash","not":{}})");
  BOOST_TEST(to_json(Target{RandomTarget{2, std::make_shared<const Target>(Target{TargetWord::follower})}}) ==
             R"({"random":2,"from":"follower"})");
  BOOST_TEST(to_json(Target{NodeSet{NodeId{3}}}) == R"("n3")");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  const auto why = [](const std::string& text) {
    std::string out;
    BOOST_TEST(!run_info_from_json(text, &out).has_value());
    return out;
  };
  BOOST_TEST(why("{") == "expected JSON");
  BOOST_TEST(why("[]") == "expected an object");
  BOOST_TEST(why(R"({"seed":42})") == "seed: expected digits in a string");
  BOOST_TEST(why(R"({"nodes":[{"id":"n1"},{"id":"x"}]})") == "nodes[1].id: expected a node such as n1");
  BOOST_TEST(why(R"({"model":"sql"})") == "model: expected a name such as none");
  BOOST_TEST(why(R"({"clients":4294967296})") == "clients: expected a number below 2^32");
  BOOST_TEST(why(R"({"clients":-1})") == "clients: expected a whole number, not negative");
  BOOST_TEST(why(R"({"end_ns":9223372036854775808})") == "end_ns: expected a whole number of 64 bits");
  BOOST_TEST(why(R"({"turned_off":["nonsense"]})") == "turned_off[0]: expected the name of a property");
  BOOST_TEST(!run_result_from_json("").has_value());
  BOOST_TEST(!run_result_from_json(R"({"format":"raftsim/verdict@2"})").has_value());
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_ignored) {
  BOOST_TEST(run_info_from_json(R"({"seed":"7","colour":"red"})").value().seed == 7u);
}

BOOST_AUTO_TEST_CASE(nesting_bombs_are_refused) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"not":)";
  std::string close(40, '}');
  const auto run = [](const std::string& predicate) {
    return R"({"expectations":[{"that":)" + predicate + "}]}";
  };
  BOOST_TEST(run_info_from_json(run(deep + "{}" + close)).has_value());
  BOOST_TEST(!run_info_from_json(run(deep + deep + "{}" + close + close)).has_value());
  BOOST_TEST(!run_info_from_json(std::string(3'000'000, '[')).has_value());
  std::string endless;
  for (int i = 0; i < 300'000; ++i) endless += R"({"not":)";
  BOOST_TEST(!run_info_from_json(run(endless)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
