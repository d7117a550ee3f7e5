// Our core, with something done to what its processes do.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/raft_system.hpp"
#include "seam/system.hpp"

namespace raftsim::tests {

/// What becomes of a step's effects before the world sees them.
using Meddle = std::function<void(const Input&, Effects&)>;

class WrappedProcess final : public Process {
 public:
  WrappedProcess(std::unique_ptr<Process> core, const Meddle& meddle)
      : core_(std::move(core)), meddle_(meddle) {}

  void step(const Input& input, Effects& out) override {
    core_->step(input, out);
    meddle_(input, out);
  }
  void inspect(View& out) const override { core_->inspect(out); }
  EntryView entry(Index index) const override { return core_->entry(index); }

 private:
  std::unique_ptr<Process> core_;
  const Meddle& meddle_;
};

class WrappedSystem final : public System {
 public:
  explicit WrappedSystem(Meddle meddle) : meddle_(std::move(meddle)) {}
  std::string_view name() const override { return "wrapped"; }
  std::unique_ptr<Process> make_process() const override {
    return std::make_unique<WrappedProcess>(core_->make_process(), meddle_);
  }
  bool describes_messages() const override { return core_->describes_messages(); }
  bool describe(ByteSpan bytes, MessageView& out) const override { return core_->describe(bytes, out); }
  void encode(const Operation& operation, std::vector<std::byte>& out) const override {
    core_->encode(operation, out);
  }
  std::optional<OperationResult> decode_reply(const Operation& operation, ReplyKind kind, Index position,
                                              ByteSpan bytes) const override {
    return core_->decode_reply(operation, kind, position, bytes);
  }

 private:
  std::unique_ptr<System> core_ = make_raft_system();
  Meddle meddle_;
};

}  // namespace raftsim::tests
