// The fault ledger: what fired and did nothing is not called effective.
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::FaultClass;

namespace {

/// Each sends to all others every 20 ms.
void talk(ToyProcess& p, const Input& input, Effects& out) {
  out.wake_at = Instant{(input.now.ns / 20'000'000 + 1) * 20'000'000};
  if (!std::holds_alternative<Wake>(input.what)) return;
  for (std::uint64_t to = 1; to <= 3; ++to)
    if (NodeId{to} != p.self) p.send(out, to, "a1");
}

history::FaultCount count(const ToySystem::Behave& behave, std::vector<sim::Step> script, FaultClass c) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = std::move(script);
  return Run(s, behave).fault(c);
}

sim::Isolate alone(std::uint64_t id) { return {node(id), sim::Direction::both, false, lasting(100)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(a_pause_is_effective_once_something_waits_for_its_end) {
  const sim::Step pause = at(100, sim::Pause{node(1), lasting(100)});
  const history::FaultCount busy = count(talk, {pause}, FaultClass::pause);
  BOOST_TEST((busy.fired == 1 && busy.effective == 1));
  const history::FaultCount at_rest = count(idle, {pause}, FaultClass::pause);
  BOOST_TEST((at_rest.fired == 1 && at_rest.effective == 0));
}

BOOST_AUTO_TEST_CASE(a_pause_that_ends_in_a_crash_or_with_the_run_was_effective_all_the_same) {
  const sim::Step pause = at(100, sim::Pause{node(1), std::nullopt});
  BOOST_TEST(count(talk, {pause}, FaultClass::pause).effective == 1u);
  const sim::Step crash = at(200, sim::Crash{node(1), std::nullopt});
  BOOST_TEST(count(talk, {pause, crash}, FaultClass::pause).effective == 1u);
  BOOST_TEST(count(idle, {pause, crash}, FaultClass::pause).effective == 0u);
}

BOOST_AUTO_TEST_CASE(a_pause_that_is_resumed_was_effective_if_something_waited) {
  const sim::Step pause = at(100, sim::Pause{node(1), std::nullopt});
  const sim::Step resume = at(200, sim::Resume{node(1)});
  BOOST_TEST(count(talk, {pause, resume}, FaultClass::pause).effective == 1u);
  BOOST_TEST(count(idle, {pause, resume}, FaultClass::pause).effective == 0u);
}

BOOST_AUTO_TEST_CASE(a_cut_around_a_server_that_is_down_is_not_effective) {
  const sim::Step crash = at(100, sim::Crash{node(1), std::nullopt});
  const sim::Step cut = at(200, alone(1));
  BOOST_TEST(count(talk, {cut}, FaultClass::isolate).effective == 1u);
  const history::FaultCount down = count(talk, {crash, cut}, FaultClass::isolate);
  BOOST_TEST((down.fired == 1 && down.effective == 0));
}

BOOST_AUTO_TEST_CASE(a_cut_that_nobody_speaks_over_is_not_effective) {
  BOOST_TEST(count(idle, {at(200, alone(1))}, FaultClass::isolate).effective == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
