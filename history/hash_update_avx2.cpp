// Compiled with -mavx2 (CMakeLists.txt), so nothing else may be in here: an inline function of a header would
// be compiled for machines that have it, and could be linked for those that have not.
#if defined(__x86_64__)
#define XXH_INLINE_ALL
#define XXH_VECTOR 2  // XXH_AVX2
#include "history/hash_update.hpp"

#include <xxhash.h>

namespace raftsim::history {

void xxh3_128_update_avx2(void* state, const void* bytes, std::size_t size) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state), bytes, size);
}

}  // namespace raftsim::history
#endif
