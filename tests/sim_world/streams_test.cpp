// Links in stream mode: in order and without loss until they break, and then both ends are told.
#include <boost/test/unit_test.hpp>
#include <map>

#include "../print.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::DropReason;
using history::EventKind;
using history::FaultClass;

namespace {

constexpr MessageType append = MessageType::append_entries;

/// What a server's links told it, and what it received, in order.
struct Heard {
  std::int64_t ms = 0;
  std::string what;  ///< "+2", "-2", or a message's text
  friend bool operator==(const Heard&, const Heard&) = default;
};
using Ears = std::map<std::uint64_t, std::vector<Heard>>;

/// n1 and n2 send each other a numbered message every 10 ms, from 20 ms to 20 ms + count * 10 ms.
ToySystem::Behave talk(Ears& ears, int count) {
  return [&ears, count](ToyProcess& p, const Input& input, Effects& out) {
    const std::int64_t now = input.now.ns / 1'000'000;
    std::vector<Heard>& heard = ears[p.self.value];
    if (const auto* up = std::get_if<Connected>(&input.what))
      heard.push_back({now, "+" + std::to_string(up->peer.value)});
    if (const auto* down = std::get_if<Disconnected>(&input.what))
      heard.push_back({now, "-" + std::to_string(down->peer.value)});
    if (const auto* receive = std::get_if<Receive>(&input.what))
      heard.push_back({now, text_of(receive->bytes)});
    const bool talks = p.self.value <= 2;
    if (talks && std::holds_alternative<Start>(input.what))
      p.wake = std::max(ms(20), Instant{(input.now.ns / 10'000'000 + 1) * 10'000'000});
    if (std::holds_alternative<Wake>(input.what)) {
      p.send(out, 3 - p.self.value, "a" + std::to_string(now / 10));
      p.wake = now / 10 < 1 + count ? std::optional(input.now + milliseconds(10)) : std::nullopt;
    }
    out.wake_at = p.wake;
  };
}

sim::Scenario streams() {
  sim::Scenario s = quiet_scenario();
  s.nodes = 2;
  s.network.nodes.mode = sim::LinkMode::stream;
  s.network.nodes.latency = lasting(25);
  s.network.nodes.reconnect = lasting(5);
  return s;
}

/// From n1 to n2 the stream breaks at message `i` (from 0), and of those under way back it takes `suffix`.
sim::DecisionSource breaks_at(std::uint64_t i, std::uint64_t suffix) {
  return {.base = sim::Base::benign,
          .overrides = {{{sim::Purpose::message_loss, 1, 2, static_cast<std::uint32_t>(append)}, i, 1},
                        {{sim::Purpose::stream_suffix, 2, 1}, 0, suffix}}};
}

std::vector<Heard> messages(std::int64_t first_ms, int first, int count) {
  std::vector<Heard> out;
  for (int i = 0; i < count; ++i) out.push_back({first_ms + 10 * i, "a" + std::to_string(first + i)});
  return out;
}

std::vector<Heard> operator+(std::vector<Heard> a, const std::vector<Heard>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_servers_that_are_up_are_connected_and_told_before_anything_arrives) {
  Ears ears;
  const Run run(streams(), talk(ears, 3));
  BOOST_TEST((ears[1] == std::vector<Heard>{{5, "+2"}} + messages(45, 2, 3)));
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}} + messages(45, 2, 3)));
  BOOST_TEST(run.fault(FaultClass::stream_break).configured == 1u);
  BOOST_TEST(run.fault(FaultClass::stream_break).fired == 0u);
}

