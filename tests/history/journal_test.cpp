#include <boost/test/unit_test.hpp>
#include <vector>

#include "history/journal.hpp"
#include "history/verdict.hpp"
#include "tests/print.hpp"

namespace raftsim::history {
namespace {

class Notebook final : public Observer {
 public:
  explicit Notebook(EventKinds wanted) : wanted_(wanted) {}
  EventKinds kinds() const override { return wanted_; }
  void on_event(const Event& event, const Details& details) override {
    ids.push_back(event.id);
    texts.emplace_back(details.text);
    has_details.push_back(event.has_details);
  }
  std::vector<EventId> ids;
  std::vector<std::string> texts;
  std::vector<int> has_details;

 private:
  EventKinds wanted_;
};

EventId emit(Journal& journal, EventKind kind) {
  Event e;
  e.kind = kind;
  return journal.emit(e);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal)

BOOST_AUTO_TEST_CASE(events_are_numbered_densely_from_one) {
  Journal journal;
  BOOST_TEST(journal.last() == EventId{0});
  BOOST_TEST(emit(journal, EventKind::send) == EventId{1});
  BOOST_TEST(emit(journal, EventKind::recv) == EventId{2});
  BOOST_TEST(journal.last() == EventId{2});
}

BOOST_AUTO_TEST_CASE(each_observer_sees_its_kinds_once_in_order) {
  Journal journal;
  Notebook all(EventKinds::all());
  Notebook ends({EventKind::send, EventKind::goal});
  Notebook none({});
  for (Notebook* n : {&all, &ends, &none}) journal.subscribe(*n);
  for (const EventKind kind : {EventKind::send, EventKind::recv, EventKind::goal}) emit(journal, kind);
  BOOST_TEST(all.ids == (std::vector{EventId{1}, EventId{2}, EventId{3}}), boost::test_tools::per_element());
  BOOST_TEST(ends.ids == (std::vector{EventId{1}, EventId{3}}), boost::test_tools::per_element());
  BOOST_TEST(none.ids.empty());
}

BOOST_AUTO_TEST_CASE(details_without_content_hash_like_none) {
  Journal with;
  Journal without;
  Notebook notebook(EventKinds::all());
  with.subscribe(notebook);
  Event e;
  e.has_details = 1;  // whatever was there before
  with.emit(e, Details{});
  Event f;
  without.emit(f);
  BOOST_TEST((with.hash().digest() == without.hash().digest()));
  Details d;
  d.text = "why";
  with.emit(e, d);
  BOOST_TEST(notebook.texts == (std::vector<std::string>{"", "why"}), boost::test_tools::per_element());
  BOOST_TEST(notebook.has_details == (std::vector{0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_hash_does_not_depend_on_who_watches) {
  Journal watched;
  Journal alone;
  Notebook notebook(EventKinds::all());
  watched.subscribe(notebook);
  for (Journal* j : {&watched, &alone}) emit(*j, EventKind::crash);
  BOOST_TEST((watched.hash().digest() == alone.hash().digest()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(properties_are_found_by_their_names) {
  for (const PropertyInfo& p : properties()) {
    BOOST_TEST((property_named(p.name) == p.id), p.name);
    BOOST_TEST(info(p.id).name == p.name);
    BOOST_TEST(!p.statement.empty());
  }
  BOOST_TEST(properties().size() == std::size_t{property_count});
  BOOST_TEST(!property_named("election_safty").has_value());
}

BOOST_AUTO_TEST_CASE(the_headline_is_the_first_outcome_and_the_start_is_the_earliest_event) {
  Verdict v;
  BOOST_TEST(v.headline() == nullptr);
  BOOST_TEST(v.first_broken() == nullptr);
  v.violations = {{PropertyId::vote_quorum, EventId{20}, {}, "", {}},
                  {PropertyId::election_safety, EventId{30}, {}, "", {}},
                  {PropertyId::log_matching, EventId{40}, {}, "", {}},
                  {PropertyId::durable_before_reply, EventId{10}, {}, "", {}}};
  BOOST_TEST((v.headline()->id == PropertyId::election_safety));
  BOOST_TEST((v.first_broken()->id == PropertyId::durable_before_reply));
  v.violations.erase(v.violations.begin() + 1, v.violations.begin() + 3);
  BOOST_TEST((v.headline()->id == PropertyId::vote_quorum));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
