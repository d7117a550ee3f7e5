// What an operator who asks for a change of the configuration (4) is told, and when; servers that join.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "core/configurations.hpp"
#include "core/recovery.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

constexpr NodeId n1{1};
constexpr NodeId n2{2};
constexpr NodeId n3{3};
constexpr NodeId n4{4};

OneServer leader_of_three(MembershipForm form = MembershipForm::single_server, Options options = {}) {
  options.pre_vote = false;
  options.membership = form;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  server.become_leader();
  return server;
}

void ask(OneServer& server, std::uint64_t id, AdminKind kind, std::span<const NodeId> nodes) {
  server.step(Admin{ClientId{9}, RequestId{id}, kind, nodes});
}

void ask(OneServer& server, std::uint64_t id, AdminKind kind, NodeId node) {
  ask(server, id, kind, std::span(&node, 1));
}

ReplyKind kind_of(const OneServer& server, std::uint64_t id) { return server.answer(id).value().kind; }

std::string reason_of(const OneServer& server, std::uint64_t id) {
  const Answered answered = server.answer(id).value();
  return {reinterpret_cast<const char*>(answered.bytes.data()), answered.bytes.size()};
}

/// `node` has everything that the server has.
void acknowledge_all(OneServer& server, NodeId node) {
  server.disk_until_idle();
  server.receive(node, appended(server.view().term, server.view().last, 0));
  server.disk_until_idle();
}

BOOST_AUTO_TEST_SUITE(membership)

BOOST_AUTO_TEST_CASE(a_removal_is_answered_when_it_is_committed) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::remove, n3);
  BOOST_TEST((server.view().configuration->voters == NodeSet{n1, n2}));
  server.disk_until_idle();
  BOOST_TEST(!server.answer(1).has_value());
  ask(server, 2, AdminKind::remove, n2);
  BOOST_CHECK(kind_of(server, 2) == ReplyKind::busy);
  BOOST_TEST(reason_of(server, 2) == "another change is going on");
  // n3 is no voter any more: what it has does not count.
  acknowledge_all(server, n3);
  BOOST_TEST(!server.answer(1).has_value());
  acknowledge_all(server, n2);
  BOOST_CHECK(kind_of(server, 1) == ReplyKind::ok);
  BOOST_TEST(server.answer(1)->position == server.view().commit);
  // Repeated: it is so already. Once more: one answer each.
  ask(server, 3, AdminKind::remove, n3);
  BOOST_CHECK(kind_of(server, 3) == ReplyKind::ok);
  BOOST_TEST(server.all_answers.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_configuration_entry_goes_through_the_state_machine_and_changes_nothing_there) {
  OneServer server = leader_of_three();
  const std::uint64_t before = server.all_applied.back().state_hash;
  ask(server, 1, AdminKind::add_learner, n4);
  acknowledge_all(server, n2);
  const Applied& applied = server.all_applied.back();
  BOOST_TEST(applied.index == server.view().last);
  BOOST_TEST(applied.hash == server.process().entry(applied.index).hash);
  BOOST_TEST(applied.state_hash == before);
  BOOST_CHECK(server.process().entry(applied.index).kind == EntryKind::configuration);
}

BOOST_AUTO_TEST_CASE(a_new_server_votes_once_it_has_caught_up) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::add_voter, n4);
  acknowledge_all(server, n2);
  BOOST_TEST((server.view().configuration->learners == NodeSet{n4}));
  BOOST_TEST(!server.answer(1).has_value());
  acknowledge_all(server, n4);
  BOOST_TEST((server.view().configuration->voters == NodeSet{n1, n2, n3, n4}));
  BOOST_TEST(!server.answer(1).has_value());
  acknowledge_all(server, n2);
  BOOST_TEST(!server.answer(1).has_value());  // two of four
  acknowledge_all(server, n4);
  BOOST_CHECK(kind_of(server, 1) == ReplyKind::ok);
}

