#include "cli/progress.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

namespace raftsim::cli {

Instant wall_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return Instant{std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec};
}

ProgressLine::ProgressLine(const Global& global, std::uint64_t total)
    : mode_(global.progress), total_(total), started_(wall_now()) {
  if (mode_ == ProgressChoice::automatic) {
    const bool terminal = ::isatty(STDERR_FILENO) == 1 && std::getenv("CI") == nullptr;
    mode_ = terminal ? ProgressChoice::bar : ProgressChoice::lines;
  }
  if (global.quiet || total_ < 2) mode_ = ProgressChoice::none;
}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (on_screen_) std::fputs("\r\033[K", stderr);
  on_screen_ = false;
}

void ProgressLine::show(const State& state) {
  if (mode_ == ProgressChoice::none) return;
  const Instant now = wall_now();
  const bool bar = mode_ == ProgressChoice::bar;
  if (bar && now - painted_ < milliseconds(100)) return;
  if (!bar && state.done < next_line_ && now - painted_ < seconds(60)) return;
  while (next_line_ <= state.done) next_line_ *= 2;
  painted_ = now;
  const std::int64_t ms = (now - started_).ns / 1'000'000 + 1;
  const auto per_second = [ms](std::uint64_t n) { return n * 1000 / static_cast<std::uint64_t>(ms); };
  const std::string text = fmt::format(
      "{}/{} runs  {} failed  {} unknown  {} runs/s  {} events/s  {}.{} s", state.done, total_, state.failed,
      state.unknown, per_second(state.done), per_second(state.events), ms / 1000, ms % 1000 / 100);
  if (bar) {
    constexpr std::uint64_t width = 24;
    const std::uint64_t filled = total_ == 0 ? 0 : state.done * width / total_;
    fmt::print(stderr, "\r\033[K[{:<{}}] {}", std::string(filled, '#'), width, text);
    std::fflush(stderr);
    on_screen_ = true;
  } else {
    fmt::print(stderr, "{}\n", text);
  }
}

}  // namespace raftsim::cli
