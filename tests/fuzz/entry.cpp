// libFuzzer's way in; RAFTSIM_FUZZ_TARGET is one of the functions of targets.hpp.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raftsim::core::fuzz::RAFTSIM_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
