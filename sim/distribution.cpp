#include "sim/distribution.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "seam/check.hpp"

namespace raftsim::sim {
namespace {

#include "sim/quantiles.inc"

__extension__ using Wide = __int128;
__extension__ using WideUnsigned = unsigned __int128;

constexpr std::size_t half_points = std::size_t{quantile_octaves} * quantile_steps + 1;
static_assert(std::size(exponential_lower) == half_points);
static_assert(std::size(exponential_upper) == half_points);
static_assert(std::size(normal_upper) == half_points);
static_assert(std::has_single_bit(unsigned{quantile_steps}));

/// The 0.99 quantile of the normal distribution, 2.3263478740408408, in units of 2^-32.
constexpr std::int64_t normal_p99 = 9'991'588'038;

constexpr std::uint64_t floor_sqrt(WideUnsigned x) {
  std::uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t tried = root | std::uint64_t{1} << bit;
    if (static_cast<WideUnsigned>(tried) * tried <= x) root = tried;
  }
  return root;
}

/// 2^(2^-(i+1)) in units of 2^-63.
consteval std::array<std::uint64_t, 32> roots_of_two() {
  std::array<std::uint64_t, 32> roots{};
  WideUnsigned previous = WideUnsigned{1} << 64;
  for (std::uint64_t& r : roots) {
    r = floor_sqrt(previous << 63);
    previous = r;
  }
  return roots;
}

/// log2(x) in units of 2^-32, rounded down, by repeated squaring. Precondition: x > 0.
constexpr std::int64_t log2_fixed(std::uint64_t x) {
  const int whole = 63 - std::countl_zero(x);
  std::uint64_t mantissa = x << (63 - whole);  // in [1, 2), units of 2^-63
  std::int64_t result = whole;
  for (int i = 0; i < 32; ++i) {
    const WideUnsigned square = static_cast<WideUnsigned>(mantissa) * mantissa;
    const bool carry = (square >> 127) != 0;
    mantissa = static_cast<std::uint64_t>(square >> (carry ? 64 : 63));
    result = result * 2 + (carry ? 1 : 0);
  }
  return result;
}

/// value * 2^(exponent / 2^32), rounded down, at most `limit`. Precondition: value >= 0.
std::int64_t scale_by_power(std::int64_t value, std::int64_t exponent, std::int64_t limit) {
  static constexpr std::array<std::uint64_t, 32> roots = roots_of_two();
  const std::int64_t whole = exponent >> 32;
  const std::uint64_t fraction = static_cast<std::uint64_t>(exponent) & 0xFFFF'FFFF;
  std::uint64_t power = std::uint64_t{1} << 63;
  for (std::size_t i = 0; i < roots.size(); ++i)
    if ((fraction >> (31 - i) & 1) != 0)
      power = static_cast<std::uint64_t>(static_cast<WideUnsigned>(power) * roots[i] >> 63);
  if (whole >= 63) return limit;
  if (whole <= -64) return 0;
  const WideUnsigned product = static_cast<WideUnsigned>(power) * static_cast<std::uint64_t>(value);
  const WideUnsigned scaled = product >> (63 - whole);
  return scaled > static_cast<std::uint64_t>(limit) ? limit : static_cast<std::int64_t>(scaled);
}

}  // namespace

Ratio ratio(std::uint64_t numerator, std::uint64_t denominator) {
  CHECK(denominator > 0);
  CHECK(numerator <= denominator);
  if (numerator == denominator) return {0, true};
  return {static_cast<std::uint64_t>((static_cast<WideUnsigned>(numerator) << 64) / denominator), false};
}

/// Meaning of `values`:
/// uniform: least and greatest. quantiles: at the grid of quantiles.inc for the lower half of all draws, then
/// for the upper half, mirrored; the draw that lies between two grid points is interpolated. steps: each
/// value is drawn below its threshold, the last for the rest.
struct Distribution::Table {
  enum class Shape : std::uint8_t { uniform, quantiles, steps };
  Shape shape = Shape::uniform;
  Form form;
  std::vector<std::int64_t> values;
  std::vector<std::uint64_t> thresholds;
  std::int64_t minimum = 0;
  std::int64_t median = 0;
  std::int64_t maximum = 0;

  bool draws_like(const Table& other) const {
    return shape == other.shape && values == other.values && thresholds == other.thresholds;
  }

  std::int64_t uniform_at(std::uint64_t draw) const {
    const WideUnsigned span =
        static_cast<WideUnsigned>(static_cast<std::uint64_t>(values[1] - values[0])) + 1;
    return values[0] + static_cast<std::int64_t>(span * draw >> 64);
  }
  std::int64_t quantile_at(std::uint64_t draw) const;
  std::int64_t step_at(std::uint64_t draw) const {
    const auto found = std::upper_bound(thresholds.begin(), thresholds.end(), draw);
    return values[static_cast<std::size_t>(found - thresholds.begin())];
  }
};

