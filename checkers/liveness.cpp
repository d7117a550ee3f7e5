#include "checkers/liveness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/narrative.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

std::string roles(const ClusterShadow& cluster) {
  std::string text;
  for (const NodeShadow& n : cluster.nodes()) {
    text += text.empty() ? "" : ", ";
    if (!n.up)
      text += name(n.id) + " down";
    else
      text += fmt::format("{} {} term {}{} commit {} of {}", name(n.id), history::name(n.role), n.term.value,
                          n.paused ? " (paused)" : "", n.commit.value, n.log.last().value);
  }
  return text;
}

Duration liveness_bound(const history::RunInfo& info) {
  Duration largest{0};
  for (const history::NodeInfo& n : info.nodes) largest = std::max(largest, n.options.election_timeout);
  return largest * info.bound_in_election_timeouts;
}

namespace {

/// By the up-to-date rule (5.4.1).
bool newer(const NodeShadow& a, const NodeShadow& b, const Canonical& can) {
  const auto key = [&can](const NodeShadow& n) {
    return std::pair(n.log.term(n.log.last(), can).value_or(Term{}), n.log.last());
  };
  return key(a) > key(b);
}

}  // namespace

std::string no_quorum(const ClusterShadow& cluster, const Calm& calm) {
  if (!calm.no_core().empty()) return "unrecoverable: " + calm.no_core();
  const Configuration& membership = cluster.membership();
  if (membership.voters.empty()) return "no servers";
  // Whom the quiet phase leaves cut off does not count.
  const auto runs = [&](NodeId id) {
    return cluster.has(id) && cluster.node(id).up && !cluster.node(id).paused && calm.well(id);
  };
  const auto sound = [&](NodeId id) { return runs(id) && !cluster.in_doubt(cluster.node(id)); };
  const auto count = [](const NodeSet& voters, const auto& wanted) {
    return std::count_if(voters.begin(), voters.end(), wanted);
  };
  const NodeSet& voters = membership.voters;
  if (!quorum(membership, runs))
    return fmt::format("unrecoverable: {} of {} voters run", count(voters, runs), voters.size());
  if (!quorum(membership, sound))
    return fmt::format("unrecoverable: {} of {} voters run and are undamaged", count(voters, sound),
                       voters.size());
  // Each counts by its own configuration, committed or not: one that is under way can make a server necessary
  // that cannot vote, and keep the others from being elected, as its entry makes a log newer than theirs.
  // Learners do not campaign, nor do those that a committed configuration left out.
  const auto campaigns = [](const NodeShadow& n) {
    return !contains(n.configuration.learners, n.id) &&
           (n.configuration.votes(n.id) || n.configuration_index > n.commit);
  };
  const auto can_lead = [&](const NodeShadow& n) {
    return sound(n.id) && campaigns(n) && quorum(n.configuration, [&](NodeId id) {
             return sound(id) && (n.role == Role::leader || !newer(cluster.node(id), n, cluster.can()));
           });
  };
  if (std::ranges::none_of(cluster.nodes(), can_lead))
    return "unrecoverable: by a change that is under way nobody can be elected";
  return "";
}

LeaderWithin::LeaderWithin(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::leader_within, c, f), bound_(liveness_bound(c.info())) {}

const NodeShadow* LeaderWithin::idle_leader() const {
  for (const NodeShadow& n : cluster().nodes()) {
    if (!n.up || n.role != Role::leader || n.commit != n.log.last() || !calm_.well(n.id)) continue;
    return &n;
  }
  return nullptr;
}

void LeaderWithin::begin() {
  begun_ = true;
  for (const NodeShadow& n : cluster().nodes())
    if (n.up && n.role == Role::leader && calm_.well(n.id)) time_to_leader_ = Duration{0};
}

Instant LeaderWithin::from() const { return std::max(*cluster().info().quiet_at, calm_.since()); }

void LeaderWithin::on_event(const Event& event, const Details& details) {
  const auto& quiet = cluster().info().quiet_at;
  if (!quiet || decided_) return;
  if (!begun_ && event.time >= *quiet) {
    // The phase's own event says who is well.
    if (event.kind == EventKind::phase) calm_.on_event(event, details);
    begin();
  }
  // A disturbance that comes after the bound comes too late to excuse anything.
  if (begun_ && !calm_.disturbed() && event.time > from() + bound_) return deadline(event.id, event.time);
  calm_.on_event(event, details);
  if (!begun_) return;
  standstill_.on_event(event);
  if (event.kind == EventKind::role && cluster().now().elected && !time_to_leader_)
    time_to_leader_ = event.time - *quiet;
  const bool leader_commits = event.kind == EventKind::commit &&
                              static_cast<Role>(event.commit.role) == Role::leader &&
                              event.commit.commit > event.commit.previous;
  if (!leader_commits) return;
  time_to_commit_ = event.time - *quiet;
  if (!time_to_leader_) time_to_leader_ = time_to_commit_;
  decided_ = true;
  looked();
  measured(fmt::format("first commit {} after quiet, bound {}", span(*time_to_commit_), span(bound_)));
}

