// Our core, with something done to what its processes do.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "../modules/core_behind.hpp"
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

class WrappedSystem final : public CoreBehind {
 public:
  explicit WrappedSystem(Meddle meddle) : meddle_(std::move(meddle)) {}
  std::string_view name() const override { return "wrapped"; }
  std::unique_ptr<Process> make_process() const override {
    return std::make_unique<WrappedProcess>(make_core_process(), meddle_);
  }

 private:
  Meddle meddle_;
};

}  // namespace raftsim::tests
