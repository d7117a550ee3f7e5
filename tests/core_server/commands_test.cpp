// Requests and answers as bytes.
#include "core/commands.hpp"

#include <rapidcheck.h>
#include <rapidcheck/boost_test.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "core/raft_system.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

Operation any_operation() {
  Operation operation;
  operation.kind = static_cast<OperationKind>(*rc::gen::inRange(0, 6));
  operation.read = static_cast<ReadMode>(*rc::gen::inRange(0, 5));
  operation.key = *rc::gen::string<std::string>();
  operation.value = *rc::gen::string<std::string>();
  if (*rc::gen::arbitrary<bool>()) operation.expected = *rc::gen::string<std::string>();
  operation.session = *rc::gen::arbitrary<std::uint64_t>();
  operation.sequence = *rc::gen::arbitrary<std::uint64_t>();
  operation.first_unanswered = *rc::gen::arbitrary<std::uint64_t>();
  return operation;
}

std::vector<std::byte> request(const Operation& operation) {
  std::vector<std::byte> bytes;
  encode_request(operation, bytes);
  return bytes;
}

BOOST_AUTO_TEST_SUITE(commands)

RC_BOOST_PROP(an_operation_comes_back_as_it_was, ()) {
  const Operation asked = any_operation();
  const std::vector<std::byte> bytes = request(asked);
  RC_ASSERT(request_intact(bytes));
  const auto read = parse_request(bytes);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->kind == asked.kind);
  RC_ASSERT(read->read == asked.read);
  RC_ASSERT(read->key == asked.key);
  RC_ASSERT(read->value == asked.value);
  RC_ASSERT(read->expected == asked.expected);
  RC_ASSERT(read->session == asked.session);
  RC_ASSERT(read->sequence == asked.sequence);
  RC_ASSERT(read->first_unanswered == asked.first_unanswered);
}

RC_BOOST_PROP(no_prefix_and_no_flipped_bit_is_an_intact_request, ()) {
  std::vector<std::byte> bytes = request(any_operation());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    RC_ASSERT(!request_intact(ByteSpan(bytes).first(length)));
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    RC_ASSERT(!request_intact(bytes));
    bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
  }
}

RC_BOOST_PROP(parsing_stays_within_any_bytes, (const std::vector<std::uint8_t>& content)) {
  std::vector<std::byte> bytes = request(any_operation());
  for (std::size_t i = 0; i < content.size() && i + 4 < bytes.size(); ++i) {
    bytes[bytes.size() - 1 - i] = std::byte{content[i]};
  }
  const auto read = parse_request(bytes);
  if (!read) return;
  std::size_t length = read->key.size() + read->value.size();
  if (read->expected) length += read->expected->size();
  RC_ASSERT(length <= bytes.size());
}

RC_BOOST_PROP(an_answer_comes_back_as_it_was,
              (bool applied, bool has_value, const std::string& text, std::uint64_t number)) {
  AnswerView answer{.applied = applied, .value = std::nullopt, .number = number};
  if (has_value) answer.value = text;
  std::vector<std::byte> bytes;
  encode_answer(answer, bytes);
  const auto read = parse_answer(bytes);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->applied == applied);
  RC_ASSERT(read->number == number);
  RC_ASSERT(read->value == answer.value);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    RC_ASSERT(!parse_answer(bytes).has_value());
    bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_reply_means_nothing_and_never_failed) {
  const auto system = make_raft_system();
  std::vector<std::byte> bytes;
  encode_answer({}, bytes);
  Operation put;
  put.kind = OperationKind::put;
  BOOST_TEST(system->decode_reply(put, ReplyKind::ok, Index{3}, bytes).has_value());
  bytes.back() ^= std::byte{1};
  BOOST_TEST(!system->decode_reply(put, ReplyKind::ok, Index{3}, bytes).has_value());
  BOOST_TEST(!system->decode_reply(put, ReplyKind::ok, Index{3}, {}).has_value());
  BOOST_TEST(!system->decode_reply(put, ReplyKind::refused, Index{}, bytes).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
