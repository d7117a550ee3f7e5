#include "sim/distribution.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>

#include "sim/decisions.hpp"
#include "tests/print.hpp"

using namespace raftsim;
using namespace raftsim::sim;

namespace {

constexpr std::uint64_t last_draw = std::numeric_limits<std::uint64_t>::max();

/// The draw at quantile millionths / 10^6.
std::uint64_t quantile(std::uint64_t millionths) { return ratio(millionths, 1'000'000).threshold; }

/// Whether x is within `ppm` of what it should be.
bool near(Duration x, std::int64_t expected_ns, std::int64_t ppm) {
  const std::int64_t error = x.ns > expected_ns ? x.ns - expected_ns : expected_ns - x.ns;
  return error * 1'000'000 <= expected_ns * ppm;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(distribution)

BOOST_AUTO_TEST_CASE(a_ratio_is_exact_to_the_last_bit) {
  BOOST_TEST(ratio(0, 7).never());
  BOOST_TEST(ratio(7, 7).always);
  BOOST_TEST(ratio(1, 2).threshold == std::uint64_t{1} << 63);
  BOOST_TEST(ratio(1, 100).threshold == 184'467'440'737'095'516u);
  BOOST_TEST(ratio(1, 3).hit(ratio(1, 3).threshold - 1));
  BOOST_TEST(!ratio(1, 3).hit(ratio(1, 3).threshold));
  BOOST_TEST(ratio(1, 1).hit(last_draw));
}

BOOST_AUTO_TEST_CASE(a_constant_needs_no_draw) {
  BOOST_TEST(Distribution{}.is_constant());
  BOOST_TEST(Distribution{}.at(12345).ns == 0);
  BOOST_TEST(Distribution::uniform(seconds(2), seconds(2)).is_constant());
  BOOST_TEST(Distribution::exponential(seconds(2), seconds(2), seconds(9)).is_constant());
  BOOST_TEST(Distribution::lognormal(seconds(2), seconds(2), seconds(9)).is_constant());
  const auto one_value = Distribution::empirical({{seconds(2), 1}, {seconds(2), 5}, {seconds(3), 0}});
  BOOST_TEST(one_value.is_constant());
  BOOST_TEST(one_value.maximum() == seconds(2));
}

BOOST_AUTO_TEST_CASE(a_uniform_reaches_both_ends_and_nothing_beyond) {
  const auto d = Distribution::uniform(nanoseconds(-3), nanoseconds(4));
  BOOST_TEST(d.at(0) == nanoseconds(-3));
  BOOST_TEST(d.at(last_draw) == nanoseconds(4));
  for (std::uint64_t eighth = 0; eighth < 8; ++eighth) {
    BOOST_TEST(d.at(eighth << 61).ns == static_cast<std::int64_t>(eighth) - 3);
    BOOST_TEST(d.at((eighth << 61) + (last_draw >> 3)).ns == static_cast<std::int64_t>(eighth) - 3);
  }
}

BOOST_AUTO_TEST_CASE(an_exponential_has_its_known_quantiles) {
  // -ln(1 - q), from tables.
  const auto d = Distribution::exponential(seconds(1), Duration{}, seconds(100));
  BOOST_TEST(near(d.at(quantile(1'000)), 1'000'500, 200));
  BOOST_TEST(near(d.at(quantile(100'000)), 105'360'516, 200));
  BOOST_TEST(near(d.at(quantile(500'000)), 693'147'181, 1));
  BOOST_TEST(near(d.at(quantile(900'000)), 2'302'585'093, 200));
  BOOST_TEST(near(d.at(quantile(990'000)), 4'605'170'186, 200));
  BOOST_TEST(near(d.at(quantile(999'000)), 6'907'755'279, 200));
  BOOST_TEST(near(d.at(quantile(999'999)), 13'815'510'558, 200));
  BOOST_TEST(near(d.median(), 693'147'181, 1));
}

BOOST_AUTO_TEST_CASE(an_exponential_starts_at_its_minimum_and_is_capped_at_its_maximum) {
  const auto d = Distribution::exponential(milliseconds(5), milliseconds(2), milliseconds(7));
  BOOST_TEST(d.minimum() == milliseconds(2));
  BOOST_TEST(d.at(0) == milliseconds(2));
  BOOST_TEST(d.maximum() == milliseconds(7));
  BOOST_TEST(d.at(last_draw) == milliseconds(7));
  BOOST_TEST(near(d.at(quantile(500'000)), 2'000'000 + 2'079'441, 10));
}

BOOST_AUTO_TEST_CASE(a_lognormal_has_its_known_quantiles) {
  // median * exp(z * sigma), sigma = ln(10) / 2.3263478740408408 for a p99 of ten times the median.
  const auto d = Distribution::lognormal(milliseconds(1), milliseconds(10), seconds(100));
  BOOST_TEST(near(d.at(quantile(10'000)), 100'000, 500));
  BOOST_TEST(near(d.at(quantile(250'000)), 512'950, 500));
  BOOST_TEST(near(d.at(quantile(500'000)), 1'000'000, 1));
  BOOST_TEST(near(d.at(quantile(750'000)), 1'949'508, 500));
  BOOST_TEST(near(d.at(quantile(900'000)), 3'555'202, 500));
  BOOST_TEST(near(d.at(quantile(990'000)), 10'000'000, 500));
  BOOST_TEST(near(d.at(quantile(999'000)), 21'299'000, 500));
  BOOST_TEST(d.median() == milliseconds(1));
  BOOST_TEST(Distribution::lognormal(milliseconds(1), milliseconds(10), milliseconds(11)).maximum() ==
             milliseconds(11));
}

BOOST_AUTO_TEST_CASE(an_empirical_draws_each_value_by_its_weight) {
  const auto d = Distribution::empirical({{milliseconds(9), 1}, {milliseconds(1), 2}, {milliseconds(3), 1}});
  BOOST_TEST(d.at(0) == milliseconds(1));
  BOOST_TEST(d.at(quantile(499'999)) == milliseconds(1));
  BOOST_TEST(d.at(quantile(500'001)) == milliseconds(3));
  BOOST_TEST(d.at(quantile(749'999)) == milliseconds(3));
  BOOST_TEST(d.at(quantile(750'001)) == milliseconds(9));
  BOOST_TEST(d.at(last_draw) == milliseconds(9));
}

BOOST_AUTO_TEST_CASE(every_distribution_is_monotone_in_its_draw_and_stays_in_its_range) {
  const Distribution all[] = {
      Distribution::uniform(milliseconds(1), milliseconds(9)),
      Distribution::exponential(milliseconds(5), milliseconds(1), seconds(1)),
      Distribution::lognormal(milliseconds(1), milliseconds(30), seconds(1)),
      Distribution::empirical({{milliseconds(1), 1}, {milliseconds(2), 1}}),
  };
  for (const Distribution& d : all) {
    Duration previous = d.at(0);
    BOOST_TEST(previous >= d.minimum());
    // Dense at both ends, where the grid is fine, and across the middle.
    for (int bit = 0; bit < 63; ++bit) {
      for (std::uint64_t part = 8; part < 16; ++part) {
        const std::uint64_t u = bit < 3 ? std::uint64_t{1} << bit : part << (bit - 3);
        const Duration value = d.at(u);
        BOOST_REQUIRE(value >= previous);
        previous = value;
      }
    }
    for (int bit = 62; bit >= 0; --bit) {
      for (std::uint64_t part = 15; part >= 8; --part) {
        const Duration value = d.at(~(bit < 3 ? std::uint64_t{1} << bit : part << (bit - 3)));
        BOOST_REQUIRE(value >= previous);
        previous = value;
      }
    }
    BOOST_TEST(d.at(last_draw) >= previous);
    BOOST_TEST(d.at(last_draw) == d.maximum());
  }
}

BOOST_AUTO_TEST_CASE(the_mean_of_many_draws_is_the_mean) {
  const auto d = Distribution::exponential(milliseconds(5), milliseconds(1), seconds(60));
  const std::uint64_t key = stream_key(7, {Purpose::message_latency, 1, 2, 3});
  std::int64_t sum = 0;
  constexpr std::int64_t draws = 1'000'000;
  for (std::int64_t i = 0; i < draws; ++i) sum += d.at(draw_bits(key, static_cast<std::uint64_t>(i))).ns;
  // One standard error is 0.1 % of (mean - min).
  BOOST_TEST(near(Duration{sum / draws}, 5'000'000, 3'000));
}

BOOST_AUTO_TEST_CASE(equality_is_by_what_is_drawn_and_the_form_remembers_the_making) {
  const auto a = Distribution::exponential(seconds(2), seconds(1), seconds(9));
  const auto b = Distribution::exponential(seconds(2), seconds(1), seconds(9));
  BOOST_TEST((a == b));
  BOOST_TEST(!(a == Distribution::exponential(seconds(3), seconds(1), seconds(9))));
  BOOST_TEST(!(a == Distribution::constant(seconds(1))));
  BOOST_TEST((Distribution::uniform(seconds(1), seconds(1)) == Distribution::constant(seconds(1))));
  BOOST_TEST((a.form().kind == Distribution::Form::Kind::exponential));
  BOOST_TEST(a.form().parameters[0] == seconds(2));
  BOOST_TEST(a.form().parameters[2] == seconds(9));
}

BOOST_AUTO_TEST_SUITE_END()
