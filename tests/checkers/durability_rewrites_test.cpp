// Writes that replace others, or stand behind others, and what a crash leaves of them.
#include <boost/test/unit_test.hpp>
#include <utility>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

struct ThreeServers {
  ThreeServers() { s.boot_all(); }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(durability_of_rewrites)

/// n2 writes entry 1 of term 1, and before that is durable, entry 1 of term 2 instead, by n4. Their
/// operations.
std::pair<std::uint64_t, std::uint64_t> an_entry_and_its_replacement_on_their_way(Story& s) {
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  const auto replaced = s.write_entries(2, 1, 1);
  s.elect(4, 2, {3, 5});
  s.learn_term(2, 2);
  s.propose(4);
  s.truncate(2, 1);
  s.append(2, 2);
  return {replaced, s.write_entries(2, 1, 1)};
}

BOOST_AUTO_TEST_CASE(entries_written_behind_others_that_are_lost_are_not_found_behind_what_those_replaced) {
  for (const bool replacing_is_durable : {false, true}) {
    Story s(5);
    const auto [replaced, replacing] = an_entry_and_its_replacement_on_their_way(s);
    s.propose(4);
    s.append(2, 2);
    const auto behind = s.write_entries(2, 2, 2);
    s.step();
    s.durable(2, replaced);
    if (replacing_is_durable) s.durable(2, replacing);
    s.crash_keeping(2, behind);
    s.restart(2);
    BOOST_TEST(found(s.finish()) ==
               (replacing_is_durable ? "label_honest" + at_event(s.last()) +
                                           "n2 does not recover what its labels said: its log was durable up "
                                           "to 2, but what it recovered ends at 1."
                                     : "held"));
  }
}

BOOST_AUTO_TEST_CASE(what_survives_behind_a_write_that_the_crash_took_need_not_be_found) {
  Story s(5);
  const auto [replaced, replacing] = an_entry_and_its_replacement_on_their_way(s);
  s.crash_keeping(2, replacing);
  s.restart(2);
  const history::Verdict verdict = s.finish();
  BOOST_TEST(found(verdict) == "held");
  BOOST_TEST(line(verdict, PropertyId::label_honest).find("held") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_write_on_its_way_replaces_need_not_be_found_though_it_became_durable_since) {
  Story s(5);
  const auto [replaced, replacing] = an_entry_and_its_replacement_on_their_way(s);
  s.step();
  s.durable(2, replaced);
  s.audit(2, s.twin(4));
  s.durable(2, replacing);
  s.audit(2, s.twin(1));
  BOOST_TEST(found(s.finish()) ==
             "label_honest" + at_event(s.last()) +
                 "n2's labels say more than its disk holds: started from what the worst power loss would "
                 "leave, it recovers term 1, but term 2 was durable.");
}

BOOST_AUTO_TEST_CASE(what_a_truncation_on_its_way_removes_is_neither_found_for_certain_nor_to_be_promised) {
  for (const bool promised : {false, true}) {
    Story s(5);
    s.boot_all();
    s.elect(1, 1, {2, 3});
    s.propose(1);
    s.recv(s.append_entries(1, 2, 0));
    s.append(2, 1);
    const auto removed = s.write_entries(2, 1, 1);
    s.elect(4, 2, {3, 5});
    s.learn_term(2, 2);
    s.truncate(2, 1);
    s.write(2, TruncateLabel{Index{1}});
    const history::AuditPart empty = s.twin(2);
    s.step();
    s.durable(2, removed);
    if (promised) {
      const auto early = s.acknowledge(2, 4, 2, 1);
      const std::string all = found(s.finish());
      BOOST_TEST(all.find("durable_before_reply" + at_event(early.event) +
                          "n2 acknowledged entries up to 1 to n4 in term 2 before they were durable "
                          "(on disk: log up to 0).") != std::string::npos);
    } else {
      s.audit(2, empty);
      BOOST_TEST(found(s.finish()) == "held");
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_write_of_the_same_entries_once_more_takes_nothing_away, ThreeServers) {
  s.elect(1, 1, {2});
  for (int k = 0; k < 3; ++k) s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  for (int k = 0; k < 3; ++k) s.append(2, 1);
  const auto first = s.write_entries(2, 1, 2);
  s.write_entries(2, 1, 3);
  s.step();
  s.durable(2, first);
  s.acknowledge(2, 1, 1, 2);
  BOOST_TEST(found(s.finish()) == "held");
}

/// n2 holds entry 1, a snapshot up to 2 and entry 3, all durable; entry 2 is on its way to its log.
struct SnapshotAmidTheLog : ThreeServers {
  SnapshotAmidTheLog() {
    s.elect(1, 1, {2});
    s.propose(1);
    s.propose(1);
    up_to_snapshot = s.twin(1);
    s.propose(1);
    s.replicate(1, 3, 3);
    s.replicate(1, 2, 1);
    s.commit(1, 2);
    s.recv(s.append_entries(1, 2, 1));
    s.append(2, 1);
    s.append(2, 1);
    covered = s.write_entries(2, 2, 2);
    const auto behind = s.write_entries(2, 3, 3);
    s.commit(2, 2);
    s.apply(2, 1, 101);
    s.apply(2, 2, 102);
    s.save_snapshot(2, 2, 102);
    s.step();
    s.durable(2, behind);
  }
  std::string too_little() const {
    return "label_honest" + at_event(s.last()) +
           "n2's labels say more than its disk holds: started from what the worst power loss would leave, it "
           "recovers a log up to 2, but it was durable up to 3.";
  }
  history::AuditPart up_to_snapshot;
  std::uint64_t covered = 0;
};

BOOST_FIXTURE_TEST_CASE(what_only_a_snapshot_connects_with_the_log_before_need_not_be_found,
                        SnapshotAmidTheLog) {
  s.audit(2, up_to_snapshot);
  s.durable(2, covered);
  s.audit(2, up_to_snapshot);
  const std::string v = found(s.finish());
  BOOST_TEST(v == too_little());
}

BOOST_FIXTURE_TEST_CASE(who_acknowledges_what_only_a_snapshot_connects_must_find_it, SnapshotAmidTheLog) {
  // Whether its recovery begins behind the snapshot is not known: it may say so.
  s.acknowledge(2, 1, 1, 3);
  s.audit(2, s.twin(1));
  s.audit(2, up_to_snapshot);
  const std::string v = found(s.finish());
  BOOST_TEST(v == too_little());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
