#include "sim/decisions.hpp"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/print.hpp"

using namespace raftsim;
using namespace raftsim::sim;

namespace {

constexpr StreamName loss{Purpose::message_loss, 1, 2, 3};
constexpr StreamName latency{Purpose::message_latency, 1, 2, 3};
constexpr StreamName target{Purpose::fault_target, 4, 0, 0};
constexpr StreamName entropy{Purpose::entropy, 2, 0, 0};

const Distribution& some_latency() {
  static const Distribution d =
      Distribution::exponential(milliseconds(5), milliseconds(1), milliseconds(100));
  return d;
}

/// A small run over four streams, `rounds` draws of each, as the values it saw.
std::vector<std::uint64_t> run(Decisions& decisions, int rounds) {
  Stream l = decisions.open(loss);
  Stream d = decisions.open(latency);
  Stream t = decisions.open(target);
  Stream e = decisions.open(entropy);
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < rounds; ++i) {
    seen.push_back(l.chance(ratio(1, 3)) ? 1 : 0);
    seen.push_back(static_cast<std::uint64_t>(d.sample(some_latency(), Benign::median).ns));
    seen.push_back(t.below(5, 2));
    if (e.peek_bits(77) % 2 == 0) seen.push_back(e.bits(77));
  }
  return seen;
}

/// The chi-square statistic of counts that should be equal, in hundredths.
std::uint64_t chi_square_hundredths(const std::vector<std::uint64_t>& counts, std::uint64_t expected) {
  std::uint64_t sum = 0;
  for (std::uint64_t c : counts) {
    const std::uint64_t off = c > expected ? c - expected : expected - c;
    sum += off * off;
  }
  return sum * 100 / expected;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decisions)

BOOST_AUTO_TEST_CASE(a_value_depends_on_seed_stream_and_ordinal_alone) {
  Decisions first({Base::seed, 42, {}, false});
  Decisions second({Base::seed, 42, {}, false});
  Stream lone = first.open(latency);
  Stream other = second.open(loss);
  Stream busy = second.open(latency);
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < i % 5; ++k) other.chance(ratio(1, 2));
    BOOST_TEST(lone.sample(some_latency()) == busy.sample(some_latency()));
  }
}

BOOST_AUTO_TEST_CASE(these_values_are_for_ever) {
  // Golden: a change here changes the meaning of every seed and repro file in the world.
  Decisions decisions({Base::seed, 42, {}, false});
  Stream s = decisions.open(entropy);
  const std::uint64_t first = s.bits(0);
  const std::uint64_t second = s.bits(0);
  BOOST_TEST(first == 0x66CC245642AC6BBCu);
  BOOST_TEST(second == 0x78FB5D25FA05C614u);
}

BOOST_AUTO_TEST_CASE(a_draw_without_a_choice_still_takes_its_ordinal) {
  Decisions decisions({Base::seed, 1, {}, false});
  Stream a = decisions.open(loss);
  Stream b = decisions.open(loss);
  BOOST_TEST(!a.chance(ratio(0, 1)));
  BOOST_TEST(a.sample(Distribution::constant(seconds(3))) == seconds(3));
  BOOST_TEST(a.below(1) == 0u);
  a.skip();
  for (int i = 0; i < 4; ++i) b.bits(0);
  BOOST_TEST(a.position() == b.position());
  BOOST_TEST(a.bits(0) == b.bits(0));
}

BOOST_AUTO_TEST_CASE(the_benign_base_gives_each_purpose_its_harmless_value) {
  Decisions decisions({Base::benign, 42, {}, true});
  Stream s = decisions.open(latency);
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(!s.chance(ratio(99, 100)));
    BOOST_TEST(!s.chance(ratio(1, 1)));
    BOOST_TEST(s.sample(some_latency()) == some_latency().minimum());
    BOOST_TEST(s.sample(some_latency(), Benign::median) == some_latency().median());
    BOOST_TEST(s.below(9) == 0u);
    BOOST_TEST(s.below(9, 8) == 8u);
    BOOST_TEST(s.bits(1234) == 1234u);
  }
  BOOST_TEST(decisions.recorded().empty());
}

BOOST_AUTO_TEST_CASE(recording_over_the_benign_base_replays_a_seeded_run) {
  BOOST_TEST(rc::check("replay", [](std::uint64_t seed) {
    Decisions plain({Base::seed, seed, {}, false});
    Decisions recording({Base::seed, seed, {}, true});
    const auto seen = run(plain, 40);
    RC_ASSERT(run(recording, 40) == seen);
    const auto list = recording.recorded();
    RC_ASSERT(!list.empty());
    Decisions replay({Base::benign, 0, list, true});
    RC_ASSERT(run(replay, 40) == seen);
    RC_ASSERT(replay.recorded() == list);
  }));
}

BOOST_AUTO_TEST_CASE(only_entropy_that_was_used_is_a_decision) {
  Decisions decisions({Base::seed, 3, {}, true});
  Stream s = decisions.open(entropy);
  const std::uint64_t seen = s.peek_bits(0);
  BOOST_TEST(s.peek_bits(0) == seen);
  BOOST_TEST(decisions.recorded().empty());
  BOOST_TEST(s.bits(0) == seen);
  BOOST_TEST(decisions.recorded().size() == 1u);
  BOOST_TEST(s.peek_bits(0) != seen);
}

