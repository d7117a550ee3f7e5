#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

struct ThreeServers {
  ThreeServers() { s.boot_all(); }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(durability)

BOOST_FIXTURE_TEST_CASE(a_vote_that_leaves_before_it_is_durable, ThreeServers) {
  s.at(5);
  s.term(2, 7);
  s.vote(2, 1);
  s.write_state(2);
  const auto early = s.grant(2, 1, 7);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2's vote for n1 in term 7 left before it was durable (on disk: term 0, no vote).");
  BOOST_TEST(evidence(v, PropertyId::durable_before_reply) ==
             "0.005000s n2 vote for n1, term 7 | reply sent before sync");
}

BOOST_FIXTURE_TEST_CASE(a_gated_vote_leaves_once_it_is_durable, ThreeServers) {
  s.term(2, 7);
  s.vote(2, 1);
  const auto op = s.write_state(2);
  const auto gated = s.grant(2, 1, 7, Gate::waits);
  s.step();
  s.durable(2, op);
  s.depart(gated);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::durable_before_reply) == "held 1");
}

BOOST_FIXTURE_TEST_CASE(the_term_alone_is_not_the_vote, ThreeServers) {
  s.learn_term(2, 7);
  s.vote(2, 1);
  s.write_state(2);
  const auto early = s.grant(2, 1, 7);
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2's vote for n1 in term 7 left before it was durable (on disk: term 7, no vote).");
}

BOOST_FIXTURE_TEST_CASE(a_request_for_votes_that_leaves_before_the_own_vote_is_durable, ThreeServers) {
  s.term(1, 3);
  s.vote(1, 1);
  s.write_state(1);
  const auto early = s.ask_vote(1, 2);
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n1 asked for votes in term 3 before its own vote was durable (on disk: term 0, no vote).");
}

BOOST_FIXTURE_TEST_CASE(an_append_of_a_term_that_is_not_durable, ThreeServers) {
  s.elect(1, 3, {2});
  s.term(1, 4);
  s.write_state(1);
  const auto early = s.append_entries(1, 2, 0);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("durable_before_reply" + at_event(early.event) +
                       "n1 sent AppendEntries of term 4 before that term was durable (on disk: term 3, vote "
                       "for n1).") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_acknowledgement_that_leaves_before_the_sync, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  s.write_entries(2, 1, 1);
  const auto early = s.acknowledge(2, 1, 1, 1);
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2 acknowledged entries up to 1 to n1 in term 1 before they were durable "
                 "(on disk: log up to 0).");
}

BOOST_FIXTURE_TEST_CASE(an_acknowledgement_restamped_after_its_entries_were_removed, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1);
  s.append(2, 1);
  s.durable(2, s.write_entries(2, 1, 2));
  s.elect(3, 2, {2});
  s.step();
  s.truncate(2, 1);
  s.durable(2, s.write(2, TruncateLabel{Index{1}}));
  s.step();
  const auto wrong = s.acknowledge(2, 3, 2, 2);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("durable_before_reply" + at_event(wrong.event)) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(entries_whose_rewrite_is_under_way_are_not_durable, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.step();
  s.write(2, TruncateLabel{Index{2}});
  s.write_entries(2, 2, 2);
  const auto early = s.acknowledge(2, 1, 1, 2);
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2 acknowledged entries up to 2 to n1 in term 1 before they were durable "
                 "(on disk: log up to 1).");
}

BOOST_FIXTURE_TEST_CASE(entries_that_are_written_over_are_at_risk_at_once, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.replicate(1, 2, 2);
  s.step();
  s.write_entries(2, 1, 2);
  const auto early = s.acknowledge(2, 1, 1, 2);
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2 acknowledged entries up to 2 to n1 in term 1 before they were durable "
                 "(on disk: log up to 0).");
}

