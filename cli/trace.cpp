#include "cli/trace.hpp"

#include <unistd.h>

#include "history/text.hpp"
#include "seam/check.hpp"

namespace raftsim::cli {

Trace::Trace(const std::string& kinds) {
  if (kinds.empty()) return;
  const auto chosen = history::kinds_named(kinds);
  CHECK(std::holds_alternative<history::EventKinds>(chosen));
  kinds_ = std::get<history::EventKinds>(chosen);
}

void Trace::on_event(const history::Event& event, const history::Details& details) {
  // Straight to the descriptor: the run lives in a worker process that may die at any time.
  const std::string line = history::one_line(event, details) + "\n";
  std::size_t at = 0;
  while (at < line.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, line.data() + at, line.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

}  // namespace raftsim::cli
