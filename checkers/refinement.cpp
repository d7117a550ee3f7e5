#include "checkers/refinement.hpp"

#include <fmt/format.h>

#include "checkers/narrative.hpp"
#include "history/names.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

using specification::Cause;
using specification::Illegal;
using specification::LogEnd;
using specification::Server;

RefinementProperty::RefinementProperty(const ClusterShadow& c, Findings& f, Refinement refinement)
    : Property(PropertyId::refinement, c, f), left_out_(refinement == Refinement::left_out) {
  if (left_out_) set_skipped("left out of this run: of many, one in four is judged by it");
}

EventKinds RefinementProperty::kinds() const {
  using enum EventKind;
  if (left_out_) return {};
  return {boot,   recv,   timer_fire, note,     send,  EventKind::role, EventKind::term, EventKind::vote,
          leader, append, truncate,   snapshot, commit};
}

void RefinementProperty::on_event(const Event& event, const Details& details) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  Watched& watched = servers_[node.id];
  Server& server = watched.server;
  if (event.kind == EventKind::boot) server = {};
  server.id = node.id;
  if (event.step != server.step) {
    server.begin_step(event.step, event.kind == EventKind::timer_fire ? Cause::timer : Cause::other);
    watched.event = event.id;
    watched.time = event.time;
  }
  if (event.kind == EventKind::recv) {
    on_received(event, server, node);
  } else if (event.kind == EventKind::note) {
    on_note(event, server);
  } else if (event.kind != EventKind::boot && event.kind != EventKind::timer_fire) {
    if (!node.recovering && !broken()) {
      if (event.kind != EventKind::send)
        on_changed(event, details, watched, node);
      else if (event.message.peer.is_node() && details.message != nullptr)
        judge(event, details, watched, judged_message(event, details, server, node));
    }
    if (event.kind == EventKind::role) server.role = static_cast<Role>(event.role.role);
    if (event.kind == EventKind::term) server.term = Term{event.change.now};
  }
}

void RefinementProperty::on_received(const Event& event, Server& server, const NodeShadow& node) {
  const history::MessagePart& m = event.message;
  server.timer_due = m.gated != 0;
  if (!m.peer.is_node()) {
    server.cause = Cause::request;
    return;
  }
  server.cause = Cause::message;
  const Flight* flight = cluster().flight(m.message);
  std::optional<specification::Content> content;
  if (flight != nullptr) content = {{flight->previous_term, flight->previous}, flight->context};
  deliver(server, m, content, node.commit);
  if (m.type != MessageType::append_entries || flight == nullptr) return;
  server.matched = flight->previous <= node.log.last() &&
                   node.log.term(flight->previous, cluster().can()) == std::optional(flight->previous_term);
}

void RefinementProperty::on_note(const Event& event, Server& server) {
  const auto kind = static_cast<NoteKind>(event.note.note);
  if (kind == NoteKind::damage_found || kind == NoteKind::disk_full) server.in_doubt = true;
  if (kind == NoteKind::doubt_ended || kind == NoteKind::disk_has_space) server.in_doubt = false;
}

void RefinementProperty::judge(const Event& event, const Details& details, const Watched& watched,
                               const Illegal& illegal) {
  looked();
  if (!illegal) return;
  violate(event, fmt::format("{} {}.", name(watched.server.id), *illegal),
          {began(watched), line(event, history::in_words(event, details))});
}

void RefinementProperty::on_changed(const Event& event, const Details& details, Watched& watched,
                                    const NodeShadow& node) {
  Server& server = watched.server;
  const auto told = [&](const Illegal& illegal) { judge(event, details, watched, illegal); };
  if (event.kind == EventKind::role) return told(judged_role(event, server, node));
  if (event.kind == EventKind::truncate) return told(judged_removal(event, server, node));
  if (event.kind == EventKind::commit) return told(judged_commit(event, server, node));
  if (event.kind == EventKind::append)
    return told(appends(server, event.append.index, event.append.term, node.term, node.role,
                        node.told.verified(node.term)));
  if (event.kind == EventKind::snapshot) {
    const auto action = static_cast<history::SnapshotAction>(event.snapshot.action);
    if (action == history::SnapshotAction::installed)
      told(installs(server, {event.snapshot.term, event.snapshot.index}));
    return;
  }
  const history::ChangePart& change = event.change;
  if (event.kind == EventKind::term) {
    server.term_changed = true;
    // That terms never fall is judged by another.
    if (change.now > change.previous)
      told(raises_term(server, Term{change.previous}, Term{change.now}, node.role));
  } else if (event.kind == EventKind::vote) {
    told(votes(server, NodeId{change.previous}, NodeId{change.now}, node.term, node.role));
  } else if (event.kind == EventKind::leader && change.now != 0) {
    told(learns_leader(server, NodeId{change.now}, node.term, node.role));
  }
}

