// Operators: whom they ask, how often, what they say of it; servers that come into being; lost disks.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "../print.hpp"
#include "sim/operators.hpp"
#include "toy.hpp"

namespace raftsim::toy {

using history::EventKind;
using history::FaultClass;
using history::TargetWord;

namespace {

NodeSet set(std::initializer_list<std::uint64_t> ids) {
  NodeSet nodes;
  for (const std::uint64_t id : ids) nodes.push_back(NodeId{id});
  return nodes;
}

/// "add_voter n4 at n1"
std::string words(const Admin& admin, NodeId asked) {
  constexpr std::string_view kinds[] = {"add_voter", "add_learner", "remove",        "promote",
                                        "replace",   "transfer",    "take_snapshot", "timeout_now"};
  std::string text(kinds[static_cast<int>(admin.kind)]);
  for (const NodeId id : admin.nodes) text += fmt::format(" n{}", id.value);
  return text + fmt::format(" at n{}", asked.value);
}

/// A cluster that does at once what it is asked, if it is asked at its leader: the lowest of its voters.
struct Obedient {
  explicit Obedient(const sim::Scenario& s) {
    for (std::uint64_t n = 1; n <= s.nodes; ++n) now.voters.push_back(NodeId{n});
  }

  void operator()(ToyProcess& p, const Input& input, Effects& out) {
    if (p.self == now.voters.front()) p.role = Role::leader, p.term = Term{p.self.value};
    const auto* admin = std::get_if<Admin>(&input.what);
    if (admin == nullptr) return;
    asked.push_back(words(*admin, p.self));
    const NodeSet nodes(admin->nodes.begin(), admin->nodes.end());
    if (const auto after = sim::changed(now, admin->kind, nodes)) {
      now = *after;
      p.configuration = now;
      // The whole log is of configurations, and all of it is committed.
      while (p.log.size() <= changes) p.log.push_back({Term{1}, EntryKind::configuration, p.log.size()});
      changes = p.log.size();
      p.commit = Index{changes};
    }
    p.answer(out, *admin, ReplyKind::ok);
  }

  Configuration now;
  std::size_t changes = 0;
  std::vector<std::string> asked;
};

/// What the ends of a class of faults say.
std::vector<std::string> ends(const Run& run, FaultClass c) {
  std::vector<std::string> texts;
  for (const Kept& k : run.seen.of(EventKind::fault_end))
    if (k.event.fault.fault_class == static_cast<std::uint8_t>(c)) texts.push_back(k.text);
  return texts;
}

sim::AddNode add(std::uint64_t id, sim::MemberKind as = sim::MemberKind::voter) { return {NodeId{id}, as}; }

sim::Restart wiped(std::uint64_t id) { return {node(id), sim::Comeback::wiped}; }

sim::RandomFault every(std::int64_t ms, sim::Action action) {
  sim::RandomFault fault;
  fault.action = std::move(action);
  fault.every = lasting(ms);
  return fault;
}

Boot boot_of(const Kept& k) { return static_cast<Boot>(k.event.boot.boot); }

}  // namespace

BOOST_AUTO_TEST_SUITE(operations)

BOOST_AUTO_TEST_CASE(an_added_node_comes_into_being_with_an_empty_disk_and_waits_to_be_added) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, add(4)), at(60, sim::AddNode{std::nullopt, sim::MemberKind::learner})};
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  const std::vector<Kept> boots = run.seen.of(EventKind::boot, 4);
  BOOST_REQUIRE(boots.size() == 1u);
  BOOST_TEST(boots[0].event.time == ms(50));
  BOOST_TEST((boot_of(boots[0]) == Boot::join));
  BOOST_TEST((boot_of(run.seen.of(EventKind::boot, 3).at(0)) == Boot::fresh));
  // The second is the next that nobody has.
  BOOST_TEST(run.seen.of(EventKind::boot, 5).size() == 1u);
  BOOST_TEST(cluster.asked == (std::vector<std::string>{"add_voter n4 at n1", "add_learner n5 at n1"}),
             boost::test_tools::per_element());
  BOOST_TEST(ends(run, FaultClass::add_node) ==
                 (std::vector<std::string>{"step 1: done by n1", "step 2: done by n1"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.fault(FaultClass::add_node).configured == 2u);
  BOOST_TEST(run.fault(FaultClass::add_node).effective == 2u);
}

BOOST_AUTO_TEST_CASE(an_operator_has_a_learner_promoted_and_the_leader_removed) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, add(4, sim::MemberKind::learner)), at(60, sim::Promote{node(4)}),
                     at(70, sim::RemoveNode{word(TargetWord::leader)})};
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  BOOST_TEST(cluster.asked ==
                 (std::vector<std::string>{"add_learner n4 at n1", "promote n4 at n1", "remove n1 at n1"}),
             boost::test_tools::per_element());
  BOOST_TEST((cluster.now.voters == set({2, 3, 4})));
  BOOST_TEST(cluster.now.learners.empty());
  for (const FaultClass c : {FaultClass::promote, FaultClass::remove_node}) {
    BOOST_TEST(run.fault(c).fired == 1u);
    BOOST_TEST(run.fault(c).effective == 1u);
  }
  // Who is removed goes on running: nobody has switched it off.
  BOOST_TEST(run.seen.of(EventKind::crash).empty());
}

