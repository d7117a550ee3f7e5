#include "sim/network.hpp"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/print.hpp"

using namespace raftsim;
using namespace raftsim::sim;

namespace {

const Endpoint n1 = Endpoint::node(NodeId{1});
const Endpoint n2 = Endpoint::node(NodeId{2});
const Endpoint n3 = Endpoint::node(NodeId{3});
const Endpoint c0 = Endpoint::client(0);
const Endpoint c1 = Endpoint::client(1);
constexpr MessageType append = MessageType::append_entries;

Network scenario(Ratio loss, Ratio duplicate, bool reorder) {
  Network n;
  n.nodes = {Distribution::uniform(milliseconds(1), milliseconds(10)), loss, duplicate, reorder};
  return n;
}

struct Rig {
  Decisions decisions;
  SimNetwork network;
  explicit Rig(const Network& n, DecisionSource source = {Base::seed, 42, {}, false})
      : decisions(std::move(source)), network(n, 3, 2, decisions) {}
  Fate send(std::int64_t ms, Endpoint from = n1, Endpoint to = n2, MessageType type = append) {
    return network.send(Instant{} + milliseconds(ms), from, to, type, 100);
  }
};

bool same(const Fate& a, const Fate& b) {
  return a.reason == b.reason && a.deliver_at == b.deliver_at && a.duplicate_at == b.duplicate_at;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(network)

BOOST_AUTO_TEST_CASE(a_message_arrives_after_a_latency_of_its_link) {
  Rig rig(scenario({}, {}, true));
  for (int i = 0; i < 1000; ++i) {
    const Fate fate = rig.send(i);
    BOOST_TEST((fate.reason == DropReason::none));
    BOOST_TEST((fate.deliver_at >= Instant{} + milliseconds(i + 1)));
    BOOST_TEST((fate.deliver_at <= Instant{} + milliseconds(i + 10)));
    BOOST_TEST(!fate.duplicate_at.has_value());
  }
  BOOST_TEST(rig.network.counts().overtook > 100u);
  BOOST_TEST(rig.network.counts().delayed > 990u);
  BOOST_TEST(rig.network.counts().lost == 0u);
}

BOOST_AUTO_TEST_CASE(loss_and_duplication_strike_at_their_rates) {
  Rig rig(scenario(ratio(1, 10), ratio(1, 5), true));
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Fate fate = rig.send(i);
    if (fate.reason == DropReason::loss) ++lost;
    if (fate.duplicate_at) ++duplicated;
  }
  BOOST_TEST(lost > 900u);
  BOOST_TEST(lost < 1100u);
  BOOST_TEST(duplicated > 1650u);
  BOOST_TEST(duplicated < 1950u);
  BOOST_TEST(rig.network.counts().lost == lost);
  BOOST_TEST(rig.network.counts().lost_effective == lost);
  BOOST_TEST(rig.network.counts().duplicated == duplicated);
}

BOOST_AUTO_TEST_CASE(a_fifo_link_never_reorders_its_duplicates_included) {
  Rig rig(scenario({}, ratio(1, 4), false));
  Instant latest;
  for (int i = 0; i < 1000; ++i) {
    const Fate fate = rig.send(i);
    BOOST_REQUIRE(fate.deliver_at >= latest);
    latest = fate.deliver_at;
    if (fate.duplicate_at) BOOST_REQUIRE(*fate.duplicate_at >= latest);
    if (fate.duplicate_at) latest = *fate.duplicate_at;
  }
  BOOST_TEST(rig.network.counts().overtook == 0u);
}

BOOST_AUTO_TEST_CASE(a_fifo_link_orders_messages_of_different_types_too) {
  Rig rig(scenario({}, {}, false));
  const Fate first = rig.send(0, n1, n2, MessageType::append_entries);
  const Fate second = rig.send(0, n1, n2, MessageType::request_vote);
  const Fate other_link = rig.send(0, n2, n1, MessageType::request_vote);
  BOOST_TEST(second.deliver_at >= first.deliver_at);
  BOOST_TEST((other_link.reason == DropReason::none));
}

BOOST_AUTO_TEST_CASE(a_cut_is_directed_counted_and_named) {
  Rig rig(scenario({}, {}, true));
  rig.network.begin_cut(n1, n2, CutBy::partition);
  rig.network.begin_cut(n1, n2, CutBy::isolation);
  BOOST_TEST((rig.send(0).reason == DropReason::partition));
  BOOST_TEST((rig.send(0, n2, n1).reason == DropReason::none));
  BOOST_TEST((rig.send(0, n1, n3).reason == DropReason::none));
  BOOST_TEST((rig.network.cut(n1, n2) == CutBy::partition));
  rig.network.end_cut(n1, n2, CutBy::partition);
  BOOST_TEST((rig.network.cut(n1, n2) == CutBy::isolation));
  BOOST_TEST((rig.send(0).reason == DropReason::partition));
  rig.network.end_cut(n1, n2, CutBy::isolation);
  BOOST_TEST((rig.send(0).reason == DropReason::none));
  BOOST_TEST(rig.network.counts().cut[0] == 1u);
  BOOST_TEST(rig.network.counts().cut[1] == 1u);
}

BOOST_AUTO_TEST_CASE(two_cuts_of_one_kind_need_two_ends) {
  Rig rig(scenario({}, {}, true));
  rig.network.begin_cut(n1, c0, CutBy::isolation);
  rig.network.begin_cut(n1, c0, CutBy::isolation);
  rig.network.end_cut(n1, c0, CutBy::isolation);
  BOOST_TEST(rig.network.cut(n1, c0).has_value());
  BOOST_TEST(!rig.network.cut(c0, n1).has_value());
  BOOST_TEST(!rig.network.cut(n1, c1).has_value());
  rig.network.end_all_cuts();
  BOOST_TEST(!rig.network.cut(n1, c0).has_value());
}

BOOST_AUTO_TEST_CASE(neither_a_cut_nor_a_loss_shifts_the_fate_of_later_messages) {
  BOOST_TEST(rc::check("no shift", [](std::uint64_t seed, const std::vector<bool>& cut) {
    const Network n = scenario(ratio(1, 5), ratio(1, 5), true);
    Rig plain(n, {Base::seed, seed, {}, false});
    Rig with_cuts(n, {Base::seed, seed, {}, false});
    for (std::size_t i = 0; i < cut.size(); ++i) {
      if (cut[i]) with_cuts.network.begin_cut(n1, n2, CutBy::partition);
      const Fate a = plain.send(static_cast<std::int64_t>(i));
      const Fate b = with_cuts.send(static_cast<std::int64_t>(i));
      RC_ASSERT((cut[i] ? b.reason == DropReason::partition : same(a, b)));
      if (cut[i]) with_cuts.network.end_cut(n1, n2, CutBy::partition);
    }
  }));
}

BOOST_AUTO_TEST_CASE(an_override_that_saves_a_lost_message_leaves_all_others_alone) {
  const Network n = scenario(ratio(1, 3), ratio(1, 3), true);
  Rig plain(n);
  std::vector<Fate> fates;
  std::uint64_t first_lost = 1000;
  for (std::uint64_t i = 0; i < 50; ++i) {
    fates.push_back(plain.send(static_cast<std::int64_t>(i)));
    if (fates.back().reason == DropReason::loss && first_lost == 1000) first_lost = i;
  }
  BOOST_REQUIRE(first_lost < 50);
  const StreamName stream{Purpose::message_loss, n1.raw, n2.raw, static_cast<std::uint32_t>(append)};
  Rig steered(n, {Base::seed, 42, {{stream, first_lost, 0}}, false});
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Fate fate = steered.send(static_cast<std::int64_t>(i));
    if (i == first_lost)
      BOOST_TEST((fate.reason == DropReason::none));
    else
      BOOST_TEST(same(fate, fates[i]));
  }
}

