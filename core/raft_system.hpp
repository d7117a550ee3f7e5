// Our core as a System: the one under test by default.
#pragma once

#include <memory>

#include "seam/system.hpp"

namespace raftsim {

/// The system named "raft".
std::unique_ptr<System> make_raft_system();

}  // namespace raftsim
