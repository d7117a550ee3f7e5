// What a server that found its disk damaged may not do (core.md, "Recovery"; the argument is in doubt.cpp).
#pragma once

#include <cstdint>

namespace raftsim::core {

/// Part of the hard state: it survives restarts, and its end is durable before anything relies on it.
enum class Doubt : std::uint8_t {
  none,
  /// Entries that were durable are gone. Ends once the log is refilled.
  log,
  /// The term and the vote that were durable are gone. Never ends: an administrator replaces the server.
  hard_state,
};

}  // namespace raftsim::core
