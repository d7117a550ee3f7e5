#include "checkers/commitment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

std::string commit_words(const Event& event) {
  return fmt::format("commit {} (was {}), term {}", event.commit.commit.value, event.commit.previous.value,
                     event.commit.term.value);
}

}  // namespace

void LeaderCompleteness::on_event(const Event& event, const Details&) {
  if (event.kind == EventKind::commit)
    on_commit(event);
  else if (cluster().now().elected)
    on_election(event);
}

void LeaderCompleteness::on_election(const Event& event) {
  const Election& e = cluster().elections().back();
  highest_elected_ = std::max(highest_elected_, e.term);
  looked();
  const Index committed = cluster().can().committed_before(e.term);
  if (committed.value == 0 || broken()) return;
  const auto chain = cluster().can().chain(committed);
  if (chain && cluster().node(e.leader).log.agrees(committed, *chain, cluster().can()) == Agreement::no)
    lacks(event, e, committed);
}

void LeaderCompleteness::on_commit(const Event& event) {
  const Index last = cluster().now().committed_last;
  if (last.value == 0) return;
  const Term decided_in = cluster().counted_in().value_or(event.commit.term);
  if (highest_elected_ <= decided_in) return;
  const auto chain = cluster().can().chain(last);
  std::size_t recent = 64;
  for (auto e = cluster().elections().rbegin(); e != cluster().elections().rend() && recent != 0; ++e) {
    --recent;
    if (e->term <= decided_in) continue;
    looked();
    const NodeShadow& leader = cluster().node(e->leader);
    // Its log at the election can still be told while it leads, having only grown, or from its length.
    const bool leads = leader.up && leader.role == Role::leader && leader.term == e->term;
    const bool without =
        leads ? chain && leader.log.agrees(last, *chain, cluster().can()) == Agreement::no : e->last < last;
    if (without && !broken()) lacks(event, *e, last);
  }
}

void LeaderCompleteness::lacks(const Event& event, const Election& election, Index committed) {
  const Canonical& can = cluster().can();
  // Tell the first entry that is missing, not only the last.
  const NodeShadow& leader = cluster().node(election.leader);
  Index first = committed;
  while (first > can.first() && leader.log.agrees(first - 1, can.at(first - 1).chain, can) == Agreement::no)
    first = first - 1;
  const Committed& entry = can.at(first);
  violate(event,
          fmt::format("{} became leader of term {} (at {}) without entry {} of term {}, which was committed "
                      "in term {}.",
                      name(election.leader), election.term.value, short_time(election.time), first.value,
                      entry.term.value, entry.commit_term.value),
          {line(first, entry), line(election.event, election.time, election.leader,
                                    fmt::format("leader of term {}", election.term.value),
                                    fmt::format("log up to {}", election.last.value))});
}

void LeaderHasCommitted::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  if (event.kind != EventKind::commit) {
    if (!cluster().now().elected) return;
    const NodeShadow& leader = cluster().node(event);
    for (const NodeShadow& n : cluster().nodes()) compare(event, leader, n);
    return;
  }
  const NodeShadow& committer = cluster().node(event);
  for (const NodeShadow& n : cluster().nodes())
    if (n.role == Role::leader) compare(event, n, committer);
}

void LeaderHasCommitted::compare(const Event& event, const NodeShadow& leader, const NodeShadow& other) {
  if (leader.term <= other.term || !other.up || !leader.up || other.commit == Index{}) return;
  const Canonical& can = cluster().can();
  const auto chain = other.log.chain(other.commit, can);
  if (!chain) return;
  looked();
  if (leader.log.agrees(other.commit, *chain, can) != Agreement::no || broken()) return;
  violate(
      event,
      fmt::format("{} leads term {} without all that {}, in term {}, knows to be committed: up to {}.",
                  name(leader.id), leader.term.value, name(other.id), other.term.value, other.commit.value),
      {line(event, fmt::format("log of {} up to {}", name(leader.id), leader.log.last().value))});
}

void StateMachineSafety::on_event(const Event& event, const Details&) {
  if (event.kind == EventKind::apply) return on_apply(event);
  looked();
  const Index at = cluster().now().conflict;
  if (at.value != 0 && !broken()) conflict(event, at);
}

void StateMachineSafety::conflict(const Event& event, Index at) {
  const Canonical& can = cluster().can();
  const TailLog& log = cluster().node(event).log;
  Index first = at;
  while (first > can.first() && log.agrees(first - 1, can.at(first - 1).chain, can) == Agreement::no)
    first = first - 1;
  if (!can.holds(first)) return;
  const auto own = log.entry(first, can);
  const Committed& before = can.at(first);
  violate(event,
          fmt::format("{} and {} committed different entries at index {}: one of term {} and one of term {}.",
                      name(before.committer.as_node()), name(event.node.as_node()), first.value,
                      before.term.value, own ? own->term.value : 0),
          {line(first, before), line(event, commit_words(event))});
}

