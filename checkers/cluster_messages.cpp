// What leaves a server and what reaches it: votes, candidacies, promises.
#include <algorithm>

#include "checkers/cluster_shadow.hpp"
#include "checkers/keep.hpp"

namespace raftsim::checkers {

namespace {

/// Both say: my log is yours up to here, and will be found so after a power loss. A snapshot stands for the
/// entries that it covers.
bool acknowledges(const history::MessagePart& m) {
  const bool answer =
      m.type == MessageType::append_entries_resp || m.type == MessageType::install_snapshot_resp;
  return answer && m.granted != 0;
}

/// Whether what it says beyond its type and term is needed when it arrives.
bool content_counts(MessageType type) {
  return type == MessageType::append_entries || type == MessageType::install_snapshot ||
         type == MessageType::pre_vote || type == MessageType::read_index;
}

}  // namespace

void ClusterShadow::on_message(const Event& event, const Details& details, NodeShadow& node) {
  const history::MessagePart& m = event.message;
  if (event.kind == EventKind::recv) return on_arrival(event, node);
  if (event.kind == EventKind::dup) {
    if (content_counts(m.type)) flights_.copied(m.message, history::MessageId{m.match});
    return;
  }
  if (event.kind == EventKind::send && m.peer.is_node()) {
    finish_recovery(event, node);
    tell_recovery(node);
  }
  if (m.type == MessageType::unknown) return;
  saw(Shown::messages);
  if (event.kind == EventKind::send && details.message != nullptr) {
    if (m.type == MessageType::request_vote) keep_candidacy(event, node, *details.message);
    if (content_counts(m.type)) flights_.sent(m.message, *details.message);
    if (m.type == MessageType::append_entries) on_append_sent(*details.message, node);
  }
  if (event.kind == EventKind::depart || m.gated == 0) return on_leaving(event, node);
  if (acknowledges(m)) node.gated.push_back({m.message, node.log.chain(Index{m.match}, can_)});
}

void ClusterShadow::on_append_sent(const MessageView& message, const NodeShadow& node) {
  std::size_t own = 0;
  for (const MessageEntry& e : message.entries) {
    const auto in_log = node.log.entry(e.index, can_);
    if (!in_log || in_log->term != e.term || in_log->hash != e.hash) break;
    ++own;
  }
  tell().own_entries = own;
}

void ClusterShadow::on_arrival(const Event& event, NodeShadow& node) {
  const history::MessagePart& m = event.message;
  node.recv_step = event.step;
  node.recv_type = m.type;
  node.recv_timer_due = m.gated != 0;
  if (m.type == MessageType::append_entries || m.type == MessageType::install_snapshot)
    return on_told(event, node);
  if (m.type == MessageType::pre_vote) return saw(Shown::pre_votes);
  if (m.granted == 0 || !m.peer.is_node()) return;
  const NodeId voter = m.peer.as_node();
  if (m.type == MessageType::pre_vote_resp) {
    if (std::find(node.pre_grants.begin(), node.pre_grants.end(), voter) == node.pre_grants.end())
      node.pre_grants.push_back(voter);
    return;
  }
  if (m.type != MessageType::request_vote_resp || m.term < node.grants_term) return;
  if (m.term > node.grants_term) {
    node.grants_term = m.term;
    node.grants.clear();
  }
  for (const Grant& g : node.grants)
    if (g.voter == voter) return;
  node.grants.push_back({voter, event.id, event.time});
}

/// A leader's log only grows while it leads; once it has ceased to, nothing can be said.
Index ClusterShadow::at_end(NodeId leader) const {
  const NodeShadow& n = node(leader);
  return n.up && n.role == Role::leader ? n.log.last() : Index{~std::uint64_t{0}};
}

/// What a leader's message proves of the receiver's log, and tells of what is committed in it.
void ClusterShadow::on_told(const Event& event, NodeShadow& node) {
  const history::MessagePart& m = event.message;
  Told& told = node.told;
  if (m.term < node.term) return;  // refused: of a former leader
  const Flight* flight = flights_.find(m.message);
  if (flight == nullptr) {
    // It has been under way for very long: what it said is not known, but for what it can have said at most.
    const bool known = m.peer.is_node() && has(m.peer.as_node());
    if (known) told.verify(m.term, at_end(m.peer.as_node()));
    told.committed = std::max(told.committed, can_.last());
    return;
  }
  // What was proved before, or is being read back, the log may show only later.
  const bool snapshot = m.type == MessageType::install_snapshot;
  if (!snapshot && !node.recovering && flight->previous > told.verified(m.term)) {
    const auto own = node.log.term(flight->previous, can_);
    if (flight->previous > node.log.last() || (own && *own != flight->previous_term)) return;
  }
  told.verify(m.term, flight->last);
  told.committed = std::max(told.committed, std::min(flight->commit, flight->last));
}

void ClusterShadow::on_leaving(const Event& event, NodeShadow& node) {
  const history::MessagePart& m = event.message;
  Promise& p = tell().promise;
  p.term = m.term;
  p.peer = m.peer.is_node() ? m.peer.as_node() : NodeId{};
  if (m.type == MessageType::request_vote_resp && m.granted != 0) {
    p.kind = Promise::Kind::grant;
  } else if (m.type == MessageType::request_vote) {
    p.kind = Promise::Kind::candidacy;
  } else if (m.type == MessageType::append_entries) {
    p.kind = Promise::Kind::append;
  } else if (acknowledges(m)) {
    p.kind = Promise::Kind::acknowledgement;
    p.by_snapshot = m.type == MessageType::install_snapshot_resp;
    p.index = Index{m.match};
    p.chain = node.log.chain(p.index, can_);
    if (event.kind == EventKind::depart) {
      const auto issued =
          std::find_if(node.gated.begin(), node.gated.end(),
                       [&m](const NodeShadow::GatedAck& g) { return g.message == m.message; });
      p.chain.reset();
      if (issued != node.gated.end()) {
        p.chain = issued->chain;
        node.gated.erase(issued);
      }
    }
  } else {
    return;
  }
  // Who is in a later term has left it to that term's leader what its log is.
  if (p.kind == Promise::Kind::acknowledgement && p.chain && p.term == node.term)
    node.durable.vouched(p.index, *p.chain, can_);
  if (p.kind == Promise::Kind::grant) keep_vote(event, node, p.peer);
  if (p.kind == Promise::Kind::candidacy) keep_vote(event, node, node.id);
  if (p.term > node.promised) {
    node.promised = p.term;
    node.promised_by = event.id;
    node.promised_at = event.time;
  }
}

/// The latest request of a term counts: an earlier one with another log was issued by an incarnation that
/// crashed before it left (had it left, its term would have been durable, and not campaigned for again).
void ClusterShadow::keep_candidacy(const Event& event, const NodeShadow& node, const MessageView& request) {
  const Candidacy told{request.term,          node.id,  request.previous_index,
                       request.previous_term, event.id, event.time};
  auto& all = nodes_[node.id.value - 1].candidacies;
  for (auto known = all.rbegin(); known != all.rend() && known->term >= told.term; ++known) {
    if (known->term != told.term) continue;
    if (known->last_index != told.last_index || known->last_term != told.last_term) *known = told;
    return;
  }
  keep_by_term(all, told);
}

void ClusterShadow::keep_vote(const Event& event, NodeShadow& node, NodeId candidate) {
  const Term term = event.message.term;
  for (auto v = node.votes.rbegin(); v != node.votes.rend() && v->term >= term; ++v)
    if (v->term == term && v->candidate == candidate) return;
  const bool durable = node.durable.term() > term ||
                       (node.durable.term() == term && node.durable.vote() == std::optional(candidate));
  const bool unsynced = labelled(node) && !durable;
  keep_by_term(node.votes, {term, candidate, event.id, event.time, unsynced});
  keep(node.milestones, {.kind = Milestone::Kind::voted,
                         .event = event.id,
                         .time = event.time,
                         .term = term,
                         .peer = candidate,
                         .unsynced = unsynced});
}

}  // namespace raftsim::checkers
