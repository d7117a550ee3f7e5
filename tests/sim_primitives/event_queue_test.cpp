#include "sim/event_queue.hpp"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include "tests/print.hpp"

using namespace raftsim;
using namespace raftsim::sim;

BOOST_AUTO_TEST_SUITE(event_queue)

BOOST_AUTO_TEST_CASE(items_come_in_order_of_time_and_ties_in_order_of_scheduling) {
  EventQueue<int> queue;
  queue.push(Instant{5}, 1);
  queue.push(Instant{3}, 2);
  queue.push(Instant{5}, 3);
  queue.push(Instant{3}, 4);
  queue.push(Instant{0}, 5);
  std::vector<int> order;
  while (!queue.empty()) {
    const auto popped = queue.pop();
    order.push_back(queue.item(popped.slot));
    queue.release(popped.slot);
  }
  BOOST_TEST(order == (std::vector<int>{5, 2, 4, 1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_behaves_like_a_priority_queue_under_any_mix_of_operations) {
  BOOST_TEST(rc::check("model", [](const std::vector<std::uint8_t>& script) {
    using Entry = std::tuple<std::int64_t, int>;
    EventQueue<int> queue;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> model;
    int pushed = 0;
    // One byte in four pops, one in 64 clears, the others push at one of few times.
    for (const std::uint8_t byte : script) {
      if (byte % 64 == 63) {
        queue.clear();
        model = {};
      } else if (byte % 4 == 0 && !model.empty()) {
        RC_ASSERT(queue.next_at().ns == std::get<0>(model.top()));
        const auto popped = queue.pop();
        RC_ASSERT(popped.at.ns == std::get<0>(model.top()));
        RC_ASSERT(queue.item(popped.slot) == std::get<1>(model.top()));
        queue.release(popped.slot);
        model.pop();
      } else {
        queue.push(Instant{byte / 16}, pushed);
        model.push({byte / 16, pushed});
        ++pushed;
      }
      RC_ASSERT(queue.size() == model.size());
    }
  }));
}

// By turns few and many, near and far, often at the same instant: each way of keeping them takes part, and
// hands over to the others.
BOOST_AUTO_TEST_CASE(a_long_mixed_run_stays_in_order) {
  using Entry = std::pair<std::int64_t, int>;
  EventQueue<int> queue;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> model;
  std::uint64_t x = 88172645463325252u;
  std::int64_t now = 0;
  for (int i = 0; i < 100'000; ++i) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    const std::int64_t spread = i / 1000 % 3 == 0 ? 10 : i / 1000 % 3 == 1 ? 1'000 : 100'000'000;
    const std::int64_t at = now + static_cast<std::int64_t>(x % static_cast<std::uint64_t>(spread));
    queue.push(Instant{at}, i);
    model.emplace(at, i);
    const bool drains = i / 5000 % 2 == 1;
    for (int pops = drains ? 2 : i % 3 != 0 ? 1 : 0; pops > 0 && !model.empty(); --pops) {
      const auto popped = queue.pop();
      BOOST_REQUIRE(popped.at.ns == model.top().first);
      BOOST_REQUIRE(queue.item(popped.slot) == model.top().second);
      now = popped.at.ns;
      model.pop();
      queue.release(popped.slot);
    }
    BOOST_REQUIRE(queue.empty() == model.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_item_keeps_its_address_and_its_buffer) {
  EventQueue<std::string> queue;
  const auto slot = queue.push(Instant{1});
  queue.item(slot).assign(1000, 'x');
  const std::string* address = &queue.item(slot);
  for (int i = 0; i < 5000; ++i) queue.push(Instant{2});
  BOOST_TEST(&queue.item(slot) == address);
  const auto popped = queue.pop();
  BOOST_TEST(popped.slot == slot);
  queue.push(Instant{3});  // while the popped item is still in use
  BOOST_TEST(queue.item(popped.slot).size() == 1000u);
  queue.release(popped.slot);
  const auto again = queue.push(Instant{4});
  BOOST_TEST(again == slot);
  BOOST_TEST(queue.item(again).capacity() >= 1000u);
}

BOOST_AUTO_TEST_SUITE_END()
