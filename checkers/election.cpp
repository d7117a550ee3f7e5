#include "checkers/election.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

/// Whose vote of `term` went to both.
const NodeShadow* voted_twice(const ClusterShadow& cluster, Term term) {
  for (const NodeShadow& node : cluster.nodes()) {
    const VoteRecord* last = node.vote_in(term);
    if (last == nullptr) continue;
    for (auto v = node.votes.rbegin(); v != node.votes.rend() && v->term >= term; ++v)
      if (v->term == term && v->candidate != last->candidate) return &node;
  }
  return nullptr;
}

}  // namespace

void ElectionSafety::on_event(const Event& event, const Details&) {
  if (!cluster().now().elected) return;
  looked();
  if (broken()) return;
  const Election& now = cluster().elections().back();
  const Leadership* first = cluster().leader_of(now.term);
  if (first != nullptr && first->leader != now.leader) return two_leaders(event, *first, now);
  if (first == nullptr && !cluster().now().first_of_term)
    return violate(event,
                   fmt::format("{} (won {}, votes {}) became leader of term {}, which had a leader thousands "
                               "of elections ago.",
                               name(now.leader), short_time(now.time), votes_of(now), now.term.value),
                   {line(event, fmt::format("leader of term {}", now.term.value))});
  if (!cluster().taken(now.term)) return;
  violate(event,
          fmt::format("{} became leader of term {}, of which the initial logs already hold entries: "
                      "that term had another leader.",
                      name(now.leader), now.term.value),
          {line(event, fmt::format("leader of term {}", now.term.value))});
}

void ElectionSafety::two_leaders(const Event& event, const Leadership& first, const Election& second) {
  std::string sentence =
      fmt::format("Two leaders in term {}: {} (won {}, votes {}) and {} (won {}, votes {}).",
                  second.term.value, name(first.leader), short_time(first.time), votes_of(first),
                  name(second.leader), short_time(second.time), votes_of(second));
  std::vector<Evidence> evidence;
  if (const NodeShadow* voter = voted_twice(cluster(), second.term)) {
    sentence += fmt::format("\n{} voted twice in term {}:", name(voter->id), second.term.value);
    evidence = life_of(*voter, second.term);
  } else {
    const std::string what = fmt::format("leader of term {}", second.term.value);
    evidence.push_back(line(first.event, first.time, first.leader, what, "votes " + votes_of(first)));
    evidence.push_back(line(second.event, second.time, second.leader, what, "votes " + votes_of(second)));
  }
  violate(event, std::move(sentence), std::move(evidence));
}

void OneVotePerTerm::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  const Promise& p = cluster().now().promise;
  if (p.kind != Promise::Kind::grant && p.kind != Promise::Kind::candidacy) return;
  looked();
  if (broken()) return;
  const NodeId candidate = p.kind == Promise::Kind::grant ? p.peer : node.id;
  for (auto v = node.votes.rbegin(); v != node.votes.rend() && v->term >= p.term; ++v) {
    if (v->term != p.term || v->candidate == candidate) continue;
    return violate(
        event,
        fmt::format("{} voted twice in term {}: for {} at {} and for {} at {}.", name(node.id), p.term.value,
                    name(v->candidate), short_time(v->time), name(candidate), short_time(event.time)),
        life_of(node, p.term));
  }
}

void OneVotePerTerm::on_recovered(const Event& event, const NodeShadow& node) {
  if (node.incarnation <= 1 || !has(cluster().shown(), Shown::votes)) return;
  // Its disk lost the vote: it must not give another, which is judged when one leaves.
  if (node.damage.state_lost) return;
  looked();
  const VoteRecord* v = node.vote_in(node.term);
  if (v == nullptr || broken() || node.vote == std::optional(v->candidate)) return;
  const std::string recovered = node.vote ? "a vote for " + name(*node.vote) : std::string("no vote");
  violate(event,
          fmt::format("{} voted for {} in term {} at {}, but recovered that term with {}.", name(node.id),
                      name(v->candidate), node.term.value, short_time(v->time), recovered),
          life_of(node, node.term));
}

MonotonicTerm::MonotonicTerm(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::monotonic_term, c, f) {}

void MonotonicTerm::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  Last& last = last_[node.id];
  if (event.kind == EventKind::boot) {
    last = {};
    return;
  }
  looked();
  const Term now{event.change.now};
  if (now < last.term && !broken())
    violate(
        event,
        fmt::format("{}'s term fell from {} to {} while it ran.", name(node.id), last.term.value, now.value),
        {line(last.event, last.time, node.id, fmt::format("term {}", last.term.value)),
         line(event, fmt::format("term {}", now.value))});
  last = {now, event.id, event.time};
}

