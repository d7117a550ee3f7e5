// Rough links in a world: damage, replays, full and narrow links, stalls.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "../print.hpp"
#include "sim/partition_shapes.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::DropReason;
using history::EventKind;
using history::FaultClass;

namespace {

constexpr sim::Ratio always{0, true};

/// Every 10 ms n1 sends a message of 8 bytes to n2, ten in all, numbered: a1, a2, ...
void ten_messages(ToyProcess& p, const Input& input, Effects& out) {
  if (p.self == NodeId{1} && std::holds_alternative<Start>(input.what)) p.wake = ms(10);
  if (std::holds_alternative<Wake>(input.what)) {
    p.send(out, 2, "a" + std::to_string(input.now.ns / 10'000'000) + "......");
    p.wake = input.now < ms(100) ? std::optional(input.now + milliseconds(10)) : std::nullopt;
  }
  out.wake_at = p.wake;
}

sim::Scenario with(const sim::Link& link) {
  sim::Scenario s = quiet_scenario();
  sim::Network::Override o;
  o.from.servers = node(1);
  o.to.servers = node(2);
  o.link = link;
  s.network.links.push_back(o);
  return s;
}

/// (number of the message, when), of what n2 received.
using Arrival = std::pair<std::uint64_t, std::int64_t>;
std::vector<Arrival> arrivals(const Run& run) {
  std::vector<Arrival> out;
  for (const Kept& k : run.seen.of(EventKind::recv, 2))
    out.push_back({k.event.message.term.value, k.event.time.ns / 1'000'000});
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_damaged_message_is_told_as_damaged_and_arrives_as_no_message) {
  sim::Link link;
  link.corrupt = always;
  std::vector<std::string> arrived;
  const Run run(with(link),
                [&arrived](ToyProcess& p, const Input& input, Effects& out) {
                  if (const auto* receive = std::get_if<Receive>(&input.what))
                    arrived.push_back(text_of(receive->bytes));
                  ten_messages(p, input, out);
                },
                {.base = sim::Base::benign, .overrides = [] {
                   // Benign damage is the first bit alone: 'a' becomes '`', which is no message to this
                   // system.
                   std::vector<sim::RecordedDecision> overrides;
                   for (std::uint64_t i = 0; i < 10; ++i)
                     overrides.push_back({{sim::Purpose::message_corrupt, 1, 2,
                                           static_cast<std::uint32_t>(MessageType::append_entries)},
                                          i,
                                          1});
                   return overrides;
                 }()});
  BOOST_TEST(arrived.size() == 10u);
  BOOST_TEST(arrived.front() == "`1......");
  BOOST_TEST(run.seen.count(EventKind::violation) == 0u);
  const std::vector<Kept> corrupt = run.seen.of(EventKind::corrupt);
  BOOST_TEST(corrupt.size() == 10u);
  for (const Kept& k : corrupt) {
    BOOST_TEST((k.event.node.as_node() == NodeId{1}));
    BOOST_TEST((run.seen.at(k.event.cause).event.kind == EventKind::send));
    BOOST_TEST(k.event.message.term.value > 0u);
  }
  for (const Kept& k : run.seen.of(EventKind::recv, 2)) {
    BOOST_TEST((k.event.message.type == MessageType::unknown));
    BOOST_TEST(k.event.message.term.value == 0u);
    BOOST_TEST((run.seen.at(k.event.cause).event.kind == EventKind::corrupt));
  }
  BOOST_TEST(run.fault(FaultClass::message_corrupt).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::message_corrupt).fired == 10u);
  BOOST_TEST(run.fault(FaultClass::message_corrupt).effective == 10u);
}

BOOST_AUTO_TEST_CASE(a_system_that_takes_damage_for_a_message_is_broken) {
  sim::Link link;
  link.corrupt = always;
  // This system knows its messages by the first letter: damage behind it goes unnoticed.
  const Run run(with(link), ten_messages);
  const std::vector<Kept> violations = run.seen.of(EventKind::violation);
  BOOST_REQUIRE(violations.size() == 1u);
  BOOST_TEST((violations[0].event.world.what == static_cast<std::uint64_t>(history::PropertyId::no_crash)));
  BOOST_TEST(violations[0].text.find("n2 took message") == 0u);
  BOOST_TEST((run.end.reason == sim::EndReason::system_crashed));
}

