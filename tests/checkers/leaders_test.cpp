#include "checkers/leaders.hpp"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "checkers/keep.hpp"

namespace raftsim::checkers {

BOOST_AUTO_TEST_SUITE(leaders)

BOOST_AUTO_TEST_CASE(the_first_leader_of_every_term_is_known_in_whatever_order_they_are_elected) {
  const auto property = [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& elections) {
    Leaders leaders;
    std::map<std::uint64_t, std::uint64_t> plain;
    std::uint64_t event = 0;
    for (const auto& [term, leader] : elections) {
      leaders.won({Term{term}, NodeId{leader}, history::EventId{++event}, Instant{}, 0});
      plain.emplace(term, event);
    }
    for (std::uint64_t term = 0; term < 260; ++term) {
      const Leadership* found = leaders.of(Term{term});
      const auto expected = plain.find(term);
      RC_ASSERT((found != nullptr) == (expected != plain.end()));
      if (found == nullptr) continue;
      RC_ASSERT(found->term == Term{term});
      RC_ASSERT(found->event.value == expected->second);
    }
  };
  BOOST_TEST(rc::check("leaders by term", property));
}

BOOST_AUTO_TEST_CASE(a_second_leader_is_found_out_however_long_ago_the_first_one_was) {
  // Terms with gaps and late elections, many more than are kept in full, against a set of all.
  Leaders leaders;
  std::set<std::uint64_t> plain;
  std::uint64_t draw = 1;
  const auto below = [&draw](std::uint64_t n) {
    draw = draw * 6364136223846793005u + 1442695040888963407u;
    return (draw >> 33) % n;
  };
  std::uint64_t newest = 0;
  for (int k = 0; k < 40'000; ++k) {
    newest += below(4) == 0 ? 2u : 1u;
    const std::uint64_t term = below(3) == 0 ? 1 + below(newest) : newest;
    const bool first = leaders.won({Term{term}, NodeId{1}, history::EventId{1}, Instant{}, 0});
    BOOST_REQUIRE_EQUAL(first, plain.insert(term).second);
  }
}

BOOST_AUTO_TEST_CASE(memory_does_not_grow_with_the_number_of_elections) {
  Leaders leaders;
  const auto elect = [&leaders](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t term = from; term <= to; ++term)
      if (term % 1'000 != 0)  // nobody won
        leaders.won({Term{term}, NodeId{1}, history::EventId{1}, Instant{}, 0});
    return leaders.bytes();
  };
  constexpr std::size_t in_full = 2 * Leaders::kept * sizeof(Leadership);
  const std::size_t an_hour = elect(1, 3'600);
  BOOST_TEST(an_hour <= in_full);
  // An election a second for eleven simulated days, one of a thousand candidacies in vain: 16 bytes for that.
  BOOST_TEST(elect(3'601, 1'000'000) <= in_full + 2 * 1'000 * 16);
  // And where every second one is in vain, for a day.
  for (std::uint64_t term = 1'000'001; term < 1'000'001 + 2 * 86'400; term += 2)
    leaders.won({Term{term}, NodeId{1}, history::EventId{1}, Instant{}, 0});
  for (std::uint64_t term = 1'200'001; term < 1'200'001 + 40 * 86'400; term += 2)
    leaders.won({Term{term}, NodeId{1}, history::EventId{1}, Instant{}, 0});
  BOOST_TEST(leaders.bytes() <= in_full + 2 * (Leaders::runs_kept + Leaders::kept) * 16);
}

BOOST_AUTO_TEST_CASE(a_list_by_term_keeps_the_newest_terms_in_order) {
  struct Item {
    Term term;
    int number = 0;
  };
  std::vector<Item> list;
  for (int k = 1; k <= 1'024; ++k) keep_by_term(list, Item{Term{static_cast<std::uint64_t>(2 * k)}, k});
  // Late: goes to its place, behind its equals; and the list was full, so that the older half is gone.
  keep_by_term(list, Item{Term{2'000}, -1});
  keep_by_term(list, Item{Term{1'999}, -2});
  BOOST_TEST(list.size() == 514u);
  BOOST_TEST(list.front().number == 513);
  BOOST_TEST(list.back().number == 1'024);
  const auto place = std::find_if(list.begin(), list.end(), [](const Item& i) { return i.number == -1; });
  BOOST_TEST((place - 1)->number == 1'000);
  BOOST_TEST((place - 2)->number == -2);
  BOOST_TEST((place + 1)->number == 1'001);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
