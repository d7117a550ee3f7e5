// Stories of one server and its clients.
#include "core/server.hpp"

#include <boost/test/unit_test.hpp>

#include "core/commands.hpp"
#include "core/wire.hpp"
#include "seam/chain.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

Options without_pre_vote() {
  Options options;
  options.pre_vote = false;
  return options;
}

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(a_single_server_commits_a_put_and_answers_after_it_is_durable) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  const std::uint64_t session = server.open_session();
  const Operation put = in_session(operation(OperationKind::put, "key", "value"), session, 1);
  server.request(5, put);
  BOOST_TEST(server.answers.empty());
  BOOST_TEST(server.disk_requests.size() == 2u);
  server.disk_step();
  BOOST_TEST(!server.answer(5).has_value());
  server.disk_step();
  BOOST_REQUIRE(server.answer(5).has_value());
  BOOST_CHECK(server.answer(5)->kind == ReplyKind::ok);
  BOOST_TEST(server.answer(5)->position == server.view().applied);
  const Operation get = operation(OperationKind::get, "key");
  server.request(6, get);
  BOOST_TEST(server.result(6, get).value().value.value() == "value");
  BOOST_TEST(server.answer(6)->position == server.view().applied);
}

BOOST_AUTO_TEST_CASE(the_log_holds_the_request_unchanged_and_the_answer_is_what_the_entry_yielded) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  const Operation put = in_session(operation(OperationKind::put, "k", "v"), server.open_session(), 1);
  server.request(5, put);
  server.disk_until_idle();
  std::vector<std::byte> bytes;
  server.system().encode(put, bytes);
  BOOST_TEST(server.process().entry(server.view().last).hash == entry_hash(EntryKind::command, bytes));
  const std::vector<std::byte> answer = server.answer(5)->bytes;
  BOOST_TEST(server.all_applied.back().result_hash == XXH3_64bits(answer.data(), answer.size()));
}

BOOST_AUTO_TEST_CASE(a_retry_is_answered_from_the_session_and_changes_nothing) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  const Operation append = in_session(operation(OperationKind::append, "k", "x"), server.open_session(), 1);
  server.request(5, append);
  server.disk_until_idle();
  const Applied original = server.all_applied.back();
  server.request(6, append);
  server.disk_until_idle();
  const Applied retry = server.all_applied.back();
  BOOST_TEST(retry.index == original.index + 1);
  BOOST_TEST(retry.state_hash == original.state_hash);
  BOOST_TEST(retry.result_hash == original.result_hash);
  BOOST_TEST(server.answer(6)->position == original.index);
  BOOST_CHECK(server.answer(6)->bytes == server.answer(5)->bytes);
  const Operation get = operation(OperationKind::get, "k");
  server.request(7, get);
  BOOST_TEST(server.result(7, get).value().value.value() == "x");
}

BOOST_AUTO_TEST_CASE(a_command_of_an_unknown_session_is_refused) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  server.request(5, in_session(operation(OperationKind::put, "k", "v"), 999, 1));
  server.disk_until_idle();
  BOOST_REQUIRE(server.answer(5).has_value());
  BOOST_CHECK(server.answer(5)->kind == ReplyKind::refused);
  BOOST_TEST(server.all_applied.back().result_hash == 0u);
}

BOOST_AUTO_TEST_CASE(a_follower_redirects_to_the_leader_it_knows_and_else_to_nobody) {
  OneServer server(3);
  server.start(Boot::fresh);
  const Operation put = in_session(operation(OperationKind::put, "k", "v"), 1, 1);
  server.request(1, put);
  BOOST_CHECK(server.answer(1)->kind == ReplyKind::not_leader);
  BOOST_TEST(!server.result(1, put).value().leader.has_value());
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, {}));
  server.request(2, put);
  BOOST_TEST(server.result(2, put).value().leader.value() == NodeId{2});
  const Operation get = operation(OperationKind::get, "k");
  server.request(3, get);
  BOOST_CHECK(server.answer(3)->kind == ReplyKind::not_leader);
  BOOST_TEST(server.result(3, get).value().leader.value() == NodeId{2});
}

