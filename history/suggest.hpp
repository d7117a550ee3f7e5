// What somebody may have meant: the closest of the names that are allowed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace raftsim::history {

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment), over bytes.
/// Cost O(|a| |b|); names longer than 64 bytes are never close to anything.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, the first of equals; empty where none is near enough: at most a third of
/// its length away, and at least one letter.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

/// `did you mean "latency"?`, else `allowed: a, b, c` (at most `listed_max` of them).
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates,
                       std::size_t listed_max = 16);

}  // namespace raftsim::history
