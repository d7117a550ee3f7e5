#include "bites.hpp"

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>

namespace raftsim::checkers {

std::ostream& operator<<(std::ostream& out, const Bite& bite) {
  return out << history::info(bite.property).name;
}

namespace {

std::vector<Bite> all_bites() {
  std::vector<Bite> all;
  for (const auto& some : {bites_of_elections(), bites_of_logs(), bites_of_members_and_snapshots(),
                           bites_of_clients(), bites_of_liveness_and_runs()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bites)

BOOST_AUTO_TEST_CASE(every_property_has_its_mistake_once) {
  const std::vector<Bite> all = all_bites();
  for (const history::PropertyInfo& p : history::properties())
    BOOST_TEST(std::count_if(all.begin(), all.end(), [&p](const Bite& b) { return b.property == p.id; }) == 1,
               p.name);
}

BOOST_DATA_TEST_CASE(a_mistake_is_first_told_by_its_property, boost::unit_test::data::make(all_bites())) {
  const history::Verdict v = sample.broken();
  BOOST_REQUIRE_MESSAGE(v.first_broken() != nullptr, sample.mistake << ": all held");
  BOOST_TEST(history::info(v.first_broken()->id).name == history::info(sample.property).name,
             sample.mistake << ": " << found(v));
}

BOOST_DATA_TEST_CASE(a_story_close_by_holds, boost::unit_test::data::make(all_bites())) {
  const history::Verdict v = sample.sound();
  BOOST_TEST(found(v) == "held", sample.neighbour << ": " << found(v));
  const auto& judged = v.properties[static_cast<std::size_t>(sample.property)];
  // Four are judged by the world itself, which tells only what is broken.
  if (sample.property < PropertyId::scenario_check || sample.property > PropertyId::no_crash)
    BOOST_TEST(judged.looked > 0u, sample.neighbour << ": " << line(v, sample.property));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
