#include "checkers/membership.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/liveness.hpp"
#include "checkers/narrative.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

namespace {

std::string entry_words(Index index, Term term) {
  if (index == Index{}) return "the initial configuration";
  return fmt::format("the configuration of entry {} of term {}", index.value, term.value);
}

/// How many voters only one of the two has.
std::size_t differing(const NodeSet& a, const NodeSet& b) {
  const auto missing = [](const NodeSet& from, const NodeSet& in) {
    return static_cast<std::size_t>(
        std::count_if(from.begin(), from.end(), [&in](NodeId id) { return !contains(in, id); }));
  };
  return missing(a, b) + missing(b, a);
}

bool legal_step(const Configuration& before, const Configuration& after) {
  if (!before.joint() && !after.joint()) return differing(before.voters, after.voters) <= 1;
  if (!before.joint()) return after.voters_outgoing == before.voters;
  if (!after.joint()) return after.voters == before.voters;
  return after.voters == before.voters && after.voters_outgoing == before.voters_outgoing;
}

bool sound(const Configuration& c) {
  const auto votes = [&c](NodeId id) { return contains(c.voters, id); };
  return !c.voters.empty() && std::none_of(c.learners.begin(), c.learners.end(), votes);
}

/// Whether this event is the first to show the entry that it names.
const ShownConfiguration* first_shown(const ClusterShadow& cluster, const Event& event) {
  const ShownConfiguration* known = cluster.configurations().find(event.config.index, event.config.term);
  return known != nullptr && known->event == event.id ? known : nullptr;
}

/// Whether there are enough of `all` for each half of a configuration, had they votes in it.
bool enough(const Configuration& configuration, std::size_t all) {
  return all * 2 > configuration.voters.size() && all * 2 > configuration.voters_outgoing.size();
}

}  // namespace

void ConfigMatchesLog::on_event(const Event& event, const Details& details) {
  if (details.configuration == nullptr || !cluster().has(event.node.as_node())) return;
  const Index index = event.config.index;
  const NodeShadow& node = cluster().node(event);
  const Configuration& now = *details.configuration;
  const Configuration* expected = nullptr;
  std::vector<Evidence> evidence;
  if (index == Index{}) {
    // A server that is to join knows no configuration; what a snapshot held need not be known any more.
    if (now.voters.empty() || node.snapshot.index != Index{} || node.first != Index{1}) return;
    expected = &cluster().configurations().initial();
  } else if (const ShownConfiguration* s = cluster().configurations().find(index, event.config.term)) {
    expected = &s->configuration;
    if (s->event != event.id)
      evidence.push_back(line(s->event, s->time, s->by, entry_words(index, event.config.term),
                              history::to_text(s->configuration)));
  }
  if (expected == nullptr) return;
  looked();
  if (now == *expected || broken()) return;
  const std::string what = entry_words(index, event.config.term);
  evidence.push_back(line(event, what, history::to_text(now)));
  violate(event,
          fmt::format("{} acts by the configuration {}, but the last one in its log is {}: {}.",
                      name(node.id), history::to_text(now), what, history::to_text(*expected)),
          std::move(evidence));
}

void LegalConfigStep::on_event(const Event& event, const Details&) {
  if (event.config.index == Index{} || !cluster().has(event.node.as_node())) return;
  const ShownConfiguration* after = first_shown(cluster(), event);
  if (after == nullptr) return;
  const NodeShadow& node = cluster().node(event);
  const Canonical& can = cluster().can();
  const Index previous = event.config.previous;
  const Configuration* before = nullptr;
  if (previous != Index{}) {
    const auto term = node.log.term(previous, can);
    const ShownConfiguration* shown = term ? cluster().configurations().find(previous, *term) : nullptr;
    if (shown != nullptr) before = &shown->configuration;
  } else if (cluster().configurations().complete()) {
    before = &cluster().configurations().at(node.first - 1, can);
  }
  if (before == nullptr) return;
  looked();
  if (broken() || (sound(after->configuration) && legal_step(*before, after->configuration))) return;
  violate(event,
          fmt::format("{} went from the configuration {} to {} in one step (entry {}), which is not legal.",
                      name(node.id), history::to_text(*before), history::to_text(after->configuration),
                      event.config.index.value),
          {line(event, entry_words(event.config.index, event.config.term))});
}

