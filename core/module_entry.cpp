// What a module of the core exports (seam/system.hpp, system_entry_point): compiled into modules, not into
// the core's library.
#include "core/raft_system.hpp"

extern "C" __attribute__((visibility("default"))) raftsim::System* raftsim_system_v2() {
  return raftsim::make_raft_system().release();
}
