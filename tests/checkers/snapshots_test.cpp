#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

using history::SnapshotAction;

namespace {

using Committed = CommittedEntries<4>;

}  // namespace

BOOST_AUTO_TEST_SUITE(snapshots)

BOOST_FIXTURE_TEST_CASE(a_snapshot_of_another_state, Committed) {
  const auto wrong = s.snapshot(1, 3, 999);
  const auto v = s.finish();
  BOOST_TEST(
      found(v) ==
      "snapshot_equals_prefix" + at_event(wrong) +
          "n1's snapshot up to entry 3 (taken) holds another state than applying the committed entries "
          "up to there gives.");
  BOOST_TEST(evidence(v, PropertyId::snapshot_equals_prefix) ==
             "0.000000s n1 commits entry 3 of term 1 | in term 1\n"
             "0.000000s n1 snapshot taken, up to 3 of term 1 | ");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_that_names_another_term, Committed) {
  const auto wrong = s.snapshot(1, 3, 103, SnapshotAction::taken, nullptr, 7);
  BOOST_TEST(found(s.finish()) ==
             "snapshot_equals_prefix" + at_event(wrong) +
                 "n1's snapshot up to entry 3 (taken) names term 7, but the committed entry there is of term "
                 "1.");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_with_another_configuration, Committed) {
  const Configuration wrong_one = voters({1, 2});
  const auto wrong = s.snapshot(1, 3, 103, SnapshotAction::taken, &wrong_one);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("snapshot_equals_prefix" + at_event(wrong)) == 0u, text);
  BOOST_TEST(text.find("but the one in force there is") != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_that_is_shown_before_its_last_entry_is_applied_is_judged_later,
                        Committed) {
  s.propose(1);
  s.replicate(1, 2, 5);
  s.commit(1, 5);
  const auto early = s.snapshot(1, 5, 999);
  s.apply(1, 5, 105);
  BOOST_TEST(found(s.finish()).find("snapshot_equals_prefix" + at_event(early)) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_with_the_configuration_in_force_there_passes, Committed) {
  // Entry 5 adds n4; a snapshot up to 4 holds the one before it.
  s.propose(1);
  const Configuration four = voters({1, 2, 3, 4});
  s.config(1, 5, four);
  s.replicate(1, 2, 5);
  s.replicate(1, 3, 5);
  s.commit(1, 5);
  s.apply(1, 5, 105);
  const Configuration three = voters({1, 2, 3});
  s.snapshot(1, 4, 104, SnapshotAction::taken, &three);
  s.snapshot(1, 5, 105, SnapshotAction::taken, &four);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::snapshot_equals_prefix) == "held 2");
}

BOOST_FIXTURE_TEST_CASE(a_log_compacted_beyond_its_snapshot, Committed) {
  s.snapshot(1, 2, 102);
  s.step();
  const auto wrong = s.compact(1, 4);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("compaction_bound" + at_event(wrong) +
                       "n1 dropped its log up to entry 3, but its snapshot holds only what is up to 2.") !=
                 std::string::npos,
             text);
  BOOST_TEST(text.find("no_log_gap" + at_event(wrong) +
                       "n1's log starts at entry 4, but its snapshot ends at 2: entries 3..3 are nowhere.") !=
                 std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(a_log_compacted_before_its_snapshot_is_durable, Committed) {
  const auto op = s.write(1, SnapshotLabel{Index{3}, Term{1}, 103, voters({1, 2, 3})});
  s.snapshot(1, 3, 103);
  s.step();
  const auto wrong = s.compact(1, 4);
  s.durable(1, op);
  BOOST_TEST(found(s.finish()) ==
             "compaction_bound" + at_event(wrong) +
                 "n1 dropped its log up to entry 3, but its durable snapshot holds only what is up to 0.");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_of_what_is_not_applied, Committed) {
  s.commit(2, 4);
  for (std::uint64_t i = 1; i <= 2; ++i) s.apply(2, i, 100 + i);
  s.snapshot(2, 4, 104);
  s.step();
  const auto wrong = s.compact(2, 3);
  BOOST_TEST(
      found(s.finish()) ==
      "compaction_bound" + at_event(wrong) +
          "n2 compacted its log behind a snapshot up to 4, but has applied up to 2 and committed up to "
          "4.");
}

BOOST_FIXTURE_TEST_CASE(a_durable_snapshot_and_a_log_that_starts_behind_it_pass, Committed) {
  s.save_snapshot(1, 3, 103);
  s.snapshot(1, 3, 103);
  s.step();
  s.compact(1, 3);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::compaction_bound) == "held 1");
  BOOST_TEST(line(v, PropertyId::no_log_gap) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_that_goes_back, Committed) {
  s.snapshot(1, 3, 103);
  s.step();
  const auto wrong = s.snapshot(1, 2, 102);
  BOOST_TEST(found(s.finish()) ==
             "install_monotonic" + at_event(wrong) + "n1's snapshot went back from entry 3 to entry 2.");
}

