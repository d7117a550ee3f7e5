// Ctrl-C: the first asks a batch to stop, the second ends the program at once (exit code 130).
#pragma once

namespace raftsim::cli {

void watch_interrupts();
bool interrupted();

}  // namespace raftsim::cli
