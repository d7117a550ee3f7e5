// What a scenario expects of its run: always, never, eventually within, final, availability; and its goals
// (sometimes), which are told, never violated.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "checkers/calm.hpp"
#include "checkers/property.hpp"
#include "history/cluster_view.hpp"
#include "history/predicate_eval.hpp"

namespace raftsim::checkers {

/// X1 expectation. One property for all of a scenario's expectations: the first that fails is told by name.
class Expectations final : public Property {
 public:
  /// `view` sees each event before this does, where this looks_at_view().
  Expectations(const ClusterShadow& c, Findings& f, const history::ClusterView& view);
  bool looks_at_view() const { return !watches_.empty() || cluster().info().final.leader.has_value(); }
  EventKinds kinds() const override;
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;
  /// Those that name a situation are reached where the run had it.
  std::vector<history::Goal> goals(const history::SituationCounts& situations) const;

 private:
  Shown needs() const override { return Shown{}; }

  struct Watch {
    const history::Expectation* expectation = nullptr;
    EventKinds kinds;
    /// eventually: when it began to count; nothing: not yet.
    std::optional<Instant> since;
    bool reached = false;
  };
  bool holds(const history::Predicate& p, const Event* event);
  void begin(Watch& watch, Instant since);
  void start_watches(const Event& event, const Details& details);
  void judge(Watch& watch, const Event& event);
  void call_due(Instant now);
  void overdue(Watch& watch);
  void count_operation(const Event& event);
  void fail(const Event& event, const Watch& watch, const char* how);
  void never_came(const Watch& watch, Instant end);
  std::string judge_final(Instant end);
  std::string undemanded(Instant end) const;
  void judge_availability(Instant end);
  std::string unequal(bool applied) const;

  /// Of all that were seen here or by the cluster's shadow.
  EventId last_event() const { return std::max(last_seen_, cluster().last_event()); }

  const history::ClusterView& view_;
  history::StateResolver resolver_;
  std::vector<Watch> watches_;
  Calm calm_{cluster()};
  EventId last_seen_;
  std::uint64_t ok_ = 0, failed_ = 0, unknown_ = 0;
  std::uint64_t under_way_ = 0;
  /// Since when operations are under way and none ended ok.
  std::optional<Instant> gap_since_;
  Duration longest_gap_;
};

}  // namespace raftsim::checkers
