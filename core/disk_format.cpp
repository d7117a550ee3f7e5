#include "core/disk_format.hpp"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/bytes.hpp"
#include "core/configurations.hpp"
#include "core/crc32c.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

// State slot:
//   0 u32 CRC32C of the rest   4 u32 magic, version in its last byte   8 u64 counter   16 u64 term
//   24 u64 vote, 0 for none   32 u64 synced batch   40 u64 synced state   48 u8 doubt   49 zeros, up to 64
constexpr std::uint32_t state_magic = 0x01534652;  // "RFS", 1

// Batch:
//   0 u32 CRC32C of the rest   4 u32 magic   8 u32 bytes in all   12 u32 entries   16 u32 segment
//   20 u32 sector in the segment   24 u64 sequence   32 u64 previous hash   40 u64 synced batch
//   48 u64 synced state   56 u64 first index   64 u64 previous entry's term   72 u64 its chain hash
//   80 content
constexpr std::uint32_t batch_magic = 0x014C4652;  // "RFL", 1
constexpr std::size_t batch_header = 80;

// Entry: 0 u64 term   8 u32 payload bytes   12 u8 kind   13 zeros   16 payload
constexpr std::size_t entry_header = 16;

// Base: the encoded configuration (configurations.hpp).

constexpr std::string_view segment_prefix = "log-";
constexpr std::size_t segment_digits = 8;

std::uint32_t as_u32(std::uint64_t value) {
  CHECK(value <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(value);
}

/// The entry before a batch's first.
struct Previous {
  Term term;
  std::uint64_t chain = 0;
};

/// Fills the header in front of a batch's content and returns the batch's hash: of the header alone, whose
/// CRC covers the content.
std::uint64_t seal(const BatchLink& link, Index first, Previous previous, std::uint64_t count, std::byte* at,
                   std::size_t bytes) {
  store(at + 4, batch_magic);
  store(at + 8, as_u32(bytes));
  store(at + 12, as_u32(count));
  store(at + 16, link.segment);
  store(at + 20, as_u32(link.offset / sector_bytes));
  store(at + 24, link.sequence);
  store(at + 32, link.previous_hash);
  store(at + 40, link.synced.sequence);
  store(at + 48, link.synced.state_counter);
  store(at + 56, first.value);
  store(at + 64, previous.term.value);
  store(at + 72, previous.chain);
  store(at, crc32c(ByteSpan(at + 4, bytes - 4)));
  return XXH3_64bits(at, batch_header);
}

}  // namespace

std::string segment_name(std::uint32_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < segment_digits) digits.insert(0, segment_digits - digits.size(), '0');
  return std::string(segment_prefix) + digits;
}

std::optional<std::uint32_t> segment_number(std::string_view name) {
  if (!name.starts_with(segment_prefix)) return std::nullopt;
  const std::string_view digits = name.substr(segment_prefix.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || number == 0 || segment_name(number) != name) return std::nullopt;
  return number;
}

void encode_state_slot(const StateSlot& slot, std::vector<std::byte>& out) {
  const std::size_t start = out.size();
  out.resize(start + state_slot_bytes);
  std::byte* at = out.data() + start;
  store(at + 4, state_magic);
  store(at + 8, slot.counter);
  store(at + 16, slot.hard_state.term.value);
  store(at + 24, slot.hard_state.vote.value_or(NodeId{}).value);
  store(at + 32, slot.synced.sequence);
  store(at + 40, slot.synced.state_counter);
  at[48] = static_cast<std::byte>(slot.hard_state.doubt);
  store(at, crc32c(ByteSpan(at + 4, state_slot_bytes - 4)));
}

std::optional<StateSlot> decode_state_slot(ByteSpan bytes) {
  if (bytes.size() < state_slot_bytes) return std::nullopt;
  const std::byte* at = bytes.data();
  if (load<std::uint32_t>(at + 4) != state_magic) return std::nullopt;
  if (load<std::uint32_t>(at) != crc32c(bytes.subspan(4, state_slot_bytes - 4))) return std::nullopt;
  StateSlot slot;
  slot.counter = load<std::uint64_t>(at + 8);
  slot.hard_state.term = Term{load<std::uint64_t>(at + 16)};
  const NodeId vote{load<std::uint64_t>(at + 24)};
  if (vote != NodeId{}) slot.hard_state.vote = vote;
  slot.synced = {load<std::uint64_t>(at + 32), load<std::uint64_t>(at + 40)};
  const auto doubt = std::to_integer<std::uint8_t>(at[48]);
  if (doubt > static_cast<std::uint8_t>(Doubt::hard_state)) return std::nullopt;
  slot.hard_state.doubt = static_cast<Doubt>(doubt);
  return slot;
}

