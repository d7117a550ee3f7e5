#include "checkers/situations.hpp"

#include <algorithm>

namespace raftsim::checkers {

using history::SnapshotAction;

void Situations::hit(SituationId id, EventId event, Instant at) {
  history::SituationCount& count = counts_[static_cast<std::size_t>(id)];
  if (count.times++ != 0) return;
  count.first = event;
  count.first_at = at;
}

EventKinds Situations::kinds() const {
  using enum EventKind;
  return {role, term, truncate, snapshot, config, boot, crash, resume, lost, halt, note, lease, reply, recv};
}

void Situations::on_event(const Event& event, const Details& details) {
  if (!event.node.is_node() || !cluster_.has(event.node.as_node())) return;
  if (courses_.size() < cluster_.nodes().size()) courses_.resize(cluster_.nodes().size());
  const NodeShadow& node = cluster_.node(event);
  Course& course = of(node.id);
  const EventKind kind = event.kind;
  if (kind == EventKind::recv) return on_received(event, node, course);
  if (kind == EventKind::note) return on_note(event, node, course);
  if (kind == EventKind::reply) return on_reply(event, course);
  if (kind == EventKind::lease) return on_lease(event, course);
  if (kind == EventKind::role) return on_role(event, node, course);
  if (kind == EventKind::term) return on_term(event, node);
  if (kind == EventKind::truncate) return on_truncate(event, node, course);
  if (kind == EventKind::snapshot) return on_snapshot(event, details, node, course);
  if (kind == EventKind::config) return on_configuration(event, node, course);
  if (kind == EventKind::boot) return on_boot(event, course);
  if (kind == EventKind::resume) return on_resume(event, node, course);
  if (kind == EventKind::lost) return on_lost(event, details, node);
  on_down(event, node, course);
}

void Situations::on_reply(const Event& event, const Course& course) {
  if (course.duplicate_step == event.step && event.operation.position <= course.foreign_state)
    hit(SituationId::duplicate_after_snapshot, event);
}

void Situations::on_term(const Event& event, const NodeShadow& node) {
  constexpr std::uint64_t leap = 5;
  const history::ChangePart& change = event.change;
  const bool leaps = change.previous != 0 && change.now >= change.previous + leap;
  if (leaps && !node.recovering) hit(SituationId::term_leaps, event);
}

/// The cause of a reception is the departure of the message (of a copy, its making): before a boot, it
/// belongs to what was before that boot.
void Situations::on_received(const Event& event, const NodeShadow& node, const Course& course) {
  const history::MessagePart& m = event.message;
  if (!m.peer.is_node() || !cluster_.has(m.peer.as_node())) return;
  if (event.cause < course.rebooted && event.cause != EventId{})
    hit(SituationId::message_outlives_receiver, event);
  const Course& sender = of(m.peer.as_node());
  if (event.cause < sender.rebooted && event.cause != EventId{})
    hit(SituationId::old_incarnation_speaks, event);
  if (m.type == MessageType::append_entries && m.term < node.term)
    hit(SituationId::deposed_leader_speaks, event);
  if (m.type == MessageType::request_vote_resp && m.granted != 0) on_vote_received(event, node);
}

void Situations::on_truncate(const Event& event, const NodeShadow& node, Course& course) {
  const history::TruncatePart& t = event.truncate;
  if (node.recovering) return;
  const bool replaced = course.install_step == event.step && course.installs != 0;
  hit(replaced ? SituationId::snapshot_over_conflict : SituationId::conflict_removed, event);
  const bool again = course.removed.last != Index{} && t.from <= course.removed.last &&
                     course.removed.from <= t.last && course.removed.step != event.step;
  if (again) hit(SituationId::index_overwritten_twice, event);
  course.removed = {t.from, t.last, event.step};

  const std::optional<LogEntry>& first = cluster_.now().removed;
  if (!first) return;
  const Leadership* creator = cluster_.leader_of(first->term);
  if (creator != nullptr && creator->leader == node.id) hit(SituationId::own_entries_removed, event);
  // Who is down, or reads its log back, holds what is on its disk.
  const auto held = [&](NodeId id) {
    if (id == node.id) return true;
    if (!cluster_.has(id)) return false;
    const NodeShadow& other = cluster_.node(id);
    const TailLog& log = other.up && !other.recovering ? other.log : other.durable.log();
    return log.agrees(t.from, first->chain, cluster_.can()) == Agreement::yes;
  };
  if (first->chain != 0 && quorum(node.configuration, held)) hit(SituationId::figure8_overwrite, event);
}

void Situations::on_snapshot(const Event& event, const Details& details, const NodeShadow& node,
                             Course& course) {
  const history::SnapshotPart& s = event.snapshot;
  const auto action = static_cast<SnapshotAction>(s.action);
  if (details.configuration != nullptr && details.configuration->joint())
    hit(SituationId::joint_snapshot, event);
  if (action == SnapshotAction::recovered) course.foreign_state = s.index;
  if (action != SnapshotAction::installed) return;
  course.foreign_state = s.index;
  course.install_step = event.step;
  hit(SituationId::snapshot_replaces_log, event);
  if (++course.installs > 1) hit(SituationId::refilled_twice, event);
  if (node.role == Role::learner) hit(SituationId::learner_refilled, event);
  const auto& incoming = course.incoming;
  if (incoming.index == s.index && incoming.begun_by != incoming.sent_by)
    hit(SituationId::snapshot_resumed_by_successor, event);
  course.incoming = {};
}

void Situations::on_configuration(const Event& event, const NodeShadow& node, Course& course) {
  const Configuration& now = node.configuration;
  const Index before = course.configuration;
  course.configuration = event.config.index;
  const bool removed = course.removed.step == event.step && course.removed.from <= before &&
                       before <= course.removed.last && event.config.index < before;
  if (removed) {
    hit(SituationId::configuration_rolled_back, event);
    if (node.configuration_before.joint()) hit(SituationId::joint_rolled_back, event);
  }
  const bool leaves = now.joint() && !contains(now.voters, node.id) && contains(now.voters_outgoing, node.id);
  if (node.role == Role::leader && leaves) hit(SituationId::leader_leaves_by_joint, event);
  if (event.config.index != Index{} && cluster_.configurations().terms_at(event.config.index) > 1)
    hit(SituationId::rival_configurations, event);
}

void Situations::on_boot(const Event& event, Course& course) {
  const std::uint32_t cut = course.cut_recoveries;
  const bool fell = course.fell;
  course = {};
  course.cut_recoveries = cut;
  course.fell = fell;
  if (event.boot.incarnation > 1) course.rebooted = event.id;
}

void Situations::on_down(const Event& event, const NodeShadow& node, Course& course) {
  settle_old_entry();
  const bool crash = event.kind == EventKind::crash;
  if (crash && event.process.lost_messages > 0) hit(SituationId::promise_never_left, event);
  if (crash && node.recovering && node.incarnation > 1) {
    hit(SituationId::recovery_cut_short, event);
    if (++course.cut_recoveries > 1) hit(SituationId::recovery_cut_twice, event);
  }
  if (crash && course.incoming.index != Index{}) hit(SituationId::crash_while_refilled, event);
  if (crash && course.leads) on_leader_crash(event, node);
  course.fell = course.fell || course.leads;
  course.leads = false;
  const auto& nodes = cluster_.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), [](const NodeShadow& n) { return n.up; }))
    hit(SituationId::nobody_runs, event);
}

