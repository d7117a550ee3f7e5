// Clients: each runs one operation at a time, through redirects, retries and time-outs, and says of each what
// it learnt: ok, fail (it can never take effect) or info (it does not know).
//
// A client opens a session first, and a new one after a command whose outcome it does not know, so that a
// session never has two commands under way (dissertation 6.3). A command keeps its bytes through all tries.
// One try waits a quarter of the operation's time-out, so that others are asked before the client gives up.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/stage.hpp"
#include "sim/workload.hpp"

namespace raftsim::sim {

class Clients {
 public:
  explicit Clients(Stage& stage);

  /// Schedules the first operations.
  void start();
  void take(const Item& item);
  /// A reply arrived; takes the slot.
  void receive(std::uint32_t client, MessageSlot slot);
  /// No operation of the workload starts from here on; final reads may follow.
  void drain();
  /// One scripted operation, as soon as the client is free.
  void script(const ClientAction& action, std::optional<NodeId> server, EventId cause);

  struct Asked {
    OperationKind kind = OperationKind::get;
    ReadMode read = ReadMode::log;
  };
  /// What an operation asked for, however long ago; nothing: it was never invoked (a system under test may
  /// answer anything).
  std::optional<Asked> asked(history::OperationId id) const {
    if (id.value == 0 || id.value > asked_.size()) return std::nullopt;
    return asked_[id.value - 1];
  }

 private:
  enum class Doing : std::uint8_t {
    nothing,      ///< waits for an arrival, a script, or for ever
    thinking,     ///< until timer
    waiting,      ///< for a reply, until try_ends or gives_up
    backing_off,  ///< until retry_at or gives_up
  };
  /// A scripted operation that waits for its client.
  struct Scripted {
    Operation operation;
    std::optional<NodeId> server;
  };
  struct Client {
    std::uint32_t number = 0;
    bool in_workload = false;
    Doing doing = Doing::nothing;
    Stream think;
    Stream server_draw;
    Stream death;
    std::optional<OperationSource> source;  ///< of those in the workload
    std::optional<NodeId> leader;           ///< known from the last answer
    /// Two timers, as one comes soon and often, and the other late and hardly ever: together they would leave
    /// the queue full of items that lost their meaning.
    LazyTimer soon;      ///< thinking, backing_off
    LazyTimer patience;  ///< waiting: try_ends or gives_up

    std::uint64_t session = 0;  ///< 0: none open
    std::uint64_t sequence = 0;
    std::uint32_t commands_in_session = 0;
    std::uint64_t sessions_asked = 0;

    // The operation to run once a session is open, and the one under way.
    bool pending = false;  ///< `wanted` has not been invoked yet
    bool final_read = false;
    bool drawn = false;  ///< an operation of the workload
    bool dies = false;   ///< at once: it will hear no answer
    Operation wanted;
    std::optional<NodeId> wanted_server;
    Operation operation;
    std::vector<std::byte> bytes;
    history::OperationId id;
    EventId invoked;
    EventId ended;  ///< the event that ended the operation before: what the next one follows from
    NodeId server;
    std::uint32_t tries = 0;
    std::uint32_t hops = 0;  ///< redirects followed without a pause
    Instant gives_up;
    Instant try_ends;
    Instant retry_at;

    std::uint64_t arrivals = 0;  ///< of an open loop, waiting
    std::deque<Scripted> scripted;
    std::size_t final_reads_left = 0;
    bool final_reads_begun = false;
  };

  bool may_start_more() const;
  enum class Which : std::uint8_t { soon, patience };
  void set_timer(Client& c, Which which, Instant at);
  void wake(Client& c);
  void arrive();
  void draw_arrival();
  void expect_arrival();
  Client& take_arrival();
  void use_arrival(Client& c);

  // What to do next.
  void idle(Client& c);
  void start_operation(Client& c);
  void start_final_read(Client& c);
  void start_scripted(Client& c);
  void begin_wanted(Client& c);
  void open_session(Client& c);
  /// Invokes c.operation.
  void begin(Client& c);

  // The tries of one operation.
  void try_now(Client& c);
  void try_elsewhere(Client& c, std::optional<NodeId> hint);
  void try_timed_out(Client& c);
  void back_off(Client& c);
  bool tries_left(const Client& c) const;
  NodeId after(NodeId server) const;
  NodeId any_server(Client& c);
  static bool served_anywhere(const Operation& operation);
  void heard(Client& c, const Message& reply, const OperationResult& result);

  // How it ends.
  void refused(Client& c, ReplyKind kind);
  void gave_up(Client& c);
  void died(Client& c);
  struct Outcome {
    EventKind kind = EventKind::info;  ///< ok, fail, info
    ReplyKind reply = ReplyKind::ok;
    Index position;
    const OperationResult* result = nullptr;
  };
  void end(Client& c, const Outcome& outcome);

  Stage& stage_;
  const Workload& workload_;
  WorkloadTables tables_;
  Distribution gap_;  ///< between arrivals of an open loop
  Stream arrival_;
  std::vector<Client> clients_;
  history::OperationId last_operation_;
  std::vector<Asked> asked_;        ///< by operation
  std::uint64_t started_ = 0;       ///< operations of the workload
  std::uint32_t next_arrival_ = 0;  ///< whose turn it is
  Instant next_arrival_at_;
  std::uint32_t clients_short_ = 0;  ///< of the workload, with fewer than arrivals_ahead waiting
  bool arrivals_rest_ = false;       ///< nobody is short: the next one is not in the queue
  bool draining_ = false;
  /// A request may reach a server twice, unknown to the client.
  bool duplicates_ = false;
  Duration try_for_;
  Duration back_off_for_;
};

}  // namespace raftsim::sim
