// The disk of a twin (label_audit.hpp): to a process it is NodeDisk without latency and without crashes.
// Everything is done in the order of issue, as its turn comes, and is as good as synced: what a read reads is
// handed on where it lies.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "seam/system.hpp"

namespace raftsim::sim {

class TwinDisk {
 public:
  explicit TwinDisk(Files files) : files_(std::move(files)) {}

  void issue(const DiskRequest& r, const Effects& effects);
  bool busy() const { return !waiting_.empty(); }
  /// Does the first that waits. Its bytes and names are valid until the next call. Precondition: busy().
  DiskDone perform();
  /// With all that was performed.
  const Files& contents() const { return files_; }
  /// Of all files.
  std::uint64_t bytes() const;

 private:
  struct Operation {
    DiskOp op;
    DiskAction action;
    std::uint64_t offset, length;
    std::string file, to;
    std::vector<std::byte> bytes;
  };

  static ByteSpan read(const Operation& o, const std::vector<std::byte>& file);
  static void write(const Operation& o, std::vector<std::byte>& file);
  DiskStatus change(const Operation& o);

  Files files_;
  std::deque<Operation> waiting_;
  std::vector<std::string_view> names_;
};

}  // namespace raftsim::sim
