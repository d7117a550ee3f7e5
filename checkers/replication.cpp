#include "checkers/replication.hpp"

#include <fmt/format.h>

#include <tuple>

#include "checkers/narrative.hpp"
#include "seam/chain.hpp"

namespace raftsim::checkers {

void LeaderAppendOnly::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  if (node.role != Role::leader || !node.up) return;
  looked();
  if (event.kind != EventKind::truncate || broken()) return;
  violate(event,
          fmt::format("{} removed entries {}..{} of its own log while it was leader of term {}.",
                      name(node.id), event.truncate.from.value, event.truncate.last.value, node.term.value),
          {line(event, fmt::format("removes entries {}..{}", event.truncate.from.value,
                                   event.truncate.last.value))});
}

void LogMatching::on_event(const Event& event, const Details& details) {
  if (event.kind == EventKind::append) {
    const EntryTable::Met met = cluster().now().met;
    if (met == EntryTable::Met::forgotten) return;
    looked();
    if (met == EntryTable::Met::different && !broken())
      differ(event, event.append.index, event.append.term, "log");
    return;
  }
  if (details.message != nullptr && event.node.is_node() && cluster().has(event.node.as_node()))
    on_message(event, *details.message);
}

void LogMatching::on_message(const Event& event, const MessageView& message) {
  const TailLog& log = cluster().node(event).log;
  const Canonical& can = cluster().can();
  // While entries are those of the sender's own log, that log's appends were judged already.
  const std::size_t own = cluster().now().own_entries;
  looked(own);
  if (own == message.entries.size()) return;
  const Index before = message.entries[own].index - 1;
  const Term term_before = own == 0 ? message.previous_term : message.entries[own - 1].term;
  if (log.term(before, can) != std::optional(term_before)) return;
  auto chain = log.chain(before, can);
  if (!chain) return;
  for (std::size_t k = own; k < message.entries.size(); ++k) {
    const MessageEntry& e = message.entries[k];
    if (e.index != before + (k - own + 1)) return;
    chain = chain_next(*chain, e.term, e.hash);
    const EntryTable::Met met = entries_.meet(e.index, e.term, *chain, event);
    if (met == EntryTable::Met::forgotten) return;
    looked();
    if (met == EntryTable::Met::different && !broken()) return differ(event, e.index, e.term, "message");
  }
}

void LogMatching::differ(const Event& event, Index index, Term term, const char* where) {
  const EntryTable::Entry* first = entries_.find(index, term);
  if (first == nullptr) return;
  const std::string what = fmt::format("entry {} of term {}", index.value, term.value);
  const std::string other = name(first->node.as_node());
  violate(
      event,
      fmt::format("{}'s {} holds entry {} of term {}, as {}'s log did at {}, but the two are not equal "
                  "up to there.",
                  name(event.node.as_node()), where, index.value, term.value, other, short_time(first->time)),
      {line(first->event, first->time, first->node.as_node(), what, "first seen"),
       line(event, what, "another log up to there")});
}

void EntryCreator::on_event(const Event& event, const Details&) {
  if (cluster().now().met != EntryTable::Met::first || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  if (node.recovering || !has(cluster().shown(), Shown::roles)) return;
  looked();
  const Term term = event.append.term;
  if ((node.role == Role::leader && node.term == term) || broken()) return;
  const Leadership* leader = cluster().leader_of(term);
  const std::string owner = leader != nullptr
                                ? fmt::format("{}, the leader of term {},", name(leader->leader), term.value)
                                : fmt::format("the leader of term {}, which nobody was,", term.value);
  violate(event,
          fmt::format("{} appended entry {} of term {}, which no log and no message held before; only {} may "
                      "create entries of that term.",
                      name(node.id), event.append.index.value, term.value, owner),
          {line(event, fmt::format("append entry {} of term {}", event.append.index.value, term.value))});
}

AckNotForgotten::AckNotForgotten(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::ack_not_forgotten, c, f) {}

Evidence AckNotForgotten::line_of(NodeId node, const Acknowledged& ack) const {
  return line(
      ack.event, ack.time, node,
      fmt::format("acknowledges up to {} to {}, term {}", ack.index.value, name(ack.leader), ack.term.value));
}

/// A later leader's entries, or its snapshot: what a snapshot takes the place of is not told as removed, and
/// it says by itself only of which term its last entry is. A server's own covers no more than it committed.
bool AckNotForgotten::replaces(const Label& label, const NodeShadow& node, const Acknowledged& ack) {
  if (const auto* e = std::get_if<EntriesLabel>(&label))
    return e->first <= ack.index && e->last_term > ack.term;
  const auto* s = std::get_if<SnapshotLabel>(&label);
  return s != nullptr && s->index >= ack.index && s->index > node.commit && node.term > ack.term;
}

void AckNotForgotten::on_event(const Event& event, const Details& details) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  std::optional<Acknowledged>& ack = last_[node.id];
  const Promise::Kind promise = cluster().now().promise.kind;
  if (promise == Promise::Kind::acknowledgement) return on_leaving(event);
  if (!ack) return;
  if (promise == Promise::Kind::grant || promise == Promise::Kind::candidacy) return on_vote(event, node);
  if (event.kind == EventKind::truncate) {
    if (event.truncate.from > ack->index || ack->decayed) return;
    looked();
    if (node.term > ack->term) {
      ack.reset();
    } else if (!broken()) {
      violate(event,
              fmt::format("{} removed entries {}..{} in term {}, although it had acknowledged up to {} to {} "
                          "in that term.",
                          name(node.id), event.truncate.from.value, event.truncate.last.value,
                          node.term.value, ack->index.value, name(ack->leader)),
              {line_of(node.id, *ack),
               line(event, fmt::format("removes entries {}..{}", event.truncate.from.value,
                                       event.truncate.last.value))});
    }
  } else if (event.kind == EventKind::write) {
    // What a write brings is shown in a later step, and a crash may come before that.
    for (const Label& label : details.labels)
      if (ack && replaces(label, node, *ack)) ack.reset();
  }
}