BOOST_AUTO_TEST_CASE(a_server_that_stays_silent_is_given_up_and_taken_out_again) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::add_voter, n4);
  acknowledge_all(server, n2);
  const Instant began = server.now;
  while (server.view().configuration->learners == NodeSet{n4}) {
    server.wake();
    acknowledge_all(server, n2);
    BOOST_REQUIRE(server.now < began + server.options.election_timeout * (catch_up_silence_max + 1));
  }
  BOOST_TEST((server.now >= began + server.options.election_timeout * catch_up_silence_max));
  acknowledge_all(server, n2);
  BOOST_CHECK(kind_of(server, 1) == ReplyKind::refused);
  BOOST_TEST(reason_of(server, 1) == "the new server does not catch up");
  BOOST_TEST((*server.view().configuration == Configuration{{n1, n2, n3}, {}, {}}));
}

BOOST_AUTO_TEST_CASE(a_learner_that_lags_is_not_promoted) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::add_learner, n4);
  acknowledge_all(server, n2);
  BOOST_CHECK(kind_of(server, 1) == ReplyKind::ok);
  ask(server, 2, AdminKind::promote, n4);
  BOOST_TEST(!server.answer(2).has_value());
  while (!server.answer(2)) {
    server.wake();
    acknowledge_all(server, n2);
  }
  BOOST_CHECK(kind_of(server, 2) == ReplyKind::refused);
  BOOST_TEST((server.view().configuration->learners == NodeSet{n4}));
  acknowledge_all(server, n4);
  ask(server, 3, AdminKind::promote, n4);
  acknowledge_all(server, n2);
  acknowledge_all(server, n4);
  BOOST_CHECK(kind_of(server, 3) == ReplyKind::ok);
}

BOOST_AUTO_TEST_CASE(a_leader_that_removes_itself_answers_and_steps_down_when_that_is_committed) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::remove, n1);
  acknowledge_all(server, n2);
  // It does not count itself: both others are needed.
  BOOST_TEST(!server.answer(1).has_value());
  BOOST_CHECK(server.view().role == Role::leader);
  acknowledge_all(server, n3);
  BOOST_CHECK(kind_of(server, 1) == ReplyKind::ok);
  BOOST_CHECK(server.view().role == Role::learner);
}

BOOST_AUTO_TEST_CASE(whoever_does_not_lead_names_the_leader_and_a_lost_leadership_answers_nothing) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::remove, n3);
  const Term later = server.view().term + 1;
  server.receive(n2, append(later, Index{1}, Term{1}, Index{}, {}));
  server.disk_until_idle();
  BOOST_CHECK(server.view().role == Role::follower);
  ask(server, 2, AdminKind::remove, n3);
  BOOST_CHECK(kind_of(server, 2) == ReplyKind::not_leader);
  BOOST_TEST(!server.answer(1).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_illegal_is_refused_with_a_reason) {
  OneServer server = leader_of_three();
  const std::array<NodeId, 3> others{n2, n4, NodeId{5}};
  ask(server, 1, AdminKind::replace, others);
  BOOST_TEST(reason_of(server, 1) == "more than one voter changes");
  ask(server, 2, AdminKind::promote, n4);
  BOOST_TEST(reason_of(server, 2) == "not a learner");
  ask(server, 3, AdminKind::add_voter, NodeId{});
  BOOST_TEST(reason_of(server, 3) == "not the servers that this needs");
  ask(server, 4, AdminKind::replace, std::span<const NodeId>{});
  BOOST_TEST(reason_of(server, 4) == "no voter would be left");
  ask(server, 5, AdminKind::add_learner, n2);
  BOOST_TEST(reason_of(server, 5) == "a voter does not become a learner");
  for (std::uint64_t id = 1; id <= 5; ++id) BOOST_CHECK(kind_of(server, id) == ReplyKind::refused);
  OneServer fixed = leader_of_three(MembershipForm::fixed);
  ask(fixed, 1, AdminKind::add_learner, n4);
  BOOST_CHECK(kind_of(fixed, 1) == ReplyKind::refused);
  BOOST_TEST(reason_of(fixed, 1) == "the membership is fixed");
}

