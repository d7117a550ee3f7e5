// A server whose disk has no space for a while.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "core/disk_format.hpp"
#include "core/log.hpp"
#include "seam/chain.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

BOOST_AUTO_TEST_SUITE(full_disk)

BOOST_AUTO_TEST_CASE(a_follower_without_space_keeps_what_it_has_and_goes_on_when_there_is_some) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entries[] = {no_op(Term{1}), no_op(Term{1}), no_op(Term{1})};
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, {entries, 1}));
  server.disk_until_idle();
  server.receive(NodeId{2}, append(Term{1}, Index{1}, Term{1}, Index{}, {entries, 1}));
  BOOST_TEST(server.sent.at(0).after.has_value());
  server.disk_step(DiskStatus::full);
  BOOST_TEST(server.noted(NoteKind::disk_full));
  BOOST_TEST(!server.halted);
  server.disk_until_idle();

  // No more is taken in than there is; what is durable is acknowledged.
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {entries, 1}));
  BOOST_TEST(server.view().last == Index{2});
  server.receive(NodeId{2}, append(Term{1}, Index{1}, Term{1}, Index{}, {}));
  BOOST_TEST(server.sent.at(0).view.match == Index{1});
  BOOST_TEST(!server.sent.at(0).after.has_value());

  // It tries again by itself; while there is none, nothing changes.
  for (int i = 0; i < 3; ++i) {
    server.wake();
    BOOST_REQUIRE(!server.disk().idle());
    server.disk_without_space();
  }
  BOOST_TEST(!server.halted);
  server.wake();
  bool told = false;
  while (server.disk_step()) told |= server.noted(NoteKind::disk_has_space);
  BOOST_TEST(told);
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {}));
  BOOST_TEST(server.sent.at(0).view.match == Index{2});
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().last == Index{2});
}

// Else leader and follower answer each other as fast as messages travel.
BOOST_AUTO_TEST_CASE(an_answer_to_entries_that_find_no_room_proves_no_more_than_it_promises) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entries[] = {no_op(Term{1})};
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, entries));
  server.disk_until_idle();
  server.receive(NodeId{2}, append(Term{1}, Index{1}, Term{1}, Index{}, entries));
  server.disk_step(DiskStatus::full);
  server.disk_until_idle();
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, entries));
  BOOST_REQUIRE(server.sent.size() == 1u);
  BOOST_TEST(server.sent[0].view.granted);
  BOOST_TEST(server.sent[0].view.match == Index{1});
  BOOST_TEST(server.sent[0].view.previous_index == Index{1});
}

// Whatever the failed writes left, and whatever was issued behind them: what is acknowledged is found again.
BOOST_AUTO_TEST_CASE(a_shortage_breaks_no_chain_wherever_it_begins_and_ends) {
  for (int first_full = 0; first_full < 8; ++first_full) {
    for (int lasting = 1; lasting < 5; ++lasting) {
      OneServer server(3);
      server.start(Boot::fresh);
      const EntryRef entry = no_op(Term{1});
      int step = 0;
      for (std::uint64_t i = 1; i <= 6; ++i) {
        const Term before = i == 1 ? Term{} : Term{1};
        server.receive(NodeId{2}, append(Term{1}, Index{i - 1}, before, Index{}, {&entry, 1}));
        // Two at a time are on their way.
        for (int k = 0; k < 2 && !server.disk().idle(); ++k, ++step) {
          const bool writes = server.disk().first_action() == DiskAction::write;
          const bool full = writes && step >= first_full && step < first_full + lasting;
          server.disk_step(full ? DiskStatus::full : DiskStatus::ok);
        }
      }
      for (int i = 0; i < 3; ++i) {
        server.disk_until_idle();
        server.now = server.now + Duration{60'000'000};
        server.step(Wake{});
      }
      server.disk_until_idle();
      const Index last = server.view().last;
      server.receive(NodeId{2}, append(Term{1}, last, last == Index{} ? Term{} : Term{1}, Index{}, {}));
      BOOST_REQUIRE(server.sent.at(0).view.match == last);
      server.crash([](std::size_t) { return 0u; });
      server.start(Boot::existing);
      BOOST_REQUIRE(!server.ever_noted(NoteKind::damage_found));
      BOOST_REQUIRE(server.view().last == last);
      BOOST_REQUIRE(server.view().term == Term{1});
    }
  }
}

