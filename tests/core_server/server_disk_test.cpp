// Stories of one server and its disk.
#include <boost/test/unit_test.hpp>

#include "seam/chain.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

bool writes_hard_state(const OneServer& server, Term term, std::optional<NodeId> vote) {
  for (const Label& label : server.effects.labels) {
    if (label == Label(HardStateLabel{term, vote})) return true;
  }
  return false;
}

InitialState two_entries(const Configuration& members) {
  return {
      .term = Term{3}, .vote = NodeId{2}, .log = {Term{1}, Term{3}}, .commit = Index{1}, .members = members};
}

Configuration three() {
  return {.voters = {NodeId{1}, NodeId{2}, NodeId{3}}, .voters_outgoing = {}, .learners = {}};
}

BOOST_AUTO_TEST_SUITE(server_disk)

BOOST_AUTO_TEST_CASE(a_vote_is_not_sent_before_it_is_durable) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
  BOOST_TEST(writes_hard_state(server, Term{1}, NodeId{2}));
  BOOST_REQUIRE_EQUAL(server.disk_requests.size(), 2u);
  BOOST_CHECK(server.disk_requests[0].action == DiskAction::write);
  BOOST_CHECK(server.disk_requests[1].action == DiskAction::sync);
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_TEST(server.sent[0].view.granted);
  BOOST_TEST(server.sent[0].after.value() == server.disk_requests[1].op);
}

BOOST_AUTO_TEST_CASE(a_duplicate_of_a_vote_request_is_not_answered_sooner) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
  const DiskOp sync = server.disk_requests.at(1).op;
  server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
  BOOST_TEST(server.disk_requests.empty());
  BOOST_TEST(server.sent.at(0).after.value() == sync);
  server.disk_until_idle();
  server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
  BOOST_TEST(server.sent.at(0).view.granted);
  BOOST_TEST(!server.sent.at(0).after.has_value());
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_waits_for_hard_state_and_entries) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entry = no_op(Term{4});
  server.receive(NodeId{2}, append(Term{4}, Index{}, Term{}, Index{}, {&entry, 1}));
  // Two files, the log's new; the last is the directory.
  BOOST_REQUIRE_EQUAL(server.disk_requests.size(), 4u);
  BOOST_REQUIRE_EQUAL(server.effects.labels.size(), 2u);
  const EntriesLabel expected{.first = Index{1},
                              .last = Index{1},
                              .last_term = Term{4},
                              .chain = chain_next(chain_start, Term{4}, entry_hash(EntryKind::no_op, {}))};
  BOOST_CHECK(server.effects.labels[1] == Label(expected));
  BOOST_TEST(server.sent.at(0).after.value() == server.disk_requests.back().op);
}

BOOST_AUTO_TEST_CASE(votes_of_many_terms_while_the_disk_hangs_never_endanger_the_last_durable_one) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
  server.disk_until_idle();
  for (std::uint64_t term = 2; term <= 8; ++term) {
    server.receive(NodeId{2}, vote_request(Term{term}, Index{}, Term{}));
    // What cannot be written now is not promised now.
    if (server.disk_requests.empty()) BOOST_TEST(server.sent.empty());
  }
  EveryChoice choices;
  do {
    CrashDisk image(server.disk().crash([&](std::size_t n) { return choices.choose(n); }));
    OneServer again(3, image.contents());
    again.start(Boot::existing);
    BOOST_REQUIRE(!again.halted);
    BOOST_REQUIRE(again.view().term >= Term{1});
    BOOST_REQUIRE(again.view().vote == NodeId{2});
  } while (choices.next());
  // Once the disk wakes up, the newest goes there, and its promise goes out with it, behind it. Those of
  // terms that are over are not made any more.
  while (server.sent.empty() && server.disk_step()) {
  }
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_TEST(server.sent[0].view.granted);
  BOOST_TEST(server.sent[0].view.term == Term{8});
  BOOST_TEST(writes_hard_state(server, Term{8}, NodeId{2}));
  BOOST_TEST(server.sent[0].after.value() == server.disk_requests.back().op);
  server.disk_until_idle();
  server.receive(NodeId{2}, vote_request(Term{8}, Index{}, Term{}));
  BOOST_TEST(server.sent.at(0).view.granted);
  BOOST_TEST(!server.sent.at(0).after.has_value());
}