std::uint64_t encode_entries(const BatchLink& link, const Log& log, Index first, Index last,
                             std::vector<std::byte>& out) {
  CHECK(first >= log.first());
  CHECK(last <= log.last());
  const std::uint64_t count = last + 1 - first;
  const std::span<const EntryRef> entries =
      log.slice(first, count, std::numeric_limits<std::uint64_t>::max());
  CHECK(entries.size() == count);
  std::size_t bytes = batch_header;
  for (const EntryRef& entry : entries) bytes += entry_header + entry.payload.size();
  const std::size_t start = out.size();
  out.resize(start + bytes);
  std::byte* at = out.data() + start + batch_header;
  for (const EntryRef& entry : entries) {
    store(at, entry.term.value);
    store(at + 8, as_u32(entry.payload.size()));
    at[12] = static_cast<std::byte>(entry.kind);
    at = copy(at + entry_header, entry.payload);
  }
  const Previous previous{log.term_at(first - 1).value_or(Term{}), log.chain_at(first - 1)};
  return seal(link, first, previous, count, out.data() + start, bytes);
}

std::uint64_t encode_base(const BatchLink& link, const Configuration& configuration,
                          std::vector<std::byte>& out) {
  const std::size_t start = out.size();
  out.resize(start + batch_header);
  encode_configuration(configuration, out);
  return seal(link, Index{}, {}, 0, out.data() + start, out.size() - start);
}

std::optional<Batch> decode_batch(ByteSpan segment, std::uint32_t number, std::uint64_t offset) {
  if (offset > segment.size() || segment.size() - offset < batch_header) return std::nullopt;
  const ByteSpan rest = segment.subspan(offset);
  const std::byte* at = rest.data();
  if (load<std::uint32_t>(at + 4) != batch_magic) return std::nullopt;
  const std::size_t bytes = load<std::uint32_t>(at + 8);
  if (bytes < batch_header || bytes > rest.size()) return std::nullopt;
  if (load<std::uint32_t>(at) != crc32c(rest.subspan(4, bytes - 4))) return std::nullopt;
  if (load<std::uint32_t>(at + 16) != number) return std::nullopt;
  if (load<std::uint32_t>(at + 20) * sector_bytes != offset) return std::nullopt;
  Batch batch;
  batch.link = {.segment = number,
                .offset = offset,
                .sequence = load<std::uint64_t>(at + 24),
                .previous_hash = load<std::uint64_t>(at + 32),
                .synced = {load<std::uint64_t>(at + 40), load<std::uint64_t>(at + 48)}};
  batch.hash = XXH3_64bits(at, batch_header);
  batch.first = Index{load<std::uint64_t>(at + 56)};
  batch.previous_term = Term{load<std::uint64_t>(at + 64)};
  batch.previous_chain = load<std::uint64_t>(at + 72);
  batch.count = load<std::uint32_t>(at + 12);
  batch.bytes = bytes;
  batch.content = rest.subspan(batch_header, bytes - batch_header);
  return batch;
}

bool decode_entries(const Batch& batch, Log& log) {
  CHECK(batch.first == log.last() + 1);
  ByteSpan left = batch.content;
  Term last_term = log.last_term();
  const auto undo = [&log, &batch] {
    if (log.last() >= batch.first) log.truncate(batch.first);
    return false;
  };
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    if (left.size() < entry_header) return undo();
    const Term term{load<std::uint64_t>(left.data())};
    const std::size_t length = load<std::uint32_t>(left.data() + 8);
    const auto kind = std::to_integer<std::uint8_t>(left[12]);
    left = left.subspan(entry_header);
    if (length > left.size() || kind > static_cast<std::uint8_t>(EntryKind::configuration)) return undo();
    if (term < last_term) return undo();
    last_term = term;
    EntryRef entry{.term = term, .payload = left.first(length), .kind = static_cast<EntryKind>(kind)};
    if (entry.kind == EntryKind::configuration && !configuration_in(entry)) return undo();
    entry.hash = entry_hash(entry.kind, entry.payload);
    log.append(entry);
    left = left.subspan(length);
  }
  return left.empty() || undo();
}

std::optional<Configuration> decode_base(const Batch& batch) { return decode_configuration(batch.content); }

}  // namespace raftsim::core
