// The loop and the runtime of one node: order, gates, timers, entropy, breakage.
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::EventKind;
using history::PropertyId;

namespace {

bool started(const Input& input) { return std::holds_alternative<Start>(input.what); }
bool woken(const Input& input) { return std::holds_alternative<Wake>(input.what); }

/// Each node greets a drawn neighbour on a drawn timer; whoever hears it writes, syncs and answers.
void gossip(ToyProcess& p, const Input& input, Effects& out) {
  if (started(input) || woken(input)) {
    p.wake = input.now + milliseconds(5 + static_cast<std::int64_t>(input.entropy % 10));
    out.entropy_used = true;
    if (woken(input)) p.send(out, 1 + (input.entropy >> 8) % 3, "a1");
  }
  out.wake_at = p.wake;
  if (const auto* receive = std::get_if<Receive>(&input.what)) {
    if (text_of(receive->bytes) != "a1") return;
    p.write(out, "heard");
    const DiskOp sync = p.sync(out);
    p.send(out, receive->from.value, "r1", sync.value);
  }
}

sim::Scenario noisy() {
  sim::Scenario s = quiet_scenario();
  s.network.nodes.latency =
      sim::Distribution::exponential(milliseconds(3), milliseconds(1), milliseconds(50));
  s.network.nodes.loss = sim::ratio(1, 20);
  s.network.nodes.duplicate = sim::ratio(1, 20);
  s.clock.drift_ppm = 1'000;
  return s;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_seed_is_the_same_history_and_another_seed_is_not) {
  const Run a(noisy(), gossip, {.seed = 7});
  const Run b(noisy(), gossip, {.seed = 7});
  const Run c(noisy(), gossip, {.seed = 8});
  BOOST_TEST(a.seen.all.size() > 1'000u);
  BOOST_TEST(history::to_text(a.journal.hash().digest()) == history::to_text(b.journal.hash().digest()));
  BOOST_TEST(history::to_text(a.journal.hash().digest()) != history::to_text(c.journal.hash().digest()));
}

BOOST_AUTO_TEST_CASE(recorded_decisions_over_the_benign_base_repeat_the_run) {
  const Run a(noisy(), gossip, {.seed = 7, .overrides = {}, .record = true});
  BOOST_TEST(!a.end.decisions.empty());
  const Run b(noisy(), gossip, {.base = sim::Base::benign, .overrides = a.end.decisions});
  BOOST_TEST(history::to_text(a.journal.hash().digest()) == history::to_text(b.journal.hash().digest()));
}

BOOST_AUTO_TEST_CASE(entropy_that_is_not_used_is_no_decision) {
  const auto unused = [](ToyProcess&, const Input& input, Effects& out) {
    if (started(input) || woken(input)) out.wake_at = input.now + milliseconds(10);
  };
  const Run run(quiet_scenario(), unused, {.seed = 7, .overrides = {}, .record = true});
  BOOST_TEST(run.end.counts.wakes > 250u);
  BOOST_TEST(run.end.decisions.empty());
}

BOOST_AUTO_TEST_CASE(benign_entropy_spreads_the_nodes_evenly) {
  std::vector<std::uint64_t> drawn;
  const auto keep = [&](ToyProcess&, const Input& input, Effects&) { drawn.push_back(input.entropy); };
  const Run run(quiet_scenario(), keep, {.base = sim::Base::benign});
  const std::uint64_t third = ~std::uint64_t{0} / 3;
  BOOST_REQUIRE(drawn.size() == 3u);
  BOOST_TEST(drawn[0] == 0u);
  BOOST_TEST(drawn[1] == third);
  BOOST_TEST(drawn[2] == 2 * third);
}

BOOST_AUTO_TEST_CASE(a_gated_send_leaves_when_the_disk_is_done_and_not_before) {
  const auto once = [](ToyProcess& p, const Input& input, Effects& out) {
    if (!started(input) || p.self != NodeId{1}) return;
    p.write(out, "vote");
    const DiskOp sync = p.sync(out);
    p.send(out, 2, "g1", sync.value);
    p.send(out, 2, "a1");
  };
  const Run run(quiet_scenario(), once);
  const auto sends = run.seen.of(EventKind::send);
  const auto departs = run.seen.of(EventKind::depart);
  const auto synced = run.seen.of(EventKind::synced);
  BOOST_REQUIRE(sends.size() == 2u);
  BOOST_REQUIRE(departs.size() == 1u);
  BOOST_REQUIRE(synced.size() == 1u);
  BOOST_TEST(int{sends[0].event.message.gated} == 1);
  BOOST_TEST(int{sends[1].event.message.gated} == 0);
  BOOST_TEST(departs[0].event.message.message == sends[0].event.message.message);
  BOOST_TEST(departs[0].event.time >= Instant{1'000'000});
  // The depart names what opened the gate, and the send.
  BOOST_TEST(departs[0].event.cause == synced[0].event.id);
  BOOST_REQUIRE(departs[0].causes.size() == 1u);
  BOOST_TEST(departs[0].causes[0] == sends[0].event.id);
  // The ungated one overtook it.
  const auto received = run.seen.of(EventKind::recv);
  BOOST_REQUIRE(received.size() == 2u);
  BOOST_TEST(received[0].event.message.message == sends[1].event.message.message);
  BOOST_TEST(received[0].event.cause == sends[1].event.id);
  BOOST_TEST(received[1].event.cause == departs[0].event.id);
}

BOOST_AUTO_TEST_CASE(a_gated_send_never_leaves_if_its_node_crashes_first) {
  sim::Scenario s = quiet_scenario();
  s.disk.fsync = sim::Distribution::constant(milliseconds(50));
  s.faults.script.push_back(at(20, sim::Crash{node(1), lasting(100)}));
  const auto once = [](ToyProcess& p, const Input& input, Effects& out) {
    const auto* start = std::get_if<Start>(&input.what);
    if (start == nullptr || p.self != NodeId{1} || start->boot != Boot::fresh) return;
    p.write(out, "vote");
    p.send(out, 2, "g1", p.sync(out).value);
  };
  s.disk.on_crash = sim::OnCrash::keep_all;
  const Run run(s, once);
  BOOST_TEST(run.seen.count(EventKind::depart) == 0u);
  BOOST_TEST(run.seen.count(EventKind::recv) == 0u);
  const auto crashes = run.seen.of(EventKind::crash);
  BOOST_REQUIRE(crashes.size() == 1u);
  BOOST_TEST(crashes[0].event.process.lost_messages == 1u);
  const auto drops = run.seen.of(EventKind::drop);
  BOOST_REQUIRE(drops.size() == 1u);
  BOOST_TEST(static_cast<int>(drops[0].event.message.reason) ==
             static_cast<int>(history::DropReason::sender_crashed));
}

// As after a write that found no space for the file. What waited for it never leaves, neither message nor
// answer; what is said once the process knows does not depend on it.
BOOST_AUTO_TEST_CASE(what_waits_for_a_sync_of_a_file_that_is_not_there_never_leaves_and_what_is_later_does) {
  const auto behave = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1}) return;
    if (std::holds_alternative<Start>(input.what)) p.send(out, 2, "g1", p.sync(out).value);
    const auto* done = std::get_if<DiskDone>(&input.what);
    if (done == nullptr || done->status != DiskStatus::not_found) return;
    p.write(out, "there now");
    p.send(out, 2, "g2", p.sync(out).value);
  };
  const Run run(quiet_scenario(), behave);
  const auto received = run.seen.of(EventKind::recv, 2);
  BOOST_REQUIRE_EQUAL(received.size(), 1u);
  BOOST_TEST(received[0].event.message.term == Term{2});
}

