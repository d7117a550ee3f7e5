// A history as a report needs it: the events of one run, kept in memory, thinned where there are too many.
// It is an Observer like any other: fed live by a world, or by the reader of a recorded history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/event.hpp"

namespace raftsim::reports {

/// The part of a MessageView that the page shows; the rest is in the event.
struct MessageFacts {
  Index previous_index;
  Term previous_term;
  Index commit;
  std::uint64_t context = 0;
  std::uint64_t entries = 0;
  Term last_entry_term;
};

/// The Details of one event, copied.
struct Extra {
  std::vector<history::EventId> causes;
  std::optional<MessageFacts> message;
  std::optional<Operation> operation;
  std::optional<OperationResult> result;
  std::vector<Label> labels;
  std::optional<Configuration> configuration;
  std::vector<NodeId> nodes;
  std::string text;
};

struct Row {
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  history::Event event;
  std::uint32_t extra = none;  ///< position in TimelineChunk::extras
};

struct TimelineChunk {
  std::vector<Row> rows;
  std::vector<Extra> extras;
  bool thinned = false;
};

struct TimelineLimits {
  /// Beyond it, stretches that nothing keeps lose their bulk (messages, timers, disk, notes): roles, terms,
  /// votes, crashes, faults and client operations always stay, and so does the end, where a violation is.
  std::uint64_t max_events = 2'000'000;
  /// Events whose surroundings are kept whole: violations and their evidence, where they are known
  /// beforehand.
  std::vector<history::EventId> keep;
};

class Timeline final : public history::Observer {
 public:
  explicit Timeline(TimelineLimits limits = {});

  history::EventKinds kinds() const override { return history::EventKinds::all(); }
  void on_event(const history::Event& event, const history::Details& details) override;

  /// In order of events; no chunk is empty.
  const std::vector<TimelineChunk>& chunks() const { return chunks_; }
  /// Rows held now.
  std::uint64_t size() const { return rows_; }
  /// Events that were seen and are not held; the page says so.
  std::uint64_t left_out() const { return seen_ - rows_; }
  /// The highest node number and the number of clients that any event named.
  std::uint32_t node_count() const { return nodes_; }
  std::uint32_t client_count() const { return clients_; }

 private:
  bool wanted_whole(const TimelineChunk& chunk) const;
  void thin_oldest();

  TimelineLimits limits_;
  std::vector<TimelineChunk> chunks_;
  std::size_t next_to_thin_ = 1;  ///< the first chunk, how it all began, stays whole
  std::uint64_t seen_ = 0;
  std::uint64_t rows_ = 0;
  std::uint32_t nodes_ = 0;
  std::uint32_t clients_ = 0;
};

}  // namespace raftsim::reports
