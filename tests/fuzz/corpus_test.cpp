// The kept corpus through every target, as it is and damaged: what fuzzing once found stays found, in every
// build. RAFTSIM_REWRITE=1 writes the seeds anew.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/fuzz/seeds.hpp"
#include "tests/fuzz/targets.hpp"

namespace raftsim::core::fuzz {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;

fs::path folder(const Target& target) {
  return fs::path(RAFTSIM_SOURCE_DIR) / "tests/fuzz/corpus" / std::string(target.name);
}

Bytes read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

BOOST_AUTO_TEST_SUITE(fuzz_corpus)

BOOST_AUTO_TEST_CASE(the_seeds_are_what_the_encoders_write_today) {
  for (const Target& target : targets) {
    int number = 0;
    for (const Bytes& seed : seeds(target.name)) {
      const fs::path path = folder(target) / ("seed-" + std::to_string(++number));
      if (std::getenv("RAFTSIM_REWRITE") != nullptr) {
        fs::create_directories(folder(target));
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
      }
      BOOST_TEST_CONTEXT(path) { BOOST_TEST((read_file(path) == seed)); }
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_in_the_corpus_harms_its_target) {
  for (const Target& target : targets) {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder(target))) files.insert(entry.path());
    BOOST_TEST(!files.empty());
    for (const fs::path& path : files) {
      BOOST_TEST(fs::file_size(path) <= 1'024u, path << " is too large to keep");
      target.run(read_file(path));
    }
  }
}

/// A bit flipped, cut short, or a byte set to an extreme: what a fuzzer tries first.
BOOST_AUTO_TEST_CASE(nor_does_anything_near_it) {
  std::uint64_t state = 1;
  const auto draw = [&state](std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  };
  for (const Target& target : targets) {
    for (const auto& seed : seeds(target.name)) {
      for (int i = 0; i < 40 && !seed.empty(); ++i) {
        Bytes bytes = seed;
        for (std::uint64_t n = 1 + draw(3); n > 0; --n) {
          std::byte& at = bytes[draw(bytes.size())];
          at = draw(2) == 0 ? at ^ std::byte{static_cast<unsigned char>(1u << draw(8))}
                            : std::byte{static_cast<unsigned char>(draw(2) == 0 ? 0xFF : 0x80)};
        }
        if (draw(4) == 0) bytes.resize(draw(bytes.size()));
        target.run(bytes);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core::fuzz
