// The clocks of one simulated machine. Its monotonic clock, on which all timers run, differs from global
// virtual time by an offset and by a constant rate. Its wall clock is the monotonic one plus an amount that
// changes by jumps, in either direction (jump_wall). What no correct machine does, a scenario may ask for: a
// monotonic clock that jumps, backwards too (jump), or stands still for a while and then goes on from where
// it stood (freeze, thaw). The wall clock follows it in both.
#pragma once

#include <algorithm>
#include <cstdint>

#include "seam/check.hpp"
#include "seam/types.hpp"

namespace raftsim::sim {

class NodeClock {
 public:
  /// The largest rate error, in parts per million: half or one and a half of the true rate.
  static constexpr std::int32_t drift_ppm_max = 500'000;

  struct Error {
    Duration offset;             ///< what the clock shows at global instant 0
    std::int32_t drift_ppm = 0;  ///< gains this many millionths of the elapsed time
  };

  NodeClock() = default;
  /// Precondition: |drift_ppm| <= drift_ppm_max.
  explicit NodeClock(Error error) : offset_(error.offset), rate_(million + error.drift_ppm) {
    CHECK(error.drift_ppm <= drift_ppm_max);
    CHECK(error.drift_ppm >= -drift_ppm_max);
  }

  /// offset + floor(global * (10^6 + ppm) / 10^6), exactly; the offset is that of the last jump or thaw.
  Instant local(Instant global) const {
    if (rate_ == million) return Instant{offset_.ns + global.ns};
    const Division g = divide(global.ns, million);
    return Instant{offset_.ns + g.quotient * rate_ + g.rest * rate_ / million};
  }

  /// The least global instant at which the clock shows at least `local`, if it goes on as it does now: when a
  /// timer set for it fires. `never` where it stands still before that.
  Instant global(Instant local) const {
    // What lies further ahead than any run lasts, or further back, is as good as never, or long ago.
    constexpr std::int64_t out_of_sight = std::int64_t{1} << 61;
    __extension__ using Wide = __int128;
    const Wide exact = Wide{local.ns} - offset_.ns;
    if (exact > out_of_sight) return never;
    const auto elapsed = static_cast<std::int64_t>(std::max<Wide>(exact, -out_of_sight));
    if (rate_ == million) return Instant{elapsed};
    if (rate_ == 0) return elapsed <= 0 ? Instant{} : never;
    const Division e = divide(elapsed, rate_);
    return Instant{e.quotient * million + (e.rest * million + rate_ - 1) / rate_};
  }

  Instant wall(Instant global) const { return local(global) + wall_ahead_; }
  /// All jumps in one direction together go no further: 36 years. No run, and no one jump, comes near.
  static constexpr Duration astray_max{std::int64_t{1} << 60};

  /// Moves the wall clock by this much, or as far as it goes; timers do not notice. Returns how far it went.
  Duration jump_wall(Duration by) { return moved(wall_ahead_, by); }

  /// Moves both clocks, likewise.
  Duration jump(Duration by) { return moved(offset_, by); }

  bool frozen() const { return rate_ == 0; }
  /// Precondition: not frozen.
  void freeze(Instant now) {
    CHECK(!frozen());
    frozen_at_ = now;
    offset_ = Duration{local(now).ns};
    rate_when_running_ = rate_;
    rate_ = 0;
  }
  /// How long it stood still. Precondition: frozen.
  Duration thaw(Instant now) {
    CHECK(frozen());
    const Duration shown = offset_;
    rate_ = rate_when_running_;
    offset_ = Duration{};
    offset_ = Duration{shown.ns - local(now).ns};
    return now - frozen_at_;
  }

  static constexpr Instant never{std::int64_t{1} << 62};

  Duration offset() const { return offset_; }
  std::int64_t drift_ppm() const { return (frozen() ? rate_when_running_ : rate_) - million; }

 private:
  static constexpr std::int64_t million = 1'000'000;

  /// Precondition: |by| <= astray_max, twice of which fits beside `what`.
  static Duration moved(Duration& what, Duration by) {
    const Duration before = what;
    const Duration back = Duration{} - astray_max;
    what = std::clamp(what + by, std::min(before, back), std::max(before, astray_max));
    return what - before;
  }

  /// Rounding down. Invariant: 0 <= rest < divisor. Splitting first keeps all products within 64 bits.
  struct Division {
    std::int64_t quotient;
    std::int64_t rest;
  };
  static Division divide(std::int64_t dividend, std::int64_t divisor) {
    Division d{dividend / divisor, dividend % divisor};
    if (d.rest < 0) {
      d.rest += divisor;
      --d.quotient;
    }
    return d;
  }

  Duration offset_;
  std::int64_t rate_ = million;  ///< millionths of the true rate; 0: frozen
  std::int64_t rate_when_running_ = million;
  Instant frozen_at_;
  Duration wall_ahead_;
};

}  // namespace raftsim::sim
