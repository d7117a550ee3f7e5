// Worker processes: what a system under test does to its process costs that run alone, and is judged.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "core/raft_system.hpp"
#include "search/workers.hpp"
#include "sim/scenario_file.hpp"
#include "wrapped_system.hpp"

namespace raftsim::tests {
namespace {

sim::Scenario scenario_with(std::uint64_t memory_mib) {
  sim::ScenarioResult parsed = sim::parse_scenario(
      R"({"format": "raftsim/scenario@1", "name": "workers", "cluster": {"nodes": 3},
          "workload": {"model": "kv", "clients": 2, "keys": 2}, "expect": {"final": {"ops_ok": {"ge": 1}}},
          "limits": {"time": "2s"}})",
      "workers.json");
  BOOST_REQUIRE(parsed.scenario.has_value());
  parsed.scenario->limits.memory_mib = memory_mib;
  return std::move(*parsed.scenario);
}

search::RunRequest request_for(const sim::Scenario& scenario, const System& system) {
  search::RunRequest request;
  request.scenario = &scenario;
  request.seed = 1;
  request.systems.assign(scenario.nodes, &system);
  request.system_name = "wrapped";
  return request;
}

/// In order of the requests, by one worker at a time.
std::vector<search::Finished> run_all(std::vector<search::RunRequest> requests) {
  std::vector<search::Finished> all;
  search::Workers workers(std::move(requests), {});
  while (true) {
    search::Workers::Waited waited = workers.wait(seconds(10));
    if (waited.all_done) break;
    if (waited.finished) all.push_back(std::move(*waited.finished));
  }
  std::ranges::sort(all, {}, &search::Finished::job);
  return all;
}

std::string no_crash_of(const search::Finished& finished) {
  for (const history::Violation& v : finished.outcome.result.verdict.violations)
    if (v.id == history::PropertyId::no_crash) return v.sentence;
  return "held";
}

/// Takes so much memory at a client's third request, and gives it back.
WrappedSystem hungry(std::uint64_t mib) {
  return WrappedSystem([mib](const Input& input, Effects&) {
    const auto* request = std::get_if<Request>(&input.what);
    if (request == nullptr || request->id != RequestId{3}) return;
    const std::vector<char> taken(mib << 20, 1);
    CHECK(taken.back() == 1);
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_limit_on_memory_is_each_run_s_own_whoever_ran_before) {
  const auto raft = make_raft_system();
  const WrappedSystem eater = hungry(300);
  const sim::Scenario small = scenario_with(64);
  const sim::Scenario large = scenario_with(1024);
  const auto all = run_all({request_for(small, *raft), request_for(large, eater), request_for(small, *raft)});
  BOOST_REQUIRE(all.size() == 3u);
  for (const search::Finished& finished : all) BOOST_TEST(no_crash_of(finished) == "held");
}

BOOST_AUTO_TEST_CASE(a_run_that_needs_more_memory_than_it_may_have_says_so_and_has_no_hash) {
  const WrappedSystem eater = hungry(300);
  const sim::Scenario small = scenario_with(128);
  const auto all = run_all({request_for(small, eater)});
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(no_crash_of(all[0]).find("needed more than 128 MiB of memory") != std::string::npos,
             no_crash_of(all[0]));
  BOOST_TEST((all[0].outcome.result.hash == history::Hash128{}));
  BOOST_TEST(!all[0].internal_error.has_value());
}

/// The third run goes up to the call that killed the first two.
BOOST_AUTO_TEST_CASE(what_came_before_a_crash_is_judged_and_has_a_hash) {
  const WrappedSystem fragile([](const Input& input, Effects&) {
    const auto* request = std::get_if<Request>(&input.what);
    CHECK(request == nullptr || request->id < RequestId{5});
  });
  const sim::Scenario scenario = scenario_with(1024);
  const auto first = run_all({request_for(scenario, fragile)});
  const auto second = run_all({request_for(scenario, fragile)});
  BOOST_REQUIRE((first.size() == 1u && second.size() == 1u));
  const history::RunResult& result = first[0].outcome.result;
  const std::string told = no_crash_of(first[0]);
  BOOST_TEST(told.find("crashed in step") != std::string::npos, told);
  BOOST_TEST(told.find("SIGABRT") != std::string::npos, told);
  BOOST_TEST(told.find("CHECK failed") != std::string::npos, told);
  BOOST_TEST(!(result.hash == history::Hash128{}));
  BOOST_TEST((result.hash == second[0].outcome.result.hash));
  BOOST_TEST((result.verdict.headline()->event == history::EventId{result.counts.events}));
  const auto judged = std::ranges::count_if(result.verdict.properties, [](const history::PropertyVerdict& p) {
    return p.judgement == history::Judgement::held && p.looked > 0;
  });
  BOOST_TEST(judged > 20);
  // What is expected of the end is not asked of a run that broke off.
  BOOST_TEST(result.verdict.violations.size() == 1u);
}

}  // namespace raftsim::tests
