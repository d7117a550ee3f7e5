// Scalars are read exactly, and written as the shortest text that reads the same.
#include "sim/scenario_values.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <random>
#include <tuple>

#include "sim/suggest.hpp"
#include "tests/print.hpp"

namespace raftsim::sim {

namespace {

namespace data = boost::unit_test::data;

using DurationRow = std::tuple<std::string, std::int64_t>;
const std::vector<DurationRow> durations{{"0ms", 0},
                                         {"1ns", 1},
                                         {"1.5s", 1'500'000'000},
                                         {"150ms", 150'000'000},
                                         {"0.001us", 1},
                                         {"1.000000001s", 1'000'000'001},
                                         {"10m", 600'000'000'000},
                                         {"8760h", 31'536'000'000'000'000},
                                         {"0.5h", 1'800'000'000'000},
                                         {"007ms", 7'000'000},
                                         {"1.50000000000000000000s", 1'500'000'000}};

using FaultRow = std::tuple<std::string, int>;
const std::vector<FaultRow> wrong_durations{
    {"", 0},      {"ms", 0},  {"150", 1},   {"1.5", 1},
    {"1.ms", 0},  {".5s", 0}, {"1..5s", 0}, {"5 ms", 2},
    {"5msec", 2}, {"5MS", 2}, {"0.5ns", 3}, {"1.0000000001s", 3},
    {"8761h", 4}, {"-5s", 0}, {"1e3s", 2},  {"99999999999999999999999999999999999999999999h", 4}};

using RatioRow = std::tuple<std::string, std::uint64_t, bool>;
const std::vector<RatioRow> ratios{{"0", 0, false},
                                   {"0.0", 0, false},
                                   {"1", 0, true},
                                   {"1.000", 0, true},
                                   {"10e-1", 0, true},
                                   {"0.5", std::uint64_t{1} << 63, false},
                                   {"5e-1", std::uint64_t{1} << 63, false},
                                   {"0.25", std::uint64_t{1} << 62, false},
                                   {"0.1", 1844674407370955161, false},
                                   {"0.01", 184467440737095516, false},
                                   {"0.99999999999999999999", 18446744073709551615u, false},
                                   {"1e-19", 1, false},
                                   {"1e-20", 0, false}};

}  // namespace

BOOST_AUTO_TEST_SUITE(scenario_values)

BOOST_DATA_TEST_CASE(a_duration_is_read_exactly, data::make(durations), text, ns) {
  BOOST_TEST(duration_from(text).value.value() == Duration{ns});
  BOOST_TEST(duration_from(duration_text(Duration{ns})).value.value() == Duration{ns});
}

BOOST_DATA_TEST_CASE(what_is_no_duration_is_told_apart, data::make(wrong_durations), text, fault) {
  const Value<Duration> value = duration_from(text);
  BOOST_TEST(!value.value.has_value());
  BOOST_TEST(static_cast<int>(value.fault) == fault);
}

BOOST_DATA_TEST_CASE(a_probability_is_a_ratio_of_its_source_text, data::make(ratios), text, threshold,
                     always) {
  const Ratio r = ratio_from(text).value.value();
  BOOST_TEST(r.threshold == threshold);
  BOOST_TEST(r.always == always);
}

BOOST_AUTO_TEST_CASE(probabilities_beyond_zero_and_one_are_refused) {
  for (const std::string text :
       {"1.01", "-0.5", "-0", "2", "1e400", "0.00000000000000000000000000000000000001", ""})
    BOOST_TEST(!ratio_from(text).value.has_value(), text << " was read");
}

BOOST_AUTO_TEST_CASE(every_ratio_is_written_so_that_it_reads_the_same) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 20'000; ++i) {
    // All magnitudes, and both ends.
    const Ratio r{i < 64 ? ~std::uint64_t{0} >> i : engine() >> (i % 64), false};
    BOOST_REQUIRE((ratio_from(ratio_text(r)).value == r));
  }
  BOOST_TEST(ratio_text(ratio_from("0.01").value.value()) == "0.01");
  BOOST_TEST(ratio_text(ratio_from("0.3").value.value()) == "0.3");
  BOOST_TEST(ratio_text(Ratio{1, false}) == "0.0000000000000000001");
}

BOOST_AUTO_TEST_CASE(every_duration_is_written_so_that_it_reads_the_same) {
  std::mt19937_64 engine(2);
  for (int i = 0; i < 20'000; ++i) {
    std::int64_t ns = static_cast<std::int64_t>(engine() >> (9 + i % 54));
    if (i % 3 == 0) ns = ns / 1'000'000 * 1'000'000;
    if (ns > duration_max.ns) continue;
    BOOST_REQUIRE_EQUAL(duration_from(duration_text(Duration{ns})).value.value(), Duration{ns});
  }
  BOOST_TEST(duration_text(milliseconds(150)) == "150ms");
  BOOST_TEST(duration_text(milliseconds(1500)) == "1.5s");
  BOOST_TEST(duration_text(seconds(3600)) == "1h");
  BOOST_TEST(duration_text(nanoseconds(100'500)) == "100.5us");
}

BOOST_AUTO_TEST_CASE(integers_end_at_64_bits) {
  BOOST_TEST(integer_from("18446744073709551615").value.value() == 18446744073709551615u);
  BOOST_TEST((integer_from("18446744073709551616").fault == ValueFault::out_of_range));
  BOOST_TEST((integer_from("-1").fault == ValueFault::out_of_range));
  BOOST_TEST((integer_from("1.0").fault == ValueFault::malformed));
  BOOST_TEST((integer_from("1e3").fault == ValueFault::malformed));
}

BOOST_AUTO_TEST_CASE(shares_are_whole_millionths) {
  BOOST_TEST(scaled_from("0.999999", 1'000'000).value.value() == 999'999);
  BOOST_TEST((scaled_from("0.9999999", 1'000'000).fault == ValueFault::too_precise));
  BOOST_TEST(scaled_text(999'999, 1'000'000) == "0.999999");
  BOOST_TEST(scaled_text(250'000, 1'000'000) == "0.25");
  BOOST_TEST(scaled_text(1'000'000, 1'000'000) == "1");
}

BOOST_AUTO_TEST_CASE(a_rate_becomes_the_mean_gap_between_two) {
  BOOST_TEST(gap_from_rate("200").value.value() == milliseconds(5));
  BOOST_TEST(gap_from_rate("0.5").value.value() == seconds(2));
  BOOST_TEST(gap_from_rate("3").value.value() == nanoseconds(333'333'333));
  BOOST_TEST(!gap_from_rate("0").value.has_value());
  BOOST_TEST(!gap_from_rate("2000000000").value.has_value());
}

BOOST_AUTO_TEST_CASE(nodes_and_seeds_have_one_form) {
  BOOST_TEST(node_from("n12").value() == NodeId{12});
  for (const std::string text : {"n0", "n01", "N1", "n", "1", "n1x", "n-1", "n9999999"})
    BOOST_TEST(!node_from(text).has_value(), text << " was read");
  BOOST_TEST(seed_from("0xff").value() == 255u);
  BOOST_TEST(seed_from("255").value() == 255u);
  for (const std::string text : {"0x", "0xg", "", "-1", "0x1ffffffffffffffff", "18446744073709551616"})
    BOOST_TEST(!seed_from(text).has_value(), text << " was read");
}

BOOST_AUTO_TEST_CASE(suggestions_are_near_and_never_far) {
  const std::vector<std::string_view> names{"latency", "loss", "duplicate", "reorder", "at"};
  BOOST_TEST(closest("latncy", names) == "latency");
  BOOST_TEST(closest("reodrer", names) == "reorder");
  BOOST_TEST(closest("los", names) == "loss");
  BOOST_TEST(closest("bandwidth", names) == "");
  BOOST_TEST(closest("x", names) == "");
  BOOST_TEST(closest("", names) == "");
  BOOST_TEST(suggestion("latncy", names) == "did you mean \"latency\"?");
  BOOST_TEST(suggestion("bandwidth", names) == "allowed: latency, loss, duplicate, reorder, at");
  BOOST_TEST(suggestion("bandwidth", names, 2) == "allowed: latency, loss, ... (5 in all)");
  BOOST_TEST(edit_distance("kitten", "sitting") == 3u);
  BOOST_TEST(edit_distance("ab", "ba") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
