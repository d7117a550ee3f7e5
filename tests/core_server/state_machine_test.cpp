// The store and the sessions, each against a dumber second implementation.
#include "core/state_machine.hpp"

#include <rapidcheck.h>
#include <rapidcheck/boost_test.h>

#include <boost/test/unit_test.hpp>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

std::string key_of(int number) { return std::string(1, static_cast<char>('a' + number)); }

/// All of the store's data and hash from nothing.
std::uint64_t hash_of(const std::map<std::string, std::string>& data) {
  KvStore store;
  for (const auto& [key, value] : data) store.put(key, value);
  return store.hash();
}

/// Sessions as a list, least recently used first; no answer is ever thrown away but with its session.
struct SessionModel {
  struct Session {
    std::uint64_t id = 0;
    std::map<std::uint64_t, std::string> answers;
  };
  std::size_t cap = 1;
  std::list<Session> sessions;

  void open(std::uint64_t id) {
    if (sessions.size() == cap) sessions.pop_front();
    sessions.push_back({id, {}});
  }
  Session* use(std::uint64_t id) {
    for (auto it = sessions.begin(); it != sessions.end(); ++it) {
      if (it->id != id) continue;
      sessions.splice(sessions.end(), sessions, it);
      return &sessions.back();
    }
    return nullptr;
  }
};

struct Machine {
  StateMachine machine;
  Index last;

  explicit Machine(std::uint32_t cap) : machine(cap) {}
  StateMachine::Outcome apply(const Operation& operation) {
    std::vector<std::byte> bytes;
    encode_request(operation, bytes);
    return machine.apply(++last, EntryKind::command, bytes);
  }
  std::uint64_t open(std::uint64_t number) {
    Operation operation;
    operation.kind = OperationKind::open_session;
    operation.sequence = number;
    const auto outcome = apply(operation);
    return parse_answer(outcome.bytes)->number;
  }
};

Operation command(OperationKind kind, const std::string& key, const std::string& value) {
  Operation operation;
  operation.kind = kind;
  operation.key = key;
  operation.value = value;
  return operation;
}

Operation put(std::uint64_t session, std::uint64_t sequence, const std::string& key,
              const std::string& value) {
  Operation operation = command(OperationKind::put, key, value);
  operation.session = session;
  operation.sequence = sequence;
  operation.first_unanswered = sequence;
  return operation;
}

BOOST_AUTO_TEST_SUITE(state_machine)

RC_BOOST_PROP(the_store_is_a_map_and_its_hash_is_of_the_data_alone, ()) {
  KvStore store;
  std::map<std::string, std::string> model;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const std::string key = key_of(*rc::gen::inRange(0, 4));
    const std::string text = *rc::gen::container<std::string>(rc::gen::inRange('x', 'z'));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        store.put(key, text);
        model[key] = text;
        break;
      case 1:
        store.remove(key);
        model.erase(key);
        break;
      case 2:
        store.append(key, text);
        model[key] += text;
        break;
      default: {
        std::optional<std::string> expected;
        if (*rc::gen::arbitrary<bool>())
          expected = *rc::gen::container<std::string>(rc::gen::inRange('x', 'z'));
        const auto at = model.find(key);
        const bool fits = at == model.end() ? !expected : expected == at->second;
        RC_ASSERT(store.compare_and_swap(key, expected, text) == fits);
        if (fits) model[key] = text;
      }
    }
    const auto at = model.find(key);
    RC_ASSERT(store.get(key).has_value() == (at != model.end()));
    if (at != model.end()) RC_ASSERT(*store.get(key) == at->second);
    RC_ASSERT(store.size() == model.size());
    RC_ASSERT(store.hash() == hash_of(model));
  }
}

BOOST_AUTO_TEST_CASE(different_data_hash_differently) {
  BOOST_TEST(hash_of({{"a", "b"}}) != hash_of({{"b", "a"}}));
  BOOST_TEST(hash_of({{"a", ""}}) != hash_of({}));
  BOOST_TEST(hash_of({{"a", "x"}, {"b", "y"}}) != hash_of({{"a", "y"}, {"b", "x"}}));
}

