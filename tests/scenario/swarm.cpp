// Fields drawn per seed: what is drawn, that draws do not disturb each other, and what can be wrong with
// them.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "sim/json_write.hpp"
#include "sim/scenario_file.hpp"
#include "sim/scenario_values.hpp"
#include "tests/print.hpp"
#include "tests/scenario/files.hpp"

namespace raftsim::sim {

namespace {

std::string with_swarm(std::string_view swarm, std::string_view reads = "\"read_index\"") {
  return fmt::format(R"({{"format": "raftsim/scenario@1", "name": "drawn",
  "cluster": {{"nodes": 5, "raft": {{"membership": "joint"}}}},
  "network": {{"default": {{"latency": {{"dist": "exponential", "mean": "5ms"}}, "loss": 0}}}},
  "clock": {{"drift_ppm": 100}},
  "workload": {{"model": "kv", "clients": 4, "reads": {}}},
  "faults": {{"min_voters": 1, "max_voters": 9, "random": [
    {{"id": "a", "every": "1s", "do": {{"pause": {{"target": "any", "for": "1s"}}}}}},
    {{"id": "b", "every": "1s", "do": {{"membership": {{}}}}}},
    {{"id": "c", "every": "1s", "do": {{"crash": {{"target": "any", "for": "1s"}}}}}}]}},
  "swarm": {{{}}}}})",
                     reads, swarm);
}

std::shared_ptr<const ScenarioSwarm> swarm_of(const std::string& text, std::vector<Setting> settings = {}) {
  const ScenarioResult result = parse_scenario(text, "drawn.json", settings);
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), render(result.diagnostics));
  BOOST_REQUIRE(result.swarm != nullptr);
  return result.swarm;
}

Scenario drawn(const ScenarioSwarm& swarm, std::uint64_t seed) {
  DrawnScenario result = swarm.draw(seed);
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), render(result.diagnostics));
  return std::move(*result.scenario);
}

/// How often each value of something came, over this many seeds.
template <class Get>
auto counts(const ScenarioSwarm& swarm, std::uint64_t seeds, Get get) {
  std::map<decltype(get(Scenario{})), std::uint64_t> result;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) ++result[get(drawn(swarm, seed))];
  return result;
}

std::string answer_to(const std::string& swarm) {
  const ScenarioResult result = parse_scenario(with_swarm(swarm), "drawn.json");
  BOOST_TEST(!result.scenario.has_value(), swarm);
  return render(result.diagnostics, "");
}

bool tells(const std::string& swarm, std::string_view what) {
  const std::string answer = answer_to(swarm);
  BOOST_TEST_MESSAGE(answer);
  return answer.find(what) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drawn_scenarios)

BOOST_AUTO_TEST_CASE(the_file_is_what_it_says_before_anything_is_drawn) {
  const ScenarioResult result =
      parse_scenario(with_swarm(R"("/cluster/nodes": {"choose": [3]})"), "drawn.json");
  BOOST_TEST(result.scenario->nodes == 5u);
  BOOST_TEST(drawn(*result.swarm, 1).nodes == 3u);
  BOOST_TEST(drawn(*result.swarm, 1).seed.value() == 1u);
}

BOOST_AUTO_TEST_CASE(a_seed_always_draws_the_same_and_what_it_draws_is_concrete) {
  const auto swarm = swarm_of(tests::file_text(tests::source_path("scenarios/swarm.json")));
  std::set<std::string> different;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string text = write_scenario(drawn(*swarm, seed));
    BOOST_TEST(text == write_scenario(drawn(*swarm, seed)));
    different.insert(text);
    const ScenarioResult again = parse_scenario(text, "resolved.json");
    BOOST_REQUIRE_MESSAGE(again.scenario.has_value(), render(again.diagnostics));
    BOOST_TEST((again.swarm == nullptr));
    BOOST_TEST(write_scenario(*again.scenario) == text);
  }
  BOOST_TEST(different.size() == 200u);
}