// What is written again is shorter than what found no space, so that the segment which that had filled is not
// full any more; in the next one stands what had followed it.
BOOST_AUTO_TEST_CASE(what_was_left_in_a_later_segment_cuts_nothing) {
  Options options;
  options.segment_bytes = 1'024;
  options.check_quorum = false;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  const std::vector<EntryRef> many(60, no_op(Term{1}));
  const EntryRef old_one = no_op(Term{1});
  const EntryRef new_one = no_op(Term{2});
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, many));
  server.receive(NodeId{2}, append(Term{1}, Index{60}, Term{1}, Index{}, {&old_one, 1}));
  // The next leader has none of it, for none is committed.
  server.receive(NodeId{3}, append(Term{2}, Index{}, Term{}, Index{}, {&new_one, 1}));
  server.disk_without_space();
  for (int i = 0; i < 3; ++i) {
    server.now = server.now + Duration{60'000'000};
    server.step(Wake{});
    server.disk_until_idle();
  }
  server.receive(NodeId{3}, append(Term{2}, Index{1}, Term{2}, Index{}, {&new_one, 1}));
  server.disk_until_idle();
  server.receive(NodeId{3}, append(Term{2}, Index{2}, Term{2}, Index{2}, {}));
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_TEST(server.sent[0].view.match == Index{2});
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(!server.ever_noted(NoteKind::damage_found));
  BOOST_TEST(server.view().last == Index{2});
  BOOST_TEST(server.view().term == Term{2});
  // Nor does what is of no use take space.
  BOOST_TEST(!server.disk().contents().contains(segment_name(2)));
}

BOOST_AUTO_TEST_CASE(a_leader_without_space_refuses_proposals_and_gives_way_in_time) {
  Options options;
  options.pre_vote = false;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  server.become_leader();
  server.request(1, operation(OperationKind::open_session, ""));
  server.disk_without_space();
  server.request(2, operation(OperationKind::open_session, ""));
  BOOST_CHECK(server.answer(2).value().kind == ReplyKind::busy);
  const Instant full_at = server.now;
  while (server.view().role == Role::leader && server.now < full_at + Duration{2'000'000'000}) {
    server.wake();
    server.disk_without_space();
    // Its followers are there.
    server.receive(NodeId{2}, appended(server.view().term, Index{1}, 0));
  }
  BOOST_CHECK(server.view().role == Role::follower);
  BOOST_TEST(server.now.ns >= (full_at + server.options.election_timeout).ns);
  const Term term = server.view().term;
  for (int i = 0; i < 50; ++i) {
    server.now = server.now + Duration{100'000'000};
    server.step(Wake{});
    server.disk_without_space();
  }
  BOOST_TEST(server.view().term == term);
  // With space, it is a server like any other.
  server.now = server.now + Duration{100'000'000};
  server.step(Wake{});
  server.disk_until_idle();
  server.wake();
  BOOST_TEST(server.view().term > term);
}

/// Entries 1..count of term 1 are durable, the first `commit` of them applied.
OneServer follower_with(std::uint64_t count, Index commit, Options options = {}) {
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  const std::vector<EntryRef> entries(count, no_op(Term{1}));
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, commit, entries));
  server.disk_until_idle();
  return server;
}

/// Lets time pass until all that was put off has been tried again.
void try_again(OneServer& server) {
  for (int i = 0; i < 10; ++i) {
    server.disk_until_idle();
    server.now = server.now + Duration{20'000'000};
    server.step(Wake{});
  }
  server.disk_until_idle();
}

