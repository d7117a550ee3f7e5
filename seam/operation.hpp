// What a client can ask of the replicated state machine, and how a system answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "seam/effects.hpp"
#include "seam/types.hpp"

namespace raftsim {

enum class OperationKind : std::uint8_t { get, put, remove, cas, append, open_session };

/// How a get is served (dissertation 6.4 and 8).
enum class ReadMode : std::uint8_t { log, read_index, lease, follower, local_unsafe };

/// A session's number is the position of the open_session that made it (dissertation 6.3).
struct Operation {
  OperationKind kind = OperationKind::get;
  ReadMode read = ReadMode::read_index;
  std::string key;
  /// put, append: the value. cas: the new value.
  std::string value;
  /// cas: the value that must be there; nothing: the key must be absent.
  std::optional<std::string> expected;
  /// Exactly-once: {session, sequence} names a command; a retry repeats both, so that its bytes are the same.
  /// open_session carries session 0 and a sequence number that no other operation of the run has.
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;
  /// The client knows that all its commands below this sequence number were answered.
  std::uint64_t first_unanswered = 0;

  friend bool operator==(const Operation&, const Operation&) = default;
};

/// What a reply says. `value`: a get's value, nothing where the key is absent. cas: `applied` tells whether
/// it swapped.
struct OperationResult {
  ReplyKind kind = ReplyKind::ok;
  bool applied = true;
  std::optional<std::string> value;
  /// not_leader: whom to ask instead, if known.
  std::optional<NodeId> leader;
  /// open_session: the new session.
  std::uint64_t session = 0;

  friend bool operator==(const OperationResult&, const OperationResult&) = default;
};

}  // namespace raftsim
