// The flags of `sim run`, as they stand on the command line and as they are understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "seam/types.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::cli {

enum class When : unsigned char { automatic, always, never, path };
/// `--report` and `--history`: auto (on failure), always, never, or a path to write to.
struct Output {
  When when = When::automatic;
  std::string path;
};

enum class DeterminismCheck : unsigned char { sample, always, never };

/// What `--trace` without kinds means.
inline constexpr std::string_view all_kinds = "all";

struct RunOptions {
  std::vector<std::string> scenarios;
  std::string seed;
  std::string seeds;
  std::string jobs;  ///< empty: as many as there are cores
  std::string system;
  std::vector<std::string> settings;  ///< /json/pointer=value
  std::string report = "auto";
  std::string history = "auto";
  std::string out = "sim-out";
  DeterminismCheck determinism = DeterminismCheck::sample;
  bool fail_fast = false;
  bool require_goals = false;
  std::optional<std::string> trace;  ///< kinds, or `all_kinds`
  std::string until;
  std::string wall;
  std::string junit;
  /// The recorded history that is run again. Of it nothing is written unless it is asked for, and never over
  /// what its own run wrote.
  std::string replayed;
};

Output output_choice(const std::string& word);

/// One seed as a person writes it: decimal, 0x..., a git hash, or `random`. Nothing where it is none of
/// these, or does not fit 64 bits; of a git hash the first 16 digits count.
std::optional<std::uint64_t> parse_seed(const std::string& word);

/// From one seed on, or those that were listed.
class Seeds {
 public:
  Seeds() = default;
  explicit Seeds(std::vector<std::uint64_t> listed) : size_(listed.size()), listed_(std::move(listed)) {}
  Seeds(std::uint64_t first, std::uint64_t size) : first_(first), size_(size) {}

  std::uint64_t size() const { return size_; }
  /// Precondition: i < size().
  std::uint64_t operator[](std::uint64_t i) const { return listed_.empty() ? first_ + i : listed_[i]; }

 private:
  std::uint64_t first_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> listed_;
};

/// More seeds than anybody means: years.
inline constexpr std::uint64_t seeds_max = 100'000'000;
/// `N` (from `first` on), `A..B` or `A,B,C`. Nothing where it is none of these, empty, more than that, or
/// goes beyond 2^64 - 1.
std::optional<Seeds> parse_seeds(const std::string& word, std::uint64_t first);

/// Whether `--seeds` counts from a first seed on, rather than naming each.
bool counts_seeds(const std::string& word);

/// How many worker processes, at least 1. Nothing where it is no such number.
std::optional<unsigned> parse_jobs(const std::string& word);

/// `/json/pointer=value`. Nothing where there is no `=`.
std::optional<sim::Setting> parse_setting(const std::string& word);

/// A duration as scenarios write it: "1.5s". Nothing where it is none.
std::optional<Duration> parse_duration_flag(const std::string& word);

/// The flags that change what a run is, with a leading space each: what a reproduce line must repeat besides
/// the seed.
std::string reproduce_flags(const RunOptions& options);

/// `sim replay HISTORY`, ready to be pasted: only the history has all of what its run was.
std::string replay_line(const Global& global, const std::string& history);
/// `sim run PATH --seed N FLAGS`, ready to be pasted.
std::string reproduce_line(const Global& global, const std::string& path, std::uint64_t seed,
                           const std::string& flags);

}  // namespace raftsim::cli
