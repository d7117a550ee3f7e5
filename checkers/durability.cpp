#include "checkers/durability.hpp"

#include <fmt/format.h>

#include <variant>

#include "checkers/narrative.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

namespace {

std::string on_disk(const DurableShadow& durable) {
  return durable.vote() ? fmt::format("term {}, vote for {}", durable.term().value, name(*durable.vote()))
                        : fmt::format("term {}, no vote", durable.term().value);
}

/// How a snapshot that was found falls short of the durable one; empty: it does not.
std::string shortfall(Index durable, std::uint64_t durable_state, Index found, std::uint64_t found_state) {
  if (found < durable)
    return fmt::format("a snapshot up to {} was durable, but it recovered {}", durable.value,
                       found == Index{} ? "none" : fmt::format("one up to {}", found.value));
  const bool comparable = found == durable && durable_state != 0 && found_state != 0;
  if (comparable && durable_state != found_state)
    return fmt::format("its snapshot up to {} holds another state than its label said", durable.value);
  return "";
}

}  // namespace

void DurableBeforeReply::on_event(const Event& event, const Details&) {
  const Promise& p = cluster().now().promise;
  if (p.kind == Promise::Kind::none) return;
  const NodeShadow& node = cluster().node(event);
  if (!cluster().labelled(node)) return;
  looked();
  if (!entailed(node, p) && !broken()) broken_promise(event, node, p);
}

bool DurableBeforeReply::entailed(const NodeShadow& node, const Promise& p) const {
  const DurableShadow& durable = node.durable;
  switch (p.kind) {
    case Promise::Kind::grant:
      return durable.term() > p.term || (durable.term() == p.term && durable.vote() == std::optional(p.peer));
    case Promise::Kind::candidacy:
      return durable.term() > p.term ||
             (durable.term() == p.term && durable.vote() == std::optional(node.id));
    case Promise::Kind::append:
      return durable.term() >= p.term;
    case Promise::Kind::acknowledgement:
      if (durable.term() != p.term) return durable.term() > p.term;
      // A gated acknowledgement that leaves after its sender's term moved on is legal (checkers.md): the
      // entries were durable, and what a leader of a later term replaces them with may be on its way to the
      // disk.
      if (node.term > p.term) return true;
      // Without a chain, the log was too short for the acknowledgement (or that far back is not known).
      if (!p.chain) return p.index <= durable.kept(cluster().can());
      return durable.keeps(p.index, *p.chain, cluster().can());
    case Promise::Kind::none:
      break;
  }
  return true;
}

void DurableBeforeReply::broken_promise(const Event& event, const NodeShadow& node, const Promise& p) {
  const std::string who = name(node.id);
  const std::string disk = on_disk(node.durable);
  std::string sentence, what;
  const char* remark = "reply sent before sync";
  switch (p.kind) {
    case Promise::Kind::grant:
      sentence = fmt::format("{}'s vote for {} in term {} left before it was durable (on disk: {}).", who,
                             name(p.peer), p.term.value, disk);
      what = fmt::format("vote for {}, term {}", name(p.peer), p.term.value);
      break;
    case Promise::Kind::candidacy:
      sentence = fmt::format("{} asked for votes in term {} before its own vote was durable (on disk: {}).",
                             who, p.term.value, disk);
      what = fmt::format("RequestVote, term {}", p.term.value);
      remark = "request sent before sync";
      break;
    case Promise::Kind::acknowledgement: {
      const bool entries = node.durable.term() == p.term;
      sentence =
          fmt::format("{} acknowledged {} up to {} to {} in term {} before {} durable (on disk: {}).", who,
                      p.by_snapshot ? "a snapshot" : "entries", p.index.value, name(p.peer), p.term.value,
                      !entries        ? "that term was"
                      : p.by_snapshot ? "it was"
                                      : "they were",
                      entries ? fmt::format("log up to {}", node.durable.kept(cluster().can()).value) : disk);
      what = fmt::format("acknowledges up to {}, term {}", p.index.value, p.term.value);
      break;
    }
    case Promise::Kind::append:
    case Promise::Kind::none:
      sentence = fmt::format("{} sent AppendEntries of term {} before that term was durable (on disk: {}).",
                             who, p.term.value, disk);
      what = fmt::format("AppendEntries, term {}", p.term.value);
      remark = "sent before sync";
      break;
  }
  violate(event, std::move(sentence), {line(event, std::move(what), remark)});
}

void LabelHonest::on_event(const Event& event, const Details& details) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  if (event.kind == EventKind::audit) return on_audit(event, details, node);
  if (event.kind != EventKind::write || node.recovering) return;
  for (const Label& label : details.labels) on_write(event, node, label);
}

void LabelHonest::on_write(const Event& event, const NodeShadow& node, const Label& label) {
  bool honest = true;
  std::string truth;
  if (const auto* h = std::get_if<HardStateLabel>(&label)) {
    if (!has(cluster().shown(), Shown::terms)) return;
    const bool same_term = h->term == node.term;
    honest = h->term <= node.term && (!same_term || !h->vote || h->vote == node.vote);
    if (!honest)
      truth = fmt::format("it is in term {} with {}", node.term.value,
                          node.vote ? "a vote for " + name(*node.vote) : std::string("no vote"));
  } else if (const auto* e = std::get_if<EntriesLabel>(&label)) {
    const Agreement now = node.log.agrees(e->last, e->chain, cluster().can());
    if (!has(cluster().shown(), Shown::logs) || now == Agreement::unknown) return;
    const EntryTable::Entry* known = cluster().entries().find(e->last, e->last_term);
    honest = now == Agreement::yes || (known != nullptr && known->chain == e->chain);
    if (!honest)
      truth = fmt::format("no log ever held that entry {} of term {}", e->last.value, e->last_term.value);
  } else {
    return;
  }
  looked();
  if (honest || broken()) return;
  violate(
      event,
      fmt::format("{} labelled a disk write \"{}\", but {}.", name(node.id), history::to_text(label), truth),
      {line(event, "write: " + history::to_text(label))});
}