BOOST_AUTO_TEST_CASE(an_override_changes_its_draw_and_no_other) {
  Decisions plain({Base::seed, 9, {}, false});
  Decisions steered({Base::seed, 9, {{target, 3, 1}, {target, 7, 4}}, false});
  Stream a = plain.open(target);
  Stream b = steered.open(target);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t seeded = a.below(1000);
    const std::uint64_t value = b.below(1000);
    BOOST_TEST(value == (i == 3 ? 1 : i == 7 ? 4 : seeded));
  }
  Stream c = plain.open(latency);
  Stream d = steered.open(latency);
  BOOST_TEST(c.bits(0) == d.bits(0));
}

BOOST_AUTO_TEST_CASE(an_override_out_of_range_is_clamped) {
  const std::uint64_t huge = ~std::uint64_t{0};
  const std::uint64_t minus_one_ns = huge;
  Decisions steered({Base::seed,
                     9,
                     {{target, 0, 5000},
                      {loss, 0, 17},
                      {loss, 1, 1},
                      {latency, 0, std::uint64_t{1} << 62},
                      {latency, 1, minus_one_ns},
                      {latency, 2, 2'000'000}},
                     true});
  BOOST_TEST(steered.open(target).below(10) == 9u);
  Stream l = steered.open(loss);
  BOOST_TEST(l.chance(ratio(1, 100)));
  BOOST_TEST(!l.chance(ratio(0, 1)));  // what cannot happen is not made to happen
  Stream d = steered.open(latency);
  BOOST_TEST(d.sample(some_latency()) == some_latency().maximum());
  BOOST_TEST(d.sample(some_latency()) == milliseconds(1));
  BOOST_TEST(d.sample(some_latency()) == milliseconds(2));
  for (const RecordedDecision& r : steered.recorded())
    if (r.stream == latency) BOOST_TEST(r.value <= 100'000'000u);
}

BOOST_AUTO_TEST_CASE(negative_values_survive_recording) {
  const auto offsets = Distribution::uniform(milliseconds(-5), milliseconds(5));
  Decisions recording({Base::seed, 5, {}, true});
  Stream a = recording.open({Purpose::clock_offset, 1, 0, 0});
  std::vector<Duration> seen;
  for (int i = 0; i < 30; ++i) seen.push_back(a.sample(offsets, Benign::median));
  BOOST_TEST((*std::min_element(seen.begin(), seen.end()) < Duration{}));
  Decisions replay({Base::benign, 0, recording.recorded(), false});
  Stream b = replay.open({Purpose::clock_offset, 1, 0, 0});
  for (const Duration& d : seen) BOOST_TEST(b.sample(offsets, Benign::median) == d);
}

BOOST_AUTO_TEST_CASE(draws_are_uniform_within_a_stream) {
  // 255 degrees of freedom: beyond 330.5 once in a thousand; fixed seeds, so these hold for ever.
  for (std::uint64_t seed : {0u, 1u, 42u}) {
    for (int shift : {0, 8, 29, 56}) {
      std::vector<std::uint64_t> counts(256);
      const std::uint64_t key = stream_key(seed, latency);
      for (std::uint64_t i = 0; i < 256'000; ++i) ++counts[draw_bits(key, i) >> shift & 255];
      BOOST_TEST(chi_square_hundredths(counts, 1'000) < 33'050u);
    }
  }
}

BOOST_AUTO_TEST_CASE(neighbouring_streams_seeds_and_ordinals_are_unrelated) {
  // The differences of draws under neighbouring names, seeds and ordinals are uniform too.
  std::vector<std::uint64_t> names(256), seeds(256), ordinals(256);
  for (std::uint32_t i = 0; i < 256'000; ++i) {
    const std::uint64_t key = stream_key(7, {Purpose::entropy, i, 0, 0});
    const std::uint64_t draw = draw_bits(key, 0);
    ++names[(draw ^ draw_bits(stream_key(7, {Purpose::entropy, i, 0, 1}), 0)) & 255];
    ++seeds[(draw ^ draw_bits(stream_key(8, {Purpose::entropy, i, 0, 0}), 0)) & 255];
    ++ordinals[(draw ^ draw_bits(key, 1)) & 255];
  }
  BOOST_TEST(chi_square_hundredths(names, 1'000) < 33'050u);
  BOOST_TEST(chi_square_hundredths(seeds, 1'000) < 33'050u);
  BOOST_TEST(chi_square_hundredths(ordinals, 1'000) < 33'050u);
}

BOOST_AUTO_TEST_CASE(below_hits_every_value_equally) {
  Decisions decisions({Base::seed, 11, {}, false});
  Stream s = decisions.open(target);
  std::vector<std::uint64_t> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts[s.below(7)];
  BOOST_TEST(chi_square_hundredths(counts, 10'000) < 2'246u);  // 6 degrees: once in a thousand
}

BOOST_AUTO_TEST_SUITE_END()
