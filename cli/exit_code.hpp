// What `sim` ends with (docs/guide.md, exit codes).
#pragma once

#include <algorithm>
#include <array>

namespace raftsim::cli {

enum class Exit : int {
  held = 0,
  violated = 1,
  usage = 2,
  unknown = 3,
  nothing_run = 4,
  nondeterminism = 5,
  not_reproduced = 6,
  internal = 70,
  output = 74,
  interrupted = 130,
};

/// Of several results the one that matters most: unknown never hides a failure and never counts as a pass.
inline Exit worse(Exit a, Exit b) {
  constexpr std::array order{
      Exit::interrupted,    Exit::internal, Exit::output,  Exit::nondeterminism, Exit::violated,
      Exit::not_reproduced, Exit::usage,    Exit::unknown, Exit::nothing_run,    Exit::held};
  return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b) ? a : b;
}

}  // namespace raftsim::cli