/// All of it is durable, and still there after a crash that takes what is not.
void expect_found_again(OneServer& server, Index last) {
  BOOST_REQUIRE(!server.halted);
  server.receive(NodeId{2}, append(Term{1}, last, Term{1}, Index{}, {}));
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_REQUIRE(server.sent.at(0).view.granted);
  BOOST_REQUIRE(server.sent.at(0).view.match == last);
  BOOST_REQUIRE(!server.sent.at(0).after.has_value());
  server.crash([](std::size_t) { return 0u; });
  server.start_only(Boot::existing);
  while (server.disk_step()) BOOST_REQUIRE(!server.noted(NoteKind::damage_found));
  BOOST_TEST(server.view().last == last);
}

/// Every batch has a segment of its own.
Options small_steps(std::uint64_t snapshot_every) {
  Options options;
  options.segment_bytes = 64;
  options.snapshot_every = snapshot_every;
  options.trailing_entries = 0;
  return options;
}

/// Whoever hears a leader votes all the same.
Options easily_disturbed() {
  Options options;
  options.check_quorum = false;
  return options;
}

std::size_t grants_in(const OneServer& server) {
  return static_cast<std::size_t>(std::count_if(server.sent.begin(), server.sent.end(), [](const Sent& s) {
    return s.view.type == MessageType::request_vote_resp && s.view.granted;
  }));
}

// Entry 4 is written behind entry 3, and in the next segment; a snapshot of the first three needs nothing
// before it. But entry 3 is written anew, and so is what entry 4 hangs from.
BOOST_AUTO_TEST_CASE(a_snapshot_names_no_beginning_of_the_log_that_may_be_taken_back) {
  OneServer server = follower_with(2, Index{2}, small_steps(3));
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{2}, {&entry, 1}));
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{3}, {&entry, 1}));
  while (server.disk_step_on("snapshot") || server.disk_step_on("")) {
  }
  BOOST_REQUIRE(server.view().snapshot.has_value());
  BOOST_TEST(server.disk_step_on("log-", DiskStatus::full));
  try_again(server);
  expect_found_again(server, Index{4});
}

// Three hard states in a row: the first finds no space, the second does, the third comes when that is known.
BOOST_AUTO_TEST_CASE(a_hard_state_that_found_space_behind_one_that_did_not_does_not_come_back_later) {
  OneServer server = follower_with(1, Index{}, easily_disturbed());
  server.receive(NodeId{2}, vote_request(Term{5}, Index{9}, Term{4}));
  server.receive(NodeId{3}, vote_request(Term{6}, Index{9}, Term{4}));
  BOOST_TEST(server.disk_step_on("state", DiskStatus::full));
  server.receive(NodeId{2}, vote_request(Term{7}, Index{9}, Term{4}));
  try_again(server);
  BOOST_REQUIRE(server.view().term == Term{7});
  // It is durable by now: asked again, it answers without waiting for anything.
  server.receive(NodeId{2}, vote_request(Term{7}, Index{9}, Term{4}));
  BOOST_REQUIRE_EQUAL(grants_in(server), 1u);
  BOOST_REQUIRE(!server.sent.at(0).after.has_value());
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().term == Term{7});
  BOOST_TEST((server.view().vote == NodeId{2}));
}

// The slot that a hard state found no space in is taken again and again; whatever a crash makes of the
// attempt, the vote that was given before is remembered.
BOOST_AUTO_TEST_CASE(no_attempt_to_write_a_hard_state_harms_the_one_that_is_durable) {
  std::size_t images = 0;
  for (int attempts = 1; attempts < 7; ++attempts) {
    EveryChoice choices;
    do {
      OneServer server = follower_with(1, Index{}, easily_disturbed());
      server.receive(NodeId{2}, vote_request(Term{5}, Index{9}, Term{4}));
      server.disk_until_idle();
      server.receive(NodeId{3}, vote_request(Term{6}, Index{9}, Term{4}));
      for (int i = 0; i < attempts; ++i) {
        BOOST_REQUIRE(server.disk_step_on("state", DiskStatus::full));
        server.disk_until_idle();
        server.now = server.now + server.options.heartbeat_interval;
        server.step(Wake{});
      }
      server.crash([&choices](std::size_t n) { return choices.choose(n); });
      server.start(Boot::existing);
      const View view = server.view();
      BOOST_REQUIRE((view.term == Term{5} ? view.vote == NodeId{2} : view.vote == NodeId{3}));
      BOOST_REQUIRE(view.term >= Term{5});
      ++images;
    } while (choices.next());
  }
  BOOST_TEST(images > 12u);
}