/// Keeps all slots of the hard state but one on their way to the disk: the next promise has to wait.
void occupy_the_slots(OneServer& server) {
  std::uint64_t term = server.view().term.value;
  do {
    server.receive(NodeId{2}, vote_request(Term{++term}, Index{}, Term{}));
  } while (!server.disk_requests.empty());
}

BOOST_AUTO_TEST_CASE(a_vote_that_waits_for_the_disk_is_not_told_once_its_term_has_a_leader) {
  OneServer server(5);
  server.start(Boot::fresh);
  occupy_the_slots(server);
  // Its vote for n2 waits; n2 wins without it, and its entry makes the log newer than what the vote was given
  // on.
  const Term term = server.view().term;
  const EntryRef entry = no_op(term);
  server.receive(NodeId{2}, append(term, Index{}, Term{}, Index{}, {&entry, 1}));
  std::size_t acknowledged = 0;
  const auto look = [&] {
    for (const Sent& s : server.sent) {
      BOOST_TEST((s.view.type != MessageType::request_vote_resp || s.view.term < term));
      acknowledged += s.view.type == MessageType::append_entries_resp ? 1u : 0u;
    }
  };
  look();
  while (server.disk_step()) look();
  BOOST_TEST(acknowledged == 1u);
}

BOOST_AUTO_TEST_CASE(
    a_request_for_votes_that_waits_for_the_disk_is_not_sent_by_who_is_no_candidate_any_more) {
  OneServer server(5);
  server.options.pre_vote = false;
  server.start(Boot::fresh);
  occupy_the_slots(server);
  server.wake();
  BOOST_REQUIRE(server.view().role == Role::candidate);
  BOOST_TEST(server.sent.empty());
  const Term term = server.view().term;
  const EntryRef entry = no_op(term);
  server.receive(NodeId{3}, append(term, Index{}, Term{}, Index{}, {&entry, 1}));
  BOOST_REQUIRE(server.view().role == Role::follower);
  const auto look = [&] {
    for (const Sent& s : server.sent) BOOST_TEST((s.view.type != MessageType::request_vote));
  };
  look();
  while (server.disk_step()) look();
  BOOST_TEST(server.view().last == Index{1});
}

BOOST_AUTO_TEST_CASE(proposals_that_come_while_the_disk_is_busy_share_one_write) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  const std::uint64_t session = server.open_session();
  for (std::uint64_t i = 1; i <= 5; ++i) {
    server.request(i, in_session(operation(OperationKind::put, "k", "v"), session, i));
    BOOST_TEST(server.disk_requests.size() == (i == 1 ? 2u : 0u));
  }
  server.disk_step();
  server.disk_step();
  BOOST_TEST(server.answer(1).has_value());
  BOOST_TEST(!server.answer(2).has_value());
  BOOST_REQUIRE_EQUAL(server.disk_requests.size(), 2u);
  const auto label = std::get<EntriesLabel>(server.effects.labels.at(0));
  BOOST_TEST(label.last - label.first == 3u);
  server.disk_until_idle();
  BOOST_TEST(server.answer(5).has_value());
}

BOOST_AUTO_TEST_CASE(a_restart_recovers_term_vote_and_log) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.receive(NodeId{3}, vote_request(Term{2}, Index{}, Term{}));
  const EntryRef entries[] = {no_op(Term{1}), no_op(Term{2})};
  server.receive(NodeId{3}, append(Term{2}, Index{}, Term{}, Index{1}, entries));
  server.disk_until_idle();
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  const View view = server.view();
  BOOST_CHECK(view.role == Role::follower);
  BOOST_TEST(view.term == Term{2});
  BOOST_TEST(view.vote.value() == NodeId{3});
  BOOST_TEST(view.last == Index{2});
  BOOST_TEST(view.commit == Index{});
  BOOST_TEST(server.process().entry(Index{1}).term == Term{1});
  BOOST_CHECK(*view.configuration == three());
  // Its word still binds it.
  server.receive(NodeId{2}, vote_request(Term{2}, Index{9}, Term{2}));
  BOOST_TEST(!server.sent.at(0).view.granted);
}

