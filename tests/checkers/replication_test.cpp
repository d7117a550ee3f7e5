#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

struct ThreeServers {
  ThreeServers() { s.boot_all(); }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(replication)

BOOST_FIXTURE_TEST_CASE(a_leader_that_removes_its_own_entries, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.step();
  s.truncate(1, 2);
  BOOST_TEST(found(s.finish()) ==
             "leader_append_only" + at_event(s.last()) +
                 "n1 removed entries 2..2 of its own log while it was leader of term 1.");
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_has_stepped_down_may_remove_entries, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.elect(3, 2, {2});
  s.propose(3);
  s.replicate(3, 1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::leader_append_only) == "held 3");
}

BOOST_FIXTURE_TEST_CASE(two_logs_that_differ_below_an_equal_entry, ThreeServers) {
  s.at(10).elect(1, 1, {2});
  s.propose(1, 7);
  s.propose(1, 8);
  s.at(20);
  s.learn_term(2, 1);
  s.append(2, 1, 9);
  const auto wrong = s.append(2, 1, 8);
  // The first entry already differs: it has the same index and term.
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "log_matching" + at_event(EventId{wrong.value - 1}) +
                 "n2's log holds entry 1 of term 1, as n1's log did at 0.010s, but the two are not "
                 "equal up to there.");
}

BOOST_FIXTURE_TEST_CASE(a_log_without_the_consistency_check, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.elect(3, 2, {2});
  s.propose(3, 5);
  s.replicate(3, 2, 1);
  s.propose(3, 6);
  // n1 takes entry 2 of term 2 on top of its entry 1 of term 1.
  s.learn_term(1, 2);
  s.step();
  const auto wrong = s.append(1, 2, 6);
  BOOST_TEST(found(s.finish()) == "log_matching" + at_event(wrong) +
                                      "n1's log holds entry 2 of term 2, as n3's log did at 0.000s, but the "
                                      "two are not equal up to there.");
}

BOOST_FIXTURE_TEST_CASE(entries_in_flight_are_logs_as_well, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1, 7);
  s.step();
  MessageView wrong;
  wrong.type = MessageType::append_entries;
  wrong.term = Term{1};
  wrong.entries.push_back({Index{1}, Term{1}, 8});
  const auto sent = s.send(1, 2, wrong);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "log_matching" + at_event(sent.event) +
                 "n1's message holds entry 1 of term 1, as n1's log did at 0.000s, but the two are "
                 "not equal up to there.\nmessage_provenance" +
                 at_event(sent.event) +
                 "n1 sent entry 1 of term 1, but its own log holds another one there.");
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_forgot_and_made_other_entries_of_its_term, ThreeServers) {
  s.elect(1, 1, {2});
  s.step();
  s.append(1, 1, 7);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1, 7);
  s.crash(1);
  s.restart(1);
  s.role(1, Role::leader);  // its vote is its own, so it thinks
  const auto wrong = s.append(1, 1, 8);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("log_matching" + at_event(wrong)) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(only_a_leader_creates_entries, ThreeServers) {
  s.elect(1, 1, {2});
  s.learn_term(3, 1);
  s.step();
  const auto wrong = s.append(3, 1, 5);
  BOOST_TEST(found(s.finish()) ==
             "entry_creator" + at_event(wrong) +
                 "n3 appended entry 1 of term 1, which no log and no message held before; "
                 "only n1, the leader of term 1, may create entries of that term.");
}

BOOST_FIXTURE_TEST_CASE(a_leader_creates_entries_of_its_own_term_only, ThreeServers) {
  s.elect(1, 3, {2});
  s.step();
  const auto wrong = s.append(1, 2);
  BOOST_TEST(found(s.finish()) ==
             "entry_creator" + at_event(wrong) +
                 "n1 appended entry 1 of term 2, which no log and no message held before; "
                 "only the leader of term 2, which nobody was, may create entries of that "
                 "term.");
}

