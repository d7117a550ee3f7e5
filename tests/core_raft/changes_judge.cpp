#include "tests/core_raft/changes_judge.hpp"

#include <algorithm>
#include <stdexcept>

namespace raftsim::core::test {
namespace {

using Machines = std::set<NodeId>;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

/// More than half, by the definition.
bool majority_of(const NodeSet& voters, const Machines& there) {
  std::size_t present = 0;
  for (const NodeId voter : voters) present += there.count(voter);
  return 2 * present > voters.size();
}

/// 4.3: while there are two sets of voters, a majority of each. Learners are nowhere counted.
bool decides(const Configuration& configuration, const Machines& there) {
  if (configuration.voters_outgoing.empty()) return majority_of(configuration.voters, there);
  return majority_of(configuration.voters, there) && majority_of(configuration.voters_outgoing, there);
}

/// Whether some of `may_a` decide in `a`, and others, of `may_b`, in `b`: tried with every set of machines.
bool can_decide_apart(const Configuration& a, const Machines& may_a, const Configuration& b,
                      const Machines& may_b, std::uint64_t machines) {
  for (unsigned bits = 0; bits < 1U << machines; ++bits) {
    Machines inside;
    Machines outside;
    for (std::uint64_t n = 1; n <= machines; ++n) {
      const bool in = (bits >> (n - 1) & 1U) != 0;
      if (in && may_a.contains(NodeId{n})) inside.insert(NodeId{n});
      if (!in && may_b.contains(NodeId{n})) outside.insert(NodeId{n});
    }
    if (decides(a, inside) && decides(b, outside)) return true;
  }
  return false;
}

bool has(const Log& log, Index at, Term term) { return log.term_at(at) == term && at != Index{}; }

/// 3.6.1, as the dissertation words it.
bool grants(const Log& voter, const Log& candidate) {
  if (candidate.last_term() != voter.last_term()) return candidate.last_term() > voter.last_term();
  return candidate.last() >= voter.last();
}

}  // namespace

std::vector<ChangesJudge::Placed> ChangesJudge::read(NodeId base, const Log& log) const {
  std::vector<Placed> placed{{Index{}, Term{}, cluster_.node(base).base}};
  for (Index at{1}; at <= log.last(); ++at) {
    if (log.at(at).kind != EntryKind::configuration) continue;
    placed.push_back({at, log.at(at).term, configuration_in(log.at(at)).value()});
  }
  return placed;
}

void ChangesJudge::durable(NodeId id) {
  const HardState& state = cluster_.node(id).disk.hard_state;
  if (!state.vote) return;
  const NodeId first = votes_.emplace(std::pair(id, state.term), *state.vote).first->second;
  require(first == *state.vote, "one vote in a term");
}

void ChangesJudge::crashed(NodeId id) { known_.erase(id); }

void ChangesJudge::stepped(NodeId id) {
  const Raft& raft = *cluster_.node(id).raft;
  Known& known = known_[id];
  // Elections and commits count by the configuration that was in force before the step, or after it: the step
  // may have appended one.
  const Configuration before =
      known.placed.empty() ? raft.configuration() : known.placed.back().configuration;
  if (raft.role() == Role::leader && known.led != raft.term()) {
    known.led = raft.term();
    elected(id, before);
  }
  commits(id, known, before);
  follow_log(id, known);
}

/// Position and term name an entry (3.5, Log Matching). That of the first boot is agreed on.
bool ChangesJudge::is_committed(const Placed& one) const {
  if (one.at == Index{}) return true;
  return one.at.value <= committed_.size() && committed_[one.at.value - 1].first == one.term;
}

/// In force is the latest in the log; where that is removed, the one before it again.
void ChangesJudge::follow_log(NodeId id, Known& known) {
  const Raft& raft = *cluster_.node(id).raft;
  std::vector<Placed> placed = read(id, raft.log());
  const std::vector<Placed>& old = known.placed;
  std::size_t same = 0;
  while (same < old.size() && same < placed.size() && old[same] == placed[same]) ++same;
  if (same < old.size()) {
    require(same > 0 && !is_committed(old[same]), "a committed change is never lost");
    if (same == placed.size()) {
      ++seen_.rolled_back;
      require(raft.configuration() == old[same - 1].configuration, "a rollback gives back the one before");
    }
  }
  require(raft.configuration() == placed.back().configuration, "in force is the latest in the log");
  const auto pending =
      std::count_if(placed.begin(), placed.end(), [this](const Placed& one) { return !is_committed(one); });
  require(pending <= 1, "at most one configuration of a log is not committed");
  for (std::size_t i = 1; i < placed.size(); ++i) {
    if (judged_.emplace(placed[i].at, placed[i].term).second) appended(id, placed[i - 1], placed[i]);
  }
  known.placed = std::move(placed);
}

void ChangesJudge::appended(NodeId leader, const Placed& previous, const Placed& added) {
  const Raft& raft = *cluster_.node(leader).raft;
  require(raft.role() == Role::leader && added.term == raft.term(), "only a leader changes the members");
  ++seen_.appended;
  if (added.configuration.joint()) ++seen_.joint;
  Machines all;
  for (std::uint64_t n = 1; n <= machines_; ++n) all.insert(NodeId{n});
  require(!can_decide_apart(previous.configuration, all, added.configuration, all, machines_),
          "consecutive configurations have no disjoint quorums");
  for (const auto& [id, node] : cluster_.nodes()) {
    if (has(node.disk.log, added.at, added.term) || id == leader) continue;
    const Configuration of_log = read(id, node.disk.log).back().configuration;
    if (of_log != previous.configuration) ++seen_.rivals;
    require(!rival(leader, added, node.disk.log, of_log),
            "nobody can be elected past a change (the erratum)");
  }
}

/// Whether who has this log, and not the entry just added, can be elected by its configuration, while others
/// commit that entry. Those can whose term is not newer than the leader's; those vote for it who hold nothing
/// that it lacks, as far as what is durable tells.
bool ChangesJudge::rival(NodeId leader, const Placed& added, const Log& log,
                         const Configuration& of_log) const {
  Machines acknowledge;
  Machines vote;
  for (const auto& [id, node] : cluster_.nodes()) {
    if (node.disk.hard_state.term <= cluster_.node(leader).raft->term()) acknowledge.insert(id);
    if (grants(node.disk.log, log)) vote.insert(id);
  }
  return can_decide_apart(of_log, vote, added.configuration, acknowledge, machines_);
}

void ChangesJudge::elected(NodeId id, const Configuration& before) {
  const Raft& raft = *cluster_.node(id).raft;
  ++seen_.elections;
  if (before.joint()) ++seen_.elections_in_joint;
  Machines voted;
  for (const auto& [voter, node] : cluster_.nodes()) {
    const auto vote = votes_.find({voter, raft.term()});
    if (vote != votes_.end() && vote->second == id) voted.insert(voter);
  }
  require(decides(before, voted), "a leader has the votes of a quorum of its configuration");
}

void ChangesJudge::commits(NodeId id, Known& known, const Configuration& before) {
  const Raft& raft = *cluster_.node(id).raft;
  if (raft.commit() == known.commit) return;
  require(raft.commit() > known.commit, "the commit index never decreases");
  for (Index at = known.commit + 1; at <= raft.commit(); ++at) {
    const std::pair entry(raft.log().at(at).term, raft.log().chain_at(at));
    if (at.value > committed_.size()) {
      require(raft.role() == Role::leader || known.led == raft.term(), "a leader commits first");
      committed_.push_back(entry);
      if (raft.log().at(at).kind == EntryKind::configuration) ++seen_.committed;
    }
    require(committed_[at.value - 1] == entry, "what is committed stays so");
  }
  known.commit = raft.commit();
  if (raft.role() != Role::leader && known.led != raft.term()) return;
  Machines hold;
  for (const auto& [holder, node] : cluster_.nodes()) {
    const Log& log = node.disk.log;
    if (log.last() >= raft.commit() &&
        log.chain_at(raft.commit()) == committed_[raft.commit().value - 1].second) {
      hold.insert(holder);
    }
  }
  require(decides(before, hold) || decides(raft.configuration(), hold),
          "what is committed is durable on a quorum");
}

}  // namespace raftsim::core::test