BOOST_AUTO_TEST_CASE(nothing_is_said_before_the_disk_has_been_read) {
  OneServer server(3);
  server.start(Boot::fresh);
  server.crash_keeping_all();
  server.start_only(Boot::existing);
  BOOST_CHECK(server.view().shows == Shows{});
  server.receive(NodeId{2}, vote_request(Term{5}, Index{}, Term{}));
  BOOST_TEST(server.effects.list.empty());
  server.request(1, operation(OperationKind::get, "k"));
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::busy);
  server.disk_until_idle();
  BOOST_CHECK(server.view().shows == Shows::everything);
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_point_of_the_first_start_leaves_a_disk_to_start_from) {
  for (int completed = 0; completed < 7; ++completed) {
    EveryChoice choices;
    do {
      OneServer server(3);
      server.start_only(Boot::fresh);
      for (int i = 0; i < completed; ++i) server.disk_step();
      server.crash([&](std::size_t n) { return choices.choose(n); });
      server.start(Boot::existing);
      BOOST_REQUIRE(!server.halted);
      BOOST_REQUIRE(*server.view().configuration == three());
      server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
      BOOST_REQUIRE(server.sent.at(0).view.granted);
    } while (choices.next());
  }
}

BOOST_AUTO_TEST_CASE(entries_that_became_durable_before_their_term_raise_the_term_of_a_restart) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entry = no_op(Term{4});
  server.receive(NodeId{2}, append(Term{4}, Index{}, Term{}, Index{}, {&entry, 1}));
  // The log's sectors survive, the hard state's do not: in order of name, after the new file's creation.
  std::size_t question = 0;
  server.crash([&question](std::size_t n) { return question++ < 2 ? n - 2 + (n == 2 ? 1 : 0) : 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().last == Index{1});
  BOOST_TEST(server.view().term == Term{4});
  BOOST_TEST(!server.view().vote.has_value());
  // Before anything is said in that term, it is written.
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().term == Term{4});
}

