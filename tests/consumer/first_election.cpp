// One server alone: started by hand and woken when it asks to be, it becomes the leader of term 1.
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>

#include "core/raft_system.hpp"

namespace {

using namespace raftsim;

/// Steps the server, and again with the end of each disk operation that it asks for: a disk that is done at
/// once and had nothing on it. When it wants to be woken.
std::optional<Instant> feed(Process& server, Input input) {
  std::deque<DiskOp> asked;
  while (true) {
    Effects out;
    server.step(input, out);
    for (const Effect& effect : out.list)
      if (const auto* request = std::get_if<DiskRequest>(&effect)) asked.push_back(request->op);
    if (asked.empty()) return out.wake_at;
    input.what = DiskDone{.op = asked.front(), .status = DiskStatus::ok, .bytes = {}, .names = {}};
    asked.pop_front();
  }
}

}  // namespace

int main() {
  const std::unique_ptr<System> system = make_raft_system();
  const std::unique_ptr<Process> server = system->make_process();
  const Options options;
  Configuration alone;
  alone.voters = {NodeId{1}};
  Input input;
  input.what =
      Start{.self = NodeId{1}, .options = &options, .boot = Boot::fresh, .members = &alone, .commit = {}};
  View view;
  for (int wakes = 0; wakes < 10 && view.role != Role::leader; ++wakes) {
    const std::optional<Instant> wake_at = feed(*server, input);
    server->inspect(view);
    if (!wake_at) break;
    input.now = *wake_at;
    input.what = Wake{};
  }
  const bool leads = view.role == Role::leader && view.term == Term{1};
  std::printf("%s\n", leads ? "leads term 1" : "does not lead term 1");
  return leads ? 0 : 1;
}