void ConfigChangePrecondition::on_event(const Event& event, const Details&) {
  if (event.config.index == Index{} || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  if (node.role != Role::leader || node.recovering || event.config.term != node.term) return;
  if (first_shown(cluster(), event) == nullptr) return;
  const Index commit = event.config.commit;
  const auto committed = node.log.term(commit, cluster().can());
  looked();
  if (broken()) return;
  const std::string what = fmt::format("{}, leader of term {}, appended a configuration as entry {}",
                                       name(node.id), node.term.value, event.config.index.value);
  const Evidence at =
      line(event, entry_words(event.config.index, event.config.term), fmt::format("commit {}", commit.value));
  if (event.config.previous > commit)
    violate(event,
            fmt::format("{} while the one before it, entry {}, was not committed (commit {}).", what,
                        event.config.previous.value, commit.value),
            {at});
  else if (committed && *committed != node.term)
    violate(event,
            fmt::format("{} before it had committed an entry of its own term (commit {} of term {}).", what,
                        commit.value, committed->value),
            {at});
}

void OnlyVotersDecide::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  if (event.kind == EventKind::commit) {
    on_commit(event);
  } else {
    if (cluster().now().elected) on_election(event);
    if (event.kind == EventKind::role) on_candidacy(event);
  }
}

void OnlyVotersDecide::on_candidacy(const Event& event) {
  const auto role = static_cast<Role>(event.role.role);
  if (role == Role::follower || role == Role::learner || !has(cluster().shown(), Shown::configurations))
    return;
  const NodeShadow& node = cluster().node(event);
  looked();
  const Configuration& c = node.configuration;
  if (!contains(c.learners, node.id) || c.votes(node.id) || broken()) return;
  violate(event,
          fmt::format("{} became {} in term {}, although it is a learner in its configuration {}.",
                      name(node.id), role == Role::leader ? "leader" : "a candidate", event.role.term.value,
                      history::to_text(c)),
          {line(event, fmt::format("campaigns, term {}", event.role.term.value))});
}

void OnlyVotersDecide::on_election(const Event& event) {
  if (!has(cluster().shown(), Shown::messages | Shown::configurations)) return;
  const Election& e = cluster().elections().back();
  const NodeShadow& winner = cluster().node(e.leader);
  const auto granted = [&e](NodeId voter) {
    return voter == e.leader || std::any_of(e.grants.begin(), e.grants.end(),
                                            [voter](const Grant& g) { return g.voter == voter; });
  };
  looked();
  if (broken() || quorum(winner, event, granted)) return;
  const bool self =
      std::none_of(e.grants.begin(), e.grants.end(), [&e](const Grant& g) { return g.voter == e.leader; });
  // Too few even with everybody counted: that is vote_quorum's.
  if (!enough(winner.configuration, e.grants.size() + (self ? 1 : 0))) return;
  std::vector<Evidence> evidence;
  for (const Grant& g : e.grants)
    evidence.push_back(line(g.event, g.time, e.leader, "receives the vote of " + name(g.voter)));
  evidence.push_back(line(event, fmt::format("leader of term {}", e.term.value)));
  violate(event,
          fmt::format("{} became leader of term {} by votes of servers that do not vote in {}: {}.",
                      name(e.leader), e.term.value, history::to_text(winner.configuration), votes_of(e)),
          std::move(evidence));
}

void OnlyVotersDecide::on_commit(const Event& event) {
  const auto decided_in = cluster().counted_in();
  if (!decided_in) return;
  const NodeShadow& leader = cluster().node(event);
  const Configuration& c = leader.configuration;
  // Where all are voters, commit_needs_quorum says the same.
  if (c.learners.empty() && c.votes(leader.id)) return;
  if (!cluster().labelled(leader)) return;
  const Canonical& can = cluster().can();
  const auto chain = leader.log.chain(event.commit.commit, can);
  if (!chain) return;
  const auto holds = [this, &event, &chain, &can](NodeId id) {
    if (!cluster().has(id)) return false;
    const NodeShadow& node = cluster().node(id);
    return cluster().damaged(node) || node.durable.keeps(event.commit.commit, *chain, can);
  };
  looked();
  if (broken() || quorum(leader, event, holds)) return;
  std::size_t all = holds(leader.id) && !c.votes(leader.id) ? 1 : 0;
  std::string who;
  for (const NodeSet* set : {&c.voters, &c.learners})
    for (NodeId id : *set)
      if (holds(id)) {
        ++all;
        who += " " + name(id);
      }
  if (!enough(c, all)) return;
  violate(
      event,
      fmt::format("{} committed entry {} in term {} by servers of which too few vote in {}:{}.",
                  name(leader.id), event.commit.commit.value, decided_in->value, history::to_text(c), who),
      {line(event, fmt::format("commit {}", event.commit.commit.value))});
}