BOOST_AUTO_TEST_CASE(a_judge_knows_who_may_come) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, add(5)), at(60, add(4)), at(70, wiped(1))};
  const history::RunInfo info = sim::run_info(s, 1);
  BOOST_TEST(info.nodes.size() == 6u);
  BOOST_TEST(info.nodes_at_start() == 3u);
  BOOST_TEST(info.nodes.back().id == NodeId{6});
  BOOST_TEST(info.nodes.back().later);
}

BOOST_AUTO_TEST_CASE(who_has_not_come_is_no_target_and_no_event) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(10, sim::Crash{word(TargetWord::all), lasting(5)}),
                     at(20, sim::Crash{node(4), lasting(5)}), at(50, add(4)),
                     at(70, sim::Crash{word(TargetWord::all), lasting(5)})};
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  const std::vector<Kept> crashes = run.seen.of(EventKind::crash);
  BOOST_TEST(crashes.size() == 7u);
  BOOST_TEST(run.seen.of(EventKind::crash, 4).size() == 1u);
  for (const Kept& k : run.seen.all)
    if (k.event.node == history::Endpoint::node(NodeId{4})) BOOST_TEST(k.event.time >= ms(50));
}

BOOST_AUTO_TEST_CASE(an_operator_goes_where_a_hint_sends_it) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, sim::RemoveNode{node(1)})};
  std::vector<std::string> asked;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* admin = std::get_if<Admin>(&input.what);
    if (admin == nullptr) return;
    asked.push_back(words(*admin, p.self));
    p.self == NodeId{3} ? p.answer(out, *admin, ReplyKind::ok)
                        : p.answer(out, *admin, ReplyKind::not_leader, "3");
  });
  BOOST_TEST(asked == (std::vector<std::string>{"remove n1 at n1", "remove n1 at n3"}),
             boost::test_tools::per_element());
  BOOST_TEST(ends(run, FaultClass::remove_node).at(0) == "step 1: done by n3 at try 2");
}

