// Snapshots of one server and its disk: taken, installed, found again, whatever a crash does in between.
#include <rapidcheck.h>
#include <rapidcheck/boost_test.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/configurations.hpp"
#include "core/snapshot_format.hpp"
#include "seam/chain.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

Options often(std::uint64_t every) {
  Options options;
  options.snapshot_every = every;
  options.trailing_entries = 2;
  options.segment_bytes = 1'024;
  return options;
}

void put(OneServer& server, std::uint64_t session, std::uint64_t sequence) {
  server.request(
      1'000 + sequence,
      in_session(operation(OperationKind::append, "k", std::to_string(sequence) + ","), session, sequence));
}

std::string expected_value(std::uint64_t puts) {
  std::string value;
  for (std::uint64_t i = 1; i <= puts; ++i) value += std::to_string(i) + ",";
  return value;
}

std::string read_back(OneServer& server) {
  const Operation get = operation(OperationKind::get, "k");
  server.request(9, get);
  server.disk_until_idle();
  const auto result = server.result(9, get);
  BOOST_REQUIRE(result.has_value());
  return result->value.value_or("");
}

std::size_t files_of(const Files& files, std::string_view prefix) {
  return static_cast<std::size_t>(std::count_if(
      files.begin(), files.end(), [&](const auto& file) { return file.first.starts_with(prefix); }));
}

BOOST_AUTO_TEST_SUITE(server_snapshot)

BOOST_AUTO_TEST_CASE(a_restart_begins_with_the_snapshot_and_a_retry_is_still_applied_once) {
  OneServer server(1, {}, often(10));
  server.start(Boot::fresh);
  server.become_leader_alone();
  const std::uint64_t session = server.open_session();
  for (std::uint64_t i = 1; i <= 25; ++i) {
    put(server, session, i);
    server.disk_until_idle();
  }
  const View before = server.view();
  BOOST_REQUIRE(before.snapshot.has_value());
  BOOST_TEST(before.snapshot->index >= Index{20});
  BOOST_TEST(before.first == before.snapshot->index - 1);
  BOOST_REQUIRE(before.snapshot_configuration != nullptr);
  BOOST_TEST(before.snapshot_configuration->voters.size() == 1u);
  server.crash([](std::size_t) { return 0u; });
  server.start(Boot::existing);
  BOOST_TEST(server.view().snapshot->index == before.snapshot->index);
  BOOST_TEST(server.view().applied == before.snapshot->index);
  BOOST_TEST(server.view().commit == before.snapshot->index);
  BOOST_TEST(server.view().sessions == 1u);
  server.become_leader_alone();
  put(server, session, 25);
  server.disk_until_idle();
  BOOST_TEST(read_back(server) == expected_value(25));
}