// Entry 3 of a log that a snapshot discards is still on its way when that is durable.
BOOST_AUTO_TEST_CASE(entries_that_a_snapshot_discarded_are_not_written_again) {
  for (const bool finds_space : {false, true}) {
    OneServer server = follower_with(2, Index{}, small_steps(1'000));
    const auto snapshot = some_snapshot(Index{20}, Term{1});
    server.receive(NodeId{2}, install(*snapshot, Term{1}));
    const EntryRef entry = no_op(Term{1});
    server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {&entry, 1}));
    while (server.disk_step_on("snapshot") || server.disk_step_on("")) {
    }
    BOOST_REQUIRE(server.view().snapshot.has_value());
    BOOST_TEST(server.disk_step_on("log-", finds_space ? DiskStatus::ok : DiskStatus::full));
    try_again(server);
    BOOST_REQUIRE(!server.halted);
    server.receive(NodeId{2}, append(Term{1}, Index{20}, Term{1}, Index{20}, {&entry, 1}));
    try_again(server);
    expect_found_again(server, Index{21});
  }
}

// The beginning of a log that is all new is named once nothing of the old one can take its place.
BOOST_AUTO_TEST_CASE(a_snapshot_that_discards_the_log_waits_until_no_batch_can_be_taken_back) {
  OneServer server = follower_with(2, Index{}, small_steps(1'000));
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {&entry, 1}));
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{}, {&entry, 1}));
  const auto snapshot = some_snapshot(Index{20}, Term{1});
  server.receive(NodeId{2}, install(*snapshot, Term{1}));
  BOOST_TEST(server.disk_step_on("log-", DiskStatus::full));
  try_again(server);
  BOOST_REQUIRE(server.view().snapshot.has_value());
  server.receive(NodeId{2}, append(Term{1}, Index{20}, Term{1}, Index{20}, {&entry, 1}));
  server.disk_until_idle();
  expect_found_again(server, Index{21});
}

// While it waits, the log comes to agree with it, and to lead beyond it: then nothing is discarded, and what
// was acknowledged behind the snapshot is found again.
BOOST_AUTO_TEST_CASE(what_stands_behind_a_snapshot_that_had_to_wait_is_kept_if_the_log_agrees_by_then) {
  OneServer server = follower_with(2, Index{}, small_steps(1'000));
  const std::vector<EntryRef> entries(19, no_op(Term{1}));
  Log covered;
  for (int i = 0; i < 20; ++i) covered.append(no_op(Term{1}));
  const auto snapshot = some_snapshot(Index{20}, Term{1}, covered.chain_at(Index{20}));
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {entries.data(), 1}));
  server.receive(NodeId{2}, install(*snapshot, Term{1}));
  BOOST_REQUIRE(!server.view().snapshot.has_value());
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{}, entries));
  server.disk_until_idle();
  BOOST_REQUIRE(server.view().snapshot.has_value());
  BOOST_TEST(server.view().last == Index{22});
  expect_found_again(server, Index{22});
}

