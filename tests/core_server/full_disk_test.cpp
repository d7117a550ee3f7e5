// A server whose disk has no space for a while.
#include <boost/test/unit_test.hpp>

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
      BOOST_REQUIRE(!server.noted(NoteKind::damage_found));
      BOOST_REQUIRE(server.view().last == last);
      BOOST_REQUIRE(server.view().term == Term{1});
    }
  }
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
