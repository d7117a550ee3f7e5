// As traps_test.cpp: legal Raft that looks wrong, with snapshots.
#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

BOOST_AUTO_TEST_SUITE(traps_of_snapshots)

BOOST_AUTO_TEST_CASE(an_installed_snapshot_moves_commit_and_applied_and_a_restart_lowers_both) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  for (int i = 0; i < 4; ++i) s.propose(1);
  s.replicate(1, 2, 4);
  s.commit(1, 4);
  for (std::uint64_t i = 1; i <= 4; ++i) s.apply(1, i, 100 + i);
  s.learn_term(3, 1);
  s.step();
  s.save_snapshot(3, 2, 102);
  s.install(3, 1, 2, 102);
  s.commit(3, 2);
  s.replicate(1, 3, 4);
  s.commit(3, 4);
  s.apply(3, 3, 103);
  s.apply(3, 4, 104);
  s.crash(1);
  s.restart(1);
  s.elect(2, 2, {3});
  s.propose(2);
  s.replicate(2, 3, 5);
  s.commit(2, 5);
  s.learn_term(1, 2);
  s.commit(1, 1);
  s.apply(1, 1, 101);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(a_leader_whose_snapshot_becomes_durable_only_after_its_election) {
  // It received the snapshot as a follower and knows by it, not by counting, that entry 1 is committed.
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.apply(1, 1, 101);
  const auto op = s.write(2, SnapshotLabel{Index{1}, Term{1}, 101, {}});
  s.elect(2, 2, {3});
  s.step();
  s.durable(2, op);
  s.snapshot(2, 1, 101, history::SnapshotAction::installed);
  s.commit(2, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::no_old_term_commit) == "held 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