BOOST_AUTO_TEST_CASE(choices_come_by_their_weights) {
  const auto swarm = swarm_of(with_swarm(R"("/cluster/nodes": {"choose": [1, 3, 7], "weights": [1, 2, 5]})"));
  auto nodes = counts(*swarm, 800, [](const Scenario& s) { return s.nodes; });
  BOOST_TEST(nodes.size() == 3u);
  BOOST_TEST((nodes[1] > 60u && nodes[1] < 140u), nodes[1]);
  BOOST_TEST((nodes[3] > 150u && nodes[3] < 250u), nodes[3]);
}

BOOST_AUTO_TEST_CASE(both_ends_of_a_range_come_and_nothing_beyond) {
  const auto swarm = swarm_of(with_swarm(
      R"("/workload/clients": {"int": [2, 5]}, "/network/default/loss": {"real": [0.01, 0.02]},
         "/network/default/latency/mean": {"time": ["2ms", "3ms"]})"));
  const auto clients = counts(*swarm, 200, [](const Scenario& s) { return s.workload.clients; });
  BOOST_TEST(clients.size() == 4u);
  BOOST_TEST(clients.begin()->first == 2u);
  BOOST_TEST(clients.rbegin()->first == 5u);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Scenario s = drawn(*swarm, seed);
    const Duration mean = s.network.nodes.latency->form().parameters[0];
    BOOST_TEST((mean >= milliseconds(2) && mean <= milliseconds(3)));
    BOOST_TEST(mean.ns % 10'000 == 0);  // three digits
    const std::uint64_t loss = s.network.nodes.loss->threshold;
    BOOST_TEST((loss >= ratio(1, 100).threshold && loss <= ratio(2, 100).threshold));
  }
}

BOOST_AUTO_TEST_CASE(a_logarithmic_range_gives_every_factor_its_share) {
  const auto swarm = swarm_of(with_swarm(R"("/workload/clients": {"int": [1, 1000], "log": true},
      "/network/default/latency/mean": {"time": ["1us", "1s"], "log": true})"));
  std::array<int, 3> decades{};
  std::array<int, 2> halves{};
  for (std::uint64_t seed = 1; seed <= 900; ++seed) {
    const Scenario s = drawn(*swarm, seed);
    ++decades[s.workload.clients < 10 ? 0 : s.workload.clients < 100 ? 1 : 2];
    ++halves[s.network.nodes.latency->form().parameters[0] < milliseconds(1) ? 0 : 1];
  }
  for (const int share : decades) BOOST_TEST((share > 240 && share < 360), share);
  for (const int share : halves) BOOST_TEST((share > 390 && share < 510), share);
}

BOOST_AUTO_TEST_CASE(a_draw_more_or_less_leaves_the_others_as_they_are) {
  const std::string clients = R"("/workload/clients": {"int": [1, 1000]})";
  const auto one = swarm_of(with_swarm(clients));
  const auto more = swarm_of(with_swarm(R"("/cluster/nodes": {"int": [1, 7]}, )" + clients +
                                        R"(, "/faults/random/0": {"enable": 0.5})"));
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    BOOST_TEST(drawn(*one, seed).workload.clients == drawn(*more, seed).workload.clients);
}

BOOST_AUTO_TEST_CASE(features_are_taken_out_by_what_they_were_called_in_the_file) {
  const auto swarm = swarm_of(with_swarm(
      R"("/faults/random/0": {"enable": 0.5}, "/faults/random/1": {"enable": 0.5},
         "/faults/random/2": {"enable": 0.5},
         "/faults/random/2/every": {"choose": ["2s"]}, "/clock": {"enable": 0.5})"));
  const auto which = counts(*swarm, 200, [](const Scenario& s) {
    std::string ids;
    for (const RandomFault& fault : s.faults.random) {
      ids += fault.id;
      const Distribution expected = Distribution::constant(fault.id == "c" ? seconds(2) : seconds(1));
      BOOST_TEST((fault.every == expected));
    }
    return ids;
  });
  BOOST_TEST(which.size() == 8u);  // every subset
}

BOOST_AUTO_TEST_CASE(a_feature_and_a_value_may_hang_on_what_else_was_drawn) {
  const auto swarm = swarm_of(with_swarm(
      R"("/cluster/raft/membership": {"choose": ["joint", "single_server", "fixed"]},
         "/faults/random/1": {"enable": 1, "if": {"/cluster/raft/membership": ["joint", "single_server"]}},
         "/cluster/nodes": {"choose": [7], "if": {"/cluster/raft/membership": "fixed"}})"));
  std::set<MembershipForm> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Scenario s = drawn(*swarm, seed);
    const bool fixed = s.options.membership == MembershipForm::fixed;
    seen.insert(s.options.membership);
    BOOST_TEST(s.nodes == (fixed ? 7u : 5u));
    BOOST_TEST(s.faults.random.size() == (fixed ? 2u : 3u));
  }
  BOOST_TEST(seen.size() == 3u);
}

BOOST_AUTO_TEST_CASE(leases_are_never_drawn_together_with_clocks_beyond_their_bound) {
  const std::string drift = R"("/clock/drift_ppm": {"choose": [250, 251]})";
  const auto swarm = swarm_of(with_swarm(drift, R"({"lease": 3, "read_index": 2, "log": 1})"));
  std::set<std::uint32_t> drifts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Scenario s = drawn(*swarm, seed);
    drifts.insert(s.clock.drift_ppm);
    BOOST_TEST(s.workload.reads.lease == (s.clock.drift_ppm == 250 ? 3u : 0u));
    BOOST_TEST(s.workload.reads.read_index == (s.clock.drift_ppm == 250 ? 2u : 5u));
    BOOST_TEST(s.workload.reads.log == 1u);
  }
  BOOST_TEST(drifts.size() == 2u);
  const Scenario alone =
      drawn(*swarm_of(with_swarm(R"("/clock/drift_ppm": {"choose": [9999]})", "\"lease\"")), 1);
  BOOST_TEST(alone.workload.reads.lease == 0u);
  BOOST_TEST(alone.workload.reads.read_index == 1u);
}

BOOST_AUTO_TEST_CASE(leases_are_never_drawn_together_with_unequal_election_timeouts) {
  const std::string both =
      R"("/workload/reads": {"choose": ["lease", "log"]},
         "/faults/random/2/do": {"choose": [{"crash": {"target": "any", "for": "1s"}},
         {"restart": {"target": "any", "raft": {"election_timeout": "300ms"}}}]})";
  const auto swarm = swarm_of(with_swarm(both, "\"log\""));
  std::set<std::pair<bool, std::string>> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Scenario s = drawn(*swarm, seed);
    const auto& reads = s.workload.reads;
    seen.insert({std::holds_alternative<Restart>(s.faults.random.at(2).action), reads.lease != 0 ? "lease"
                                                                                : reads.read_index != 0
                                                                                    ? "read_index"
                                                                                    : "log"});
  }
  const std::set<std::pair<bool, std::string>> expected{
      {false, "lease"}, {false, "log"}, {true, "read_index"}, {true, "log"}};
  BOOST_TEST((seen == expected));
}

