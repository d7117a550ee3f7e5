#include "sim/scenario_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace raftsim::sim {

namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr int wide_digits_max = 36;  ///< 10^37 < 2^127: one more doubling never overflows

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct UnitOfTime {
  std::string_view name;
  std::uint64_t ns;
};
constexpr std::array<UnitOfTime, 6> units{{{"ns", 1},
                                           {"us", 1'000},
                                           {"ms", 1'000'000},
                                           {"s", 1'000'000'000},
                                           {"m", 60'000'000'000},
                                           {"h", 3'600'000'000'000}}};

/// digits * 10^-decimals, exactly.
struct Decimal {
  Wide digits = 0;
  int decimals = 0;
};

Wide power_of_ten(int exponent) {
  Wide result = 1;
  for (int i = 0; i < exponent; ++i) result *= 10;
  return result;
}

/// A non-negative decimal in JSON's form, exponent included. Nothing for what is malformed, negative, or
/// needs more than wide_digits_max digits.
Value<Decimal> decimal_from(std::string_view text) {
  Decimal d;
  std::size_t i = 0;
  int digits = 0;
  enum class Taken : std::uint8_t { none, some, too_many };
  const auto take = [&](int decimals_each) {
    const std::size_t begin = i;
    for (; i < text.size() && is_digit(text[i]); ++i) {
      if (digits == wide_digits_max) return Taken::too_many;
      d.digits = d.digits * 10 + static_cast<Wide>(text[i] - '0');
      digits += d.digits != 0 ? 1 : 0;
      d.decimals += decimals_each;
    }
    return i > begin ? Taken::some : Taken::none;
  };
  if (text.empty() || text.front() == '-') return {std::nullopt, ValueFault::out_of_range};
  const Taken whole = take(0);
  if (whole == Taken::none) return {std::nullopt, ValueFault::malformed};
  if (whole == Taken::too_many) return {std::nullopt, ValueFault::out_of_range};
  if (i < text.size() && text[i] == '.') {
    ++i;
    const Taken fraction = take(1);
    if (fraction == Taken::none) return {std::nullopt, ValueFault::malformed};
    if (fraction == Taken::too_many) return {std::nullopt, ValueFault::too_precise};
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && text[i] == '+') ++i;
    int exponent = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    if (error == std::errc::result_out_of_range) return {std::nullopt, ValueFault::out_of_range};
    if (error != std::errc{}) return {std::nullopt, ValueFault::malformed};
    i = static_cast<std::size_t>(end - text.data());
    if (exponent > wide_digits_max || exponent < -wide_digits_max)
      return {std::nullopt, exponent > 0 ? ValueFault::out_of_range : ValueFault::too_precise};
    d.decimals -= exponent;
  }
  if (i != text.size()) return {std::nullopt, ValueFault::malformed};
  while (d.decimals > 0 && d.digits % 10 == 0) {
    d.digits /= 10;
    d.decimals = d.digits == 0 ? 0 : d.decimals - 1;
  }
  if (d.decimals > wide_digits_max) return {std::nullopt, ValueFault::too_precise};
  for (; d.decimals < 0; ++d.decimals) {
    if (d.digits >= power_of_ten(wide_digits_max)) return {std::nullopt, ValueFault::out_of_range};
    d.digits *= 10;
  }
  return {d, {}};
}

/// floor(numerator 2^64 / denominator), bit by bit. Precondition: numerator < denominator < 2^127.
std::uint64_t binary_fraction(Wide numerator, Wide denominator) {
  std::uint64_t result = 0;
  for (int bit = 0; bit < 64; ++bit) {
    numerator *= 2;
    result *= 2;
    if (numerator >= denominator) {
      numerator -= denominator;
      result += 1;
    }
  }
  return result;
}

}  // namespace

Value<Duration> duration_from(std::string_view text) {
  const std::size_t split = static_cast<std::size_t>(
      std::find_if(text.begin(), text.end(), [](char c) { return !is_digit(c) && c != '.'; }) - text.begin());
  const std::string_view number = text.substr(0, split), name = text.substr(split);
  if (number.empty() || number.front() == '.' || number.back() == '.')
    return {std::nullopt, ValueFault::malformed};
  if (name.empty()) return {std::nullopt, ValueFault::no_unit};
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const UnitOfTime& u) { return u.name == name; });
  if (unit == units.end()) return {std::nullopt, ValueFault::unknown_unit};
  const Value<Decimal> d = decimal_from(number);
  if (!d.value) return {std::nullopt, d.fault};
  const Wide divisor = power_of_ten(d.value->decimals);
  if (d.value->digits / divisor > static_cast<Wide>(duration_max.ns) / unit->ns)
    return {std::nullopt, ValueFault::out_of_range};
  // digits <= 2^55 divisor here, so that the product may still pass 2^127 where divisor is huge: then it is
  // too precise anyway.
  if (d.value->decimals > 13) return {std::nullopt, ValueFault::too_precise};
  const Wide ns = d.value->digits * unit->ns;
  if (ns % divisor != 0) return {std::nullopt, ValueFault::too_precise};
  if (ns / divisor > static_cast<Wide>(duration_max.ns)) return {std::nullopt, ValueFault::out_of_range};
  return {Duration{static_cast<std::int64_t>(ns / divisor)}, {}};
}