BOOST_AUTO_TEST_CASE(a_server_that_joins_is_nobody_until_a_leader_writes_to_it) {
  OneServer server(1);
  server.start(Boot::join);
  BOOST_CHECK(server.view().role == Role::learner);
  BOOST_TEST((*server.view().configuration == Configuration{}));
  BOOST_TEST(!server.effects.wake_at.has_value());
  // That it joins is durable: it comes back so, without being told.
  server.crash([](std::size_t) -> std::size_t { return 0; });
  server.start(Boot::existing);
  BOOST_TEST((*server.view().configuration == Configuration{}));
  BOOST_TEST(!server.effects.wake_at.has_value());
}

BOOST_AUTO_TEST_CASE(the_configuration_of_the_log_is_recovered) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::add_learner, n4);
  server.disk_until_idle();
  server.crash_keeping_all();
  server.start(Boot::existing);
  BOOST_TEST((*server.view().configuration == Configuration{{n1, n2, n3}, {}, {n4}}));
}

// A command that was proposed behind the removal, and commits with it: in the step in which the leader
// leaves.
BOOST_AUTO_TEST_CASE(a_command_that_commits_as_the_leader_leaves_is_answered) {
  for (const Duration apply_delay : {Duration{0}, Duration{5'000'000}}) {
    Options options;
    options.apply_delay = apply_delay;
    OneServer server = leader_of_three(MembershipForm::single_server, options);
    ask(server, 1, AdminKind::remove, n1);
    server.request(2, operation(OperationKind::open_session, ""));
    server.disk_until_idle();
    BOOST_CHECK(server.view().role == Role::leader);
    server.receive(n2, appended(server.view().term, server.view().last, 0));
    server.receive(n3, appended(server.view().term, server.view().last, 0));
    BOOST_CHECK(server.view().role != Role::leader);
    for (int i = 0; i < 10 && !server.answer(2); ++i) server.wake();
    BOOST_REQUIRE(server.answer(2).has_value());
    BOOST_CHECK(kind_of(server, 2) == ReplyKind::ok);
  }
}

BOOST_AUTO_TEST_CASE(a_command_that_is_not_committed_when_the_leader_leaves_is_not_answered) {
  OneServer server = leader_of_three();
  ask(server, 1, AdminKind::remove, n1);
  const Index removal = server.view().last;
  server.request(2, operation(OperationKind::open_session, ""));
  server.disk_until_idle();
  server.receive(n2, appended(server.view().term, removal, 0));
  server.receive(n3, appended(server.view().term, removal, 0));
  BOOST_CHECK(server.view().role != Role::leader);
  BOOST_TEST(server.view().last > removal);
  // Another leader commits something else in its place, and later.
  const EntryRef other[] = {no_op(Term{9}), no_op(Term{9})};
  server.receive(n2, append(Term{9}, removal, Term{1}, removal + 2, other));
  server.disk_until_idle();
  BOOST_TEST(server.view().applied == removal + 2);
  BOOST_TEST(!server.answer(2).has_value());
}

/// n3 makes place for n4, which is catching up in its second round, and has all that the server has.
OneServer about_to_replace_n3() {
  OneServer server = leader_of_three(MembershipForm::joint);
  ask(server, 1, AdminKind::replace, std::array{n1, n2, n4});
  acknowledge_all(server, n2);
  server.now = server.now + server.options.election_timeout;
  acknowledge_all(server, n4);
  BOOST_TEST(!server.view().configuration->joint());
  return server;
}

BOOST_AUTO_TEST_CASE(a_transfer_fails_at_once_when_its_target_is_removed) {
  OneServer server = about_to_replace_n3();
  // The step that begins the transfer is also the one in which the round of n4 ends, and n3 leaves.
  ask(server, 2, AdminKind::transfer, n3);
  BOOST_TEST(server.view().configuration->joint());
  BOOST_CHECK(kind_of(server, 2) == ReplyKind::failed);
  BOOST_TEST(reason_of(server, 2) == "the target is no voter any more");
  // Proposals are taken again, and so is another transfer.
  const Index before = server.view().last;
  server.request(3, operation(OperationKind::open_session, ""));
  BOOST_TEST(server.view().last == before + 1);
  ask(server, 4, AdminKind::transfer, n2);
  BOOST_TEST(!server.answer(4).has_value());
  BOOST_TEST(server.all_answers.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