BOOST_AUTO_TEST_CASE(types_and_links_have_streams_of_their_own) {
  Rig plain(scenario(ratio(1, 2), {}, true));
  Rig busy(scenario(ratio(1, 2), {}, true));
  for (int i = 0; i < 50; ++i) {
    busy.send(i, n1, n2, MessageType::request_vote);
    busy.send(i, n2, n1, append);
    busy.send(i, c0, n2, MessageType::client_request);
    busy.send(i, n1, c1, MessageType::client_reply);
    BOOST_TEST(same(plain.send(i), busy.send(i)));
  }
}

BOOST_AUTO_TEST_CASE(link_parameters_stack_default_base_and_run_time) {
  Network n = scenario({}, {}, true);
  n.clients.latency = Distribution::constant(milliseconds(2));
  Rig rig(n);
  BOOST_TEST((rig.send(0, c0, n1, MessageType::client_request).deliver_at == Instant{} + milliseconds(2)));
  BOOST_TEST((rig.send(0, n1, c0, MessageType::client_reply).deliver_at == Instant{} + milliseconds(2)));

  Link slow;
  slow.latency = Distribution::constant(seconds(1));
  rig.network.set_base(n1, n2, slow);
  BOOST_TEST((rig.send(0).deliver_at == Instant{} + seconds(1)));
  BOOST_TEST((rig.send(0, n2, n1).deliver_at <= Instant{} + milliseconds(10)));

  Link dead;
  dead.loss = ratio(1, 1);
  (void)rig.network.set_link(n1, n2, dead, Instant{});
  BOOST_TEST((rig.network.parameters(n1, n2).latency == *slow.latency));
  BOOST_TEST((rig.send(0).reason == DropReason::loss));
  (void)rig.network.set_link(n1, n2, slow, Instant{});
  BOOST_TEST((rig.send(0).reason == DropReason::none));
  (void)rig.network.reset_link(n1, n2, Instant{});
  BOOST_TEST((rig.send(0).deliver_at == Instant{} + seconds(1)));
}

BOOST_AUTO_TEST_CASE(in_the_benign_base_nothing_is_lost_and_all_is_fast) {
  Rig rig(scenario(ratio(1, 2), ratio(1, 2), true), {Base::benign, 0, {}, true});
  for (int i = 0; i < 20; ++i) {
    const Fate fate = rig.send(i);
    BOOST_TEST((fate.deliver_at == Instant{} + milliseconds(i + 1)));
    BOOST_TEST(!fate.duplicate_at.has_value());
  }
  BOOST_TEST(rig.decisions.recorded().empty());
}

BOOST_AUTO_TEST_SUITE_END()
