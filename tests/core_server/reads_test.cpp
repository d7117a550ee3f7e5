// Reads of each kind (6.4) at one server, and the bounds on what waits in it.
#include <boost/test/unit_test.hpp>

#include "core/server.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

Operation get(ReadMode mode) {
  Operation operation = core::operation(OperationKind::get, "k");
  operation.read = mode;
  return operation;
}

OneServer leader_of_three(Options options = {}) {
  options.pre_vote = false;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  server.become_leader();
  return server;
}

BOOST_AUTO_TEST_SUITE(reads)

BOOST_AUTO_TEST_CASE(a_lease_read_is_answered_while_an_earlier_read_still_waits_for_its_round) {
  OneServer server = leader_of_three();
  server.request(1, get(ReadMode::lease));
  server.receive(NodeId{2}, appended(server.view().term, server.view().last, server.sent.at(0).view.context));
  BOOST_REQUIRE(server.answer(1).has_value());
  BOOST_REQUIRE(server.view().lease_end.has_value());
  BOOST_TEST((*server.view().lease_end > server.now));
  server.request(2, get(ReadMode::read_index));
  BOOST_TEST(!server.answer(2).has_value());
  server.request(3, get(ReadMode::lease));
  BOOST_TEST(server.sent.empty());
  BOOST_CHECK(server.answer(3).value().kind == ReplyKind::ok);
  BOOST_TEST(!server.answer(2).has_value());
}

// Its heartbeats are answered and promised; but what is committed it does not know (6.4, step 1).
BOOST_AUTO_TEST_CASE(a_leader_that_committed_nothing_in_its_term_shows_no_lease) {
  Options options;
  options.no_op = false;
  OneServer server = leader_of_three(options);
  server.request(1, get(ReadMode::lease));
  server.now = server.now + options.heartbeat_interval;
  server.step(Wake{});
  BOOST_REQUIRE(!server.sent.empty());
  const std::uint64_t round = server.sent.at(0).view.context;
  server.receive(NodeId{2}, appended(server.view().term, server.view().last, round));
  BOOST_TEST(!server.view().lease_end.has_value());
  server.request(2, operation(OperationKind::open_session, ""));
  server.disk_until_idle();
  server.receive(NodeId{2}, appended(server.view().term, server.view().last, round));
  BOOST_REQUIRE(server.view().lease_end.has_value());
  BOOST_TEST((*server.view().lease_end > server.now));
}

BOOST_AUTO_TEST_CASE(a_server_that_restarts_votes_for_nobody_before_an_election_timeout_is_over) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, {}));
  server.disk_until_idle();
  server.crash_keeping_all();
  server.start(Boot::existing);
  server.receive(NodeId{3}, vote_request(Term{2}, Index{}, Term{}));
  BOOST_TEST(server.sent.empty());
  BOOST_TEST(server.view().term == Term{1});
  server.step(Admin{ClientId{9}, RequestId{1}, AdminKind::timeout_now, {}});
  BOOST_CHECK(server.answer(1).value().kind == ReplyKind::busy);
  server.now = server.now + server.options.election_timeout;
  server.receive(NodeId{3}, vote_request(Term{2}, Index{}, Term{}));
  BOOST_TEST(server.sent.at(0).view.granted);
}

BOOST_AUTO_TEST_CASE(a_follower_serves_a_read_at_the_index_that_its_leader_names) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, {&entry, 1}));
  server.disk_until_idle();
  server.request(1, get(ReadMode::follower));
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_CHECK(server.sent[0].view.type == MessageType::read_index);
  Message index;
  index.type = MessageType::read_index_resp;
  index.granted = true;
  index.term = Term{1};
  index.match = Index{1};
  index.context = server.sent[0].view.context;
  server.receive(NodeId{2}, index);
  BOOST_TEST(!server.answer(1).has_value());
  server.receive(NodeId{2}, append(Term{1}, Index{1}, Term{1}, Index{1}, {}));
  BOOST_CHECK(server.answer(1).value().kind == ReplyKind::ok);
  BOOST_TEST(server.answer(1)->position == Index{1});
}

BOOST_AUTO_TEST_CASE(a_local_read_is_answered_by_anybody_at_once) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.request(1, get(ReadMode::local_unsafe));
  BOOST_CHECK(server.answer(1).value().kind == ReplyKind::ok);
  BOOST_TEST(server.answer(1)->position == Index{});
}

BOOST_AUTO_TEST_CASE(reads_that_wait_are_bounded) {
  OneServer server = leader_of_three();
  for (std::uint64_t id = 1; id <= pending_reads_max; ++id) server.request(id, get(ReadMode::read_index));
  BOOST_TEST(server.all_answers.empty());
  server.request(pending_reads_max + 1, get(ReadMode::read_index));
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::busy);
  BOOST_TEST(server.view().pending_reads == pending_reads_max);
}

/// They commit, and the state machine never comes to them.
BOOST_AUTO_TEST_CASE(proposals_that_wait_for_a_slow_state_machine_are_bounded) {
  Options options;
  options.apply_delay = seconds(1'000);
  OneServer server(1, {}, options);
  server.start(Boot::fresh);
  server.become_leader_alone();
  const Operation put = in_session(operation(OperationKind::put, "k", "v"), 1, 1);
  std::uint64_t id = 0;
  while (server.all_answers.empty() && id <= pending_proposals_max) {
    server.request(++id, put);
    if (id % 1'000 == 0) server.disk_until_idle();
  }
  BOOST_TEST(id == pending_proposals_max + 1);
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::busy);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