BOOST_FIXTURE_TEST_CASE(later_entries_reach_the_disk_first_and_count_once_reachable, ThreeServers) {
  s.elect(1, 1, {2});
  for (int k = 0; k < 3; ++k) s.propose(1);
  s.recv(s.append_entries(1, 2, 0));
  for (int k = 0; k < 3; ++k) s.append(2, 1);
  const auto first = s.write_entries(2, 1, 1);
  const auto second = s.write_entries(2, 2, 3);
  const auto ack = s.acknowledge(2, 1, 1, 3, Gate::waits);
  s.step();
  s.durable(2, second);
  const auto early = s.acknowledge(2, 1, 1, 2);
  s.durable(2, first);
  s.depart(ack);
  BOOST_TEST(found(s.finish()) ==
             "durable_before_reply" + at_event(early.event) +
                 "n2 acknowledged entries up to 2 to n1 in term 1 before they were durable "
                 "(on disk: log up to 0).");
}

BOOST_FIXTURE_TEST_CASE(a_refusal_promises_nothing, ThreeServers) {
  s.term(2, 9);
  s.write_state(2);
  MessageView refusal;
  refusal.type = MessageType::request_vote_resp;
  refusal.term = Term{9};
  s.send(2, 1, refusal);
  refusal.type = MessageType::append_entries_resp;
  s.send(2, 1, refusal);
  refusal.type = MessageType::pre_vote_resp;
  refusal.granted = true;
  s.send(2, 1, refusal);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::durable_before_reply) == "held 0");
}

BOOST_FIXTURE_TEST_CASE(a_label_of_entries_that_no_log_held, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.step();
  s.write(1, EntriesLabel{Index{1}, Index{1}, Term{1}, 12345});
  BOOST_TEST(
      found(s.finish()) ==
      "label_honest" + at_event(s.last()) +
          "n1 labelled a disk write \"entries 1..1 up to term 1\", but no log ever held that entry 1 of "
          "term 1.");
}

BOOST_FIXTURE_TEST_CASE(a_label_of_a_term_that_the_server_is_not_in, ThreeServers) {
  s.learn_term(1, 2);
  s.step();
  s.write(1, HardStateLabel{Term{3}, NodeId{1}});
  BOOST_TEST(found(s.finish()) == "label_honest" + at_event(s.last()) +
                                      "n1 labelled a disk write \"term 3, vote for n1\", but it is in term 2 "
                                      "with no vote.");
}

BOOST_AUTO_TEST_CASE(a_write_that_waited_while_its_entries_were_replaced_is_honest) {
  Story s(5);
  s.boot_all();
  s.elect(1, 1, {2, 3});
  s.propose(1, 5);
  s.propose(1, 6);
  s.recv(s.append_entries(1, 2, 0));
  s.append(2, 1, 5);
  s.append(2, 1, 6);
  const EntriesLabel waiting{Index{1}, Index{2}, Term{1},
                             chain_next(chain_next(chain_start, Term{1}, 5), Term{1}, 6)};
  s.elect(4, 2, {3, 5});
  s.learn_term(2, 2);
  s.propose(4);
  s.step();
  s.truncate(2, 1);
  s.append(2, 2);
  s.write(2, waiting);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_server_that_recovers_less_than_its_labels_said, ThreeServers) {
  s.elect(1, 1, {2});
  s.propose(1);
  s.step();
  s.append(1, 1);
  const auto op = s.write_entries(1, 2, 2);
  s.at(20).crash_keeping(1, op);
  s.at(30).restart(1);
  BOOST_TEST(
      found(s.finish()) ==
      "label_honest" + at_event(s.last()) +
          "n1 does not recover what its labels said: its log was durable up to 2, but what it recovered "
          "ends at 1.");
}

/// n2 follows n1 in term 3 with two entries on disk, and is audited.
struct Audited : ThreeServers {
  Audited() {
    s.elect(1, 3, {2});
    s.propose(1, 5);
    s.propose(1, 6);
    s.replicate(1, 2, 2);
    s.step();
    twin = s.twin(2);
  }
  std::string verdict() {
    s.audit(2, twin);
    return found(s.finish());
  }
  std::string complaint(const std::string& what) const {
    return "label_honest" + at_event(s.last()) +
           "n2's labels say more than its disk holds: started from what the worst power loss would leave, "
           "it " +
           what + ".";
  }
  history::AuditPart twin;
};

