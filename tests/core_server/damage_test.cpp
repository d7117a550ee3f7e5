// A server and a disk that lost what was durable, or that was never told to keep it.
#include <boost/test/unit_test.hpp>

#include "core/disk_format.hpp"
#include "seam/chain.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

/// Appends entry `index` of `term` behind one of `before`, and completes all writes.
void follow(OneServer& server, Index index, Term term, Term before) {
  const EntryRef entry = no_op(term);
  server.receive(NodeId{2}, append(term, index - 1, before, Index{}, {&entry, 1}));
  server.disk_until_idle();
}

/// n1 of three: five entries of term 2 in a batch each; then term 3, a vote in it for n3, and one entry more.
Files history() {
  OneServer server(3);
  server.start(Boot::fresh);
  follow(server, Index{1}, Term{2}, Term{});
  for (std::uint64_t i = 2; i <= 5; ++i) follow(server, Index{i}, Term{2}, Term{2});
  Message request = vote_request(Term{3}, Index{9}, Term{2});
  request.commanded = true;
  server.receive(NodeId{3}, request);
  server.disk_until_idle();
  const EntryRef entry = no_op(Term{3});
  server.receive(NodeId{3}, append(Term{3}, Index{5}, Term{2}, Index{}, {&entry, 1}));
  server.disk_until_idle();
  return server.disk().contents();
}

/// Starts on a disk; what it notes of damage on the way (Note::a), 0 for nothing.
std::uint64_t damage_found(OneServer& server) {
  std::uint64_t found = 0;
  server.start_only(Boot::existing);
  while (server.disk_step()) {
    for (const Note& note : server.notes) {
      if (note.kind == NoteKind::damage_found) found = note.a;
    }
  }
  return found;
}

/// Asked long after it came up: nothing that it may have promised a leader binds it any more.
bool grants(OneServer& server, Term term) {
  server.now = server.now + Duration{10'000'000'000};
  Message request = vote_request(term, Index{99}, term);
  request.commanded = true;
  server.receive(NodeId{3}, request);
  const bool granted = !server.sent.empty() && server.sent.front().view.granted;
  server.disk_until_idle();
  return granted;
}

/// What it acknowledges to a heartbeat of a leader whose log is the same up to `index`.
Index acknowledged(OneServer& server, Index index, Term term) {
  const Term before = index == Index{} ? Term{} : server.process().entry(index).term;
  server.receive(NodeId{2}, append(term, index, before, Index{}, {}));
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_REQUIRE(server.sent.front().view.granted);
  const Index match = server.sent.front().view.match;
  server.disk_until_idle();
  return match;
}

BOOST_AUTO_TEST_SUITE(damage)

// The process alone was restarted between a write and its sync. What it read back is not durable yet, and
// must be before anybody is told of it.
BOOST_AUTO_TEST_CASE(what_a_restarted_process_reads_back_is_made_durable_before_it_speaks) {
  OneServer server(3);
  server.start(Boot::fresh);
  const EntryRef entry = no_op(Term{1});
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{}, {&entry, 1}));
  server.disk().forget_operations();  // the writes are in the system's cache; their syncs never come
  server.start(Boot::existing);
  BOOST_TEST(server.view().last == Index{1});
  BOOST_TEST(server.view().term == Term{1});
  BOOST_TEST(acknowledged(server, Index{1}, Term{1}) == Index{1});
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().last == Index{1});
  BOOST_TEST(server.view().term == Term{1});
}

BOOST_AUTO_TEST_CASE(a_name_that_a_restarted_process_found_is_made_durable_before_it_speaks) {
  OneServer server(3);
  server.start_only(Boot::fresh);
  while (server.view().shows == Shows{} && !server.disk().idle() && server.disk_requests.size() < 3) {
    server.disk_step();
  }
  server.disk().forget_operations();
  server.start(Boot::existing);
  BOOST_TEST(grants(server, Term{1}));
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().term == Term{1});
  BOOST_TEST(server.view().vote.value() == NodeId{3});
}

// One byte, anywhere. Either nothing is missing, or it is said, or it is the last batch, for which nothing
// vouches: then it is a torn tail, which the fault model does not make of synced data.
BOOST_AUTO_TEST_CASE(one_damaged_byte_never_loses_anything_in_silence) {
  const Files whole = history();
  std::size_t log_damaged = 0;
  std::size_t state_damaged = 0;
  std::size_t beyond = 0;
  for (const auto& [name, bytes] : whole) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      Files files = whole;
      files.at(name)[at] ^= std::byte{0x40};
      OneServer server(3, files);
      const std::uint64_t found = damage_found(server);
      BOOST_REQUIRE(!server.halted);
      const View view = server.view();
      for (Index i{1}; i <= view.last; ++i) {
        BOOST_REQUIRE(server.process().entry(i).term == (i == Index{6} ? Term{3} : Term{2}));
      }
      if (found == 0) {
        BOOST_REQUIRE(view.term == Term{3});
        BOOST_REQUIRE(view.vote.value() == NodeId{3});
        BOOST_REQUIRE(view.last >= Index{5});
        beyond += view.last == Index{5} ? 1u : 0u;
        continue;
      }
      ++(found == 1 ? log_damaged : state_damaged);
      BOOST_REQUIRE(!grants(server, Term{7}));
      BOOST_REQUIRE(acknowledged(server, view.last, Term{7}) == Index{});
    }
  }
  BOOST_TEST(log_damaged > 5 * 64u);
  BOOST_TEST(state_damaged >= 49u);
  BOOST_TEST(beyond >= 64u);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_damage) {
  for (const char* name : {"state", "log-00000001"}) {
    Files files = history();
    BOOST_REQUIRE_EQUAL(files.erase(name), 1u);
    OneServer server(3, files);
    BOOST_TEST(damage_found(server) != 0u);
    BOOST_TEST(!grants(server, Term{7}));
  }
}

