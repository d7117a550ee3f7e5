// A folder of this process's own, for files that nobody else wants.
#pragma once

#include <optional>
#include <string>

namespace raftsim::cli {

class TemporaryFolder {
 public:
  /// Nothing where none can be made.
  static std::optional<TemporaryFolder> make();
  /// Removes it with all that is in it.
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path);
  std::string path_;  ///< empty: moved from
};

}  // namespace raftsim::cli