BOOST_FIXTURE_TEST_CASE(an_installation_that_takes_a_server_back, Committed) {
  s.commit(2, 4);
  for (std::uint64_t i = 1; i <= 4; ++i) s.apply(2, i, 100 + i);
  s.step();
  const auto wrong = s.snapshot(2, 3, 103, SnapshotAction::installed);
  BOOST_TEST(found(s.finish()) ==
             "install_monotonic" + at_event(wrong) +
                 "n2 installed a snapshot up to 3, although it had applied up to 4 and committed up to 4.");
}

/// Its state machine is slow: what a leader sent it is ahead of what it applied, not of what it may apply.
BOOST_FIXTURE_TEST_CASE(a_slow_state_comes_forward_by_a_snapshot_of_what_is_committed, Committed) {
  s.commit(2, 4);
  s.apply(2, 1, 101);
  s.step();
  s.snapshot(2, 3, 103, SnapshotAction::installed);
  s.apply(2, 4, 104);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(an_installation_that_drops_what_followed_its_last_entry, Committed) {
  s.commit(2, 1);
  s.step();
  s.snapshot(2, 3, 103, SnapshotAction::installed);
  s.truncate(2, 4);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("n2 installed a snapshot up to 3 and removed entries 4..4, although its log held the "
                       "snapshot's last entry.") != std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(a_conflicting_log_is_replaced_by_a_snapshot, Committed) {
  // n3's entries 1..5 of term 2, which nobody else got, go as a whole.
  s.learn_term(3, 1);
  s.campaign(3, 2);
  s.learn_term(2, 2);
  s.vote(2, 3);
  s.save_state(2);
  s.learn_term(1, 2);
  s.elect(1, 3, {2});
  s.propose(1);
  s.replicate(1, 2, 5);
  s.commit(1, 5);
  s.apply(1, 5, 105);
  s.learn_term(3, 3);
  s.step();
  s.save_snapshot(3, 4, 104);
  s.install(3, 1, 4, 104);
  s.commit(3, 4);
  s.replicate(1, 3, 5);
  s.commit(3, 5);
  s.apply(3, 5, 105);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::install_monotonic) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(a_durable_snapshot_counts_for_a_commitment_and_must_be_recovered, Committed) {
  s.learn_term(3, 1);
  s.save_snapshot(3, 4, 104);
  s.step();
  s.install(3, 1, 4, 104);
  s.commit(3, 4);
  s.propose(1);
  s.replicate(1, 3, 5);  // n1 and n3 are a majority: n3 by its snapshot and one entry
  s.commit(1, 5);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_recovers_less_than_the_durable_snapshot_holds, Committed) {
  s.learn_term(3, 1);
  s.save_snapshot(3, 4, 104);
  history::AuditPart twin;
  twin.shows = history::audit_term | history::audit_vote | history::audit_log;
  twin.term = Term{1};
  s.step();
  s.audit(3, twin);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("recovers a log up to 0, but it was durable up to 4") != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_finds_no_snapshot_or_another_state_in_it, Committed) {
  s.learn_term(3, 1);
  s.save_snapshot(3, 4, 104);
  s.step();
  s.install(3, 1, 4, 104);
  s.commit(3, 4);
  history::AuditPart twin = s.twin(3);
  twin.shows = history::audit_term | history::audit_snapshot;
  const SnapshotLabel as_labelled{Index{4}, Term{1}, 104, {}};
  s.audit(3, twin, &as_labelled);
  const SnapshotLabel of_another_state{Index{4}, Term{1}, 999, {}};
  s.audit(3, twin, &of_another_state);
  const auto wrong = s.last();
  BOOST_TEST(found(s.finish()) ==
             "label_honest" + at_event(wrong) +
                 "n3's labels say more than its disk holds: started from what the worst power loss would "
                 "leave, it finds too little: its snapshot up to 4 holds another state than its label said.");
}

BOOST_FIXTURE_TEST_CASE(a_restart_that_does_not_find_the_snapshot_that_was_durable, Committed) {
  s.snapshot(1, 2, 102);
  s.save_snapshot(1, 2, 102);
  s.learn_term(3, 1);
  s.save_snapshot(3, 4, 104);
  s.step();
  s.install(3, 1, 4, 104);
  s.crash(3);
  s.restart(3);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("n3 does not recover what its labels said: ") != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_acknowledged_before_it_is_durable, Committed) {
  s.learn_term(3, 1);
  const auto op = s.write(3, SnapshotLabel{Index{4}, Term{1}, 104, {}});
  s.step();
  s.snapshot(3, 4, 104, SnapshotAction::installed, nullptr, 1);
  const auto answer = s.has_snapshot(3, 1, 4);
  s.durable(3, op);
  BOOST_TEST(found(s.finish()) == "durable_before_reply" + at_event(answer.event) +
                                      "n3 acknowledged a snapshot up to 4 to n1 in term 1 before it was "
                                      "durable (on disk: log up to 0).");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_acknowledged_once_it_is_durable, Committed) {
  s.learn_term(3, 1);
  const auto op = s.write(3, SnapshotLabel{Index{4}, Term{1}, 104, {}});
  s.step();
  s.snapshot(3, 4, 104, SnapshotAction::installed, nullptr, 1);
  const auto waits = s.has_snapshot(3, 1, 4, Gate::waits);
  // An answer to a piece of it promises nothing.
  MessageView piece;
  piece.type = MessageType::install_snapshot_resp;
  piece.term = Term{1};
  piece.previous_index = Index{4};
  s.send(3, 1, piece);
  s.step();
  s.durable(3, op);
  s.depart(waits);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::ack_not_forgotten) == "held 2");
}