BOOST_AUTO_TEST_CASE(a_read_is_served_only_after_a_quorum_confirmed_that_the_leader_leads) {
  OneServer server(3, {}, without_pre_vote());
  server.start(Boot::fresh);
  server.become_leader();
  const Operation get = operation(OperationKind::get, "k");
  server.request(5, get);
  BOOST_TEST(!server.answer(5).has_value());
  BOOST_REQUIRE(!server.sent.empty());
  const MessageView round = server.sent.front().view;
  server.receive(NodeId{2}, appended(round.term, server.view().last, round.context - 1));
  BOOST_TEST(!server.answer(5).has_value());
  server.receive(NodeId{2}, appended(round.term, server.view().last, round.context));
  BOOST_REQUIRE(server.answer(5).has_value());
  BOOST_CHECK(server.answer(5)->kind == ReplyKind::ok);
  BOOST_TEST(server.answer(5)->position == server.view().applied);
  BOOST_TEST(!server.result(5, get).value().value.has_value());
}

BOOST_AUTO_TEST_CASE(a_log_read_is_answered_at_its_place_in_the_log) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  Operation get = operation(OperationKind::get, "k");
  get.read = ReadMode::log;
  server.request(5, get);
  BOOST_TEST(!server.answer(5).has_value());
  server.disk_until_idle();
  BOOST_TEST(server.answer(5)->position == server.view().last);
}

BOOST_AUTO_TEST_CASE(a_leader_that_is_deposed_says_nothing_about_what_it_had_proposed) {
  OneServer server(3, {}, without_pre_vote());
  server.start(Boot::fresh);
  server.become_leader();
  const Term term = server.view().term;
  const Index before = server.view().last;
  server.request(5, in_session(operation(OperationKind::put, "k", "v"), 1, 1));
  server.request(6, operation(OperationKind::get, "k"));
  server.disk_until_idle();
  const Term newer = term + 1;
  const EntryRef next = no_op(newer);
  server.receive(NodeId{2}, append(newer, before + 1, term, before, {&next, 1}));
  server.disk_until_idle();
  // The successor has the entry, so it commits after all; this server is the wrong one to say so.
  server.receive(NodeId{2}, append(newer, before + 2, newer, before + 2, {}));
  BOOST_TEST(server.view().applied == before + 2);
  BOOST_TEST(!server.answer(5).has_value());
  // A read has no effect that could be unknown.
  BOOST_CHECK(server.answer(6).value().kind == ReplyKind::not_leader);
}

BOOST_AUTO_TEST_CASE(a_leader_that_learns_of_a_commit_as_it_is_deposed_answers) {
  OneServer server(3, {}, without_pre_vote());
  server.start(Boot::fresh);
  server.become_leader();
  const Term term = server.view().term;
  const Index before = server.view().last;
  server.request(5, operation(OperationKind::open_session, ""));
  server.request(6, operation(OperationKind::open_session, ""));
  server.disk_until_idle();
  // Of the two, the successor has the first.
  const Term newer = term + 1;
  const EntryRef next = no_op(newer);
  server.receive(NodeId{2}, append(newer, before + 1, term, before + 2, {&next, 1}));
  server.disk_until_idle();
  BOOST_TEST(server.view().applied == before + 2);
  BOOST_CHECK(server.answer(5).value().kind == ReplyKind::ok);
  BOOST_TEST(!server.answer(6).has_value());
}