BOOST_AUTO_TEST_CASE(a_message_that_names_an_operation_done_long_ago_is_not_gated) {
  const auto late = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1}) return;
    if (started(input)) {
      p.write(out, "x");
      p.sync(out);
      p.wake = input.now + milliseconds(20);
    }
    if (woken(input)) p.send(out, 2, "a1", 2);
    if (!woken(input)) out.wake_at = p.wake;
  };
  const Run run(quiet_scenario(), late);
  BOOST_REQUIRE(run.seen.count(EventKind::send) == 1u);
  BOOST_TEST(int{run.seen.of(EventKind::send)[0].event.message.gated} == 0);
  BOOST_TEST(run.seen.count(EventKind::recv) == 1u);
}

BOOST_AUTO_TEST_CASE(a_timer_that_moves_fires_once_at_its_last_time) {
  const auto moving = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self == NodeId{2} && started(input))
      for (int i = 0; i < 3; ++i) p.send(out, 1, "a1");
    if (p.self == NodeId{1} && !woken(input)) out.wake_at = input.now + milliseconds(10);
  };
  const Run run(quiet_scenario(), moving);
  const auto fired = run.seen.of(EventKind::timer_fire);
  BOOST_REQUIRE(fired.size() == 1u);
  // The messages came after 1 ms and moved it.
  BOOST_TEST(fired[0].event.time == ms(11));
  const auto received = run.seen.of(EventKind::recv);
  BOOST_REQUIRE(received.size() == 3u);
  // What set the time that came true: the first of them; the others wanted the same.
  BOOST_TEST(fired[0].event.cause == received[0].event.id);
}

