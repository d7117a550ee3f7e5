#include "checkers/snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/narrative.hpp"
#include "history/names.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

using history::SnapshotAction;

namespace {

SnapshotAction action_of(const Event& event) { return static_cast<SnapshotAction>(event.snapshot.action); }

std::string words(const Event& event) {
  return fmt::format("snapshot {}, up to {} of term {}", history::name(action_of(event)),
                     event.snapshot.index.value, event.snapshot.term.value);
}

}  // namespace

void SnapshotEqualsPrefix::on_event(const Event& event, const Details& details) {
  if (!early_.empty()) judge_early();
  if (!cluster().has(event.node.as_node())) return;
  Claim claim{event, std::nullopt};
  if (details.configuration != nullptr) claim.configuration = *details.configuration;
  if (judge(claim)) return;
  constexpr std::size_t early_max = 64;
  if (early_.size() == early_max) early_.erase(early_.begin());
  early_.push_back(std::move(claim));
}

void SnapshotEqualsPrefix::judge_early() {
  std::erase_if(early_, [this](const Claim& c) { return judge(c); });
}

void SnapshotEqualsPrefix::finish(Instant) { judge_early(); }

bool SnapshotEqualsPrefix::judge(const Claim& claim) {
  const history::SnapshotPart& s = claim.event.snapshot;
  const Canonical& can = cluster().can();
  if (s.index < can.first()) return true;
  if (!can.holds(s.index)) return false;
  const Committed& there = can.at(s.index);
  if (there.applied_by == EventId{} && has(cluster().shown(), Shown::applies)) return false;
  looked();
  if (broken()) return true;
  if (s.term != there.term)
    differs(claim, fmt::format("names term {}, but the committed entry there is of term {}", s.term.value,
                               there.term.value));
  else if (s.state_hash != 0 && there.state_hash != 0 && s.state_hash != there.state_hash)
    differs(claim, "holds another state than applying the committed entries up to there gives");
  if (broken() || !claim.configuration || !cluster().configurations().complete()) return true;
  const Configuration& in_force = cluster().configurations().at(s.index, can);
  if (*claim.configuration != in_force)
    differs(claim, fmt::format("holds the configuration {}, but the one in force there is {}",
                               history::to_text(*claim.configuration), history::to_text(in_force)));
  return true;
}

void SnapshotEqualsPrefix::differs(const Claim& claim, const std::string& how) {
  const Event& event = claim.event;
  violate(event,
          fmt::format("{}'s snapshot up to entry {} ({}) {}.", name(event.node.as_node()),
                      event.snapshot.index.value, history::name(action_of(event)), how),
          {line(event.snapshot.index, cluster().can().at(event.snapshot.index)), line(event, words(event))});
}

void CompactionBound::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  // What a recovery shows was compacted before: what it lacks is no_log_gap's.
  if (node.recovering || !has(cluster().shown(), Shown::snapshots)) return;
  looked();
  if (broken()) return;
  const bool labelled = node.durable.names_snapshots();
  const Index held = labelled ? node.durable.snapshot() : node.snapshot.index;
  const std::string what = fmt::format("log starts at {}", event.truncate.from.value);
  if (event.truncate.from > held + 1) {
    return violate(
        event,
        fmt::format("{} dropped its log up to entry {}, but its {}snapshot holds only what is up "
                    "to {}.",
                    name(node.id), event.truncate.from.value - 1, labelled ? "durable " : "", held.value),
        {line(event, what)});
  }
  // What a step both applied and compacted it tells in its own order.
  if (node.snapshot_step == event.step || !has(cluster().shown(), Shown::applies)) return;
  if (node.snapshot.index <= node.applied && node.snapshot.index <= node.commit) return;
  violate(event,
          fmt::format("{} compacted its log behind a snapshot up to {}, but has applied up to {} and "
                      "committed up to {}.",
                      name(node.id), node.snapshot.index.value, node.applied.value, node.commit.value),
          {line(node.snapshot.event, node.snapshot.time, node.id,
                fmt::format("snapshot up to {}", node.snapshot.index.value)),
           line(event, what)});
}

