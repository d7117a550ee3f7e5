// CRC-32C against published vectors, and the two ways to compute it against each other.
#include <rapidcheck.h>
#include <rapidcheck/boost_test.h>

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"

namespace raftsim::core {
namespace {

std::vector<std::byte> repeated(std::uint8_t byte) { return std::vector<std::byte>(32, std::byte{byte}); }

std::vector<std::byte> as_vector(const std::vector<std::uint8_t>& from) {
  std::vector<std::byte> bytes;
  for (const std::uint8_t byte : from) bytes.push_back(std::byte{byte});
  return bytes;
}

BOOST_AUTO_TEST_SUITE(checksum)

// RFC 3720, appendix B.4; the last is the check value of every CRC catalogue.
BOOST_AUTO_TEST_CASE(published_vectors_come_out) {
  std::vector<std::uint8_t> rising(32);
  std::iota(rising.begin(), rising.end(), std::uint8_t{0});
  const std::vector<std::uint8_t> falling(rising.rbegin(), rising.rend());
  for (const auto& crc : {crc32c, crc32c_by_tables}) {
    BOOST_TEST(crc(repeated(0x00), 0) == 0x8A9136AAu);
    BOOST_TEST(crc(repeated(0xFF), 0) == 0x62A8AB43u);
    BOOST_TEST(crc(as_vector(rising), 0) == 0x46DD794Eu);
    BOOST_TEST(crc(as_vector(falling), 0) == 0x113FDB5Cu);
    BOOST_TEST(crc(as_bytes("123456789"), 0) == 0xE3069283u);
    BOOST_TEST(crc(ByteSpan{}, 0) == 0u);
  }
}

RC_BOOST_PROP(both_ways_agree_at_every_alignment,
              (const std::vector<std::uint8_t>& content, std::uint32_t before)) {
  const std::vector<std::byte> bytes = as_vector(content);
  for (std::size_t skip = 0; skip <= std::min<std::size_t>(bytes.size(), 8); ++skip) {
    const ByteSpan tail = ByteSpan(bytes).subspan(skip);
    RC_ASSERT(crc32c(tail, before) == crc32c_by_tables(tail, before));
  }
}

RC_BOOST_PROP(a_checksum_goes_on_where_another_ended,
              (const std::vector<std::uint8_t>& front, const std::vector<std::uint8_t>& back)) {
  std::vector<std::byte> whole = as_vector(front);
  const std::vector<std::byte> rest = as_vector(back);
  const std::uint32_t before = crc32c(whole);
  whole.insert(whole.end(), rest.begin(), rest.end());
  RC_ASSERT(crc32c(rest, before) == crc32c(whole));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