BOOST_AUTO_TEST_CASE(a_wake_asked_for_at_once_is_a_step_of_its_own) {
  const auto at_once = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self == NodeId{1} && started(input)) out.wake_at = input.now;
  };
  const Run run(quiet_scenario(), at_once);
  const auto fired = run.seen.of(EventKind::timer_fire);
  BOOST_REQUIRE(fired.size() == 1u);
  BOOST_TEST(fired[0].event.time == ms(0));
  BOOST_TEST(fired[0].event.step > run.seen.of(EventKind::boot, 1)[0].event.step);
}

BOOST_AUTO_TEST_CASE(timers_run_on_the_nodes_own_clock) {
  sim::Scenario s = quiet_scenario();
  s.clock.drift_ppm = 100'000;
  s.clock.offset = sim::Distribution::uniform(milliseconds(1), milliseconds(500));
  std::vector<std::int64_t> waited;
  Instant start[4];
  const auto wait = [&](ToyProcess& p, const Input& input, Effects& out) {
    if (started(input)) {
      start[p.self.value] = input.now;
      out.wake_at = input.now + milliseconds(100);
    } else {
      waited.push_back((input.now - start[p.self.value]).ns);
    }
  };
  const Run run(s, wait);
  BOOST_REQUIRE(waited.size() == 3u);
  for (std::int64_t w : waited) BOOST_TEST(w >= 100'000'000);
  const auto fired = run.seen.of(EventKind::timer_fire);
  BOOST_TEST((fired[0].event.time != fired[1].event.time && fired[1].event.time != fired[2].event.time));
  BOOST_TEST(run.fault(history::FaultClass::clock_drift).effective == 3u);
  BOOST_TEST(run.fault(history::FaultClass::clock_offset).effective == 3u);
}

BOOST_AUTO_TEST_CASE(an_exception_in_a_process_is_a_finding_and_ends_the_run) {
  const auto thrower = [](ToyProcess& p, const Input& input, Effects& out) {
    if (started(input)) out.wake_at = input.now + milliseconds(10 * static_cast<std::int64_t>(p.self.value));
    if (woken(input) && p.self == NodeId{2}) throw std::runtime_error("no such term");
  };
  const Run run(quiet_scenario(), thrower);
  BOOST_TEST((run.end.reason == sim::EndReason::system_crashed));
  const auto found = run.seen.of(EventKind::violation);
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].event.world.what == static_cast<std::uint64_t>(PropertyId::no_crash));
  BOOST_TEST((found[0].event.node == history::Endpoint::node(NodeId{2})));
  BOOST_TEST(found[0].text.find("n2") != std::string::npos);
  BOOST_TEST(found[0].text.find("no such term") != std::string::npos);
  BOOST_TEST(run.end.counts.end == ms(20));
  BOOST_TEST(run.progress.inside.load() == 0u);
}

