// Everything that can happen to a Process (DESIGN, seam 1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "seam/configuration.hpp"
#include "seam/options.hpp"
#include "seam/types.hpp"

namespace raftsim {

/// How a Process comes up. `fresh`: the first boot of a new cluster with these members (the disk is empty, or
/// was formatted by System::format_disk). `join`: a new server that waits to be added. `existing`: recover
/// from disk.
enum class Boot : std::uint8_t { fresh, join, existing };

/// Always the first input of an incarnation, and never later.
struct Start {
  NodeId self;
  const Options* options = nullptr;
  Boot boot = Boot::fresh;
  /// With Boot::fresh.
  const Configuration* members = nullptr;
  /// With Boot::fresh on a formatted disk: the commit index that the node knows at this first start (figure
  /// 7).
  Index commit;
};

/// A message arrived. Invariant of the world: `bytes` were once sent by some node; they may be damaged.
struct Receive {
  NodeId from;
  ByteSpan bytes;
};

/// The time that the Process asked for has come.
struct Wake {};

enum class DiskStatus : std::uint8_t { ok, io_error, full, not_found };

/// A disk operation ended. `bytes`: what a read read. `names`: what a list listed, sorted. A write completes
/// when its data can be read back; only a sync says anything of durability.
struct DiskDone {
  DiskOp op;
  DiskStatus status = DiskStatus::ok;
  ByteSpan bytes;
  std::span<const std::string_view> names;
};

/// A client asks. Answered by a Reply effect with the same client and id, or never.
struct Request {
  ClientId client;
  RequestId id;
  ByteSpan bytes;
};

enum class AdminKind : std::uint8_t {
  add_voter,
  add_learner,
  remove,
  promote,
  replace,
  transfer,
  take_snapshot,
  timeout_now,
};

/// An operator asks. Answered by a Reply effect {client, id} of kind ok (done), refused (with a reason) or
/// unsupported.
struct Admin {
  ClientId client;
  RequestId id;
  AdminKind kind = AdminKind::timeout_now;
  /// add, remove, promote, transfer: one node. replace: the whole new voter set. Else empty.
  std::span<const NodeId> nodes;
};

/// Links in stream mode tell both ends when they come and go.
struct Connected {
  NodeId peer;
};
struct Disconnected {
  NodeId peer;
};

struct Input {
  /// The node's own monotonic clock; it has rate faults only, unless a scenario says otherwise.
  Instant now;
  /// The node's wall clock; it may jump.
  Instant wall;
  /// 64 fresh random bits. A Process that uses them sets Effects::entropy_used.
  std::uint64_t entropy = 0;
  std::variant<Start, Receive, Wake, DiskDone, Request, Admin, Connected, Disconnected> what;
};

}  // namespace raftsim
