// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected; RFC 3720 appendix B.4): guards every message,
// request, reply and disk record. It detects every single burst of at most 32 bits.
#pragma once

#include <cstdint>

#include "seam/types.hpp"

namespace raftsim::core {

/// The checksum of `bytes`; `before`: the checksum of what came before them, so that
/// crc32c(b, crc32c(a)) == crc32c(a then b). Uses the processor's instruction where there is one.
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before = 0);

/// The same by tables (slicing-by-8), on any processor: what crc32c falls back to, and its test's second
/// opinion.
std::uint32_t crc32c_by_tables(ByteSpan bytes, std::uint32_t before = 0);

}  // namespace raftsim::core