void NoLogGap::on_event(const Event& event, const Details&) {
  if (event.kind == EventKind::note && event.note.note != static_cast<std::uint64_t>(NoteKind::recovered))
    return;
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  // A recovery may show its log before its snapshot.
  if (node.recovering || event.kind == EventKind::snapshot || !has(cluster().shown(), Shown::snapshots))
    return;
  looked();
  if (node.first <= node.snapshot.index + 1 || broken()) return;
  violate(event,
          fmt::format("{}'s log starts at entry {}, but its snapshot ends at {}: entries {}..{} are nowhere.",
                      name(node.id), node.first.value, node.snapshot.index.value,
                      node.snapshot.index.value + 1, node.first.value - 1),
          {line(event, fmt::format("log starts at {}", node.first.value))});
}

void InstallMonotonic::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  if (event.kind == EventKind::boot) {
    last_[node.id] = {};
  } else if (event.kind == EventKind::snapshot) {
    on_snapshot(event, node);
  } else {
    const Last& last = last_[node.id];
    const bool installed = last.installed_step == event.step && last.kept != Index{};
    if (!installed || event.truncate.from > last.kept || broken()) return;
    violate(
        event,
        fmt::format("{} installed a snapshot up to {} and removed entries {}..{}, although its log held "
                    "the snapshot's last entry.",
                    name(node.id), last.index.value, event.truncate.from.value, event.truncate.last.value),
        {line(last.event, last.time, node.id, fmt::format("installs up to {}", last.index.value)),
         line(event,
              fmt::format("removes entries {}..{}", event.truncate.from.value, event.truncate.last.value))});
  }
}

void InstallMonotonic::on_snapshot(const Event& event, const NodeShadow& node) {
  if (action_of(event) == SnapshotAction::sent) return;
  Last& last = last_[node.id];
  const Last before = last;
  const Index index = event.snapshot.index;
  const bool installed = action_of(event) == SnapshotAction::installed;
  last = {index, event.id, event.time, installed ? event.step : 0,
          installed && node.log.last() > index ? node.log.last() : Index{}};
  looked();
  if (broken()) return;
  // A state that lags behind its own commit index may come forward by a snapshot: the log goes on behind it.
  const bool loses_committed = has(cluster().shown(), Shown::logs) && node.log.last() < node.commit;
  if (index < before.index) {
    violate(event,
            fmt::format("{}'s snapshot went back from entry {} to entry {}.", name(node.id),
                        before.index.value, index.value),
            {line(before.event, before.time, node.id, fmt::format("snapshot up to {}", before.index.value)),
             line(event, words(event))});
  } else if (installed && (index < node.applied || loses_committed)) {
    violate(event,
            fmt::format("{} installed a snapshot up to {}, although it had applied up to {} and committed up "
                        "to {}.",
                        name(node.id), index.value, node.applied.value, node.commit.value),
            {line(event, words(event))});
  }
}

LogBound::LogBound(const ClusterShadow& c, Findings& f) : Property(PropertyId::log_bound, c, f) {
  for (const history::NodeInfo& n : c.info().nodes) {
    bound_.resize(std::max<std::size_t>(bound_.size(), n.id.value));
    if (n.options.snapshot_every)
      bound_[n.id.value - 1] = n.options.trailing_entries + 8 * *n.options.snapshot_every + allowance;
  }
}

void LogBound::on_event(const Event& event, const Details&) {
  const std::size_t node = event.node.as_node().value - 1;
  if (node >= bound_.size() || bound_[node] == 0) return;
  const Index first = cluster().node(event).first;
  const Index commit = event.commit.commit;
  if (commit < first || !has(cluster().shown(), Shown::snapshots)) return;
  looked();
  const std::uint64_t held = commit - first;
  longest_ = std::max(longest_, held);
  if (held <= bound_[node] || broken()) return;
  violate(event,
          fmt::format("{}'s log holds {} committed entries from {} on (bound {}).",
                      name(event.node.as_node()), held, first.value, bound_[node]),
          {line(event, fmt::format("commit {}", commit.value))});
}

void LogBound::finish(Instant) {
  if (longest_ != 0) measured(fmt::format("at most {} committed entries in a log", longest_));
}

}  // namespace raftsim::checkers
