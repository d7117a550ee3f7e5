// Little-endian integers in byte buffers: the one place where the core's formats meet memory.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "seam/types.hpp"

namespace raftsim::core {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian, stored by memcpy");

/// Precondition: sizeof(T) bytes are readable at `from`.
template <std::unsigned_integral T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Precondition: sizeof(T) bytes are writable at `to`.
template <std::unsigned_integral T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

/// Copies `bytes` to `to` and returns the place behind them. Precondition: there is room.
inline std::byte* copy(std::byte* to, ByteSpan bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteSpan as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

}  // namespace raftsim::core
