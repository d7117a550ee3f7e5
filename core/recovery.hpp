// Reads back what durable_log.hpp wrote (3.8), after whatever a crash did to it.
//
// Two things may be wrong with a batch that does not decode, or that is missing. It was never synced: then
// nobody was promised anything that it holds, and the chain is cut before it. Or it was synced: then it is
// *damage*, and going on without it could lose committed entries. They are told apart by the synced frontier:
// every batch and every state slot carries how far earlier writes were known to be durable when it was
// written. So a bad batch is damage if any record found anywhere vouches for it, and else was cut short. The
// limit of this: a record that rots before any later one was written looks like a torn one.
//
// A cut leaves its remains where they are. They cannot come back: writing goes on in a new segment, with the
// sequence number and predecessor that the remains do not have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/disk_format.hpp"
#include "core/durable_log.hpp"
#include "core/log.hpp"
#include "core/raft.hpp"

namespace raftsim::core {

enum class Damage : std::uint8_t {
  none,
  log,         ///< a synced batch is missing or unreadable, or an intact one makes no sense
  hard_state,  ///< a synced hard state is missing or unreadable
};

struct Recovered {
  Damage damage = Damage::none;
  HardState hard_state;
  /// What the server started with; nothing on a disk that was never completely formatted.
  std::optional<Configuration> base;
  /// The hard state says less than the log proves, or is missing: it must be written before anything else.
  bool state_behind = false;
  /// Bytes behind the last batch taken, whatever they are.
  std::uint64_t bytes_cut = 0;
  LogCursor cursor;
};

/// Fed with one file after the other: the names first, then `state`, then each segment by ascending number.
class Recovery {
 public:
  /// Keeps which files there are to read; names that are not ours are ignored.
  void names(std::span<const std::string_view> all);
  /// The next file to read; nothing: all have been. Valid until the next call.
  std::optional<std::string_view> next_file();
  /// Its content.
  void content(ByteSpan bytes, Log& log);
  /// After all files.
  Recovered finish(const Log& log) const;

 private:
  void read_state(ByteSpan bytes);
  void read_segment(std::uint32_t number, ByteSpan bytes, Log& log);
  bool take(const Batch& batch, Log& log);
  void vouch(const SyncedFrontier& frontier);

  bool state_to_read_ = false;
  std::vector<std::uint32_t> segments_;
  std::size_t segments_read_ = 0;
  std::string file_;

  std::optional<StateSlot> state_;
  std::optional<Configuration> base_;
  SyncedFrontier synced_;
  std::uint64_t sequence_ = 0;
  std::uint64_t hash_ = 0;
  /// An intact batch in the chain that makes no sense.
  bool nonsense_ = false;
  std::uint64_t bytes_since_taken_ = 0;
};

}  // namespace raftsim::core
