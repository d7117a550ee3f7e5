// What a partition is called: who does not reach whom.
#include <boost/test/unit_test.hpp>

#include "sim/fault_names.hpp"

namespace raftsim::sim {
namespace {

LinkEnds link(std::uint64_t from, std::uint64_t to) {
  return {history::Endpoint::node(NodeId{from}), history::Endpoint::node(NodeId{to})};
}

/// Both directions between each of `a` and each of `b`.
void cut_between(std::vector<LinkEnds>& cuts, const std::vector<std::uint64_t>& a,
                 const std::vector<std::uint64_t>& b) {
  for (const std::uint64_t x : a)
    for (const std::uint64_t y : b) {
      cuts.push_back(link(x, y));
      cuts.push_back(link(y, x));
    }
}

BOOST_AUTO_TEST_SUITE(fault_names)

BOOST_AUTO_TEST_CASE(groups_that_do_not_reach_each_other_stand_side_by_side) {
  std::vector<LinkEnds> cuts;
  cut_between(cuts, {4, 5}, {1, 2, 3});
  BOOST_TEST(cut_words(cuts) == "n1 n2 n3 | n4 n5");
  cut_between(cuts, {6}, {1, 2, 3});
  cut_between(cuts, {6}, {4, 5});
  BOOST_TEST(cut_words(cuts) == "n1 n2 n3 | n4 n5 | n6");
}

BOOST_AUTO_TEST_CASE(a_bridge_belongs_to_neither_side) {
  std::vector<LinkEnds> cuts;
  cut_between(cuts, {1, 2}, {4, 5});
  BOOST_TEST(cut_words(cuts) == "n1 n2 | n4 n5");
}

BOOST_AUTO_TEST_CASE(one_direction_is_told_as_one) {
  BOOST_TEST(cut_words({link(1, 2), link(1, 3)}) == "n1 -/-> n2 n3");
  BOOST_TEST(cut_words({link(1, 3), link(2, 1)}) == "n1 -/-> n3, n2 -/-> n1");
}

BOOST_AUTO_TEST_CASE(nobody_can_be_cut_off_from_nobody) { BOOST_TEST(cut_words({}) == "of nobody"); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::sim