BOOST_FIXTURE_TEST_CASE(an_entry_first_seen_in_a_message_has_a_creator, ThreeServers) {
  // The leader's step was cut by a crash after the send: its log never showed the entry.
  s.elect(1, 1, {2});
  s.step();
  MessageView sent;
  sent.type = MessageType::append_entries;
  sent.term = Term{1};
  sent.entries.push_back({Index{1}, Term{1}, 8});
  const auto flying = s.send(1, 2, sent);
  s.crash(1);
  s.recv(flying);
  s.append(2, 1, 8);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(acknowledged_entries_removed_without_a_later_leader, ThreeServers) {
  s.at(10).elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.at(20);
  s.truncate(2, 2);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "ack_not_forgotten" + at_event(s.last()) +
                 "n2 removed entries 2..2 in term 1, although it had acknowledged up to 2 to n1 in "
                 "that term.");
  BOOST_TEST(evidence(v, PropertyId::ack_not_forgotten) ==
             "0.010000s n2 acknowledges up to 2 to n1, term 1 | \n0.020000s n2 removes entries 2..2 | ");
}

BOOST_FIXTURE_TEST_CASE(an_acknowledgement_that_leaves_once_its_entry_was_replaced_binds_no_more,
                        ThreeServers) {
  Story t(5);
  t.boot_all();
  t.elect(1, 1, {2, 3});
  t.propose(1);
  t.recv(t.append_entries(1, 2, 0));
  t.append(2, 1);
  const auto first = t.write_entries(2, 1, 1);
  const auto ack = t.acknowledge(2, 1, 1, 1, Gate::waits);
  t.elect(4, 2, {3, 5});
  t.propose(4);
  t.learn_term(2, 2);
  t.recv(t.append_entries(4, 2, 0));
  t.truncate(2, 1);
  t.append(2, 2);
  const auto second = t.write_entries(2, 1, 1);
  t.step();
  t.durable(2, first);
  t.depart(ack);
  t.durable(2, second);
  t.crash(2);
  t.restart(2);
  BOOST_TEST(found(t.finish()).find("ack_not_forgotten") == std::string::npos);
}

/// n2 has acknowledged two entries, of which n3 has the first alone.
struct Acknowledged : ThreeServers {
  Acknowledged() {
    s.at(10).elect(1, 1, {2});
    s.propose(1);
    s.propose(1);
    s.replicate(1, 3, 1);
    s.replicate(1, 2, 2);
  }
};

/// n2's disk loses the second, and then somebody asks for votes.
struct Decayed : Acknowledged {
  Decayed() {
    s.decay(2, 2);
    s.crash(2);
    s.restart(2);
    s.at(20);
  }
};

