// Messages between servers as bytes: versioned, with length and CRC32C.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/message.hpp"
#include "seam/effects.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// Why bytes are no message.
enum class WireFault : std::uint8_t {
  none,
  too_short,
  wrong_checksum,   ///< damaged on the way
  unknown_version,  ///< intact, but written by a build that speaks another version
  wrong_length,
  unknown_type,
  unknown_flags,  ///< bits are set that mean nothing in this version
  wrong_entries,  ///< the entries do not fill the message exactly, or are of an unknown kind
  wrong_chunk,    ///< a message about a snapshot without a piece of it
};

/// Appends the message to `out` (an Effects::arena): one growth, no temporaries. Precondition: under 4 GiB.
Slice encode_message(const Message& message, std::vector<std::byte>& out);

/// Total over arbitrary bytes: reads nothing beyond them, and allocates in proportion to them at most.
/// Payloads, and message.entries, point into `bytes` and `entries`, which the caller keeps as long as it uses
/// the message; `entries` is overwritten. On a fault, `message` means nothing.
WireFault decode_message(ByteSpan bytes, std::vector<EntryRef>& entries, Message& message);

/// What a message means to the simulator (System::describe). False for bytes that are no message.
bool describe_message(ByteSpan bytes, MessageView& view);

}  // namespace raftsim::core