BOOST_AUTO_TEST_CASE(a_system_that_acts_on_damage_is_broken_whatever_describe_says) {
  sim::Link link;
  link.corrupt = always;
  const auto behave = [](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self == NodeId{1} && std::holds_alternative<Start>(input.what)) p.send(out, 2, "NO MESSAGE");
    if (std::holds_alternative<Receive>(input.what)) p.log.push_back({Term{1}, EntryKind::command, 7});
  };
  const Run run(with(link), behave,
                {.base = sim::Base::benign, .overrides = {{{sim::Purpose::message_corrupt, 1, 2, 0}, 0, 1}}});
  BOOST_REQUIRE(run.seen.count(EventKind::violation) == 1u);
  BOOST_TEST(run.seen.of(EventKind::violation)[0].text.find("log or commit index moved") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_answer_that_is_taken_for_one_is_told) {
  sim::Scenario s = client_scenario(1);
  sim::Network::Override o;
  o.from.servers = word(history::TargetWord::all);
  o.link.corrupt = always;
  s.network.links.push_back(o);
  const Run run(s, [](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* request = std::get_if<Request>(&input.what)) p.reply(out, *request, ReplyKind::ok, "1");
  });
  BOOST_REQUIRE(run.seen.count(EventKind::violation) == 1u);
  BOOST_TEST(run.seen.of(EventKind::violation)[0].text.find("to client 0, and taken for intact") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_replay_is_the_same_message_once_more_much_later) {
  sim::Link link;
  link.replay = always;
  link.replay_after = lasting(200);
  std::vector<std::string> arrived;
  const Run run(with(link), [&arrived](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* receive = std::get_if<Receive>(&input.what)) arrived.push_back(text_of(receive->bytes));
    ten_messages(p, input, out);
  });
  std::vector<Arrival> expected;
  for (std::uint64_t i = 1; i <= 10; ++i) expected.push_back({i, static_cast<std::int64_t>(i) * 10 + 1});
  for (std::uint64_t i = 1; i <= 10; ++i) expected.push_back({i, static_cast<std::int64_t>(i) * 10 + 200});
  BOOST_TEST((arrivals(run) == expected));
  for (std::size_t i = 0; i < 10; ++i) BOOST_TEST(arrived[i] == arrived[i + 10]);
  for (const Kept& k : run.seen.of(EventKind::dup)) BOOST_TEST(k.event.message.gated == 1u);
  BOOST_TEST(run.seen.count(EventKind::dup) == 10u);
  BOOST_TEST(run.fault(FaultClass::message_replay).effective == 10u);
}

