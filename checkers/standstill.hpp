// Why nothing moves: who waits for what. Followed in the quiet phase only, for whoever missed a bound.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkers/cluster_shadow.hpp"

namespace raftsim::checkers {

class Standstill {
 public:
  static constexpr EventKinds kinds() { return {EventKind::role, EventKind::note}; }
  void on_event(const Event& event);

  /// `n3 campaigns for the 14th time (candidate, term 17): n1 and n2 refuse it, its log is behind; n4 is
  /// down`; of a leader, whose acknowledgement it lacks.
  std::string words(const ClusterShadow& cluster) const;

 private:
  struct Server {
    /// Campaigns begun, as it says itself, and as its role shows.
    std::uint64_t timed_out = 0;
    std::uint64_t campaigns = 0;
    /// The last candidate that it refused, and why; 0: none.
    NodeId refused;
    NoteKind why{};
  };
  std::string candidate_words(const ClusterShadow& cluster, const NodeShadow& candidate) const;
  std::string voter_words(const NodeShadow& candidate, const NodeShadow& voter) const;
  Server& of(NodeId node);
  /// Null: nothing was seen of it.
  const Server* known(NodeId node) const;

  std::vector<Server> servers_;
};

}  // namespace raftsim::checkers
