// Rare situations of elections: candidates, votes, leaders that come and go.
#include <algorithm>

#include "checkers/situations.hpp"

namespace raftsim::checkers {

void Situations::on_role(const Event& event, const NodeShadow& node, Course& course) {
  settle_old_entry();
  const auto now = static_cast<Role>(event.role.role);
  const auto before = static_cast<Role>(event.role.previous);
  if (before == Role::leader) on_place_lost(event, node, course);
  const bool outside = !cluster_.is_member(node.id);
  if ((now == Role::pre_candidate || now == Role::candidate) && outside)
    hit(SituationId::removed_server_campaigns, event);
  if (now == Role::candidate) return on_candidate(event, node, course);
  if (now == Role::leader) return on_elected(event, node, course);
  if (now == Role::pre_candidate) return;  // it may be a candidate whose time-out came: see on_timed_out
  if (before == Role::pre_candidate) hit(SituationId::pre_vote_in_vain, event);
  const Leadership* leader = cluster_.leader_of(event.role.term);
  const bool lost = before == Role::candidate && event.role.term == course.campaign;
  if (lost && leader != nullptr && leader->leader != node.id) hit(SituationId::candidate_finds_leader, event);
  course.campaign = Term{};
}

void Situations::on_candidate(const Event& event, const NodeShadow& node, Course& course) {
  course.campaign = event.role.term;
  course.campaign_step = event.step;
  std::size_t candidates = 0;
  for (const NodeShadow& n : cluster_.nodes())
    candidates += n.up && n.role == Role::candidate && n.term == node.term ? 1u : 0u;
  if (candidates == 2) hit(SituationId::two_candidates, event);
  if (candidates == 3) hit(SituationId::three_candidates, event);
}

void Situations::on_elected(const Event& event, const NodeShadow& node, Course& course) {
  course.campaign = Term{};
  course.leads = true;
  course.commit_when_elected = node.commit;
  course.lease_until = Instant{};
  splits_ = 0;
  if (node.configuration.joint()) hit(SituationId::elected_while_joint, event);
  const bool returns = last_elected_ == node.id;
  if (returns && course.fell) hit(SituationId::leader_returns_after_crash, event);
  if (returns && !course.fell) hit(SituationId::leader_elected_again, event);
  last_elected_ = node.id;
  for (const NodeShadow& other : cluster_.nodes()) {
    Course& theirs = of(other.id);
    theirs.fell = false;
    const bool overtaken =
        theirs.transfer_to != NodeId{} && theirs.transfer_to != node.id && other.id != node.id;
    if (overtaken) hit(SituationId::transfer_overtaken, event);
    theirs.transfer_to = NodeId{};
    if (other.id != node.id && other.up && other.role == Role::leader && other.term != node.term)
      hit(SituationId::two_leaders, event);
  }
  // All entries that it holds are of earlier terms.
  if (node.log.last() > cluster_.can().last()) old_entry_ = OldEntry{node.log.last(), event.role.term};
}

void Situations::on_place_lost(const Event& event, const NodeShadow& node, Course& course) {
  course.leads = false;
  course.lost_lead_step = event.step;
  if (node.commit == course.commit_when_elected) hit(SituationId::leader_commits_nothing, event);
}

/// A server says that its wait is over; role events of the step came before. Without a pre-vote a candidate
/// stays one, which no event of its role tells.
void Situations::on_timed_out(const Event& event, const NodeShadow& node, Course& course) {
  const bool was_candidate = course.campaign != Term{} && course.campaign_step != event.step;
  const Term term = course.campaign;
  if (was_candidate) course.campaign = node.role == Role::candidate ? Term{event.note.a} : Term{};
  if (was_candidate && node.role == Role::candidate) course.campaign_step = event.step;
  if (!was_candidate || cluster_.leader_of(term) != nullptr) return;
  hit(SituationId::vote_split, event);
  if (term == last_split_) return;
  last_split_ = term;
  if (++splits_ == 3) hit(SituationId::vote_split_three_times, event);
}

void Situations::on_vote_received(const Event& event, const NodeShadow& node) {
  const Term term = event.message.term;
  const bool runs = node.role == Role::candidate && node.term == term;
  if (runs) {
    const auto before = [&](const Grant& g) {
      return g.voter == event.message.peer.as_node() && g.event != event.id;
    };
    if (node.grants_term == term && std::any_of(node.grants.begin(), node.grants.end(), before))
      hit(SituationId::vote_delivered_twice, event);
    return;
  }
  const Leadership* leader = cluster_.leader_of(term);
  const bool won = leader != nullptr && leader->leader == node.id;
  if (!won && !node.recovering) hit(SituationId::late_vote, event);
}

/// Whether the last elected leader committed what was left to it is asked when roles or processes next
/// change: no commit need be heard for it.
void Situations::settle_old_entry() {
  if (!old_entry_) return;
  const Canonical& can = cluster_.can();
  const auto [index, leader_term] = *old_entry_;
  if (can.last() < index &&
      leader_term == (cluster_.elections().empty() ? Term{} : cluster_.elections().back().term))
    return;
  if (can.holds(index)) {
    const Committed& entry = can.at(index);
    if (entry.commit_term == leader_term && entry.term < leader_term)
      hit(SituationId::old_term_entry_committed, entry.committed_by, entry.committed_at);
  }
  old_entry_.reset();
}

}  // namespace raftsim::checkers
