// How the chapters of the field table write types down. Internal to field_table*.cpp.
#pragma once

#include "sim/field_table.hpp"

namespace raftsim::sim::table {

constexpr Type scalar(TypeKind kind) { return {.kind = kind}; }
constexpr Type constant(std::string_view literal) { return {.kind = TypeKind::constant, .literal = literal}; }
struct Range {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};
constexpr Type integer(Range r) { return {.kind = TypeKind::integer, .min = r.min, .max = r.max}; }
constexpr Type word_of(const Words& words) { return {.kind = TypeKind::word, .words = &words}; }
constexpr Type object_of(const Object& object) { return {.kind = TypeKind::object, .object = &object}; }
constexpr Type list_of(const Type& element, std::uint64_t min = 0) {
  return {.kind = TypeKind::list, .element = &element, .min = min};
}
constexpr Type set_of(const Type& element) {
  return {.kind = TypeKind::list, .element = &element, .min = 1, .distinct = true};
}
constexpr Type pair_of(const Type& element) {
  return {.kind = TypeKind::list, .element = &element, .min = 2, .max = 2};
}
constexpr Type node_map_of(const Type& element) { return {.kind = TypeKind::node_map, .element = &element}; }
constexpr Type one_of(std::span<const Type> alternatives) {
  return {.kind = TypeKind::one_of, .alternatives = alternatives};
}

/// Of every action that lasts.
inline constexpr std::string_view for_text = "How long; absent: until something ends it.";

inline constexpr std::uint64_t one_million = 1'000'000;
inline constexpr std::uint64_t int64_max = 9'223'372'036'854'775'807;
inline constexpr std::uint64_t uint32_max = 4'294'967'295;

}  // namespace raftsim::sim::table
