#define XXH_INLINE_ALL
#include "history/hash_update.hpp"

#include <xxhash.h>

namespace raftsim::history {

void xxh3_128_update(void* state, const void* bytes, std::size_t size) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) return xxh3_128_update_avx2(state, bytes, size);
#endif
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state), bytes, size);
}

}  // namespace raftsim::history