BOOST_FIXTURE_TEST_CASE(a_server_whose_disk_lost_what_it_acknowledged_elects_one_who_lacks_it, Decayed) {
  s.elect(3, 2, {2});
  BOOST_TEST(found(s.finish())
                 .find("n2 voted for n3 in term 2, although it had acknowledged up to entry 2 "
                       "of term 1, which n3's log does not reach: its own disk had lost that, "
                       "and it does not have it again yet.") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_server_whose_disk_lost_what_it_acknowledged_campaigns_without_it, Decayed) {
  s.elect(2, 2, {3});
  BOOST_TEST(found(s.finish()).find("n2 voted for n2 in term 2, although") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_server_whose_disk_lost_what_it_acknowledged_elects_one_who_has_it, Decayed) {
  s.elect(1, 2, {2});
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_server_cannot_know_what_its_disk_lost_with_the_power, Acknowledged) {
  s.crash(2);
  s.decay(2, 2);
  s.restart(2);
  s.elect(3, 2, {2});
  BOOST_TEST(found(s.finish()).find("ack_not_forgotten") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_server_that_has_it_again_votes_as_before, Decayed) {
  s.replicate(1, 2, 2);
  s.save_log(2, 2);
  s.elect(2, 2, {1});
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_later_leader_may_remove_acknowledged_entries, ThreeServers) {
  Story t(5);
  t.boot_all();
  t.elect(1, 1, {2, 3});
  t.propose(1);
  t.replicate(1, 2, 1);
  t.elect(4, 2, {3, 5});
  t.propose(4);
  t.replicate(4, 2, 1);
  t.crash(2);
  t.restart(2);
  BOOST_TEST(found(t.finish()) == "held");
}

/// n2 acknowledged entry 1 to n1 in term 1; n4 leads in term 2 with the majority and another entry 1, of
/// which n2's disk keeps a snapshot. A crash comes before n2 has answered.
struct ReplacedBySnapshot {
  ReplacedBySnapshot() {
    s.boot_all();
    s.elect(1, 1, {2, 3});
    s.propose(1);
    s.replicate(1, 2, 1);
    s.elect(4, 2, {3, 5});
    s.propose(4);
    s.replicate(4, 3, 1);
    s.replicate(4, 5, 1);
    s.commit(4, 1);
    s.apply(4, 1, 101);
  }
  /// Of what n2's disk has: of the entry that term 2 brought.
  void keeps_snapshot() { s.durable(2, s.write(2, SnapshotLabel{Index{1}, Term{2}, 101, {}})); }
  void restarts_from_it() {
    s.crash(2);
    s.begin_boot(2);
    s.step();
    s.term(2, 2);
    s.snapshot(2, 1, 101, history::SnapshotAction::recovered, nullptr, 2);
    s.note(2, NoteKind::recovered, 1, 2);
  }
  Story s{5};
};

BOOST_FIXTURE_TEST_CASE(a_later_leader_s_snapshot_may_replace_acknowledged_entries, ReplacedBySnapshot) {
  s.learn_term(2, 2);
  keeps_snapshot();
  restarts_from_it();
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_replaces_no_entries_of_the_same_term, ReplacedBySnapshot) {
  keeps_snapshot();
  restarts_from_it();
  const auto text = found(s.finish());
  BOOST_TEST(text.find("n2 acknowledged entries up to 1 to n1 in term 1, but after its restart its log ") !=
                 std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_does_not_replace_what_lies_behind_it, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.commit(1, 1);
  s.apply(1, 1, 101);
  s.learn_term(2, 2);
  s.save_snapshot(2, 1, 101);
  s.crash(2);
  s.begin_boot(2);
  s.step();
  s.term(2, 2);
  s.snapshot(2, 1, 101, history::SnapshotAction::recovered, nullptr, 1);
  s.note(2, NoteKind::recovered, 1, 2);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("n2 acknowledged entries up to 2 to n1 in term 1, but after its restart its log ends "
                       "at 1.") != std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_of_its_own_replaces_nothing, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.commit(1, 1);
  s.apply(1, 1, 101);
  s.step();
  s.recv(s.append_entries(1, 2, 1));
  s.commit(2, 1);
  s.learn_term(2, 2);
  s.write(2, SnapshotLabel{Index{1}, Term{1}, 101, {}});  // not durable yet
  s.crash(2);
  s.begin_boot(2);
  s.step();
  s.term(2, 2);
  s.note(2, NoteKind::recovered, 0, 2);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("n2 acknowledged entries up to 1 to n1 in term 1, but after its restart its log ends "
                       "at 0.") != std::string::npos,
             text);
}

BOOST_FIXTURE_TEST_CASE(acknowledged_entries_missing_after_a_restart, ThreeServers) {
  s.at(10).elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.at(20);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  s.append(2, 1);
  s.durable(2, s.write_entries(2, 1, 1));
  const auto op = s.write_entries(2, 2, 2);
  const auto early = s.acknowledge(2, 1, 1, 2);
  static_cast<void>(op);
  s.at(30).crash(2);
  s.at(40).restart(2);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "durable_before_reply" + at_event(early.event) +
                             "n2 acknowledged entries up to 2 to n1 in term 1 before they were durable (on "
                             "disk: log up to 1).\nack_not_forgotten" +
                             at_event(s.last()) +
                             "n2 acknowledged entries up to 2 to n1 in term 1, but after its restart its log "
                             "ends at 1.");
}

BOOST_FIXTURE_TEST_CASE(a_former_leader_proves_a_log_after_a_later_one_was_not_heard, ThreeServers) {
  // n2 reads its log back and hears nothing of term 2; then comes what n1, the leader of term 1, had sent.
  s.elect(1, 1, {2});
  s.propose(1);
  s.replicate(1, 2, 1);
  s.replicate(1, 3, 1);
  s.save_state(2);
  s.save_log(2, 1);
  s.step();
  const auto of_the_former = s.append_entries(1, 2, 1);
  s.crash(2);
  s.elect(3, 2, {1});
  s.begin_boot(2);
  s.step();
  s.recv(s.append_entries(3, 2, 0));
  s.end_boot(2);
  s.step();
  s.recv(of_the_former);
  s.acknowledge(2, 1, 1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::ack_bounded) == "held 3");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