BOOST_AUTO_TEST_CASE(an_operator_asks_again_where_a_server_is_busy_or_silent_or_down) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = seconds(10);
  s.options.election_timeout = milliseconds(100);
  s.faults.script = {at(50, sim::TransferLeadership{node(2)}), at(5'000, sim::Crash{node(1), std::nullopt}),
                     at(5'010, sim::TransferLeadership{node(3)})};
  std::vector<std::string> asked;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* admin = std::get_if<Admin>(&input.what);
    if (admin == nullptr) return;
    asked.push_back(words(*admin, p.self) + fmt::format(" {} ms", input.now.ns / 1'000'000));
    if (asked.size() == 1) return p.answer(out, *admin, ReplyKind::busy, "a change is going on");
    if (asked.size() == 2) return;
    p.answer(out, *admin, ReplyKind::ok);
  });
  // Busy: after an election timeout. Silence: after ten of them. n1 is down: at once another, after one.
  BOOST_TEST(asked == (std::vector<std::string>{"transfer n2 at n1 50 ms", "transfer n2 at n2 150 ms",
                                                "transfer n2 at n3 1150 ms", "transfer n3 at n2 5110 ms"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.fault(FaultClass::transfer_leadership).effective == 2u);
}

BOOST_AUTO_TEST_CASE(a_refusal_after_silence_is_no_failure_if_the_cluster_is_as_wanted) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = seconds(10);
  s.faults.script = {at(50, sim::RemoveNode{node(3)}), at(4'000, sim::RemoveNode{node(3)})};
  Obedient cluster(s);
  std::size_t asked = 0;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* admin = std::get_if<Admin>(&input.what);
    if (admin != nullptr && ++asked > 1) return p.answer(out, *admin, ReplyKind::refused, "n3 is no member");
    cluster(p, input, out);
    if (admin != nullptr) out.list.clear();
  });
  const std::vector<std::string> said = ends(run, FaultClass::remove_node);
  BOOST_REQUIRE(said.size() == 2u);
  BOOST_TEST(said[0] == "step 1: done, though nobody said so");
  BOOST_TEST(said[1] == "step 2: refused by n1: n3 is no member");
  BOOST_TEST(run.fault(FaultClass::remove_node).fired == 2u);
  BOOST_TEST(run.fault(FaultClass::remove_node).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_system_that_knows_no_operations_is_asked_once_and_the_history_says_so) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, sim::RemoveNode{nodes({2, 3})}), at(60, sim::TakeSnapshot{node(1)})};
  std::size_t asked = 0;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* admin = std::get_if<Admin>(&input.what);
    if (admin == nullptr) return;
    ++asked;
    p.answer(out, *admin, ReplyKind::unsupported);
  });
  BOOST_TEST(asked == 2u);
  BOOST_TEST(ends(run, FaultClass::remove_node).at(0) == "step 1: remove n2 unsupported by n1");
  BOOST_TEST(ends(run, FaultClass::take_snapshot).at(0) == "step 2: unsupported by n1");
  BOOST_TEST(run.fault(FaultClass::remove_node).effective == 0u);
  BOOST_TEST(run.fault(FaultClass::remove_node).unsupported == 1u);
}

BOOST_AUTO_TEST_CASE(an_operator_gives_up_at_its_deadline_and_soon_in_the_quiet_phase) {
  sim::Scenario s = quiet_scenario();
  s.limits.time = seconds(60);
  s.options.election_timeout = milliseconds(100);
  s.faults.quiet_after = seconds(40);
  s.faults.script = {at(1'000, sim::RemoveNode{node(2)}), at(39'000, sim::RemoveNode{node(2)})};
  const Run run(s, [](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* admin = std::get_if<Admin>(&input.what)) p.answer(out, *admin, ReplyKind::busy);
  });
  const std::vector<Kept> over = run.seen.of(EventKind::fault_end);
  BOOST_REQUIRE(over.size() == 2u);
  BOOST_TEST(over[0].event.time == ms(7'400));
  BOOST_TEST(over[0].text == "step 1: gave up after 64 tries, n1 was busy");
  BOOST_TEST(over[1].event.time <= ms(42'000));
}

BOOST_AUTO_TEST_CASE(a_wiped_machine_is_a_new_server_that_an_administrator_brings_in) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, wiped(2)), at(200, sim::Heal{true}), at(300, sim::Restart{node(2)})};
  Obedient cluster(s);
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* start = std::get_if<Start>(&input.what); start != nullptr && start->boot == Boot::join)
      BOOST_TEST((start->members == nullptr || start->members->voters.empty()));
    if (std::holds_alternative<Start>(input.what)) p.write(out, "precious");
    cluster(p, input, out);
  });
  const std::vector<Kept> wipes = run.seen.of(EventKind::wipe, 2);
  BOOST_REQUIRE(wipes.size() == 1u);
  BOOST_TEST(run.seen.of(EventKind::crash, 2).size() == 1u);
  BOOST_TEST(run.seen.of(EventKind::boot, 2).size() == 1u);
  BOOST_TEST((boot_of(run.seen.of(EventKind::boot, 4).at(0)) == Boot::join));
  BOOST_TEST(cluster.asked ==
                 (std::vector<std::string>{"add_learner n4 at n1", "remove n2 at n1", "promote n4 at n1"}),
             boost::test_tools::per_element());
  BOOST_TEST(cluster.now.voters == set({1, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(run.fault(FaultClass::wipe).effective == 1u);
  BOOST_TEST(run.seen.of(EventKind::fault_begin).at(0).text == "wipe n2, which comes back as n4 (step 1)");
}

BOOST_AUTO_TEST_CASE(an_amnesiac_keeps_its_id_and_loses_its_disk) {
  sim::Scenario s = quiet_scenario();
  s.faults.script = {at(50, sim::Restart{node(2), sim::Comeback::amnesiac}),
                     at(80, sim::Crash{node(2), lasting(10)})};
  std::vector<std::size_t> found;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self != NodeId{2}) return;
    if (std::holds_alternative<Start>(input.what)) p.read(out);
    const auto* done = std::get_if<DiskDone>(&input.what);
    if (done == nullptr || done->op != DiskOp{1}) return;
    found.push_back(done->bytes.size());
    p.write(out, "precious");
    p.sync(out);
  });
  // The first boot, the boot after its disk was lost, the boot after a crash.
  BOOST_TEST(found == (std::vector<std::size_t>{0, 0, 8}), boost::test_tools::per_element());
  const std::vector<Kept> boots = run.seen.of(EventKind::boot, 2);
  BOOST_REQUIRE(boots.size() == 3u);
  BOOST_TEST((boot_of(boots[1]) == Boot::join));
  BOOST_TEST((boot_of(boots[2]) == Boot::existing));
  BOOST_TEST(run.fault(FaultClass::amnesia).effective == 1u);
  BOOST_TEST(run.seen.count(EventKind::wipe) == 1u);
}

