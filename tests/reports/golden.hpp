// Golden files: everything that a person sees is compared with a file under tests/reports/golden, byte by
// byte. RAFTSIM_REWRITE=1 rewrites them; the difference is reviewed like code.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace raftsim::tests {

inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(RAFTSIM_SOURCE_DIR) + "/tests/reports/golden/" + name;
  if (std::getenv("RAFTSIM_REWRITE") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file.good(), path << " is missing");
  const std::string wanted((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  BOOST_TEST(text == wanted, path << " differs; now:\n" << text);
}

}  // namespace raftsim::tests
