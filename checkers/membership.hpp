// Membership (Raft 6, dissertation 4): which configuration a server acts by, how one follows another, and who
// decides.
#pragma once

#include <optional>

#include "checkers/by_node.hpp"
#include "checkers/calm.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// K1 config_matches_log. A server's effective configuration is that of the last configuration entry in its
/// log, committed or not (4.1), else its snapshot's, else the initial one: after an append, a truncation, an
/// installation and a restart alike. What an entry means is not decoded: all servers must act alike by it, at
/// all times. A system that adopts configurations only when it applies them is not judged by this: turn it
/// off. (LogCabin checkBasic; CCF LogConfigurationConsistentInv)
class ConfigMatchesLog final : public Property {
 public:
  ConfigMatchesLog(const ClusterShadow& c, Findings& f) : Property(PropertyId::config_matches_log, c, f) {}
  EventKinds kinds() const override { return {EventKind::config}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::configurations; }
};

/// K2 legal_config_step. A configuration follows the one before it in its log by one voter more or less, or
/// into a joint configuration whose old half it is, or out of one into its new half; it has voters, and no
/// learner among them. Judged where an entry is first shown. (etcd confchange checkInvariants; dissertation
/// 4.1, 4.3)
class LegalConfigStep final : public Property {
 public:
  LegalConfigStep(const ClusterShadow& c, Findings& f) : Property(PropertyId::legal_config_step, c, f) {}
  EventKinds kinds() const override { return {EventKind::config}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::configurations; }
};

/// K3 config_change_precondition. A leader appends a configuration only once the one before it in its log is
/// committed and it has committed an entry of its own term. (The erratum of 2015 to dissertation 4.1; KRaft;
/// etcd pendingConfIndex)
class ConfigChangePrecondition final : public Property {
 public:
  ConfigChangePrecondition(const ClusterShadow& c, Findings& f)
      : Property(PropertyId::config_change_precondition, c, f) {}
  EventKinds kinds() const override { return {EventKind::config}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::configurations | Shown::roles | Shown::logs; }
};

/// K4 only_voters_decide. A learner never campaigns (4.2.1; a server outside its latest configuration may,
/// 4.2.2), and neither an election nor a commitment is carried by servers that do not vote in the deciding
/// configuration. Learners may grant votes: they do not count. (etcd abb533c)
class OnlyVotersDecide final : public Property {
 public:
  OnlyVotersDecide(const ClusterShadow& c, Findings& f) : Property(PropertyId::only_voters_decide, c, f) {}
  EventKinds kinds() const override { return {EventKind::role, EventKind::term, EventKind::commit}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::roles | Shown::configurations; }
  void on_candidacy(const Event& event);
  void on_election(const Event& event);
  void on_commit(const Event& event);
};

/// K6 removed_steps_down. A leader that is no voter of a configuration, not joint, that it knows to be
/// committed steps down within two election timeouts. (That it leads until then is right, 4.2.2; that it
/// stepped down too early cannot be told from another reason to.) (KAFKA-16530)
class RemovedStepsDown final : public Property {
 public:
  RemovedStepsDown(const ClusterShadow& c, Findings& f) : Property(PropertyId::removed_steps_down, c, f) {}
  EventKinds kinds() const override {
    return {EventKind::config, EventKind::commit, EventKind::role, EventKind::crash, EventKind::halt};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::configurations | Shown::roles; }
  /// A leader that has to go.
  struct Removed {
    bool outside = false;  ///< its configuration has no place for it
    bool must_go = false;
    /// The step in which it stopped leading: it commits and goes in one (view_diff.hpp tells roles first).
    std::uint32_t left_step = 0;
    Instant since;
    EventId event;
    Index configuration;
  };
  void judge(EventId event, Instant now);
  ByNode<Removed> removed_;
  std::uint32_t outside_ = 0;
};

/// K7 no_amnesia. A server that lost its disk never comes back under the id under which it promised anything
/// (a term, a vote, entries): nothing that it recovers can hold the promise. A wiped machine has to come as a
/// new server. (RethinkDB #5289; KRaft directory id)
class NoAmnesia final : public Property {
 public:
  NoAmnesia(const ClusterShadow& c, Findings& f) : Property(PropertyId::no_amnesia, c, f) {}
  EventKinds kinds() const override { return {EventKind::boot, EventKind::wipe}; }
  void on_event(const Event& event, const Details& details) override;

 private:
  Shown needs() const override { return Shown::restarts; }
  ByNode<EventId> wiped_;
};

/// W8 reconfig_terminates. A configuration that a leader works under is committed, and if it is joint left,
/// within the bound after the quiet phase began, after it was appended or after the last disturbance,
/// whichever is the latest. (etcd 141a265; CCF #5973)
class ReconfigTerminates final : public Property {
 public:
  ReconfigTerminates(const ClusterShadow& c, Findings& f);
  EventKinds kinds() const override { return Calm::kinds() | EventKinds{EventKind::config}; }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::configurations; }
  Duration bound_;
  Calm calm_{cluster()};
  /// When a configuration was last shown that no log held before.
  Instant changed_;
};

}  // namespace raftsim::checkers
