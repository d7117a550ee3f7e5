// The fuzzer's operator, who changes the membership, and what must hold of that.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <iterator>

#include "tests/core_raft/fuzz_trial.hpp"
#include "tests/core_raft/overlap.hpp"

namespace raftsim::core::test {

/// Machines that may be added; and the operator begins to.
void Trial::others_join() {
  members_change_ = true;
  // A change takes several commits: a world as slow as the others would hardly see one.
  disk_slowness_ = 1;
  pause_us_max_ = 800;
  const Config config = cluster_.nodes().begin()->second.config;
  for (NodeId id{1}; id <= NodeId{machines}; ++id) {
    if (!cluster_.nodes().contains(id)) after(id, cluster_.join(id, config));
  }
}

void Trial::change(Node& node) {
  constexpr ChangeKind kinds[] = {ChangeKind::add_voter, ChangeKind::add_learner, ChangeKind::promote,
                                  ChangeKind::remove, ChangeKind::replace};
  const ChangeKind kind = kinds[random_.below(std::size(kinds))];
  NodeSet nodes{NodeId{1 + random_.below(machines)}};
  if (kind == ChangeKind::replace) {
    nodes.clear();
    for (NodeId id{1}; id <= NodeId{machines}; ++id) {
      if (random_.one_in(2)) nodes.push_back(id);
    }
  }
  // Mostly the leader is asked: who does not lead only says so.
  Node* asked = &node;
  for (auto& [id, other] : cluster_.nodes()) {
    if (other.raft && other.raft->role() == Role::leader && !random_.one_in(3)) asked = &other;
  }
  const Output& out = cluster_.step(asked->id, ChangeRequest{kind, nodes});
  require(out.change.has_value(), "an operator is answered");
  if (out.change->result == ChangeResult::started) {
    require(changing_.insert(asked->id).second, "one change at a time");
  }
  after(asked->id, out);
}

/// An entry that nobody had before.
void Trial::check_new_entry(const Raft& raft, Index at) {
  require(raft.role() == Role::leader, "only a leader makes entries");
  if (raft.log().at(at).kind != EntryKind::configuration) return;
  const Configuration& before = raft.configurations().at(at - 1);
  const Configuration& now = raft.configurations().at(at);
  ++seen_.configurations;
  if (now.joint()) ++seen_.joint_configurations;
  require(well_formed(now), "a configuration is well-formed");
  require(overlapping(before, now), "neighbours have overlapping majorities");
  for (const Configurations::At& one : raft.configurations().held()) {
    require(one.index >= at || one.index <= raft.commit(), "one configuration at a time is uncommitted");
  }
  require(raft.log().holds(raft.commit(), raft.term()), "the leader knows what is committed");
}

void Trial::check_membership(NodeId id, const Output& out) {
  const Raft& raft = *cluster_.node(id).raft;
  const bool campaigns = raft.role() == Role::candidate || raft.role() == Role::pre_candidate;
  require(!campaigns || !contains(raft.configuration().learners, id), "a learner never campaigns");
  bool changed = false;
  for (const Note& note : out.notes) {
    if (note.kind == NoteKind::configuration_rolled_back) ++seen_.rolled_back;
    if (note.kind == NoteKind::stepped_down_removed) ++seen_.left_as_leader;
    changed |= note.kind == NoteKind::configuration_rolled_back || note.kind == NoteKind::recovered ||
               note.kind == NoteKind::configuration_appended;
  }
  if (changed) {
    Configuration latest = raft.configurations().held().front().configuration;
    for (Index at = raft.log().first(); at <= raft.log().last(); ++at) {
      if (auto configuration = configuration_in(raft.log().at(at))) latest = *configuration;
    }
    require(latest == raft.configuration(), "the latest configuration of the log is in force");
  }
  if (out.change_ended) {
    require(changing_.erase(id) == 1, "a change ends once");
    require(raft.configurations().latest_index() <= raft.commit(), "what it came to is committed");
    require(!raft.configuration().joint(), "a change does not end half-way");
    ++(out.change_ended->result == ChangeResult::done ? seen_.changes_done : seen_.changes_refused);
  }
  if (raft.role() != Role::leader) changing_.erase(id);
}

void Trial::check_settled(const Raft& leader) {
  require(changing_.empty(), "no change goes on for ever");
  require(!leader.configuration().joint(), "a joint configuration is left");
}

void check_seen_changes(const Seen& seen, std::uint64_t all_trials) {
  BOOST_TEST(seen.configurations > all_trials / 5);
  BOOST_TEST(seen.joint_configurations > all_trials / 50);
  BOOST_TEST(seen.rolled_back > 0U);
  BOOST_TEST(seen.changes_done > all_trials / 50);
  BOOST_TEST(seen.left_as_leader > all_trials / 50);
  BOOST_TEST_MESSAGE(
      fmt::format("configurations {} joint {} rolled back {} done {} refused {} left as leader {}",
                  seen.configurations, seen.joint_configurations, seen.rolled_back, seen.changes_done,
                  seen.changes_refused, seen.left_as_leader));
}

}  // namespace raftsim::core::test