Value<Duration> signed_duration_from(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Value<Duration> d = duration_from(text);
  if (negative && d.value) d.value->ns = -d.value->ns;
  return d;
}

std::string duration_text(Duration d) {
  if (d.ns < 0) return "-" + duration_text(Duration{-d.ns});
  if (d.ns == 0) return "0ms";
  const std::uint64_t ns = static_cast<std::uint64_t>(d.ns);
  std::string best = fmt::format("{}ns", ns);
  // Minutes and hours only where they are whole: nobody reads 0.35m.
  for (const UnitOfTime& unit : units) {
    std::string text;
    if (ns % unit.ns == 0)
      text = fmt::format("{}{}", ns / unit.ns, unit.name);
    else if (unit.ns <= 1'000'000'000 && ns > unit.ns)
      text = scaled_text(d.ns, unit.ns) + std::string(unit.name);
    if (!text.empty() && text.size() <= best.size()) best = text;
  }
  return best;
}

Value<Ratio> ratio_from(std::string_view number) {
  const Value<Decimal> d = decimal_from(number);
  if (!d.value) return {std::nullopt, d.fault};
  const Wide one = power_of_ten(d.value->decimals);
  if (d.value->digits > one) return {std::nullopt, ValueFault::out_of_range};
  if (d.value->digits == one) return {Ratio{0, true}, {}};
  return {Ratio{binary_fraction(d.value->digits, one), false}, {}};
}

std::string ratio_text(Ratio r) {
  if (r.always) return "1";
  if (r.threshold == 0) return "0";
  // With 20 digits, decimals lie closer together than the thresholds do: one of them is inside.
  std::uint64_t rest = r.threshold;
  Wide truncated = 0, one = 1;
  for (int digits = 1; digits <= 20; ++digits) {
    const Wide scaled = static_cast<Wide>(rest) * 10;
    rest = static_cast<std::uint64_t>(scaled);
    truncated = truncated * 10 + (scaled >> 64);
    one *= 10;
    const Wide rounded_up = truncated + (rest != 0 ? 1 : 0);
    if (rounded_up >= one || binary_fraction(rounded_up, one) != r.threshold) continue;
    std::string text;
    for (Wide n = rounded_up; n != 0; n /= 10)
      text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(n % 10)));
    return "0." + std::string(static_cast<std::size_t>(digits) - text.size(), '0') + text;
  }
  return "1";  // unreachable: the loop ends at 20 digits
}

Value<std::uint64_t> integer_from(std::string_view number) {
  if (number.starts_with('-')) return {std::nullopt, ValueFault::out_of_range};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool whole = !number.empty() && std::all_of(number.begin(), number.end(), is_digit);
  if (!whole) return {std::nullopt, ValueFault::malformed};
  if (error != std::errc{}) return {std::nullopt, ValueFault::out_of_range};
  return {value, {}};
}

Value<std::int64_t> scaled_from(std::string_view number, std::uint64_t scale) {
  const Value<Decimal> d = decimal_from(number);
  if (!d.value) return {std::nullopt, d.fault};
  const Wide divisor = power_of_ten(d.value->decimals);
  const Wide limit = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  if (d.value->digits / divisor > limit / scale) return {std::nullopt, ValueFault::out_of_range};
  if (d.value->decimals > 18) return {std::nullopt, ValueFault::too_precise};
  const Wide product = d.value->digits * scale;
  if (product % divisor != 0) return {std::nullopt, ValueFault::too_precise};
  return {static_cast<std::int64_t>(product / divisor), {}};
}

std::string scaled_text(std::int64_t value, std::uint64_t scale) {
  const std::uint64_t v = static_cast<std::uint64_t>(value);
  std::string text = fmt::format("{}", v / scale);
  if (v % scale == 0) return text;
  std::string fraction = fmt::format("{}", scale + v % scale).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

Value<Duration> gap_from_rate(std::string_view number) {
  const Value<Decimal> d = decimal_from(number);
  if (!d.value) return {std::nullopt, d.fault};
  if (d.value->decimals > 6) return {std::nullopt, ValueFault::too_precise};
  constexpr std::uint64_t second = 1'000'000'000;
  const Wide one = power_of_ten(d.value->decimals);
  if (d.value->digits == 0 || d.value->digits / one > second) return {std::nullopt, ValueFault::out_of_range};
  const Wide gap = one * second / d.value->digits;
  if (gap == 0) return {std::nullopt, ValueFault::out_of_range};
  return {Duration{static_cast<std::int64_t>(gap)}, {}};
}

std::optional<NodeId> node_from(std::string_view text) {
  if (text.size() < 2 || text.size() > 7 || text[0] != 'n' || text[1] == '0') return std::nullopt;
  const Value<std::uint64_t> number = integer_from(text.substr(1));
  return number.value ? std::optional<NodeId>(NodeId{*number.value}) : std::nullopt;
}

std::string node_text(NodeId node) { return fmt::format("n{}", node.value); }

std::optional<std::uint64_t> seed_from(std::string_view text) {
  if (!text.starts_with("0x")) return integer_from(text).value;
  text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace raftsim::sim
