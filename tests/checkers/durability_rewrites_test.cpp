// Writes that replace others, or stand behind others, and what a crash leaves of them.
#include <boost/test/unit_test.hpp>
#include <utility>

#include "checkers/durable_shadow.hpp"
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

/// Other worlds tell of losses while a server runs, too.
struct LossAmidTheLog : SnapshotAmidTheLog {
  void write_on(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i <= last; ++i) {
      s.step();
      s.propose(1);
      s.append(2, 1);
      s.save_log(2, i);
    }
  }
  /// Entries 2 and 3 are durable, and nothing is on its way.
  void write_again() {
    s.durable(2, covered);
    s.save_log(2, 2);
  }
  /// What is said where only the snapshot is found.
  static std::string found_too_little(std::uint64_t last) {
    return "recovers a log up to 2, but it was durable up to " + std::to_string(last);
  }
};

BOOST_FIXTURE_TEST_CASE(what_was_written_behind_a_loss_need_not_be_found_however_long_ago_that_was,
                        LossAmidTheLog) {
  s.lost(2, covered);
  s.audit(2, up_to_snapshot);
  // More writes than a judge keeps of those that are on their way.
  write_on(4, 4'200);
  s.audit(2, up_to_snapshot);
  // What it acknowledges must survive, all the same.
  s.acknowledge(2, 1, 1, 4'100);
  s.audit(2, up_to_snapshot);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find("label_honest" + at_event(s.last())) != std::string::npos, v);
  BOOST_TEST(v.find(found_too_little(4'100)) != std::string::npos, v);
}

BOOST_FIXTURE_TEST_CASE(what_becomes_durable_behind_a_loss_that_was_told_before_need_not_be_found_either,
                        LossAmidTheLog) {
  write_again();
  const auto front = s.write_entries(2, 2, 2);
  const auto behind = s.write_entries(2, 3, 3);
  const auto last = s.write_entries(2, 2, 2);
  s.lost(2, front);
  s.lost(2, last);
  s.step();
  s.durable(2, behind);
  s.audit(2, up_to_snapshot);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_lost_vote_takes_no_entries_that_are_written_behind_it, LossAmidTheLog) {
  write_again();
  const history::AuditPart early = s.twin(2);
  s.lost(2, s.write(2, HardStateLabel{Term{1}, NodeId{1}}));
  write_on(4, 5);
  s.audit(2, early);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find("label_honest" + at_event(s.last())) != std::string::npos, v);
}

BOOST_FIXTURE_TEST_CASE(a_loss_of_before_a_restart_excuses_nothing_of_after_it, LossAmidTheLog) {
  write_again();
  s.lost(2, s.write_entries(2, 2, 2));
  s.save_log(2, 3);
  s.crash(2);
  s.restart(2);
  const history::AuditPart recovered = s.twin(2);
  write_on(4, 5);
  s.audit(2, recovered);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find("label_honest" + at_event(s.last())) != std::string::npos, v);
}

BOOST_FIXTURE_TEST_CASE(what_was_lost_itself_stands_behind_no_loss, LossAmidTheLog) {
  // The same entries again and again: the first write is durable, the others are lost, the last first.
  const auto all = s.write_entries(2, 2, 3);
  const auto front = s.write_entries(2, 2, 2);
  const auto behind = s.write_entries(2, 3, 3);
  s.lost(2, behind);
  s.lost(2, front);
  s.step();
  s.durable(2, all);
  s.durable(2, covered);
  s.audit(2, up_to_snapshot);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find(found_too_little(3)) != std::string::npos, v);
}

BOOST_FIXTURE_TEST_CASE(what_was_written_behind_a_loss_is_to_be_found_once_a_snapshot_covers_it,
                        SnapshotAmidTheLog) {
  s.lost(2, covered);
  s.commit(1, 3);
  s.commit(2, 3);
  s.apply(2, 3, 103);
  s.save_snapshot(2, 3, 103);
  s.audit(2, up_to_snapshot);
  const std::string v = found(s.finish());
  BOOST_TEST(v.find("label_honest" + at_event(s.last())) != std::string::npos, v);
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_of_writes_that_were_lost) {
  const Canonical can;
  DurableShadow disk;
  TailLog log;
  history::Event event;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    event.disk.op = DiskOp{i};
    const Label label = EntriesLabel{.first = Index{i}, .last = Index{i}, .last_term = Term{1}, .chain = i};
    log.put(Index{i}, LogEntry{i, 0, Term{1}}, can);
    disk.write(event, label, log, can);
    BOOST_TEST_REQUIRE(disk.kept_writes() == 1u);
    disk.lost(event, label);
    BOOST_TEST_REQUIRE(disk.kept_writes() == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
