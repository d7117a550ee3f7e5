#include "core/state_machine.hpp"

#include "seam/check.hpp"

namespace raftsim::core {

ByteSpan StateMachine::encoded(const AnswerView& answer) {
  answer_.clear();
  encode_answer(answer, answer_);
  return answer_;
}

std::uint64_t StateMachine::hash() const {
  // Not symmetric: equal amounts moved between the two do not cancel.
  const std::uint64_t data = store_.hash() * 0x9E3779B97F4A7C15ULL;
  return (data ^ (data >> 32)) + sessions_.hash();
}

AnswerView StateMachine::execute(const CommandView& command) {
  switch (command.kind) {
    case OperationKind::get:
      return {.applied = true, .value = store_.get(command.key), .number = 0};
    case OperationKind::put:
      store_.put(command.key, command.value);
      return {};
    case OperationKind::remove:
      store_.remove(command.key);
      return {};
    case OperationKind::append:
      store_.append(command.key, command.value);
      return {};
    case OperationKind::cas:
      return {.applied = store_.compare_and_swap(command.key, command.expected, command.value),
              .value = std::nullopt,
              .number = 0};
    case OperationKind::open_session:
      break;
  }
  CHECK(command.kind != OperationKind::open_session);
  return {};
}

StateMachine::Outcome StateMachine::execute_once(Index index, const CommandView& command) {
  Outcome out;
  const Sessions::Lookup seen = sessions_.look_up(command.session, command.sequence);
  switch (seen.standing) {
    case Sessions::Standing::unknown_session:
      out.answers = true;
      out.kind = ReplyKind::refused;
      out.note = Note{NoteKind::session_unknown, command.session, 0};
      break;
    case Sessions::Standing::fresh:
      out.answers = true;
      out.position = index;
      out.bytes = encoded(execute(command));
      sessions_.remember(command.session, command.sequence, command.first_unanswered, index, out.bytes);
      break;
    case Sessions::Standing::answered:
      out.answers = true;
      out.position = seen.answer->position;
      out.bytes = seen.answer->bytes;
      out.note = Note{NoteKind::duplicate_command, command.session, command.sequence};
      break;
    case Sessions::Standing::forgotten:
      out.note = Note{NoteKind::duplicate_command, command.session, command.sequence};
      break;
  }
  return out;
}

StateMachine::Outcome StateMachine::apply(Index index, EntryKind kind, ByteSpan payload) {
  if (kind != EntryKind::command) return {};
  const std::optional<CommandView> command = parse_request(payload);
  if (!command) return {};
  if (command->kind == OperationKind::get) {
    // A read through the log needs no session: executed again, it answers the state at its new position.
    const ByteSpan bytes = read(command->key);
    return {.answers = true, .kind = ReplyKind::ok, .position = index, .bytes = bytes, .note = std::nullopt};
  }
  if (command->kind != OperationKind::open_session) return execute_once(index, *command);

  const std::uint64_t session = sessions_.open(index, command->sequence);
  const bool opened = session == index.value;
  return {.answers = true,
          .kind = ReplyKind::ok,
          .position = Index{session},
          .bytes = encoded({.applied = true, .value = std::nullopt, .number = session}),
          .note = opened ? Note{NoteKind::session_opened, session, 0}
                         : Note{NoteKind::duplicate_command, 0, command->sequence}};
}

ByteSpan StateMachine::read(std::string_view key) {
  return encoded({.applied = true, .value = store_.get(key), .number = 0});
}

}  // namespace raftsim::core
