// A system under test that does what a test tells it, so that the world is tested without a Raft.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "history/journal.hpp"
#include "seam/system.hpp"
#include "sim/world.hpp"

namespace raftsim::toy {

class ToySystem;

/// Shows what its public fields say; steps as its system's `behave` says.
class ToyProcess final : public Process {
 public:
  explicit ToyProcess(const ToySystem& system) : system_(system) {}

  void step(const Input& input, Effects& out) override;
  void inspect(View& out) const override;
  EntryView entry(Index index) const override { return log.at(index.value - 1); }

  // For `behave`.
  void send(Effects& out, std::uint64_t to, std::string_view text, std::optional<std::uint64_t> after = {});
  DiskOp write(Effects& out, std::string_view text);
  DiskOp sync(Effects& out);
  DiskOp read(Effects& out);
  DiskOp list(Effects& out);
  void reply(Effects& out, const Request& request, ReplyKind kind, std::string_view text);
  void answer(Effects& out, const Admin& admin, ReplyKind kind, std::string_view text = "");

  NodeId self;
  Role role = Role::follower;
  Term term;
  std::optional<NodeId> vote;
  std::vector<EntryView> log;
  Index commit;
  /// Shown once it is set; its index is that of the log's last configuration entry.
  std::optional<Configuration> configuration;
  /// Written so far: where the next write goes.
  std::uint64_t written = 0;
  std::uint64_t ops = 0;
  /// Each step states anew when it wants to be woken.
  std::optional<Instant> wake;

 private:
  const ToySystem& system_;
};

/// Messages are text. The first letter is the type: v request vote, g its grant, a append entries, r its
/// response (granted); digits after it are the term, and behind a '/' the match index. What is in capitals is
/// no message that describe() knows.
class ToySystem final : public System {
 public:
  using Behave = std::function<void(ToyProcess&, const Input&, Effects&)>;
  explicit ToySystem(Behave behave) : behave_(std::move(behave)) {}

  std::string_view name() const override { return "toy"; }
  std::unique_ptr<Process> make_process() const override { return std::make_unique<ToyProcess>(*this); }
  bool describes_messages() const override { return true; }
  bool describe(ByteSpan bytes, MessageView& out) const override;
  /// "put k0 v session 7 sequence 2" and the like.
  void encode(const Operation& operation, std::vector<std::byte>& out) const override;
  /// Text of a not_leader: the hint's number. Of an ok: the value, or the session.
  std::optional<OperationResult> decode_reply(const Operation&, ReplyKind, Index, ByteSpan) const override;

 private:
  friend class ToyProcess;
  Behave behave_;
};

std::string text_of(ByteSpan bytes);
std::vector<std::byte> bytes_of(std::string_view text);

/// An event with what it carried, kept.
struct Kept {
  history::Event event;
  std::string text;
  std::vector<history::EventId> causes;
  std::vector<NodeId> nodes;
  std::optional<Operation> operation;
  std::optional<OperationResult> result;
  std::optional<Configuration> configuration;
};

class Witness final : public history::Observer {
 public:
  history::EventKinds kinds() const override { return history::EventKinds::all(); }
  void on_event(const history::Event& event, const history::Details& details) override;

  std::vector<Kept> all;

  std::vector<Kept> of(history::EventKind kind) const;
  std::vector<Kept> of(history::EventKind kind, std::uint64_t node) const;
  std::size_t count(history::EventKind kind) const { return of(kind).size(); }
  const Kept& at(history::EventId id) const { return all.at(id.value - 1); }
};

/// One run.
struct Run {
  explicit Run(const sim::Scenario& scenario, const ToySystem::Behave& behave,
               sim::DecisionSource source = {.seed = 1});

  ToySystem system;
  history::Journal journal;
  Witness seen;
  sim::Progress progress;
  sim::RunEnd end;

  history::FaultCount fault(history::FaultClass c) const { return end.faults[static_cast<std::size_t>(c)]; }
};

/// Three nodes, no clients, one second; links of 1 ms, a disk with writes of 100 us and syncs of 1 ms.
sim::Scenario quiet_scenario();
/// The same with `clients` clients that put and get, think for 10 ms, and give up after 200 ms.
sim::Scenario client_scenario(std::uint32_t clients);

sim::Step at(std::int64_t ms, sim::Action action);
history::Target node(std::uint64_t id);
history::Target nodes(std::initializer_list<std::uint64_t> ids);
history::Target word(history::TargetWord w);
inline sim::Distribution lasting(std::int64_t ms) { return sim::Distribution::constant(milliseconds(ms)); }
inline Instant ms(std::int64_t n) { return Instant{n * 1'000'000}; }

/// Does nothing at all.
inline void idle(ToyProcess&, const Input&, Effects&) {}

}  // namespace raftsim::toy
