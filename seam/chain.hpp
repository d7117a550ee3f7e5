// The chain hash of a log prefix. Systems compute it for their disk labels, checkers for their shadow logs:
// two logs agree up to an index exactly when their chain hashes there are equal (up to a collision of 64
// bits).
#pragma once

#include <xxhash.h>

#include <cstdint>

#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim {

/// The chain hash before the first entry.
inline constexpr std::uint64_t chain_start = 0;

/// The chain hash after an entry of `term` whose content hashes to `entry_hash`, given the one before it.
constexpr std::uint64_t chain_next(std::uint64_t before, Term term, std::uint64_t entry_hash) {
  std::uint64_t x = before ^ (entry_hash * 0x9E3779B97F4A7C15ULL);
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93ULL;
  x += term.value * 0xC2B2AE3D27D4EB4FULL + 0x165667B19E3779F9ULL;
  x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9ULL;
  return x ^ (x >> 32);
}

/// The content hash of a log entry, as EntryView::hash and MessageEntry::hash give it. A system whose entries
/// hold the client's request bytes unchanged lets checkers recognise each operation in the log by this hash.
inline std::uint64_t entry_hash(EntryKind kind, ByteSpan payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), static_cast<std::uint64_t>(kind) + 1);
}

}  // namespace raftsim
