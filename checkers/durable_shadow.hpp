// What would survive an instant power loss of one server, folded from the labels on its disk operations
// (checkers.md, rules of judging). A floor: whatever a legal crash image holds beyond it is a gift.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "checkers/canonical.hpp"
#include "checkers/tail_log.hpp"
#include "checkers/window.hpp"
#include "history/event.hpp"
#include "seam/label.hpp"

namespace raftsim::checkers {

class DurableShadow {
 public:
  Term term() const { return term_; }
  /// In term().
  std::optional<NodeId> vote() const { return vote_; }
  const TailLog& log() const { return log_; }
  /// Up to where no write on its way can take it away: less than all of it where one that was issued later
  /// replaces what has become durable since. What a server promises must lie within.
  Index kept(const Canonical& can) const { return rewrites_ ? kept_below_rewrites(can) : log_.last(); }
  /// Whether it is kept up to `index`, with this chain hash there, as far as that is known.
  bool keeps(Index index, std::uint64_t chain, const Canonical& can) const {
    return log_.agrees(index, chain, can) != Agreement::no && (!rewrites_ || index <= kept(can));
  }
  /// Up to where a recovery is certain to find it. Less than is kept where it was written behind entries that
  /// are lost, or not durable yet, and that only a snapshot covers: whoever reads its log from those on never
  /// gets there, who begins behind the snapshot does. Which of the two a server is, it says itself: what it
  /// has vouched for must be found.
  Index certain(const Canonical& can) const;
  /// The server told others that it holds this log up to `index`.
  void vouched(Index index, std::uint64_t chain, const Canonical& can) {
    if (index > vouched_ && log_.agrees(index, chain, can) == Agreement::yes) vouched_ = index;
  }
  /// Labels that it still keeps: on their way, or behind one that is.
  std::uint64_t kept_writes() const { return pending_.size(); }
  /// Of the snapshot that a recovery would find at least; 0: none.
  Index snapshot() const { return snapshot_; }
  /// The hash of the state that it holds; 0: not known.
  std::uint64_t snapshot_state() const { return snapshot_state_; }
  /// Whether it ever labelled one.
  bool names_snapshots() const { return names_snapshots_; }

  /// A labelled write was issued while the server's log was `log`. From here on the old entries that it
  /// replaces are at risk.
  void write(const history::Event& event, const Label& label, const TailLog& log, const Canonical& can);
  void durable(const history::Event& event, const Label& label, const Canonical& can);
  void lost(const history::Event& event, const Label& label);

  /// The process of the earlier incarnation is gone, and with it all writes in flight.
  void boot();
  /// Everything that was read back from the disk after a crash is on it.
  struct Snapshot {
    Index index;
    std::uint64_t state_hash = 0;
  };
  void recovered(Term term, std::optional<NodeId> vote, const TailLog& log, Snapshot snapshot);
  /// The entries from `from` on decayed.
  void decayed(Index from) { truncate(from); }
  /// The snapshot decayed, and with it what a log behind it is good for.
  void snapshot_decayed() {
    snapshot_ = Index{};
    snapshot_state_ = 0;
    truncate(Index{1});
  }
  /// The scenario formatted the disk.
  void seed(Term term, std::optional<NodeId> vote);
  void wipe();

 private:
  enum class Stage : std::uint8_t {
    waiting,  ///< On its way: a crash may take it, or not.
    island,   ///< Durable, but what would connect it with the log is not.
    done,     ///< Folded into what would survive, superseded, or lost.
  };
  struct Pending {
    DiskOp op;
    Label label;
    Stage stage = Stage::waiting;
    /// Copies of the entries, for an entries label whose write matched the log; else only the last is known.
    std::uint64_t copy = 0;
    bool copied = false;
    /// The chain of the log before the entries that it was issued with; nothing: not known.
    std::optional<std::uint64_t> before;
    /// A later write from here on is durable already: that one stands. 0: nothing of this one ever will.
    Index clip{~std::uint64_t{0}};
  };

  void issue(Index from, Index last);
  Pending* find(DiskOp op, const Label& label, std::uint64_t& position);
  void fold(Pending& pending, std::uint64_t position, const Canonical& can);
  bool fold_entries(Pending& pending, const EntriesLabel& label, const Canonical& can);
  /// Entries from `from` on are gone, but for those that the snapshot covers.
  void truncate(Index from) {
    const Index first_gone = std::max(from, snapshot_ + 1);
    log_.truncate(first_gone);
    vouched_ = std::min(vouched_, first_gone - 1);
  }
  Index kept_below_rewrites(const Canonical& can) const;
  Index kept_by(const Pending& write, const Canonical& can) const;
  void supersede_older(std::uint64_t position, Index from);
  void stands_behind_loss(const Pending& durable);
  void drop_done();

  Term term_;
  std::optional<NodeId> vote_;
  TailLog log_;
  Index snapshot_;
  std::uint64_t snapshot_state_ = 0;
  bool names_snapshots_ = false;
  Window<Pending> pending_{0};
  Window<LogEntry> copies_{0};
  /// Position of the newest hard state label that was folded, plus one.
  std::uint64_t hard_state_folded_ = 0;
  std::uint64_t islands_ = 0;
  /// Where the log ends by the last label.
  Index issued_last_;
  /// Some label begins where an earlier one that may still be on its way went on. Else what becomes durable
  /// lies before all that is on its way.
  bool rewrites_ = false;
  /// Position of the first entries label that was lost, until the next boot: what was written behind it may
  /// not be found.
  std::uint64_t lost_at_ = none_lost;
  static constexpr std::uint64_t none_lost = ~std::uint64_t{0};
  /// Where what became durable behind it begins: whoever wrote it replaced all of the log from there on.
  Index behind_loss_ = nothing_behind;
  static constexpr Index nothing_behind{~std::uint64_t{0}};
  /// Up to where this incarnation told others that it holds what would survive; 0: nothing.
  Index vouched_;
};

}  // namespace raftsim::checkers
