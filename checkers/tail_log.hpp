// A shadow of one log (in memory or durable), held only where it may differ from the canonical sequence: its
// settled prefix *is* CAN, so memory follows the unsettled tail, not the log's length.
#pragma once

#include <cstdint>
#include <optional>

#include "checkers/canonical.hpp"
#include "checkers/window.hpp"
#include "seam/chain.hpp"
#include "seam/types.hpp"

namespace raftsim::checkers {

struct LogEntry {
  std::uint64_t chain = 0;
  std::uint64_t hash = 0;
  Term term;
};

enum class Agreement : std::uint8_t { yes, no, unknown };

class TailLog {
 public:
  Index last() const { return Index{tail_.end() - 1}; }
  /// The term of the last entry; 0 of an empty log. Nothing where it is not known any more.
  std::optional<Term> last_term(const Canonical& can) const { return term(last(), can); }

  /// Entry `index` follows. Whatever was held from there on is replaced; a gap makes what is before it
  /// unknown. An entry whose chain is not known (0) makes it and all before it unknown.
  void put(Index index, const LogEntry& entry, const Canonical& can);
  /// Entries from `from` on are gone.
  void truncate(Index from);
  void clear();
  /// A snapshot whose last entry is `index` of `term` takes the place of the prefix up to there; of a log
  /// that did not hold that entry, of everything.
  void install(Index index, Term term, const Canonical& can);
  /// The log now starts at `first`, on top of a prefix with this chain hash, where that is known. What was
  /// known before it is kept; where nothing was, that is what there is.
  void starts_at(Index first, std::optional<std::uint64_t> chain_before);

  /// The entry at an index; nothing where there is none or it is not known any more.
  std::optional<LogEntry> entry(Index index, const Canonical& can) const;
  /// The chain hash at an index, 0 included.
  std::optional<std::uint64_t> chain(Index index, const Canonical& can) const {
    return tail_.holds(index.value) ? tail_[index.value].chain : settled_chain(index, can);
  }
  std::optional<Term> term(Index index, const Canonical& can) const;

  /// Whether this log's prefix up to `index` has the chain hash `chain` there.
  Agreement agrees(Index index, std::uint64_t chain_there, const Canonical& can) const {
    if (index.value == 0) return Agreement::yes;
    if (index > last()) return Agreement::no;
    const std::optional<std::uint64_t> own = chain(index, can);
    if (!own) return Agreement::unknown;
    return *own == chain_there ? Agreement::yes : Agreement::no;
  }

  /// Drops what has become equal to CAN. Amortised O(1) per entry.
  void settle(const Canonical& can);

 private:
  void forget_before(std::uint64_t first);
  /// chain() of what is not in the tail.
  std::optional<std::uint64_t> settled_chain(Index index, const Canonical& can) const;

  /// Entries up to tail_.first() - 1 equal CAN, or are not known where `anchored_` is false.
  Window<LogEntry> tail_{1};
  bool anchored_ = true;
  /// Chain and term at tail_.first() - 1, where that is known although it is out of CAN's window.
  std::optional<LogEntry> base_ = LogEntry{chain_start, 0, Term{}};
  /// Of the entry at tail_.first() - 1 where `base_` is not known: what a snapshot tells of it.
  struct Told {
    std::optional<std::uint64_t> chain;
    std::optional<Term> term;
  } told_;
};

}  // namespace raftsim::checkers
