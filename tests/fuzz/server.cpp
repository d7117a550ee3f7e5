// A whole server with its disk, its clients and operators, among confused peers.
#include <vector>

#include "seam/check.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/fuzz/bytes_in.hpp"
#include "tests/fuzz/confused_peer.hpp"
#include "tests/fuzz/targets.hpp"

namespace raftsim::core::fuzz {
namespace {

constexpr int steps_max = 150;

Options options_from(std::uint8_t bits) {
  Options options;
  options.pre_vote = (bits & 1) != 0;
  options.check_quorum = (bits & 2) != 0;
  if ((bits & 4) != 0) options.apply_delay = milliseconds(1);
  options.snapshot_every = 8;
  options.trailing_entries = 2;
  options.segment_bytes = 1'024;
  options.session_cap = 2;
  return options;
}

class Story {
 public:
  explicit Story(BytesIn& in) : in_(in), server_((in.byte() & 1) != 0 ? 3 : 1, {}, options_from(in.byte())) {
    server_.start(Boot::fresh);
    look();
  }

  void act() {
    if (server_.halted) return restart();
    switch (in_.below(12)) {
      case 0:
        if (server_.effects.wake_at) server_.wake();
        break;
      case 1:
      case 2:
        server_.disk_step();
        break;
      case 3:
        server_.disk_until_idle();
        break;
      case 4:
        request();
        break;
      case 5:
        admin();
        break;
      case 6:
        if (in_.below(4) == 0) return restart();
        server_.receive_bytes(NodeId{in_.below(5)}, in_.take(in_.byte()));
        break;
      default:
        receive();
    }
    look();
  }

 private:
  void restart() {
    server_.crash_keeping_all();
    committed_.clear();
    server_.start(Boot::existing);
    look();
  }

  void request() {
    Operation operation;
    operation.kind = static_cast<OperationKind>(in_.below(6));
    operation.read = static_cast<ReadMode>(in_.below(5));
    operation.key = "k";
    operation.value = "v";
    operation.session = in_.number(2);
    operation.sequence = in_.number(1);
    server_.request(in_.byte(), operation);
  }

  void admin() {
    std::vector<NodeId> nodes;
    const auto kind = static_cast<AdminKind>(in_.below(8));
    for (std::uint8_t n = in_.below(4); n > 0; --n) nodes.push_back(NodeId{in_.number(n)});
    server_.step(Admin{ClientId{9}, RequestId{in_.byte()}, kind, nodes});
  }

  void receive() {
    const View view = server_.view();
    const bool shows = view.has(Shows::log) && view.first <= view.last;
    const Term last_term = shows ? server_.process().entry(view.last).term : Term{};
    const Message& message = peer_.speak(in_, {view.term, view.last, last_term, view.commit});
    // Encoded as any: what is no message between servers does not decode.
    if (message.type == MessageType::unknown) return;
    server_.receive(NodeId{in_.below(5)}, message);
  }

  /// What was committed in this incarnation is what it was.
  void look() {
    const View view = server_.view();
    if (!view.has(Shows::log)) return;
    CHECK(view.commit <= view.last);
    CHECK(view.applied <= view.commit);
    CHECK(view.first <= view.last + 1);
    for (const auto& [index, hash] : committed_) {
      CHECK(index <= view.last);
      if (index >= view.first) CHECK(server_.process().entry(index).hash == hash);
    }
    const Index known = committed_.empty() ? Index{} : committed_.back().first;
    for (Index index = std::max(known + 1, view.first); index <= view.commit; ++index) {
      committed_.emplace_back(index, server_.process().entry(index).hash);
    }
  }

  BytesIn& in_;
  ConfusedPeer peer_;
  OneServer server_;
  std::vector<std::pair<Index, std::uint64_t>> committed_;
};

}  // namespace

void server(ByteSpan bytes) {
  BytesIn in(bytes);
  Story story(in);
  for (int i = 0; i < steps_max && !in.empty(); ++i) story.act();
}

}  // namespace raftsim::core::fuzz
