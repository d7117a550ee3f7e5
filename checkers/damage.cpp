// The run's damage set: whose disks decayed, and what of it a restart finds (checkers.md, rules of judging).
#include <algorithm>
#include <variant>

#include "checkers/cluster_shadow.hpp"

namespace raftsim::checkers {

void ClusterShadow::note_decayed(const Details& details, NodeShadow& node) {
  NodeShadow::Damage& damage = node.damage;
  disks_damaged_ = true;
  damage.unknowable |= !node.up;
  for (const Label& label : details.labels) {
    if (const auto* entries = std::get_if<EntriesLabel>(&label)) {
      damage.from = std::min(damage.from.value_or(entries->first), entries->first);
      damage.refill = std::max({damage.refill, entries->last, can_.last()});
    } else if (const auto* snapshot = std::get_if<SnapshotLabel>(&label)) {
      damage.from = Index{1};
      damage.refill = std::max({damage.refill, snapshot->index, can_.last()});
      damage.snapshot = true;
    } else if (std::holds_alternative<HardStateLabel>(label)) {
      damage.state = damage.state_lost = true;
    }
  }
  if (!node.recovering) return;
  // It may have been read back before that, or not.
  damage.found = true;
  if (damage.state) node.floor.term = Term{}, node.floor.vote.reset();
  if (damage.snapshot) node.floor.snapshot = Index{}, node.floor.snapshot_state = 0;
  if (!damage.from || *damage.from > node.floor.last) return;
  node.floor.last = *damage.from - 1;
  node.floor.chain = node.durable.log().chain(node.floor.last, can_);
}

/// What a server says of itself: that it has read back what is left, and whether it trusts that.
void ClusterShadow::on_note(const Event& event, NodeShadow& node) {
  const auto kind = static_cast<NoteKind>(event.note.note);
  node.doubt.noted(kind);
  if (!labelled(node)) node.doubt.state_durable();
  if (kind != NoteKind::recovered) return;
  finish_recovery(event, node);
  tell_recovery(node);
}

/// A restart finds what is left.
void ClusterShadow::find_damage(NodeShadow& node) {
  NodeShadow::Damage& damage = node.damage;
  if (!damage.from && !damage.state) return;
  // What it wrote behind the damage is to be reached again, too.
  if (damage.from) damage.refill = std::max(damage.refill, node.durable.log().last());
  if (damage.snapshot) node.durable.snapshot_decayed();
  if (damage.from && *damage.from <= node.durable.log().last()) node.durable.decayed(*damage.from);
  if (damage.state) node.durable.seed(Term{}, std::nullopt);
  damage.from.reset();
  damage.state = false;
  damage.snapshot = false;
  damage.found = true;
}

}  // namespace raftsim::checkers