/// Though the file reads by lease: what it draws is no contradiction in it.
BOOST_AUTO_TEST_CASE(reads_by_lease_give_way_to_what_is_drawn) {
  const std::string text = R"({"format": "raftsim/scenario@1", "name": "drawn", "description": "d",
    "cluster": {"nodes": 3, "overrides": {"n1": {"raft": {"election_timeout": "150ms",
      "clock_drift_bound_ppm": 500}}}},
    "clock": {"drift_ppm": 100}, "workload": {"model": "kv", "reads": "lease"},
    "swarm": {"/cluster/overrides/n1/raft/election_timeout": {"choose": ["150ms", "300ms"]},
      "/cluster/overrides/n1/raft/clock_drift_bound_ppm": {"choose": [500, 199]}},
    "limits": {"time": "3s"}})";
  const auto swarm = swarm_of(text);
  std::set<std::tuple<bool, bool, bool>> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Scenario s = drawn(*swarm, seed);
    const Options n1 = *s.overrides.at(NodeId{1}).options;
    seen.insert({n1.election_timeout == milliseconds(150), n1.clock_drift_bound_ppm == 500,
                 s.workload.reads.lease != 0});
  }
  const std::set<std::tuple<bool, bool, bool>> expected{
      {true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}};
  BOOST_TEST((seen == expected));
}

