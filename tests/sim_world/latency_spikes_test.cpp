// A latency that is over: on links in order it must not hold up what is sent afterwards.
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::DropReason;
using history::EventKind;
using history::FaultClass;

namespace {

/// Every 10 ms n1 sends n2 a message of 8 bytes, nine in all, numbered: a1, a2, ...
void nine_messages(ToyProcess& p, const Input& input, Effects& out) {
  if (p.self == NodeId{1} && std::holds_alternative<Start>(input.what)) p.wake = ms(10);
  if (std::holds_alternative<Wake>(input.what)) {
    p.send(out, 2, "a" + std::to_string(input.now.ns / 10'000'000) + "......");
    p.wake = input.now < ms(90) ? std::optional(input.now + milliseconds(10)) : std::nullopt;
  }
  out.wake_at = p.wake;
}

/// (number of the message, when), of what n2 received.
using Arrival = std::pair<std::uint64_t, std::int64_t>;
std::vector<Arrival> arrivals(const Run& run) {
  std::vector<Arrival> out;
  for (const Kept& k : run.seen.of(EventKind::recv, 2))
    out.push_back({k.event.message.term.value, k.event.time.ns / 1'000'000});
  return out;
}

enum class Ended { by_itself, by_a_heal, by_the_quiet_phase };

/// From 15 to 55 ms what n1 sends n2 takes half a second; the link is in order unless `reorder`.
sim::Scenario spike(Ended ended, bool reorder = false) {
  sim::Scenario s = quiet_scenario();
  s.network.nodes.reorder = reorder;
  sim::SetLink change{{node(1)}, {node(2)}, {}, std::nullopt};
  change.link.latency = lasting(500);
  if (ended == Ended::by_itself) change.lasting = lasting(40);
  s.faults.script.push_back(at(15, change));
  if (ended == Ended::by_a_heal) s.faults.script.push_back(at(55, sim::Heal{}));
  if (ended == Ended::by_the_quiet_phase) s.faults.quiet_after = milliseconds(55);
  return s;
}

const std::vector<Arrival> in_order{{1, 11}, {2, 56}, {3, 56}, {4, 56}, {5, 56},
                                    {6, 61}, {7, 71}, {8, 81}, {9, 91}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_latency_that_is_over_holds_up_nothing_on_a_link_in_order) {
  for (const Ended ended : {Ended::by_itself, Ended::by_a_heal, Ended::by_the_quiet_phase}) {
    const Run run(spike(ended), nine_messages);
    BOOST_TEST((arrivals(run) == in_order));
  }
}

BOOST_AUTO_TEST_CASE(a_latency_that_is_over_holds_up_no_stream) {
  sim::Scenario s = spike(Ended::by_a_heal, /*reorder=*/true);
  s.network.nodes.mode = sim::LinkMode::stream;
  s.network.nodes.reconnect = lasting(0);
  const Run run(s, nine_messages);
  BOOST_TEST((arrivals(run) == in_order));
}

BOOST_AUTO_TEST_CASE(where_messages_overtake_the_slow_ones_keep_their_time) {
  const Run run(spike(Ended::by_itself, /*reorder=*/true), nine_messages);
  const std::vector<Arrival> overtaken{{1, 11},  {6, 61},  {7, 71},  {8, 81}, {9, 91},
                                       {2, 520}, {3, 530}, {4, 540}, {5, 550}};
  BOOST_TEST((arrivals(run) == overtaken));
}

BOOST_AUTO_TEST_CASE(copies_come_in_order_as_a_latency_ends_and_replays_when_they_were_to_come) {
  sim::Scenario s = spike(Ended::by_itself);
  s.network.nodes.duplicate = s.network.nodes.replay = sim::Ratio{0, true};
  s.network.nodes.replay_after = lasting(600);
  const Run run(s, nine_messages);
  std::vector<Arrival> expected;
  for (const Arrival& a : in_order) expected.insert(expected.end(), 2, a);
  for (std::uint64_t i = 1; i <= 9; ++i) expected.push_back({i, static_cast<std::int64_t>(i) * 10 + 600});
  BOOST_TEST((arrivals(run) == expected));
}

/// Though the latency was over before.
BOOST_AUTO_TEST_CASE(a_link_that_comes_into_order_waits_for_nothing_that_was_slow) {
  sim::Scenario s = spike(Ended::by_itself, /*reorder=*/true);
  sim::SetLink order{{node(1)}, {node(2)}, {}, std::nullopt};
  order.link.reorder = false;
  s.faults.script.push_back(at(65, order));
  const Run run(s, nine_messages);
  const std::vector<Arrival> expected{{1, 11}, {6, 61}, {2, 66}, {3, 66}, {4, 66},
                                      {5, 66}, {7, 71}, {8, 81}, {9, 91}};
  BOOST_TEST((arrivals(run) == expected));
}

BOOST_AUTO_TEST_CASE(copies_come_in_order_as_a_link_is_narrow_no_longer) {
  sim::Scenario s = quiet_scenario();
  s.network.nodes.reorder = false;
  s.network.nodes.duplicate = sim::Ratio{0, true};
  sim::SetLink narrow{{node(1)}, {node(2)}, {}, lasting(40)};
  narrow.link.bandwidth = 80;  // 8 bytes in 100 ms
  s.faults.script.push_back(at(15, narrow));
  const Run run(s, nine_messages);
  std::vector<Arrival> expected;
  for (const Arrival& a : in_order) expected.insert(expected.end(), 2, a);
  BOOST_TEST((arrivals(run) == expected));
}

BOOST_AUTO_TEST_CASE(a_link_that_stays_narrow_transmits_first_as_its_latency_ends) {
  sim::Scenario s = spike(Ended::by_itself);
  s.network.nodes.bandwidth = 400;  // 8 bytes in 20 ms
  const Run run(s, nine_messages);
  // As the latency ends, a2 is through, a3 is being transmitted until 70 ms, and a5 until 110.
  const std::vector<Arrival> seen = arrivals(run);
  BOOST_REQUIRE(seen.size() == 9u);
  for (std::size_t i = 1; i <= 4; ++i) BOOST_TEST((seen[i] == Arrival{i + 1, 111}));
  for (std::size_t i = 5; i < 9; ++i)
    BOOST_TEST((seen[i] == Arrival{i + 1, 131 + 20 * (static_cast<std::int64_t>(i) - 5)}));
}

BOOST_AUTO_TEST_CASE(whoever_is_told_of_a_break_by_a_slow_link_is_told_as_the_link_is_quick_again) {
  sim::Scenario s = spike(Ended::by_itself);
  s.network.nodes.mode = sim::LinkMode::stream;
  s.network.nodes.reconnect = lasting(5);
  s.network.nodes.loss = sim::ratio(1, 1000);
  std::vector<std::pair<std::string, Instant>> heard;
  const auto listen = [&heard](ToyProcess& p, const Input& input, Effects& out) {
    if (p.self == NodeId{2} && std::holds_alternative<Receive>(input.what))
      heard.push_back({text_of(std::get<Receive>(input.what).bytes).substr(0, 2), input.now});
    const auto* down = std::get_if<Disconnected>(&input.what);
    if (p.self == NodeId{2} && down != nullptr && down->peer == NodeId{1}) heard.push_back({"-1", input.now});
    const auto* up = std::get_if<Connected>(&input.what);
    if (p.self == NodeId{2} && up != nullptr && up->peer == NodeId{1}) heard.push_back({"+1", input.now});
    nine_messages(p, input, out);
  };
  // a3 is the second that is sent on the connected stream's slow link; a2 comes through.
  const sim::StreamName loss{sim::Purpose::message_loss, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  const Run run(s, listen, {.base = sim::Base::benign, .overrides = {{loss, 2, 1}}});
  const std::vector<std::pair<std::string, Instant>> expected{{"+1", ms(5)},  {"a1", ms(11)}, {"a2", ms(56)},
                                                              {"-1", ms(56)}, {"+1", ms(61)}, {"a7", ms(71)},
                                                              {"a8", ms(81)}, {"a9", ms(91)}};
  BOOST_TEST((heard == expected));
  BOOST_TEST((run.seen.of(EventKind::fault_end).back().event.time == ms(61)));
}

BOOST_AUTO_TEST_CASE(whoever_is_new_is_not_told_of_a_break_before_its_time) {
  sim::Scenario s = spike(Ended::by_itself);
  s.network.nodes.mode = sim::LinkMode::stream;
  s.network.nodes.reconnect = lasting(5);
  s.network.nodes.loss = sim::ratio(1, 1000);
  s.faults.script.push_back(at(40, sim::Crash{node(2), lasting(5)}));
  std::vector<std::pair<std::string, Instant>> heard;
  const auto listen = [&heard](ToyProcess& p, const Input& input, Effects& out) {
    const auto* down = std::get_if<Disconnected>(&input.what);
    const auto* up = std::get_if<Connected>(&input.what);
    if (p.self == NodeId{2} && std::holds_alternative<Start>(input.what))
      heard.push_back({"start", input.now});
    if (p.self == NodeId{2} && down != nullptr && down->peer == NodeId{1}) heard.push_back({"-1", input.now});
    if (p.self == NodeId{2} && up != nullptr && up->peer == NodeId{1}) heard.push_back({"+1", input.now});
    nine_messages(p, input, out);
  };
  const sim::StreamName loss{sim::Purpose::message_loss, 1, 2,
                             static_cast<std::uint32_t>(MessageType::append_entries)};
  const Run run(s, listen, {.base = sim::Base::benign, .overrides = {{loss, 2, 1}}});
  const std::vector<std::pair<std::string, Instant>> expected{
      {"start", ms(0)}, {"+1", ms(5)}, {"start", ms(45)}, {"+1", ms(60)}};
  BOOST_TEST((heard == expected));
}
