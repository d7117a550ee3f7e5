// The bytes of client requests and of their answers. A log entry of kind command holds the request's bytes
// unchanged, so that a checker recognises each operation in the log by its hash.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "seam/operation.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// An Operation read in place: texts point into the bytes that it was parsed from.
struct CommandView {
  OperationKind kind = OperationKind::get;
  ReadMode read = ReadMode::read_index;
  std::string_view key;
  std::string_view value;
  std::optional<std::string_view> expected;
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;
  std::uint64_t first_unanswered = 0;
};

/// Appends the request's bytes to `out`. Precondition: each text is shorter than 4 GiB.
void encode_request(const Operation& operation, std::vector<std::byte>& out);

/// Whether version, lengths and CRC are right: asked once, where a request arrives; logs and messages guard
/// it from there on with checksums of their own.
bool request_intact(ByteSpan bytes);

/// Total over arbitrary bytes; nothing where they are no request of this version. Does not check the CRC.
std::optional<CommandView> parse_request(ByteSpan bytes);

/// What an answer says (OperationResult, read in place).
struct AnswerView {
  bool applied = true;
  std::optional<std::string_view> value;
  /// open_session: the new session. not_leader: the node to ask instead, 0 if unknown.
  std::uint64_t number = 0;
};

/// Appends the answer's bytes to `out`.
void encode_answer(const AnswerView& answer, std::vector<std::byte>& out);

/// Total over arbitrary bytes; nothing where they are no intact answer of this version.
std::optional<AnswerView> parse_answer(ByteSpan bytes);

}  // namespace raftsim::core
