// Links that do more than lose, double and delay.
#include <rapidcheck.h>

#include <bit>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "sim/network.hpp"
#include "tests/print.hpp"

using namespace raftsim;
using namespace raftsim::sim;

namespace {

const Endpoint n1 = Endpoint::node(NodeId{1});
const Endpoint n2 = Endpoint::node(NodeId{2});
const Endpoint c0 = Endpoint::client(0);

Instant at(std::int64_t ms) { return Instant{} + milliseconds(ms); }

struct Rig {
  Decisions decisions;
  SimNetwork network;
  explicit Rig(const Network& n, DecisionSource source = from_seed(42))
      : decisions(std::move(source)), network(n, 3, 2, decisions) {}
  Fate send(std::int64_t ms, std::size_t bytes = 100, MessageType type = MessageType::append_entries) {
    return network.send(at(ms), n1, n2, type, bytes);
  }
};

Network links(const Link& over) {
  Network n;
  n.nodes = over;
  return n;
}

/// Bit by bit, as the polynomial says; no table, no instruction.
std::uint32_t slow_crc32c(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (std::byte b : bytes) {
    crc ^= static_cast<std::uint32_t>(b);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

/// The numbers of the bits in which they differ.
std::vector<std::size_t> flipped(const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
  std::vector<std::size_t> bits;
  for (std::size_t i = 0; i < a.size() * 8; ++i)
    if (((a[i / 8] ^ b[i / 8]) >> static_cast<int>(i % 8) & std::byte{1}) != std::byte{0}) bits.push_back(i);
  return bits;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rough_links)

BOOST_AUTO_TEST_CASE(damage_is_one_burst_of_at_most_32_bits_that_a_crc32c_behind_it_detects) {
  BOOST_TEST(rc::check([] {
    std::vector<std::byte> message;
    for (std::uint8_t b : *rc::gen::nonEmpty<std::vector<std::uint8_t>>()) message.push_back(std::byte{b});
    const std::uint32_t crc = slow_crc32c(message);
    for (int i = 0; i < 4; ++i) message.push_back(static_cast<std::byte>(crc >> 8 * i));
    std::vector<std::byte> arrived = message;
    damage(arrived, *rc::gen::arbitrary<std::uint64_t>());
    const std::vector<std::size_t> bits = flipped(message, arrived);
    RC_ASSERT(!bits.empty());
    RC_ASSERT(bits.back() - bits.front() < 32u);
    const std::span<const std::byte> body(arrived.data(), arrived.size() - 4);
    std::uint32_t stated = 0;
    for (std::size_t i = 0; i < 4; ++i)
      stated |= static_cast<std::uint32_t>(arrived[body.size() + i]) << 8 * i;
    RC_ASSERT(slow_crc32c(body) != stated);
  }));
}

BOOST_AUTO_TEST_CASE(damage_can_hit_any_bit_and_none_that_is_not_there) {
  std::vector<bool> hit(5 * 8);
  for (std::uint64_t i = 0; i < 4096; ++i) {
    const std::vector<std::byte> sent(5);
    std::vector<std::byte> arrived = sent;
    damage(arrived, draw_bits(7, i));
    for (std::size_t bit : flipped(sent, arrived)) hit[bit] = true;
  }
  for (std::size_t bit = 0; bit < hit.size(); ++bit) BOOST_TEST(hit[bit], "bit " << bit);
  damage({}, 12345);
}

BOOST_AUTO_TEST_CASE(the_harmless_damage_is_the_first_bit_alone) {
  std::vector<std::byte> bytes(3);
  damage(bytes, 0);
  BOOST_TEST((flipped(std::vector<std::byte>(3), bytes) == std::vector<std::size_t>{0}));
}

BOOST_AUTO_TEST_CASE(corruption_and_replay_strike_at_their_rates_and_a_replay_comes_late) {
  Link link;
  link.corrupt = ratio(1, 10);
  link.replay = ratio(1, 5);
  link.replay_after = Distribution::uniform(milliseconds(50), milliseconds(90));
  Rig rig(links(link));
  std::uint64_t corrupt = 0, replays = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Fate fate = rig.send(i);
    BOOST_REQUIRE(fate.rough);
    BOOST_REQUIRE((fate.deliver_at == at(i + 1)));
    const Roughness& roughness = rig.network.roughness();
    if (roughness.burst) ++corrupt;
    if (!roughness.replay_at) continue;
    ++replays;
    BOOST_REQUIRE((*roughness.replay_at >= at(i + 50)));
    BOOST_REQUIRE((*roughness.replay_at <= at(i + 90)));
  }
  BOOST_TEST(corrupt > 900u);
  BOOST_TEST(corrupt < 1100u);
  BOOST_TEST(replays > 1850u);
  BOOST_TEST(replays < 2150u);
  BOOST_TEST(rig.network.counts().corrupted == corrupt);
  BOOST_TEST(rig.network.counts().replayed == replays);
}

BOOST_AUTO_TEST_CASE(a_plain_link_is_not_rough_and_a_rough_one_keeps_the_fates_of_a_plain_one) {
  Link plain;
  plain.latency = Distribution::uniform(milliseconds(1), milliseconds(10));
  plain.loss = ratio(1, 10);
  plain.duplicate = ratio(1, 10);
  Link rough = plain;
  rough.corrupt = rough.replay = ratio(1, 3);
  rough.clog = Clog{ratio(1, 100), Distribution::constant(milliseconds(5))};
  Rig a(links(plain)), b(links(rough));
  for (int i = 0; i < 3000; ++i) {
    const Fate x = a.send(i), y = b.send(i);
    BOOST_REQUIRE(!x.rough);
    BOOST_REQUIRE(y.rough);
    BOOST_REQUIRE((x.reason == y.reason && x.deliver_at == y.deliver_at && x.duplicate_at == y.duplicate_at));
  }
}

BOOST_AUTO_TEST_CASE(message_i_keeps_its_draws_whenever_its_link_became_rough) {
  Link corrupt;
  corrupt.corrupt = ratio(1, 4);
  Rig always(links(corrupt)), later(links({}));
  std::vector<bool> expected, found;
  for (int i = 0; i < 2000; ++i) {
    if (i == 700) (void)later.network.set_link(n1, n2, corrupt, Instant{});
    if (i == 900) (void)later.network.reset_link(n1, n2, Instant{});
    if (i == 1100) (void)later.network.set_link(n1, n2, corrupt, Instant{});
    always.send(i);
    const bool damaged = always.network.roughness().burst.has_value();
    const bool rough = later.send(i).rough;
    BOOST_REQUIRE((rough == (i >= 700 && (i < 900 || i >= 1100))));
    if (rough) BOOST_REQUIRE((later.network.roughness().burst.has_value() == damaged));
  }
}

BOOST_AUTO_TEST_CASE(a_full_link_loses_the_newest_until_somebody_has_left) {
  Link link;
  link.capacity = 2;
  Rig rig(links(link));
  for (std::uint32_t slot : {10u, 11u}) {
    BOOST_TEST((rig.send(0).reason == DropReason::none));
    BOOST_REQUIRE(rig.network.roughness().counted);
    rig.network.enter(n1, n2, {slot, at(1)});
  }
  BOOST_TEST((rig.send(0).reason == DropReason::queue_full));
  BOOST_TEST((rig.network.send(at(0), n2, n1, MessageType::append_entries, 10).reason == DropReason::none));
  rig.network.leave(n1, n2, 10);
  BOOST_TEST((rig.send(1).reason == DropReason::none));
  BOOST_TEST(rig.network.counts().full == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_link_that_loses_the_oldest_names_it) {
  Link link;
  link.capacity = 2;
  link.drop_when_full = DropWhenFull::oldest;
  Rig rig(links(link));
  for (std::uint32_t slot : {10u, 11u}) {
    rig.send(0);
    rig.network.enter(n1, n2, {slot, at(1)});
  }
  BOOST_TEST((rig.send(0).reason == DropReason::none));
  BOOST_REQUIRE(rig.network.roughness().pushed.has_value());
  BOOST_TEST(*rig.network.roughness().pushed == 10u);
}

BOOST_AUTO_TEST_CASE(a_bandwidth_transmits_one_message_after_the_other) {
  Link link;
  link.bandwidth = 10'000;  // 100 bytes in 10 ms
  link.latency = Distribution::constant(milliseconds(3));
  Rig rig(links(link));
  BOOST_TEST((rig.send(0).deliver_at == at(13)));
  BOOST_TEST((rig.send(0, 200).deliver_at == at(33)));
  BOOST_TEST((rig.send(5).deliver_at == at(43)));
  // Idle since 40 ms.
  BOOST_TEST((rig.send(100).deliver_at == at(113)));
  // A rest of a byte takes its time; nothing takes none.
  BOOST_TEST((rig.send(200, 0).deliver_at == at(203)));
  BOOST_TEST(rig.network.counts().transmitted == 4u);
  BOOST_TEST(rig.network.counts().queued == 2u);
}

BOOST_AUTO_TEST_CASE(what_goes_into_a_cut_is_not_transmitted_and_what_is_lost_on_the_way_was) {
  Link link;
  link.bandwidth = 10'000;
  link.latency = Distribution::constant(milliseconds(3));
  Rig rig(links(link));
  rig.network.begin_cut(n1, n2, CutBy::partition);
  rig.send(0);
  rig.network.end_cut(n1, n2, CutBy::partition);
  BOOST_TEST((rig.send(0).deliver_at == at(13)));
  Link lossy;
  lossy.loss = Ratio{0, true};
  (void)rig.network.set_link(n1, n2, lossy, Instant{});
  BOOST_TEST((rig.send(10).reason == DropReason::loss));
  (void)rig.network.reset_link(n1, n2, Instant{});
  BOOST_TEST((rig.send(10).deliver_at == at(33)));
}

BOOST_AUTO_TEST_CASE(a_link_that_stalls_does_not_stall_anew) {
  Link link;
  link.clog = Clog{Ratio{0, true}, Distribution::constant(milliseconds(7))};
  Rig rig(links(link));
  rig.send(0);
  BOOST_REQUIRE(rig.network.roughness().clog.has_value());
  BOOST_TEST((*rig.network.roughness().clog == milliseconds(7)));
  rig.network.begin_clog(n1, n2);
  BOOST_TEST(rig.network.obstructed(n1, n2));
  BOOST_TEST(!rig.network.obstructed(n2, n1));
  rig.send(1);
  BOOST_TEST(!rig.network.roughness().clog.has_value());
  rig.network.end_clog(n1, n2);
  rig.send(2);
  BOOST_TEST(rig.network.roughness().clog.has_value());
}

BOOST_AUTO_TEST_CASE(a_silenced_link_only_delays) {
  Link link;
  link.corrupt = link.replay = link.loss = link.duplicate = Ratio{0, true};
  link.clog = Clog{Ratio{0, true}, Distribution::constant(milliseconds(7))};
  link.capacity = 1;
  link.bandwidth = 10'000;
  Rig rig(links(link));
  (void)rig.network.silence(n1, n2, Instant{});
  for (int i = 0; i < 5; ++i) {
    const Fate fate = rig.send(0);
    BOOST_TEST((fate.reason == DropReason::none));
    BOOST_TEST(!fate.duplicate_at.has_value());
    const Roughness& r = rig.network.roughness();
    BOOST_TEST((!r.burst && !r.replay_at && !r.clog && !r.pushed));
    BOOST_TEST((fate.deliver_at == at(10 * (i + 1) + 1)));
  }
}

BOOST_AUTO_TEST_CASE(links_of_clients_are_rough_too_and_never_streams) {
  Network n;
  n.nodes.mode = LinkMode::stream;
  n.clients.corrupt = Ratio{0, true};
  Rig rig(n);
  BOOST_TEST(rig.network.send(at(0), c0, n1, MessageType::client_request, 10).rough);
  BOOST_TEST(rig.network.roughness().burst.has_value());
  BOOST_TEST((rig.network.parameters(c0, n1).mode == LinkMode::datagram));
  BOOST_TEST((rig.network.parameters(n1, n2).mode == LinkMode::stream));
}

BOOST_AUTO_TEST_SUITE_END()
