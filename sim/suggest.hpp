// What somebody may have meant, under the names that this folder uses.
#pragma once

#include "history/suggest.hpp"

namespace raftsim::sim {

using history::closest;
using history::edit_distance;
using history::suggestion;

}  // namespace raftsim::sim