BOOST_FIXTURE_TEST_CASE(an_acknowledged_snapshot_that_a_restart_does_not_find, Committed) {
  s.notes = true;
  s.learn_term(3, 1);
  s.save_snapshot(3, 4, 104);
  s.step();
  s.install(3, 1, 4, 104);
  s.has_snapshot(3, 1, 4);
  s.crash(3);
  s.restart(3);  // with an empty log
  const auto text = found(s.finish());
  BOOST_TEST(text.find("n3 acknowledged entries up to 4 to n1 in term 1, but after its restart its log ends "
                       "at 0.") != std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_of_another_term_is_sent, Committed) {
  s.snapshot(1, 3, 103, SnapshotAction::sent);
  const auto wrong = s.snapshot(1, 3, 0, SnapshotAction::sent, nullptr, 7);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "snapshot_equals_prefix" + at_event(wrong) +
                             "n1's snapshot up to entry 3 (sent) names term 7, but the committed entry there "
                             "is of term 1.");
  BOOST_TEST(line(v, PropertyId::snapshot_equals_prefix) == "violated 2");
}

BOOST_FIXTURE_TEST_CASE(a_system_that_sends_snapshots_and_does_not_show_its_own_is_not_judged_by_them,
                        Committed) {
  s.snapshot(1, 3, 0, SnapshotAction::sent);
  s.compact(1, 4);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::compaction_bound) == "skipped 0: no server showed a snapshot");
}

BOOST_FIXTURE_TEST_CASE(a_sent_snapshot_is_not_one_of_its_own, Committed) {
  // An older one than its own goes on to a slow follower: nothing goes back.
  s.save_snapshot(1, 3, 103);
  s.snapshot(1, 3, 103);
  s.step();
  s.snapshot(1, 2, 0, SnapshotAction::sent);
  s.compact(1, 4);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_log_that_the_snapshot_contradicts_and_that_keeps_its_tail, Committed) {
  // n3's entry 5 of term 2 stands on entries that the snapshot replaces; it stays all the same.
  s.elect(3, 2, {});
  for (int i = 0; i < 5; ++i) s.propose(3, 50);
  s.elect(1, 3, {2});
  s.learn_term(3, 3);
  s.step();
  s.save_snapshot(3, 4, 104);
  s.install(3, 1, 4, 104);
  const auto wrong = s.append(3, 2, 50);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("log_matching" + at_event(wrong) +
                       "n3's log holds entry 5 of term 2, as n3's log did at") != std::string::npos,
             text);
}

namespace {

/// A server that should take a snapshot after every entry, with one entry more than its log may hold.
struct AtTheBound {
  static constexpr std::uint64_t bound = 8 + (1u << 14);
  AtTheBound() {
    s.info.nodes[0].options.snapshot_every = 1;
    s.info.nodes[0].options.trailing_entries = 0;
    s.boot_all();
    s.elect(1, 1, {});
    for (std::uint64_t i = 1; i <= bound + 2; ++i) s.append(1, 1, i);
    s.save_log(1, 1);
    s.commit(1, 1);
    s.apply(1, 1, 101);
    s.snapshot(1, 1, 101);
    s.step();
  }
  Story s{1};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_log_as_long_as_it_may_be, AtTheBound) {
  s.commit(1, bound + 1);
  BOOST_TEST(found(s.finish()).find("log_bound") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_log_that_outgrows_its_bound, AtTheBound) {
  const auto wrong = s.commit(1, bound + 2);
  BOOST_TEST(found(s.finish())
                 .find("log_bound" + at_event(wrong) +
                       "n1's log holds 16393 committed entries from 1 on (bound 16392).") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
