// Who led which term, over the whole run: a check of present leaders alone misses half of the cases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "history/event.hpp"
#include "seam/types.hpp"

namespace raftsim::checkers {

/// The first election won in a term.
struct Leadership {
  Term term;
  NodeId leader;
  history::EventId event;
  Instant time;
  /// Whose granted votes the winner had really received, itself among them: bit k is node k + 1 (a larger
  /// number is not shown).
  std::uint64_t voters = 0;
};
static_assert(sizeof(Leadership) == 40);

/// Terms mostly grow, so that an election is appended and the newest is found at once; a late one is
/// inserted, and an old one is found in O(log n).
///
/// Memory does not grow with the run, and no second leader of a term is missed for it: of the newest terms
/// who led each is kept in full; of all before, *that* a term had a leader, as runs of such terms. A run ends
/// only at a term that nobody won, so that what grows is the number of failed candidacies, not of elections;
/// of runs the newest 65,536 are kept (1 MiB: as many failed candidacies as a day has seconds, nearly). What
/// is lost of an old term is who its leader was, which only the sentence would tell.
class Leaders {
 public:
  /// In full: at least the newest so many terms, at most twice as many.
  static constexpr std::size_t kept = 2'048;
  static constexpr std::size_t runs_kept = 65'536;

  /// Whether it is the first of its term; else the first one stays.
  bool won(const Leadership& election);
  /// Null: nobody so far, or too long ago to be known.
  const Leadership* of(Term term) const;

  /// Whether of() can tell.
  bool knows(Term term) const { return runs_.empty() || term > forgotten_; }

  std::size_t bytes() const {
    return by_term_.capacity() * sizeof(Leadership) + runs_.capacity() * sizeof(Run);
  }

 private:
  /// All terms from first to last had a leader.
  struct Run {
    Term first;
    Term last;
  };
  void forget_oldest();
  bool led_long_ago(Term term);

  std::vector<Leadership> by_term_;  ///< sorted, one per term, all behind the last run
  std::vector<Run> runs_;            ///< sorted; no two of them touch
  Term forgotten_;                   ///< the highest term that is not in by_term_ any more
};

}  // namespace raftsim::checkers