void StateMachineSafety::on_apply(const Event& event) {
  const history::ApplyPart& a = event.apply;
  if (!cluster().can().holds(a.index)) return;
  looked();
  if (broken()) return;
  const Committed& c = cluster().can().at(a.index);
  if (c.hash == a.hash) return;
  violate(
      event,
      fmt::format("{} applied another entry at index {} than the one of term {} that was committed there.",
                  name(event.node.as_node()), a.index.value, c.term.value),
      {line(event, fmt::format("apply entry {}", a.index.value))});
}

void DeterministicState::on_event(const Event& event, const Details&) {
  const history::ApplyPart& a = event.apply;
  if (!cluster().can().holds(a.index)) return;
  const Committed& c = cluster().can().at(a.index);
  // Another entry is state_machine_safety's.
  if (c.applied_by == event.id || c.applied_by == EventId{} || c.hash != a.hash) return;
  looked();
  const bool other_state = c.state_hash != 0 && a.state_hash != 0 && c.state_hash != a.state_hash;
  const bool other_result = c.result_hash != 0 && a.result_hash != 0 && c.result_hash != a.result_hash;
  if (!(other_state || other_result) || broken()) return;
  violate(event,
          fmt::format("{}'s {} after applying entry {} differs from {} of the server that applied it first "
                      "(event {}).",
                      name(event.node.as_node()), other_state ? "state" : "result", a.index.value,
                      other_state ? "the state" : "that", c.applied_by.value),
          {line(event, fmt::format("apply entry {}", a.index.value),
                other_state ? "another state" : "another result")});
}

MonotonicCommit::MonotonicCommit(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::monotonic_commit, c, f) {}

void MonotonicCommit::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  Last& last = last_[node.id];
  if (event.kind == EventKind::boot) {
    last = {};
    return;
  }
  looked();
  if (event.kind == EventKind::apply) {
    if (event.apply.index <= node.commit || broken() || !has(cluster().shown(), Shown::commits)) return;
    return violate(event,
                   fmt::format("{} applied entry {}, although its commit index is {}.", name(node.id),
                               event.apply.index.value, node.commit.value),
                   {line(event, fmt::format("apply entry {}", event.apply.index.value))});
  }
  const Index commit = event.commit.commit;
  if (commit < last.commit && !broken()) {
    violate(event,
            fmt::format("{}'s commit index fell from {} to {} while it ran.", name(node.id),
                        last.commit.value, commit.value),
            {line(last.event, last.time, node.id, fmt::format("commit {}", last.commit.value)),
             line(event, commit_words(event))});
  } else if (commit > node.log.last() && !broken() && has(cluster().shown(), Shown::logs)) {
    violate(event,
            fmt::format("{} committed up to {}, but its log ends at {}.", name(node.id), commit.value,
                        node.log.last().value),
            {line(event, commit_words(event))});
  }
  last = {commit, event.id, event.time};
}

void CommitNeedsQuorum::on_event(const Event& event, const Details&) {
  const auto decided_in = cluster().counted_in();
  if (!decided_in) return;
  const NodeShadow& leader = cluster().node(event);
  if (!cluster().labelled(leader)) return;
  const Index commit = event.commit.commit;
  const Canonical& can = cluster().can();
  const auto chain = leader.log.chain(commit, can);
  if (!chain) return;
  looked();
  const auto agrees = [this, commit, &chain, &can](NodeId id) {
    if (!cluster().has(id)) return true;
    const NodeShadow& node = cluster().node(id);
    // A leader cannot know that a disk was lost, or decayed, after its server had acknowledged.
    return !cluster().labelled(node) || cluster().damaged(node) || node.durable.keeps(commit, *chain, can);
  };
  if (quorum(leader, event, agrees) || broken()) return;
  std::string holders, lengths;
  std::size_t held = 0;
  for (NodeId id : leader.configuration.voters) {
    if (agrees(id)) {
      holders += " " + name(id);
      ++held;
    } else if (cluster().has(id)) {
      lengths += fmt::format("{}{} {}", lengths.empty() ? "" : ", ", name(id),
                             cluster().node(id).durable.kept(can).value);
    }
  }
  violate(event,
          fmt::format("{} committed entry {} in term {} with {} of {} voters holding it durably{}{}.",
                      name(leader.id), commit.value, decided_in->value, held,
                      leader.configuration.voters.size(), held != 0 ? ":" : "", holders),
          {line(event, commit_words(event), "durable logs elsewhere: " + lengths)});
}

void NoOldTermCommit::on_event(const Event& event, const Details&) {
  const auto decided_in = cluster().counted_in();
  if (!decided_in) return;
  const NodeShadow& leader = cluster().node(event);
  const auto term = leader.log.term(event.commit.commit, cluster().can());
  if (!term) return;
  looked();
  if (term == decided_in || broken()) return;
  violate(event,
          fmt::format("{}, leader of term {}, committed entry {} of term {} by counting; only entries of its "
                      "own term may be.",
                      name(leader.id), decided_in->value, event.commit.commit.value, term->value),
          {line(event, commit_words(event))});
}

}  // namespace raftsim::checkers
