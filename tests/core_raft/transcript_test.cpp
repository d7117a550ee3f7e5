// Every file of transcripts/ is a test case of its name. See transcript.hpp for their language and for
// RAFTSIM_REWRITE.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/core_raft/transcript.hpp"

namespace {

namespace fs = std::filesystem;
using raftsim::core::test::play;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

/// The first line that differs, for the message.
std::string first_difference(const std::string& expected, const std::string& actual) {
  std::stringstream a(expected);
  std::stringstream b(actual);
  std::string left;
  std::string right;
  for (int line = 1;; ++line) {
    const bool more_a = static_cast<bool>(std::getline(a, left));
    const bool more_b = static_cast<bool>(std::getline(b, right));
    if (!more_a && !more_b) return "nothing";
    if (!more_a) left = "(end)";
    if (!more_b) right = "(end)";
    if (left != right)
      return "line " + std::to_string(line) + "\n  expected: " + left + "\n  happened: " + right;
  }
}

void check_transcript(const fs::path& path) {
  const std::string expected = read_file(path);
  const std::string actual = play(expected);
  if (std::getenv("RAFTSIM_REWRITE") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  BOOST_TEST_INFO("first difference: " << first_difference(expected, actual));
  BOOST_TEST((expected == actual));
}

/// Registers the files when the program starts, as BOOST_AUTO_TEST_CASE does.
struct Registration {
  Registration() {
    std::set<fs::path> files;
    for (const auto& entry :
         fs::directory_iterator(fs::path(RAFTSIM_SOURCE_DIR) / "tests/core_raft/transcripts")) {
      if (entry.path().extension() == ".txt") files.insert(entry.path());
    }
    auto* suite = BOOST_TEST_SUITE("transcripts");
    for (const fs::path& path : files) {
      suite->add(boost::unit_test::make_test_case([path] { check_transcript(path); }, path.stem().string(),
                                                  __FILE__, __LINE__));
    }
    boost::unit_test::framework::master_test_suite().add(suite);
  }
};

const Registration registration;

}  // namespace