BOOST_AUTO_TEST_CASE(a_failed_operation_stops_the_server) {
  for (const DiskStatus status : {DiskStatus::io_error, DiskStatus::not_found}) {
    OneServer server(3);
    server.start(Boot::fresh);
    server.receive(NodeId{2}, vote_request(Term{1}, Index{}, Term{}));
    const DiskOp sync = server.disk_requests.at(1).op;
    server.disk_step();
    server.disk_step(status);
    BOOST_TEST(server.halted);
    BOOST_REQUIRE(server.noted(NoteKind::disk_failed));
    BOOST_TEST(server.notes.back().a == sync.value);
    BOOST_TEST(server.notes.back().b == static_cast<std::uint64_t>(status));
    server.receive(NodeId{2}, vote_request(Term{2}, Index{}, Term{}));
    BOOST_TEST(server.effects.list.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_torn_tail_is_cut_and_noted) {
  OneServer server(1);
  server.start(Boot::fresh);
  server.become_leader_alone();
  server.request(5, operation(OperationKind::open_session, ""));
  server.crash([](std::size_t n) { return n - 1; });
  server.start_only(Boot::existing);
  bool cut = false;
  while (server.disk_step()) cut = cut || server.noted(NoteKind::torn_tail_cut);
  BOOST_TEST(cut);
  BOOST_TEST(server.view().last == Index{1});
}

BOOST_AUTO_TEST_CASE(a_formatted_disk_is_what_the_scenario_said) {
  const auto system = make_raft_system();
  const std::optional<Files> files = system->format_disk(NodeId{1}, two_entries(three()));
  BOOST_REQUIRE(files.has_value());
  BOOST_CHECK(*files == *system->format_disk(NodeId{2}, two_entries(three())));
  OneServer server(3, *files);
  server.start(Boot::fresh, Index{1});
  const View view = server.view();
  BOOST_TEST(view.term == Term{3});
  BOOST_TEST(view.vote.value() == NodeId{2});
  BOOST_TEST(view.last == Index{2});
  BOOST_TEST(view.commit == Index{1});
  BOOST_TEST(view.applied == Index{1});
  BOOST_TEST(server.process().entry(Index{2}).term == Term{3});
  BOOST_TEST(server.process().entry(Index{2}).hash == entry_hash(EntryKind::no_op, {}));
}

BOOST_AUTO_TEST_CASE(a_disk_that_no_correct_server_could_have_written_is_not_formatted) {
  const auto system = make_raft_system();
  InitialState state = two_entries(three());
  state.log = {Term{3}, Term{1}};
  BOOST_TEST(!system->format_disk(NodeId{1}, state).has_value());
  state.log = {Term{4}};
  BOOST_TEST(!system->format_disk(NodeId{1}, state).has_value());
}

// A disk that hangs: the term is on its way to it, and the leader goes on asking.
BOOST_AUTO_TEST_CASE(answers_that_wait_for_a_disk_that_hangs_do_not_pile_up) {
  OneServer server(3);
  server.start(Boot::fresh);
  const auto heartbeat = [&](std::uint64_t context) {
    Message message = append(Term{4}, Index{}, Term{}, Index{}, {});
    message.context = context;
    server.receive(NodeId{2}, message);
  };
  heartbeat(1);
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_TEST(server.sent.at(0).after.has_value());
  for (std::uint64_t i = 2; i < 1'000; ++i) {
    heartbeat(i);
    BOOST_REQUIRE(server.sent.empty());
  }
  // Once the term is durable, each is answered again.
  server.disk_until_idle();
  for (std::uint64_t i = 1'000; i < 1'003; ++i) {
    heartbeat(i);
    BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
    BOOST_TEST(server.sent.at(0).view.context == i);
    BOOST_TEST(!server.sent.at(0).after.has_value());
  }
  // The next term is another matter.
  server.receive(NodeId{3}, append(Term{5}, Index{}, Term{}, Index{}, {}));
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_TEST(server.sent.at(0).after.has_value());
}

BOOST_AUTO_TEST_CASE(a_disk_that_hangs_is_given_a_bounded_number_of_operations_and_entries) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entry = no_op(Term{1});
  std::size_t operations = 0;
  std::size_t waiting = 0;
  std::uint64_t last = 0;
  const auto send_next = [&] {
    const Term before = last == 0 ? Term{} : Term{1};
    server.receive(NodeId{2}, append(Term{1}, Index{last}, before, Index{}, {&entry, 1}));
    operations += server.disk_requests.size();
    waiting += server.sent.size();
    last = server.view().last.value;
  };
  for (int i = 0; i < 10'000; ++i) send_next();
  BOOST_TEST(operations < 200u);
  BOOST_TEST(waiting < 100u);
  BOOST_TEST(last < 5'000u);
  // When it answers at last, all of it is written, and more is taken.
  server.disk_until_idle();
  send_next();
  server.disk_until_idle();
  server.receive(NodeId{2}, append(Term{1}, Index{last}, Term{1}, Index{}, {}));
  BOOST_TEST(server.sent.at(0).view.match == Index{last});
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().last == Index{last});
}

// The others commit without it: what it has not written itself stays in its memory.
BOOST_AUTO_TEST_CASE(a_leader_whose_disk_hangs_takes_no_more_than_it_may_hold) {
  Options options;
  options.pre_vote = false;
  options.max_uncommitted_bytes = 10'000;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  server.become_leader();
  std::uint64_t asked = 0;
  const auto propose = [&] {
    server.request(++asked, operation(OperationKind::put, "k", std::string(100, 'v')));
    for (const NodeId follower : {NodeId{2}, NodeId{3}})
      server.receive(follower, appended(server.view().term, server.view().last, 0));
    return server.answer(asked)->kind != ReplyKind::busy;
  };
  while (propose()) BOOST_REQUIRE(asked < 1'000u);
  BOOST_TEST(asked > 20u);
  BOOST_TEST(server.view().uncommitted_bytes == 0u);
  server.disk_until_idle();
  BOOST_TEST(propose());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
