// What must hold of a cluster whose members change (dissertation 4), judged by rules that are too simple to
// be wrong: logs are read from their first entry, sets are counted and enumerated, votes and entries count
// where they are durable. Nothing is asked of core/quorum.cpp, of Configurations or of what a leader
// believes.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/core_raft/cluster.hpp"

namespace raftsim::core::test {

/// What was seen, over all trials: judges that saw nothing judged nothing.
struct SeenChanges {
  std::uint64_t appended = 0;
  std::uint64_t joint = 0;
  std::uint64_t committed = 0;
  std::uint64_t rolled_back = 0;
  std::uint64_t elections = 0;
  std::uint64_t elections_in_joint = 0;
  /// Appended while another log held a configuration that this one lacks.
  std::uint64_t rivals = 0;
};

/// Throws std::runtime_error, with a sentence, when something does not hold. Takes no snapshots: every log is
/// read from entry 1.
class ChangesJudge {
 public:
  /// Ids that take part are 1 to `machines`, at most 10.
  ChangesJudge(Cluster& cluster, std::uint64_t machines, SeenChanges& seen)
      : cluster_(cluster), machines_(machines), seen_(seen) {}

  /// After a write of this node has become durable. To be told of each, one by one.
  void durable(NodeId id);
  /// After each step of this node, the first one too.
  void stepped(NodeId id);
  /// What it knew that was not durable is gone.
  void crashed(NodeId id);

  /// A configuration where it stands in a log; at index 0, that of the first boot.
  struct Placed {
    Index at;
    Term term;
    Configuration configuration;
    friend bool operator==(const Placed&, const Placed&) = default;
  };
  std::vector<Placed> read(NodeId base, const Log& log) const;
  bool is_committed(const Placed& one) const;

 private:
  struct Known {
    std::vector<Placed> placed;
    Index commit;
    Term led;  ///< the last term it was seen to lead in
  };
  void follow_log(NodeId id, Known& known);
  void elected(NodeId id, const Configuration& before);
  void commits(NodeId id, Known& known, const Configuration& before);
  void appended(NodeId leader, const Placed& previous, const Placed& added);
  bool rival(NodeId leader, const Placed& added, const Log& log, const Configuration& of_log) const;

  Cluster& cluster_;
  std::uint64_t machines_;
  SeenChanges& seen_;
  std::map<NodeId, Known> known_;
  std::map<std::pair<NodeId, Term>, NodeId> votes_;        ///< durable ones
  std::vector<std::pair<Term, std::uint64_t>> committed_;  ///< term and chain hash of each entry
  std::set<std::pair<Index, Term>> judged_;                ///< configuration entries
};

}  // namespace raftsim::core::test
