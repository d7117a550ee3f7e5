// Linearizability of operations on one key, from the client's side alone (Herlihy & Wing 1990): a memoised
// depth-first search for a witness (Wing & Gong 1993, Lowe 2017), with just-in-time ordering, over states
// that are 64-bit hashes of values, so that long values cost nothing. Different keys are independent
// (locality, Herlihy & Wing, theorem 1): check each alone.
//
// Sound shortcuts, each with its reason in linearizability.cpp: operations that change nothing are ordered as
// soon as they are legal; an operation without a known outcome is ordered only where somebody observes it; a
// value that nobody can write again is not left while somebody still has to read it; a value that only one
// operation can have made was there for one stretch of time (Gibbons & Korach 1997), and where that operation
// is an append, it found the rest of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "seam/operation.hpp"
#include "seam/types.hpp"

namespace raftsim::checkers {

/// The content of one key, hashed: a polynomial in 2^61 - 1 over its bytes, so that an append is arithmetic.
/// Equal contents are equal; different ones differ up to a collision of 61 bits.
struct ValueHash {
  std::uint64_t hash = 0;   ///< 0 and absent: no such key
  std::uint64_t power = 1;  ///< base ^ length, to append to it
  bool present = false;

  friend bool operator==(const ValueHash&, const ValueHash&) = default;
};
ValueHash absent_value();
ValueHash value_hash(std::string_view bytes);
/// `state` with `value` behind it; an absent key counts as empty.
ValueHash appended(ValueHash state, ValueHash value);

/// What became of an operation, as its client knows it.
enum class Outcome : std::uint8_t {
  known,    ///< it took effect, once, between call and return, and answered this
  unknown,  ///< it takes effect at most once, at any time after its call, perhaps never
};

/// One operation on the key. `call` and `back` are positions in the history: any numbers, all different, of
/// which only the order counts.
struct KeyOperation {
  OperationKind kind = OperationKind::get;  ///< get, put, remove, cas, append
  Outcome outcome = Outcome::known;
  bool applied = true;    ///< cas: whether it swapped
  std::uint32_t tag = 0;  ///< the caller's own number for it
  /// Tag + 1 of an operation that was over before this one was called, although `call` and `back` do not say
  /// so; 0: none. Two clients that each call at the moment of their own answer are in no order of intervals.
  /// Counts only where that operation has a known outcome.
  std::uint32_t follows = 0;
  std::uint64_t call = 0;
  std::uint64_t back = 0;  ///< of an unknown outcome: ignored
  ValueHash value;         ///< put, append: the value; cas: the new one; get: what it returned
  ValueHash expected;      ///< cas
  /// append: what it appends; get: what it returned. Not needed; where known (not null), it tells which
  /// append made what somebody read. Must outlive the search.
  std::string_view text;
};

/// What the key holds once `operation` has taken effect on `state`; nothing: it cannot have answered as it
/// did. A cas of unknown outcome that finds another value does nothing.
std::optional<ValueHash> after(const KeyOperation& operation, const ValueHash& state);

/// Whether `order`, numbers of `operations`, is a legal order of all that have a known outcome, and of some
/// that have not: each answer right, none behind one that began after it had ended. Linear. Whoever claims
/// the order is not believed: this looks at calls, returns and answers only.
bool is_legal_order(std::span<const KeyOperation> operations, std::span<const std::uint32_t> order,
                    const ValueHash& start);

enum class Linearizable : std::uint8_t { yes, no, unknown };

/// Where a key can stand once all operations with a known outcome are ordered: its content, and which of the
/// unknown ones have not taken effect.
struct KeyState {
  ValueHash value;
  std::vector<KeyOperation> open;
};

/// What a refused history looks like from inside: the longest order that was legal, and who could not follow.
struct Deadlock {
  /// Tags in a legal order of as many operations of known outcome as was found; unknown ones among them where
  /// they were needed.
  std::vector<std::uint32_t> prefix;
  std::size_t ordered = 0;  ///< those of known outcome
  bool longest = false;     ///< no legal order has more of them
  /// The content after it.
  ValueHash state;
  /// Tags of the operations that had to come next, by the order of time, and whose answers would be wrong.
  std::vector<std::uint32_t> next;
};

struct KeyVerdict {
  Linearizable result = Linearizable::yes;
  /// Search nodes visited: the budget is counted in them, never in time, so that verdicts are deterministic.
  std::uint64_t nodes = 0;
  /// With Want::all_states and `yes`: every state worth carrying on from (none is implied by another).
  std::vector<KeyState> states;
  /// With Want::deadlock, unless `yes`.
  Deadlock deadlock;
};

/// `verdict`: stop at the first legal order. `deadlock`: the same, and where none is found, tell how far one
/// gets, which takes up to four searches. `all_states`: visit all, to carry on from there.
enum class Want : std::uint8_t { verdict, deadlock, all_states };

/// Searches `operations` (any order) from each of `starts` (empty: an absent key). Gives up, `unknown`, after
/// `nodes_max` nodes.
class KeySearch {
 public:
  KeySearch();
  ~KeySearch();
  KeySearch(const KeySearch&) = delete;
  KeySearch& operator=(const KeySearch&) = delete;

  KeyVerdict run(std::span<const KeyOperation> operations, std::span<const KeyState> starts,
                 std::uint64_t nodes_max, Want want);

 private:
  class Impl;
  Impl* impl_;
};

// ---- the library used alone: whole histories over many keys

struct TimedOperation {
  Operation operation;
  std::uint64_t call = 0;
  std::optional<std::uint64_t> back;  ///< nothing: the outcome is unknown
  OperationResult result;             ///< with `back`; a kind other than ok: it never took effect
};

struct HistoryVerdict {
  Linearizable result = Linearizable::yes;
  std::string key;  ///< of the first key, in order of name, that decided it; empty with `yes`
  std::uint64_t nodes = 0;
};

/// Judges `history`, key by key. `nodes_max`: for each key.
HistoryVerdict linearizability(std::span<const TimedOperation> history, std::uint64_t nodes_max);

/// The search's view of an operation that ended; nothing where it cannot matter (a read without an answer, a
/// definite failure, a session's opening). `back` nothing: the outcome is unknown.
std::optional<KeyOperation> key_operation(const Operation& operation, std::uint64_t call,
                                          std::optional<std::uint64_t> back, const OperationResult* result);

}  // namespace raftsim::checkers
