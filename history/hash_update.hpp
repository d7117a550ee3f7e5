// One function of xxHash, built twice: with the machine's wide registers, where it has them, and without. The
// digest is the same.
#pragma once

#include <cstddef>

namespace raftsim::history {

/// XXH3_128bits_update of an XXH3_state_t, by the widest means that this machine has.
void xxh3_128_update(void* state, const void* bytes, std::size_t size);

/// Precondition: the machine has AVX2.
void xxh3_128_update_avx2(void* state, const void* bytes, std::size_t size);

}  // namespace raftsim::history
