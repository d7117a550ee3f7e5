// The liveness phase over our core: with a drawn live core, whatever else stays broken, it goes on; and a
// system that does not is found out, with who waits for what.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "search/run_one.hpp"
#include "wrapped_system.hpp"

namespace raftsim::search {
namespace {

using history::Judgement;
using history::PropertyId;

/// Five servers that crash, and are cut off, until 2 s; then a live core for 6 s, drained for the last 2 s.
sim::Scenario scenario(sim::Healed heal) {
  sim::Scenario s;
  s.name = "liveness";
  s.nodes = 5;
  s.network.nodes.latency = sim::Distribution::constant(milliseconds(2));
  s.network.nodes.loss = sim::Ratio{std::uint64_t{1} << 59, false};
  s.workload.model = history::Model::kv;
  s.workload.clients = 3;
  s.workload.keys = 4;
  s.workload.arrival = sim::Workload::Closed{sim::Distribution::constant(milliseconds(20))};
  sim::RandomFault crash;
  crash.action = sim::Crash{{history::TargetWord::any}, std::nullopt, history::CrashPoint::now};
  crash.every = sim::Distribution::constant(milliseconds(700));
  sim::RandomFault cut;
  cut.action =
      sim::Partition{sim::PartitionShape::random, false, sim::Distribution::constant(milliseconds(900))};
  cut.every = sim::Distribution::constant(milliseconds(400));
  s.faults.random = {crash, cut};
  s.faults.quiet_after = seconds(2);
  s.faults.drain_after = seconds(8);
  s.faults.heal = heal;
  s.limits.time = seconds(12);
  return s;
}

history::RunResult judged(const sim::Scenario& s, const System& system, std::uint64_t seed) {
  RunRequest request;
  request.scenario = &s;
  request.seed = seed;
  request.systems.assign(s.nodes, &system);
  request.system_name = "wrapped";
  return run_one(request, nullptr).result;
}

const history::PropertyVerdict& verdict(const history::RunResult& result, PropertyId id) {
  for (const auto& p : result.verdict.properties)
    if (p.id == id) return p;
  BOOST_FAIL("not judged");
  return result.verdict.properties.front();
}

const tests::WrappedSystem& core() {
  static const tests::WrappedSystem system([](const Input&, Effects&) {});
  return system;
}

constexpr PropertyId liveness[] = {PropertyId::leader_within, PropertyId::client_progress,
                                   PropertyId::convergence};

}  // namespace

BOOST_AUTO_TEST_SUITE(liveness_phase)

BOOST_AUTO_TEST_CASE(a_live_core_goes_on_whatever_else_stays_broken) {
  std::size_t looked[std::size(liveness)] = {};
  std::size_t measured = 0;
  for (const sim::Healed heal : {sim::Healed::core, sim::Healed::drawn}) {
    const sim::Scenario s = scenario(heal);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      const history::RunResult result = judged(s, core(), seed);
      for (const auto& v : result.verdict.violations) BOOST_ERROR("seed " << seed << ": " << v.sentence);
      for (std::size_t i = 0; i < std::size(liveness); ++i)
        looked[i] += verdict(result, liveness[i]).judgement == Judgement::held ? 1u : 0u;
      const history::Liveness& times = result.verdict.liveness;
      measured += times.time_to_leader && times.time_to_first_commit ? 1u : 0u;
    }
  }
  // A few end with a leader that is linked in part only: of those convergence is not asked.
  for (const std::size_t count : looked) BOOST_TEST(count >= 18u);
  BOOST_TEST(measured >= 18u);
}

BOOST_AUTO_TEST_CASE(a_system_that_elects_nobody_is_found_out_and_who_waits_is_named) {
  // Its votes never leave.
  const tests::WrappedSystem deaf([](const Input&, Effects& out) {
    std::erase_if(out.list, [&](const Effect& effect) {
      const auto* send = std::get_if<Send>(&effect);
      MessageView view;
      if (send == nullptr || !core().describe(out.bytes(send->bytes), view)) return false;
      return view.type == MessageType::request_vote_resp && view.granted;
    });
  });
  const history::RunResult result = judged(scenario(sim::Healed::core), deaf, 3);
  BOOST_TEST((verdict(result, PropertyId::leader_within).judgement == Judgement::violated));
  for (const auto& v : result.verdict.violations) {
    if (v.id != PropertyId::leader_within) continue;
    BOOST_TEST(v.sentence.find("No leader committed an entry within 3.000s") != std::string::npos,
               v.sentence);
    BOOST_TEST(v.sentence.find(" campaigns for the ") != std::string::npos, v.sentence);
    BOOST_TEST(v.sentence.find(": does not answer") != std::string::npos, v.sentence);
  }
}

BOOST_AUTO_TEST_CASE(a_system_that_acknowledges_nothing_is_found_out_and_who_waits_is_named) {
  const tests::WrappedSystem mute([](const Input& input, Effects& out) {
    if (input.now < Instant{2'000'000'000}) return;
    std::erase_if(out.list, [&](const Effect& effect) {
      const auto* send = std::get_if<Send>(&effect);
      MessageView view;
      if (send == nullptr || !core().describe(out.bytes(send->bytes), view)) return false;
      return view.type == MessageType::append_entries_resp && view.granted;
    });
  });
  sim::Scenario s = scenario(sim::Healed::core);
  s.options.check_quorum = false;
  const history::RunResult result = judged(s, mute, 3);
  BOOST_TEST((verdict(result, PropertyId::leader_within).judgement == Judgement::violated));
  // Its clients may ask those who are cut off.
  BOOST_TEST((verdict(result, PropertyId::client_progress).judgement == Judgement::skipped));
  for (const auto& v : result.verdict.violations)
    if (v.id == PropertyId::leader_within)
      BOOST_TEST(v.sentence.find(" and waits for a quorum to hold its entry ") != std::string::npos,
                 v.sentence);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::search
