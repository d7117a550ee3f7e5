// How Boost.Test prints our types: the one header of its kind (STYLE, tests).
#pragma once

#include <ostream>

#include "seam/types.hpp"

namespace raftsim {

template <class Tag>
std::ostream& operator<<(std::ostream& out, Ordinal<Tag> o) {
  return out << o.value;
}
inline std::ostream& operator<<(std::ostream& out, Duration d) { return out << d.ns << "ns"; }
inline std::ostream& operator<<(std::ostream& out, Instant i) { return out << "@" << i.ns << "ns"; }

}  // namespace raftsim
