#include "cli/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

namespace raftsim::cli {
namespace {

// A signal handler can reach nothing else; no run ever reads it.
volatile sig_atomic_t interrupts = 0;

void on_interrupt(int) {
  if (interrupts > 0) ::_exit(130);
  interrupts = 1;
}

}  // namespace

void watch_interrupts() { ::signal(SIGINT, on_interrupt); }
bool interrupted() { return interrupts > 0; }

}  // namespace raftsim::cli
