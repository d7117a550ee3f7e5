// The shadow of one log beside the canonical sequence, where its prefix is settled, forgotten or unknown.
#include "checkers/tail_log.hpp"

#include <boost/test/unit_test.hpp>

namespace raftsim::checkers {

namespace {

LogEntry entry(std::uint64_t i) { return {i * 1'000 + 7, i, Term{1}}; }

void commit(Canonical& can, std::uint64_t count) {
  for (std::uint64_t i = 1; i <= count; ++i) {
    Committed c;
    c.chain = entry(i).chain;
    c.hash = i;
    c.term = Term{1};
    can.append(c);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tail_log)

BOOST_AUTO_TEST_CASE(a_settled_log_answers_from_the_canonical_sequence) {
  Canonical can;
  TailLog log;
  commit(can, 1'000);
  for (std::uint64_t i = 1; i <= 1'010; ++i) log.put(Index{i}, entry(i), can);
  BOOST_TEST((log.agrees(Index{1}, entry(1).chain, can) == Agreement::yes));
  BOOST_TEST((log.agrees(Index{1'010}, entry(1'010).chain, can) == Agreement::yes));
  BOOST_TEST((log.agrees(Index{1'010}, 5, can) == Agreement::no));
  BOOST_TEST((log.agrees(Index{1'011}, 5, can) == Agreement::no));
  log.truncate(Index{500});
  BOOST_TEST(log.last().value == 499u);
  BOOST_TEST((log.agrees(Index{499}, entry(499).chain, can) == Agreement::yes));
  log.truncate(Index{1});
  BOOST_TEST(log.last().value == 0u);
  BOOST_TEST((log.agrees(Index{0}, chain_start, can) == Agreement::yes));
}

BOOST_AUTO_TEST_CASE(what_is_before_a_gap_is_not_known) {
  Canonical can;
  TailLog log;
  commit(can, 100);
  log.put(Index{60}, LogEntry{1, 2, Term{3}}, can);
  BOOST_TEST((log.agrees(Index{60}, 1, can) == Agreement::yes));
  BOOST_TEST((log.agrees(Index{50}, entry(50).chain, can) == Agreement::unknown));
}

BOOST_AUTO_TEST_CASE(a_log_far_behind_is_anchored_by_one_hash_once_it_reaches_the_window) {
  Canonical can;
  commit(can, Canonical::kept + 5'000);
  TailLog same, other;
  for (std::uint64_t i = 1; i <= Canonical::kept; ++i) {
    same.put(Index{i}, entry(i), can);
    other.put(Index{i}, LogEntry{i, i, Term{1}}, can);
  }
  BOOST_TEST((same.agrees(Index{6'000}, entry(6'000).chain, can) == Agreement::yes));
  BOOST_TEST((same.agrees(Index{100}, entry(100).chain, can) == Agreement::unknown));
  BOOST_TEST((other.agrees(Index{6'000}, entry(6'000).chain, can) == Agreement::no));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
