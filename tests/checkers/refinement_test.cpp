// Every rule of the specification, broken once where no invariant breaks (yet), and kept close by.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "refinement_rules.hpp"

namespace raftsim::checkers {

std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.name; }

namespace {

std::vector<Rule> all_rules() {
  std::vector<Rule> all = rules_of_elections_and_logs();
  for (const Rule& rule : rules_of_messages()) all.push_back(rule);
  return all;
}

std::vector<Rule> breakable_rules() {
  std::vector<Rule> all = all_rules();
  std::erase_if(all, [](const Rule& rule) { return rule.broken == nullptr; });
  return all;
}

constexpr auto of = [](const history::Verdict& verdict) -> const history::PropertyVerdict& {
  return verdict.properties[static_cast<std::size_t>(PropertyId::refinement)];
};

std::string sentence_of(const history::Verdict& verdict) {
  for (const history::Violation& v : verdict.violations)
    if (v.id == PropertyId::refinement) return v.sentence;
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refinement)

BOOST_DATA_TEST_CASE(a_step_that_no_rule_allows_is_told, boost::unit_test::data::make(breakable_rules())) {
  Cluster s;
  s.begin_led();
  sample.broken(s);
  const history::Verdict verdict = s.finish();
  BOOST_TEST(sentence_of(verdict) == sample.sentence);
}

BOOST_DATA_TEST_CASE(what_a_rule_allows_is_silent, boost::unit_test::data::make(all_rules())) {
  Cluster s;
  s.begin_led();
  sample.kept(s);
  const history::Verdict verdict = s.finish();
  BOOST_TEST(sentence_of(verdict) == "");
  BOOST_TEST(of(verdict).looked > 15u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
