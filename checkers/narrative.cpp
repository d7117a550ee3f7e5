#include "checkers/narrative.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raftsim::checkers {

std::string short_time(Instant time) {
  const std::int64_t ms = time.ns / 1'000'000;
  return fmt::format("{}.{:03}s", ms / 1'000, ms % 1'000);
}

std::string span(Duration time) { return short_time(Instant{time.ns}); }

std::string name(NodeId node) { return fmt::format("n{}", node.value); }

Evidence line(EventId event, Instant time, NodeId node, std::string what, std::string remark) {
  return {event, time, Endpoint::node(node), std::move(what), std::move(remark)};
}

Evidence line(const Event& event, std::string what, std::string remark) {
  return {event.id, event.time, event.node, std::move(what), std::move(remark)};
}

namespace {

std::string crash_remark(const Milestone& m) {
  std::string remark;
  if (m.lost_vote.value != 0)
    remark = fmt::format("lost unsynced vote for {}", name(m.lost_vote));
  else if (m.lost_term.value != 0)
    remark = fmt::format("lost unsynced term {}", m.lost_term.value);
  if (m.lost_first.value != 0) {
    remark += remark.empty() ? "lost " : ", ";
    remark += m.lost_first == m.lost_last
                  ? fmt::format("unsynced entry {}", m.lost_first.value)
                  : fmt::format("unsynced entries {}..{}", m.lost_first.value, m.lost_last.value);
  }
  if (!m.why.empty()) remark += fmt::format("{}[{}]", remark.empty() ? "" : "   ", m.why);
  return remark;
}

}  // namespace

Evidence line(NodeId node, const Milestone& m) {
  std::string what, remark;
  switch (m.kind) {
    case Milestone::Kind::voted:
      what = fmt::format("vote for {}, term {}", name(m.peer), m.term.value);
      if (m.unsynced) remark = "reply sent before sync";
      if (m.unsynced && m.peer == node) remark = "request sent before sync";
      break;
    case Milestone::Kind::crashed:
      what = "crash";
      remark = crash_remark(m);
      break;
    case Milestone::Kind::recovered:
      what = "restart";
      remark = m.peer.value == 0 ? fmt::format("term {}, no vote", m.term.value)
                                 : fmt::format("term {}, vote for {}", m.term.value, name(m.peer));
      break;
    case Milestone::Kind::elected:
      what = fmt::format("leader of term {}", m.term.value);
      break;
    case Milestone::Kind::wiped:
      what = "disk lost";
      break;
  }
  return line(m.event, m.time, node, std::move(what), std::move(remark));
}

Evidence line(Index index, const Committed& entry) {
  return {entry.committed_by, entry.committed_at, entry.committer,
          fmt::format("commits entry {} of term {}", index.value, entry.term.value),
          fmt::format("in term {}", entry.commit_term.value)};
}

std::vector<Evidence> in_order(std::vector<Evidence> evidence) {
  std::stable_sort(evidence.begin(), evidence.end(),
                   [](const Evidence& a, const Evidence& b) { return a.event < b.event; });
  const auto same = [](const Evidence& a, const Evidence& b) {
    return a.event == b.event && a.what == b.what;
  };
  evidence.erase(std::unique(evidence.begin(), evidence.end(), same), evidence.end());
  constexpr std::size_t lines_max = 8;
  if (evidence.size() > lines_max)
    evidence.erase(evidence.begin(), evidence.end() - static_cast<std::ptrdiff_t>(lines_max));
  return evidence;
}

std::vector<Evidence> life_of(const NodeShadow& node, Term term) {
  std::vector<Evidence> lines;
  bool begun = false;
  for (const Milestone& m : node.milestones) {
    const bool voted = m.kind == Milestone::Kind::voted;
    if (voted && m.term == term) begun = true;
    if (begun && m.event.value != 0 && (!voted || m.term == term)) lines.push_back(line(node.id, m));
  }
  return lines;
}

std::vector<Evidence> last_of(const NodeShadow& node, std::size_t count) {
  std::vector<Evidence> lines;
  const std::size_t from = node.milestones.size() > count ? node.milestones.size() - count : 0;
  for (std::size_t k = from; k < node.milestones.size(); ++k)
    if (node.milestones[k].event.value != 0) lines.push_back(line(node.id, node.milestones[k]));
  return lines;
}

std::string votes_of(const Election& election) {
  NodeSet voters{election.leader};
  for (const Grant& g : election.grants) voters.push_back(g.voter);
  std::sort(voters.begin(), voters.end());
  voters.erase(std::unique(voters.begin(), voters.end()), voters.end());
  std::string text;
  for (NodeId v : voters) text += (text.empty() ? "" : " ") + name(v);
  return text;
}

std::string votes_of(const Leadership& leadership) {
  std::string text;
  for (std::uint64_t k = 0; k < 64; ++k)
    if ((leadership.voters >> k & 1) != 0) text += (text.empty() ? "" : " ") + name(NodeId{k + 1});
  return text;
}

}  // namespace raftsim::checkers
