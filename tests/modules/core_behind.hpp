// A system that is our core in all but its name and its processes.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/raft_system.hpp"
#include "seam/system.hpp"

namespace raftsim::tests {

class CoreBehind : public System {
 public:
  bool describes_messages() const override { return core_->describes_messages(); }
  bool describe(ByteSpan bytes, MessageView& out) const override { return core_->describe(bytes, out); }
  void encode(const Operation& operation, std::vector<std::byte>& out) const override {
    core_->encode(operation, out);
  }
  std::optional<OperationResult> decode_reply(const Operation& operation, ReplyKind kind, Index position,
                                              ByteSpan bytes) const override {
    return core_->decode_reply(operation, kind, position, bytes);
  }

 protected:
  std::unique_ptr<Process> make_core_process() const { return core_->make_process(); }

 private:
  std::unique_ptr<System> core_ = make_raft_system();
};

}  // namespace raftsim::tests