BOOST_AUTO_TEST_CASE(a_stream_neither_loses_nor_doubles_nor_reorders_nor_damages) {
  sim::Scenario s = streams();
  s.network.nodes.latency = sim::Distribution::uniform(milliseconds(1), milliseconds(60));
  s.network.nodes.duplicate = s.network.nodes.corrupt = s.network.nodes.replay = sim::ratio(1, 2);
  Ears ears;
  const Run run(s, talk(ears, 50));
  for (std::uint64_t who : {1u, 2u}) {
    BOOST_REQUIRE(ears[who].size() == 51u);
    for (std::size_t i = 1; i < ears[who].size(); ++i)
      BOOST_TEST(ears[who][i].what == "a" + std::to_string(i + 1));
  }
  for (FaultClass c : {FaultClass::message_duplicate, FaultClass::message_corrupt, FaultClass::message_replay,
                       FaultClass::message_reorder, FaultClass::message_loss}) {
    BOOST_TEST(run.fault(c).configured == 0u);
    BOOST_TEST(run.fault(c).fired == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_break_loses_the_message_and_all_behind_it_until_both_know_and_are_connected_again) {
  sim::Scenario s = streams();
  s.network.nodes.loss = sim::ratio(1, 1000);
  Ears ears;
  // a5, the fourth, at 50 ms. On the way back a3 and a4 are in flight, and a5 leaves in the same instant.
  const Run run(s, talk(ears, 12), breaks_at(3, 1));
  // n2: what was sent before the break arrives, then it is told. Both know at 75 ms and are connected at 80.
  const std::vector<Heard> told{{75, "-1"}, {80, "+1"}};
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}} + messages(45, 2, 3) + told + messages(105, 8, 6)));
  // n1: a4 was the last in flight, and went with the break.
  const std::vector<Heard> told_too{{75, "-2"}, {80, "+2"}};
  BOOST_TEST(
      (ears[1] == std::vector<Heard>{{5, "+2"}} + messages(45, 2, 2) + told_too + messages(105, 8, 6)));
  std::map<DropReason, int> drops;
  for (const Kept& k : run.seen.of(EventKind::drop)) ++drops[k.event.message.reason];
  BOOST_TEST(drops[DropReason::loss] == 1);
  // a4 to a7 of n2; a6 and a7 of n1.
  BOOST_TEST(drops[DropReason::disconnected] == 6);
  BOOST_TEST(run.fault(FaultClass::stream_break).fired == 1u);
  BOOST_TEST(run.fault(FaultClass::stream_break).effective == 1u);
  BOOST_TEST((run.seen.of(EventKind::fault_begin)[0].event.time == ms(50)));
  BOOST_TEST(run.seen.of(EventKind::fault_begin)[0].text ==
             "the stream between n1 and n2 breaks: a message was lost");
  BOOST_TEST((run.seen.of(EventKind::fault_end)[0].event.time == ms(80)));
}

BOOST_AUTO_TEST_CASE(without_a_suffix_all_that_was_under_way_the_other_way_arrives_before_the_news) {
  sim::Scenario s = streams();
  s.network.nodes.loss = sim::ratio(1, 1000);
  s.network.nodes.latency = sim::Distribution::uniform(milliseconds(25), milliseconds(80));
  Ears ears;
  sim::DecisionSource source = breaks_at(3, 0);
  // a4 of n2 takes 70 ms: it arrives at 110.
  source.overrides.push_back(
      {{sim::Purpose::message_latency, 2, 1, static_cast<std::uint32_t>(append)}, 2, 70'000'000});
  const Run run(s, talk(ears, 5), source);
  const std::vector<Heard> late{{110, "a4"}, {110, "-2"}, {115, "+2"}};
  BOOST_TEST((ears[1] == std::vector<Heard>{{5, "+2"}} + messages(45, 2, 2) + late));
  BOOST_TEST((ears[2].back() == Heard{115, "+1"}));
}

BOOST_AUTO_TEST_CASE(a_cut_breaks_a_stream_at_the_first_message_that_meets_it_and_holds_it_apart) {
  sim::Scenario s = streams();
  s.faults.script.push_back(
      at(52, sim::Partition{std::vector<history::Target>{node(1), node(2)}, false, lasting(100)}));
  Ears ears;
  const Run run(s, talk(ears, 18));
  // At 55 ms the first message arrives in the cut; behind it nothing does.
  const auto end = [](std::string peer) { return std::vector<Heard>{{80, "-" + peer}}; };
  BOOST_TEST((ears[2].size() >= 3u));
  BOOST_TEST((std::vector<Heard>(ears[2].begin(), ears[2].begin() + 3) ==
              std::vector<Heard>{{5, "+1"}} + messages(45, 2, 1) + end("1")));
  // Tried every 5 ms; healed at 152.
  BOOST_TEST((ears[2][3] == Heard{155, "+1"}));
  BOOST_TEST((ears[1][3] == Heard{155, "+2"}));
  BOOST_TEST((ears[2][4] == Heard{185, "a16"}));
  BOOST_TEST(run.fault(FaultClass::partition).effective == 1u);
}

