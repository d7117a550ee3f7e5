// Operators: administrators who ask servers for what the scenario demands of them (Admin, DESIGN seam 1), and
// ask again. What a server is asked reaches it at once and is answered at once: an operator's network never
// fails, but servers do.
//
// An operator asks the server that it believes to lead (it watches all of them), goes where a hint sends it,
// waits where a server is busy, and asks again after silence, a bounded number of times until a deadline.
// After silence it looks at the cluster first: an earlier try may have been done, and then a refusal of the
// next one ("is a member already") is no failure. What came of it is told in the fault_end of the operation,
// and the ledger counts it as effective once it was done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/stage.hpp"

namespace raftsim::sim {

/// What a server said.
struct AdminAnswer {
  NodeId from;
  RequestId id;
  ReplyKind kind = ReplyKind::ok;
  Index position;
  std::vector<std::byte> bytes;
};

class Operators {
 public:
  explicit Operators(Stage& stage);

  /// One request to make.
  struct Ask {
    AdminKind kind = AdminKind::take_snapshot;
    NodeSet nodes;
    /// This server itself is asked; nothing: whoever leads.
    std::optional<NodeId> at;
    /// A refusal may be over soon: a learner that shall vote has not caught up yet.
    bool patient = false;
  };
  struct Work {
    std::uint64_t fault = 0;
    EventId cause;
    std::vector<Ask> asks;  ///< one after the other
    /// Each only makes sense after the one before it.
    bool chained = false;
  };

  void start(Work work);
  void take(const Item& item);
  void answered(AdminAnswer answer);
  /// The quiet phase begins: what is under way is not pursued for long.
  void quiet();

  /// Changes of members that are under way: what the configuration may become, each by itself.
  std::vector<Configuration> intended() const;
  /// Of the changes under way, how many add, and how many take away, a voter.
  struct Pending {
    std::size_t additions = 0;
    std::size_t removals = 0;
  };
  Pending pending() const;

 private:
  struct Task {
    Work work;
    std::size_t position = 0;  ///< in work.asks
    std::uint64_t turn = 0;    ///< a timer of an earlier turn means nothing
    std::optional<NodeId> server;
    std::uint64_t first_request = 0, last_request = 0;  ///< of the present ask
    std::uint32_t tries = 0;
    std::uint32_t silent = 0;  ///< of these, without an answer
    Instant deadline;
    std::optional<AdminAnswer> answer;
    bool waits_for_answer = false;
    std::string said;  ///< the last that was heard
    std::vector<std::string> outcomes;
    bool done_something = false;
    bool unsupported = false;
    bool over = false;
  };
  enum class Outcome : std::uint8_t { done, failed };

  Task* find(std::uint64_t fault);
  const Ask& present(const Task& task) const { return task.work.asks[task.position]; }
  void wake(Task& task, Duration after);
  void begin(Task& task);
  void ask(Task& task);
  NodeId whom(const Task& task) const;
  void hear(Task& task, const AdminAnswer& answer);
  void again(Task& task, std::optional<NodeId> server, Duration after);
  void conclude(Task& task, Outcome outcome, std::string words);
  void finish(Task& task);
  /// Whether the cluster is as the request wants it.
  bool reached(const Ask& ask) const;

  Stage& stage_;
  const Duration timeout_;  ///< of an election
  std::vector<Task> tasks_;
  std::uint64_t last_request_ = 0;
};

/// What `configuration` becomes by a change of members; nothing where the request changes none.
std::optional<Configuration> changed(const Configuration& configuration, AdminKind kind,
                                     const NodeSet& nodes);

}  // namespace raftsim::sim