void Situations::on_leader_crash(const Event& event, const NodeShadow& node) {
  const Canonical& can = cluster_.can();
  if (node.log.last() > can.last()) hit(SituationId::leader_dies_replicating, event);
  if (node.configuration.joint()) hit(SituationId::joint_leader_dies, event);
  const bool by_it = can.holds(can.last()) && can.at(can.last()).committer == event.node;
  const auto knows = [&](const NodeShadow& n) { return n.up && n.commit >= can.last(); };
  if (by_it && std::none_of(cluster_.nodes().begin(), cluster_.nodes().end(), knows))
    hit(SituationId::only_the_dead_knew, event);
}

void Situations::on_resume(const Event& event, const NodeShadow& node, const Course& course) {
  if (!course.leads) return;
  if (course.lease_until != Instant{} && course.lease_until <= event.time)
    hit(SituationId::leader_sleeps_past_lease, event);
  const auto succeeds = [&](const NodeShadow& n) {
    return n.up && n.role == Role::leader && n.term > node.term;
  };
  if (std::any_of(cluster_.nodes().begin(), cluster_.nodes().end(), succeeds))
    hit(SituationId::paused_leader_returns, event);
}

/// What a crash lost; decay is told with a status.
void Situations::on_lost(const Event& event, const Details& details, const NodeShadow& node) {
  if (event.disk.status != static_cast<std::uint8_t>(DiskStatus::ok)) return;
  for (const Label& label : details.labels) {
    const auto* state = std::get_if<HardStateLabel>(&label);
    if (state != nullptr && state->vote) hit(SituationId::vote_lost_in_crash, event);
    if (!std::holds_alternative<EntriesLabel>(label)) continue;
    hit(SituationId::entries_lost_in_crash, event);
    if (node.doubt.holds()) hit(SituationId::refill_lost_in_crash, event);
  }
}

/// One that has run out is shown as none sooner or later: when it ran out is remembered.
void Situations::on_lease(const Event& event, Course& course) {
  const Instant until{event.lease.until_ns};
  if (until != Instant{} || course.lease_until > event.time) course.lease_until = until;
}

}  // namespace raftsim::checkers
