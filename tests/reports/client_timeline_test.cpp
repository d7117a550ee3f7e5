// A history of clients as the report draws it: calls and answers as events, lines turned into them.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "history/text.hpp"
#include "reports/client_timeline.hpp"

namespace raftsim::reports {
namespace {

using history::EventId;

history::ClientHistory clients(const std::string& bytes) {
  return std::get<history::ClientHistory>(
      history::any_history_from_bytes("h", bytes, history::Model::register_));
}

std::string drawn_events(const Timeline& timeline) {
  std::string text;
  for (const TimelineChunk& chunk : timeline.chunks())
    for (const Row& row : chunk.rows)
      text += fmt::format("{} {} {} {}\n", row.event.id.value, row.event.time.ns,
                          history::to_text(row.event.node), history::name(row.event.kind));
  return text;
}

history::RunResult violated_at(std::uint64_t line) {
  history::RunResult result;
  result.verdict.violations = {{history::PropertyId::linearizable, EventId{line}, Instant{}, "x", {}}};
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_timeline)

BOOST_AUTO_TEST_CASE(calls_and_answers_are_events_and_what_nobody_knows_stays_open) {
  const auto h = clients(R"({"client":0,"call":10,"return":40,"op":"put","key":"a","value":"1","output":""}
{"client":1,"call":20,"op":"put","key":"a","value":"2","output":"?"}
{"client":2,"call":25,"return":30,"op":"get","key":"a","output":"nil"}
)");
  const DrawnClients d = drawn(h, violated_at(3), 100);
  BOOST_TEST(drawn_events(*d.timeline) ==
             "1 10 c0 invoke\n2 20 c1 invoke\n3 25 c2 invoke\n4 30 c2 ok\n5 40 c0 ok\n");
  BOOST_TEST(d.result.verdict.violations[0].event.value == 4u);  // the answer of line 3
  BOOST_TEST(d.result.verdict.violations[0].time.ns == 30);
  BOOST_TEST(d.result.counts.events == 5u);
  BOOST_TEST(d.note == "");
}

BOOST_AUTO_TEST_CASE(a_client_that_calls_as_it_is_answered_was_answered_first) {
  const auto h = clients(R"({"client":0,"call":10,"return":20,"op":"put","key":"a","value":"1","output":""}
{"client":0,"call":20,"return":20,"op":"put","key":"a","value":"2","output":""}
{"client":0,"call":20,"return":30,"op":"put","key":"a","value":"3","output":""}
{"client":1,"call":20,"return":25,"op":"get","key":"a","output":"1"}
)");
  const DrawnClients d = drawn(h, violated_at(4), 100);
  BOOST_TEST(drawn_events(*d.timeline) ==
             "1 10 c0 invoke\n2 20 c1 invoke\n3 20 c0 ok\n4 20 c0 invoke\n5 20 c0 ok\n6 20 c0 invoke\n"
             "7 25 c1 ok\n8 30 c0 ok\n");
}

BOOST_AUTO_TEST_CASE(of_a_big_history_what_lies_around_the_violation_and_what_it_names_is_drawn) {
  std::string bytes;
  for (int i = 0; i < 1'000; ++i)
    bytes +=
        fmt::format(R"({{"client":{},"call":{},"return":{},"op":"put","key":"a","value":"{}","output":""}})"
                    "\n",
                    i % 3, 10 * i + 1, 10 * i + 5, i);
  const auto h = clients(bytes);
  history::RunResult result = violated_at(600);
  result.verdict.violations[0].evidence = {
      {EventId{7}, Instant{}, history::Endpoint::client(0), "far away", ""}};
  const DrawnClients d = drawn(h, result, 50);
  BOOST_TEST(d.timeline->size() == 2u * 51);
  const history::Violation& v = d.result.verdict.violations[0];
  BOOST_TEST(v.time.ns == 10 * 599 + 5);
  BOOST_TEST(v.evidence[0].event.value == 2u);
  BOOST_TEST(v.evidence[0].time.ns == 65);
  BOOST_TEST(d.note ==
             "51 operations of 1,000 are drawn: those around the violation, and those that it names.");
  // Without a violation, the end.
  const DrawnClients end = drawn(h, {}, 50);
  BOOST_TEST(end.timeline->chunks().back().rows.back().event.time.ns == 10 * 999 + 5);
  BOOST_TEST(end.timeline->size() == 100u);
}

BOOST_AUTO_TEST_CASE(without_times_lines_are_the_time) {
  const auto h =
      clients("INFO  jepsen.util - 0\t:invoke\t:write\t1\nINFO  jepsen.util - 0\t:ok\t:write\t1\n");
  const DrawnClients d = drawn(h, {}, 50);
  BOOST_TEST(d.note == "The history tells no times: a millisecond stands for each line.");
  BOOST_TEST(drawn_events(*d.timeline) == "1 1000000 c0 invoke\n2 2000000 c0 ok\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::reports