// Random clients with retries of anything they ever asked; the model executes each command of a session once.
RC_BOOST_PROP(each_command_takes_effect_at_most_once, ()) {
  const auto cap = *rc::gen::inRange<std::uint32_t>(1, 4);
  Machine machine(cap);
  SessionModel model;
  model.cap = cap;
  std::string value;  // of the one key, as the model has it
  std::vector<Operation> asked;
  std::uint64_t opened = 0;
  std::uint64_t sequence = 0;
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    const int choice = *rc::gen::inRange(0, 4);
    if (choice == 0 || opened == 0) {
      const Index at = machine.last + 1;
      opened = machine.open(++sequence);
      RC_ASSERT(opened == at.value);
      model.open(opened);
      continue;
    }
    Operation operation;
    if (choice == 1 && !asked.empty()) {
      operation = asked[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(asked.size())))];
    } else {
      operation = command(OperationKind::append, "k", key_of(i % 26));
      operation.session = *rc::gen::inRange<std::uint64_t>(1, machine.last.value + 1);
      operation.sequence = ++sequence;
      asked.push_back(operation);
    }
    const std::uint64_t before = machine.machine.hash();
    const auto outcome = machine.apply(operation);
    SessionModel::Session* session = model.use(operation.session);
    RC_ASSERT(outcome.answers);
    if (session == nullptr) {
      RC_ASSERT(outcome.kind == ReplyKind::refused);
      RC_ASSERT(machine.machine.hash() == before);
    } else if (const auto seen = session->answers.find(operation.sequence); seen != session->answers.end()) {
      RC_ASSERT(as_text(outcome.bytes) == seen->second);
      RC_ASSERT(outcome.position < machine.last);
      RC_ASSERT(machine.machine.hash() == before);
    } else {
      RC_ASSERT(outcome.kind == ReplyKind::ok);
      RC_ASSERT(outcome.position == machine.last);
      session->answers[operation.sequence] = std::string(as_text(outcome.bytes));
      value += operation.value;
      RC_ASSERT(machine.machine.hash() != before);
    }
    RC_ASSERT(machine.machine.sessions() == model.sessions.size());
    RC_ASSERT(parse_answer(machine.machine.read("k"))->value.value_or("") == value);
  }
}

BOOST_AUTO_TEST_CASE(a_retry_is_answered_at_the_position_of_its_original) {
  Machine machine(8);
  const std::uint64_t session = machine.open(1);
  const auto first = machine.apply(put(session, 1, "k", "v"));
  const std::string bytes(as_text(first.bytes));
  const Index position = first.position;
  machine.apply(put(machine.open(2), 1, "k", "other"));
  const auto retry = machine.apply(put(session, 1, "k", "v"));
  BOOST_TEST(retry.position == position);
  BOOST_TEST(as_text(retry.bytes) == bytes);
  BOOST_CHECK(retry.note && retry.note->kind == NoteKind::duplicate_command);
  BOOST_TEST(*parse_answer(machine.machine.read("k"))->value == "other");
}

BOOST_AUTO_TEST_CASE(commands_of_one_session_may_overtake_each_other) {
  Machine machine(8);
  const std::uint64_t session = machine.open(1);
  Operation later = put(session, 6, "k", "six");
  later.first_unanswered = 5;
  machine.apply(later);
  Operation earlier = put(session, 5, "k", "five");
  BOOST_CHECK(machine.apply(earlier).position == machine.last);
  BOOST_TEST(*parse_answer(machine.machine.read("k"))->value == "five");
}

BOOST_AUTO_TEST_CASE(an_answer_that_the_client_has_is_forgotten_and_not_executed_again) {
  Machine machine(8);
  const std::uint64_t session = machine.open(1);
  machine.apply(put(session, 1, "k", "one"));
  machine.apply(put(session, 2, "k", "two"));
  const std::uint64_t before = machine.machine.hash();
  const auto retry = machine.apply(put(session, 1, "k", "one"));
  BOOST_TEST(!retry.answers);
  BOOST_TEST(machine.machine.hash() == before);
  BOOST_TEST(*parse_answer(machine.machine.read("k"))->value == "two");
}

BOOST_AUTO_TEST_CASE(a_session_keeps_a_bounded_number_of_answers) {
  Machine machine(8);
  const std::uint64_t session = machine.open(1);
  const auto numbered = [session](std::uint64_t sequence) {
    Operation operation = put(session, sequence, "k", std::to_string(sequence));
    operation.first_unanswered = 0;
    return operation;
  };
  const std::uint64_t count = Sessions::answers_max + 1;
  for (std::uint64_t sequence = 1; sequence <= count; ++sequence) machine.apply(numbered(sequence));
  BOOST_TEST(!machine.apply(numbered(1)).answers);
  BOOST_TEST(machine.apply(numbered(2)).answers);
  BOOST_TEST(*parse_answer(machine.machine.read("k"))->value == std::to_string(count));
}

