#include <boost/test/unit_test.hpp>

#include "tests/history/story.hpp"
#include "tests/print.hpp"

namespace raftsim::history {

BOOST_AUTO_TEST_SUITE(cluster_view)

BOOST_AUTO_TEST_CASE(before_anything_happens_all_nodes_are_down) {
  const ClusterView view(3);
  BOOST_TEST(view.size() == 3u);
  for (const NodeState& n : view.nodes()) BOOST_TEST(!n.up);
  BOOST_TEST(!view.leader().has_value());
  BOOST_TEST(view.leaders() == 0u);
}

BOOST_AUTO_TEST_CASE(the_leader_is_the_running_one_of_the_highest_term) {
  Story s(3);
  s.boot_all().role(1, Role::leader, 2);
  BOOST_TEST((s.cluster.leader() == NodeId{1}));
  // n1 was cut off and does not know that n3 won term 3.
  s.role(3, Role::candidate, 3).role(3, Role::leader, 3);
  BOOST_TEST((s.cluster.leader() == NodeId{3}));
  BOOST_TEST(s.cluster.leaders() == 2u);
  BOOST_TEST(s.cluster.counts().elections_won == 2u);
  s.happens(EventKind::crash, 3);
  BOOST_TEST((s.cluster.leader() == NodeId{1}));
  BOOST_TEST((s.cluster.last_crashed() == NodeId{3}));
  BOOST_TEST(s.cluster.counts().crashes == 1u);
}

BOOST_AUTO_TEST_CASE(a_crash_forgets_what_was_volatile_and_a_boot_starts_from_nothing) {
  Story s(1);
  s.boot(1).role(1, Role::leader, 4).change(EventKind::vote, 1, 1).change(EventKind::leader, 1, 1);
  s.append(1, 1, 4).commit(1, 1).apply(1, 1).happens(EventKind::pause, 1);
  BOOST_TEST(s.node(1).paused);
  s.happens(EventKind::crash, 1);
  BOOST_TEST(!s.node(1).up);
  BOOST_TEST(!s.node(1).paused);
  BOOST_TEST((s.node(1).role == Role::follower));
  BOOST_TEST(!s.node(1).leader.has_value());
  BOOST_TEST(s.node(1).commit == Index{0});
  BOOST_TEST(s.node(1).applied == Index{0});
  BOOST_TEST(s.node(1).term == Term{4});
  BOOST_TEST((s.node(1).vote == NodeId{1}));
  BOOST_TEST(s.node(1).last == Index{1});
  s.boot(1, 2);
  BOOST_TEST(s.node(1).up);
  BOOST_TEST(s.node(1).incarnation == 2u);
  BOOST_TEST(s.node(1).term == Term{0});
  BOOST_TEST(s.node(1).last == Index{0});
  BOOST_TEST(!s.node(1).vote.has_value());
}

BOOST_AUTO_TEST_CASE(the_last_term_is_known_after_a_truncation) {
  Story s(1);
  s.boot(1).append(1, 1, 1).append(1, 2, 1).append(1, 3, 4).append(1, 4, 4);
  BOOST_TEST(s.node(1).last_term == Term{4});
  s.truncate(1, 4);
  BOOST_TEST(s.node(1).last == Index{3});
  BOOST_TEST(s.node(1).last_term == Term{4});
  s.truncate(1, 3);
  BOOST_TEST(s.node(1).last == Index{2});
  BOOST_TEST(s.node(1).last_term == Term{1});
  s.truncate(1, 1);
  BOOST_TEST(s.node(1).last == Index{0});
  BOOST_TEST(s.node(1).last_term == Term{0});
  // An entry in the place of others, without a truncation told, replaces them.
  s.append(1, 1, 5).append(1, 2, 6).append(1, 1, 7);
  BOOST_TEST(s.node(1).last == Index{1});
  BOOST_TEST(s.node(1).last_term == Term{7});
}

BOOST_AUTO_TEST_CASE(of_a_log_with_very_many_terms_the_newest_are_known) {
  Story s(1);
  s.boot(1);
  for (std::uint64_t i = 1; i <= 100'000; ++i) s.append(1, i, 10 + i);
  for (std::uint64_t back = 1; back < 256; ++back) {
    s.truncate(1, 100'001 - back);
    BOOST_REQUIRE_EQUAL(s.node(1).last_term.value, 10 + 100'000 - back);
  }
  // Further back it is not known, and said to be so; nothing was kept of it.
  s.truncate(1, 5);
  BOOST_TEST(s.node(1).last == Index{4});
  BOOST_TEST(s.node(1).last_term == Term{0});
  BOOST_TEST(s.cluster.term_runs() <= 512u);
  s.append(1, 5, 200'000);
  BOOST_TEST(s.node(1).last_term == Term{200'000});
}

BOOST_AUTO_TEST_CASE(an_installed_snapshot_moves_a_log_that_ends_before_it) {
  Story s(1);
  s.boot(1).append(1, 1, 1).snapshot(1, SnapshotAction::taken, 9, 3);
  BOOST_TEST(s.node(1).last == Index{1});
  s.snapshot(1, SnapshotAction::installed, 9, 3);
  BOOST_TEST(s.node(1).last == Index{9});
  BOOST_TEST(s.node(1).last_term == Term{3});
  BOOST_TEST(s.node(1).applied == Index{9});
}

BOOST_AUTO_TEST_CASE(the_role_before_a_step_is_kept_through_all_changes_of_the_step) {
  Story s(1);
  s.boot(1).step().role(1, Role::candidate, 2);
  s.step().role(1, Role::pre_candidate, 2).role(1, Role::candidate, 3);
  BOOST_TEST((s.node(1).role_entering_step_of(s.last) == Role::candidate));
  BOOST_TEST((s.node(1).role == Role::candidate));
  s.step().happens(EventKind::note, 1);
  BOOST_TEST((s.node(1).role_entering_step_of(s.last) == Role::candidate));
}

BOOST_AUTO_TEST_CASE(a_halt_takes_a_node_down_without_counting_as_a_crash) {
  Story s(2);
  s.boot_all().role(2, Role::leader, 1).happens(EventKind::halt, 2);
  BOOST_TEST(!s.node(2).up);
  BOOST_TEST(s.cluster.leaders() == 0u);
  BOOST_TEST(s.cluster.counts().crashes == 0u);
  BOOST_TEST(!s.cluster.last_crashed().has_value());
}

BOOST_AUTO_TEST_CASE(a_node_that_joins_later_finds_room) {
  Story s(1);
  s.boot(4);
  BOOST_TEST(s.cluster.size() == 4u);
  BOOST_TEST(s.node(4).up);
  BOOST_TEST(s.node(4).id == NodeId{4});
  BOOST_TEST(!s.node(3).up);
}

BOOST_AUTO_TEST_CASE(operations_answered_ok_are_counted) {
  Story s(1);
  s.operation_ok().operation_ok();
  BOOST_TEST(s.cluster.counts().operations_ok == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
