#include <boost/test/unit_test.hpp>

#include "situations_stories.hpp"

namespace raftsim::checkers {

namespace {

std::vector<SituationStories> all_stories() {
  std::vector<SituationStories> all;
  for (const auto part : {election_stories(), log_stories(), cluster_stories()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::uint64_t times(void (*tell)(Story&), history::SituationId id) {
  Story s(3);
  s.boot_all();
  tell(s);
  return s.finish().situations[static_cast<std::size_t>(id)].times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(situations)

BOOST_AUTO_TEST_CASE(each_comes_about_in_its_story_and_not_in_its_near_miss) {
  for (const SituationStories& stories : all_stories()) {
    BOOST_TEST_CONTEXT(history::info(stories.id).name) {
      BOOST_TEST(times(stories.comes_about, stories.id) == 1u);
      BOOST_TEST(times(stories.near_miss, stories.id) == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(each_of_the_catalogue_has_its_stories) {
  std::vector<history::SituationId> told;
  for (const SituationStories& stories : all_stories()) told.push_back(stories.id);
  std::vector<history::SituationId> catalogue;
  for (const history::SituationInfo& s : history::situations) catalogue.push_back(s.id);
  BOOST_TEST((told == catalogue));
  BOOST_TEST(catalogue.size() >= 50u);
}

BOOST_AUTO_TEST_CASE(the_first_time_is_told_with_its_event) {
  Story s(3);
  s.boot_all();
  s.at(40).campaign(1, 1);
  s.at(50).campaign(2, 1);
  s.at(60).learn_term(2, 2);
  s.at(70).campaign(2, 3);
  s.at(80).campaign(1, 3);
  const auto count = s.finish().situations[static_cast<std::size_t>(history::SituationId::two_candidates)];
  BOOST_TEST(count.times == 2u);
  BOOST_TEST(count.first_at.ns == 50'000'000);
}

BOOST_AUTO_TEST_CASE(a_scenario_demands_one_by_its_name) {
  Story s(3);
  for (const auto id : {history::SituationId::two_candidates, history::SituationId::three_candidates}) {
    history::Expectation e;
    e.kind = history::Expectation::Kind::sometimes;
    e.name = std::string(history::info(id).name);
    e.situation = id;
    s.info.expectations.push_back(e);
  }
  s.boot_all();
  s.campaign(1, 1);
  s.campaign(2, 1);
  const auto v = s.finish();
  BOOST_REQUIRE(v.goals.size() == 2u);
  BOOST_TEST(v.goals[0].reached);
  BOOST_TEST(!v.goals[1].reached);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