Illegal RefinementProperty::judged_role(const Event& event, Server& server, const NodeShadow& node) const {
  const auto to = static_cast<Role>(event.role.role);
  if (to != Role::leader || !cluster().now().elected)
    return changes_role(server, to, event.role.term, node.configuration);
  const Election& election = cluster().elections().back();
  return specification::becomes_leader(node.configuration, [&](NodeId voter) {
    return voter == node.id || std::any_of(election.grants.begin(), election.grants.end(),
                                           [voter](const Grant& g) { return g.voter == voter; });
  });
}

Illegal RefinementProperty::judged_removal(const Event& event, const Server& server,
                                           const NodeShadow& node) const {
  const auto& removed = cluster().now().removed;
  if (!removed) return std::nullopt;
  const Leadership* leadership = cluster().leader_of(node.term);
  std::optional<Term> leaders;
  if (leadership != nullptr && cluster().has(leadership->leader)) {
    const NodeShadow& leader = cluster().node(leadership->leader);
    const bool leads = leader.up && leader.role == Role::leader && leader.term == node.term;
    if (leads && event.truncate.from > leader.log.last()) leaders = Term{};
    if (leads && event.truncate.from <= leader.log.last())
      leaders = leader.log.term(event.truncate.from, cluster().can());
  }
  return removes(server, {event.truncate.from, removed->term}, node.role, leaders);
}

Illegal RefinementProperty::judged_commit(const Event& event, const Server& server,
                                          const NodeShadow& node) const {
  const std::optional<Term> term = cluster().counted_in();
  if (!term) return std::nullopt;
  const Index commit = event.commit.commit;
  const auto holds = [&](NodeId id) {
    if (id == node.id) return !cluster().labelled(node) || node.durable.log().last() >= commit;
    const specification::Heard* heard = server.of(id);
    return heard != nullptr && heard->match_term == *term && heard->match >= commit;
  };
  if (node.configuration_step == event.step && node.configuration_before.agrees(holds)) return std::nullopt;
  return specification::advances_commit(node.configuration, holds);
}

Illegal RefinementProperty::judged_message(const Event& event, const Details& details, Server& server,
                                           const NodeShadow& node) const {
  const MessageType type = event.message.type;
  const MessageView& view = *details.message;
  specification::After after;
  after.role = node.role;
  after.term = node.term;
  after.vote = node.vote;
  after.last = node.log.last();
  after.commit = node.commit;
  if (type == MessageType::pre_vote_resp) after.last_term = node.log.last_term(cluster().can());
  if (type == MessageType::append_entries && view.previous_index <= after.last && node.role == Role::leader)
    after.previous_term = node.log.term(view.previous_index, cluster().can());
  if (type == MessageType::read_index_resp) after.commit_term = node.log.term(node.commit, cluster().can());
  after.may_refuse = server.in_doubt || cluster().in_doubt(node);
  return says(server, event.message, view, after);
}

Evidence RefinementProperty::began(const Watched& watched) {
  const Server& server = watched.server;
  std::string what = "its disk, an operator or a link begins the step";
  if (server.cause == Cause::timer) what = "its timer fires";
  if (server.cause == Cause::request) what = "a client's request begins the step";
  if (server.cause == Cause::message)
    what = fmt::format("receives {} from {}", history::name(server.type), name(server.from));
  return line(watched.event, watched.time, server.id, std::move(what));
}

}  // namespace raftsim::checkers