BOOST_AUTO_TEST_CASE(a_majority_is_of_the_latest_committed_configuration) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.faults.script = {at(50, sim::ReplaceNodes{set({1, 6, 7})}),
                     at(100, sim::Crash{word(TargetWord::majority), lasting(5)}),
                     at(200, sim::Crash{word(TargetWord::minority), lasting(5)})};
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  const std::vector<Kept> begun = run.seen.of(EventKind::fault_begin);
  BOOST_REQUIRE(begun.size() == 3u);
  BOOST_TEST(begun[1].nodes.size() == 2u);
  BOOST_TEST(begun[2].nodes.size() == 1u);
  for (std::size_t i : {1u, 2u})
    for (const NodeId id : begun[i].nodes) BOOST_TEST(contains(set({1, 6, 7}), id));
}

BOOST_AUTO_TEST_CASE(with_keep_quorum_the_present_voters_keep_theirs) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.limits.time = seconds(5);
  s.faults.keep_quorum = true;
  s.faults.script = {at(10, sim::RemoveNode{nodes({3, 4, 5})})};
  s.faults.random = {every(40, sim::Crash{word(TargetWord::any), lasting(30)})};
  s.faults.random[0].from = milliseconds(100);
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  // Two voters are left: neither may go, whoever was removed may.
  BOOST_TEST(run.seen.of(EventKind::crash, 1).empty());
  BOOST_TEST(run.seen.of(EventKind::crash, 2).empty());
  BOOST_TEST(run.seen.count(EventKind::crash) > 20u);
}

BOOST_AUTO_TEST_CASE(random_changes_of_members_stay_within_their_bounds) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 4;
  s.limits.time = seconds(20);
  s.faults.min_voters = 3;
  s.faults.max_voters = 5;
  s.faults.random = {every(50, sim::RandomMembership{})};
  Obedient cluster(s);
  std::set<std::size_t> sizes;
  std::set<std::string> kinds;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    cluster(p, input, out);
    sizes.insert(cluster.now.voters.size());
    if (!cluster.asked.empty()) kinds.insert(cluster.asked.back().substr(0, cluster.asked.back().find(' ')));
  });
  BOOST_TEST(sizes == (std::set<std::size_t>{3, 4, 5}), boost::test_tools::per_element());
  BOOST_TEST(kinds == (std::set<std::string>{"add_learner", "add_voter", "promote", "remove", "replace"}),
             boost::test_tools::per_element());
  for (const FaultClass c :
       {FaultClass::add_node, FaultClass::remove_node, FaultClass::promote, FaultClass::replace_nodes})
    BOOST_TEST(run.fault(c).effective > 0u);
}

