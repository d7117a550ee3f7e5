// Changes of the configuration: single servers (4.1), joint consensus (4.3), learners that catch up (4.2.1),
// servers that leave (4.2.2).
//
// The latest configuration of the log is in force, committed or not, on every server. What makes that safe is
// that two neighbours in any log have overlapping majorities, and that a leader appends one only if those
// before it, and an entry of its own term, are committed. Without the last condition two leaders could each
// append a change to the same configuration, neither of them committed, and majorities of these siblings need
// not overlap (the erratum of 2015). It holds for the second half of a joint change as well, which is more
// than needed and makes the rule one.
//
// A change is a chain of entries, each waiting for the one before it to be committed: new servers come in as
// learners; when they have caught up, the voters change, in one step or by way of a joint configuration. A
// leader that finds a joint configuration in its log finishes it; whatever else its predecessor had begun is
// left as it is, for the operator to ask again.
//
// Given up (4.2.1 leaves open what then): a server that is too slow is taken out again if this change brought
// it in, so that a refused change leaves the configuration as it was; one that was a learner before stays.
#include "core/membership.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "core/raft.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

NodeSet united(const NodeSet& a, const NodeSet& b) {
  NodeSet all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

NodeSet without(const NodeSet& a, const NodeSet& b) {
  NodeSet rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

NodeSet members(const Configuration& configuration) {
  return united(united(configuration.voters, configuration.voters_outgoing), configuration.learners);
}

bool is_member(const Configuration& configuration, NodeId node) {
  return configuration.votes(node) || contains(configuration.learners, node);
}

bool may_ask_again(ChangeRefusal why) {
  return why == ChangeRefusal::change_going_on || why == ChangeRefusal::transfer_going_on ||
         why == ChangeRefusal::term_not_settled;
}

}  // namespace

const char* reason(ChangeRefusal why) {
  switch (why) {
    case ChangeRefusal::not_leader:
      return "not the leader";
    case ChangeRefusal::change_going_on:
      return "another change is going on";
    case ChangeRefusal::transfer_going_on:
      return "a transfer is going on";
    case ChangeRefusal::term_not_settled:
      return "nothing of this term is committed yet";
    case ChangeRefusal::membership_fixed:
      return "the membership is fixed";
    case ChangeRefusal::bad_nodes:
      return "not the servers that this needs";
    case ChangeRefusal::is_voter:
      return "a voter does not become a learner";
    case ChangeRefusal::not_learner:
      return "not a learner";
    case ChangeRefusal::no_voter_left:
      return "no voter would be left";
    case ChangeRefusal::needs_joint:
      return "more than one voter changes";
    case ChangeRefusal::too_many_servers:
      return "too many servers";
    case ChangeRefusal::too_slow:
      return "the new server does not catch up";
    case ChangeRefusal::no_majority_left:
      return "no majority would be left that can vote";
  }
  return "";
}

// ---- every server

Standing Raft::standing() const {
  const Configuration& latest = configuration();
  if (latest.votes(self_)) return Standing::voter;
  const Index at = configurations_.latest_index();
  if (at <= commit_ || contains(latest.learners, self_)) return Standing::passive;
  return configurations_.at(at - 1).votes(self_) ? Standing::leaving : Standing::passive;
}

void Raft::configuration_appended(const EntryRef& entry) {
  std::optional<Configuration> configuration = configuration_in(entry);
  CHECK(configuration.has_value());
  configurations_.append(log_.last(), std::move(*configuration));
  note(NoteKind::configuration_appended, log_.last().value, this->configuration().joint() ? 1 : 0);
  configuration_in_force();
}

void Raft::configuration_rolled_back(Index from) {
  configurations_.truncate(from);
  note(NoteKind::configuration_rolled_back, from.value, configurations_.latest_index().value);
  configuration_in_force();
}

/// Another configuration is the latest, or it is known to be committed now.
void Raft::configuration_in_force() {
  const bool could = may_campaign();
  standing_ = standing();
  if (role_ == Role::leader) {
    membership_busy_ = true;
    return;
  }
  become(idle_role());
  if (may_campaign() && !could) restart_election_wait();
}

void Raft::configurations_committed(Index before) {
  for (const Configurations::At& one : configurations_.held()) {
    if (one.index > before && one.index <= commit_) {
      note(NoteKind::configuration_committed, one.index.value);
    }
  }
  configuration_in_force();
}

// ---- the leader: whom to send to

/// Who joins is sent to from `next` on, at first. Who leaves with the latest configuration is sent to until
/// it is committed, and some time longer: a server that does not learn of it would campaign for ever (4.2.3).
void Raft::set_peers(Index next) {
  NodeSet wanted = members(configuration());
  const Index at = configurations_.latest_index();
  if (at > commit_) wanted = united(wanted, members(configurations_.at(at - 1)));
  std::erase(wanted, self_);
  std::erase_if(peers_, [&wanted](const Progress& follower) { return !contains(wanted, follower.node); });
  for (const NodeId node : wanted) {
    if (peer(node) != nullptr) continue;
    Progress follower;
    follower.node = node;
    follower.next = next;
    follower.heard = now_;
    follower.heartbeat_due = now_;
    peers_.push_back(std::move(follower));
  }
  std::sort(peers_.begin(), peers_.end(),
            [](const Progress& a, const Progress& b) { return a.node < b.node; });
}

/// Those that have left are told so: by the commit index at once, and by what they may still lack for one
/// election timeout.
void Raft::farewell_due() {
  const auto has_left = [this](const Progress& peer) { return !is_member(configuration(), peer.node); };
  if (!farewell_until_) {
    for (Progress& follower : peers_) {
      if (!has_left(follower)) continue;
      send_what_matches(follower);
      farewell_until_ = now_ + config_.election_timeout;
    }
  } else if (now_ >= *farewell_until_) {
    std::erase_if(peers_, has_left);
    farewell_until_.reset();
  }
}

/// Whether this server leads, and its configuration, which is committed, leaves `node` out.
bool Raft::removed(NodeId node) const {
  return role_ == Role::leader && configurations_.latest_index() <= commit_ &&
         !is_member(configuration(), node);
}

// ---- the leader: requests

void Raft::on(const ChangeRequest& request) {
  if (const auto why = why_not_now()) return answer_change(*why);
  Configuration target = configuration();
  if (const auto why = plan(request, target)) return answer_change(*why);
  if (target == configuration()) {
    out_->change = ChangeOutcome{ChangeResult::done, {}, configurations_.latest_index(), std::nullopt};
    return;
  }
  Change change;
  if (request.kind == ChangeKind::promote) change.rounds_max = promotion_rounds;
  if (const auto why = prepare(std::move(target), change)) return answer_change(*why);
  out_->change = ChangeOutcome{ChangeResult::started, {}, Index{}, std::nullopt};
  begin_change(std::move(change));
}

std::optional<ChangeRefusal> Raft::why_not_now() const {
  if (role_ != Role::leader) return ChangeRefusal::not_leader;
  if (config_.membership == MembershipForm::fixed) return ChangeRefusal::membership_fixed;
  const bool uncommitted = configurations_.latest_index() > commit_;
  if (change_ || uncommitted || configuration().joint()) return ChangeRefusal::change_going_on;
  if (transfer_) return ChangeRefusal::transfer_going_on;
  if (!committed_in_own_term()) return ChangeRefusal::term_not_settled;
  return std::nullopt;
}

/// What is asked for, as a configuration. Precondition: `target` is the present one, and not joint.
std::optional<ChangeRefusal> Raft::plan(const ChangeRequest& request, Configuration& target) const {
  NodeSet nodes(request.nodes.begin(), request.nodes.end());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  const bool replaces = request.kind == ChangeKind::replace;
  if (replaces && nodes.empty()) return ChangeRefusal::no_voter_left;
  if (nodes.empty() || nodes.front() == NodeId{}) return ChangeRefusal::bad_nodes;
  if (!replaces && nodes.size() != 1) return ChangeRefusal::bad_nodes;
  switch (request.kind) {
    case ChangeKind::promote:
      if (is_member(target, nodes.front())) break;
      return ChangeRefusal::not_learner;
    case ChangeKind::add_learner:
      if (target.votes(nodes.front())) return ChangeRefusal::is_voter;
      target.learners = united(target.learners, nodes);
      return std::nullopt;
    case ChangeKind::remove:
      target.voters = without(target.voters, nodes);
      target.learners = without(target.learners, nodes);
      if (target.voters.empty()) return ChangeRefusal::no_voter_left;
      return std::nullopt;
    case ChangeKind::replace:
    case ChangeKind::add_voter:
      break;
  }
  target.voters = replaces ? nodes : united(target.voters, nodes);
  target.learners = without(target.learners, nodes);
  return std::nullopt;
}

/// One voter more or less leaves the majorities overlapping (4.1); anything beyond that takes the joint form.
/// Learners never count, so that they change in any number at once.
bool Raft::in_joint_form(const Configuration& target) const {
  if (target.voters == configuration().voters) return false;
  if (config_.membership == MembershipForm::joint) return true;
  return without(target.voters, configuration().voters).size() +
             without(configuration().voters, target.voters).size() >
         1;
}

/// What a server in doubt for good says never counts (doubt.cpp). Where a majority cannot do without such
/// servers, nothing is ever decided again, nor is this change undone.
bool Raft::leaves_majority(const Configuration& target) const {
  const auto lost =
      std::ranges::count_if(target.voters, [this](NodeId voter) { return counts_no_more(voter); });
  return 2 * static_cast<std::size_t>(lost) < target.voters.size();
}

std::optional<ChangeRefusal> Raft::prepare(Configuration target, Change& change) const {
  if (!leaves_majority(target)) return ChangeRefusal::no_majority_left;
  const Configuration& present = configuration();
  const bool joint = in_joint_form(target);
  if (joint && config_.membership != MembershipForm::joint) return ChangeRefusal::needs_joint;
  change.entrants = without(target.voters, present.voters);
  change.brought = without(change.entrants, present.learners);
  // The largest that will stand in the log.
  const std::size_t outgoing = joint ? present.voters.size() : 0;
  const std::size_t largest = std::max(members(present).size() + change.brought.size(),
                                       target.voters.size() + outgoing + target.learners.size());
  if (largest > configuration_ids_max) return ChangeRefusal::too_many_servers;
  change.target = std::move(target);
  return std::nullopt;
}

void Raft::answer_change(ChangeRefusal why) {
  note(NoteKind::change_refused, static_cast<std::uint64_t>(why));
  ChangeOutcome outcome{ChangeResult::refused, why, Index{}, std::nullopt};
  if (may_ask_again(why)) outcome.result = ChangeResult::busy;
  if (why == ChangeRefusal::not_leader) {
    outcome.result = ChangeResult::not_leader;
    outcome.leader = leader_;
  }
  out_->change = outcome;
}

// ---- the leader: a change under way

void Raft::begin_change(Change change) {
  change_ = std::move(change);
  membership_busy_ = true;
  if (!change_->brought.empty()) {
    change_->stage = Change::Stage::joining;
    Configuration with_learners = configuration();
    with_learners.learners = united(with_learners.learners, change_->brought);
    append_configuration(with_learners);
  } else if (!change_->entrants.empty()) {
    change_->stage = Change::Stage::catching_up;
    begin_round();
  } else {
    change_voters();
  }
}

void Raft::append_configuration(const Configuration& configuration) {
  std::vector<std::byte> payload;
  encode_configuration(configuration, payload);
  append_to_log(
      EntryRef{term_, entry_hash(EntryKind::configuration, payload), payload, EntryKind::configuration});
  // What this step has sent already points into the log, which may have moved.
  for (Send& sent : out_->sends) {
    std::span<const EntryRef>& entries = sent.message.entries;
    if (!entries.empty()) entries = {&log_.at(sent.message.index + 1), entries.size()};
  }
  if (transfer_) recheck_transfer();
  farewell_until_.reset();
  set_peers(log_.last());
  replicate_to_all();
  // Fewer may be needed now than before: for what is not committed yet, and for reads.
  advance_commit();
  if (reads_under_way_) confirm_reads();
}

/// At the end of each step of a leader, while anything is under way.
void Raft::membership_due() {
  if (configurations_.latest_index() <= commit_) {
    farewell_due();
    if (committed_in_own_term()) change_due();
  }
  if (role_ != Role::leader) return;
  // A leader that has left waits for an entry of its own term: a snapshot may have told it of the commit.
  membership_busy_ = change_ || farewell_until_ || standing_ == Standing::passive ||
                     configuration().joint() || configurations_.latest_index() > commit_;
}

/// The latest configuration is committed, and the leader knows what is: the next may follow.
void Raft::change_due() {
  if (configuration().joint()) {
    // C_old,new is committed: C_old can decide nothing alone any more (4.3).
    return append_configuration(Configuration{configuration().voters, {}, configuration().learners});
  }
  if (change_) {
    const Index at = configurations_.latest_index();
    switch (change_->stage) {
      case Change::Stage::joining:
        change_->stage = Change::Stage::catching_up;
        begin_round();
        break;
      case Change::Stage::catching_up:
        rounds_due();
        break;
      case Change::Stage::changing:
        out_->change_ended = ChangeOutcome{ChangeResult::done, {}, at, std::nullopt};
        change_.reset();
        break;
      case Change::Stage::undoing:
        out_->change_ended = ChangeOutcome{ChangeResult::refused, ChangeRefusal::too_slow, at, std::nullopt};
        change_.reset();
        break;
    }
  }
  if (standing_ == Standing::passive) leave();
}

/// Precondition: the present configuration is committed, and not joint.
void Raft::change_voters() {
  change_->stage = Change::Stage::changing;
  Configuration next = change_->target;
  if (in_joint_form(next)) next.voters_outgoing = configuration().voters;
  append_configuration(next);
}

void Raft::begin_round() {
  ++change_->round;
  change_->goal = log_.last();
  change_->round_began = now_;
}

void Raft::rounds_due() {
  Change& change = *change_;
  const Progress& slowest = slowest_entrant();
  const Duration timeout = config_.election_timeout;
  const bool reached = slowest.match >= change.goal;
  const bool in_time = now_ < change.round_began + timeout;
  if (reached && in_time) {
    // What it lacks now will not hold up what is committed longer than an election would.
    for (const NodeId entrant : change.entrants) {
      note(NoteKind::learner_caught_up, entrant.value, change.round);
    }
    return change_voters();
  }
  const bool last = change.round >= change.rounds_max;
  const bool stuck = !reached && (now_ >= slowest.heard + timeout * catch_up_silence_max ||
                                  now_ >= change.round_began + timeout * catch_up_round_max);
  if (stuck || (last && !in_time)) return give_up(slowest.node);
  if (reached) begin_round();
}

/// Of those that must catch up; among equals, the one that was heard least recently.
const Progress& Raft::slowest_entrant() const {
  const Progress* slowest = nullptr;
  for (const Progress& follower : peers_) {
    if (!contains(change_->entrants, follower.node)) continue;
    if (slowest == nullptr ||
        std::tie(follower.match, follower.heard) < std::tie(slowest->match, slowest->heard)) {
      slowest = &follower;
    }
  }
  CHECK(slowest != nullptr);
  return *slowest;
}

void Raft::give_up(NodeId slowest) {
  note(NoteKind::learner_too_slow, slowest.value, change_->round);
  if (change_->brought.empty()) {
    out_->change_ended = ChangeOutcome{ChangeResult::refused, ChangeRefusal::too_slow,
                                       configurations_.latest_index(), std::nullopt};
    change_.reset();
    return;
  }
  change_->stage = Change::Stage::undoing;
  Configuration as_before = configuration();
  as_before.learners = without(as_before.learners, change_->brought);
  append_configuration(as_before);
}

/// A leader that its configuration leaves out has led until that was committed, without counting itself; now
/// it is not needed (4.2.2). Its last word is the commit index, so that the others need not find it out.
void Raft::leave() {
  // The answer that committed this may have been the last that a transfer waited for (3.10).
  if (transfer_ && transfer_->due) hand_over();
  note(NoteKind::stepped_down_removed, term_.value, configurations_.latest_index().value);
  for (Progress& follower : peers_) {
    // The others that have left were told with the commit.
    if (is_member(configuration(), follower.node)) send_what_matches(follower);
  }
  become_follower(term_, std::nullopt);
}

}  // namespace raftsim::core
