// What an operator who asks for a leadership transfer (3.10) is told, and when.
#include <array>
#include <boost/test/unit_test.hpp>

#include "core/commands.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

constexpr std::array<NodeId, 1> to_n2{NodeId{2}};

OneServer leader_of_three() {
  Options options;
  options.pre_vote = false;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  server.become_leader();
  return server;
}

void ask(OneServer& server, std::uint64_t id, std::span<const NodeId> target) {
  server.step(Admin{ClientId{9}, RequestId{id}, AdminKind::transfer, target});
}

std::string reason(const OneServer& server, std::uint64_t id) {
  const Answered answered = server.answer(id).value();
  return {reinterpret_cast<const char*>(answered.bytes.data()), answered.bytes.size()};
}

BOOST_AUTO_TEST_SUITE(transfer)

BOOST_AUTO_TEST_CASE(it_is_answered_once_the_target_is_known_to_lead) {
  OneServer server = leader_of_three();
  ask(server, 1, to_n2);
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_CHECK(server.sent[0].view.type == MessageType::timeout_now);
  Message asked = vote_request(server.view().term + 1, server.view().last, server.view().term);
  asked.commanded = true;
  server.receive(NodeId{2}, asked);
  server.disk_until_idle();
  BOOST_CHECK(server.view().role == Role::follower);
  BOOST_TEST(!server.answer(1).has_value());
  server.receive(NodeId{2}, append(asked.term, Index{}, Term{}, Index{}, {}));
  BOOST_CHECK(server.answer(1).value().kind == ReplyKind::ok);
  server.disk_until_idle();
  server.receive(NodeId{2}, append(asked.term, Index{}, Term{}, Index{}, {}));
  BOOST_TEST(server.all_answers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(it_fails_after_an_election_timeout_and_proposals_are_taken_again) {
  OneServer server = leader_of_three();
  ask(server, 1, to_n2);
  const Instant began = server.now;
  const Operation open = operation(OperationKind::open_session, "");
  server.request(2, open);
  BOOST_CHECK(server.answer(2).value().kind == ReplyKind::busy);
  ask(server, 3, to_n2);
  BOOST_CHECK(server.answer(3).value().kind == ReplyKind::busy);
  while (!server.answer(1)) {
    server.wake();
    for (const NodeId other : {NodeId{2}, NodeId{3}}) server.receive(other, appended(Term{1}, Index{1}, 0));
  }
  BOOST_TEST((server.now == began + server.options.election_timeout));
  BOOST_CHECK(server.answer(1)->kind == ReplyKind::failed);
  BOOST_TEST(reason(server, 1) == "the target did not take over in time");
  server.request(4, open);
  BOOST_TEST(server.view().last == Index{2});
}

BOOST_AUTO_TEST_CASE(it_fails_if_another_server_leads) {
  OneServer server = leader_of_three();
  ask(server, 1, to_n2);
  Message lost_its_vote = appended(server.view().term, Index{}, 0);
  lost_its_vote.doubt = doubt_for_good;
  server.receive(NodeId{3}, lost_its_vote);
  ask(server, 6, std::array<NodeId, 1>{NodeId{3}});
  BOOST_CHECK(server.answer(6).value().kind == ReplyKind::refused);
  BOOST_TEST(reason(server, 6) == "the target has lost its vote for good");
  server.receive(NodeId{3}, append(server.view().term + 1, Index{}, Term{}, Index{}, {}));
  BOOST_CHECK(server.answer(1).value().kind == ReplyKind::failed);
  BOOST_TEST(reason(server, 1) == "another server leads");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused_with_a_reason) {
  OneServer server = leader_of_three();
  const std::array<NodeId, 1> itself{NodeId{1}};
  const std::array<NodeId, 1> nobody{NodeId{8}};
  const std::array<NodeId, 2> two{NodeId{2}, NodeId{3}};
  ask(server, 1, {});
  ask(server, 2, two);
  ask(server, 3, itself);
  ask(server, 4, nobody);
  for (const std::uint64_t id : {1U, 2U, 3U, 4U}) {
    BOOST_CHECK(server.answer(id).value().kind == ReplyKind::refused);
    BOOST_TEST(!reason(server, id).empty());
  }
  server.receive(NodeId{3}, append(server.view().term + 1, Index{}, Term{}, Index{}, {}));
  ask(server, 5, to_n2);
  BOOST_CHECK(server.answer(5).value().kind == ReplyKind::not_leader);
  BOOST_TEST(parse_answer(server.answer(5)->bytes).value().number == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
