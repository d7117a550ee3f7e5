#include "checkers/log_order.hpp"

#include <fmt/format.h>

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

bool replaces_state(const Event& event) {
  const auto action = static_cast<history::SnapshotAction>(event.snapshot.action);
  return action == history::SnapshotAction::installed || action == history::SnapshotAction::recovered;
}

}  // namespace

void LogTermOrder::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  Last& last = last_[node.id];
  if (event.kind != EventKind::append) {
    last = {};
    return;
  }
  const history::AppendPart& a = event.append;
  std::optional<Term> before = last.term;
  if (last.index + 1 != a.index || last.index == Index{})
    before = node.log.term(a.index - 1, cluster().can());
  last = {a.index, a.term};
  looked();
  if (broken()) return;
  const auto entry = [&a] { return fmt::format("append entry {} of term {}", a.index.value, a.term.value); };
  if (before && *before > a.term) {
    violate(event,
            fmt::format("{}'s log goes from term {} at entry {} back to term {} at entry {}.", name(node.id),
                        before->value, a.index.value - 1, a.term.value, a.index.value),
            {line(event, entry())});
  } else if (a.term > node.term && !node.recovering && has(cluster().shown(), Shown::terms)) {
    violate(event,
            fmt::format("{} appended entry {} of term {}, although it is only in term {}.", name(node.id),
                        a.index.value, a.term.value, node.term.value),
            {line(event, entry())});
  }
}

void ContiguousApply::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  if (event.kind == EventKind::apply) return on_apply(event);
  Applied& applied = applied_[event.node.as_node()];
  if (event.kind == EventKind::boot) {
    applied = {};
  } else if (replaces_state(event) && event.snapshot.index >= applied.index) {
    applied = {event.snapshot.index, event.id, event.time};
  }
}

void ContiguousApply::on_apply(const Event& event) {
  Applied& applied = applied_[event.node.as_node()];
  const Applied before = applied;
  applied = {event.apply.index, event.id, event.time};
  if (event.apply.index == before.index + 1) return looked();
  const NodeShadow& node = cluster().node(event);
  // Where a log starts later and no snapshot is shown, what was applied before is not known.
  if (before.index == Index{} && node.first != Index{1}) return;
  looked();
  if (broken()) return;
  std::vector<Evidence> evidence;
  if (before.event != EventId{})
    evidence.push_back(
        line(before.event, before.time, node.id, fmt::format("state up to {}", before.index.value)));
  evidence.push_back(line(event, fmt::format("apply entry {}", event.apply.index.value)));
  violate(event,
          before.index == Index{}
              ? fmt::format("{} began by applying entry {}.", name(node.id), event.apply.index.value)
              : fmt::format("{} applied entry {} when its state was that after entry {}.", name(node.id),
                            event.apply.index.value, before.index.value),
          std::move(evidence));
}

void CommittedNeverTruncated::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  const Canonical& can = cluster().can();
  const Index from = event.truncate.from;
  looked();
  if (broken()) return;
  const std::optional<LogEntry>& removed = cluster().now().removed;
  // Only leaders of later terms than that of the commit must hold the entry (I04). An older one may still
  // replace the copy of a server that has not heard of that term, and did not count for the commit.
  const bool committed = removed && can.holds(from) && removed->chain == can.at(from).chain &&
                         can.at(from).commit_term <= node.term;
  if (from > node.commit && !committed) return;
  std::vector<Evidence> evidence;
  if (can.holds(from)) evidence.push_back(line(from, can.at(from)));
  evidence.push_back(
      line(event, fmt::format("removes entries {}..{}", from.value, event.truncate.last.value)));
  violate(event,
          from <= node.commit
              ? fmt::format("{} removed entries {}..{}, although it had committed up to {}.", name(node.id),
                            from.value, event.truncate.last.value, node.commit.value)
              : fmt::format("{} removed entries {}..{}, although entry {} is committed.", name(node.id),
                            from.value, event.truncate.last.value, from.value),
          std::move(evidence));
}

}  // namespace raftsim::checkers