BOOST_AUTO_TEST_CASE(one_voter_at_a_time_where_membership_has_that_form) {
  sim::Scenario s = quiet_scenario();
  s.options.membership = MembershipForm::single_server;
  s.limits.time = seconds(10);
  s.faults.min_voters = 2;
  s.faults.max_voters = 4;
  s.faults.random = {
      every(50, sim::RandomMembership{{sim::MembershipChange::add_voter, sim::MembershipChange::remove,
                                       sim::MembershipChange::replace}})};
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  BOOST_TEST(cluster.asked.size() > 50u);
  for (const std::string& asked : cluster.asked)
    BOOST_TEST((asked.starts_with("add_voter") || asked.starts_with("remove")));
}

BOOST_AUTO_TEST_CASE(without_an_operation_the_other_faults_draw_the_same) {
  sim::Scenario with = quiet_scenario();
  with.limits.time = seconds(5);
  with.faults.min_voters = 3;
  with.faults.max_voters = 3;
  with.faults.random = {every(70, sim::TransferLeadership{word(TargetWord::any)}),
                        every(70, sim::Crash{word(TargetWord::any), lasting(5)}),
                        every(90, sim::RandomMembership{{sim::MembershipChange::promote}})};
  sim::Scenario without = with;
  without.faults.random.erase(without.faults.random.begin());
  const auto crashes = [](const Run& run) {
    std::vector<std::string> out;
    for (const Kept& k : run.seen.of(EventKind::crash))
      out.push_back(fmt::format("n{} {}", k.event.node.raw, k.event.time.ns));
    return out;
  };
  const auto obey = [](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* admin = std::get_if<Admin>(&input.what)) p.answer(out, *admin, ReplyKind::ok);
  };
  const Run a(with, obey), b(without, obey);
  BOOST_TEST(crashes(a).size() > 30u);
  BOOST_TEST(crashes(a) == crashes(b), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_quiet_phase_restarts_members_only) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.faults.quiet_after = milliseconds(500);
  s.faults.script = {at(10, sim::RemoveNode{node(5)}), at(100, sim::Crash{nodes({4, 5}), std::nullopt})};
  Obedient cluster(s);
  const Run run(s, std::ref(cluster));
  BOOST_TEST(run.seen.of(EventKind::restart, 4).size() == 1u);
  BOOST_TEST(run.seen.of(EventKind::restart, 5).empty());
}

BOOST_AUTO_TEST_CASE(clients_ask_whoever_is_a_member_now) {
  sim::Scenario s = client_scenario(3);
  s.faults.script = {at(100, sim::ReplaceNodes{set({4, 5})})};
  Obedient cluster(s);
  std::set<std::uint64_t> before, after;
  const Run run(s, [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* request = std::get_if<Request>(&input.what);
    if (request == nullptr) return cluster(p, input, out);
    (input.now < ms(100) ? before : after).insert(input.now < ms(400) ? 0 : p.self.value);
    p.reply(out, *request, ReplyKind::not_leader, "");
  });
  BOOST_TEST(after == (std::set<std::uint64_t>{0, 4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_read_that_any_server_serves_is_asked_of_any) {
  sim::Scenario s = client_scenario(2);
  s.workload.mix = {1, 0, 0, 0, 0};
  const auto servers = [](const sim::Scenario& scenario) {
    std::set<std::uint64_t> asked;
    const Run run(scenario, [&asked](ToyProcess& p, const Input& input, Effects& out) {
      const auto* request = std::get_if<Request>(&input.what);
      if (request == nullptr) return;
      asked.insert(p.self.value);
      p.reply(out, *request, ReplyKind::ok, "v");
    });
    return asked;
  };
  s.workload.reads = {0, 0, 1, 0, 0};
  const std::size_t by_lease = servers(s).size();
  s.workload.reads = {0, 0, 0, 1, 0};
  BOOST_TEST(by_lease <= 2u);
  BOOST_TEST(servers(s) == (std::set<std::uint64_t>{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::toy
