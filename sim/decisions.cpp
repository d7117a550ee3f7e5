#include "sim/decisions.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace raftsim::sim {

Duration Stream::steered_sample(const Distribution& d, Benign benign) {
  // Durations are compared as signed numbers, ranges of draws as unsigned ones: shift to agree.
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  const auto to_value = [](Duration x) { return std::bit_cast<std::uint64_t>(x.ns); };
  const Duration harmless = benign == Benign::minimum ? d.minimum() : d.median();
  const Duration seeded = d.at(peek_draw());
  std::uint64_t value = steered(to_value(seeded), to_value(harmless), {0, ~std::uint64_t{0}});
  const std::uint64_t low = to_value(d.minimum()) ^ sign;
  const std::uint64_t high = to_value(d.maximum()) ^ sign;
  value = std::clamp(value ^ sign, low, high) ^ sign;
  if (steering_->record != nullptr && value != to_value(harmless))
    steering_->record->push_back({steering_->name, next_, value});
  skip();
  return Duration{std::bit_cast<std::int64_t>(value)};
}

std::uint64_t Stream::steered(std::uint64_t seeded, std::uint64_t benign, Range legal) const {
  const std::span<const RecordedDecision> overrides = steering_->overrides;
  if (!overrides.empty()) {
    const auto found = std::lower_bound(
        overrides.begin(), overrides.end(), next_,
        [](const RecordedDecision& d, std::uint64_t ordinal) { return d.ordinal < ordinal; });
    if (found != overrides.end() && found->ordinal == next_)
      return std::clamp(found->value, legal.min, legal.max);
  }
  return steering_->base == Base::benign ? benign : seeded;
}

std::uint64_t Stream::steer(std::uint64_t seeded, std::uint64_t benign, Range legal) {
  const std::uint64_t value = steered(seeded, benign, legal);
  if (steering_->record != nullptr && value != benign)
    steering_->record->push_back({steering_->name, next_, value});
  skip();
  return value;
}

Decisions::Decisions(DecisionSource source) : source_(std::move(source)) {
  std::vector<RecordedDecision>& all = source_.overrides;
  std::sort(all.begin(), all.end());
  const auto same_draw = [](const RecordedDecision& a, const RecordedDecision& b) {
    return a.stream == b.stream && a.ordinal == b.ordinal;
  };
  CHECK(std::adjacent_find(all.begin(), all.end(), same_draw) == all.end());
}

Stream Decisions::open(const StreamName& name) {
  const auto by_stream = [](const auto& a, const auto& b) {
    if constexpr (std::is_same_v<std::decay_t<decltype(a)>, StreamName>)
      return a < b.stream;
    else
      return a.stream < b;
  };
  const auto [first, last] =
      std::equal_range(source_.overrides.begin(), source_.overrides.end(), name, by_stream);
  const std::uint64_t key = stream_key(source_.seed, name);
  if (first == last && source_.base == Base::seed && !source_.record) return Stream{key, nullptr};

  detail::Steering steering{name, source_.base, {}, source_.record ? &record_ : nullptr};
  if (first != last) steering.overrides = {&*first, static_cast<std::size_t>(last - first)};
  steering_.push_back(steering);
  return Stream{key, &steering_.back()};
}

std::vector<RecordedDecision> Decisions::recorded() const {
  std::vector<RecordedDecision> sorted = record_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace raftsim::sim