BOOST_FIXTURE_TEST_CASE(a_twin_that_recovers_what_was_durable_is_looked_at_and_held, Audited) {
  BOOST_TEST(verdict() == "held");
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::label_honest).find("1 crash images recovered from") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_twin_in_a_later_term_need_not_show_the_vote_of_the_earlier_one, Audited) {
  twin.term = Term{4};
  twin.vote = 0;
  BOOST_TEST(verdict() == "held");
}

BOOST_FIXTURE_TEST_CASE(a_twin_of_an_earlier_term, Audited) {
  twin.term = Term{2};
  const std::string v = verdict();
  BOOST_TEST(v == complaint("recovers term 2, but term 3 was durable"));
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_voted_for_another, Audited) {
  twin.vote = 3;
  const std::string v = verdict();
  BOOST_TEST(v == complaint("recovers a vote for n3 in term 3, but its vote for n1 was durable"));
}

BOOST_FIXTURE_TEST_CASE(a_twin_without_the_last_durable_entry, Audited) {
  twin.last = Index{1};
  const std::string v = verdict();
  BOOST_TEST(v == complaint("recovers a log up to 1, but it was durable up to 2"));
}

BOOST_FIXTURE_TEST_CASE(a_twin_with_another_log, Audited) {
  twin.chain ^= 1;
  const std::string v = verdict();
  BOOST_TEST(v == complaint("recovers another log than the one that was durable up to 2"));
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_holds_more_than_was_durable, Audited) {
  // Its third entry is one that the server never had: what lies before is shown by nothing.
  twin.last = Index{3};
  twin.chain = 99;
  twin.apart = 3;
  BOOST_TEST(verdict() == "held");
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_stops_itself, Audited) {
  twin = {};
  twin.shows = history::audit_halted;
  const std::string v = verdict();
  BOOST_TEST(v == complaint("stops itself"));
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_never_comes_to_rest, Audited) {
  twin = {};
  twin.shows = history::audit_stuck;
  const std::string v = verdict();
  BOOST_TEST(v == complaint("never comes to rest"));
}

BOOST_FIXTURE_TEST_CASE(whoever_starts_from_a_damaged_disk_may_stop_itself_or_never_come_to_rest, Audited) {
  twin = {};
  s.decay(2, 2);
  twin.shows = history::audit_halted;
  s.audit(2, twin);
  twin.shows = history::audit_stuck;
  s.audit(2, twin);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(while_it_recovers_from_damage_the_log_behind_is_compared_with_nothing, Audited) {
  // It reads the second entry damaged, and loses power before it knows what it holds: the disk holds both.
  s.audit(2, twin);
  s.crash(2);
  s.begin_boot(2);
  s.decay(2, 2);
  twin.last = Index{3};
  twin.chain = 99;
  twin.apart = 1;
  BOOST_TEST(verdict() == "held");
}

BOOST_FIXTURE_TEST_CASE(a_twin_that_shows_nothing_is_not_judged, Audited) {
  twin = {};
  BOOST_TEST(verdict() == "held");
  const auto v = s.finish();
  BOOST_TEST(line(v, PropertyId::label_honest).find("crash images") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_survived_a_crash_without_a_sync_is_durable_from_then_on, ThreeServers) {
  s.elect(1, 1, {2});
  s.step();
  s.recv(s.append_entries(1, 2, 0));
  s.propose(1);
  s.append(2, 1);
  const auto op = s.write_entries(2, 1, 1);
  s.crash_on_disk(2, op);
  s.restart(2);
  s.recv(s.append_entries(1, 2, 1));
  s.acknowledge(2, 1, 1, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::label_honest).substr(0, 4) == "held");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
