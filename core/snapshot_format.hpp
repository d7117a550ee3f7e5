// The bytes of a snapshot. The image is what servers send each other and is the same on all that took it at
// the same entry: what it covers, the configuration, the state machine. In a server's file a header stands
// before it that concerns this server's own log. Little-endian; decoders are total over arbitrary bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/disk_format.hpp"
#include "core/snapshot.hpp"
#include "core/state_machine.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

inline constexpr std::string_view snapshot_file = "snapshot";
/// While it is being written. What a crash leaves under this name is removed.
inline constexpr std::string_view snapshot_file_unfinished = "snapshot.new";

/// Makes the snapshot's bytes, and their hash, from its other fields and the machine. Precondition: the
/// machine is at `snapshot.index`.
void make_image(const StateMachine& machine, Snapshot& snapshot);

/// What an image says; nothing unless it is intact. Does not look at the machine in it.
std::optional<Snapshot> open_image(std::vector<std::byte> bytes);
/// Fills a machine from an image. False, and the machine means nothing, unless what it holds then has the
/// hash that the image says. Precondition: `snapshot` is from make_image or open_image.
bool restore_machine(const Snapshot& snapshot, StateMachine& machine);

inline constexpr std::size_t snapshot_header_bytes = 64;
struct SnapshotHeader {
  LogStart log_start;
  SyncedFrontier synced;
};
void encode_snapshot_header(const SnapshotHeader& header, std::vector<std::byte>& out);
/// Nothing unless `bytes` begin with an intact header.
std::optional<SnapshotHeader> decode_snapshot_header(ByteSpan bytes);

}  // namespace raftsim::core
