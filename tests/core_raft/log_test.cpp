#include "core/log.hpp"

#include <boost/test/unit_test.hpp>
#include <string_view>

#include "core/raft.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

ByteSpan bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

void append(Log& log, std::uint64_t term, std::string_view payload) {
  log.append(
      {Term{term}, entry_hash(EntryKind::command, bytes(payload)), bytes(payload), EntryKind::command});
}

BOOST_AUTO_TEST_CASE(payload_bytes_stay_where_they_are_while_the_log_grows) {
  Log log;
  append(log, 1, "first");
  const std::byte* where = log.at(Index{1}).payload.data();
  for (int i = 0; i < 10'000; ++i) append(log, 1, "twelve bytes");
  BOOST_TEST(log.at(Index{1}).payload.data() == where);
  BOOST_TEST(log.bytes_after(Index{}) == 5U + 120'000U);
}

BOOST_AUTO_TEST_CASE(a_copy_does_not_share_bytes_with_its_original) {
  Log log;
  append(log, 1, "a");
  append(log, 2, "b");
  const Log copy = log;
  log.truncate(Index{1});
  append(log, 3, "z");
  BOOST_TEST(static_cast<char>(copy.at(Index{1}).payload[0]) == 'a');
  BOOST_TEST(copy.last_term() == Term{2});
}

BOOST_AUTO_TEST_CASE(the_position_before_the_first_entry_has_a_term_and_a_chain_hash) {
  const Log log;
  BOOST_TEST((log.term_at(Index{}) == Term{}));
  BOOST_TEST(log.chain_at(Index{}) == chain_start);
  BOOST_TEST(!log.term_at(Index{1}).has_value());
}

BOOST_AUTO_TEST_CASE(an_election_wait_is_between_t_and_twice_t) {
  const Duration t = milliseconds(150);
  BOOST_TEST(election_wait(t, 0) == t);
  BOOST_TEST(election_wait(t, ~std::uint64_t{0}) == t * 2 - nanoseconds(1));
  BOOST_TEST(election_wait(t, std::uint64_t{1} << 63) == milliseconds(225));
  // ceil(2^64 / 3): T + T/3 exactly.
  BOOST_TEST(election_wait(t, 6'148'914'691'236'517'206ULL) == milliseconds(200));
}

}  // namespace
}  // namespace raftsim::core