/// Term, vote and snapshot become durable only after a write: until then, the durable shadow's are what was
/// recovered.
void LabelHonest::on_recovered(const Event& event, const NodeShadow& node) {
  if (node.incarnation <= 1 && node.initial == nullptr) return;
  if (!cluster().labelled(node)) return;
  looked();
  if (broken()) return;
  const NodeShadow::Floor& floor = node.floor;
  const DurableShadow& found = node.durable;
  std::string what;
  if (has(cluster().shown(), Shown::terms) && found.term() < floor.term)
    what = fmt::format("term {} was durable, but it recovered term {}", floor.term.value, found.term().value);
  else if (has(cluster().shown(), Shown::votes) && found.term() == floor.term && floor.vote &&
           found.vote() != floor.vote)
    what = fmt::format("its vote for {} in term {} was durable, but it recovered {}", name(*floor.vote),
                       floor.term.value, found.vote() ? "a vote for " + name(*found.vote()) : "no vote");
  else if (floor.chain && has(cluster().shown(), Shown::logs) &&
           node.found_log.agrees(floor.last, *floor.chain, cluster().can()) == Agreement::no)
    what = fmt::format("its log was durable up to {}, but what it recovered {}", floor.last.value,
                       node.found_log.last() < floor.last
                           ? fmt::format("ends at {}", node.found_log.last().value)
                           : std::string("is another log"));
  else if (has(cluster().shown(), Shown::snapshots))
    what = shortfall(floor.snapshot, floor.snapshot_state, found.snapshot(), found.snapshot_state());
  if (what.empty()) return;
  std::vector<Evidence> evidence = last_of(node, 6);
  violate(event, fmt::format("{} does not recover what its labels said: {}.", name(node.id), what),
          std::move(evidence));
}

std::string LabelHonest::missing(const history::AuditPart& twin, const SnapshotLabel* snapshot,
                                 const NodeShadow& node) const {
  const DurableShadow& promised = node.durable;
  const NodeShadow::Damage& damage = node.damage;
  const bool damaged = damage.from || damage.state || damage.snapshot || damage.found;
  // Who starts from a damaged disk may refuse to: no label said that it is whole.
  if ((twin.shows & history::audit_halted) != 0) return damaged ? "" : "stops itself";
  if ((twin.shows & history::audit_stuck) != 0) return damaged ? "" : "never comes to rest";
  // What decayed is the disk's loss; all else is still promised.
  if ((twin.shows & history::audit_term) != 0 && !node.damage.state) {
    if (twin.term < promised.term())
      return fmt::format("recovers term {}, but term {} was durable", twin.term.value, promised.term().value);
    const bool shows_vote = (twin.shows & history::audit_vote) != 0 && twin.term == promised.term();
    if (shows_vote && promised.vote() && promised.vote() != std::optional(NodeId{twin.vote}))
      return fmt::format("recovers {} in term {}, but its vote for {} was durable",
                         twin.vote == 0 ? "no vote" : "a vote for " + name(NodeId{twin.vote}),
                         twin.term.value, name(*promised.vote()));
  }
  if ((twin.shows & history::audit_snapshot) != 0 && !node.damage.snapshot) {
    const std::string short_of = shortfall(promised.snapshot(), promised.snapshot_state(),
                                           snapshot != nullptr ? snapshot->index : Index{},
                                           snapshot != nullptr ? snapshot->state_hash : 0);
    if (!short_of.empty()) return "finds too little: " + short_of;
  }
  if ((twin.shows & history::audit_log) == 0) return "";
  Index last = promised.certain(cluster().can());
  // What counts as decayed may be whole here: a read returned what the disk does not hold.
  const auto whole = promised.log().chain(last, cluster().can());
  if (whole && twin.last == last && twin.chain == *whole) return "";
  if (node.damage.from) last = std::min(last, *node.damage.from - 1);
  if (twin.last < last)
    return fmt::format("recovers a log up to {}, but it was durable up to {}", twin.last.value, last.value);
  const auto chain = promised.log().chain(last, cluster().can());
  if (!chain) return "";
  // Behind what is durable the twin may hold more. Its chain is known at its own end; and up to where it
  // holds what the server's own log holds, at every index; which is not told before it has recovered.
  const bool same = twin.last == last ? twin.chain == *chain
                                      : last + twin.apart > twin.last || node.recovering ||
                                            node.log.agrees(last, *chain, cluster().can()) != Agreement::no;
  return same ? "" : fmt::format("recovers another log than the one that was durable up to {}", last.value);
}

void LabelHonest::on_audit(const Event& event, const Details& details, const NodeShadow& node) {
  const history::AuditPart& twin = event.audit;
  if (twin.shows == 0 || !cluster().labelled(node)) return;
  looked();
  ++crash_images_;
  if (broken()) return;
  const SnapshotLabel* snapshot = nullptr;
  for (const Label& label : details.labels)
    if (const auto* s = std::get_if<SnapshotLabel>(&label)) snapshot = s;
  const std::string what = missing(twin, snapshot, node);
  if (what.empty()) return;
  violate(
      event,
      fmt::format("{}'s labels say more than its disk holds: started from what the worst power loss would "
                  "leave, it {}.",
                  name(node.id), what),
      last_of(node, 6));
}

void LabelHonest::finish(Instant) {
  if (crash_images_ != 0) measured(fmt::format("{} crash images recovered from", crash_images_));
}

}  // namespace raftsim::checkers