void AckNotForgotten::on_leaving(const Event& event) {
  const Promise& p = cluster().now().promise;
  if (!p.chain || p.index.value == 0) return;
  looked();
  const NodeShadow& node = cluster().node(event);
  // While it waited for the disk, a later leader replaced what it vouches for: it binds no more.
  if (node.term > p.term && node.log.agrees(p.index, *p.chain, cluster().can()) == Agreement::no) return;
  auto& ack = last_[node.id];
  if (!ack || p.term > ack->term || (p.term == ack->term && p.index > ack->index))
    ack = Acknowledged{
        p.term, p.index, *p.chain, event.id, event.time, p.peer, node.log.term(p.index, cluster().can())};
}

void AckNotForgotten::on_vote(const Event& event, const NodeShadow& voter) {
  const Acknowledged& ack = *last_[voter.id];
  if (!ack.decayed || !ack.entry_term) return;
  if (voter.log.agrees(ack.index, ack.chain, cluster().can()) != Agreement::no) return;
  const Promise& p = cluster().now().promise;
  const NodeId candidate = p.kind == Promise::Kind::grant ? p.peer : voter.id;
  const Candidacy* c = cluster().candidacy(p.term, candidate);
  if (c == nullptr) return;
  looked();
  if (std::tie(c->last_term, c->last_index) >= std::tie(*ack.entry_term, ack.index) || broken()) return;
  violate(event,
          fmt::format("{} voted for {} in term {}, although it had acknowledged up to entry {} of term {}, "
                      "which {}'s log does not reach: its own disk had lost that, and it does not have it "
                      "again yet.",
                      name(voter.id), name(candidate), p.term.value, ack.index.value, ack.entry_term->value,
                      name(candidate)),
          {line_of(voter.id, ack),
           line(c->event, c->time, candidate, fmt::format("RequestVote, term {}", p.term.value),
                fmt::format("last entry {} of term {}", c->last_index.value, c->last_term.value)),
           line(event, fmt::format("vote for {}, term {}", name(candidate), p.term.value),
                fmt::format("own last entry {}", voter.log.last().value))});
}

void AckNotForgotten::on_recovered(const Event& event, const NodeShadow& node) {
  auto& ack = last_[node.id];
  if (!ack || node.incarnation <= 1) return;
  const TailLog& found = node.found_log;
  const bool gone = found.agrees(ack->index, ack->chain, cluster().can()) == Agreement::no;
  if (node.damage.found || ack->decayed) {
    ack->decayed = gone;
    if (node.damage.unknowable) ack.reset();
    return;
  }
  looked();
  if (!gone || broken()) return;
  std::vector<Evidence> evidence = last_of(node, 4);
  evidence.push_back(line_of(node.id, *ack));
  evidence.push_back(line(event, "recovers", fmt::format("log up to {}", found.last().value)));
  violate(event,
          fmt::format("{} acknowledged entries up to {} to {} in term {}, but after its restart its log {}.",
                      name(node.id), ack->index.value, name(ack->leader), ack->term.value,
                      found.last() < ack->index ? fmt::format("ends at {}", found.last().value)
                                                : std::string("holds other entries")),
          std::move(evidence));
}

}  // namespace raftsim::checkers