void MonotonicTerm::on_recovered(const Event& event, const NodeShadow& node) {
  if (node.incarnation <= 1 || node.damage.state_lost) return;
  looked();
  // The message that ended the recovery may itself have promised a term.
  const bool promised_before = node.promised_by != event.id;
  if (node.term >= node.promised || !promised_before || broken()) return;
  std::vector<Evidence> evidence = last_of(node, 6);
  evidence.push_back(line(node.promised_by, node.promised_at, node.id,
                          fmt::format("sends a promise of term {}", node.promised.value)));
  violate(event,
          fmt::format("{} recovered term {}, although a message that left it at {} had promised term {}.",
                      name(node.id), node.term.value, short_time(node.promised_at), node.promised.value),
          std::move(evidence));
}

void VoteQuorum::on_event(const Event& event, const Details&) {
  if (!cluster().now().elected) return;
  // Where messages are not described, only a single voter's election can be judged: it needs none.
  const Configuration& voters = cluster().node(event).configuration;
  const bool alone = voters.voters.size() == 1 && !voters.joint();
  if (!has(cluster().shown(), Shown::messages) && !alone) return;
  looked();
  if (broken()) return;
  const Election& e = cluster().elections().back();
  const NodeShadow& winner = cluster().node(e.leader);
  const auto granted = [&e](NodeId voter) {
    return voter == e.leader || std::any_of(e.grants.begin(), e.grants.end(),
                                            [voter](const Grant& g) { return g.voter == voter; });
  };
  if (quorum(winner, event, granted)) return;
  std::size_t real = 0;
  for (NodeId voter : winner.configuration.voters) real += granted(voter) ? 1u : 0u;
  std::vector<Evidence> evidence;
  for (const Grant& g : e.grants)
    evidence.push_back(line(g.event, g.time, e.leader, "receives the vote of " + name(g.voter)));
  evidence.push_back(line(event, fmt::format("leader of term {}", e.term.value)));
  violate(event,
          fmt::format("{} became leader of term {} with {} of {} votes: only {} really voted for it.",
                      name(e.leader), e.term.value, real, winner.configuration.voters.size(), votes_of(e)),
          std::move(evidence));
}

VoteUpToDate::VoteUpToDate(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::vote_up_to_date, c, f) {}

void VoteUpToDate::on_event(const Event& event, const Details& details) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  if (event.kind == EventKind::boot) {
    granted_[event.node.as_node()] = {};
  } else if (event.message.type == MessageType::request_vote) {
    on_candidacy(event, details);
  } else if (event.message.type == MessageType::request_vote_resp && event.message.granted != 0) {
    on_grant(event);
  }
}

/// What a candidate says of its log is true of its log.
void VoteUpToDate::on_candidacy(const Event& event, const Details& details) {
  if (details.message == nullptr || !has(cluster().shown(), Shown::logs)) return;
  const NodeShadow& node = cluster().node(event);
  const auto last_term = node.log.last_term(cluster().can());
  if (!last_term) return;
  looked();
  const MessageView& m = *details.message;
  if ((m.previous_index == node.log.last() && m.previous_term == *last_term) || broken()) return;
  violate(event,
          fmt::format("{} asked for votes of term {} with a last entry {} of term {}, but its log ends with "
                      "entry {} of term {}.",
                      name(node.id), m.term.value, m.previous_index.value, m.previous_term.value,
                      node.log.last().value, last_term->value),
          {line(event, fmt::format("RequestVote, term {}", m.term.value))});
}

void VoteUpToDate::on_grant(const Event& event) {
  const NodeShadow& voter = cluster().node(event);
  const history::MessagePart& m = event.message;
  if (!m.peer.is_node()) return;
  const NodeId candidate = m.peer.as_node();
  Granted& last = granted_[voter.id];
  if (last.term == m.term && last.candidate == candidate) return;
  last = {m.term, candidate};
  const Candidacy* c = cluster().candidacy(m.term, candidate);
  const auto own_term = voter.log.last_term(cluster().can());
  if (c == nullptr || !own_term) return;
  looked();
  const Index own_last = voter.log.last();
  if (std::tie(c->last_term, c->last_index) >= std::tie(*own_term, own_last) || broken()) return;
  violate(event,
          fmt::format("{} voted for {} in term {} although its own log is more up-to-date: {}'s last entry "
                      "is {} of term {}, {}'s is {} of term {}.",
                      name(voter.id), name(candidate), m.term.value, name(candidate), c->last_index.value,
                      c->last_term.value, name(voter.id), own_last.value, own_term->value),
          {line(c->event, c->time, candidate, fmt::format("RequestVote, term {}", m.term.value),
                fmt::format("last entry {} of term {}", c->last_index.value, c->last_term.value)),
           line(event, fmt::format("vote for {}, term {}", name(candidate), m.term.value),
                fmt::format("own last entry {} of term {}", own_last.value, own_term->value))});
}

}  // namespace raftsim::checkers
