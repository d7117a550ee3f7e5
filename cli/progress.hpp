// Progress of many runs, on standard error: a bar that repaints at most ten times a second on a terminal,
// else a line at powers of two and every 60 s.
#pragma once

#include <cstdint>

#include "cli/context.hpp"
#include "seam/types.hpp"

namespace raftsim::cli {

class ProgressLine {
 public:
  ProgressLine(const Global& global, std::uint64_t total);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  struct State {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t unknown = 0;
    std::uint64_t events = 0;
  };
  void show(const State& state);
  /// Takes the bar away, so that other text can be printed.
  void clear();

 private:
  ProgressChoice mode_;
  std::uint64_t total_;
  Instant started_;
  Instant painted_;
  std::uint64_t next_line_ = 1;
  bool on_screen_ = false;
};

/// The machine's monotonic clock, for showing and limiting only.
Instant wall_now();

}  // namespace raftsim::cli
