// The parts of fuzz_test.cpp that are declarations: what a trial is made of, and what it has seen.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "seam/chain.hpp"
#include "tests/core_raft/cluster.hpp"
#include "tests/core_raft/random.hpp"

namespace raftsim::core::test {

inline constexpr int chaos_actions = 4'000;
inline constexpr int quick_actions = 400;

inline bool covered(const Disk& disk, Index index) {
  return disk.snapshot != nullptr && index <= disk.snapshot->index;
}

/// The last entry that a restart would find: see Disk::recovered_log().
inline Index durable_last(const Disk& disk) {
  if (disk.snapshot == nullptr) return disk.log.last();
  const Snapshot& snapshot = *disk.snapshot;
  if (disk.log.last() < snapshot.index || disk.log.first() > snapshot.index + 1) return snapshot.index;
  return disk.log.chain_at(snapshot.index) == snapshot.chain ? disk.log.last() : snapshot.index;
}

/// What a run saw, over all trials: a fuzzer that never elects or commits proves nothing.
struct Seen {
  std::uint64_t leaders = 0;
  std::uint64_t commits = 0;
  std::uint64_t truncations = 0;
  std::uint64_t reads = 0;
  std::uint64_t rewinds = 0;
  std::uint64_t late_completions = 0;
  std::uint64_t lease_reads = 0;
  std::uint64_t follower_reads = 0;
  std::uint64_t promises_kept = 0;
  std::uint64_t transfers = 0;
  std::uint64_t transfers_done = 0;
  std::uint64_t configurations = 0;
  std::uint64_t joint_configurations = 0;
  std::uint64_t rolled_back = 0;
  std::uint64_t changes_done = 0;
  std::uint64_t changes_refused = 0;
  std::uint64_t left_as_leader = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshots_sent = 0;
  std::uint64_t installed = 0;
  std::uint64_t discarded = 0;
  std::uint64_t ignored = 0;
};

/// Ids that take part, now or some day: 1 to this.
inline constexpr std::uint64_t machines = 8;

/// The membership changed, in all its ways.
void check_seen_changes(const Seen& seen, std::uint64_t all_trials);

class Trial {
 public:
  Trial(std::uint64_t seed, Seen& seen)
      : random_(seed), quick_(seed % 2 == 0), seen_(seen), cluster_(draw_configuration(), draw_config()) {
    cluster_.departure_context = this;
    cluster_.on_departure = [](void* self, const Letter& letter) {
      static_cast<Trial*>(self)->check_promise(letter);
    };
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  void run() {
    disk_slowness_ = 1 + random_.below(6);
    draw_clocks();
    members_ = cluster_.configuration();
    for (auto& [id, node] : cluster_.nodes()) after(id, boot(id));
    if (random_.one_in(2)) others_join();
    for (int i = 0; i < chaos_actions && !quick_; ++i) act();
    for (int i = 0; i < quick_actions && quick_; ++i) act_quickly();
    heal();
    check_agreement();
  }

 private:
  struct Shadow {
    std::vector<std::pair<Term, std::uint64_t>> log;  ///< term and chain hash of each entry
    Index base;                                       ///< of the log, when last seen
    Index commit;
    Term term;
  };

  Configuration draw_configuration();
  Config draw_config();
  void draw_clocks();
  const Output& boot(NodeId id);
  void act();
  void act_quickly();
  void disturb(Node& node);
  void act_on_network();
  void act_on_disk(Node& node);
  void act_on_snapshot(Node& node);
  void ask(Node& node);
  void read(Node& node, ReadMode mode);
  void propose(Node& node);
  void transfer(Node& node);
  void heal();
  void only_members_run();
  void others_join();
  void change(Node& node);

  void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
  }
  void after(NodeId id, const Output& out);
  void check_base(const Raft& raft, Shadow& shadow);
  void check_log(const Node& node, Shadow& shadow);
  void check_commit(const Raft& raft, Shadow& shadow);
  void check_matches(const Raft& leader);
  void check_leases(Term elected);
  void check_reads(NodeId id, const Output& out);
  void check_promise(const Letter& letter);
  void check_vote(NodeId voter, Term term, NodeId candidate);
  void check_new_entry(const Raft& leader, Index at);
  void check_membership(NodeId id, const Output& out);
  void check_settled(const Raft& leader);
  void check_agreement();

  Node& any_node() {
    auto at = cluster_.nodes().begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(cluster_.nodes().size())));
    return at->second;
  }
  void forget(NodeId id) {
    shadows_[id] = Shadow{};  // what it has promised is kept in vote_of_ and by the checks of matches
    transfers_.erase(id);
    changing_.erase(id);
    std::erase_if(reads_, [id](const auto& read) { return read.second.first == id; });
  }

  Random random_;
  /// Leases last where the network is quick, and are in danger where elections are frequent all the same.
  const bool quick_;
  Seen& seen_;
  Cluster cluster_;
  std::map<NodeId, Shadow> shadows_;
  std::map<Term, NodeId> leader_of_;
  std::map<std::pair<NodeId, Term>, NodeId> vote_of_;
  std::map<std::pair<Index, Term>, std::uint64_t> chain_of_;
  std::vector<std::pair<Term, std::uint64_t>> canon_;
  Configuration members_;                                   ///< the latest configuration that is committed
  std::map<ReadId, std::pair<NodeId, std::size_t>> reads_;  ///< whom it was asked, what was committed then
  std::set<NodeId> changing_;                               ///< who has a change under way
  bool members_change_ = false;
  std::set<NodeId> transfers_;  ///< who is handing over
  std::uint64_t asked_ = 0;
  NodeSet cut_;  ///< parted from the others
  std::uint64_t disk_slowness_ = 1;
  std::uint64_t pause_us_max_ = 3'000;  ///< between two actions
};

}  // namespace raftsim::core::test
