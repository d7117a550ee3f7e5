// What the command line will understand and does not yet: answered, never ignored, and never taken for a
// slip.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace raftsim::cli {

/// Commands and flags that later versions bring. They stand in no help. Added after all others.
class Later {
 public:
  void add_to(CLI::App& app);

  /// "sim fuzz", "sim replay --step": the first that was asked for; empty: none.
  std::string asked_for() const;

 private:
  struct Part {
    std::string words;
    const CLI::App* command = nullptr;
    const CLI::Option* flag = nullptr;  ///< null: the command itself
  };
  std::vector<Part> parts_;
};

}  // namespace raftsim::cli
