#include "cli/temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace raftsim::cli {

std::optional<TemporaryFolder> TemporaryFolder::make() {
  std::error_code code;
  std::string path = std::filesystem::temp_directory_path(code).string() + "/raftsim-XXXXXX";
  if (code || ::mkdtemp(path.data()) == nullptr) return std::nullopt;
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(std::string path) : path_(std::move(path)) {}
TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code code;
  if (!path_.empty()) std::filesystem::remove_all(path_, code);
}

}  // namespace raftsim::cli
