// What committed entries do: sessions decide whether a command is executed, the store executes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/commands.hpp"
#include "core/kv_store.hpp"
#include "core/sessions.hpp"
#include "seam/effects.hpp"
#include "seam/view.hpp"

namespace raftsim::core {

class StateMachine {
 public:
  explicit StateMachine(std::uint32_t session_cap) : sessions_(session_cap) {}

  /// What applying an entry came to.
  struct Outcome {
    /// Whether there is anything to tell the client. No-ops, and retries of commands whose answer is
    /// forgotten, stay silent: the outcome is then the client's to assume.
    bool answers = false;
    ReplyKind kind = ReplyKind::ok;
    /// Where the command took effect: this entry, or the one that a retry repeats.
    Index position;
    /// Valid until the next call.
    ByteSpan bytes;
    std::optional<Note> note;
  };
  /// Applies one committed entry; entries come in order of index. Total over arbitrary payloads: bytes that
  /// are no request change nothing.
  Outcome apply(Index index, EntryKind kind, ByteSpan payload);

  /// The answer to a get against the present state. Valid until the next call.
  ByteSpan read(std::string_view key);

  /// Appends data and sessions: the same bytes for the same state (machine_image.cpp).
  void save(std::vector<std::byte>& out) const;
  /// Becomes what save() wrote once all up to `covered` was applied. Total over arbitrary bytes; false, and
  /// it means nothing, if they are not that.
  bool load(ByteSpan bytes, Index covered);

  std::size_t sessions() const { return sessions_.size(); }
  /// Over data and session answers, not over how recently a session was used (Applied::state_hash).
  std::uint64_t hash() const;

 private:
  Outcome execute_once(Index index, const CommandView& command);
  AnswerView execute(const CommandView& command);
  ByteSpan encoded(const AnswerView& answer);

  KvStore store_;
  Sessions sessions_;
  std::vector<std::byte> answer_;
};

}  // namespace raftsim::core
