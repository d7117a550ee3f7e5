// The property: on whatever scenario, everything holds on the correct core. On a failure RapidCheck shrinks
// the numbers behind the scenario; what is printed is the shrunk scenario as JSON and the line that runs it.
//
// RAFTSIM_FUZZ_RUNS: how many scenarios (200). RAFTSIM_FUZZ_SEED: another sequence of them (RapidCheck's
// seed).
#include <rapidcheck.h>

#include <fmt/format.h>
#include <rapidcheck/detail/Configuration.h>
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>

#include "core/raft_system.hpp"
#include "fuzz_case.hpp"
#include "history/names.hpp"
#include "history/text.hpp"
#include "seam/check.hpp"
#include "search/workers.hpp"
#include "sim/scenario_file.hpp"
#include "wrapped_system.hpp"

namespace rc {

using raftsim::tests::FuzzCase;
using raftsim::tests::FuzzFault;
using raftsim::tests::FuzzFaultCase;

template <>
struct Arbitrary<FuzzFaultCase> {
  static Gen<FuzzFaultCase> arbitrary() {
    return gen::build<FuzzFaultCase>(
        gen::set(&FuzzFaultCase::kind, gen::map(gen::inRange(0, raftsim::tests::fuzz_faults),
                                                [](int k) { return static_cast<FuzzFault>(k); })),
        gen::set(&FuzzFaultCase::every_ms, gen::inRange(200u, 3000u)),
        gen::set(&FuzzFaultCase::lasting_ms, gen::inRange(1u, 1200u)),
        gen::set(&FuzzFaultCase::type, gen::inRange(0u, 7u)),
        gen::set(&FuzzFaultCase::count, gen::inRange(1u, 40u)));
  }
};

template <>
struct Arbitrary<FuzzCase> {
  static Gen<FuzzCase> arbitrary() {
    const auto often_zero = [](std::uint32_t max) {
      return gen::weightedOneOf<std::uint32_t>({{2, gen::just(0u)}, {1, gen::inRange(0u, max)}});
    };
    return gen::build<FuzzCase>(
        gen::set(&FuzzCase::seed, gen::inRange<std::uint64_t>(1, 1'000'000)),
        gen::set(&FuzzCase::nodes, gen::inRange(1u, 8u)),
        gen::set(&FuzzCase::election_timeout_ms, gen::inRange(50u, 300u)),
        gen::set(&FuzzCase::no_op_off, often_zero(2)), gen::set(&FuzzCase::pre_vote_off, often_zero(2)),
        gen::set(&FuzzCase::check_quorum_off, often_zero(2)),
        gen::set(&FuzzCase::entries_per_append_log2, gen::inRange(0u, 7u)),
        gen::set(&FuzzCase::window, gen::inRange(0u, 16u)),
        gen::set(&FuzzCase::small_segments, often_zero(2)),
        gen::set(&FuzzCase::latency_mean_us, gen::inRange(200u, 30'000u)),
        gen::set(&FuzzCase::latency_max_factor, gen::inRange(1u, 20u)),
        gen::set(&FuzzCase::loss_permille, often_zero(200)),
        gen::set(&FuzzCase::duplicate_permille, often_zero(200)),
        gen::set(&FuzzCase::reorder, gen::inRange(0u, 2u)), gen::set(&FuzzCase::streams, often_zero(2)),
        gen::set(&FuzzCase::corrupt_permille, often_zero(200)),
        gen::set(&FuzzCase::replay_permille, often_zero(200)),
        gen::set(&FuzzCase::fsync_us, gen::inRange(10u, 20'000u)),
        gen::set(&FuzzCase::torn, gen::inRange(0u, 2u)), gen::set(&FuzzCase::drift_ppm, often_zero(20'000)),
        gen::set(&FuzzCase::clients, gen::inRange(1u, 12u)), gen::set(&FuzzCase::keys, gen::inRange(1u, 6u)),
        gen::set(&FuzzCase::think_ms, gen::inRange(0u, 40u)),
        gen::set(&FuzzCase::log_reads, gen::inRange(0u, 3u)),
        gen::set(&FuzzCase::model, gen::inRange(0u, 3u)),
        gen::set(&FuzzCase::open_rate,
                 gen::weightedOneOf<std::uint32_t>({{3, gen::just(0u)}, {1, gen::inRange(10u, 400u)}})),
        gen::set(&FuzzCase::retries, often_zero(5)), gen::set(&FuzzCase::ops_per_session, often_zero(30)),
        gen::set(&FuzzCase::dies_permille, often_zero(100)), gen::set(&FuzzCase::heal, often_zero(3)),
        gen::set(&FuzzCase::faults,
                 gen::resize(4, gen::container<std::vector<FuzzFaultCase>>(gen::arbitrary<FuzzFaultCase>()))),
        gen::set(&FuzzCase::late, gen::weightedOneOf<std::vector<FuzzFaultCase>>(
                                      {{3, gen::just(std::vector<FuzzFaultCase>{})},
                                       {1, gen::resize(3, gen::container<std::vector<FuzzFaultCase>>(
                                                              gen::arbitrary<FuzzFaultCase>()))}})));
  }
};

}  // namespace rc

namespace raftsim::tests {
namespace {

/// In a process of its own: a CHECK that fails, a signal or a hang is a failure like any other, and shrinks.
search::Finished run(const sim::Scenario& scenario, std::uint64_t seed, const System& raft) {
  search::RunRequest request;
  request.scenario = &scenario;
  request.seed = seed;
  request.systems.assign(scenario.nodes, &raft);
  request.system_name = "raft";
  search::Workers workers(std::vector{request}, {});
  while (true) {
    const search::Workers::Waited waited = workers.wait(seconds(10));
    if (waited.finished) return *waited.finished;
    CHECK(!waited.all_done);
  }
}

std::string failure_text(const FuzzCase& fuzz_case, const sim::Scenario& scenario,
                         const search::Finished& finished) {
  std::ostringstream text;
  if (finished.internal_error) {
    text << "the simulator or a checker died: " << *finished.internal_error;
  } else {
    const history::Violation& first = *finished.outcome.result.verdict.headline();
    text << history::info(first.id).name << " violated at " << history::to_text(first.time) << " (event "
         << first.event.value << "): " << first.sentence;
  }
  text << "\nSave this as fuzz.json:\n"
       << sim::write_scenario(scenario) << "and run\n  sim run fuzz.json --seed " << fuzz_case.seed << "\n";
  return text.str();
}

/// A number from the environment.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != 0 ? std::strtoull(text, nullptr, 0) : otherwise;
}

BOOST_AUTO_TEST_CASE(a_case_that_kills_its_process_is_a_failure_and_shrinks) {
  // Dies of the second operation.
  const WrappedSystem fragile([](const Input& input, Effects&) {
    const auto* request = std::get_if<Request>(&input.what);
    CHECK(request == nullptr || request->id < RequestId{2});
  });
  rc::detail::TestParams params;
  params.maxSuccess = 20;
  params.seed = 7;
  rc::detail::TestMetadata metadata;
  FuzzCase smallest;
  const auto property = [&](const FuzzCase& fuzz_case) {
    // So that shrinking has somewhere to stop.
    if (fuzz_case.nodes < 3) return;
    const search::Finished finished = run(scenario_of(fuzz_case), fuzz_case.seed, fragile);
    BOOST_TEST(!finished.internal_error.has_value());
    if (!finished.outcome.result.verdict.violated()) return;
    BOOST_TEST((finished.outcome.result.verdict.headline()->id == history::PropertyId::no_crash));
    smallest = fuzz_case;
    RC_FAIL("it died");
  };
  const auto result = rc::detail::checkTestable(property, metadata, params);
  BOOST_TEST(result.is<rc::detail::FailureResult>());
  BOOST_TEST(smallest.nodes == 3u);
  BOOST_TEST(smallest.faults.empty());
}

BOOST_AUTO_TEST_CASE(everything_holds_on_whatever_scenario) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = static_cast<int>(setting("RAFTSIM_FUZZ_RUNS", 200));
  params.seed = setting("RAFTSIM_FUZZ_SEED", 2014);
  const std::string repeat =
      fmt::format("RAFTSIM_FUZZ_SEED={} RAFTSIM_FUZZ_RUNS={} build/release/test_scenario_fuzz", params.seed,
                  params.maxSuccess);
  BOOST_TEST_MESSAGE("the same scenarios again: " << repeat);
  rc::detail::TestMetadata metadata;
  metadata.id = "scenario_fuzz";
  const std::unique_ptr<System> raft = make_raft_system();
  std::uint64_t commits = 0;
  std::uint64_t crashes = 0;
  std::uint64_t unknown = 0;
  const auto property = [&](const FuzzCase& fuzz_case) {
    const sim::Scenario scenario = scenario_of(fuzz_case);
    const search::Finished finished = run(scenario, fuzz_case.seed, *raft);
    const history::RunResult& result = finished.outcome.result;
    commits += result.counts.commits;
    crashes += result.counts.crashes;
    unknown += std::ranges::any_of(result.verdict.properties, [](const history::PropertyVerdict& p) {
      return p.judgement == history::Judgement::unknown;
    });
    if (!finished.internal_error && !result.verdict.violated()) return;
    RC_LOG(failure_text(fuzz_case, scenario, finished));
    RC_FAIL("a property was violated");
  };
  const auto result = rc::detail::checkTestable(property, metadata, params);
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  BOOST_TEST(result.is<rc::detail::SuccessResult>(), message.str() << "\nThe same again: " << repeat);
  // Runs in which nothing was committed or nobody crashed would prove little.
  BOOST_TEST(commits > 1000u);
  BOOST_TEST(crashes > 10u);
  // And so would runs that nobody could judge.
  BOOST_TEST(unknown * 50 <= static_cast<std::uint64_t>(params.maxSuccess));
  BOOST_TEST_MESSAGE(message.str() << ": " << commits << " commits, " << crashes << " crashes, " << unknown
                                   << " unknown");
}

}  // namespace
}  // namespace raftsim::tests
