// How the 32 bytes of each kind of event are called in JSON: one table, which the writer and the reader of
// histories both follow, so that they cannot disagree. Private to history/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "history/event.hpp"

namespace raftsim::history {

enum class FieldType : std::uint8_t {
  number,         ///< unsigned, of `size` bytes
  signed_number,  ///< 8 bytes
  flag,           ///< one byte, 0 or 1
  hash,           ///< 8 bytes, as 16 hexadecimal digits
  node,           ///< 8 bytes, a node's number; 0 is none
  endpoint,       ///< 2 bytes
  enumeration,    ///< one of `names`; of `size` bytes
  property,       ///< 8 bytes, a PropertyId
};

enum class Presence : std::uint8_t {
  unless_zero,
  always,  ///< where zero is news, such as the role follower
};

struct Field {
  std::string_view key;
  std::size_t offset = 0;  ///< within the part
  std::size_t size = 0;    ///< bytes: 1, 2, 4 or 8
  FieldType type = FieldType::number;
  std::span<const std::string_view> names = {};
  Presence presence = Presence::unless_zero;
};

/// In canonical order. Every byte of the part that is not named `unused` is covered.
std::span<const Field> fields_of(EventKind kind);

/// Precondition: the field is one of event.kind.
std::uint64_t load(const Event& event, const Field& field);
/// Precondition: `value` fits into the field.
void store(Event& event, const Field& field, std::uint64_t value);

}  // namespace raftsim::history