void RemovedStepsDown::on_event(const Event& event, const Details&) {
  if (outside_ == 0 && event.kind != EventKind::config) return;
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  Removed& r = removed_[node.id];
  if (event.kind == EventKind::config) {
    const bool outside = !node.configuration.votes(node.id) && !node.configuration.joint();
    outside_ += (outside ? 1u : 0u) - (r.outside ? 1u : 0u);
    if (r.outside != outside) r.must_go = false;
    r.outside = outside;
  } else if (event.kind == EventKind::commit) {
    const bool leads = static_cast<Role>(event.commit.role) == Role::leader;
    const Index index = node.configuration_index;
    if (leads && r.outside && !r.must_go && index != Index{} && event.commit.commit >= index) {
      r = {.outside = true, .must_go = true, .since = event.time, .event = event.id, .configuration = index};
      looked();
    } else if (r.outside && r.left_step == event.step && event.commit.commit >= index) {
      looked();
    }
    judge(event.id, event.time);
  } else if (node.role != Role::leader || !node.up) {
    judge(event.id, event.time);
    removed_[node.id].must_go = false;
    if (event.kind == EventKind::role && static_cast<Role>(event.role.previous) == Role::leader) {
      removed_[node.id].left_step = event.step;
    }
  }
}

void RemovedStepsDown::judge(EventId event, Instant now) {
  for (const NodeShadow& node : cluster().nodes()) {
    const Removed& r = removed_[node.id];
    const std::optional<Instant> on_time = cluster().on_time_since(node);
    if (!r.must_go || !on_time || broken()) continue;
    Duration bound{};
    for (const history::NodeInfo& n : cluster().info().nodes)
      if (n.id == node.id) bound = n.options.election_timeout * 2;
    if (now <= std::max(r.since, *on_time) + bound) continue;
    violate(event, now,
            fmt::format("{} still led in term {} {} after it had committed entry {}, the configuration "
                        "without it.",
                        name(node.id), node.term.value, span(now - r.since), r.configuration.value),
            {line(r.event, r.since, node.id, fmt::format("commits up to {}", r.configuration.value))});
  }
}

void RemovedStepsDown::finish(Instant end) { judge(cluster().last_event(), end); }

void NoAmnesia::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  EventId& wiped = wiped_[node.id];
  if (event.kind == EventKind::wipe) {
    wiped = event.id;
    return;
  }
  if (node.incarnation <= 1) return;
  looked();
  const bool anew = wiped != EventId{} || event.boot.boot == static_cast<std::uint64_t>(Boot::join);
  wiped = EventId{};
  if (!anew || node.promised == Term{} || broken()) return;
  std::vector<Evidence> evidence = last_of(node, 4);
  evidence.push_back(line(node.promised_by, node.promised_at, node.id,
                          fmt::format("sends a promise of term {}", node.promised.value)));
  evidence.push_back(line(event, "boots", "with an empty disk"));
  violate(event,
          fmt::format("{} came back with an empty disk under the id under which it had promised term {}.",
                      name(node.id), node.promised.value),
          std::move(evidence));
}

ReconfigTerminates::ReconfigTerminates(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::reconfig_terminates, c, f), bound_(liveness_bound(c.info())) {}

void ReconfigTerminates::on_event(const Event& event, const Details& details) {
  calm_.on_event(event, details);
  if (event.kind != EventKind::config || event.config.index == Index{}) return;
  if (first_shown(cluster(), event) == nullptr) return;
  looked();
  changed_ = event.time;
}

void ReconfigTerminates::finish(Instant end) {
  const auto& quiet = cluster().info().quiet_at;
  if (!quiet) return set_skipped("no quiet phase");
  const NodeShadow* leader = nullptr;
  for (const NodeShadow& n : cluster().nodes())
    if (n.up && n.role == Role::leader && (leader == nullptr || n.term > leader->term)) leader = &n;
  if (leader == nullptr) return;
  const bool committed = leader->configuration_index <= leader->commit;
  if (committed && !leader->configuration.joint()) return;
  const std::string what = fmt::format(
      "{} works under {}, entry {}, which is {}", name(leader->id), history::to_text(leader->configuration),
      leader->configuration_index.value, committed ? "committed and still joint" : "not committed");
  if (calm_.disturbed()) return set_skipped(calm_.why() + ": " + what);
  if (const std::string without = no_quorum(cluster(), calm_); !without.empty()) return set_skipped(without);
  const Instant from = std::max({*quiet, changed_, calm_.since()});
  if (end < from + bound_) return set_skipped("the run ended before the bound: " + what);
  violate(cluster().last_event(), end,
          fmt::format("A change of the configuration did not end within {} after {}: {}.", span(bound_),
                      short_time(from), what));
}

}  // namespace raftsim::checkers
