// Good files decode to what they say, and what is written of them reads the same.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "sim/scenario_file.hpp"
#include "tests/print.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

namespace data = boost::unit_test::data;

std::vector<std::string> accepted_files() {
  std::vector<std::string> names;
  for (const std::string folder : {"tests/scenario/accepted", "scenarios"})
    for (const auto& path : tests::files_in(folder, ".json"))
      names.push_back(folder + "/" + path.filename().string());
  return names;
}

Scenario scenario_of(const std::string& relative) {
  const ScenarioResult result = load_scenario(tests::source_path(relative).string());
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), render(result.diagnostics));
  return *result.scenario;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accepted_scenario_files)

BOOST_DATA_TEST_CASE(reads_the_same_after_it_was_written, data::make(accepted_files()), file) {
  const ScenarioResult first = load_scenario(tests::source_path(file).string());
  BOOST_REQUIRE_MESSAGE(first.scenario.has_value(), render(first.diagnostics));
  // What is beyond what any system survives is warned of.
  if (first.scenario->name != "clocks_run_wild") BOOST_TEST(render(first.diagnostics) == "");
  const std::string text = write_scenario(*first.scenario);
  const ScenarioResult second = parse_scenario(text, "written.json");
  BOOST_REQUIRE_MESSAGE(second.scenario.has_value(), render(second.diagnostics));
  BOOST_TEST(write_scenario(*second.scenario) == text);
  BOOST_TEST((second.scenario->network.nodes.latency == first.scenario->network.nodes.latency));
  BOOST_TEST((second.scenario->disk.fsync == first.scenario->disk.fsync));
}