/// The draw's half, then its octave counted from the extreme, then its place in the octave; without a branch
/// that a predictor could miss.
std::int64_t Distribution::Table::quantile_at(std::uint64_t draw) const {
  constexpr int step_bits = std::countr_zero(unsigned{quantile_steps});
  const std::uint64_t upper = draw >> 63;
  const std::uint64_t u = draw ^ (0 - upper);  // below 2^63: distance from the nearer end
  const int zeros = std::countl_zero(u | 1);
  const int octave = quantile_octaves - zeros;  // 2^-(octaves+1) begins octave 0
  if (octave < 0) return upper != 0 ? maximum : minimum;
  const std::uint64_t mantissa = u << (zeros + 1);
  const std::size_t point = static_cast<std::size_t>(octave) * quantile_steps +
                            (mantissa >> (64 - step_bits)) + upper * half_points;
  const std::uint64_t between = mantissa << step_bits >> 32;
  const Wide rise = static_cast<Wide>(values[point + 1]) - values[point];
  return values[point] + static_cast<std::int64_t>(rise * static_cast<std::int64_t>(between) >> 32);
}

Distribution Distribution::constant(Duration value) {
  Distribution d;
  d.minimum_ = value;
  return d;
}

Distribution Distribution::tabled(std::shared_ptr<const Table> table) {
  Distribution d;
  d.minimum_ = Duration{table->minimum};
  d.table_ = std::move(table);
  return d;
}

Distribution Distribution::uniform(Duration min, Duration max) {
  CHECK(min <= max);
  if (min == max) return constant(min);
  auto table = std::make_shared<Table>();
  table->form = {Form::Kind::uniform, {min, max}, {}};
  table->values = {min.ns, max.ns};
  table->minimum = min.ns;
  table->median = min.ns + (max.ns - min.ns) / 2;
  table->maximum = max.ns;
  return tabled(std::move(table));
}

Distribution Distribution::exponential(Duration mean, Duration min, Duration max) {
  CHECK(min <= mean);
  CHECK(mean <= max);
  if (min == mean) return constant(min);
  auto table = std::make_shared<Table>();
  table->shape = Table::Shape::quantiles;
  table->form = {Form::Kind::exponential, {mean, min, max}, {}};
  const auto value = [&](std::int64_t quantile) {
    const Wide beyond = static_cast<Wide>(mean.ns - min.ns) * quantile >> 32;
    return static_cast<std::int64_t>(std::min(beyond, static_cast<Wide>(max.ns - min.ns))) + min.ns;
  };
  for (std::int64_t q : exponential_lower) table->values.push_back(value(q));
  for (std::int64_t q : exponential_upper) table->values.push_back(value(q));
  table->minimum = min.ns;
  table->median = table->values[half_points - 1];
  table->maximum = table->values[half_points];
  return tabled(std::move(table));
}

Distribution Distribution::lognormal(Duration median, Duration p99, Duration max) {
  CHECK(median.ns > 0);
  CHECK(median <= p99);
  CHECK(p99 <= max);
  if (median == p99) return constant(median);
  auto table = std::make_shared<Table>();
  table->shape = Table::Shape::quantiles;
  table->form = {Form::Kind::lognormal, {median, p99, max}, {}};
  const std::int64_t spread =
      log2_fixed(static_cast<std::uint64_t>(p99.ns)) - log2_fixed(static_cast<std::uint64_t>(median.ns));
  const auto value = [&](std::int64_t z) {
    const Wide exponent = static_cast<Wide>(spread) * z / normal_p99;
    return scale_by_power(median.ns, static_cast<std::int64_t>(exponent), max.ns);
  };
  for (std::int64_t z : normal_upper) table->values.push_back(value(-z));
  for (std::int64_t z : normal_upper) table->values.push_back(value(z));
  table->minimum = table->values.front();
  table->median = median.ns;
  table->maximum = table->values[half_points];
  return tabled(std::move(table));
}

Distribution Distribution::empirical(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.value < b.value; });
  std::erase_if(points, [](const Point& p) { return p.weight == 0; });
  CHECK(!points.empty());
  WideUnsigned total = 0;
  for (const Point& p : points) total += p.weight;
  CHECK(total <= std::numeric_limits<std::uint64_t>::max());
  if (points.front().value == points.back().value) return constant(points.front().value);

  auto table = std::make_shared<Table>();
  table->shape = Table::Shape::steps;
  table->form = {Form::Kind::empirical, {}, points};
  WideUnsigned below = 0;
  for (const Point& p : points) {
    table->values.push_back(p.value.ns);
    below += p.weight;
    if (below < total) table->thresholds.push_back(static_cast<std::uint64_t>((below << 64) / total));
  }
  table->minimum = points.front().value.ns;
  table->maximum = points.back().value.ns;
  table->median = table->step_at(std::uint64_t{1} << 63);
  return tabled(std::move(table));
}

Duration Distribution::at(std::uint64_t draw) const {
  if (table_ == nullptr) return minimum_;
  switch (table_->shape) {
    case Table::Shape::uniform:
      return Duration{table_->uniform_at(draw)};
    case Table::Shape::quantiles:
      return Duration{table_->quantile_at(draw)};
    case Table::Shape::steps:
      return Duration{table_->step_at(draw)};
  }
  CHECK(false);
}

Duration Distribution::median() const { return table_ == nullptr ? minimum_ : Duration{table_->median}; }
Duration Distribution::maximum() const { return table_ == nullptr ? minimum_ : Duration{table_->maximum}; }

Distribution::Form Distribution::form() const {
  return table_ == nullptr ? Form{Form::Kind::constant, {minimum_}, {}} : table_->form;
}

bool operator==(const Distribution& a, const Distribution& b) {
  if (a.table_ == nullptr || b.table_ == nullptr) return a.table_ == b.table_ && a.minimum_ == b.minimum_;
  return a.table_ == b.table_ || a.table_->draws_like(*b.table_);
}

}  // namespace raftsim::sim