BOOST_AUTO_TEST_CASE(a_crash_breaks_its_streams_tells_the_others_and_a_restart_connects_anew) {
  sim::Scenario s = streams();
  s.faults.script.push_back(at(52, sim::Crash{node(1), lasting(50), history::CrashPoint::now}));
  Ears ears;
  const Run run(s, talk(ears, 12), {.base = sim::Base::benign});
  // What n1 had sent arrives; the news come at 77 ms, behind a5, which left at 50.
  const std::vector<Heard> told{{77, "-1"}, {107, "+1"}};
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}} + messages(45, 2, 4) + told + messages(135, 11, 3)));
  // n1 received one message before it went down, and nothing of before afterwards.
  BOOST_TEST((ears[1] == std::vector<Heard>{{5, "+2"}} + messages(45, 2, 1) +
                             std::vector<Heard>{{107, "+2"}} + messages(135, 11, 3)));
}

BOOST_AUTO_TEST_CASE(a_crash_takes_a_drawn_suffix_of_what_was_sent) {
  sim::Scenario s = streams();
  s.faults.script.push_back(at(52, sim::Crash{node(1), std::nullopt, history::CrashPoint::now}));
  Ears ears;
  const Run run(s, talk(ears, 12),
                {.base = sim::Base::benign, .overrides = {{{sim::Purpose::stream_suffix, 1, 2}, 0, 2}}});
  // In flight were a3, a4, a5; the news come when the last that arrives has, or a latency later.
  BOOST_TEST(
      (ears[2] == std::vector<Heard>{{5, "+1"}} + messages(45, 2, 2) + std::vector<Heard>{{77, "-1"}}));
}

BOOST_AUTO_TEST_CASE(a_stream_that_stalls_bursts_in_order) {
  sim::Scenario s = streams();
  s.network.nodes.clog = sim::Clog{sim::ratio(1, 1000), lasting(70)};
  Ears ears;
  const Run run(s, talk(ears, 10),
                {.base = sim::Base::benign,
                 .overrides = {{{sim::Purpose::link_clog, 1, 2, static_cast<std::uint32_t>(append)}, 1, 1}}});
  // It stalls from 30 to 100 ms.
  std::vector<Heard> burst;
  for (int i = 2; i <= 7; ++i) burst.push_back({100, "a" + std::to_string(i)});
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}} + burst + messages(105, 8, 4)));
}

BOOST_AUTO_TEST_CASE(a_full_stream_breaks) {
  sim::Scenario s = streams();
  s.network.nodes.capacity = 2;
  Ears ears;
  const Run run(s, talk(ears, 3), {.base = sim::Base::benign});
  // a2 and a3 are in flight as a4 departs.
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}} + messages(45, 2, 2) +
                             std::vector<Heard>{{65, "-1"}, {70, "+1"}}));
  BOOST_TEST(run.seen.of(EventKind::fault_begin)[0].text ==
             "the stream between n1 and n2 breaks: its link is full");
}

BOOST_AUTO_TEST_CASE(a_paused_server_hears_of_its_links_in_their_order) {
  sim::Scenario s = streams();
  s.network.nodes.loss = sim::ratio(1, 1000);
  s.faults.script.push_back(at(46, sim::Pause{node(2), lasting(40)}));
  Ears ears;
  const Run run(s, talk(ears, 3), breaks_at(2, 0));
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}, {45, "a2"}, {86, "a3"}, {86, "-1"}, {86, "+1"}}));
}

BOOST_AUTO_TEST_CASE(a_stream_in_one_direction_makes_a_stream_of_both_and_of_no_other_pair) {
  sim::Scenario s = streams();
  s.nodes = 3;
  s.network.nodes.mode = sim::LinkMode::datagram;
  sim::Network::Override o;
  o.from.servers = node(2);
  o.to.servers = node(1);
  o.link.mode = sim::LinkMode::stream;
  s.network.links.push_back(o);
  Ears ears;
  const Run run(s, talk(ears, 1));
  BOOST_TEST((ears[1] == std::vector<Heard>{{5, "+2"}} + messages(45, 2, 1)));
  BOOST_TEST((ears[2] == std::vector<Heard>{{5, "+1"}} + messages(45, 2, 1)));
  BOOST_TEST(ears[3].empty());
}