BOOST_AUTO_TEST_CASE(what_is_set_is_not_drawn) {
  const std::string text =
      with_swarm(R"("/cluster/nodes": {"choose": [3]}, "/clock/drift_ppm": {"choose": [7]},
      "/workload/clients": {"choose": [9]}, "/network/default/latency": {"choose": ["1ms"]})");
  const auto swarm = swarm_of(text, {{"/cluster/nodes", "1"}, {"/clock", R"({"drift_ppm": 8})"}});
  BOOST_TEST(drawn(*swarm, 1).nodes == 1u);
  BOOST_TEST(drawn(*swarm, 1).clock.drift_ppm == 8u);
  BOOST_TEST(drawn(*swarm, 1).workload.clients == 9u);
  const ScenarioResult part = parse_scenario(text, "drawn.json", {{"/network/default/latency/mean", "3ms"}});
  BOOST_TEST(!part.scenario.has_value());
  BOOST_TEST(render(part.diagnostics).find("swarm draws /network/default/latency as a whole") !=
             std::string::npos);
  BOOST_TEST(drawn(*swarm_of(text, {{"/swarm/~1cluster~1nodes", R"({"choose": [2]})"}}), 1).nodes == 2u);
}

BOOST_AUTO_TEST_CASE(what_was_drawn_is_told) {
  const auto swarm = swarm_of(with_swarm(
      R"("/workload/keys": {"choose": [9]}, "/cluster/nodes": {"choose": [5]}, "/clock": {"enable": 0})"));
  const std::vector<SwarmDraw> draws = swarm->draw(1).draws;
  BOOST_REQUIRE(draws.size() == 3u);
  BOOST_TEST(draws[0].pointer == "/clock");
  BOOST_TEST(draws[0].in_file.value() == R"({"drift_ppm": 100})");
  BOOST_TEST(!draws[0].drawn.has_value());
  BOOST_TEST(draws[1].in_file.value() == draws[1].drawn.value());
  BOOST_TEST(!draws[2].in_file.has_value());
  BOOST_TEST(draws[2].drawn.value() == "9");
}

BOOST_AUTO_TEST_CASE(draws_that_contradict_each_other_are_told_with_the_place) {
  // Each alone fits the file; together a node is named that is not there.
  const auto swarm = swarm_of(with_swarm(
      R"("/cluster/nodes": {"choose": [5, 3]},
         "/faults/random/0/do/pause/target": {"choose": ["n3", "n5"]})"));
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const DrawnScenario result = swarm->draw(seed);
    if (result.scenario) continue;
    ++refused;
    BOOST_TEST(result.diagnostics.at(0).message.find("there is no node n5") != std::string::npos);
    BOOST_TEST(result.diagnostics.at(0).line == 11u);
  }
  BOOST_TEST((refused > 5u && refused < 30u), refused);
}

BOOST_AUTO_TEST_CASE(a_pointer_that_leads_nowhere_is_an_error_with_a_suggestion) {
  BOOST_TEST(answer_to(R"("/cluster/noodes": {"choose": [3]})") ==
             "drawn.json:10:13: error: swarm./cluster/noodes: there is no \"noodes\" in cluster\n"
             "  10 |   \"swarm\": {\"/cluster/noodes\": {\"choose\": [3]}}}\n"
             "     |             ^~~~~~~~~~~~~~~~~ did you mean \"nodes\"?\n"
             "1 error\n");
  BOOST_TEST(tells(R"("/faults/random/3": {"enable": 0.5})", "there is no \"3\" in faults.random"));
  BOOST_TEST(tells(R"("/faults/random/-": {"choose": [1]})", "nothing stands there yet"));
  BOOST_TEST(tells(R"("/disk": {"enable": 0.5})", "nothing can be switched off"));
  BOOST_TEST(tells(R"("cluster/nodes": {"choose": [3]})", "is no JSON Pointer"));
}

