#include "checkers/leases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

const Options* options_of(const ClusterShadow& cluster, NodeId node) {
  for (const history::NodeInfo& n : cluster.info().nodes)
    if (n.id == node) return &n.options;
  return nullptr;
}

}  // namespace

void LeaseExclusion::on_event(const Event& event, const Details&) {
  if (!event.node.is_node()) return;
  if (event.kind == EventKind::commit) {
    if (leases_.empty()) return;
    if (const auto term = cluster().counted_in()) later_leader(event, *term, "committed in");
    return;
  }
  const NodeId node = event.node.as_node();
  if (event.kind == EventKind::role || event.kind == EventKind::term) {
    if (!leases_.empty() && cluster().now().elected)
      later_leader(event, cluster().elections().back().term, "became leader of");
    return;
  }
  std::erase_if(leases_, [node](const Lease& l) { return l.holder == node; });
  if (event.kind != EventKind::lease || event.lease.until_ns == 0) return;
  told_ = true;
  leases_.push_back({node, event.lease.term, Instant{event.lease.until_ns}, event.id, event.time});
}

void LeaseExclusion::later_leader(const Event& event, Term term, const char* deed) {
  looked();
  for (const Lease& l : leases_) {
    const bool served = l.holder != event.node.as_node() && l.term < term && l.until > event.time;
    if (!served || broken()) continue;
    if (cluster().clock_bound_broken()) return set_unknown("clock bound broken");
    violate(event,
            fmt::format("{} {} term {} at {}, while {} would serve reads from its lease of term {} until {}.",
                        name(event.node.as_node()), deed, term.value, short_time(event.time), name(l.holder),
                        l.term.value, short_time(l.until)),
            {line(l.event, l.told, l.holder, fmt::format("lease until {}", short_time(l.until)),
                  fmt::format("term {}", l.term.value)),
             line(event, fmt::format("{} term {}", deed, term.value))});
  }
}

/// Whether or not it was seen to fail: nothing is promised then.
void LeaseExclusion::finish(Instant) {
  if (told_ && cluster().clock_bound_broken()) set_unknown("clock bound broken");
}

void TransferTerminates::on_event(const Event& event, const Details&) {
  if (!event.node.is_node() || !cluster().has(event.node.as_node())) return;
  Transfer& t = transfers_[event.node.as_node()];
  const NodeShadow& node = cluster().node(event);
  judge_taken(node, t, event.step);
  if (event.kind == EventKind::note) return on_note(event, node, t);
  if (!t.under_way) return;
  if (node.role != Role::leader || !node.up) {
    // Whoever leads then takes proposals.
    judge(event.id, event.time, node);
    t.under_way = false;
  } else if (event.kind == EventKind::append) {
    t.taken = Transfer::Taken{event.append.index, event.id, event.time, event.step};
  }
}

void TransferTerminates::on_note(const Event& event, const NodeShadow& node, Transfer& t) {
  const auto note = static_cast<NoteKind>(event.note.note);
  if (note == NoteKind::transfer_started) {
    looked();
    t = {true, NodeId{event.note.a}, event.time, event.id};
  } else if (t.under_way) {
    judge(event.id, event.time, node);
    if (note == NoteKind::transfer_done || note == NoteKind::transfer_aborted) t.under_way = false;
  }
}

void TransferTerminates::judge_taken(const NodeShadow& node, Transfer& t, std::uint32_t now) {
  if (!t.taken || t.taken->step == now) return;
  const Transfer::Taken taken = *std::exchange(t.taken, std::nullopt);
  if (taken.index == node.configuration_index || broken()) return;
  violate(
      taken.event, taken.time,
      fmt::format("{} took entry {} while it was handing its leadership to {}: the target has to catch up "
                  "with it first, and may never (dissertation 3.10).",
                  name(node.id), taken.index.value, name(t.target)),
      {line(t.event, t.since, node.id, "begins to hand leadership to " + name(t.target)),
       line(taken.event, taken.time, node.id, fmt::format("append entry {}", taken.index.value))});
}

void TransferTerminates::judge(EventId event, Instant now, const NodeShadow& node) {
  const Transfer& t = transfers_[node.id];
  const Options* options = options_of(cluster(), node.id);
  const std::optional<Instant> on_time = cluster().on_time_since(node);
  if (options == nullptr || broken() || !on_time) return;
  const Duration bound = options->election_timeout * 2;
  if (now <= std::max(t.since, *on_time) + bound) return;
  violate(event, now,
          fmt::format("{} began to hand its leadership to {} at {} and had neither done so nor given up {} "
                      "later (bound {}).",
                      name(node.id), name(t.target), short_time(t.since), span(now - t.since), span(bound)),
          {line(t.event, t.since, node.id, "begins to hand leadership to " + name(t.target))});
}

void TransferTerminates::finish(Instant end) {
  for (const NodeShadow& node : cluster().nodes()) {
    judge_taken(node, transfers_[node.id], std::numeric_limits<std::uint32_t>::max());
    if (transfers_[node.id].under_way && node.up) judge(cluster().last_event(), end, node);
  }
}

void UncommittedBound::on_event(const Event& event, const Details&) {
  if (!cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  const Options* options = options_of(cluster(), node.id);
  if (options == nullptr) return;
  // One that is not committed comes on top of the commands that the limit is for; so large at most.
  const std::uint64_t configuration = node.configuration_index > node.commit ? 4'096 : 0;
  const std::uint64_t bytes = event.load.uncommitted_bytes;
  const bool one = node.log.last() <= node.commit + 1;
  looked();
  most_ = std::max(most_, bytes);
  const bool idle = node.log.last() <= node.commit;
  if (broken()) return;
  const Evidence at = line(event, fmt::format("{} bytes uncommitted", bytes));
  if (bytes > options->max_uncommitted_bytes + configuration && !one)
    violate(event,
            fmt::format("{} holds {} bytes of uncommitted entries; its limit is {}.", name(node.id), bytes,
                        options->max_uncommitted_bytes),
            {at});
  else if (idle && bytes != 0)
    violate(event,
            fmt::format("{} counts {} bytes of uncommitted entries, although all of its log is committed.",
                        name(node.id), bytes),
            {at});
}

void UncommittedBound::finish(Instant) {
  if (most_ != 0) measured(fmt::format("at most {} bytes uncommitted", most_));
}

}  // namespace raftsim::checkers
