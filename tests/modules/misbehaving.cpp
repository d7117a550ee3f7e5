// A system that is our core until, in one run of about four, a node misbehaves: it dereferences null, loops
// for ever, allocates without end or throws, as RAFTSIM_MISBEHAVIOUR says. What a campaign must survive
// (cli.md, no_crash).
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "core_behind.hpp"
#include "seam/system.hpp"

namespace raftsim {
namespace {

[[maybe_unused]] void dereference_null() {
  volatile int* nowhere = nullptr;
  *nowhere = 1;
}

[[maybe_unused]] void loop_for_ever() {
  volatile std::uint64_t turns = 0;
  while (true) turns = turns + 1;
}

[[maybe_unused]] void allocate_without_end() {
  std::vector<std::unique_ptr<std::vector<char>>> all;
  while (true) all.push_back(std::make_unique<std::vector<char>>(std::size_t{16} << 20, 'x'));
}

[[maybe_unused]] void throw_something() { throw std::runtime_error("a planted exception"); }

class Misbehaving final : public Process {
 public:
  explicit Misbehaving(std::unique_ptr<Process> core) : core_(std::move(core)) {}

  void step(const Input& input, Effects& out) override {
    if (std::holds_alternative<Start>(input.what)) {
      doomed_ = std::get<Start>(input.what).self == NodeId{2} && input.entropy % 4 == 0;
      out.entropy_used = true;
    }
    if (doomed_ && input.now > Instant{} + seconds(1)) RAFTSIM_MISBEHAVIOUR();
    core_->step(input, out);
    out.entropy_used = out.entropy_used || std::holds_alternative<Start>(input.what);
  }
  void inspect(View& out) const override { core_->inspect(out); }
  EntryView entry(Index index) const override { return core_->entry(index); }

 private:
  std::unique_ptr<Process> core_;
  bool doomed_ = false;
};

class MisbehavingSystem final : public tests::CoreBehind {
 public:
  std::string_view name() const override { return "misbehaving"; }
  std::unique_ptr<Process> make_process() const override {
    return std::make_unique<Misbehaving>(make_core_process());
  }
};

}  // namespace
}  // namespace raftsim

extern "C" __attribute__((visibility("default"))) raftsim::System* raftsim_system_v2() {
  return new raftsim::MisbehavingSystem;
}