BOOST_AUTO_TEST_CASE(whatever_a_crash_leaves_while_a_snapshot_is_taken_nothing_acknowledged_is_lost) {
  std::size_t images = 0;
  bool old_one = false;
  bool new_one = false;
  for (int completed = 0; completed < 12; ++completed) {
    EveryChoice choices;
    do {
      OneServer server(1, {}, often(6));
      server.start(Boot::fresh);
      server.become_leader_alone();
      const std::uint64_t session = server.open_session();
      std::uint64_t puts = 0;
      // The snapshot begins with the step that applies the sixth entry.
      while (!server.view().snapshot) {
        put(server, session, ++puts);
        while (server.disk_step() && puts < 4) {
        }
        if (puts == 4) break;
      }
      for (int i = 0; i < completed; ++i) server.disk_step();
      const std::uint64_t acknowledged = server.answer(1'000 + puts) ? puts : puts - 1;
      server.crash([&](std::size_t n) { return choices.choose(n); });
      server.start(Boot::existing);
      BOOST_REQUIRE(!server.halted);
      (server.view().snapshot ? new_one : old_one) = true;
      BOOST_REQUIRE(server.view().first <= server.view().applied + 1);
      server.become_leader_alone();
      const std::string value = read_back(server);
      BOOST_REQUIRE((value == expected_value(acknowledged) || value == expected_value(puts)));
      BOOST_REQUIRE_EQUAL(files_of(server.disk().contents(), snapshot_file_unfinished), 0u);
      ++images;
    } while (choices.next());
  }
  BOOST_TEST(old_one);
  BOOST_TEST(new_one);
  BOOST_TEST(images > 20u);
}

BOOST_AUTO_TEST_CASE(whatever_a_crash_leaves_while_a_snapshot_is_installed_it_is_the_old_state_or_the_new) {
  const auto snapshot = some_snapshot(Index{20}, Term{2});
  std::size_t images = 0;
  bool old_one = false;
  bool new_one = false;
  bool done = false;
  for (int completed = 0; !done; ++completed) {
    EveryChoice choices;
    do {
      OneServer server(3, {}, often(1'000));
      server.start(Boot::fresh);
      // A log that the snapshot does not agree with.
      const EntryRef entries[] = {no_op(Term{1}), no_op(Term{1}), no_op(Term{1})};
      server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{1}, entries));
      server.disk_until_idle();
      server.receive(NodeId{3}, install(*snapshot, Term{3}));
      bool promised = false;
      done = false;
      for (int i = 0; i < completed; ++i) {
        if (!server.disk_step()) done = true;
        for (const Sent& s : server.sent) {
          if (s.view.type != MessageType::install_snapshot_resp || !s.view.granted) continue;
          BOOST_REQUIRE(s.view.match == Index{20});
          BOOST_REQUIRE(server.view().applied == Index{20});
          promised = true;
        }
      }
      server.crash([&](std::size_t n) { return choices.choose(n); });
      server.start(Boot::existing);
      BOOST_REQUIRE(!server.halted);
      BOOST_REQUIRE(!server.ever_noted(NoteKind::damage_found));
      const View view = server.view();
      const bool installed = view.snapshot.has_value();
      (installed ? new_one : old_one) = true;
      BOOST_REQUIRE(installed || !promised);
      BOOST_REQUIRE_EQUAL(view.last.value, installed ? 20u : 3u);
      BOOST_REQUIRE_EQUAL(view.applied.value, installed ? 20u : 0u);
      if (installed) BOOST_REQUIRE_EQUAL(view.first.value, 21u);
      ++images;
    } while (choices.next());
  }
  BOOST_TEST(old_one);
  BOOST_TEST(new_one);
  BOOST_TEST(images > 10u);
}

BOOST_AUTO_TEST_CASE(after_an_installation_the_log_goes_on_and_the_old_one_does_not_come_back) {
  const auto snapshot = some_snapshot(Index{20}, Term{2});
  OneServer server(3, {}, often(1'000));
  server.start(Boot::fresh);
  std::vector<EntryRef> old(30, no_op(Term{1}));
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{1}, old));
  server.disk_until_idle();
  server.receive(NodeId{3}, install(*snapshot, Term{3}));
  server.disk_until_idle();
  const EntryRef next = no_op(Term{3});
  server.receive(NodeId{3}, append(Term{3}, Index{20}, Term{2}, Index{20}, {&next, 1}));
  server.disk_until_idle();
  BOOST_TEST(server.view().last == Index{21});
  for (int restarts = 0; restarts < 2; ++restarts) {
    server.crash([](std::size_t) { return 0u; });
    server.start(Boot::existing);
    BOOST_TEST(server.view().first == Index{21});
    BOOST_TEST(server.view().last == Index{21});
    BOOST_TEST(server.view().term == Term{3});
    BOOST_TEST(server.process().entry(Index{21}).term == Term{3});
  }
}

// Also of the part that the snapshot does not cover, which is of no use behind it.
BOOST_AUTO_TEST_CASE(a_log_that_an_installation_discarded_is_removed_from_the_disk) {
  Options options = often(1'000);
  options.segment_bytes = 64;
  OneServer server(3, {}, options);
  server.start(Boot::fresh);
  const EntryRef entry = no_op(Term{1});
  for (Index before; before < Index{30}; ++before) {
    const Term of_before{before == Index{} ? 0U : 1U};
    server.receive(NodeId{2}, append(Term{1}, before, of_before, Index{}, {&entry, 1}));
    server.disk_until_idle();
  }
  BOOST_TEST(files_of(server.disk().contents(), "log-") >= 30u);
  server.receive(NodeId{3}, install(*some_snapshot(Index{20}, Term{2}), Term{3}));
  server.disk_until_idle();
  BOOST_TEST(server.view().last == Index{20});
  BOOST_TEST(files_of(server.disk().contents(), "log-") == 0u);
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_rotted_is_damage_at_every_byte) {
  OneServer server(1, {}, often(10));
  server.start(Boot::fresh);
  server.become_leader_alone();
  const std::uint64_t session = server.open_session();
  for (std::uint64_t i = 1; i <= 12; ++i) {
    put(server, session, i);
    server.disk_until_idle();
  }
  const Files whole = server.disk().contents();
  const std::size_t size = whole.at(std::string(snapshot_file)).size();
  BOOST_REQUIRE(size > snapshot_header_bytes);
  for (std::size_t at = 0; at <= size; ++at) {
    Files files = whole;
    std::vector<std::byte>& bytes = files.at(std::string(snapshot_file));
    if (at < size) bytes[at] ^= std::byte{0x10};
    if (at == size) bytes.pop_back();
    OneServer again(1, files, often(10));
    again.start_only(Boot::existing);
    bool found = false;
    while (again.disk_step()) found = found || again.noted(NoteKind::damage_found);
    BOOST_REQUIRE(found);
    BOOST_REQUIRE(!again.view().snapshot.has_value());
  }
}

BOOST_AUTO_TEST_CASE(the_disk_stays_bounded_however_long_the_server_runs) {
  OneServer server(1, {}, often(20));
  server.start(Boot::fresh);
  server.become_leader_alone();
  const std::uint64_t session = server.open_session();
  std::size_t bytes_max = 0;
  for (std::uint64_t i = 1; i <= 2'000; ++i) {
    server.request(i + 1'000, in_session(operation(OperationKind::put, "k", std::to_string(i)), session, i));
    server.disk_until_idle();
    const Files files = server.disk().contents();
    BOOST_REQUIRE(files_of(files, "log-") <= 30u);
    BOOST_REQUIRE(files_of(files, "snapshot") <= 1u);
    std::size_t bytes = 0;
    for (const auto& [name, content] : files) bytes += content.size();
    bytes_max = std::max(bytes_max, bytes);
    BOOST_REQUIRE(server.view().last - server.view().first <= 25u);
  }
  BOOST_TEST(bytes_max < 64'000u);
}

BOOST_AUTO_TEST_CASE(a_server_that_joined_takes_no_snapshot_before_it_knows_a_configuration) {
  OneServer server(3, {}, often(2));
  server.start(Boot::join);
  const std::array plain{no_op(Term{1}), no_op(Term{1}), no_op(Term{1})};
  server.receive(NodeId{2}, append(Term{1}, Index{}, Term{}, Index{3}, plain));
  server.disk_until_idle();
  BOOST_TEST(server.view().applied == Index{3});
  BOOST_TEST(!server.view().snapshot.has_value());
  server.step(Admin{ClientId{3}, RequestId{1}, AdminKind::take_snapshot, {}});
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::busy);

  const Configuration known{{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}};
  std::vector<std::byte> bytes;
  encode_configuration(known, bytes);
  const std::array added{EntryRef{.term = Term{1},
                                  .hash = entry_hash(EntryKind::configuration, bytes),
                                  .payload = bytes,
                                  .kind = EntryKind::configuration}};
  server.receive(NodeId{2}, append(Term{1}, Index{3}, Term{1}, Index{4}, added));
  server.disk_until_idle();
  BOOST_REQUIRE(server.view().snapshot.has_value());
  BOOST_TEST(server.view().snapshot->index == Index{4});
  BOOST_TEST((server.view().snapshot_configuration->voters == known.voters));
}

BOOST_AUTO_TEST_CASE(an_operator_is_answered_once_the_snapshot_is_durable) {
  OneServer server(1, {}, often(1'000));
  server.start(Boot::fresh);
  server.become_leader_alone();
  const auto ask = [&](std::uint64_t id) {
    server.step(Admin{ClientId{3}, RequestId{id}, AdminKind::take_snapshot, {}});
  };
  ask(1);
  BOOST_TEST(server.answers.empty());
  ask(2);
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::busy);
  while (!server.answer(1)) BOOST_REQUIRE(server.disk_step());
  BOOST_CHECK(server.answer(1)->kind == ReplyKind::ok);
  BOOST_TEST(server.noted(NoteKind::snapshot_taken));
  BOOST_TEST(server.view().snapshot->index == Index{1});
  server.disk_until_idle();
  ask(3);
  BOOST_CHECK(server.answers.at(0).kind == ReplyKind::refused);
}

RC_BOOST_PROP(a_machine_from_a_snapshot_goes_on_like_the_one_it_was_taken_of, ()) {
  StateMachine machine(3);
  std::uint64_t index = 0;
  const auto command = [&] {
    Operation op;
    op.kind = *rc::gen::element(OperationKind::put, OperationKind::append, OperationKind::remove,
                                OperationKind::cas, OperationKind::open_session);
    op.key = *rc::gen::element<std::string>("a", "b", "");
    op.value = *rc::gen::element<std::string>("x", "", "long long value");
    op.session = *rc::gen::inRange<std::uint64_t>(0, 12);
    op.sequence = *rc::gen::inRange<std::uint64_t>(1, 9);
    op.first_unanswered = *rc::gen::inRange<std::uint64_t>(0, 9);
    if (op.kind == OperationKind::open_session) op.sequence += 100 * index;
    std::vector<std::byte> bytes;
    encode_request(op, bytes);
    return bytes;
  };
  const int before = *rc::gen::inRange(0, 40);
  for (int i = 0; i < before; ++i) machine.apply(Index{++index}, EntryKind::command, command());
  std::vector<std::byte> saved;
  machine.save(saved);
  StateMachine other(3);
  RC_ASSERT(other.load(saved, Index{index}));
  RC_ASSERT(other.hash() == machine.hash());
  for (int i = 0; i < 20; ++i) {
    const std::vector<std::byte> bytes = command();
    ++index;
    const StateMachine::Outcome a = machine.apply(Index{index}, EntryKind::command, bytes);
    const StateMachine::Outcome b = other.apply(Index{index}, EntryKind::command, bytes);
    RC_ASSERT(a.kind == b.kind);
    RC_ASSERT(a.position == b.position);
    RC_ASSERT(std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end()));
    RC_ASSERT(machine.hash() == other.hash());
  }
  std::vector<std::byte> again;
  std::vector<std::byte> of_other;
  machine.save(again);
  other.save(of_other);
  RC_ASSERT(again == of_other);
  const std::size_t cut = *rc::gen::inRange<std::size_t>(0, saved.size());
  RC_ASSERT(!other.load(ByteSpan(saved).first(cut), Index{index}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
