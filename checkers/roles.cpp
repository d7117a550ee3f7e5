#include "checkers/roles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/narrative.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

namespace {

bool single_voter(const Configuration& c, NodeId self) {
  return !c.joint() && c.voters.size() == 1 && c.voters.front() == self;
}

/// `alone`: no answer of another server is needed.
bool legal_transition(Role from, Role to, bool alone) {
  if (to == Role::follower || to == Role::learner) return true;
  if (from == Role::leader) return false;
  if (to == Role::leader) return from == Role::candidate || alone;
  return true;
}

}  // namespace

void LegalTransitions::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  Role to{}, from{};
  if (event.kind == EventKind::role) {
    to = static_cast<Role>(event.role.role);
    from = static_cast<Role>(event.role.previous);
  } else if (event.note.note == static_cast<std::uint64_t>(NoteKind::role_changed)) {
    to = static_cast<Role>(event.note.a);
    from = static_cast<Role>(event.note.b);
  } else {
    return;
  }
  const NodeShadow& node = cluster().node(event);
  looked();
  const bool alone =
      single_voter(node.configuration, node.id) ||
      (node.configuration_step == event.step && single_voter(node.configuration_before, node.id));
  if (legal_transition(from, to, alone) || broken()) return;
  violate(event,
          fmt::format("{} went from {} to {} at once, in term {}.", name(node.id), history::name(from),
                      history::name(to), node.term.value),
          {line(event, fmt::format("{}, was {}", history::name(to), history::name(from)))});
}

void RoleFacts::on_event(const Event& event, const Details&) {
  if (event.change.now == 0 || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  const Term term = event.change.term;
  const NodeId leader{event.change.now};
  Known& known = known_[node.id];
  const Known before = known;
  known = {term, leader, event.id, event.time};
  looked();
  if (broken()) return;
  const auto now = [&] {
    return line(event, fmt::format("knows leader {}, term {}", name(leader), term.value));
  };
  if (before.term == term && before.leader != leader && before.leader != NodeId{})
    return violate(event,
                   fmt::format("{} knew {} as the leader of term {}, and then {}.", name(node.id),
                               name(before.leader), term.value, name(leader)),
                   {line(before.event, before.time, node.id,
                         fmt::format("knows leader {}, term {}", name(before.leader), term.value)),
                    now()});
  const bool leads = node.role == Role::leader;
  if (!has(cluster().shown(), Shown::roles)) return;
  if (leads != (leader == node.id))
    return violate(event,
                   leads ? fmt::format("{} leads term {}, but takes {} for its leader.", name(node.id),
                                       term.value, name(leader))
                         : fmt::format("{} takes itself for the leader of term {}, but is {}.", name(node.id),
                                       term.value, history::name(node.role)),
                   {now()});
  const bool own_vote = node.vote == std::optional(node.id);
  if (leads && !own_vote && has(cluster().shown(), Shown::votes))
    violate(
        event,
        fmt::format("{} leads term {}, but {}.", name(node.id), term.value,
                    node.vote ? "its vote went to " + name(*node.vote) : std::string("never voted in it")),
        {now()});
}

PreVoteInert::PreVoteInert(const ClusterShadow& c, Findings& f) : Property(PropertyId::pre_vote_inert, c, f) {
  for (const history::NodeInfo& n : c.info().nodes) {
    if (on_.size() < n.id.value) on_.resize(n.id.value);
    on_[n.id.value - 1] = n.options.pre_vote;
  }
}

void PreVoteInert::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  const bool of_its_step = uncalled_ && uncalled_->step == event.step && uncalled_->node == event.node;
  if (event.kind == EventKind::note || event.kind == EventKind::crash) {
    // A crash may cut off the note that would have told so.
    const bool told = event.kind == EventKind::crash ||
                      event.note.note == static_cast<std::uint64_t>(NoteKind::campaign_commanded);
    if (told && of_its_step) uncalled_.reset();
    return;
  }
  if (uncalled_ && uncalled_->step != event.step) settle();
  const bool asked =
      node.recv_step == event.step && node.recv_type == MessageType::pre_vote && !node.recv_timer_due;
  if (asked && !node.recovering && !broken()) {
    const char* what = event.kind == EventKind::role   ? "role"
                       : event.kind == EventKind::term ? "term"
                                                       : "vote";
    return violate(event,
                   fmt::format("{} changed its {} because it was asked for a pre-vote.", name(node.id), what),
                   {line(event, fmt::format("another {}, term {}", what, node.term.value))});
  }
  if (event.kind == EventKind::role) on_candidacy(event, node);
}

void PreVoteInert::on_candidacy(const Event& event, const NodeShadow& node) {
  const auto role = static_cast<Role>(event.role.role);
  const auto previous = static_cast<Role>(event.role.previous);
  const bool campaigns = role == Role::candidate || (role == Role::leader && previous != Role::candidate);
  const std::size_t at = node.id.value - 1;
  if (!campaigns || !has(cluster().shown(), Shown::pre_votes) || at >= on_.size() || !on_[at]) return;
  looked();
  if (node.recv_step == event.step && node.recv_type == MessageType::timeout_now) return;
  const auto granted = [&node](NodeId voter) {
    return voter == node.id ||
           std::find(node.pre_grants.begin(), node.pre_grants.end(), voter) != node.pre_grants.end();
  };
  if (quorum(node, event, granted) || broken()) return;
  uncalled_ = event;
}

/// Nothing of its step told that it was commanded.
void PreVoteInert::settle() {
  const Event event = *uncalled_;
  uncalled_.reset();
  if (broken()) return;
  violate(event,
          fmt::format("{} campaigned in term {} without a quorum of pre-votes, and nobody had told it to.",
                      name(event.node.as_node()), event.role.term.value),
          {line(event, fmt::format("candidate, term {}", event.role.term.value))});
}

void PreVoteInert::finish(Instant) {
  if (uncalled_) settle();
}

}  // namespace raftsim::checkers