BOOST_AUTO_TEST_CASE(a_slow_message_is_overtaken_or_on_a_fifo_link_waited_for) {
  for (const bool reorder : {true, false}) {
    sim::Scenario s = quiet_scenario();
    s.network.nodes.reorder = reorder;
    s.network.nodes.latency = sim::Distribution::uniform(milliseconds(1), milliseconds(40));
    const sim::StreamName latency{sim::Purpose::message_latency, 1, 2,
                                  static_cast<std::uint32_t>(MessageType::append_entries)};
    const Run run(s, ten_messages, {.base = sim::Base::benign, .overrides = {{latency, 2, 35'000'000}}});
    const std::vector<Arrival> overtaken{{4, 41}, {5, 51}, {6, 61}, {3, 65}};
    const std::vector<Arrival> in_order{{3, 65}, {4, 65}, {5, 65}, {6, 65}};
    std::vector<Arrival> expected{{1, 11}, {2, 21}};
    expected.insert(expected.end(), reorder ? overtaken.begin() : in_order.begin(),
                    reorder ? overtaken.end() : in_order.end());
    for (std::uint64_t i = 7; i <= 10; ++i) expected.push_back({i, static_cast<std::int64_t>(10 * i + 1)});
    BOOST_TEST((arrivals(run) == expected));
    BOOST_TEST(run.fault(FaultClass::message_reorder).configured == (reorder ? 1u : 0u));
    BOOST_TEST(run.fault(FaultClass::message_reorder).effective == (reorder ? 3u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(a_narrow_link_spaces_messages_out) {
  sim::Link link;
  link.bandwidth = 400;  // 8 bytes in 20 ms
  const Run run(with(link), ten_messages);
  std::vector<Arrival> expected;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    // a10 has nine bytes: 22.5 ms.
    const std::int64_t at = 10 + 20 * static_cast<std::int64_t>(i) + 1 + (i == 10 ? 2 : 0);
    expected.push_back({i, at});
  }
  BOOST_TEST((arrivals(run) == expected));
  // One every 10 ms, and 20 ms for each: the second waits for 10 ms and takes 20.
  int waited = 20;
  for (const Kept& k : run.seen.of(EventKind::recv)) {
    const std::string text = waited == 110 ? "112.500" : fmt::format("{}.000", waited);
    BOOST_TEST(k.text == (waited == 20 ? "" : text + "ms for the link's bandwidth"));
    waited += 10;
  }
  BOOST_TEST(run.fault(FaultClass::link_bandwidth).fired == 10u);
  BOOST_TEST(run.fault(FaultClass::link_bandwidth).effective == 9u);
}

namespace {

/// The link is narrow from 5 ms on, for `lasting` (null: until something else ends it).
sim::Scenario narrow_for_a_while(std::optional<sim::Distribution> lasting, bool reorder) {
  sim::Scenario s = quiet_scenario();
  s.network.nodes.reorder = reorder;
  sim::SetLink change;
  change.from.servers = node(1);
  change.to.servers = node(2);
  change.link.bandwidth = 8;  // a second for each of the first nine messages
  change.lasting = lasting;
  s.faults.script.push_back(at(5, change));
  return s;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_waits_at_a_narrow_place_goes_on_as_it_widens) {
  for (const bool reorder : {false, true}) {
    const Run run(narrow_for_a_while(lasting(50), reorder), ten_messages);
    std::vector<Arrival> expected;
    for (std::uint64_t i = 1; i <= 10; ++i)
      expected.push_back({i, std::max<std::int64_t>(static_cast<std::int64_t>(i) * 10, 55) + 1});
    BOOST_TEST((arrivals(run) == expected));
    // The second left at 20 ms, the third at 30; what comes after 55 finds no queue.
    std::string told;
    for (const Kept& k : run.seen.of(EventKind::recv)) told += k.text.substr(0, k.text.find(' ')) + " ";
    BOOST_TEST(told == " 35.000ms 25.000ms 15.000ms 5.000ms      ");
  }
}

BOOST_AUTO_TEST_CASE(a_link_that_widens_a_little_rescales_the_rest) {
  sim::Scenario s = narrow_for_a_while(std::nullopt, true);
  sim::SetLink wider = std::get<sim::SetLink>(s.faults.script[0].actions[0]);
  wider.link.bandwidth = 80;
  s.faults.script.push_back(at(15, wider));
  const Run run(s, ten_messages);
  // a1 had 995 of its 1000 ms left; a2 follows 100 ms later.
  BOOST_REQUIRE(arrivals(run).size() >= 2u);
  BOOST_TEST((arrivals(run)[0] == Arrival{1, 15 + 99 + 1}));
  BOOST_TEST((arrivals(run)[1] == Arrival{2, 15 + 99 + 100 + 1 - 0}));
}

BOOST_AUTO_TEST_CASE(no_narrow_place_is_felt_in_the_quiet_phase_once_it_is_gone) {
  sim::Scenario s = narrow_for_a_while(std::nullopt, false);
  s.faults.quiet_after = milliseconds(72);
  const Run run(s, ten_messages);
  BOOST_REQUIRE(arrivals(run).size() == 10u);
  for (std::uint64_t i = 1; i <= 7; ++i) BOOST_TEST((arrivals(run)[i - 1] == Arrival{i, 73}));
  BOOST_TEST((arrivals(run)[9] == Arrival{10, 101}));
}

BOOST_AUTO_TEST_CASE(what_would_come_again_in_the_quiet_phase_does_not) {
  sim::Link link;
  link.replay = always;
  link.replay_after = lasting(60);
  sim::Scenario s = with(link);
  s.faults.quiet_after = milliseconds(95);
  const Run run(s, ten_messages);
  // Those of a1 to a3 come before it.
  BOOST_TEST(run.seen.count(EventKind::dup) == 3u);
  BOOST_TEST(run.fault(FaultClass::message_replay).fired == 3u);
}

BOOST_AUTO_TEST_CASE(a_full_link_drops_the_newest_or_the_oldest) {
  sim::Link link;
  link.capacity = 2;
  link.latency = lasting(25);
  const Run newest(with(link), ten_messages);
  BOOST_TEST((arrivals(newest) ==
              std::vector<Arrival>{{1, 35}, {2, 45}, {4, 65}, {5, 75}, {7, 95}, {8, 105}, {10, 125}}));
  BOOST_TEST(newest.seen.count(EventKind::drop) == 3u);
  for (const Kept& k : newest.seen.of(EventKind::drop))
    BOOST_TEST((k.event.message.reason == DropReason::queue_full));
  BOOST_TEST(newest.fault(FaultClass::link_capacity).configured == 1u);
  BOOST_TEST(newest.fault(FaultClass::link_capacity).effective == 3u);

  link.drop_when_full = sim::DropWhenFull::oldest;
  const Run oldest(with(link), ten_messages);
  // Whoever comes third pushes the first out before it arrives.
  BOOST_TEST((arrivals(oldest) == std::vector<Arrival>{{9, 115}, {10, 125}}));
  BOOST_TEST(oldest.seen.count(EventKind::drop) == 8u);
  const Kept first = oldest.seen.of(EventKind::drop)[0];
  BOOST_TEST(first.event.message.term.value == 1u);
  BOOST_TEST((first.event.time == ms(30)));
}

BOOST_AUTO_TEST_CASE(a_link_that_stalls_delivers_nothing_and_then_all_in_one_burst) {
  sim::Link link;
  link.clog = sim::Clog{sim::ratio(1, 2), lasting(35)};
  const sim::StreamName clog{sim::Purpose::link_clog, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  const Run run(with(link), ten_messages, {.base = sim::Base::benign, .overrides = {{clog, 2, 1}}});
  // It stalls as a3 departs, at 30 ms.
  BOOST_TEST(
      (arrivals(run) ==
       std::vector<Arrival>{
           {1, 11}, {2, 21}, {3, 65}, {4, 65}, {5, 65}, {6, 65}, {7, 71}, {8, 81}, {9, 91}, {10, 101}}));
  BOOST_TEST(run.seen.count(EventKind::hold) == 4u);
  BOOST_TEST(run.seen.count(EventKind::release) == 4u);
  const std::vector<Kept> begun = run.seen.of(EventKind::fault_begin);
  BOOST_REQUIRE(begun.size() == 1u);
  BOOST_TEST((begun[0].event.time == ms(30)));
  BOOST_TEST(begun[0].text == "the link from n1 to n2 stalls");
  BOOST_TEST((run.seen.of(EventKind::fault_end)[0].event.time == ms(65)));
  BOOST_TEST(run.fault(FaultClass::link_clog).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::link_clog).fired == 1u);
  BOOST_TEST(run.fault(FaultClass::link_clog).effective == 1u);
}

BOOST_AUTO_TEST_CASE(what_arrives_as_a_stall_ends_goes_behind_the_burst) {
  sim::Link link;
  // a6 arrives at 61 ms, exactly as the stall that began at 30 ms ends.
  link.clog = sim::Clog{sim::ratio(1, 2), lasting(31)};
  const sim::StreamName clog{sim::Purpose::link_clog, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  const Run run(with(link), ten_messages, {.base = sim::Base::benign, .overrides = {{clog, 2, 1}}});
  std::vector<std::uint64_t> order;
  for (const Arrival& a : arrivals(run)) order.push_back(a.first);
  BOOST_TEST((order == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

BOOST_AUTO_TEST_CASE(a_heal_ends_a_stall) {
  sim::Link link;
  link.clog = sim::Clog{sim::ratio(1, 2), lasting(500)};
  const sim::StreamName clog{sim::Purpose::link_clog, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  sim::Scenario s = with(link);
  s.faults.script.push_back(at(45, sim::Heal{}));
  const Run run(s, ten_messages, {.base = sim::Base::benign, .overrides = {{clog, 2, 1}}});
  BOOST_TEST((arrivals(run)[2] == Arrival{3, 45}));
  BOOST_TEST((arrivals(run)[3] == Arrival{4, 45}));
  BOOST_TEST((arrivals(run)[4] == Arrival{5, 51}));
}

/// What stalls should have arrived before: it goes on now, not then.
BOOST_AUTO_TEST_CASE(what_stalled_on_a_narrow_link_goes_on_as_a_heal_ends_both) {
  sim::Link link;
  link.clog = sim::Clog{sim::ratio(1, 2), lasting(500)};
  const sim::StreamName clog{sim::Purpose::link_clog, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  sim::Scenario s = with(link);
  sim::SetLink narrow;
  narrow.from.servers = node(1);
  narrow.to.servers = node(2);
  narrow.link.bandwidth = 400;  // 8 bytes in 20 ms: a2 is due at 41 ms, a3 at 61, ...
  s.faults.script.push_back(at(15, narrow));
  s.faults.script.push_back(at(55, sim::Heal{}));
  // It stalls as a1 departs: of the two, that ends first.
  const Run run(s, ten_messages, {.base = sim::Base::benign, .overrides = {{clog, 0, 1}}});
  BOOST_TEST(
      (arrivals(run) ==
       std::vector<Arrival>{
           {1, 55}, {2, 55}, {3, 56}, {4, 56}, {5, 56}, {6, 61}, {7, 71}, {8, 81}, {9, 91}, {10, 101}}));
  BOOST_TEST(run.seen.count(EventKind::hold) == 2u);
}

BOOST_AUTO_TEST_CASE(a_stalled_link_fills_up) {
  sim::Link link;
  link.clog = sim::Clog{sim::ratio(1, 2), lasting(500)};
  link.capacity = 3;
  const sim::StreamName clog{sim::Purpose::link_clog, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  const Run run(with(link), ten_messages, {.base = sim::Base::benign, .overrides = {{clog, 2, 1}}});
  BOOST_TEST((arrivals(run) == std::vector<Arrival>{{1, 11}, {2, 21}, {3, 530}, {4, 530}, {5, 530}}));
  BOOST_TEST(run.seen.count(EventKind::drop) == 5u);
}

BOOST_AUTO_TEST_CASE(rough_is_one_direction_of_one_link) {
  sim::Link link;
  link.corrupt = link.replay = always;
  link.replay_after = lasting(200);
  const auto chatter = [](ToyProcess& p, const Input& input, Effects& out) {
    if (!std::holds_alternative<Start>(input.what)) return;
    for (std::uint64_t to = 1; to <= 3; ++to)
      if (NodeId{to} != p.self) p.send(out, to, "XXXX");
  };
  const Run run(with(link), chatter);
  BOOST_TEST(run.seen.count(EventKind::corrupt) == 1u);
  BOOST_TEST(run.seen.count(EventKind::dup) == 1u);
  BOOST_TEST(run.seen.count(EventKind::recv) == 7u);
}

BOOST_AUTO_TEST_CASE(a_direction_between_clients_and_servers_is_a_link_of_its_own) {
  sim::Scenario s = client_scenario(8);
  sim::Network::Override slow;
  slow.to.servers = node(1);
  slow.link.latency = lasting(30);
  sim::Network::Override lossy;
  lossy.from.servers = node(2);
  lossy.link.loss = always;
  s.network.links = {slow, lossy};
  const Run run(s, [](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* request = std::get_if<Request>(&input.what)) p.reply(out, *request, ReplyKind::ok, "1");
  });
  std::size_t requests = 0;
  for (const Kept& k : run.seen.of(EventKind::recv)) {
    const history::Event& sent = run.seen.at(k.event.cause).event;
    const bool to_n1 = k.event.node == history::Endpoint::node(NodeId{1});
    BOOST_TEST((k.event.time - sent.time == milliseconds(to_n1 ? 30 : 1)));
    if (to_n1) ++requests;
    BOOST_TEST((k.event.message.peer != history::Endpoint::node(NodeId{2})));
  }
  BOOST_TEST(requests > 0u);
  bool lost = false;
  for (const Kept& k : run.seen.of(EventKind::drop, 2)) lost = lost || k.event.message.peer.is_client();
  BOOST_TEST(lost);
}

BOOST_AUTO_TEST_CASE(a_run_without_rough_links_is_the_run_with_them_up_to_their_first_effect) {
  sim::Scenario plain = quiet_scenario();
  plain.network.nodes.latency = sim::Distribution::uniform(milliseconds(1), milliseconds(9));
  plain.network.nodes.loss = sim::ratio(1, 10);
  sim::Scenario rough = plain;
  rough.network.nodes.replay = sim::ratio(1, 20);
  const Run a(plain, ten_messages), b(rough, ten_messages);
  std::size_t same = 0;
  for (; same < a.seen.all.size() && same < b.seen.all.size(); ++same) {
    const history::Event &x = a.seen.all[same].event, &y = b.seen.all[same].event;
    if (x.kind != y.kind || x.time != y.time || x.node != y.node) break;
  }
  BOOST_TEST((same == a.seen.all.size() || b.seen.all[same].event.kind == EventKind::dup));
  // And all else happens at the same times.
  std::multiset<std::pair<std::int64_t, std::uint64_t>> left;
  for (const Kept& k : b.seen.of(EventKind::recv)) left.insert({k.event.time.ns, k.event.message.term.value});
  for (const Kept& k : a.seen.of(EventKind::recv)) {
    const auto found = left.find({k.event.time.ns, k.event.message.term.value});
    BOOST_REQUIRE((found != left.end()));
    left.erase(found);
  }
}

BOOST_AUTO_TEST_CASE(a_partial_partition_cuts_one_pair_which_all_others_reach) {
  sim::ShapeGround ground;
  ground.order = {NodeId{3}, NodeId{5}, NodeId{1}, NodeId{2}, NodeId{4}};
  const std::vector<sim::LinkEnds> cuts = sim::cuts_of_shape(sim::PartitionShape::partial, ground, false);
  BOOST_REQUIRE(cuts.size() == 2u);
  BOOST_TEST((cuts[0].from.as_node() == NodeId{3} && cuts[0].to.as_node() == NodeId{5}));
  BOOST_TEST((cuts[1].from.as_node() == NodeId{5} && cuts[1].to.as_node() == NodeId{3}));
  ground.order = {NodeId{1}};
  BOOST_TEST(sim::cuts_of_shape(sim::PartitionShape::partial, ground, false).empty());
}

BOOST_AUTO_TEST_CASE(a_drawn_shape_is_each_of_the_others_now_and_then) {
  sim::Scenario s = quiet_scenario();
  s.nodes = 5;
  s.limits.time = seconds(40);
  sim::RandomFault fault;
  fault.action = sim::Partition{sim::PartitionShape::drawn, false, lasting(50)};
  fault.every = lasting(100);
  s.faults.random.push_back(fault);
  const Run run(s, idle);
  // By how many directed links are cut and how many nodes are concerned: halves and majority_minority of five
  // cut 12, a bridge 8, a ring 10, a partial one 2. (With nobody leading, leader_alone cuts nothing.)
  std::set<std::string> kinds;
  std::size_t bridges = 0, partials = 0, rings = 0, splits = 0, nobody = 0;
  for (const Kept& k : run.seen.of(EventKind::fault_begin)) {
    if (k.text.find("of nobody") != std::string::npos) ++nobody;
    if (k.nodes.size() == 2u) ++partials;
    if (k.nodes.size() == 4u) ++bridges;
    if (k.nodes.size() == 5u && k.text.find("-/->") != std::string::npos) ++rings;
    if (k.nodes.size() == 5u && k.text.find("-/->") == std::string::npos) ++splits;
  }
  BOOST_TEST(run.seen.count(EventKind::fault_begin) > 350u);
  for (std::size_t count : {bridges, partials, rings, splits, nobody}) BOOST_TEST(count > 20u);
}
