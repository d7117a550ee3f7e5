// `sim`, run as a person would.
#pragma once

#include <filesystem>
#include <string>

namespace raftsim::tests {

std::string read_file(const std::filesystem::path& path);

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;
};

/// Runs `sim ARGUMENTS` in the project's folder, through the shell. What depends on the machine is replaced
/// by a placeholder. `environment`: further variables, as in NAME=value.
Ran run(const std::string& arguments, const std::string& environment = "");

}  // namespace raftsim::tests
