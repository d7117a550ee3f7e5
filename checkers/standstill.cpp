#include "checkers/standstill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/narrative.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

namespace {

std::string ordinal(std::uint64_t n) {
  const std::uint64_t last = n % 10, teens = n % 100;
  const bool teen = teens >= 11 && teens <= 13;
  return fmt::format("{}{}", n, teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

/// Why a candidate is refused; empty: this is no refusal.
std::string_view refusal(NoteKind note) {
  constexpr std::pair<NoteKind, std::string_view> reasons[] = {
      {NoteKind::vote_refused_stale_term, "its term is old"},
      {NoteKind::vote_refused_voted_other, "the vote went to another"},
      {NoteKind::vote_refused_log_behind, "its log is behind"},
      {NoteKind::vote_refused_leader_alive, "a leader was heard"},
      {NoteKind::vote_refused_role, "for the voter's own role"},
      {NoteKind::vote_refused_promised, "a lease was promised"},
      {NoteKind::vote_refused_in_doubt, "in doubt about earlier promises"},
  };
  for (const auto& [kind, text] : reasons)
    if (kind == note) return text;
  return "";
}

bool campaigns(const NodeShadow& n) {
  return n.up && (n.role == Role::candidate || n.role == Role::pre_candidate);
}

NodeSet voters_beside(const NodeShadow& node) {
  NodeSet voters = node.configuration.voters;
  for (const NodeId id : node.configuration.voters_outgoing) insert(voters, id);
  std::erase(voters, node.id);
  return voters;
}

/// `n1 and n2 are down`, from a list of who and what, in order; equal whats together.
std::string grouped(const std::vector<std::pair<NodeId, std::string>>& list) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const auto& [who, what] : list) {
    const auto same =
        std::find_if(groups.begin(), groups.end(), [&what = what](const auto& g) { return g.first == what; });
    if (same == groups.end())
      groups.push_back({what, {name(who)}});
    else
      same->second.push_back(name(who));
  }
  std::string text;
  for (const auto& [what, names] : groups) {
    std::string who = names.front();
    for (std::size_t i = 1; i < names.size(); ++i) who += (i + 1 == names.size() ? " and " : ", ") + names[i];
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", who, what);
  }
  return text;
}

std::string absent(const NodeShadow& n) {
  if (!n.up) return "down";
  return n.paused ? "paused" : "";
}

std::string leader_words(const ClusterShadow& cluster, const NodeShadow& leader) {
  const Index next = leader.commit + 1;
  const auto chain = leader.log.chain(next, cluster.can());
  std::vector<std::pair<NodeId, std::string>> list;
  for (const NodeId id : voters_beside(leader)) {
    if (!cluster.has(id)) continue;
    const NodeShadow& n = cluster.node(id);
    const bool holds = chain && n.log.agrees(next, *chain, cluster.can()) == Agreement::yes;
    std::string what = absent(n);
    if (what.empty())
      what = holds ? "has it" : fmt::format("in term {}, log up to {}", n.term.value, n.log.last().value);
    list.emplace_back(id, std::move(what));
  }
  return fmt::format("{} leads term {} and waits for a quorum to hold its entry {} ({})", name(leader.id),
                     leader.term.value, next.value, grouped(list));
}

}  // namespace

Standstill::Server& Standstill::of(NodeId node) {
  if (servers_.size() < node.value) servers_.resize(node.value);
  return servers_[node.value - 1];
}

const Standstill::Server* Standstill::known(NodeId node) const {
  return node.value <= servers_.size() ? &servers_[node.value - 1] : nullptr;
}

void Standstill::on_event(const Event& event) {
  if (!event.node.is_node()) return;
  const NodeId node = event.node.as_node();
  if (event.kind == EventKind::role) {
    const auto role = static_cast<Role>(event.role.role), before = static_cast<Role>(event.role.previous);
    const bool begins =
        role == Role::pre_candidate || (role == Role::candidate && before != Role::pre_candidate);
    if (begins) ++of(node).campaigns;
    return;
  }
  if (event.kind != EventKind::note || event.note.note >= static_cast<std::uint64_t>(note_kinds)) return;
  const auto note = static_cast<NoteKind>(event.note.note);
  if (note == NoteKind::election_timed_out) ++of(node).timed_out;
  if (!refusal(note).empty()) {
    of(node).refused = NodeId{event.note.a};
    of(node).why = note;
  }
}

std::string Standstill::voter_words(const NodeShadow& candidate, const NodeShadow& voter) const {
  if (std::string what = absent(voter); !what.empty()) return what;
  const VoteRecord* vote = voter.vote_in(candidate.term);
  if (candidate.role == Role::candidate && vote != nullptr && vote->candidate == candidate.id)
    return "votes for it";
  const Server* seen = known(voter.id);
  if (seen != nullptr && seen->refused == candidate.id) return fmt::format("refuses, {}", refusal(seen->why));
  return "does not answer";
}

std::string Standstill::candidate_words(const ClusterShadow& cluster, const NodeShadow& candidate) const {
  std::vector<std::pair<NodeId, std::string>> list;
  for (const NodeId id : voters_beside(candidate))
    if (cluster.has(id)) list.emplace_back(id, voter_words(candidate, cluster.node(id)));
  const Server* seen = known(candidate.id);
  const std::uint64_t times =
      std::max<std::uint64_t>(1, seen == nullptr ? 0 : std::max(seen->timed_out, seen->campaigns));
  return fmt::format("{} campaigns for the {} time ({}, term {}; {})", name(candidate.id), ordinal(times),
                     history::name(candidate.role), candidate.term.value, grouped(list));
}

std::string Standstill::words(const ClusterShadow& cluster) const {
  const NodeShadow* leader = nullptr;
  for (const NodeShadow& n : cluster.nodes())
    if (n.up && n.role == Role::leader && (leader == nullptr || n.term > leader->term)) leader = &n;
  if (leader != nullptr && leader->commit < leader->log.last()) return leader_words(cluster, *leader);
  // Those of the highest terms first: who is far behind matters least.
  std::vector<const NodeShadow*> candidates;
  for (const NodeShadow& n : cluster.nodes())
    if (campaigns(n)) candidates.push_back(&n);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const NodeShadow* a, const NodeShadow* b) { return a->term > b->term; });
  constexpr std::size_t told = 3;
  candidates.resize(std::min(candidates.size(), told));
  std::string text;
  for (const NodeShadow* c : candidates) text += (text.empty() ? "" : "; ") + candidate_words(cluster, *c);
  if (!text.empty()) return text;
  return leader == nullptr ? "nobody leads and nobody campaigns" : "";
}

}  // namespace raftsim::checkers
