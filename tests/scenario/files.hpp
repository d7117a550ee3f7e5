// Files of the source tree, for the tests of scenarios.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace raftsim::tests {

inline std::filesystem::path source_path(const std::string& relative) {
  return std::filesystem::path(RAFTSIM_SOURCE_DIR) / relative;
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Those with this extension, sorted by name.
inline std::vector<std::filesystem::path> files_in(const std::string& relative,
                                                   const std::string& extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(source_path(relative)))
    if (entry.path().extension() == extension) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// What a golden file should hold; with RAFTSIM_REWRITE=1 it is written instead, for review as a diff.
inline std::string golden_text(const std::filesystem::path& path, const std::string& now) {
  const char* rewrite = std::getenv("RAFTSIM_REWRITE");
  if (rewrite != nullptr && std::string(rewrite) == "1") {
    std::ofstream(path, std::ios::binary) << now;
    return now;
  }
  return file_text(path);
}

}  // namespace raftsim::tests
