#include "history/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace raftsim::history {

namespace {
constexpr std::size_t name_bytes_max = 64;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > name_bytes_max || b.size() > name_bytes_max) return std::max(a.size(), b.size());
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (distance < best_distance && distance <= allowed && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates,
                       std::size_t listed_max) {
  const std::string_view best = closest(word, candidates);
  if (!best.empty()) return fmt::format("did you mean \"{}\"?", best);
  if (candidates.empty()) return {};
  if (candidates.size() > listed_max)
    return fmt::format("allowed: {}, ... ({} in all)", fmt::join(candidates.first(listed_max), ", "),
                       candidates.size());
  return fmt::format("allowed: {}", fmt::join(candidates, ", "));
}

}  // namespace raftsim::history
