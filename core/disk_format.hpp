// What the server's files hold, byte by byte; little-endian throughout. No file access here: encoders append
// to a buffer, decoders read from one, and are total over arbitrary bytes.
//
// `state` holds the hard state in a ring of sectors. Each write takes the next sector and a higher counter,
// so that a torn write harms only itself; recovery takes the valid slot with the highest counter.
//
// `log-00000001`, `log-00000002`, ... hold batches. A batch is one write: a header and entries that replace
// everything from its first index on, so that truncation needs no operation of its own. Each begins at a
// sector boundary: a torn write harms no earlier batch even if a sector is lost as a whole. Nothing is ever
// overwritten: a restart goes on in a new segment.
//
// Batches form a chain. Each carries a sequence number, the hash of its predecessor, its own place (a
// misdirected write cannot pass for the real one), and how far earlier writes were known to be synced when it
// was issued. It also tells term and chain hash of the entry before its first: where that is not the log's,
// the log was discarded there for a snapshot, and begins anew. Recovery follows the chain in order of place
// and takes nothing that does not link. What a cut left behind does not link any more; where a disk had only
// read it wrong, it does, up to what was begun behind the cut (batch_chain.hpp). After damage, the chain goes
// on with a sequence number beyond all that were ever vouched for: what is known to be lost is not found
// missing again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.hpp"
#include "core/raft.hpp"
#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// What is assumed to live or die together at a crash.
inline constexpr std::uint64_t sector_bytes = 512;
/// More than two, as several writes may be on their way at once: all but one slot may be lost in a crash.
inline constexpr std::uint64_t state_slots = 4;
inline constexpr std::string_view state_file = "state";

/// The place from `offset` on where a batch may begin.
constexpr std::uint64_t next_sector(std::uint64_t offset) {
  return (offset + sector_bytes - 1) / sector_bytes * sector_bytes;
}

/// "log-" and the number in at least eight digits. Precondition: number >= 1.
std::string segment_name(std::uint32_t number);
/// The number of a segment's name; nothing for other names.
std::optional<std::uint32_t> segment_number(std::string_view name);

/// How far writes were known to be durable: what is below was promised to somebody, and its loss is damage.
/// Lags behind the truth.
struct SyncedFrontier {
  std::uint64_t sequence = 0;       ///< all batches up to this one
  std::uint64_t state_counter = 0;  ///< the state slot of this counter, or a later one
  friend bool operator==(const SyncedFrontier&, const SyncedFrontier&) = default;
};

struct StateSlot {
  std::uint64_t counter = 0;  ///< from 1; slot number counter % state_slots
  HardState hard_state;
  SyncedFrontier synced;
  friend bool operator==(const StateSlot&, const StateSlot&) = default;
};
inline constexpr std::size_t state_slot_bytes = 64;

void encode_state_slot(const StateSlot& slot, std::vector<std::byte>& out);
/// Nothing unless `bytes` begin with an intact slot.
std::optional<StateSlot> decode_state_slot(ByteSpan bytes);

/// A batch's place in the files and in the chain.
struct BatchLink {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;  ///< a multiple of sector_bytes
  std::uint64_t sequence = 0;
  std::uint64_t previous_hash = 0;
  SyncedFrontier synced;
};

/// Where the chain begins: what stands before, there or in segments before that one, was removed, or may be.
/// A snapshot covers it.
struct LogStart {
  std::uint32_t segment = 1;
  std::uint64_t sequence = 1;       ///< of the first batch, or more
  std::uint64_t previous_hash = 0;  ///< which that batch names
  friend bool operator==(const LogStart&, const LogStart&) = default;
};

struct Batch {
  BatchLink link;
  std::uint64_t hash = 0;
  /// Of its first entry; 0: no entries but the configuration that the server starts with.
  Index first;
  /// Of the entry before the first; the chain hash up to it. So any batch can be the first of a log, and one
  /// that was written behind an installed snapshot says what it stands behind.
  Term previous_term;
  std::uint64_t previous_chain = 0;
  std::uint32_t count = 0;
  std::uint64_t bytes = 0;  ///< header included
  ByteSpan content;         ///< within the bytes decoded from
};

/// Append an encoded batch to `out` and return its hash. Preconditions: the entries are in the log; the batch
/// stays under 4 GiB.
std::uint64_t encode_entries(const BatchLink& link, const Log& log, Index first, Index last,
                             std::vector<std::byte>& out);
std::uint64_t encode_base(const BatchLink& link, const Configuration& configuration,
                          std::vector<std::byte>& out);

/// The batch at `offset` of a segment; nothing unless it is intact and says that this is its place.
std::optional<Batch> decode_batch(ByteSpan segment, std::uint32_t number, std::uint64_t offset);

/// Appends the batch's entries to `log`. False, with `log` unchanged, if the content does not parse or the
/// entries do not fit behind the log. Precondition: batch.first == log.last() + 1.
bool decode_entries(const Batch& batch, Log& log);
/// The configuration of a batch whose first index is 0; nothing if the content does not parse.
std::optional<Configuration> decode_base(const Batch& batch);

}  // namespace raftsim::core