void LeaderWithin::deadline(EventId event, Instant now) {
  decided_ = true;
  const std::string without = no_quorum(cluster(), calm_);
  if (!without.empty()) return set_skipped(without);
  looked();
  if (const NodeShadow* leader = idle_leader())
    return measured(fmt::format("{} leads in term {} and has nothing left to commit", name(leader->id),
                                leader->term.value));
  violate(
      event, now,
      fmt::format("No leader committed an entry within {} ({} election timeouts) after {} at {}: {}.\n{}.",
                  span(bound_), cluster().info().bound_in_election_timeouts,
                  from() == *cluster().info().quiet_at ? "the quiet phase began" : "the last disturbance",
                  short_time(from()), roles(cluster()), standstill_.words(cluster())));
}

void LeaderWithin::finish(Instant end) {
  const auto& quiet = cluster().info().quiet_at;
  if (!quiet) return set_skipped("no quiet phase");
  if (decided_) return;
  if (calm_.disturbed()) return set_skipped(calm_.why());
  if (end >= from() + bound_) return deadline(cluster().last_event(), end);
  if (const NodeShadow* leader = idle_leader(); leader != nullptr && end >= *quiet) {
    looked();
    return measured(fmt::format("{} leads in term {} and has nothing left to commit", name(leader->id),
                                leader->term.value));
  }
  set_skipped("the run ended before the bound");
}

Convergence::Convergence(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::convergence, c, f), bound_(liveness_bound(c.info())) {}

std::string Convergence::stuck() const {
  const Index last = cluster().can().last();
  const NodeShadow* first = nullptr;
  const Configuration& members = cluster().membership();
  for (const NodeShadow& n : cluster().nodes()) {
    if (!n.up || n.paused || !calm_.well(n.id)) continue;
    if (!members.votes(n.id) && !contains(members.learners, n.id)) continue;
    if (n.commit != last)
      return fmt::format("{} has committed up to {} of {}", name(n.id), n.commit.value, last.value);
    if (!has(cluster().shown(), Shown::applies)) continue;
    if (n.applied != last)
      return fmt::format("{} has applied up to {} of {}", name(n.id), n.applied.value, last.value);
    if (first == nullptr) first = &n;
    if (n.state_hash != first->state_hash)
      return fmt::format("{}'s state differs from {}'s", name(n.id), name(first->id));
  }
  return "";
}

bool Convergence::led_from_outside() const {
  const NodeShadow* leader = nullptr;
  for (const NodeShadow& n : cluster().nodes())
    if (n.up && n.role == Role::leader && (leader == nullptr || n.term > leader->term)) leader = &n;
  return leader != nullptr && !calm_.well(leader->id);
}

void Convergence::on_event(const Event& event, const Details& details) {
  const bool grows = event.kind == EventKind::commit && cluster().now().committed_last.value != 0;
  if (grows) grew_ = event.time;
  calm_.on_event(event, details);
  // Before the drain phase only the last moment counts; looking at each would cost every run.
  if (event.time < *cluster().info().drain_at) return;
  looked();
  const bool now = stuck().empty();
  if (now && !converged_) since_ = event.time;
  converged_ = now;
}

void Convergence::finish(Instant end) {
  const auto& drain = cluster().info().drain_at;
  if (!drain) return set_skipped("no drain phase");
  if (end < *drain) return set_skipped("the run ended before the drain phase");
  if (const std::string without = no_quorum(cluster(), calm_); !without.empty()) return set_skipped(without);
  if (led_from_outside()) return set_skipped("the leader is linked in part only");
  looked();
  const std::string what = stuck();
  // Nothing happened in the drain phase that could change it: it began converged.
  if (what.empty() && !converged_) since_ = *drain;
  if (!what.empty() && calm_.disturbed()) return set_skipped(calm_.why() + ": " + what);
  const Instant from = std::max({*drain, grew_, calm_.since()});
  if (what.empty()) time_ = std::max(Duration{0}, since_ - *drain);
  if (!what.empty() && end < from + bound_) return set_skipped("the run ended before the bound: " + what);
  const bool late = what.empty() && since_ > from + bound_;
  if (what.empty() && !late)
    return measured(fmt::format("converged {} after drain, bound {}", span(*time_), span(bound_)));
  violate(cluster().last_event(), late ? since_ : end,
          late ? fmt::format(
                     "The servers agreed only at {}, {} after the last new entry or disturbance (bound {}).",
                     short_time(since_), span(since_ - from), span(bound_))
               : fmt::format("The servers did not reach the same committed log and state by {}: {} ({}).",
                             short_time(end), what, roles(cluster())));
}

}  // namespace raftsim::checkers
