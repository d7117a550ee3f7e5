// Finds the system under test that a name means: `raft` (our core), `bugs/NAME` (a planted bug, a module
// beside the executable) or the path of a shared object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "seam/system.hpp"

namespace raftsim::cli {

class Systems {
 public:
  Systems();
  ~Systems();
  Systems(const Systems&) = delete;
  Systems& operator=(const Systems&) = delete;

  /// Null with `error` filled where there is no such system. Loaded once; stays until the end.
  const System* find(const std::string& name, std::string& error);

 private:
  struct Module;
  std::unique_ptr<System> raft_;
  std::map<std::string, std::unique_ptr<Module>> modules_;
};

struct SystemInfo {
  std::string name;
  std::string what;
};
/// `raft` and the planted bugs that lie beside the executable, by name.
std::vector<SystemInfo> known_systems();

/// The folder of the running executable.
std::string executable_folder();

}  // namespace raftsim::cli
