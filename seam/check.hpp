// Graded beliefs (STYLE, rule 5): CHECK is always on. Inside a system under test a failed CHECK is the
// finding `no_crash`; inside the simulator or a checker it is a bug of ours and ends the program with exit
// code 70.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace raftsim {

/// Prints place and expression to standard error and aborts. The campaign's parent process reads the line.
/// Cold: what leads here is kept out of the instruction cache's way.
[[noreturn, gnu::cold, gnu::noinline]] inline void check_failed(const char* expression, const char* file,
                                                                int line) {
  std::fprintf(stderr, "CHECK failed: %s at %s:%d\n", expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace raftsim

#define CHECK(x)                                       \
  do {                                                 \
    if (!(x)) [[unlikely]]                             \
      ::raftsim::check_failed(#x, __FILE__, __LINE__); \
  } while (false)
