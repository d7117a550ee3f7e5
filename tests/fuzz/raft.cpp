// One Raft among confused peers, with any options, operators and snapshots.
#include <algorithm>
#include <memory>
#include <vector>

#include "core/raft.hpp"
#include "seam/check.hpp"
#include "tests/fuzz/bytes_in.hpp"
#include "tests/fuzz/confused_peer.hpp"
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
    const Term term = std::min(Term{in.number(1)}, term_max);
    for (std::uint8_t n = in.below(4); n > 0; --n) {
      EntryRef entry;
      entry.term = Term{1};
      raft_.recovery_log().append(entry);
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
    switch (in_.below(14)) {
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
      case 6:
        return take_snapshot();
      case 7:
        return change();
      default:
        return receive();
    }
  }

 private:
  std::uint64_t issued() const { return raft_.durability().last_issued().value; }
  std::uint64_t completed() const { return raft_.durability().last_completed().value; }

  void receive() {
    const Log& log = raft_.log();
    const Message& message = peer_.speak(in_, {raft_.term(), log.last(), log.last_term(), raft_.commit()});
    step(MessageReceived{NodeId{in_.below(7)}, &message});
    if (!out_.snapshot_received) return;
    // What a peer sent as a snapshot may be one, of anything.
    const ReceivedSnapshot& received = *out_.snapshot_received;
    if (in_.flag()) return step(SnapshotUnusable{});
    step(SnapshotDurable{snapshot_at(received.index, received.term, in_.word())});
  }

  SnapshotRef snapshot_at(Index index, Term term, std::uint64_t chain) const {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->index = index;
    snapshot->term = term;
    snapshot->chain = chain;
    snapshot->configuration = configuration_;
    snapshot->bytes.resize(40);
    return snapshot;
  }

  /// The server took one itself, of what it has committed.
  void take_snapshot() {
    const Index at = raft_.commit();
    const std::optional<Term> term = raft_.log().term_at(at);
    if (at == Index{} || !term) return;
    step(SnapshotDurable{snapshot_at(at, *term, raft_.log().chain_at(at))});
  }

  void change() {
    std::vector<NodeId> nodes;
    const auto kind = static_cast<ChangeKind>(in_.below(5));
    for (std::uint8_t n = in_.below(4); n > 0; --n) nodes.push_back(NodeId{in_.number(n)});
    step(ChangeRequest{kind, nodes});
  }

  void step(decltype(Input::what) what) {
    out_.clear();
    raft_.step(Input{now_, in_.word(), std::move(what)}, out_);
    const Log& log = raft_.log();
    CHECK(raft_.commit() <= log.last());
    CHECK(raft_.commit() >= committed_);
    CHECK(log.last_term() <= raft_.term());
    CHECK(raft_.term() >= term_);
    CHECK(raft_.term() <= term_max);
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
  ConfusedPeer peer_;
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
