// One Raft among confused peers: messages of the right form, from members and others, with any content.
#include <vector>

#include "core/raft.hpp"
#include "seam/chain.hpp"
#include "seam/check.hpp"
#include "tests/fuzz/bytes_in.hpp"
#include "tests/fuzz/targets.hpp"

namespace raftsim::core::fuzz {
namespace {

constexpr int steps_max = 400;

class OneRaft {
 public:
  explicit OneRaft(BytesIn& in) : in_(in) {
    const std::uint8_t options = in.byte();
    config_.pre_vote = (options & 1) != 0;
    config_.check_quorum = (options & 2) != 0;
    config_.no_op = (options & 4) != 0;
    if ((options & 8) != 0) config_.max_uncommitted_bytes = 10;
    configuration_.voters = {NodeId{1}, NodeId{2}, NodeId{3}};
    if ((options & 16) != 0) configuration_.voters_outgoing = {NodeId{2}, NodeId{3}, NodeId{4}};
    configuration_.learners = {NodeId{5}};
    const Term term{in.number(1)};
    for (std::uint8_t n = in.below(4); n > 0; --n) {
      raft_.recovery_log().append({.term = Term{1}});
    }
    Restore restore;
    restore.self = NodeId{1};
    restore.config = &config_;
    restore.configuration = &configuration_;
    restore.hard_state = {term, std::nullopt};
    restore.commit = Index{in.number(0)};
    step(restore);
  }

  void act() {
    switch (in_.below(12)) {
      case 0:
        now_ = now_ + milliseconds(in_.byte());
        return step(WakeUp{});
      case 1:
        return step(Persisted{WriteId{completed() + in_.byte() % (issued() - completed() + 1)}});
      case 2: {
        const ByteSpan payload = in_.take(in_.below(20));
        return step(Propose{payload, EntryKind::command});
      }
      case 3:
        return step(ReadRequest{ReadId{in_.byte()}, static_cast<ReadMode>(in_.below(4))});
      case 4:
        return step(TransferLeadership{NodeId{in_.below(6)}});
      case 5:
        return step(CampaignNow{});
      default:
        return receive();
    }
  }

 private:
  std::uint64_t issued() const { return raft_.durability().last_issued().value; }
  std::uint64_t completed() const { return raft_.durability().last_completed().value; }

  void receive() {
    Message message;
    message.type = static_cast<MessageType>(in_.below(message_types));
    const std::uint8_t flags = in_.byte();
    message.granted = (flags & 1) != 0;
    message.commanded = (flags & 2) != 0;
    message.released = (flags & 4) != 0;
    message.leased = (flags & 8) != 0;
    // Half of what comes is of the present term, or little would come of it.
    message.term = (flags & 16) != 0 ? raft_.term() : Term{in_.number(raft_.term().value)};
    message.index = Index{in_.number(raft_.log().last().value)};
    const Term there = raft_.log().term_at(message.index).value_or(Term{});
    message.index_term = (flags & 32) != 0 ? there : Term{in_.number(raft_.term().value)};
    message.commit = Index{in_.number(raft_.commit().value)};
    message.match = Index{in_.number(raft_.log().last().value)};
    message.hint = Index{in_.number(raft_.log().last().value)};
    message.hint_term = Term{in_.number(raft_.log().last_term().value)};
    message.context = in_.number(1);
    std::vector<EntryRef> entries;
    for (std::uint8_t n = in_.below(4); n > 0; --n) {
      EntryRef entry;
      entry.term = (flags & 64) != 0 ? message.term : Term{in_.number(message.term.value)};
      entry.kind = static_cast<EntryKind>(in_.below(3));
      entry.payload = in_.take(in_.below(20));
      entry.hash = entry_hash(entry.kind, entry.payload);
      entries.push_back(entry);
    }
    message.entries = {entries.data(), entries.size()};
    step(MessageReceived{NodeId{in_.below(7)}, &message});
  }

  void step(decltype(Input::what) what) {
    out_.clear();
    raft_.step(Input{now_, in_.word(), std::move(what)}, out_);
    const Log& log = raft_.log();
    CHECK(raft_.commit() <= log.last());
    CHECK(raft_.commit() >= committed_);
    CHECK(log.last_term() <= raft_.term());
    CHECK(raft_.term() >= term_);
    CHECK(raft_.term() <= std::max(term_max, term_));
    if (committed_ + 1 >= log.first()) CHECK(log.chain_at(committed_) == chain_);
    for (const Progress& follower : raft_.peers()) {
      CHECK(follower.match < follower.next);
      CHECK(follower.next <= log.last() + 1);
      CHECK(follower.inflight.size() <= config_.max_inflight_appends);
    }
    for (const Send& send : out_.sends) {
      CHECK(send.to != NodeId{1});
      if (send.after) CHECK(*send.after <= raft_.durability().last_issued());
    }
    committed_ = raft_.commit();
    chain_ = log.chain_at(committed_);
    term_ = raft_.term();
  }

  BytesIn& in_;
  Config config_;
  Configuration configuration_;
  Raft raft_;
  Output out_;
  Instant now_;
  Index committed_;
  std::uint64_t chain_ = chain_start;
  Term term_;
};

}  // namespace

void raft(ByteSpan bytes) {
  BytesIn in(bytes);
  OneRaft one(in);
  for (int i = 0; i < steps_max && !in.empty(); ++i) one.act();
}

}  // namespace raftsim::core::fuzz
