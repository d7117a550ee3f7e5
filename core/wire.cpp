#include "core/wire.hpp"

#include <array>
#include <limits>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "seam/chain.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

// Header, little-endian. All fields are always there: the longest types need nearly all, and one layout has
// no branches.
//   0 u32 CRC32C of the rest   4 u8 version   5 u8 type   6 u8 flags   7 zero   8 u32 bytes in all
//   12 u32 entries   16 term   24 index   32 index term   40 commit   48 match   56 hint   64 hint term
//   72 context   80 doubt, each u64   88 entries
// The place and meaning of CRC and version never change: any version can say that it does not know another.
constexpr std::size_t header_bytes = 88;
constexpr std::uint8_t version = 1;
constexpr std::uint8_t flag_granted = 1;
constexpr std::uint8_t flag_commanded = 2;
constexpr std::uint8_t flag_released = 4;
constexpr std::uint8_t flag_leased = 8;
constexpr std::uint16_t flags_known = flag_granted | flag_commanded | flag_released | flag_leased;

// Entry: 0 u64 term   8 u32 payload bytes   12 u8 kind   13 zeros   16 payload
constexpr std::size_t entry_header = 16;

// Chunk, in messages about snapshots, in the place of entries:
//   0 u64 offset   8 u64 size   16 u64 hash   24 data
constexpr std::size_t chunk_header = 24;

bool carries_chunk(MessageType type) {
  return type == MessageType::install_snapshot || type == MessageType::install_snapshot_resp;
}

std::uint32_t as_u32(std::size_t value) {
  CHECK(value <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(value);
}

std::uint8_t byte_at(const std::byte* bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

/// Of the types that servers exchange.
bool known_type(std::uint8_t type) {
  return type > static_cast<std::uint8_t>(MessageType::unknown) &&
         type < static_cast<std::uint8_t>(MessageType::client_request);
}

WireFault header_fault(ByteSpan bytes) {
  if (bytes.size() < header_bytes) return WireFault::too_short;
  const std::byte* at = bytes.data();
  if (load<std::uint32_t>(at) != crc32c(bytes.subspan(4))) return WireFault::wrong_checksum;
  if (byte_at(at, 4) != version) return WireFault::unknown_version;
  if (load<std::uint32_t>(at + 8) != bytes.size()) return WireFault::wrong_length;
  if (!known_type(byte_at(at, 5))) return WireFault::unknown_type;
  if (load<std::uint16_t>(at + 6) > flags_known) return WireFault::unknown_flags;
  return WireFault::none;
}

/// Calls take(term, kind, payload) for each entry; false if they do not fill the message exactly.
template <class Take>
bool each_entry(ByteSpan bytes, Take&& take) {
  ByteSpan left = bytes.subspan(header_bytes);
  for (std::uint32_t count = load<std::uint32_t>(bytes.data() + 12); count > 0; --count) {
    if (left.size() < entry_header) return false;
    const Term term{load<std::uint64_t>(left.data())};
    const std::size_t length = load<std::uint32_t>(left.data() + 8);
    const auto kind = load<std::uint32_t>(left.data() + 12);  // with the zeros behind it
    left = left.subspan(entry_header);
    if (length > left.size() || kind > static_cast<std::uint32_t>(EntryKind::configuration)) return false;
    take(term, static_cast<EntryKind>(kind), left.first(length));
    left = left.subspan(length);
  }
  return left.empty();
}

void put_chunk(const SnapshotChunk& chunk, std::vector<std::byte>& out) {
  std::array<std::byte, chunk_header> head;
  store(head.data(), chunk.offset);
  store(head.data() + 8, chunk.size);
  store(head.data() + 16, chunk.hash);
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), chunk.data.begin(), chunk.data.end());
}

/// A message about a snapshot has a chunk and no entries; the others have none.
bool take_chunk(ByteSpan bytes, SnapshotChunk& chunk) {
  if (load<std::uint32_t>(bytes.data() + 12) != 0 || bytes.size() < header_bytes + chunk_header) return false;
  const std::byte* at = bytes.data() + header_bytes;
  chunk = {.offset = load<std::uint64_t>(at),
           .size = load<std::uint64_t>(at + 8),
           .hash = load<std::uint64_t>(at + 16),
           .data = bytes.subspan(header_bytes + chunk_header)};
  return true;
}

}  // namespace

