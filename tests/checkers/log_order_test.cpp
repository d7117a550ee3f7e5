#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

using Committed = CommittedEntries<3>;

}  // namespace

BOOST_AUTO_TEST_SUITE(log_order)

BOOST_FIXTURE_TEST_CASE(a_term_that_falls_along_a_log, Committed) {
  s.learn_term(3, 5);
  s.elect(1, 6, {2, 3});
  s.propose(1);
  s.step();
  const auto wrong = s.append(1, 5);
  const auto v = s.finish();
  BOOST_TEST(found(v).find("log_term_order" + at_event(wrong) +
                           "n1's log goes from term 6 at entry 4 back to term 5 at entry 5.") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_entry_of_a_term_that_its_server_has_not_reached, Committed) {
  const auto wrong = s.append(2, 9);
  BOOST_TEST(found(s.finish())
                 .find("log_term_order" + at_event(wrong) +
                       "n2 appended entry 4 of term 9, although it is only in term 1.") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(terms_go_on_behind_a_snapshot, Committed) {
  // n3's log starts behind entries of terms 1 and 3.
  s.elect(1, 3, {2});
  s.propose(1);
  s.replicate(1, 2, 4);
  s.commit(1, 4);
  s.apply(1, 4, 104);
  s.step();
  s.learn_term(3, 3);
  s.step();
  s.save_snapshot(3, 4, 104);
  s.install(3, 1, 4, 104);
  s.commit(3, 4);
  s.propose(1);
  s.replicate(1, 3, 5);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
}

BOOST_FIXTURE_TEST_CASE(an_entry_that_is_left_out, Committed) {
  s.commit(2, 3);
  s.apply(2, 1, 101);
  const auto wrong = s.apply(2, 3, 103);
  BOOST_TEST(found(s.finish()) == "contiguous_apply" + at_event(wrong) +
                                      "n2 applied entry 3 when its state was that after entry 1.");
}

BOOST_FIXTURE_TEST_CASE(an_entry_that_is_applied_again, Committed) {
  const auto wrong = s.apply(1, 3, 103);
  BOOST_TEST(found(s.finish()) == "contiguous_apply" + at_event(wrong) +
                                      "n1 applied entry 3 when its state was that after entry 3.");
}

BOOST_FIXTURE_TEST_CASE(a_start_in_the_middle_without_a_snapshot, Committed) {
  s.commit(2, 3);
  const auto wrong = s.apply(2, 2, 102);
  BOOST_TEST(found(s.finish()) == "contiguous_apply" + at_event(wrong) + "n2 began by applying entry 2.");
}

BOOST_FIXTURE_TEST_CASE(applying_goes_on_behind_an_installed_snapshot, Committed) {
  s.learn_term(3, 1);
  s.step();
  s.save_snapshot(3, 3, 103);
  s.install(3, 1, 3, 103);
  s.commit(3, 3);
  s.propose(1);
  s.replicate(1, 2, 4);
  s.commit(1, 4);
  s.apply(1, 4, 104);
  s.replicate(1, 3, 4);
  s.commit(3, 4);
  s.apply(3, 4, 104);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::contiguous_apply) == "held 5");
}

BOOST_FIXTURE_TEST_CASE(a_committed_entry_is_removed_by_who_knows_it, Committed) {
  s.commit(2, 3);
  s.step();
  s.truncate(2, 3);
  BOOST_TEST(found(s.finish()).find("n2 removed entries 3..3, although it had committed up to 3.") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_committed_entry_is_removed_by_who_does_not_know_it, Committed) {
  s.elect(3, 2, {});
  s.learn_term(2, 2);
  s.step();
  s.truncate(2, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v).find("n2 removed entries 2..3, although entry 2 is committed.") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_older_leader_replaces_the_copy_of_who_has_not_heard_of_the_term_of_the_commit) {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.replicate(1, 4, 1);
  s.elect(5, 2, {2, 3});
  s.propose(5);
  s.elect(1, 3, {2, 3});
  s.propose(1);
  s.replicate(1, 2, 2);
  s.replicate(1, 3, 2);
  s.commit(1, 2);  // entry 1 of term 1 with it; n4 did not count
  s.step();
  s.replicate(5, 4, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::committed_never_truncated) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_conflicting_tail_goes_and_the_commit_index_starts_anew_with_a_restart, Committed) {
  s.propose(1);  // entry 4 of term 1, on n1 only
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 4);
  s.commit(2, 4);
  s.step();
  s.replicate(2, 1, 4);
  s.crash(1);
  s.restart(1);
  s.step();
  s.commit(1, 1);  // below what it knew before: volatile
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::committed_never_truncated) == "held 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
