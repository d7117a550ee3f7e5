// A span of time drawn per use: the `dist` of a scenario. Integer arithmetic only: quantiles are tabulated
// once, from integer tables, when the scenario is decoded (DESIGN, seam 3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "seam/types.hpp"

namespace raftsim::sim {

/// A probability as a ratio decoded from the number's source text: the chance is threshold / 2^64; `always`
/// where that would be 1.
struct Ratio {
  std::uint64_t threshold = 0;
  bool always = false;

  bool never() const { return threshold == 0 && !always; }
  bool hit(std::uint64_t draw) const { return always || draw < threshold; }
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

/// numerator / denominator, rounded down. Precondition: denominator > 0, numerator <= denominator.
Ratio ratio(std::uint64_t numerator, std::uint64_t denominator);

class Distribution {
 public:
  /// Always zero.
  Distribution() = default;
  static Distribution constant(Duration value);
  /// Precondition: min <= max.
  static Distribution uniform(Duration min, Duration max);
  /// Shifted and capped: min + Exp(mean - min), values beyond max drawn as max. Precondition: min <= mean <=
  /// max.
  static Distribution exponential(Duration mean, Duration min, Duration max);
  /// Precondition: 0 < median <= p99 <= max.
  static Distribution lognormal(Duration median, Duration p99, Duration max);
  struct Point {
    Duration value;
    std::uint64_t weight = 1;
  };
  static Distribution empirical(std::vector<Point> points);

  /// How it was made, so that a scenario can be written down again.
  struct Form {
    enum class Kind : std::uint8_t { constant, uniform, exponential, lognormal, empirical };
    Kind kind = Kind::constant;
    /// constant {value}; uniform {min, max}; exponential {mean, min, max}; lognormal {median, p99, max};
    /// empirical {}. Unused ones are zero.
    std::array<Duration, 3> parameters{};
    std::vector<Point> points;  ///< empirical
  };
  Form form() const;

  /// The value for 64 uniform bits. Pure.
  Duration at(std::uint64_t draw) const;
  /// The least value that can be drawn: the benign answer.
  Duration minimum() const { return minimum_; }
  Duration median() const;
  Duration maximum() const;
  /// Every draw gives the same value: nothing need be drawn.
  bool is_constant() const { return table_ == nullptr; }
  friend bool operator==(const Distribution&, const Distribution&);

 private:
  /// Values at tabulated quantiles, interpolated between (uniform: two; empirical: steps).
  struct Table;
  static Distribution tabled(std::shared_ptr<const Table> table);

  Duration minimum_;  ///< where there is no table, every value
  std::shared_ptr<const Table> table_;
};

}  // namespace raftsim::sim
