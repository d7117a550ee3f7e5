#include "core/commands.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

// Request, little-endian:
//   0 u32 CRC32C of all that follows   4 u8 version   5 u8 kind   6 u8 read mode   7 u8 flags
//   8 u64 session   16 u64 sequence   24 u64 first unanswered
//   32 u32 key length   36 u32 value length   40 u32 expected length   44 key, value, expected
constexpr std::size_t request_header = 44;
constexpr std::uint8_t request_version = 1;
constexpr std::uint8_t flag_expected = 1;

// Answer, little-endian:
//   0 u32 CRC32C of all that follows   4 u8 version   5 u8 flags   6 u16 zero   8 u64 number   16 value
constexpr std::size_t answer_header = 16;
constexpr std::uint8_t answer_version = 1;
constexpr std::uint8_t flag_applied = 1;
constexpr std::uint8_t flag_value = 2;

std::uint8_t byte_at(ByteSpan bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

std::uint32_t length_of(std::string_view text) {
  CHECK(text.size() <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(text.size());
}

}  // namespace

void encode_request(const Operation& operation, std::vector<std::byte>& out) {
  const std::string_view expected = operation.expected ? std::string_view(*operation.expected) : "";
  const std::size_t start = out.size();
  out.resize(start + request_header + operation.key.size() + operation.value.size() + expected.size());
  std::byte* at = out.data() + start;
  at[4] = std::byte{request_version};
  at[5] = static_cast<std::byte>(operation.kind);
  at[6] = static_cast<std::byte>(operation.read);
  at[7] = std::byte{operation.expected ? flag_expected : std::uint8_t{0}};
  store(at + 8, operation.session);
  store(at + 16, operation.sequence);
  store(at + 24, operation.first_unanswered);
  store(at + 32, length_of(operation.key));
  store(at + 36, length_of(operation.value));
  store(at + 40, length_of(expected));
  std::byte* end = copy(at + request_header, as_bytes(operation.key));
  end = copy(end, as_bytes(operation.value));
  end = copy(end, as_bytes(expected));
  store(at, crc32c(ByteSpan(at + 4, end)));
}

std::optional<CommandView> parse_request(ByteSpan bytes) {
  if (bytes.size() < request_header || byte_at(bytes, 4) != request_version) return std::nullopt;
  if (byte_at(bytes, 5) > static_cast<std::uint8_t>(OperationKind::open_session)) return std::nullopt;
  if (byte_at(bytes, 6) > static_cast<std::uint8_t>(ReadMode::local_unsafe)) return std::nullopt;
  if (byte_at(bytes, 7) > flag_expected) return std::nullopt;
  const std::uint64_t key = load<std::uint32_t>(bytes.data() + 32);
  const std::uint64_t value = load<std::uint32_t>(bytes.data() + 36);
  const std::uint64_t expected = load<std::uint32_t>(bytes.data() + 40);
  if (bytes.size() != request_header + key + value + expected) return std::nullopt;
  const bool has_expected = byte_at(bytes, 7) == flag_expected;
  if (!has_expected && expected != 0) return std::nullopt;

  const std::string_view texts = as_text(bytes.subspan(request_header));
  CommandView view;
  view.kind = static_cast<OperationKind>(byte_at(bytes, 5));
  view.read = static_cast<ReadMode>(byte_at(bytes, 6));
  view.session = load<std::uint64_t>(bytes.data() + 8);
  view.sequence = load<std::uint64_t>(bytes.data() + 16);
  view.first_unanswered = load<std::uint64_t>(bytes.data() + 24);
  view.key = texts.substr(0, key);
  view.value = texts.substr(key, value);
  if (has_expected) view.expected = texts.substr(key + value);
  return view;
}

bool request_intact(ByteSpan bytes) {
  if (bytes.size() < request_header) return false;
  if (load<std::uint32_t>(bytes.data()) != crc32c(bytes.subspan(4))) return false;
  return parse_request(bytes).has_value();
}

void encode_answer(const AnswerView& answer, std::vector<std::byte>& out) {
  const std::string_view value = answer.value.value_or("");
  const std::size_t start = out.size();
  out.resize(start + answer_header + value.size());
  std::byte* at = out.data() + start;
  at[4] = std::byte{answer_version};
  at[5] = static_cast<std::byte>((answer.applied ? flag_applied : 0) | (answer.value ? flag_value : 0));
  store(at + 8, answer.number);
  std::byte* end = copy(at + answer_header, as_bytes(value));
  store(at, crc32c(ByteSpan(at + 4, end)));
}

std::optional<AnswerView> parse_answer(ByteSpan bytes) {
  if (bytes.size() < answer_header) return std::nullopt;
  if (load<std::uint32_t>(bytes.data()) != crc32c(bytes.subspan(4))) return std::nullopt;
  const std::uint8_t flags = byte_at(bytes, 5);
  if (load<std::uint16_t>(bytes.data() + 6) != 0) return std::nullopt;
  if (byte_at(bytes, 4) != answer_version || flags > (flag_applied | flag_value)) return std::nullopt;
  const std::string_view value = as_text(bytes.subspan(answer_header));
  AnswerView answer;
  answer.applied = (flags & flag_applied) != 0;
  answer.number = load<std::uint64_t>(bytes.data() + 8);
  if ((flags & flag_value) != 0) {
    answer.value = value;
  } else if (!value.empty()) {
    return std::nullopt;
  }
  return answer;
}

}  // namespace raftsim::core