BOOST_AUTO_TEST_CASE(the_example_of_a_leader_crash_is_what_it_says) {
  const Scenario s = scenario_of("tests/scenario/accepted/leader_crash.json");
  BOOST_TEST(s.name == "leader_crash");
  BOOST_TEST(s.seed.value() == 42u);
  BOOST_TEST(s.nodes == 5u);
  BOOST_TEST(s.options.election_timeout == milliseconds(150));
  BOOST_TEST(s.options.heartbeat_interval == milliseconds(50));
  BOOST_TEST(s.options.snapshot_every.value() == 1'000u);
  BOOST_TEST((s.network.nodes.latency ==
              Distribution::exponential(milliseconds(5), milliseconds(1), milliseconds(100))));
  // 2^64 / 100, rounded down.
  BOOST_TEST(s.network.nodes.loss->threshold == 184467440737095516u);
  BOOST_TEST((s.disk.on_crash == OnCrash::lose_unsynced));
  BOOST_TEST((s.workload.model == history::Model::kv));
  BOOST_TEST(s.workload.mix.get == 5u);
  BOOST_TEST(s.workload.mix.remove == 0u);
  BOOST_TEST(s.workload.final_reads);
  BOOST_REQUIRE(s.faults.script.size() == 3u);
  const Step& kill = s.faults.script[0];
  BOOST_TEST(kill.id == "kill");
  BOOST_TEST(kill.line == 14u);
  BOOST_TEST(kill.deadline.value() == seconds(10));
  BOOST_REQUIRE(kill.when->all.size() == 2u);
  BOOST_TEST((kill.when->all[0].leader == history::LeaderCount::one));
  BOOST_TEST(kill.when->all[1].commit->ge.value() == 100);
  const Crash& crash = std::get<Crash>(kill.actions.at(0));
  BOOST_TEST((std::get<history::TargetWord>(crash.target.what) == history::TargetWord::leader));
  BOOST_TEST((*crash.down_for == Distribution::constant(seconds(2))));
  BOOST_TEST(!std::get<Crash>(s.faults.script[1].actions.at(0)).down_for.has_value());
  BOOST_TEST(std::get<Heal>(s.faults.script[2].actions.at(0)).restart_all);
  BOOST_TEST(s.faults.script[2].after.value() == seconds(3));
  BOOST_TEST(s.faults.quiet_after.value() == seconds(20));
  BOOST_TEST(s.expect.linearizable_timeout == seconds(30));
  BOOST_REQUIRE(s.expect.expectations.size() == 2u);
  BOOST_TEST((s.expect.expectations[0].kind == history::Expectation::Kind::sometimes));
  BOOST_TEST(s.expect.expectations[1].since == "heal");
  BOOST_TEST(s.expect.final.logs_equal.value());
  BOOST_TEST(!s.expect.final.all_ops_answered.has_value());
  BOOST_TEST(s.limits.events == 2'000'000u);
}

BOOST_AUTO_TEST_CASE(figure_8_starts_from_the_paper_s_logs) {
  const Scenario s = scenario_of("tests/scenario/accepted/figure8_with_the_bug.json");
  BOOST_TEST(s.system == "bugs/commit-old-term");
  BOOST_TEST(s.initial.size() == 5u);
  const InitialNode& n5 = s.initial.at(NodeId{5});
  BOOST_TEST(n5.down);
  BOOST_TEST(n5.state.term == Term{3});
  BOOST_TEST(n5.state.vote.value() == NodeId{5});
  BOOST_TEST((n5.state.log == std::vector<Term>{Term{1}, Term{3}}));
  BOOST_TEST((n5.state.members.voters == NodeSet{NodeId{1}, NodeId{2}, NodeId{3}, NodeId{4}, NodeId{5}}));
  BOOST_TEST((s.expect.verdict->property == history::PropertyId::no_old_term_commit));
}

BOOST_AUTO_TEST_CASE(a_node_s_options_are_the_cluster_s_with_its_own_over_them) {
  const Scenario s = scenario_of("tests/scenario/accepted/everything.json");
  const Options& n2 = *s.overrides.at(NodeId{2}).options;
  BOOST_TEST(n2.max_entries_per_append == 3u);
  BOOST_TEST(n2.heartbeat_interval == microseconds(250));
  BOOST_TEST(!n2.pre_vote);
  BOOST_TEST(s.overrides.at(NodeId{3}).system.value() == "raft");
  BOOST_TEST(!s.overrides.at(NodeId{3}).options.has_value());
}

BOOST_AUTO_TEST_CASE(values_at_the_edge_of_their_range_are_exact) {
  const Scenario s = scenario_of("tests/scenario/accepted/everything.json");
  BOOST_TEST(s.seed.value() == 0xFFFF'FFFF'FFFF'FFFFu);
  BOOST_TEST(s.options.max_uncommitted_bytes == 9'223'372'036'854'775'807u);
  BOOST_TEST(s.network.nodes.duplicate->always);
  BOOST_TEST(s.network.nodes.loss->never());
  // A third of 2^64 is 6148914691236517205.33; 19 threes are a little less.
  BOOST_TEST(s.network.links.at(0).link.loss->threshold == 6148914691236517204u);
  BOOST_TEST(std::get<Workload::Open>(s.workload.arrival).mean_gap == nanoseconds(3'000'750));
  BOOST_TEST(s.expect.availability.ok_fraction_ppm->ge.value() == 250'000);
  BOOST_TEST(s.expect.availability.ok_fraction_ppm->lt.value() == 1'000'000);
  BOOST_TEST(s.description == "gr\u00fc\u00dfe, \"quotes\", \\ and \u20ac");
}

BOOST_AUTO_TEST_CASE(a_client_s_integer_is_its_decimal_text) {
  const Scenario s = scenario_of("tests/scenario/accepted/everything.json");
  const ClientAction& client = std::get<ClientAction>(s.faults.script.at(11).actions.at(0));
  BOOST_TEST(client.value == "5");
  BOOST_TEST(client.expected.value() == "x");
  BOOST_TEST((client.op == OperationKind::cas));
}

BOOST_AUTO_TEST_CASE(turned_off_properties_stand_in_the_verdict_s_order) {
  const Scenario s = scenario_of("tests/scenario/accepted/everything.json");
  const std::vector<history::PropertyId> off{history::PropertyId::convergence,
                                             history::PropertyId::client_progress};
  BOOST_TEST((s.expect.turned_off == off));
}

BOOST_AUTO_TEST_CASE(a_moment_is_known_where_a_run_comes_to_it) {
  const auto problems = [](std::string_view faults, std::string_view since) {
    const ScenarioResult result =
        parse_scenario(fmt::format(
                           R"({{"format": "raftsim/scenario@1", "name": "moments", "cluster": {{"nodes": 3}},
  "faults": {{{}}},
  "expect": {{"eventually": [{{"name": "a leader", "that": {{"leader": "one"}}, "within": "1s",
                             "since": "{}"}}]}},
  "limits": {{"time": "10s"}}}})",
                           faults, since),
                       "moments.json");
    return render(result.diagnostics);
  };
  constexpr std::string_view scripted = R"("script": [{"at": "1s", "do": {"heal": {}}}])";
  constexpr std::string_view drawn = R"("random": [{"id": "h", "every": "1s", "do": {"heal": {}}}])";
  constexpr std::string_view quiet = R"("quiet_after": "5s")";
  for (const std::string_view heals : {scripted, drawn, quiet}) BOOST_TEST(problems(heals, "heal") == "");
  BOOST_TEST(problems(quiet, "quiet") == "");
  for (const std::string_view since : {"heal", "quiet", "drain"})
    BOOST_TEST(problems("", since).find(fmt::format("never comes to \"{}\"", since)) != std::string::npos);
  BOOST_TEST(problems(scripted, "quiet").find("never comes to \"quiet\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_a_heal_of_a_core_disturbs_the_quiet_phase) {
  for (const std::string_view who : {"all", "core", "drawn"}) {
    const ScenarioResult result =
        parse_scenario(fmt::format(
                           R"({{"format": "raftsim/scenario@1", "name": "heals", "cluster": {{"nodes": 3}},
  "faults": {{"quiet_after": "5s",
  "script": [{{"at": "6s", "do": {{"heal": {{"who": "{}"}}}}}}]}}, "limits": {{"time": "10s"}}}})",
                           who),
                       "heals.json");
    const bool refused = render(result.diagnostics).find("promises no new faults") != std::string::npos;
    BOOST_TEST(refused == (who != "all"), who);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
