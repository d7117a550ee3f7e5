// Recognises the catalogue's rare situations in the events of a run (history/situation.hpp). It judges
// nothing: a situation that never comes about is a finding about the campaign, not about the system.
//
// Cost: of the frequent kinds of events only receptions and replies are heard, with a few comparisons each;
// all else is rare, and may cost O(servers). Memory: a fixed number of words per server.
#pragma once

#include <optional>
#include <vector>

#include "checkers/cluster_shadow.hpp"
#include "history/situation.hpp"

namespace raftsim::checkers {

using history::SituationId;

class Situations final : public history::Observer {
 public:
  /// `cluster` sees each event before this does.
  explicit Situations(const ClusterShadow& cluster) : cluster_(cluster) {}

  EventKinds kinds() const override;
  MessageTypes message_types() const override { return history::between_servers; }
  void on_event(const Event& event, const Details& details) override;
  /// The last event is past.
  void finish() { settle_old_entry(); }

  const history::SituationCounts& counts() const { return counts_; }

 private:
  /// What must be remembered of a server beyond what the cluster's shadow holds.
  struct Course {
    /// Of its present incarnation; 0: the first, to which nothing older can come.
    EventId rebooted;
    /// As its events tell; the shadow forgets it before a crash is seen here.
    bool leads = false;
    std::uint32_t lost_lead_step = 0;
    Index commit_when_elected;
    /// It crashed as a leader, and nobody has been elected since.
    bool fell = false;
    /// The term that it was last a candidate of and neither won nor gave up; 0: none.
    Term campaign;
    std::uint32_t campaign_step = 0;
    /// Its vote in this term was read back at the last restart; 0: it recovered none.
    Term recovered_vote;
    /// Recoveries that a crash cut short, one after the other.
    std::uint32_t cut_recoveries = 0;
    /// To whom it is handing over leadership; 0: to nobody.
    NodeId transfer_to;
    /// As a follower: how often a leader has stepped back for it.
    struct {
      NodeId leader;
      Term term;
      std::uint32_t count = 0;
    } rewinds;
    /// What it removed from its log last.
    struct {
      Index from, last;
      std::uint32_t step = 0;
    } removed;
    Index configuration;
    /// The snapshot on its way to it; index 0: none.
    struct {
      NodeId begun_by, sent_by;
      Index index;
    } incoming;
    std::uint32_t installs = 0;  ///< by this incarnation
    std::uint32_t install_step = 0;
    /// Up to here its state was not made by applying entries in this incarnation.
    Index foreign_state;
    std::uint32_t duplicate_step = 0;
    /// Of its leadership: when the lease that it last showed ends; 0: it showed none.
    Instant lease_until;
  };

  Course& of(NodeId node) { return courses_[node.value - 1]; }
  void hit(SituationId id, EventId event, Instant at);
  void hit(SituationId id, const Event& event) { hit(id, event.id, event.time); }

  // Elections and roles (situations_elections.cpp).
  void on_role(const Event& event, const NodeShadow& node, Course& course);
  void on_candidate(const Event& event, const NodeShadow& node, Course& course);
  void on_elected(const Event& event, const NodeShadow& node, Course& course);
  void on_place_lost(const Event& event, const NodeShadow& node, Course& course);
  void on_timed_out(const Event& event, const NodeShadow& node, Course& course);
  void on_vote_received(const Event& event, const NodeShadow& node);
  void settle_old_entry();

  // What a server says of its decisions (situations_notes.cpp).
  void on_note(const Event& event, const NodeShadow& node, Course& course);
  void on_special_note(NoteKind note, const Event& event, const NodeShadow& node, Course& course);
  void on_snapshot_sent(const Event& event);
  void on_rewound(const Event& event, const NodeShadow& leader);

  // Logs, snapshots, configurations, processes, messages.
  void on_truncate(const Event& event, const NodeShadow& node, Course& course);
  void on_snapshot(const Event& event, const Details& details, const NodeShadow& node, Course& course);
  void on_configuration(const Event& event, const NodeShadow& node, Course& course);
  void on_boot(const Event& event, Course& course);
  void on_down(const Event& event, const NodeShadow& node, Course& course);
  void on_leader_crash(const Event& event, const NodeShadow& node);
  void on_resume(const Event& event, const NodeShadow& node, const Course& course);
  void on_lost(const Event& event, const Details& details, const NodeShadow& node);
  void on_lease(const Event& event, Course& course);
  void on_reply(const Event& event, const Course& course);
  void on_term(const Event& event, const NodeShadow& node);
  void on_received(const Event& event, const NodeShadow& node, const Course& course);

  const ClusterShadow& cluster_;
  std::vector<Course> courses_;  ///< by server; as many as the cluster's shadow has
  history::SituationCounts counts_{};
  /// Votes split since somebody was last elected, and the last of their terms.
  std::uint32_t splits_ = 0;
  Term last_split_;
  /// Who was elected last, by a role event; 0: nobody.
  NodeId last_elected_;
  /// The last entry of the last elected leader's log at that moment, where nobody knew it to be committed.
  struct OldEntry {
    Index index;
    Term leader_term;
  };
  std::optional<OldEntry> old_entry_;
};

}  // namespace raftsim::checkers
