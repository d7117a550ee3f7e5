#include "cli/trace.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/run_options.hpp"
#include "history/text.hpp"
#include "seam/check.hpp"

namespace raftsim::cli {

Trace::Trace(const std::string& kinds) {
  if (kinds == all_kinds) return;
  const auto chosen = history::kinds_named(kinds);
  CHECK(std::holds_alternative<history::EventKinds>(chosen));
  shown_ = std::get<history::EventKinds>(chosen);
}

std::string Journeys::follow(const history::Event& event) {
  using enum history::EventKind;
  if (event.kind == recv) return arrive(event);
  const std::uint64_t message = event.message.message.value;
  if (event.kind == drop)
    under_way_.erase(message);
  else if (event.kind != send || event.message.gated == 0)  // else it departs later
    under_way_[message] = {event.time, event.node, event.message.peer};
  return "";
}

std::string Journeys::arrive(const history::Event& event) {
  const auto found = under_way_.find(event.message.message.value);
  if (found == under_way_.end()) return "";
  const Journey journey = found->second;
  under_way_.erase(found);
  const bool overtook = std::ranges::any_of(under_way_, [&journey](const auto& other) {
    const Journey& o = other.second;
    return o.from == journey.from && o.to == journey.to && o.left < journey.left;
  });
  const std::int64_t us = (event.time - journey.left).ns / 1'000;
  return fmt::format(" ({}.{:03}ms under way{})", us / 1'000, us % 1'000,
                     overtook ? ", overtook another" : "");
}

void Trace::on_event(const history::Event& event, const history::Details& details) {
  const std::string journey = Journeys::kinds().has(event.kind) ? journeys_.follow(event) : "";
  if (!shown_.has(event.kind)) return;
  // Straight to the descriptor: the run lives in a worker process that may die at any time.
  const std::string line = history::one_line(event, details) + journey + "\n";
  std::size_t at = 0;
  while (at < line.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, line.data() + at, line.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

}  // namespace raftsim::cli
