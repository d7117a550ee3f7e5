#include "checkers/leaders.hpp"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <map>

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