BOOST_AUTO_TEST_CASE(opening_twice_with_one_request_opens_one_session) {
  Machine machine(8);
  const std::uint64_t session = machine.open(77);
  const std::uint64_t before = machine.machine.hash();
  BOOST_TEST(machine.open(77) == session);
  BOOST_TEST(machine.machine.hash() == before);
  BOOST_TEST(machine.open(78) != session);
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_session_expires_and_a_retry_counts_as_use) {
  Machine machine(2);
  const std::uint64_t first = machine.open(1);
  const std::uint64_t second = machine.open(2);
  machine.apply(put(first, 1, "k", "v"));
  machine.apply(put(second, 1, "k", "w"));
  machine.apply(put(first, 1, "k", "v"));
  const std::uint64_t third = machine.open(3);
  const auto refused = machine.apply(put(second, 2, "k", "x"));
  BOOST_CHECK(refused.kind == ReplyKind::refused);
  BOOST_CHECK(refused.note && refused.note->kind == NoteKind::session_unknown);
  BOOST_CHECK(machine.apply(put(first, 2, "k", "y")).kind == ReplyKind::ok);
  BOOST_CHECK(machine.apply(put(third, 1, "k", "z")).kind == ReplyKind::ok);
}

/// It came in a snapshot of a server with a greater cap.
BOOST_AUTO_TEST_CASE(what_is_beyond_the_cap_expires_as_the_next_session_opens) {
  Machine full(4);
  for (const std::uint64_t opener : {1u, 2u, 3u, 4u}) full.open(opener);
  std::vector<std::byte> saved;
  full.machine.save(saved);
  StateMachine other(2);
  BOOST_REQUIRE(other.load(saved, Index{4}));
  BOOST_TEST(other.sessions() == 4u);
  Operation open;
  open.kind = OperationKind::open_session;
  open.sequence = 5;
  std::vector<std::byte> bytes;
  encode_request(open, bytes);
  BOOST_CHECK(other.apply(Index{5}, EntryKind::command, bytes).kind == ReplyKind::ok);
  BOOST_TEST(other.sessions() == 2u);
}

/// A session is numbered by the entry that opened it; one that claims a later one would be taken for the
/// newest for good.
BOOST_AUTO_TEST_CASE(a_session_of_an_entry_that_is_not_covered_is_no_session) {
  Machine machine(4);
  for (const std::uint64_t opener : {1u, 2u, 3u}) machine.open(opener);
  std::vector<std::byte> saved;
  machine.machine.save(saved);
  BOOST_TEST(StateMachine(4).load(saved, Index{3}));
  BOOST_TEST(!StateMachine(4).load(saved, Index{2}));
}

/// The client cannot know whether its command took effect before its session expired: it is told that it
/// never will by this request, and that is so (6.3).
BOOST_AUTO_TEST_CASE(a_retry_in_an_expired_session_is_refused_and_not_applied_again) {
  Machine machine(2);
  const std::uint64_t first = machine.open(1);
  Operation append = command(OperationKind::append, "k", "x");
  append.session = first;
  append.sequence = 1;
  append.first_unanswered = 1;
  machine.apply(append);
  machine.open(2);
  machine.open(3);
  const std::uint64_t before = machine.machine.hash();
  for (int retry = 0; retry < 2; ++retry) {
    const auto refused = machine.apply(append);
    BOOST_TEST(refused.answers);
    BOOST_CHECK(refused.kind == ReplyKind::refused);
  }
  BOOST_TEST(machine.machine.hash() == before);
  BOOST_TEST(*parse_answer(machine.machine.read("k"))->value == "x");
  // Nor does a late copy of its first request bring the old session back: it opens another, which knows
  // nothing.
  BOOST_TEST(machine.open(1) != first);
  BOOST_CHECK(machine.apply(append).kind == ReplyKind::refused);
}

BOOST_AUTO_TEST_CASE(a_log_read_answers_at_its_own_position_and_changes_nothing) {
  Machine machine(8);
  const std::uint64_t session = machine.open(1);
  machine.apply(put(session, 1, "k", "v"));
  const std::uint64_t before = machine.machine.hash();
  Operation get = command(OperationKind::get, "k", "");
  get.read = ReadMode::log;
  get.session = session;
  get.sequence = 2;
  BOOST_TEST(machine.apply(get).position == machine.last);
  const auto again = machine.apply(get);
  BOOST_TEST(again.position == machine.last);
  BOOST_TEST(*parse_answer(again.bytes)->value == "v");
  BOOST_TEST(machine.machine.hash() == before);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_request_change_nothing_and_stay_unanswered) {
  Machine machine(8);
  const std::uint64_t before = machine.machine.hash();
  BOOST_TEST(!machine.machine.apply(Index{1}, EntryKind::command, as_bytes("what?")).answers);
  BOOST_TEST(!machine.machine.apply(Index{2}, EntryKind::no_op, {}).answers);
  BOOST_TEST(machine.machine.hash() == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