BOOST_AUTO_TEST_CASE(a_leader_with_too_much_uncommitted_is_busy) {
  Options options = without_pre_vote();
  options.max_uncommitted_bytes = 100;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  server.become_leader();
  server.request(5, in_session(operation(OperationKind::put, "k", std::string(90, 'v')), 1, 1));
  server.request(6, in_session(operation(OperationKind::put, "k", std::string(90, 'v')), 1, 2));
  BOOST_TEST(!server.answer(5).has_value());
  BOOST_CHECK(server.answer(6).value().kind == ReplyKind::busy);
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_ignored_and_noted) {
  OneServer server(3);
  server.start(Boot::fresh);
  std::vector<std::byte> bytes;
  encode_message(vote_request(Term{9}, Index{}, Term{}), bytes);
  bytes[20] ^= std::byte{1};
  server.receive_bytes(NodeId{2}, bytes);
  BOOST_TEST(server.noted(NoteKind::bad_message_ignored));
  BOOST_TEST(server.sent.empty());
  BOOST_TEST(server.view().term == Term{});
  bytes.clear();
  server.system().encode(operation(OperationKind::get, "k"), bytes);
  bytes.back() ^= std::byte{1};
  server.step(Request{ClientId{7}, RequestId{1}, bytes});
  BOOST_TEST(server.noted(NoteKind::bad_message_ignored));
  BOOST_TEST(server.answers.empty());
}

BOOST_AUTO_TEST_CASE(a_leader_alone_serves_every_kind_of_read) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  for (const ReadMode mode : {ReadMode::lease, ReadMode::follower, ReadMode::local_unsafe}) {
    Operation get = operation(OperationKind::get, "k");
    get.read = mode;
    server.request(static_cast<std::uint64_t>(mode), get);
    BOOST_CHECK(server.answers.at(0).kind == ReplyKind::ok);
    BOOST_TEST(server.answers.at(0).position == Index{1});
  }
}

BOOST_AUTO_TEST_CASE(an_operator_can_start_an_election) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.step(Admin{ClientId{9}, RequestId{2}, AdminKind::timeout_now, {}});
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::ok);
  BOOST_CHECK(server.view().role == Role::candidate);
}

BOOST_AUTO_TEST_CASE(a_slow_state_machine_applies_one_entry_after_the_other_in_its_own_time) {
  Options options;
  options.apply_delay = milliseconds(2);
  OneServer server(1, {}, options);
  server.start(Boot::fresh);
  server.become_leader_alone();
  server.request(5, operation(OperationKind::open_session, ""));
  server.disk_until_idle();
  BOOST_TEST(server.view().commit == Index{2});
  BOOST_TEST(server.view().applied == Index{});
  const Operation get = operation(OperationKind::get, "k");
  server.request(6, get);
  const Instant began = server.now;
  server.wake();
  BOOST_TEST(server.now == began + milliseconds(2));
  BOOST_TEST(server.view().applied == Index{1});
  BOOST_TEST(!server.answer(6).has_value());
  server.wake();
  BOOST_TEST(server.view().applied == Index{2});
  // The read had been confirmed, and waited for what it must show.
  BOOST_TEST(server.answer(5).has_value());
  BOOST_TEST(server.answer(6).value().position == Index{2});
}

BOOST_AUTO_TEST_CASE(a_copy_goes_on_as_the_original_does) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  const std::uint64_t session = server.open_session();
  server.request(5, in_session(operation(OperationKind::put, "k", "v"), session, 1));
  const std::unique_ptr<Process> copy = server.process().clone();
  BOOST_REQUIRE(copy != nullptr);
  const auto run = [&](Process& process) {
    std::vector<Applied> applied;
    for (const std::uint64_t op : {server.disk_requests[0].op.value, server.disk_requests[1].op.value}) {
      Effects out;
      raftsim::Input input;
      input.now = server.now;
      input.what = DiskDone{.op = DiskOp{op}, .status = DiskStatus::ok, .bytes = {}, .names = {}};
      process.step(input, out);
      for (const Effect& effect : out.list) {
        if (const auto* entry = std::get_if<Applied>(&effect)) applied.push_back(*entry);
      }
    }
    return applied;
  };
  const std::vector<Applied> of_copy = run(*copy);
  const std::vector<Applied> of_original = run(server.process());
  BOOST_REQUIRE_EQUAL(of_copy.size(), 1u);
  BOOST_REQUIRE_EQUAL(of_original.size(), 1u);
  BOOST_TEST(of_copy[0].state_hash == of_original[0].state_hash);
  BOOST_TEST(of_copy[0].index == of_original[0].index);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