Slice encode_message(const Message& message, std::vector<std::byte>& out) {
  const bool chunk = carries_chunk(message.type);
  std::size_t bytes = header_bytes + (chunk ? chunk_header + message.chunk.data.size() : 0);
  for (const EntryRef& entry : message.entries) bytes += entry_header + entry.payload.size();
  const std::size_t start = out.size();
  const Slice slice{as_u32(start), as_u32(bytes)};
  std::array<std::byte, header_bytes> header;
  std::byte* at = header.data();
  store(at, std::uint32_t{0});  // the CRC, once the rest is there
  at[4] = std::byte{version};
  at[5] = static_cast<std::byte>(message.type);
  at[6] =
      static_cast<std::byte>((message.granted ? flag_granted : 0) | (message.commanded ? flag_commanded : 0) |
                             (message.released ? flag_released : 0) | (message.leased ? flag_leased : 0));
  at[7] = std::byte{0};
  store(at + 8, slice.length);
  store(at + 12, as_u32(message.entries.size()));
  store(at + 16, message.term.value);
  store(at + 24, message.index.value);
  store(at + 32, message.index_term.value);
  store(at + 40, message.commit.value);
  store(at + 48, message.match.value);
  store(at + 56, message.hint.value);
  store(at + 64, message.hint_term.value);
  store(at + 72, message.context);
  store(at + 80, message.doubt);
  out.insert(out.end(), header.begin(), header.end());
  for (const EntryRef& entry : message.entries) {
    std::array<std::byte, entry_header> head{};
    store(head.data(), entry.term.value);
    store(head.data() + 8, as_u32(entry.payload.size()));
    head[12] = static_cast<std::byte>(entry.kind);
    out.insert(out.end(), head.begin(), head.end());
    out.insert(out.end(), entry.payload.begin(), entry.payload.end());
  }
  if (chunk) put_chunk(message.chunk, out);
  store(out.data() + start, crc32c(ByteSpan(out.data() + start + 4, bytes - 4)));
  return slice;
}

WireFault decode_message(ByteSpan bytes, std::vector<EntryRef>& entries, Message& message) {
  const WireFault fault = header_fault(bytes);
  if (fault != WireFault::none) return fault;
  const std::byte* at = bytes.data();
  const std::uint8_t flags = byte_at(at, 6);
  entries.clear();
  message.type = static_cast<MessageType>(byte_at(at, 5));
  message.chunk = {};
  if (carries_chunk(message.type)) {
    if (!take_chunk(bytes, message.chunk)) return WireFault::wrong_chunk;
  } else if (!each_entry(bytes, [&entries](Term term, EntryKind kind, ByteSpan payload) {
               entries.push_back(
                   {.term = term, .hash = entry_hash(kind, payload), .payload = payload, .kind = kind});
             })) {
    return WireFault::wrong_entries;
  }
  message.granted = (flags & flag_granted) != 0;
  message.commanded = (flags & flag_commanded) != 0;
  message.released = (flags & flag_released) != 0;
  message.leased = (flags & flag_leased) != 0;
  message.term = Term{load<std::uint64_t>(at + 16)};
  message.index = Index{load<std::uint64_t>(at + 24)};
  message.index_term = Term{load<std::uint64_t>(at + 32)};
  message.commit = Index{load<std::uint64_t>(at + 40)};
  message.match = Index{load<std::uint64_t>(at + 48)};
  message.hint = Index{load<std::uint64_t>(at + 56)};
  message.hint_term = Term{load<std::uint64_t>(at + 64)};
  message.context = load<std::uint64_t>(at + 72);
  message.doubt = load<std::uint64_t>(at + 80);
  message.entries = {entries.data(), entries.size()};
  return WireFault::none;
}

bool describe_message(ByteSpan bytes, MessageView& view) {
  if (header_fault(bytes) != WireFault::none) return false;
  const std::byte* at = bytes.data();
  view.type = static_cast<MessageType>(byte_at(at, 5));
  view.granted = (byte_at(at, 6) & flag_granted) != 0;
  view.term = Term{load<std::uint64_t>(at + 16)};
  view.previous_index = Index{load<std::uint64_t>(at + 24)};
  view.previous_term = Term{load<std::uint64_t>(at + 32)};
  view.commit = Index{load<std::uint64_t>(at + 40)};
  view.match = Index{load<std::uint64_t>(at + 48)};
  view.context = load<std::uint64_t>(at + 72);
  const bool refused_append = view.type == MessageType::append_entries_resp && !view.granted;
  if (refused_append) view.commit = Index{load<std::uint64_t>(at + 56)};
  view.entries.clear();
  SnapshotChunk chunk;
  if (carries_chunk(view.type)) return take_chunk(bytes, chunk);
  Index index = view.previous_index;
  return each_entry(bytes, [&view, &index](Term term, EntryKind kind, ByteSpan payload) {
    // Untrusted: an index at the end of its range wraps here, and is refused where it would matter.
    index = Index{index.value + 1};
    view.entries.push_back({.index = index, .term = term, .hash = entry_hash(kind, payload)});
  });
}

}  // namespace raftsim::core
