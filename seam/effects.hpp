// Everything that a Process can cause, as one ordered list: a crash may cut it after any prefix (DESIGN, seam
// 1). Shape: `list` in order of issue; bytes live in one arena and are named by Slice, so that a reused
// Effects allocates nothing in the steady state.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "seam/check.hpp"
#include "seam/label.hpp"
#include "seam/note.hpp"
#include "seam/types.hpp"

namespace raftsim {

/// A run of bytes in the arena of the Effects that it came with.
struct Slice {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

/// A message to another node. With `after`, it leaves once every disk operation of this incarnation up to and
/// including that one has succeeded; if one of them fails, it never leaves (nor does any later one; but where
/// it failed for want of space, or was the sync of a file that is not there, what is issued once the Process
/// knows may name later operations). Without, it leaves at once. The runtime (simulated or real) does the
/// waiting: order is data.
struct Send {
  NodeId to;
  Slice bytes;
  std::optional<DiskOp> after;
};

enum class DiskAction : std::uint8_t {
  write,     ///< `bytes` at `offset`; creates the file; a gap before `offset` reads as zeros
  sync,      ///< covers all writes to `file` that completed before this was issued
  read,      ///< `length` bytes from `offset`, fewer at the end of the file
  truncate,  ///< to `length` bytes
  rename,    ///< `file` becomes `to`, replacing it
  remove,
  list,            ///< names of all files
  sync_directory,  ///< covers creations, renames and removals issued before
};

/// Operations on one file run in issue order; files are independent. Each is answered by DiskDone, or never.
struct DiskRequest {
  DiskOp op;
  DiskAction action = DiskAction::write;
  Slice file;
  Slice to;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  Slice bytes;
  /// Position in Effects::labels of the first of `label_count` labels that these bytes carry, in order.
  std::uint32_t label_first = 0;
  std::uint32_t label_count = 0;
};

enum class ReplyKind : std::uint8_t {
  ok,           ///< done; `bytes` is the result
  not_leader,   ///< ask another server: `bytes` may hint which
  busy,         ///< not now
  refused,      ///< can never take effect as asked (expired session, illegal admin request)
  failed,       ///< can never take effect
  unsupported,  ///< this system does not know the request
};

/// An answer to a Request or Admin. `position`: the log index of a write, the index at which a read was
/// served; else 0. Replies to clients may wait for the disk like sends.
struct Reply {
  ClientId client;
  RequestId id;
  ReplyKind kind = ReplyKind::ok;
  Index position;
  Slice bytes;
  std::optional<DiskOp> after;
};

/// An entry went through the state machine. `result_hash`: XXH3_64bits of the reply bytes it yields (0 for an
/// entry that yields none). `state_hash`: of the whole state after it, data and session results; it does not
/// cover how recently a session was used, so that applying a duplicate leaves it unchanged.
struct Applied {
  Index index;
  Term term;
  std::uint64_t hash = 0;
  std::uint64_t result_hash = 0;
  std::uint64_t state_hash = 0;
};

struct Note {
  NoteKind kind{};
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

/// The process stops itself (disk failure it must not survive). Nothing after it in the list happens.
struct Halt {};

using Effect = std::variant<Send, DiskRequest, Reply, Applied, Note, Halt>;

struct Effects {
  std::vector<Effect> list;
  std::vector<std::byte> arena;
  std::vector<Label> labels;
  /// When the Process next wants a Wake, on its own monotonic clock. Stated anew by every step: nothing means
  /// never. A time not after `now` means at once, in a step of its own.
  std::optional<Instant> wake_at;
  /// Whether Input::entropy was looked at: only entropy that was used is a decision.
  bool entropy_used = false;

  void clear() {
    list.clear();
    arena.clear();
    labels.clear();
    wake_at.reset();
    entropy_used = false;
  }

  Slice put(ByteSpan bytes) {
    Slice s{static_cast<std::uint32_t>(arena.size()), static_cast<std::uint32_t>(bytes.size())};
    arena.insert(arena.end(), bytes.begin(), bytes.end());
    return s;
  }
  Slice put(std::string_view text) { return put(std::as_bytes(std::span(text.data(), text.size()))); }

  ByteSpan bytes(Slice s) const {
    CHECK(std::uint64_t{s.offset} + s.length <= arena.size());
    return {arena.data() + s.offset, s.length};
  }
  std::string_view text(Slice s) const {
    ByteSpan b = bytes(s);
    return {reinterpret_cast<const char*>(b.data()), b.size()};
  }
};

}  // namespace raftsim
