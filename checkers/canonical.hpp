// What the cluster has agreed on, and every entry that ever was: CAN and LM of checkers.md.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "checkers/window.hpp"
#include "history/event.hpp"
#include "seam/types.hpp"

namespace raftsim::checkers {

using history::EventId;

/// CAN[i]: the entry that was committed at an index, and what applying it did.
struct Committed {
  std::uint64_t chain = 0;
  std::uint64_t hash = 0;
  Term term;
  /// An upper bound of the committing leader's term (exact when its own commit was seen first).
  Term commit_term;
  std::uint64_t state_hash = 0;
  std::uint64_t result_hash = 0;
  EventId committed_by;
  Instant committed_at;
  history::Endpoint committer;
  /// The first apply event; 0: none yet.
  EventId applied_by;
};

/// The canonical committed sequence, grown by whoever reaches an index first. Holds the last `kept` entries;
/// what a server that is further behind holds is not compared.
class Canonical {
 public:
  static constexpr std::uint64_t kept = 1u << 16;

  Index last() const { return Index{entries_.end() - 1}; }
  bool holds(Index i) const { return entries_.holds(i.value); }
  /// The first index that is still held; last() + 1 when empty.
  Index first() const { return Index{entries_.first()}; }
  /// Precondition: holds(i).
  Committed& at(Index i) { return entries_[i.value]; }
  const Committed& at(Index i) const { return entries_[i.value]; }
  /// The chain hash at `i`, where known.
  std::optional<std::uint64_t> chain(Index i) const;

  void append(const Committed& entry);

  /// The last index that a leader of a term below `term` committed, 0 if none is held. O(log n).
  Index committed_before(Term term) const;

 private:
  Window<Committed> entries_{1};
  /// At first() - 1.
  std::uint64_t base_chain_ = 0;
};

/// LM[(index, term)]: the chain hash of every log that ever held such an entry, in a log or in flight.
class EntryTable {
 public:
  static constexpr std::uint64_t kept = 1u << 14;

  enum class Met : std::uint8_t {
    first,      ///< no entry with this index and term was known: now it is
    equal,      ///< known, and the logs are equal up to there
    different,  ///< known, and they are not: log matching is broken
    forgotten,  ///< so far behind that it is not known
  };
  Met meet(Index index, Term term, std::uint64_t chain, const history::Event& event);
  struct Entry {
    Term term;
    std::uint64_t chain = 0;
    /// Who first showed it.
    EventId event;
    Instant time;
    history::Endpoint node;
  };
  /// Null: not known.
  const Entry* find(Index index, Term term) const;

 private:
  /// Most indexes see one entry, a few two.
  struct Slot {
    Entry entry[2];
    std::uint32_t used = 0;
    std::uint32_t spilled = 0;
  };
  struct Spilled {
    Index index;
    Entry entry;
  };

  Window<Slot> slots_{1};
  std::vector<Spilled> spilled_;
};

}  // namespace raftsim::checkers