BOOST_AUTO_TEST_CASE(a_process_runs_with_its_number_told_and_the_simulator_without) {
  std::vector<std::uint64_t> inside;
  sim::Progress* progress = nullptr;
  const auto look = [&](ToyProcess&, const Input&, Effects&) {
    if (progress != nullptr) inside.push_back(progress->inside.load());
  };
  ToySystem system(look);
  sim::Progress page;
  progress = &page;
  history::Journal journal;
  const sim::Scenario s = quiet_scenario();
  sim::World world(s, {.seed = 1}, {&system, &system, &system}, journal, &page);
  world.run();
  BOOST_REQUIRE(inside.size() == 3u);
  for (std::uint64_t n = 1; n <= 3; ++n) BOOST_TEST(inside[n - 1] == n);
  BOOST_TEST(page.inside.load() == 0u);
}

BOOST_AUTO_TEST_CASE(a_disk_operation_out_of_sequence_is_the_systems_breakage) {
  const auto bad = [](ToyProcess& p, const Input& input, Effects& out) {
    if (!started(input) || p.self != NodeId{3}) return;
    p.ops = 41;
    p.write(out, "x");
  };
  const Run run(quiet_scenario(), bad);
  BOOST_TEST((run.end.reason == sim::EndReason::system_crashed));
  BOOST_TEST(run.seen.of(EventKind::violation).at(0).text.find("42") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_to_a_server_that_is_not_there_is_the_systems_breakage) {
  const auto bad = [](ToyProcess& p, const Input& input, Effects& out) {
    if (started(input) && p.self == NodeId{3}) p.send(out, 9, "a1");
  };
  const Run run(quiet_scenario(), bad);
  BOOST_TEST((run.end.reason == sim::EndReason::system_crashed));
}

BOOST_AUTO_TEST_CASE(a_process_that_never_lets_time_pass_is_an_event_storm) {
  sim::Scenario s = quiet_scenario();
  s.limits.events = 1'000;
  const auto storm = [](ToyProcess&, const Input& input, Effects& out) { out.wake_at = input.now; };
  const Run run(s, storm);
  BOOST_TEST((run.end.reason == sim::EndReason::events));
  const auto found = run.seen.of(EventKind::violation);
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].event.world.what == static_cast<std::uint64_t>(PropertyId::event_storm));
}

BOOST_AUTO_TEST_CASE(a_run_stops_early_and_goes_on_as_if_it_had_not) {
  const sim::Scenario s = noisy();
  ToySystem system(gossip);
  history::Journal journal;
  sim::World world(s, {.seed = 7}, {&system, &system, &system}, journal, nullptr);
  const sim::RunEnd first = world.run(ms(300));
  BOOST_TEST((first.reason == sim::EndReason::stopped));
  BOOST_TEST(first.counts.end == ms(300));
  const sim::RunEnd second = world.run();
  BOOST_TEST((second.reason == sim::EndReason::time));
  const Run whole(s, gossip, {.seed = 7});
  BOOST_TEST(history::to_text(journal.hash().digest()) == history::to_text(whole.journal.hash().digest()));
}

BOOST_AUTO_TEST_CASE(a_halt_is_no_violation_and_nothing_after_it_happens) {
  const auto halting = [](ToyProcess& p, const Input& input, Effects& out) {
    if (!started(input) || p.self != NodeId{1}) return;
    out.list.push_back(Halt{});
    p.send(out, 2, "a1");
  };
  const Run run(quiet_scenario(), halting);
  BOOST_TEST(run.seen.count(EventKind::halt) == 1u);
  BOOST_TEST(run.seen.count(EventKind::send) == 0u);
  BOOST_TEST(run.seen.count(EventKind::violation) == 0u);
  BOOST_TEST((run.end.reason == sim::EndReason::time));
}
