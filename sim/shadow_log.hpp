// A server's log as the world has seen it, entry by entry.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "seam/chain.hpp"
#include "seam/types.hpp"
#include "seam/view.hpp"

namespace raftsim::sim {

/// A node's log as its inspect() has shown it: entries first..last, with their chain hashes. Kept in chunks,
/// so that growth copies nothing, compaction and truncation cost next to nothing, and memory follows the
/// retained length: chunks that compaction empties are used again.
class ShadowLog {
 public:
  struct Entry {
    Term term;
    std::uint64_t hash = 0;
    std::uint64_t chain = 0;
    EntryKind kind = EntryKind::command;
  };

  Index first() const { return first_; }
  /// first() - 1 when empty.
  Index last() const { return Index{first_.value + size_ - 1}; }
  bool holds(Index i) const { return i >= first_ && i.value < first_.value + size_; }
  /// Precondition: holds(i).
  const Entry& at(Index i) const { return slot(i.value); }
  /// The term of the last entry, 0 when empty.
  Term last_term() const { return size_ == 0 ? Term{} : at(last()).term; }

  void append(const EntryView& entry);
  /// Precondition: last < first() or holds(last) or last == last().
  void truncate_after(Index last) { size_ = last < first_ ? 0 : last.value + 1 - first_.value; }
  /// Entries before `first` go. Precondition: first() <= first <= last() + 1.
  void compact(Index first);
  /// Empty, to be continued at `first`, on top of a prefix whose chain hash is `base`; nothing: nobody knows.
  void restart_at(Index first, std::optional<std::uint64_t> base);
  /// The chain hash at `i`, first() - 1 included; nothing where it is not known.
  std::optional<std::uint64_t> chain(Index i) const;

 private:
  static constexpr std::uint64_t chunk_bits = 9;
  static constexpr std::uint64_t chunk_size = std::uint64_t{1} << chunk_bits;
  using Chunk = std::unique_ptr<Entry[]>;

  const Entry& slot(std::uint64_t i) const {
    return chunks_[(i >> chunk_bits) - first_chunk_][i & (chunk_size - 1)];
  }

  /// The chunks of indexes from first_chunk_ << chunk_bits on; first_ lies in the first, behind the last
  /// entry there may be spare ones.
  std::vector<Chunk> chunks_;
  std::uint64_t first_chunk_ = 0;
  std::uint64_t size_ = 0;
  Index first_{1};
  /// Chain hash at first_ - 1. Behind the first entry, 0 is "not known", and so are all chains after it.
  std::uint64_t base_chain_ = chain_start;
};

}  // namespace raftsim::sim