// Entry 3 found no space, and is on the disk all the same; a snapshot discards it. What is written next is
// found again, also by a restart that comes before a second snapshot is durable.
BOOST_AUTO_TEST_CASE(what_a_batch_that_was_taken_back_left_does_not_pass_for_the_next) {
  OneServer server = follower_with(2, Index{});
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, install(*some_snapshot(Index{20}, Term{1}), Term{1}));
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {&entry, 1}));
  while (server.disk_step_on("snapshot") || server.disk_step_on("")) {
  }
  BOOST_REQUIRE(server.view().last == Index{20});
  BOOST_TEST(server.disk_step_on("log-", DiskStatus::full));
  server.disk_until_idle();
  server.receive(NodeId{2}, install(*some_snapshot(Index{40}, Term{1}), Term{1}));
  server.receive(NodeId{2}, append(Term{1}, Index{20}, Term{1}, Index{20}, {&entry, 1}));
  while (server.disk_step_on("log-") || server.disk_step_on("")) {
  }
  BOOST_TEST(server.view().last == Index{21});
  expect_found_again(server, Index{21});
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_finds_no_space_is_begun_anew_later_and_stops_nobody) {
  OneServer server = follower_with(3, Index{}, small_steps(3));
  server.disk().fill_up([](std::size_t) { return 1u; });
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{3}, {}));
  BOOST_TEST(!server.disk().idle());
  server.disk_until_idle();
  BOOST_TEST(!server.halted);
  BOOST_TEST(!server.view().snapshot.has_value());
  // The log has what space there is.
  BOOST_TEST(!server.disk().contents().contains("snapshot.new"));
  server.disk().make_space();
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{3}, {&entry, 1}));
  server.disk_until_idle();
  server.receive(NodeId{2}, append(Term{1}, Index{4}, Term{1}, Index{3}, {}));
  BOOST_TEST(server.sent.at(0).view.match == Index{4});
  BOOST_TEST(!server.view().snapshot.has_value());
  while (!server.view().snapshot) {
    server.wake();
    server.disk_until_idle();
    BOOST_REQUIRE(server.now < Instant{} + Duration{1'000'000'000});
  }
  expect_found_again(server, Index{4});
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_was_received_is_kept_until_there_is_space_for_it) {
  OneServer server = follower_with(2, Index{}, small_steps(1'000));
  const auto snapshot = some_snapshot(Index{20}, Term{1});
  for (const std::size_t sectors : {0u, 1u}) {
    server.disk().fill_up([sectors](std::size_t) { return sectors; });
    server.receive(NodeId{2}, install(*snapshot, Term{1}));
    try_again(server);
    BOOST_REQUIRE(!server.halted);
    BOOST_TEST(!server.view().snapshot.has_value());
    BOOST_TEST(!server.disk().contents().contains("snapshot.new"));
  }
  server.disk().make_space();
  try_again(server);
  BOOST_REQUIRE(server.view().snapshot.has_value());
  BOOST_TEST(server.view().last == Index{20});
  expect_found_again(server, Index{20});
}

BOOST_AUTO_TEST_CASE(an_operator_is_told_that_there_is_no_space_for_a_snapshot) {
  OneServer server = follower_with(3, Index{3});
  server.disk().fill_up([](std::size_t) { return 0u; });
  server.step(Admin{ClientId{3}, RequestId{1}, AdminKind::take_snapshot, {}});
  server.disk_until_idle();
  BOOST_CHECK(server.answer(1).value().kind == ReplyKind::busy);
  server.disk().make_space();
  server.step(Admin{ClientId{3}, RequestId{2}, AdminKind::take_snapshot, {}});
  server.disk_until_idle();
  BOOST_CHECK(server.answer(2).value().kind == ReplyKind::ok);
}

BOOST_AUTO_TEST_CASE(a_segment_for_whose_creation_there_is_no_space_is_waited_for) {
  // The second segment takes two batches.
  Options options;
  options.segment_bytes = 600;
  OneServer server = follower_with(2, Index{}, options);
  server.disk().fill_up([](std::size_t) { return 0u; });
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {&entry, 1}));
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{}, {&entry, 1}));
  try_again(server);
  BOOST_REQUIRE(!server.halted);
  BOOST_TEST(!server.disk().contents().contains("log-00000002"));
  server.disk().make_space();
  try_again(server);
  expect_found_again(server, Index{4});
}

// What a sync was to keep may be lost without a word if it fails, for whatever reason.
BOOST_AUTO_TEST_CASE(a_sync_that_finds_no_space_has_failed) {
  OneServer server = follower_with(2, Index{});
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{2}, Term{1}, Index{}, {&entry, 1}));
  server.disk_step_on("log-");
  server.disk_step_on("log-", DiskStatus::full);
  BOOST_TEST(server.halted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
