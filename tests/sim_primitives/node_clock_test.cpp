#include "sim/node_clock.hpp"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "tests/print.hpp"

using namespace raftsim;
using namespace raftsim::sim;

namespace {

constexpr std::int64_t hour = 3'600'000'000'000;

NodeClock any_clock() {
  return NodeClock({Duration{*rc::gen::inRange(-hour, hour)}, *rc::gen::inRange(-500'000, 500'001)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_clock)

BOOST_AUTO_TEST_CASE(a_true_clock_shows_global_time) {
  const NodeClock clock;
  BOOST_TEST(clock.local(Instant{123}) == Instant{123});
  BOOST_TEST(clock.global(Instant{123}) == Instant{123});
}

BOOST_AUTO_TEST_CASE(a_fast_clock_gains_its_rate) {
  const NodeClock clock({milliseconds(7), 500});
  BOOST_TEST((clock.local(Instant{} + seconds(1000)) == Instant{} + seconds(1000) + milliseconds(507)));
  const NodeClock slow({Duration{}, -500});
  BOOST_TEST((slow.local(Instant{} + seconds(1000)) == Instant{} + seconds(1000) - milliseconds(500)));
}

BOOST_AUTO_TEST_CASE(a_clock_equals_its_definition_in_wide_arithmetic) {
  BOOST_TEST(rc::check("definition", [] {
    __extension__ using Wide = __int128;
    const NodeClock clock = any_clock();
    const std::int64_t global = *rc::gen::inRange<std::int64_t>(0, 365 * 24 * hour);
    const Wide scaled = static_cast<Wide>(global) * (1'000'000 + clock.drift_ppm()) / 1'000'000;
    RC_ASSERT(clock.local(Instant{global}).ns == clock.offset().ns + static_cast<std::int64_t>(scaled));
  }));
}

BOOST_AUTO_TEST_CASE(a_timer_fires_at_the_first_instant_at_which_the_clock_shows_its_time) {
  BOOST_TEST(rc::check("inverse", [] {
    const NodeClock clock = any_clock();
    const Instant local{*rc::gen::inRange<std::int64_t>(-24 * hour, 365 * 24 * hour)};
    const Instant fires = clock.global(local);
    RC_ASSERT(clock.local(fires) >= local);
    RC_ASSERT(clock.local(fires - Duration{1}) < local);
  }));
}

BOOST_AUTO_TEST_CASE(a_clock_never_runs_back_however_it_drifts) {
  BOOST_TEST(rc::check("monotony", [] {
    const NodeClock clock = any_clock();
    const Instant a{*rc::gen::inRange<std::int64_t>(0, 365 * 24 * hour)};
    const Instant b = a + Duration{*rc::gen::inRange<std::int64_t>(0, 1'000'000)};
    RC_ASSERT(clock.local(a) <= clock.local(b));
    RC_ASSERT(clock.global(a) <= clock.global(b));
  }));
}

BOOST_AUTO_TEST_CASE(the_wall_clock_jumps_and_timers_do_not_notice) {
  NodeClock clock({seconds(1), 100});
  const Instant timer = clock.global(Instant{} + seconds(50));
  const Instant now = Instant{} + seconds(20);
  const Instant wall = clock.wall(now);
  BOOST_TEST(wall == clock.local(now));
  clock.jump_wall(seconds(-5));
  BOOST_TEST((clock.wall(now) == wall - seconds(5)));
  BOOST_TEST(clock.global(Instant{} + seconds(50)) == timer);
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_takes_its_timers_with_it) {
  NodeClock clock({seconds(1), 100});
  const Instant now = Instant{} + seconds(20);
  const Instant shown = clock.local(now);
  const Instant wall = clock.wall(now);
  const Instant due = clock.local(Instant{} + seconds(50));
  clock.jump(seconds(5));
  BOOST_TEST(clock.local(now) == shown + seconds(5));
  BOOST_TEST(clock.wall(now) == wall + seconds(5));
  BOOST_TEST(clock.global(due) < Instant{} + seconds(46));
  clock.jump(seconds(-30));
  BOOST_TEST(clock.local(now) == shown - seconds(25));
  BOOST_TEST(clock.global(due) > Instant{} + seconds(74));
}

BOOST_AUTO_TEST_CASE(a_clock_that_stands_still_goes_on_from_where_it_stood) {
  BOOST_TEST(rc::check("freeze", [] {
    NodeClock clock = any_clock();
    const std::int64_t drift = clock.drift_ppm();
    const Instant begin{*rc::gen::inRange<std::int64_t>(0, 24 * hour)};
    const Duration still{*rc::gen::inRange<std::int64_t>(0, hour)};
    const Duration later{*rc::gen::inRange<std::int64_t>(0, hour)};
    const Instant shown = clock.local(begin);
    const Duration would = clock.local(begin + later) - shown;
    clock.freeze(begin);
    RC_ASSERT(clock.frozen());
    RC_ASSERT(clock.drift_ppm() == drift);
    RC_ASSERT(clock.local(begin + still) == shown);
    RC_ASSERT(clock.wall(begin + still) == shown);
    RC_ASSERT(clock.global(shown) <= begin);
    RC_ASSERT(clock.global(shown + Duration{1}) == NodeClock::never);
    RC_ASSERT(clock.thaw(begin + still) == still);
    RC_ASSERT(!clock.frozen());
    RC_ASSERT(clock.local(begin + still) == shown);
    // Rounding may differ by one, as the clock is at another point of its rate.
    const std::int64_t off = (clock.local(begin + still + later) - shown).ns - would.ns;
    RC_ASSERT(off >= -1);
    RC_ASSERT(off <= 1);
  }));
}

BOOST_AUTO_TEST_CASE(however_often_a_clock_jumps_it_goes_astray_by_36_years_and_tells_how_far_it_went) {
  const Duration year{365 * 24 * hour};
  for (const std::int64_t way : {1, -1}) {
    NodeClock clock({Duration{}, 500'000});
    const Instant now{365 * 24 * hour};
    const Instant shown = clock.local(now);
    Duration walls, both;
    for (int i = 0; i < 1000; ++i) {
      walls = walls + clock.jump_wall(year * way);
      both = both + clock.jump(year * way);
    }
    BOOST_TEST(walls == NodeClock::astray_max * way);
    BOOST_TEST(both == NodeClock::astray_max * way);
    BOOST_TEST(clock.local(now) == shown + both);
    BOOST_TEST(clock.wall(now) == shown + both + walls);
    // Back from there it comes at once.
    BOOST_TEST((clock.jump(year * -way) == year * -way));
    BOOST_TEST((clock.jump_wall(year * -way) == year * -way));
    clock.freeze(now);
    clock.jump(year * way * 2);
    BOOST_TEST((clock.thaw(now) == Duration{}));
    BOOST_TEST(clock.global(Instant{std::numeric_limits<std::int64_t>::max()}) == NodeClock::never);
    BOOST_TEST(clock.global(Instant{std::numeric_limits<std::int64_t>::min()}) < Instant{});
  }
}

BOOST_AUTO_TEST_SUITE_END()
