// Arbitrary bytes read as choices: what a fuzzer mutates becomes numbers, flags and lengths. Total: behind
// the end everything is zero.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "seam/types.hpp"

namespace raftsim::core::fuzz {

class BytesIn {
 public:
  explicit BytesIn(ByteSpan bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(left_.front());
    left_ = left_.subspan(1);
    return value;
  }
  /// In [0, n).
  std::uint8_t below(std::uint8_t n) { return static_cast<std::uint8_t>(byte() % n); }
  bool flag() { return (byte() & 1) != 0; }
  /// At most n bytes, fewer at the end.
  ByteSpan take(std::size_t n) {
    const ByteSpan taken = left_.first(std::min(n, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  std::uint64_t word() {
    std::uint64_t value = 0;
    const ByteSpan bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  /// A number that is small, near `here`, near the ends of the ranges that matter, or anything.
  std::uint64_t number(std::uint64_t here) {
    const std::uint8_t tag = byte();
    if (tag < 64) return tag;
    if (tag < 128) return here + tag - 96;
    if (tag < 160) return ~std::uint64_t{0} - (tag - 128u);
    if (tag < 192) return (std::uint64_t{1} << 63) + tag - 176;
    if (tag < 224) return (std::uint64_t{1} << 62) + tag - 208;
    return word();
  }

 private:
  ByteSpan left_;
};

}  // namespace raftsim::core::fuzz
