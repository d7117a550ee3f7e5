// Partitions, isolation, message rules, pauses, links: what gets through and what does not.
#include <boost/test/unit_test.hpp>
#include <set>

#include "../print.hpp"
#include "sim/message_rules.hpp"
#include "sim/partition_shapes.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::DropReason;
using history::EventKind;
using history::FaultClass;

namespace {

/// Every 10 ms each node sends to each other one, its type by turns: v, then a.
void chatter(ToyProcess& p, const Input& input, Effects& out) {
  const std::int64_t turn = (input.now.ns + 9'999'999) / 10'000'000;
  if (std::holds_alternative<Wake>(input.what))
    for (std::uint64_t to = 1; to <= 5; ++to)
      if (NodeId{to} != p.self) p.send(out, to, turn % 2 == 0 ? "v1" : "a1");
  out.wake_at = Instant{(input.now.ns / 10'000'000 + 1) * 10'000'000};
}

sim::Scenario five() {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.limits.time = milliseconds(300);
  return s;
}

using Pair = std::pair<std::uint64_t, std::uint64_t>;

/// (from, to) of the messages dropped for this reason, sent in [from, to) ms.
std::set<Pair> dropped(const Run& run, DropReason reason, std::int64_t from, std::int64_t to) {
  std::set<Pair> out;
  for (const Kept& k : run.seen.of(EventKind::drop)) {
    const bool within = k.event.time >= ms(from) && k.event.time < ms(to);
    if (within && k.event.message.reason == reason)
      out.insert({k.event.node.as_node().value, k.event.message.peer.as_node().value});
  }
  return out;
}

std::set<Pair> received(const Run& run, std::int64_t from, std::int64_t to) {
  std::set<Pair> out;
  for (const Kept& k : run.seen.of(EventKind::recv))
    if (k.event.time >= ms(from) && k.event.time < ms(to))
      out.insert({k.event.message.peer.as_node().value, k.event.node.as_node().value});
  return out;
}

std::set<Pair> all_pairs() {
  std::set<Pair> out;
  for (std::uint64_t a = 1; a <= 5; ++a)
    for (std::uint64_t b = 1; b <= 5; ++b)
      if (a != b) out.insert({a, b});
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_partition_drops_exactly_what_crosses_it_while_it_lasts) {
  sim::Scenario s = five();
  const std::vector<history::Target> groups{nodes({1, 2}), nodes({3, 4})};
  s.faults.script.push_back(at(55, sim::Partition{groups, false, lasting(100)}));
  const Run run(s, chatter);
  std::set<Pair> crossing;
  for (const auto& [a, b] : all_pairs())
    if (a <= 4 && b <= 4 && (a <= 2) != (b <= 2)) crossing.insert({a, b});
  BOOST_TEST((dropped(run, DropReason::partition, 56, 155) == crossing));
  std::set<Pair> through = all_pairs();
  for (const Pair& p : crossing) through.erase(p);
  // n5 is in no group: it reaches all.
  BOOST_TEST((received(run, 60, 155) == through));
  BOOST_TEST((received(run, 160, 300) == all_pairs()));
  BOOST_TEST(dropped(run, DropReason::partition, 0, 55).empty());
  BOOST_TEST(dropped(run, DropReason::partition, 160, 300).empty());
  BOOST_TEST(run.fault(FaultClass::partition).effective == 1u);
  // Each drop says which partition it was.
  for (const Kept& k : run.seen.of(EventKind::drop)) {
    BOOST_REQUIRE(k.causes.size() == 1u);
    BOOST_TEST((run.seen.at(k.causes[0]).event.kind == EventKind::fault_begin));
    BOOST_TEST(run.seen.at(k.causes[0]).text.find("partition n1 n2 | n3 n4") == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_one_way_partition_lets_the_other_way_through) {
  sim::Scenario s = five();
  const std::vector<history::Target> groups{nodes({1}), nodes({2, 3, 4, 5})};
  s.faults.script.push_back(at(55, sim::Partition{groups, true, std::nullopt}));
  const Run run(s, chatter);
  BOOST_TEST((dropped(run, DropReason::partition, 0, 300) == std::set<Pair>{{1, 2}, {1, 3}, {1, 4}, {1, 5}}));
  BOOST_TEST(received(run, 60, 300).size() == 16u);
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_when_a_cut_begins_is_lost_if_it_would_arrive_into_it) {
  sim::Scenario s = five();
  s.faults.script.push_back(at(12, sim::Isolate{node(1), sim::Direction::both, false, lasting(50)}));
  s.network.nodes.latency = lasting(5);
  const Run run(s, chatter);
  // Sent at 10 ms, before the cut; to arrive at 15 ms, in it.
  BOOST_TEST(received(run, 0, 16).size() == 12u);
  BOOST_TEST(dropped(run, DropReason::partition, 15, 16).size() == 8u);
}

BOOST_AUTO_TEST_CASE(an_isolation_in_one_direction_cuts_that_one_only) {
  sim::Scenario s = five();
  s.faults.script.push_back(at(55, sim::Isolate{node(2), sim::Direction::in, false, std::nullopt}));
  const Run run(s, chatter);
  BOOST_TEST((dropped(run, DropReason::partition, 0, 300) == std::set<Pair>{{1, 2}, {3, 2}, {4, 2}, {5, 2}}));
  BOOST_TEST(run.fault(FaultClass::isolate).effective == 1u);
}

BOOST_AUTO_TEST_CASE(overlapping_cuts_heal_one_by_one) {
  sim::Scenario s = five();
  s.faults.script.push_back(at(15, sim::Isolate{node(1), sim::Direction::both, false, lasting(50)}));
  s.faults.script.push_back(at(25, sim::Isolate{node(1), sim::Direction::both, false, lasting(100)}));
  const Run run(s, chatter);
  for (const Pair& p : received(run, 66, 124)) BOOST_TEST((p.first != 1u && p.second != 1u));
  BOOST_TEST((received(run, 130, 300) == all_pairs()));
}

BOOST_AUTO_TEST_CASE(a_rule_drops_its_type_from_its_sender_up_to_its_count) {
  sim::Scenario s = five();
  sim::Messages rule;
  rule.types = {MessageType::append_entries};
  rule.from = node(3);
  rule.count = 6;
  s.faults.script.push_back(at(5, rule));
  const Run run(s, chatter);
  std::size_t count = 0;
  for (const Kept& k : run.seen.of(EventKind::drop)) {
    BOOST_TEST(static_cast<int>(k.event.message.reason) == static_cast<int>(DropReason::rule));
    BOOST_TEST(static_cast<int>(k.event.message.type) == static_cast<int>(MessageType::append_entries));
    BOOST_TEST(k.event.node.as_node() == NodeId{3});
    ++count;
  }
  BOOST_TEST(count == 6u);
  // Used up, it ends.
  BOOST_TEST(run.seen.count(EventKind::fault_end) == 1u);
  BOOST_TEST(run.fault(FaultClass::message_rule).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_held_message_waits_for_its_release_and_then_takes_its_latency) {
  sim::Scenario s = five();
  sim::Messages hold;
  hold.action = sim::MessageDo::hold;
  hold.to = node(4);
  sim::Messages release;
  release.action = sim::MessageDo::release;
  release.count = 3;
  s.faults.script.push_back(at(5, hold));
  s.faults.script.push_back(at(100, release));
  const Run run(s, chatter);
  const auto released = run.seen.of(EventKind::release);
  BOOST_REQUIRE(released.size() == 3u);
  const auto held = run.seen.of(EventKind::hold);
  std::size_t arrived = 0;
  for (const Kept& k : run.seen.of(EventKind::recv, 4)) {
    BOOST_TEST(k.event.time == ms(101));
    BOOST_TEST(k.event.message.message == held[arrived].event.message.message);
    BOOST_TEST(k.event.cause == released[arrived].event.id);
    ++arrived;
  }
  BOOST_TEST(arrived == 3u);
}

BOOST_AUTO_TEST_CASE(heal_releases_what_is_held_and_ends_cuts_and_pauses) {
  sim::Scenario s = five();
  sim::Messages hold;
  hold.action = sim::MessageDo::hold;
  hold.to = node(4);
  s.faults.script.push_back(at(5, hold));
  s.faults.script.push_back(at(6, sim::Isolate{node(1), sim::Direction::both, false, std::nullopt}));
  s.faults.script.push_back(at(7, sim::Pause{node(2), std::nullopt}));
  s.faults.script.push_back(at(105, sim::Heal{}));
  const Run run(s, chatter);
  BOOST_TEST(run.seen.count(EventKind::release) == run.seen.count(EventKind::hold));
  BOOST_TEST((received(run, 111, 300) == all_pairs()));
  BOOST_TEST(run.seen.of(EventKind::resume, 2).at(0).event.time == ms(105));
  BOOST_TEST(run.seen.count(EventKind::fault_end) == 4u);
  BOOST_TEST(run.fault(FaultClass::heal).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_rule_duplicates_and_the_copy_has_a_number_of_its_own) {
  sim::Scenario s = five();
  sim::Messages rule;
  rule.action = sim::MessageDo::duplicate;
  rule.from = node(1);
  rule.to = node(2);
  rule.count = 1;
  s.faults.script.push_back(at(5, rule));
  const Run run(s, chatter);
  const auto copies = run.seen.of(EventKind::dup);
  BOOST_REQUIRE(copies.size() == 1u);
  BOOST_TEST(copies[0].event.message.match != copies[0].event.message.message.value);
  std::size_t arrivals = 0;
  for (const Kept& k : run.seen.of(EventKind::recv, 2)) {
    const std::uint64_t m = k.event.message.message.value;
    if (m == copies[0].event.message.match || m == copies[0].event.message.message.value) ++arrivals;
  }
  BOOST_TEST(arrivals == 2u);
}

BOOST_AUTO_TEST_CASE(deliver_now_takes_messages_out_of_their_flight) {
  sim::Scenario s = five();
  s.network.nodes.latency = lasting(40);
  sim::Messages now;
  now.action = sim::MessageDo::deliver_now;
  now.to = node(5);
  s.faults.script.push_back(at(15, now));
  const Run run(s, chatter);
  const auto arrived = run.seen.of(EventKind::recv, 5);
  BOOST_TEST(arrived.at(3).event.time == ms(15));
  BOOST_TEST(arrived.at(4).event.time == ms(60));
  // None arrives twice.
  std::set<std::uint64_t> numbers;
  for (const Kept& k : run.seen.of(EventKind::recv)) numbers.insert(k.event.message.message.value);
  BOOST_TEST(numbers.size() == run.seen.count(EventKind::recv));
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_paused_node_is_handled_in_order_when_it_resumes) {
  sim::Scenario s = five();
  s.faults.script.push_back(at(15, sim::Pause{node(3), lasting(100)}));
  const Run run(s, chatter);
  std::vector<std::uint64_t> sent;
  for (const Kept& k : run.seen.of(EventKind::send))
    if (k.event.message.peer == history::Endpoint::node(NodeId{3}))
      sent.push_back(k.event.message.message.value);
  std::vector<std::uint64_t> handled;
  for (const Kept& k : run.seen.of(EventKind::recv, 3)) {
    BOOST_TEST((k.event.time <= ms(15) || k.event.time >= ms(115)));
    handled.push_back(k.event.message.message.value);
  }
  // One latency for all: they arrive, and are handled, as sent.
  sent.resize(handled.size());
  BOOST_TEST(handled == sent, boost::test_tools::per_element());
  // Its timer came due meanwhile, in between: it fires once, at the resumption.
  std::size_t fired = 0;
  for (const Kept& k : run.seen.of(EventKind::timer_fire, 3)) {
    BOOST_TEST((k.event.time <= ms(15) || k.event.time >= ms(115)));
    if (k.event.time == ms(115)) ++fired;
  }
  BOOST_TEST(fired == 1u);
  // Each is a step of its own.
  std::set<std::uint32_t> steps;
  std::size_t at_resume = 0;
  for (const Kept& k : run.seen.of(EventKind::recv, 3))
    if (k.event.time == ms(115)) {
      steps.insert(k.event.step);
      ++at_resume;
    }
  BOOST_TEST(at_resume > 10u);
  BOOST_TEST(steps.size() == at_resume);
}

BOOST_AUTO_TEST_CASE(a_paused_node_that_crashes_comes_up_unpaused_and_its_pause_is_over) {
  sim::Scenario s = five();
  s.faults.script.push_back(at(15, sim::Pause{node(3), lasting(200)}));
  s.faults.script.push_back(at(50, sim::Crash{node(3), lasting(50)}));
  const Run run(s, chatter);
  BOOST_TEST(run.seen.count(EventKind::resume) == 0u);
  BOOST_TEST(!run.seen.of(EventKind::timer_fire, 3).empty());
  const auto ends = run.seen.of(EventKind::fault_end);
  BOOST_REQUIRE(ends.size() == 2u);
  BOOST_TEST(ends[0].event.time == ms(50));
  BOOST_TEST(run.seen.of(EventKind::timer_fire, 3).back().event.time > ms(150));
}

BOOST_AUTO_TEST_CASE(a_changed_link_is_slow_until_its_time_is_over) {
  sim::Scenario s = five();
  sim::SetLink change{{node(1)}, {node(2)}, {}, lasting(100)};
  change.link.latency = lasting(7);
  s.faults.script.push_back(at(15, change));
  const Run run(s, chatter);
  for (const Kept& k : run.seen.of(EventKind::recv, 2)) {
    const bool slow_link = k.event.message.peer == history::Endpoint::node(NodeId{1});
    const Duration took = k.event.time - run.seen.at(k.event.cause).event.time;
    const Instant sent = run.seen.at(k.event.cause).event.time;
    const bool changed = slow_link && sent >= ms(15) && sent < ms(115);
    BOOST_TEST(took == (changed ? milliseconds(7) : milliseconds(1)));
  }
  BOOST_TEST(run.fault(FaultClass::set_link).effective == 1u);
}

BOOST_AUTO_TEST_CASE(the_shapes_cut_what_their_names_say) {
  sim::ShapeGround ground;
  for (std::uint64_t n = 1; n <= 5; ++n) ground.order.push_back(NodeId{n});
  ground.voter_order = ground.voters = ground.order;
  ground.leader = NodeId{3};
  ground.sides = {0, 1, 0, 1, 1};
  const auto pairs = [&](sim::PartitionShape shape) {
    std::set<Pair> out;
    for (const sim::LinkEnds& l : sim::cuts_of_shape(shape, ground, false))
      out.insert({l.from.as_node().value, l.to.as_node().value});
    return out;
  };
  const auto between = [](std::set<std::uint64_t> a) {
    std::set<Pair> out;
    for (const auto& [x, y] : all_pairs())
      if (a.contains(x) != a.contains(y)) out.insert({x, y});
    return out;
  };
  using enum sim::PartitionShape;
  BOOST_TEST((pairs(halves) == between({1, 2})));
  BOOST_TEST((pairs(majority_minority) == between({1, 2, 3})));
  BOOST_TEST((pairs(leader_alone) == between({3})));
  BOOST_TEST((pairs(random) == between({1, 3})));
  // n3 is the bridge.
  BOOST_TEST(
      (pairs(bridge) == std::set<Pair>{{1, 4}, {1, 5}, {2, 4}, {2, 5}, {4, 1}, {5, 1}, {4, 2}, {5, 2}}));
  // On the ring each node keeps its two neighbours: it and they are a majority, and no two are the same.
  const std::set<Pair> ring = pairs(majorities_ring);
  std::set<std::set<std::uint64_t>> majorities;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    std::set<std::uint64_t> seen{n};
    for (std::uint64_t m = 1; m <= 5; ++m)
      if (m != n && !ring.contains({n, m})) seen.insert(m);
    BOOST_TEST(seen.size() == 3u);
    majorities.insert(seen);
  }
  BOOST_TEST(majorities.size() == 5u);
}

BOOST_AUTO_TEST_CASE(on_a_ring_of_majorities_whoever_has_no_vote_stands_beside_one_who_has) {
  // n2, n4, n5, n7 and n9 vote; the others are learners, or were removed.
  sim::ShapeGround ground;
  for (std::uint64_t n : {3u, 9u, 1u, 2u, 7u, 6u, 4u, 5u, 8u}) ground.order.push_back(NodeId{n});
  for (std::uint64_t n : {2u, 4u, 5u, 7u, 9u}) ground.voters.push_back(NodeId{n});
  std::set<Pair> cut;
  for (const sim::LinkEnds& l : sim::cuts_of_shape(sim::PartitionShape::majorities_ring, ground, false))
    cut.insert({l.from.as_node().value, l.to.as_node().value});
  const auto voters_seen_by = [&](std::uint64_t n) {
    NodeSet seen;
    for (NodeId v : ground.voters)
      if (!cut.contains({n, v.value}) && !cut.contains({v.value, n})) seen.push_back(v);
    return seen;
  };
  std::set<NodeSet> majorities;
  for (NodeId v : ground.voters) majorities.insert(voters_seen_by(v.value));
  BOOST_TEST(majorities.size() == 5u);
  for (const NodeSet& majority : majorities) BOOST_TEST(majority.size() == 3u);
  for (std::uint64_t n : {1u, 3u, 6u, 8u}) BOOST_TEST(majorities.contains(voters_seen_by(n)));
}

BOOST_AUTO_TEST_CASE(a_ring_leaves_each_a_majority_though_a_voter_never_comes_back) {
  // n4 is a voter still, and no server any more: of four, three must see each other.
  sim::ShapeGround ground;
  ground.order = {NodeId{1}, NodeId{2}, NodeId{3}};
  ground.voters = {NodeId{1}, NodeId{2}, NodeId{3}, NodeId{4}};
  BOOST_TEST(sim::cuts_of_shape(sim::PartitionShape::majorities_ring, ground, false).empty());
  ground.voters = ground.order;
  BOOST_TEST(sim::cuts_of_shape(sim::PartitionShape::majorities_ring, ground, false).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_ring_is_laid_over_the_voters_that_the_cluster_has_when_it_fires) {
  sim::Scenario s = five();
  s.nodes = 3;
  s.learners = 2;
  s.faults.script.push_back(
      at(55, sim::Partition{sim::PartitionShape::majorities_ring, false, std::nullopt}));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Run run(s, chatter, {.seed = seed});
    const std::set<Pair> cut = dropped(run, DropReason::partition, 60, 300);
    int between_voters = 0;
    for (const auto& [a, b] : cut) between_voters += a <= 3 && b <= 3 ? 1 : 0;
    BOOST_TEST(between_voters == 2);
  }
}

BOOST_AUTO_TEST_CASE(one_way_of_three_groups_is_the_way_of_the_first) {
  sim::Scenario s = five();
  const std::vector<history::Target> groups{nodes({1}), nodes({2, 3}), nodes({4})};
  s.faults.script.push_back(at(55, sim::Partition{groups, true, std::nullopt}));
  const Run run(s, chatter);
  BOOST_TEST((dropped(run, DropReason::partition, 0, 300) == std::set<Pair>{{1, 2}, {1, 3}, {1, 4}}));
}

BOOST_AUTO_TEST_CASE(a_rule_means_servers_of_whatever_number) {
  sim::MessageRules rules;
  sim::MessageRule rule;
  rule.filter.from = NodeSet{NodeId{63}, NodeId{128}, NodeId{190}};
  rules.add(rule);
  sim::Message message;
  message.to = history::Endpoint::node(NodeId{1000});
  for (std::uint64_t from : {63u, 128u, 190u}) {
    message.from = history::Endpoint::node(NodeId{from});
    BOOST_TEST(rules.touch(message).has_value());
  }
  message.from = history::Endpoint::node(NodeId{127});
  BOOST_TEST(!rules.touch(message).has_value());
}
