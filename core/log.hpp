// The log in memory: positions first()..last(), without gaps. Payload bytes live in a few large chunks that
// never move, and entries in one contiguous array, so that an AppendEntries is a span of the log itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/message.hpp"
#include "seam/chain.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

/// Bytes appended at one end, in chunks that stay where they are. Offsets are dense over all that was ever
/// kept, so that a difference of two is a number of payload bytes.
class PayloadStore {
 public:
  /// Copies `bytes`; the result is valid until they are cut off.
  ByteSpan append(ByteSpan bytes);
  /// Forgets everything from `offset` on. Precondition: offset <= end(), and not released.
  void cut(std::uint64_t offset);
  /// Gives back the chunks whose bytes all lie before `offset`. Precondition: offset <= end().
  void release(std::uint64_t offset);
  std::uint64_t end() const { return end_; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
    std::uint64_t base = 0;  ///< offset of its first byte
  };
  void add_chunk(std::size_t at_least);

  std::vector<Chunk> chunks_;
  Chunk spare_;  ///< the last chunk cut off: a log that is truncated and refilled does not go back to malloc
  std::uint64_t end_ = 0;
};

class Log {
 public:
  Log() = default;
  Log(const Log& other);
  Log& operator=(const Log& other);
  Log(Log&&) = default;
  Log& operator=(Log&&) = default;
  ~Log() = default;

  /// The first position held, or the one the next entry would have. Entries before it have been compacted
  /// away.
  Index first() const { return base_ + 1; }
  /// The last position held; first() - 1 when the log is empty.
  Index last() const { return origin_ + entries_.size(); }
  bool empty() const { return last() == base_; }
  /// The term of last(), also when the log is empty: then that of the entry before first(); 0 at the start.
  Term last_term() const;

  /// The term at a position in [first() - 1, last()], position 0 having term 0; nothing elsewhere. O(1).
  std::optional<Term> term_at(Index index) const {
    if (index > base_ && index <= last()) return entries_[offset(index)].term;
    if (index == base_) return base_term_;
    return std::nullopt;
  }
  /// Whether the log has an entry of this term at a position: the consistency check of AppendEntries (5.3).
  bool holds(Index index, Term term) const {
    if (index > base_ && index <= last()) return entries_[offset(index)].term == term;
    return index == base_ && term == base_term_;
  }
  /// Precondition: first() <= index <= last(). Valid until the log changes.
  const EntryRef& at(Index index) const {
    CHECK(index > base_);
    CHECK(index <= last());
    return entries_[offset(index)];
  }
  /// The chain hash (seam/chain.hpp) of the prefix that ends at a position in [first() - 1, last()].
  std::uint64_t chain_at(Index index) const;

  /// Entries from `from` on, at most `entries_max` and at most `bytes_max` of payload, but one entry however
  /// long. Empty if from > last(). Precondition: from >= first(). Valid until the log changes.
  std::span<const EntryRef> slice(Index from, std::size_t entries_max, std::uint64_t bytes_max) const;
  /// Payload bytes of the entries in (after, last()]. Precondition: first() - 1 <= after <= last(). O(1).
  std::uint64_t bytes_after(Index after) const { return payload_.end() - payload_end(after); }

  /// The first position held whose entry has the term of the one at `index`. O(log of the terms held).
  /// Precondition: first() <= index <= last().
  Index first_of_same_term(Index index) const;
  /// The last position whose term is at most `term`; first() - 1 if none is held. O(log of the terms held).
  Index last_up_to(Term term) const;

  /// Adds an entry after last(), copying its payload. Precondition: terms never decrease along the log.
  void append(const EntryRef& entry);
  /// Removes the entries from `from` on. Precondition: first() <= from <= last().
  void truncate(Index from);
  /// Removes the entries up to `upto`, which a snapshot covers (chapter 5); term and chain hash there are
  /// kept. Amortised O(1) per entry. Precondition: first() - 1 <= upto <= last().
  void compact(Index upto);
  /// An empty log behind a snapshot that ends at `base`.
  void restart(Index base, Term base_term, std::uint64_t base_chain);

 private:
  struct Tail {
    std::uint64_t chain = 0;        ///< up to and including this entry
    std::uint64_t payload_end = 0;  ///< where its payload ends in the store
  };
  struct TermRun {
    Term term;
    Index first;
  };
  std::size_t offset(Index index) const { return static_cast<std::size_t>(index - origin_) - 1; }
  std::uint64_t payload_end(Index index) const {
    return index == base_ ? base_payload_end_ : tails_[offset(index)].payload_end;
  }

  /// The position before first(), its term and its chain hash: where a snapshot would end.
  Index base_;
  Term base_term_;
  std::uint64_t base_chain_ = chain_start;
  std::uint64_t base_payload_end_ = 0;
  /// The position before entries_[0]; at most base_. Those in between were compacted away, and their places
  /// are reclaimed together, once they are as many as the entries kept.
  Index origin_;
  std::vector<EntryRef> entries_;
  std::vector<Tail> tails_;
  /// Ascending in both members: one per term held.
  std::vector<TermRun> runs_;
  PayloadStore payload_;
};

}  // namespace raftsim::core
