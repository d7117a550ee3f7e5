// Whom a fault hits: role words resolved from the cluster as it is when the fault fires (faults.md, Targets).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "history/predicate_eval.hpp"
#include "sim/decisions.hpp"
#include "sim/scenario.hpp"
#include "sim/stage.hpp"

namespace raftsim::sim {

/// What a target can depend on, at one instant.
struct NodeNow {
  NodeId id;
  bool up = false;
  Role role = Role::follower;
  Term term;
  /// Whether its links to and from a majority of the voters, itself included, carry.
  bool reaches_majority = true;
};
struct ClusterNow {
  std::vector<NodeNow> nodes;  ///< those that exist, in order of id
  /// Of the latest committed configuration; while it is joint, of both halves.
  NodeSet voters;
  std::optional<NodeId> last_crashed;
};
ClusterNow cluster_now(Stage& stage);

/// The leader of the highest term.
std::optional<NodeId> leader_of(const ClusterNow& cluster);

/// One firing of a fault or step. Each drawn word is resolved once in it, so that {not: majority} is the
/// complement of majority, and minority what majority leaves of the voters.
class TargetDraw {
 public:
  TargetDraw(const ClusterNow& cluster, Stream stream) : cluster_(cluster), stream_(stream) {}

  /// Sorted; empty where there is none. The same Target object has the same answer however often it is asked.
  NodeSet resolve(const Target& target);
  /// All nodes in a drawn order; benign: in order of id.
  std::vector<NodeId> shuffled(const NodeSet& nodes);
  const std::vector<NodeId>& voter_order();
  NodeSet all() const;
  /// 0 to n - 1; benign: 0.
  std::uint64_t one_of(std::uint64_t n) { return stream_.below(n); }
  /// 0 or 1; benign: 0.
  std::size_t side() { return static_cast<std::size_t>(stream_.below(2)); }

 private:
  NodeSet resolve_word(history::TargetWord word);
  NodeSet resolve_random(const Target& target, const history::RandomTarget& random);
  NodeSet pick(const NodeSet& from, std::size_t count);
  template <class Wanted>
  NodeSet those(Wanted wanted) const;

  const ClusterNow& cluster_;
  Stream stream_;
  std::array<std::optional<NodeSet>, 16> words_;
  std::optional<std::vector<NodeId>> voter_order_;
  struct Picked {
    const Target* by = nullptr;
    NodeSet nodes;
  };
  std::vector<Picked> picked_;  ///< by {random: n} targets
};

/// The ends that are meant: servers, resolved now, or all clients.
std::vector<Endpoint> ends_of(const Stage& stage, const LinkEnd& end, TargetDraw& draw);
/// From each of them to each, as far as there are links: not from anybody to itself, nor between clients.
std::vector<LinkEnds> links_between(const std::vector<Endpoint>& from, const std::vector<Endpoint>& to);

/// For predicates: sees who is cut off, which events do not tell.
class WorldResolver final : public history::StateResolver {
 public:
  explicit WorldResolver(Stage& stage) : stage_(stage) {}
  void candidates(const Target& target, const history::ClusterView& cluster, NodeSet& out) override;

 private:
  Stage& stage_;
};

/// The latest committed configuration, every other that a running server has in its log, and what changes
/// under way may lead to: a fault that keeps a quorum keeps one of each.
std::vector<Configuration> active_configurations(const Stage& stage);

/// Whether a quorum of a configuration could still agree: up, and each pair linked both ways.
class QuorumGuard {
 public:
  explicit QuorumGuard(std::size_t servers) : alive_(servers, true), linked_(servers * servers, true) {}
  /// Ids that the guard does not know are passed over.
  void lose(NodeId server);
  void cut(NodeId a, NodeId b);
  /// Of both halves, while the configuration is joint.
  bool holds(const Configuration& configuration) const;

 private:
  struct Search;
  bool knows(NodeId server) const { return server.value >= 1 && server.value <= alive_.size(); }
  bool linked(NodeId a, NodeId b) const { return linked_[(a.value - 1) * alive_.size() + b.value - 1]; }
  bool extend(Search& search, std::size_t next) const;

  std::vector<bool> alive_;
  std::vector<bool> linked_;
};

}  // namespace raftsim::sim
