// When faults happen: scripted steps, random faults, quorum and phases.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "../print.hpp"
#include "sim/targets.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::EventKind;
using history::FaultClass;
using history::PropertyId;

namespace {

/// n1 becomes leader of term 1 at 100 ms and commits an entry every 10 ms from then on.
void led(ToyProcess& p, const Input& input, Effects& out) {
  if (p.self != NodeId{1}) return;
  out.wake_at = Instant{(input.now.ns / 10'000'000 + 1) * 10'000'000};
  if (input.now < ms(100)) return;
  p.role = Role::leader;
  p.term = Term{1};
  p.log.push_back({p.term, EntryKind::command, p.log.size() + 7});
  p.commit = Index{p.log.size()};
}

sim::Step when(history::Predicate predicate, sim::Action action) {
  sim::Step step;
  step.when = std::move(predicate);
  step.actions.push_back(std::move(action));
  return step;
}

sim::Step after(std::int64_t ms, sim::Action action) {
  sim::Step step;
  step.after = milliseconds(ms);
  step.actions.push_back(std::move(action));
  return step;
}

history::Predicate commit_at_least(std::int64_t n) {
  history::Predicate p;
  p.commit = history::Compare{};
  p.commit->ge = n;
  return p;
}

sim::RandomFault random_crash(std::string id, std::int64_t every_ms) {
  sim::RandomFault fault;
  fault.id = std::move(id);
  fault.action = sim::Crash{word(history::TargetWord::any), lasting(30)};
  fault.every = sim::Distribution::exponential(milliseconds(every_ms), milliseconds(1), seconds(2));
  return fault;
}

sim::RandomFault random_isolation(std::string id, std::int64_t every_ms) {
  sim::RandomFault fault = random_crash(std::move(id), every_ms);
  fault.action = sim::Isolate{word(history::TargetWord::any), sim::Direction::both, false, lasting(40)};
  return fault;
}

/// Time and victim of each firing of one class.
using Firings = std::vector<std::pair<std::int64_t, std::uint64_t>>;
Firings firings(const Run& run, FaultClass c) {
  Firings out;
  for (const Kept& k : run.seen.of(EventKind::fault_begin))
    if (k.event.fault.fault_class == static_cast<std::uint8_t>(c))
      out.push_back({k.event.time.ns, k.nodes.empty() ? 0 : k.nodes.front().value});
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_step_waits_for_its_predicate_and_the_next_for_its_turn) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(
      when(commit_at_least(5), sim::Pause{word(history::TargetWord::leader), lasting(50)}));
  s.faults.script.push_back(after(20, sim::Crash{node(2), std::nullopt}));
  s.faults.script.push_back(at(50, sim::Crash{node(3), std::nullopt}));
  const Run run(s, led);
  const auto fired = run.seen.of(EventKind::step_fired);
  BOOST_REQUIRE(fired.size() == 3u);
  BOOST_TEST(fired[0].event.time == ms(140));
  BOOST_TEST(fired[1].event.time == ms(160));
  // Its time is long past when its turn comes.
  BOOST_TEST(fired[2].event.time == ms(160));
  // The event that made it hold is its cause.
  const Kept& cause = run.seen.at(fired[0].event.cause);
  BOOST_TEST(static_cast<int>(cause.event.kind) == static_cast<int>(EventKind::commit));
  BOOST_TEST(cause.event.commit.commit == Index{5});
  BOOST_TEST(run.seen.of(EventKind::pause, 1).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_predicate_that_holds_already_fires_at_once) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(300, sim::Heal{}));
  s.faults.script.push_back(when(commit_at_least(5), sim::Crash{node(2), std::nullopt}));
  const Run run(s, led);
  const auto fired = run.seen.of(EventKind::step_fired);
  BOOST_REQUIRE(fired.size() == 2u);
  BOOST_TEST(fired[1].event.time == ms(300));
}

BOOST_AUTO_TEST_CASE(a_missed_deadline_is_told_and_later_steps_never_fire) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(when(commit_at_least(1'000), sim::Crash{node(2), std::nullopt}));
  s.faults.script.back().id = "kill";
  s.faults.script.back().deadline = milliseconds(500);
  s.faults.script.push_back(after(1, sim::Crash{node(3), std::nullopt}));
  const Run run(s, led);
  BOOST_TEST(run.seen.count(EventKind::step_fired) == 0u);
  const auto found = run.seen.of(EventKind::violation);
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].event.time == ms(500));
  BOOST_TEST(found[0].event.world.what == static_cast<std::uint64_t>(PropertyId::scenario_stuck));
  BOOST_TEST(found[0].text.find("kill") != std::string::npos);
  BOOST_TEST(found[0].text.find("n1 led term 1") != std::string::npos);
  BOOST_TEST((run.end.reason == sim::EndReason::time));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_was_met_is_forgotten) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(when(commit_at_least(5), sim::Crash{node(2), std::nullopt}));
  s.faults.script.back().deadline = milliseconds(500);
  const Run run(s, led);
  BOOST_TEST(run.seen.count(EventKind::violation) == 0u);
  BOOST_TEST(run.seen.count(EventKind::crash) == 1u);
}

