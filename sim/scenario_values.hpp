// The scalars of the scenario format: from text, exactly and without floating point, and back to the shortest
// text that reads the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "seam/types.hpp"
#include "sim/distribution.hpp"

namespace raftsim::sim {

/// The longest span of time a scenario can name: a year. Sums and small multiples stay far below 2^63 ns.
inline constexpr Duration duration_max = seconds(365LL * 24 * 3600);

enum class ValueFault : std::uint8_t { malformed, no_unit, unknown_unit, too_precise, out_of_range };

template <class T>
struct Value {
  std::optional<T> value;
  ValueFault fault = ValueFault::malformed;  ///< where there is no value
};

/// "150ms", "1.5s": digits, perhaps a fraction, then a unit (ns us ms s m h). Exact: what is no whole number
/// of nanoseconds is too precise. Range: 0 to duration_max.
Value<Duration> duration_from(std::string_view text);
/// With a sign in front of it, or without.
Value<Duration> signed_duration_from(std::string_view text);
/// The shortest form that reads the same: "1.5s", "0ms".
std::string duration_text(Duration d);

/// A JSON number of [0, 1] as a ratio: floor(p 2^64) from at most 36 digits after the point. Exact.
Value<Ratio> ratio_from(std::string_view number);
/// The shortest decimal that reads the same.
std::string ratio_text(Ratio r);

/// A JSON number without fraction or exponent, in 64 bits.
Value<std::uint64_t> integer_from(std::string_view number);

/// A JSON number times `scale`, where that is whole: fractions in millionths, rates. Range: 0 to 2^63 - 1.
Value<std::int64_t> scaled_from(std::string_view number, std::uint64_t scale);
/// value / scale as a decimal; `scale` is a power of ten.
std::string scaled_text(std::int64_t value, std::uint64_t scale);

/// A decimal mean rate per second as the mean gap in ns, rounded down. Range: 1e-6 to 1e9 per second.
Value<Duration> gap_from_rate(std::string_view number);

/// "n3"; nothing for what is no node's name.
std::optional<NodeId> node_from(std::string_view text);
std::string node_text(NodeId node);

/// Decimal or 0x..., of 64 bits.
std::optional<std::uint64_t> seed_from(std::string_view text);

}  // namespace raftsim::sim
