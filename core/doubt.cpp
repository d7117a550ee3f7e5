// A server whose disk lost what had been durable (core.md, "Recovery").
//
// Damaged entries, intact hard state. The server may have acknowledged what it lost, and those
// acknowledgements may yet commit entries: its leader may still be counting them. Raft's argument (3.6.3)
// needs a voter of every later election among those who acknowledged, holding what it acknowledged. So this
// server behaves as if it were down in all that counts: it grants no vote and no pre-vote, does not campaign,
// and its answers acknowledge nothing (match 0); a leader takes back what it counted for it before. It does
// follow, for its term is intact: whom it follows has a term at least as new as all in which it acknowledged
// anything, and so holds, by leader completeness, whatever was committed with its help.
//
// The doubt ends when its log is durable and equal to the leader's up to the last position that the leader
// had after this server came back: all that this server can ever have acknowledged in the leader's term lies
// at or before it, and all that it acknowledged in earlier terms and that committed lies in the leader's log.
// Heard in an AppendEntries that was on its way since before the damage, the position could be too low: so
// this server makes up a number at each start (entropy: no message of an earlier incarnation repeats it),
// tells it in its answers, and believes only the position that comes with that number. The position is the
// first that comes, not the latest: under load, nobody ever reaches the latest. Another term means another
// leader, which may replace part of what its predecessor sent: it begins anew.
//
// That the doubt began is durable before this server serves (it is part of the hard state), and so it is
// still in doubt after a crash in between. The write that ends it is issued like any hard state, and every
// promise waits for it.
//
// Damaged hard state. Even the term may be too low: this server may have voted in a newer one, and by
// acknowledging entries of an older leader help to commit what the newer does not have. No position tells how
// far its promises went, so nothing it says ever counts again, whether it votes, acknowledges, or confirms
// that a leader still leads: the leader takes none of its answers for a read round, nor for a sign that a
// quorum hears it. It follows, for whoever reads its log; an administrator replaces it under a new id.
#include <algorithm>

#include "core/raft.hpp"

namespace raftsim::core {

void Raft::begin_doubt(Doubt doubt) {
  doubt_ = doubt;
  if (doubt == Doubt::hard_state) {
    doubt_number_ = doubt_for_good;
    return;
  }
  // Neither the number of none nor the one that stands for good.
  doubt_number_ = std::clamp<std::uint64_t>(entropy_, 1, doubt_for_good - 1);
  out_->entropy_used = true;
}

void Raft::tell_doubt(Message& response) const { response.doubt = doubt_number_; }

/// `proved`: up to where the message shows this log to be the leader's. Within a term a leader only appends,
/// so what was proved stays so.
void Raft::learn_end_of_doubt(const Message& append, Index proved) {
  if (doubt_ == Doubt::hard_state) return;
  doubt_proved_ = std::max(doubt_proved_, proved);
  if (append.doubt == doubt_number_ && !doubt_until_) doubt_until_ = append.hint;
  end_doubt_if_refilled();
}

void Raft::end_doubt_if_refilled() {
  if (!doubt_until_ || *doubt_until_ > std::min(doubt_proved_, durability_.durable())) return;
  note(NoteKind::doubt_ended, doubt_until_->value, term_.value);
  doubt_ = Doubt::none;
  doubt_until_.reset();
  persist_hard_state();
  restart_election_wait();
}

/// The leader's side. Whether a follower is in doubt; then what it acknowledged before is taken back.
bool Raft::took_doubt(Progress& follower, const Message& response) {
  follower.doubt = response.doubt;
  if (response.doubt == 0) return false;
  follower.match = Index{};
  return true;
}

/// The leader's side. Whether it knows that nothing `node` says ever counts again.
bool Raft::counts_no_more(NodeId node) const {
  return std::ranges::any_of(peers_, [node](const Progress& follower) {
    return follower.node == node && follower.doubt == doubt_for_good;
  });
}

}  // namespace raftsim::core