BOOST_AUTO_TEST_CASE(a_check_that_does_not_hold_is_a_violation) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(200, sim::CheckAction{commit_at_least(5)}));
  s.faults.script.push_back(at(201, sim::CheckAction{commit_at_least(500)}));
  const Run run(s, led);
  const auto checks = run.seen.of(EventKind::check);
  BOOST_REQUIRE(checks.size() == 2u);
  BOOST_TEST(checks[0].event.world.what == 1u);
  BOOST_TEST(checks[1].event.world.what == 0u);
  const auto found = run.seen.of(EventKind::violation);
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].event.world.what == static_cast<std::uint64_t>(PropertyId::scenario_check));
}

BOOST_AUTO_TEST_CASE(no_random_fault_fires_once_it_is_quiet_and_everything_is_healed) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = seconds(4);
  s.faults.quiet_after = seconds(2);
  s.faults.random = {random_crash("crash", 60), random_isolation("cut", 60)};
  std::get<sim::Crash>(s.faults.random[0].action).down_for = lasting(600);
  std::get<sim::Isolate>(s.faults.random[1].action).lasting = lasting(10'000);
  const Run run(s, idle);
  BOOST_TEST(run.seen.count(EventKind::fault_begin) > 20u);
  for (const Kept& k : run.seen.of(EventKind::fault_begin)) BOOST_TEST(k.event.time < ms(2'000));
  for (const Kept& k : run.seen.of(EventKind::crash)) BOOST_TEST(k.event.time < ms(2'000));
  BOOST_TEST(run.seen.count(EventKind::fault_begin) == run.seen.count(EventKind::fault_end));
  BOOST_TEST(run.seen.count(EventKind::restart) == run.seen.count(EventKind::crash));
  const auto phases = run.seen.of(EventKind::phase);
  BOOST_REQUIRE(phases.size() == 2u);
  BOOST_TEST(phases[1].text == "quiet");
}

BOOST_AUTO_TEST_CASE(in_a_benign_run_random_faults_never_fire) {
  sim::Scenario s = quiet_scenario();
  s.faults.random = {random_crash("crash", 20)};
  const Run run(s, idle, {.base = sim::Base::benign});
  BOOST_TEST(run.seen.count(EventKind::fault_begin) == 0u);
  BOOST_TEST(run.fault(FaultClass::crash).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::crash).fired == 0u);
}

BOOST_AUTO_TEST_CASE(without_one_random_fault_the_others_draw_the_same) {
  sim::Scenario both = quiet_scenario();
  both.limits.time = seconds(3);
  both.faults.random = {random_crash("", 50), random_isolation("", 50)};
  sim::Scenario one = both;
  one.faults.random.erase(one.faults.random.begin());
  const Run with(both, idle);
  const Run without(one, idle);
  BOOST_TEST(firings(with, FaultClass::crash).size() > 10u);
  BOOST_TEST(firings(without, FaultClass::isolate).size() > 10u);
  BOOST_TEST((firings(with, FaultClass::isolate) == firings(without, FaultClass::isolate)));
}

BOOST_AUTO_TEST_CASE(two_random_faults_of_one_kind_draw_apart) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = seconds(3);
  s.faults.random = {random_isolation("", 100), random_isolation("", 100)};
  const Run run(s, idle);
  Firings by[2];
  for (const Kept& k : run.seen.of(EventKind::fault_begin))
    by[k.event.fault.step].push_back({k.event.time.ns, 0});
  BOOST_TEST(by[0].size() > 5u);
  BOOST_TEST((by[0] != by[1]));
}

BOOST_AUTO_TEST_CASE(no_more_of_a_random_fault_are_in_force_than_max_at_once) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.limits.time = seconds(3);
  s.faults.random = {random_crash("crash", 10)};
  s.faults.random[0].max_at_once = 2;
  const Run run(s, idle);
  std::int64_t down = 0;
  std::int64_t most = 0;
  for (const Kept& k : run.seen.all) {
    if (k.event.kind == EventKind::crash) most = std::max(most, ++down);
    if (k.event.kind == EventKind::restart) --down;
  }
  BOOST_TEST(most == 2);
}

BOOST_AUTO_TEST_CASE(random_faults_keep_to_their_window) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = seconds(3);
  s.faults.random = {random_crash("crash", 30)};
  s.faults.random[0].from = seconds(1);
  s.faults.random[0].until = seconds(2);
  const Run run(s, idle);
  BOOST_TEST(run.seen.count(EventKind::fault_begin) > 10u);
  for (const Kept& k : run.seen.of(EventKind::fault_begin)) {
    BOOST_TEST(k.event.time > ms(1'000));
    BOOST_TEST(k.event.time <= ms(2'000));
  }
}

BOOST_AUTO_TEST_CASE(with_keep_quorum_a_majority_is_always_up_and_connected) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.limits.time = seconds(5);
  s.faults.keep_quorum = true;
  s.faults.random = {random_crash("crash", 15), random_isolation("cut", 15)};
  const Run kept(s, idle);
  s.faults.keep_quorum = false;
  const Run free(s, idle);
  // The most nodes lost at once, by crash or cut.
  const auto worst = [](const Run& run) {
    std::map<std::uint64_t, NodeId> cut;  // by fault
    std::set<std::uint64_t> down;
    std::size_t most = 0;
    for (const Kept& k : run.seen.all) {
      const bool isolates = k.event.fault.fault_class == static_cast<std::uint8_t>(FaultClass::isolate);
      if (k.event.kind == EventKind::crash) down.insert(k.event.node.raw);
      if (k.event.kind == EventKind::restart) down.erase(k.event.node.raw);
      if (k.event.kind == EventKind::fault_begin && isolates) cut[k.event.fault.fault] = k.nodes.at(0);
      if (k.event.kind == EventKind::fault_end) cut.erase(k.event.fault.fault);
      std::set<std::uint64_t> lost = down;
      for (const auto& [fault, node] : cut) lost.insert(node.value);
      most = std::max(most, lost.size());
    }
    return most;
  };
  BOOST_TEST(worst(kept) == 2u);
  BOOST_TEST(worst(free) > 2u);
  BOOST_TEST(kept.seen.count(EventKind::fault_begin) > 50u);
}

BOOST_AUTO_TEST_CASE(the_quorum_guard_agrees_with_trying_all_subsets) {
  std::uint64_t x = 88172645463325252ULL;
  const auto coin = [&x](std::uint64_t of) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x % of == 0;
  };
  std::size_t held = 0;
  for (int round = 0; round < 2'000; ++round) {
    const std::size_t n = 1 + static_cast<std::size_t>(round % 7);
    sim::QuorumGuard guard(n);
    std::vector<bool> alive(n, true);
    std::vector<std::vector<bool>> linked(n, std::vector<bool>(n, true));
    for (std::size_t a = 0; a < n; ++a) {
      if (coin(6)) {
        alive[a] = false;
        guard.lose(NodeId{a + 1});
      }
      for (std::size_t b = 0; b < a; ++b) {
        if (!coin(4)) continue;
        linked[a][b] = linked[b][a] = false;
        guard.cut(NodeId{b + 1}, NodeId{a + 1});
      }
    }
    // Every other configuration is joint.
    Configuration of;
    for (std::size_t a = 0; a < n; ++a) {
      if (round % 2 == 0 || !coin(3)) of.voters.push_back(NodeId{a + 1});
      if (round % 2 == 1 && !coin(3)) of.voters_outgoing.push_back(NodeId{a + 1});
    }
    if (of.voters.empty()) continue;
    const auto majority = [](std::uint32_t set, const NodeSet& voters) {
      const auto in =
          std::ranges::count_if(voters, [set](NodeId v) { return (set >> (v.value - 1) & 1) != 0; });
      return voters.empty() || static_cast<std::size_t>(in) * 2 > voters.size();
    };
    bool exists = false;
    for (std::uint32_t set = 0; set < (1u << n); ++set) {
      bool fine = majority(set, of.voters) && majority(set, of.voters_outgoing);
      for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b < n; ++b)
          if ((set >> a & 1) != 0 && (set >> b & 1) != 0) fine = fine && alive[a] && linked[a][b];
      exists = exists || fine;
    }
    BOOST_TEST(guard.holds(of) == exists);
    held += exists ? 1 : 0;
  }
  BOOST_TEST((held > 200u && held < 1'800u));
}

BOOST_AUTO_TEST_CASE(drawn_words_of_one_step_fit_together) {
  sim::ClusterNow cluster;
  for (std::uint64_t n = 1; n <= 6; ++n) {
    cluster.nodes.push_back({NodeId{n}, true, n == 6 ? Role::learner : Role::follower, Term{1}, true});
    if (n <= 5) cluster.voters.push_back(NodeId{n});
  }
  sim::Decisions decisions({.seed = 5});
  std::set<NodeSet> majorities;
  for (std::uint32_t i = 0; i < 50; ++i) {
    sim::TargetDraw draw(cluster, decisions.open({sim::Purpose::fault_target, i}));
    const NodeSet minority = draw.resolve(word(history::TargetWord::minority));
    const NodeSet majority = draw.resolve(word(history::TargetWord::majority));
    const history::Target of = word(history::TargetWord::majority);
    const NodeSet rest = draw.resolve({history::NotTarget{std::make_shared<const history::Target>(of)}});
    BOOST_TEST(majority.size() == 3u);
    BOOST_TEST(minority.size() == 2u);
    NodeSet with_learner = minority;
    with_learner.push_back(NodeId{6});
    BOOST_TEST(rest == with_learner, boost::test_tools::per_element());
    const history::Target two{history::RandomTarget{2, nullptr}};
    const NodeSet pair = draw.resolve(two);
    BOOST_TEST(pair.size() == 2u);
    BOOST_TEST(pair == draw.resolve(two), boost::test_tools::per_element());
    majorities.insert(majority);
  }
  BOOST_TEST(majorities.size() > 5u);
}

BOOST_AUTO_TEST_CASE(timeout_now_asks_the_node_and_counts_if_it_obeys) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(50, sim::TimeoutNow{node(2)}));
  s.faults.script.push_back(at(60, sim::TimeoutNow{node(3)}));
  std::vector<std::uint64_t> asked;
  const auto obeys = [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* admin = std::get_if<Admin>(&input.what);
    if (admin == nullptr || admin->kind != AdminKind::timeout_now) return;
    asked.push_back(p.self.value);
    Reply reply;
    reply.client = admin->client;
    reply.id = admin->id;
    reply.kind = p.self == NodeId{2} ? ReplyKind::ok : ReplyKind::unsupported;
    out.list.push_back(reply);
  };
  const Run run(s, obeys);
  BOOST_TEST(asked == (std::vector<std::uint64_t>{2, 3}), boost::test_tools::per_element());
  BOOST_TEST(run.fault(FaultClass::timeout_now).fired == 2u);
  BOOST_TEST(run.fault(FaultClass::timeout_now).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_slow_disk_that_is_slow_no_longer_is_not_felt) {
  sim::Scenario s = quiet_scenario();
  s.disk.fsync = lasting(10);
  s.faults.script.push_back(at(50, sim::DiskFault{node(1), sim::DiskFaultKind::slow, lasting(50)}));
  const auto syncs = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1}) return;
    const std::int64_t ms = input.now.ns / 1'000'000;
    if (ms < 70) out.wake_at = Instant{(ms < 45 ? 45 : 70) * 1'000'000};
    if (std::holds_alternative<Wake>(input.what)) p.sync(out);
  };
  const Run run(s, syncs);
  std::vector<std::int64_t> done;
  for (const Kept& k : run.seen.of(EventKind::synced, 1)) done.push_back(k.event.time.ns / 1'000'000);
  // The first has 5 ms of 10 left as the disk becomes slow, and is done as it ends. The second would last
  // until 170 ms; of what is left at 100 ms it needs a tenth.
  BOOST_TEST(done == (std::vector<std::int64_t>{100, 107}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_crash_in_the_middle_of_a_sync_stays_there_as_the_disk_is_slow_no_longer) {
  sim::Scenario s = quiet_scenario();
  s.disk.fsync = lasting(10);
  s.faults.script.push_back(at(30, sim::DiskFault{node(1), sim::DiskFaultKind::slow, lasting(30)}));
  s.faults.script.push_back(at(35, sim::Crash{node(1), lasting(5), history::CrashPoint::during_sync}));
  const auto syncs = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1}) return;
    if (input.now < Instant{40'000'000}) out.wake_at = Instant{40'000'000};
    if (std::holds_alternative<Wake>(input.what)) p.sync(out);
  };
  const Run run(s, syncs);
  // Asked for at 40 ms, to be done at 140; at 60 ms 8 ms are left of it.
  const std::vector<Kept> crashes = run.seen.of(EventKind::crash, 1);
  BOOST_TEST_REQUIRE(crashes.size() == 1u);
  BOOST_TEST(crashes[0].event.time.ns == 64'000'000);
}

BOOST_AUTO_TEST_CASE(a_slow_disk_counts_once_something_was_slow) {
  sim::Scenario s = quiet_scenario();
  s.faults.script.push_back(at(50, sim::DiskFault{node(1), sim::DiskFaultKind::slow, lasting(100)}));
  s.faults.script.push_back(at(60, sim::DiskFault{node(2), sim::DiskFaultKind::slow, lasting(100)}));
  const auto writes = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{1}) return;
    out.wake_at = Instant{(input.now.ns / 10'000'000 + 1) * 10'000'000};
    if (std::holds_alternative<Wake>(input.what)) p.sync(out);
  };
  const Run run(s, writes);
  BOOST_TEST(run.fault(FaultClass::disk_slow).fired == 2u);
  BOOST_TEST(run.fault(FaultClass::disk_slow).effective == 1u);
}
