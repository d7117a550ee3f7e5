#include "cli/run_options.hpp"

#include <charconv>
#include <limits>
#include <random>

#include <fmt/format.h>

#include "sim/scenario_values.hpp"

namespace raftsim::cli {
namespace {

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

Output output_choice(const std::string& word) {
  if (word == "auto") return {When::automatic, {}};
  if (word == "always") return {When::always, {}};
  if (word == "never") return {When::never, {}};
  return {When::path, word};
}

std::optional<std::uint64_t> parse_seed(const std::string& word) {
  if (word == "random") {
    std::random_device source;  // outside of any run: it only picks which run, and is always printed
    return (std::uint64_t{source()} << 32 | source()) & 0x1F'FFFF'FFFF'FFFF;
  }
  if (word.starts_with("0x") || word.starts_with("0X")) return number(std::string_view(word).substr(2), 16);
  // Digits alone are meant as a number, even those that do not fit.
  if (word.find_first_not_of("0123456789") == std::string::npos) return number(word, 10);
  const bool hash = word.size() >= 7 && word.size() <= 64 &&
                    word.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  return hash ? number(std::string_view(word).substr(0, 16), 16) : std::nullopt;
}

std::optional<Seeds> parse_seeds(const std::string& word, std::uint64_t first) {
  if (word.find(',') != std::string::npos) {
    std::vector<std::uint64_t> seeds;
    std::size_t at = 0;
    while (at <= word.size()) {
      const std::size_t end = std::min(word.find(',', at), word.size());
      const auto seed = parse_seed(word.substr(at, end - at));
      if (!seed) return std::nullopt;
      seeds.push_back(*seed);
      at = end + 1;
    }
    return Seeds(std::move(seeds));
  }
  std::uint64_t last = 0;
  if (const std::size_t dots = word.find(".."); dots != std::string::npos) {
    const auto from = parse_seed(word.substr(0, dots));
    const auto to = parse_seed(word.substr(dots + 2));
    if (!from || !to || *from > *to) return std::nullopt;
    first = *from;
    last = *to;
  } else {
    const auto count = number(word, 10);
    if (!count || *count == 0) return std::nullopt;
    last = first + (*count - 1);
  }
  if (last < first || last - first >= seeds_max) return std::nullopt;
  return Seeds(first, last - first + 1);
}

bool counts_seeds(const std::string& word) {
  return word.find(',') == std::string::npos && word.find("..") == std::string::npos;
}

std::optional<unsigned> parse_jobs(const std::string& word) {
  const auto jobs = number(word, 10);
  if (!jobs || *jobs == 0 || *jobs > std::numeric_limits<unsigned>::max()) return std::nullopt;
  return static_cast<unsigned>(*jobs);
}

std::optional<sim::Setting> parse_setting(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0 || word[0] != '/') return std::nullopt;
  return sim::Setting{word.substr(0, equals), word.substr(equals + 1)};
}

std::optional<Duration> parse_duration_flag(const std::string& word) {
  return sim::duration_from(word).value;
}

std::string reproduce_flags(const RunOptions& options) {
  std::string flags;
  if (!options.system.empty()) flags += " --system " + shell_quoted(options.system);
  for (const std::string& setting : options.settings) flags += " --set " + shell_quoted(setting);
  if (!options.until.empty()) flags += " --until " + shell_quoted(options.until);
  if (!options.wall.empty()) flags += " --wall " + shell_quoted(options.wall);
  return flags;
}

namespace {

/// The program as it was called, and where.
std::string called(const Global& global) {
  const std::string directory = global.directory.empty() ? "" : " -C " + shell_quoted(global.directory);
  return shell_quoted(global.program) + directory;
}

}  // namespace

std::string replay_line(const Global& global, const std::string& history) {
  return fmt::format("{} replay {}", called(global), shell_quoted(history));
}

std::string reproduce_line(const Global& global, const std::string& path, std::uint64_t seed,
                           const std::string& flags) {
  return fmt::format("{} run {} --seed {}{}", called(global), shell_quoted(path), seed, flags);
}

}  // namespace raftsim::cli
