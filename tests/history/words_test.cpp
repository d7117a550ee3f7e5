#include <boost/test/unit_test.hpp>

#include "history/text.hpp"
#include "tests/history/samples.hpp"
#include "tests/print.hpp"

namespace raftsim::history {

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(every_kind_of_event_reads_as_one_line_in_protocol_words) {
  EventKinds seen;
  for (const Sample& s : samples()) {
    BOOST_TEST(one_line(s.event, s.details.view()) == s.line);
    seen = seen | EventKinds{s.event.kind};
  }
  BOOST_TEST(seen.bits == EventKinds::all().bits);
}

BOOST_AUTO_TEST_CASE(a_clock_of_its_own_is_told_where_it_differs) {
  Event e;
  e.kind = EventKind::boot;
  e.boot = {.incarnation = 1, .boot = static_cast<std::uint64_t>(Boot::fresh), .drift_ppm = -37};
  BOOST_TEST(in_words(e, {}) == "boot fresh, incarnation 1, its clock gains -37 ppm");
  e.boot.drift_ppm = 0;
  BOOST_TEST(in_words(e, {}) == "boot fresh, incarnation 1");
  Event timer;
  timer.kind = EventKind::timer_set;
  timer.timer = {.at_ns = 3'500'000'000, .local_ns = 4'100'000'000};
  BOOST_TEST(in_words(timer, {}) == "timer set for 3.500000s (4.100000s by its own clock)");
  timer.timer.local_ns = timer.timer.at_ns;
  BOOST_TEST(in_words(timer, {}) == "timer set for 3.500000s");
}

BOOST_AUTO_TEST_CASE(every_note_has_words_of_its_own) {
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < note_kinds; ++i) {
    Event e;
    e.kind = EventKind::note;
    e.note = {.a = 1, .b = 2, .note = i};
    lines.push_back(in_words(e, {}));
    BOOST_TEST(lines.back().find_first_of("{}?") == std::string::npos, lines.back());
  }
  std::sort(lines.begin(), lines.end());
  BOOST_TEST((std::adjacent_find(lines.begin(), lines.end()) == lines.end()));
}

BOOST_AUTO_TEST_CASE(reasons_are_told_in_words) {
  const auto words_of = [](NoteKind kind, std::uint64_t reason) {
    Event e;
    e.kind = EventKind::note;
    e.note = {.a = reason, .b = 0, .note = static_cast<std::uint64_t>(kind)};
    return in_words(e, {});
  };
  BOOST_TEST(words_of(NoteKind::change_refused, static_cast<std::uint64_t>(ChangeRefusal::not_learner)) ==
             "refuses a change of configuration: only a learner can be promoted");
  BOOST_TEST(words_of(NoteKind::change_refused, 99) == "refuses a change of configuration: ?");
  BOOST_TEST(words_of(NoteKind::lease_read_fell_back, static_cast<std::uint64_t>(NoLease::not_committed)) ==
             "has no lease (nothing of its own term is committed yet): the read takes a round");
}

BOOST_AUTO_TEST_CASE(a_value_outside_its_enum_is_a_question_mark_not_a_crash) {
  for (int kind = 0; kind < event_kinds; ++kind) {
    Event e;
    e.kind = static_cast<EventKind>(kind);
    for (std::uint64_t& word : e.words) word = ~std::uint64_t{0};
    BOOST_TEST(!in_words(e, {}).empty());
  }
  Event e;
  e.kind = static_cast<EventKind>(200);
  BOOST_TEST(in_words(e, {}) == "?");
}

BOOST_AUTO_TEST_CASE(times_are_cut_to_microseconds) {
  BOOST_TEST(to_text(Instant{3'418'207'999}) == "3.418207s");
  BOOST_TEST(to_text(Instant{0}) == "0.000000s");
  BOOST_TEST(to_text(Instant{-1'500}) == "-0.000001s");
  BOOST_TEST(to_text(Instant{INT64_MIN}) == "-9223372036.854775s");
}

BOOST_AUTO_TEST_CASE(durations_are_written_as_scenarios_write_them) {
  BOOST_TEST(to_text(milliseconds(150)) == "150ms");
  BOOST_TEST(to_text(microseconds(1500)) == "1500us");
  BOOST_TEST(to_text(seconds(2)) == "2s");
  BOOST_TEST(to_text(seconds(3600)) == "1h");
  BOOST_TEST(to_text(Duration{}) == "0ms");
  BOOST_TEST(to_text(nanoseconds(7)) == "7ns");
}

BOOST_AUTO_TEST_CASE(names_of_places_read_back) {
  for (const Endpoint e : {Endpoint::world(), Endpoint::node(NodeId{1}), Endpoint::node(NodeId{32767}),
                           Endpoint::client(0), Endpoint::client(32767)})
    BOOST_TEST((endpoint_named(to_text(e)) == e), to_text(e));
  for (const char* bad :
       {"", "n", "n0", "n01", "c01", "n32768", "c32768", "x1", "n1 ", "n-1", "c99999999999999999999"})
    BOOST_TEST(!endpoint_named(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_trace_is_filtered_by_kinds_and_families) {
  const auto kinds = kinds_named("role,disk");
  BOOST_REQUIRE(std::holds_alternative<EventKinds>(kinds));
  BOOST_TEST(std::get<EventKinds>(kinds).has(EventKind::role));
  BOOST_TEST(std::get<EventKinds>(kinds).has(EventKind::synced));
  BOOST_TEST(!std::get<EventKinds>(kinds).has(EventKind::send));
  BOOST_TEST(std::get<EventKinds>(kinds_named("all")).bits == EventKinds::all().bits);
  for (const char* bad : {"", "rolle", "role,", ",role", "role disk"}) {
    const auto refused = kinds_named(bad);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<std::string>(refused), bad);
  }
  BOOST_TEST(
      std::get<std::string>(kinds_named("role,rolle")).starts_with("no kind of event is called \"rolle\""));
}

BOOST_AUTO_TEST_CASE(the_families_cover_every_kind) {
  const auto kinds = kinds_named("message,raft,disk,process,fault,client");
  BOOST_TEST(std::get<EventKinds>(kinds).bits == EventKinds::all().bits);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