// Refilled by the leader; what ends the doubt is durable; a restart then finds a whole log.
BOOST_AUTO_TEST_CASE(a_refilled_server_is_whole_again_after_a_restart) {
  Files files = history();
  files.at("log-00000001").at(3 * 512 + 70) ^= std::byte{1};
  OneServer server(3, files);
  BOOST_TEST(damage_found(server) == 1u);
  BOOST_TEST(server.view().last == Index{2});
  follow(server, Index{3}, Term{4}, Term{2});
  // Not refilled yet: another start finds nothing missing, and remembers.
  server.crash([](std::size_t) { return 0u; });
  BOOST_TEST(damage_found(server) == 0u);
  BOOST_TEST(server.view().last == Index{3});
  BOOST_TEST(!grants(server, Term{4}));
  BOOST_TEST(acknowledged(server, Index{3}, Term{4}) == Index{});

  // The leader tells where its log ends, with the number that it was told.
  Message told = append(Term{4}, Index{3}, Term{4}, Index{}, {});
  told.doubt = server.last_doubt;
  told.hint = Index{3};
  server.receive(NodeId{2}, told);
  BOOST_TEST(server.noted(NoteKind::doubt_ended));
  server.disk_until_idle();
  BOOST_TEST(acknowledged(server, Index{3}, Term{4}) == Index{3});
  server.crash([](std::size_t) { return 0u; });
  BOOST_TEST(damage_found(server) == 0u);
  BOOST_TEST(server.view().last == Index{3});
  BOOST_TEST(acknowledged(server, Index{3}, Term{4}) == Index{3});
  BOOST_TEST(grants(server, Term{5}));
}

// The first promise after a doubt waits for the write that ends it.
BOOST_AUTO_TEST_CASE(what_ends_a_doubt_is_durable_before_anything_relies_on_it) {
  Files files = history();
  files.at("log-00000001").at(3 * 512 + 70) ^= std::byte{1};
  OneServer server(3, files);
  BOOST_TEST(damage_found(server) == 1u);
  BOOST_TEST(acknowledged(server, Index{2}, Term{4}) == Index{});
  Message told = append(Term{4}, Index{2}, Term{2}, Index{}, {});
  told.doubt = server.last_doubt;
  told.hint = Index{2};
  server.receive(NodeId{2}, told);
  BOOST_REQUIRE_EQUAL(server.sent.size(), 1u);
  BOOST_TEST(server.sent.front().view.match == Index{2});
  BOOST_TEST(server.sent.front().after.has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_lost_its_hard_state_never_votes_again) {
  Files files = history();
  std::vector<std::byte>& state = files.at("state");
  for (std::byte& byte : state) byte ^= std::byte{0xFF};
  OneServer server(3, files);
  BOOST_TEST(damage_found(server) == 2u);
  BOOST_TEST(server.view().last == Index{6});
  for (std::uint64_t term = 8; term < 12; ++term) {
    BOOST_TEST(!grants(server, Term{term}));
    follow(server, Index{7}, Term{term}, Term{3});
    BOOST_TEST(acknowledged(server, Index{7}, Term{term}) == Index{});
    Message told = append(Term{term}, Index{7}, Term{term}, Index{7}, {});
    told.doubt = doubt_for_good;
    told.hint = Index{7};
    server.receive(NodeId{2}, told);
    server.disk_until_idle();
    BOOST_TEST(server.view().commit == Index{7});
    BOOST_TEST(!server.effects.wake_at.has_value());
    server.crash([](std::size_t) { return 0u; });
    BOOST_TEST(damage_found(server) == 0u);
  }
}

// With the beginning of the log, the members are gone; the operator knows them.
BOOST_AUTO_TEST_CASE(a_log_damaged_at_its_beginning_is_refilled_from_there) {
  Files files = history();
  files.at("log-00000001").at(5) ^= std::byte{1};
  OneServer server(3, files);
  BOOST_TEST(damage_found(server) == 1u);
  BOOST_TEST(server.view().last == Index{});
  BOOST_TEST(server.view().configuration->voters.size() == 3u);
  follow(server, Index{1}, Term{4}, Term{});
  server.crash([](std::size_t) { return 0u; });
  BOOST_TEST(damage_found(server) == 0u);
  BOOST_TEST(server.view().last == Index{1});
}

// Its first batch has not the first number; a snapshot names it as the one in which the log begins.
BOOST_AUTO_TEST_CASE(a_log_that_began_anew_is_found_behind_a_snapshot) {
  Files files = history();
  files.at("log-00000001").at(5) ^= std::byte{1};
  Options options;
  options.snapshot_every = 2;
  options.trailing_entries = 100;
  OneServer server(3, files, options);
  BOOST_TEST(damage_found(server) == 1u);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const EntryRef entry = no_op(Term{4});
    const Term before{i == 1 ? 0u : 4u};
    server.receive(NodeId{2}, append(Term{4}, Index{i - 1}, before, Index{i}, {&entry, 1}));
    server.disk_until_idle();
  }
  BOOST_TEST(server.disk().contents().count("snapshot") == 1u);
  server.crash([](std::size_t) { return 0u; });
  BOOST_TEST(damage_found(server) == 0u);
  BOOST_TEST(server.view().last == Index{5});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