BOOST_AUTO_TEST_CASE(a_value_that_the_field_cannot_have_is_an_error_where_it_stands) {
  BOOST_TEST(
      answer_to(R"("/cluster/nodes": {"choose": [3, 0]})") ==
      "drawn.json:10:46: error: swarm./cluster/nodes: cluster.nodes: expected an integer from 1 to 64, found "
      "number 0\n"
      "  10 |   \"swarm\": {\"/cluster/nodes\": {\"choose\": [3, 0]}}}\n"
      "     |                                              ^\n"
      "1 error\n");
  BOOST_TEST(tells(R"("/network/default/loss": {"real": [0, 1.5]})", "expected a probability from 0 to 1"));
  BOOST_TEST(tells(R"("/cluster/nodes": {"time": ["1ms", "2ms"]})", "expected an integer from 1 to 64"));
  BOOST_TEST(
      tells(R"("/cluster/raft/membership": {"choose": ["fixed"]})", "with cluster.raft.membership fixed"));
  BOOST_TEST(tells(R"("/cluster/raft/membership": {"choose": ["fixed"]})",
                   "(when swarm draws /cluster/raft/membership as \"fixed\")"));
  BOOST_TEST(tells(R"("/workload/model": {"enable": 0.5})", "field \"model\" is missing"));
}

BOOST_AUTO_TEST_CASE(a_generator_that_makes_no_sense_is_an_error) {
  BOOST_TEST(tells(R"("/workload/clients": {"int": [5, 2]})", "2 is below 5"));
  BOOST_TEST(tells(R"("/network/default/loss": {"real": [0.2, 0.1]})", "0.1 is below 0.2"));
  BOOST_TEST(tells(R"("/workload/timeout": {"time": ["2s", "900ms"]})", "900ms is below 2s"));
  BOOST_TEST(
      tells(R"("/network/default/loss": {"real": [0, 0.1], "log": true})", "the range starts above 0"));
  BOOST_TEST(tells(R"("/workload/clients": {"choose": [1, 2], "weights": [1]})", "1 weights for 2 values"));
  BOOST_TEST(tells(R"("/workload/clients": {"int": [1]})", "expected at least 2"));
  BOOST_TEST(tells(R"("/workload/clients": {"int": [1, 2, 3]})", "expected at most 2"));
  BOOST_TEST(tells(R"("/workload/clients": {"chose": [1, 2]})", "did you mean \"choose\"?"));
  BOOST_TEST(
      tells(R"("/workload/clients": {"int": [1, 2], "weights": [1, 1]})", "unknown field \"weights\""));
}

BOOST_AUTO_TEST_CASE(what_is_the_same_for_every_seed_is_not_drawn) {
  for (const std::string pointer : {"/name", "/seed", "/cluster", "/cluster/system", "/limits/wall",
                                    "/extends", "/cluster/overrides/n1/system", "/swarm/~1name"})
    BOOST_TEST(tells("\"" + pointer + R"(": {"choose": ["x"]})", "the same for every seed"), pointer);
}

BOOST_AUTO_TEST_CASE(draws_into_each_other_and_circular_conditions_are_errors) {
  BOOST_TEST(
      tells(R"("/network/default": {"choose": [{"loss": 0}]}, "/network/default/loss": {"choose": [1]})",
            "/network/default is drawn as a whole"));
  BOOST_TEST(
      tells(R"("/workload/keys": {"choose": [1], "if": {"/cluster/learners": 0}})", "is not in the file"));
  BOOST_TEST(tells(R"("/workload/clients": {"choose": [1], "if": {"/clock": 0}}, "/clock": {"enable": 0.5})",
                   "is a feature, there or not there"));
  BOOST_TEST(tells(R"("/cluster/nodes": {"choose": [3], "if": {"/workload/clients": 4}},
                      "/workload/clients": {"choose": [1], "if": {"/cluster/nodes": 5}})",
                   "is itself drawn only on a condition"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
