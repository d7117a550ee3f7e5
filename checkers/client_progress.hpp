// W4 client_progress: once faults have ended, whoever asks is answered.
#pragma once

#include <vector>

#include "checkers/calm.hpp"
#include "checkers/operations.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// Every operation that begins in the quiet phase is answered, ok or definitely failed. A client that gives
/// up at its own time-out has not been answered: what it has waited since its last answer adds up over all
/// its operations, and must not exceed the bound (liveness_bound); a disturbance starts the count anew. And
/// once a leader had to be there, the bound after the last disturbance, no operation that was given a quarter
/// of the bound ends unknown: as long as all servers run, for a client may have to wait for one that does not
/// before it asks another. With a live core only (calm.hpp) nothing is demanded: a client may ask those who
/// are cut off again and again, and a leader of theirs that is busy for ever; that the core commits is what
/// leader_within asks for. What had too little time before the end is not judged.
class ClientProgress final : public Property {
 public:
  ClientProgress(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override {
    return Calm::kinds() | EventKinds{EventKind::invoke, EventKind::ok, EventKind::fail, EventKind::info};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::operations; }
  /// A client asks one thing at a time.
  struct Client {
    bool waits = false;
    OperationId id;
    EventId invoked;
    Instant since;
    Operation operation;
    /// Operations in a row that ended unknown, when the first of them began, and how long it has waited for
    /// all of them.
    std::uint64_t unanswered = 0;
    Instant unanswered_since;
    Duration waited;
  };

  void on_invoke(const Event& event, const Details& details);
  void on_end(const Event& event);
  void on_unknown(const Event& event, const Client& client);
  /// Judges all that wait; at most once per bound.
  void look(EventId event, Instant now);
  Instant deadline(const Client& client) const;
  void overdue(const Client& client, EventId event, Instant now);
  struct Fate {
    std::string how;     ///< of the sentence
    std::string remark;  ///< of the line of evidence
  };
  /// What `client` asked, for how long, and where the servers are.
  void stuck(const Client& client, EventId event, Instant now, Fate fate);
  bool all_run() const;
  Instant calm_from() const;

  Duration bound_;
  /// For one operation, where a leader had to be there before it began.
  Duration answer_bound_;
  Calm calm_{cluster()};
  std::vector<Client> clients_;  ///< by number
  Instant next_look_;
  std::optional<Instant> first_invoked_;
  EventId first_event_;
  std::uint64_t ok_ = 0;
  std::uint64_t unknown_ = 0;
  Duration slowest_;
};

}  // namespace raftsim::checkers
