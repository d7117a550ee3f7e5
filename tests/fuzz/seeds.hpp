// Where the kept corpus begins: real messages, requests, disks and stories, small. The files seed-* of
// corpus/TARGET are these; what else stands there was found by fuzzing.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace raftsim::core::fuzz {

std::vector<std::vector<std::byte>> seeds(std::string_view target);

}  // namespace raftsim::core::fuzz
