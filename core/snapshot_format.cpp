#include "core/snapshot_format.hpp"

#include <xxhash.h>

#include <limits>
#include <utility>

#include "core/bytes.hpp"
#include "core/configurations.hpp"
#include "core/crc32c.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

// Image:
//   0 u32 CRC32C of the rest   4 u32 magic, version in its last byte   8 u64 bytes in all   16 u64 index
//   24 u64 term   32 u64 chain hash   40 u64 state hash   48 u32 bytes of the configuration   52 zeros
//   56 configuration   then the machine (StateMachine::save)
constexpr std::uint32_t image_magic = 0x01494652;  // "RFI", 1
constexpr std::size_t image_header = 56;

// Header of the file:
//   0 u32 CRC32C of the rest   4 u32 magic   8 u32 segment   12 zeros   16 u64 sequence   24 u64 previous
//   hash 32 u64 synced batch   40 u64 synced state   48 zeros, up to 64
constexpr std::uint32_t header_magic = 0x01484652;  // "RFH", 1

std::size_t configuration_length(ByteSpan image) { return load<std::uint32_t>(image.data() + 48); }

}  // namespace

void make_image(const StateMachine& machine, Snapshot& snapshot) {
  std::vector<std::byte>& out = snapshot.bytes;
  snapshot.state_hash = machine.hash();
  out.assign(image_header, std::byte{0});
  encode_configuration(snapshot.configuration, out);
  const std::size_t configuration = out.size() - image_header;
  machine.save(out);
  CHECK(out.size() <= std::numeric_limits<std::uint32_t>::max());
  std::byte* at = out.data();
  store(at + 4, image_magic);
  store(at + 8, std::uint64_t{out.size()});
  store(at + 16, snapshot.index.value);
  store(at + 24, snapshot.term.value);
  store(at + 32, snapshot.chain);
  store(at + 40, snapshot.state_hash);
  store(at + 48, static_cast<std::uint32_t>(configuration));
  store(at, crc32c(ByteSpan(out).subspan(4)));
  snapshot.hash = XXH3_64bits(out.data(), out.size());
}

std::optional<Snapshot> open_image(std::vector<std::byte> bytes) {
  if (bytes.size() < image_header) return std::nullopt;
  const std::byte* at = bytes.data();
  if (load<std::uint32_t>(at + 4) != image_magic || load<std::uint64_t>(at + 8) != bytes.size()) {
    return std::nullopt;
  }
  if (load<std::uint32_t>(at) != crc32c(ByteSpan(bytes).subspan(4))) return std::nullopt;
  const std::size_t configuration = configuration_length(bytes);
  if (configuration > bytes.size() - image_header) return std::nullopt;
  auto decoded = decode_configuration(ByteSpan(bytes).subspan(image_header, configuration));
  if (!decoded) return std::nullopt;
  Snapshot snapshot;
  snapshot.index = Index{load<std::uint64_t>(at + 16)};
  snapshot.term = Term{load<std::uint64_t>(at + 24)};
  snapshot.chain = load<std::uint64_t>(at + 32);
  snapshot.state_hash = load<std::uint64_t>(at + 40);
  snapshot.configuration = std::move(*decoded);
  snapshot.hash = XXH3_64bits(bytes.data(), bytes.size());
  snapshot.bytes = std::move(bytes);
  if (snapshot.index == Index{} || snapshot.term == Term{}) return std::nullopt;
  return snapshot;
}

bool restore_machine(const Snapshot& snapshot, StateMachine& machine) {
  const ByteSpan bytes(snapshot.bytes);
  return machine.load(bytes.subspan(image_header + configuration_length(bytes)), snapshot.index) &&
         machine.hash() == snapshot.state_hash;
}

void encode_snapshot_header(const SnapshotHeader& header, std::vector<std::byte>& out) {
  const std::size_t start = out.size();
  out.resize(start + snapshot_header_bytes);
  std::byte* at = out.data() + start;
  store(at + 4, header_magic);
  store(at + 8, header.log_start.segment);
  store(at + 16, header.log_start.sequence);
  store(at + 24, header.log_start.previous_hash);
  store(at + 32, header.synced.sequence);
  store(at + 40, header.synced.state_counter);
  store(at, crc32c(ByteSpan(at + 4, snapshot_header_bytes - 4)));
}

std::optional<SnapshotHeader> decode_snapshot_header(ByteSpan bytes) {
  if (bytes.size() < snapshot_header_bytes) return std::nullopt;
  const std::byte* at = bytes.data();
  if (load<std::uint32_t>(at + 4) != header_magic) return std::nullopt;
  if (load<std::uint32_t>(at) != crc32c(bytes.subspan(4, snapshot_header_bytes - 4))) return std::nullopt;
  return SnapshotHeader{.log_start = {.segment = load<std::uint32_t>(at + 8),
                                      .sequence = load<std::uint64_t>(at + 16),
                                      .previous_hash = load<std::uint64_t>(at + 24)},
                        .synced = {load<std::uint64_t>(at + 32), load<std::uint64_t>(at + 40)}};
}

}  // namespace raftsim::core
