#include "core/raft_system.hpp"

#include <algorithm>

#include "core/commands.hpp"
#include "core/durable_log.hpp"
#include "core/server.hpp"
#include "core/wire.hpp"
#include "seam/check.hpp"

namespace raftsim {
namespace {

using core::AnswerView;

/// The writes of `effects`, as a disk holds them once all are done. Precondition: they are appends.
Files written_files(const Effects& effects) {
  Files files;
  for (const Effect& effect : effects.list) {
    const auto* request = std::get_if<DiskRequest>(&effect);
    if (request == nullptr || request->action != DiskAction::write) continue;
    std::vector<std::byte>& file = files[std::string(effects.text(request->file))];
    const ByteSpan bytes = effects.bytes(request->bytes);
    const std::size_t end = request->offset + bytes.size();
    if (file.size() < end) file.resize(end);
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(request->offset));
  }
  return files;
}

class RaftSystem final : public System {
 public:
  std::string_view name() const override { return "raft"; }
  std::unique_ptr<Process> make_process() const override { return std::make_unique<core::Server>(); }

  bool describes_messages() const override { return true; }
  bool describe(ByteSpan bytes, MessageView& out) const override {
    return core::describe_message(bytes, out);
  }

  void encode(const Operation& operation, std::vector<std::byte>& out) const override {
    core::encode_request(operation, out);
  }

  std::optional<OperationResult> decode_reply(const Operation& operation, ReplyKind kind, Index,
                                              ByteSpan bytes) const override {
    OperationResult result;
    result.kind = kind;
    const bool carries_answer = kind == ReplyKind::ok || kind == ReplyKind::not_leader;
    if (!carries_answer) return bytes.empty() ? std::optional(result) : std::nullopt;
    const std::optional<AnswerView> answer = core::parse_answer(bytes);
    if (!answer) return std::nullopt;
    if (kind == ReplyKind::not_leader) {
      if (answer->number != 0) result.leader = NodeId{answer->number};
      return result;
    }
    result.applied = answer->applied;
    if (answer->value) result.value = std::string(*answer->value);
    if (operation.kind == OperationKind::open_session) result.session = answer->number;
    return result;
  }

  /// Entries are no-ops: index and term alone tell what they hold. Nothing where the terms do not rise along
  /// the log or exceed the node's: no correct server could have written that.
  std::optional<Files> format_disk(NodeId, const InitialState& state) const override {
    core::Log log;
    for (const Term term : state.log) {
      if (term < log.last_term() || term == Term{}) return std::nullopt;
      log.append(
          {.term = term, .hash = entry_hash(EntryKind::no_op, {}), .payload = {}, .kind = EntryKind::no_op});
    }
    if (log.last_term() > state.term) return std::nullopt;
    core::DurableLog disk;
    disk.resume(core::LogCursor{}, Options{}.segment_bytes);
    Effects writes;
    core::FlushRequest base;
    base.hard_state = core::HardState{state.term, state.vote};
    base.base = &state.members;
    disk.flush(base, writes);
    if (!log.empty()) {
      core::FlushRequest entries;
      entries.log = &log;
      entries.first = log.first();
      entries.last = log.last();
      disk.flush(entries, writes);
    }
    return written_files(writes);
  }
};

}  // namespace

std::unique_ptr<System> make_raft_system() { return std::make_unique<RaftSystem>(); }

}  // namespace raftsim
