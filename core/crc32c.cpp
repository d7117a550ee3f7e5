#include "core/crc32c.hpp"

#include <array>
#include <cstddef>

#include "core/bytes.hpp"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace raftsim::core {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// tables[k][b]: the effect of byte b seen k bytes before the end of a group of eight.
constexpr Tables make_tables() {
  constexpr std::uint32_t reflected_polynomial = 0x82F63B78u;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? reflected_polynomial : 0u);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[k - 1][byte];
      tables[k][byte] = (shorter >> 8) ^ tables[0][shorter & 0xFFu];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t table_step(std::uint32_t crc, std::byte byte) {
  return (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFu];
}

#if defined(__x86_64__)
// The instruction takes eight bytes at a time and keeps the running value inverted, as the tables do.
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = ~before;
  for (; left >= 32; at += 32, left -= 32) {
    crc = _mm_crc32_u64(crc, load<std::uint64_t>(at));
    crc = _mm_crc32_u64(crc, load<std::uint64_t>(at + 8));
    crc = _mm_crc32_u64(crc, load<std::uint64_t>(at + 16));
    crc = _mm_crc32_u64(crc, load<std::uint64_t>(at + 24));
  }
  for (; left >= 8; at += 8, left -= 8) crc = _mm_crc32_u64(crc, load<std::uint64_t>(at));
  std::uint32_t tail = static_cast<std::uint32_t>(crc);
  if (left >= 4) {
    tail = _mm_crc32_u32(tail, load<std::uint32_t>(at));
    at += 4;
    left -= 4;
  }
  for (; left > 0; ++at, --left) tail = _mm_crc32_u8(tail, std::to_integer<std::uint8_t>(*at));
  return ~tail;
}

bool instruction_here() { return __builtin_cpu_supports("sse4.2") != 0; }
#elif defined(__aarch64__)
// Assembler, as the compilers' intrinsics agree neither on names nor on how to enable them for one function.
std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t crc = ~before;
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint64_t word = load<std::uint64_t>(at);
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
  }
  for (; left > 0; ++at, --left) {
    const std::uint32_t byte = std::to_integer<std::uint32_t>(*at);
    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(byte));
  }
  return ~crc;
}

bool instruction_here() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#else
std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before) {
  return crc32c_by_tables(bytes, before);
}

bool instruction_here() { return false; }
#endif

}  // namespace

std::uint32_t crc32c_by_tables(ByteSpan bytes, std::uint32_t before) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t crc = ~before;
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint32_t low = load<std::uint32_t>(at) ^ crc;
    const std::uint32_t high = load<std::uint32_t>(at + 4);
    crc = tables[7][low & 0xFFu] ^ tables[6][(low >> 8) & 0xFFu] ^ tables[5][(low >> 16) & 0xFFu] ^
          tables[4][low >> 24] ^ tables[3][high & 0xFFu] ^ tables[2][(high >> 8) & 0xFFu] ^
          tables[1][(high >> 16) & 0xFFu] ^ tables[0][high >> 24];
  }
  for (; left > 0; ++at, --left) crc = table_step(crc, *at);
  return ~crc;
}

std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before) {
  return instruction_here() ? crc32c_by_instruction(bytes, before) : crc32c_by_tables(bytes, before);
}

}  // namespace raftsim::core