BOOST_AUTO_TEST_CASE(as_the_quiet_phase_begins_nobody_waits_to_be_connected_any_longer) {
  sim::Scenario s = streams();
  s.network.nodes.loss = sim::ratio(1, 1000);
  s.network.nodes.reconnect = lasting(700);
  s.faults.quiet_after = milliseconds(800);
  Ears ears;
  // It breaks at 750 ms, and both were told at 775.
  const Run run(s, talk(ears, 82), breaks_at(73, 0));
  BOOST_TEST((run.seen.of(EventKind::fault_begin)[0].event.time == ms(750)));
  BOOST_TEST((run.seen.of(EventKind::fault_end)[0].event.time == ms(800)));
  BOOST_TEST((ears[1].back() == Heard{855, "a83"}));
}

BOOST_AUTO_TEST_CASE(who_is_being_told_of_a_break_as_the_quiet_phase_begins_is_connected_afterwards) {
  sim::Scenario s = streams();
  s.network.nodes.loss = sim::ratio(1, 1000);
  s.network.nodes.reconnect = lasting(700);
  s.faults.quiet_after = milliseconds(760);
  Ears ears;
  const Run run(s, talk(ears, 82), breaks_at(73, 0));
  BOOST_TEST((run.seen.of(EventKind::fault_end)[0].event.time == ms(775)));
}

BOOST_AUTO_TEST_CASE(the_direction_that_says_stream_says_when_to_connect_again_and_of_two_the_longer) {
  for (const bool both : {false, true}) {
    sim::Scenario s = streams();
    if (!both) s.network.nodes.mode = sim::LinkMode::datagram;
    sim::Network::Override o;
    o.from.servers = node(2);
    o.to.servers = node(1);
    o.link.mode = sim::LinkMode::stream;
    o.link.reconnect = lasting(11);
    s.network.links.push_back(o);
    Ears ears;
    const Run run(s, talk(ears, 1));
    BOOST_TEST((ears[1][0] == Heard{11, "+2"}));
    s.network.nodes.reconnect = lasting(17);
    Ears longer;
    const Run again(s, talk(longer, 1));
    BOOST_TEST((longer[1][0] == Heard{both ? 17 : 11, "+2"}));
  }
}

BOOST_AUTO_TEST_CASE(who_connects_at_once_tries_once_a_millisecond_while_it_is_cut) {
  sim::Scenario s = streams();
  s.network.nodes.reconnect = lasting(0);
  s.faults.script.push_back(at(52, sim::Partition{std::vector<history::Target>{node(1), node(2)}, false,
                                                  sim::Distribution::constant(microseconds(100'300))}));
  Ears ears;
  const Run run(s, talk(ears, 18));
  const std::vector<Kept> ends = run.seen.of(EventKind::fault_end);
  BOOST_REQUIRE(ends.size() == 2u);
  BOOST_TEST((ends[0].event.time.ns == 152'300'000));
  // Told at 80 ms, it tried first a microsecond later.
  BOOST_TEST((ends[1].event.time.ns == 153'001'000));
}

BOOST_AUTO_TEST_CASE(a_full_inbox_breaks_the_stream_and_takes_all_behind_along) {
  sim::Scenario s = streams();
  s.process.inbox = 1;
  s.faults.script.push_back(at(46, sim::Pause{node(2), lasting(60)}));
  Ears ears;
  const Run run(s, talk(ears, 10), {.base = sim::Base::benign});
  // a2 at 45 ms, a3 waits from 55 ms on, a4 finds no room at 65; a5 and a6 were behind it.
  BOOST_TEST(run.seen.of(EventKind::fault_begin)[1].text ==
             "the stream between n1 and n2 breaks: an inbox is full");
  BOOST_TEST((run.seen.of(EventKind::fault_begin)[1].event.time == ms(65)));
  const std::vector<Heard> waited{{106, "a3"}, {106, "-1"}, {106, "+1"}};
  BOOST_REQUIRE(ears[2].size() > 5u);
  BOOST_TEST((std::vector<Heard>(ears[2].begin() + 2, ears[2].begin() + 5) == waited));
  std::map<DropReason, int> drops;
  for (const Kept& k : run.seen.of(EventKind::drop, 1)) ++drops[k.event.message.reason];
  BOOST_TEST(drops[DropReason::inbox_full] >= 1);
  for (std::size_t i = 6; i < ears[2].size(); ++i) BOOST_TEST(ears[2][i].what != "a5");
}
