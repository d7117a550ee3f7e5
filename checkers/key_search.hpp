// The search behind KeySearch: private to linearizability.cpp and key_search.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/linearizability.hpp"

namespace raftsim::checkers {

constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

inline bool same_effect(const KeyOperation& a, const KeyOperation& b) {
  return a.kind == b.kind && a.value == b.value && a.expected == b.expected;
}

/// Adds `state` unless one of `states` implies it (same content, and at least its operations are still open),
/// and drops those that it implies.
void keep_state(std::vector<KeyState>& states, KeyState state);

/// Puts in order what is nearly so already, in linear time; else as std::sort.
template <class T, class Less = std::less<T>>
void sort_nearly_sorted(std::vector<T>& all, Less less = {}) {
  std::size_t moves_left = 8 * all.size();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const T one = all[i];
    std::size_t to = i;
    for (; to != 0 && less(one, all[to - 1]) && moves_left != 0; --to, --moves_left) all[to] = all[to - 1];
    all[to] = one;
    if (moves_left == 0) return std::sort(all.begin(), all.end(), less);
  }
}

/// `end` with one byte more in front of it.
ValueHash prepended(char byte, ValueHash end);

/// A set of 128-bit keys; emptied in the time of what it held.
class VisitedSet {
 public:
  /// False: it was there.
  bool insert(std::uint64_t a, std::uint64_t b);
  void clear();
  std::size_t size() const { return used_.size(); }

 private:
  struct Slot {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
  };
  void grow();

  std::vector<Slot> slots_;  ///< {0, 0}: free
  std::vector<std::uint32_t> used_;
};

/// Numbers for values, in order of first use.
class ValueNumbers {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::uint32_t find(const ValueHash& value) const;
  /// As find; a new one gets the next number.
  std::uint32_t number(const ValueHash& value);
  const ValueHash& operator[](std::uint32_t number) const { return values_[number]; }
  std::size_t size() const { return values_.size(); }
  void clear();

 private:
  std::size_t slot_of(const ValueHash& value) const;
  void grow();
  std::vector<ValueHash> values_;
  std::vector<std::uint32_t> slots_;  ///< number + 1; 0: free
  int shift_ = 64;                    ///< 64 less the bits of a slot's number
};

class KeySearch::Impl {
 public:
  KeyVerdict run(std::span<const KeyOperation> operations, const KeyState& start, std::uint64_t nodes_max,
                 Want want);

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Op {
    KeyOperation what;
    std::uint32_t observed = none;  ///< value number that it needs to find (get, applied cas, some appends)
    std::uint32_t produced = none;  ///< value number that it leaves (put, remove, applied or open cas)
    std::uint32_t suffix = none;    ///< append: number of what it appends
    std::uint32_t makes = none;    ///< value number that somebody has to find and only this one can have made
    std::uint32_t twin = none;     ///< an equal open operation that began before
    std::uint32_t earlier = none;  ///< the operation that it follows
    bool linearized = false;
  };
  /// One call or return; position 0 is the head of the list.
  struct Link {
    std::uint32_t op = none;
    std::uint32_t mate = none;  ///< of a call: its return, if it has one
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
    bool call = false;
  };
  struct Frame {
    std::uint32_t link = 0;
    std::uint32_t state_number = none;
    ValueHash state;
    bool unobserved = false;
    bool only_choice = false;
  };
  /// The part of the operation of this number in the hash of a set of operations.
  struct Mark {
    std::uint64_t a = 0, b = 0;
  };
  struct Zone {
    std::uint64_t from, to;
  };
  /// The return of an operation: when, and the link of its call.
  using Return = std::pair<std::uint64_t, std::uint32_t>;
  struct Value {
    std::uint32_t demand = 0;  ///< operations yet to be ordered that must find it
    std::uint32_t supply = 0;  ///< operations yet to be ordered that can leave it, but for appends
    /// Numbers of what may have been appended last; `vague`: it may be more than these.
    std::uint32_t suffixes[2] = {none, none};
    bool vague = false;
    bool derived = false;  ///< its suffixes are known
    std::string_view text;
    bool made_before = false;       ///< the key began with it, and no operation can have made it
    std::uint32_t supplier = none;  ///< one of those in `supply`
    /// Over the operations that made or found it: it was there from one to the other, if it was made once.
    std::uint64_t back_min = ~std::uint64_t{0}, call_max = 0;
  };
  /// All appends of the same text.
  struct Suffix {
    std::uint32_t left = 0;             ///< not ordered yet
    std::uint32_t count = 0;            ///< all of them
    std::uint32_t op = none;            ///< one of them
    std::vector<std::uint32_t> values;  ///< that end so, and that somebody must find
  };
  enum class Choice : std::uint8_t { no, pure, forced, one_of };

  void prepare(std::span<const KeyOperation> operations, const KeyState& start, Want want);
  void number_values();
  void number_suffixes();
  void derive_suffixes();
  void derive(std::uint32_t value);
  void find_maker(std::uint32_t value);
  void demand_rest(Op& append, std::string_view rest);
  bool zones_overlap();
  bool can_be_forced() const;
  void drop_what_nobody_needs();
  Value& value_at(std::uint32_t number);
  void link_up();
  void link_earlier();
  std::uint32_t link_last(std::uint32_t op);
  void link_first_return();
  KeyVerdict search(std::uint64_t nodes_max, Want want, std::optional<std::size_t> stop_at = std::nullopt);
  Deadlock furthest(std::span<const KeyOperation> operations, const ValueHash& start,
                    std::uint64_t nodes_max);
  bool advance(std::uint32_t& from);
  bool retreat(std::uint32_t& from);
  Choice choice(const Op& op, ValueHash& after) const;
  Choice choose_open(const Op& op, ValueHash& after) const;
  Choice choose_cas(const KeyOperation& what, ValueHash& after) const;
  bool unread(std::uint32_t value) const;
  bool still_needed(std::uint32_t value) const;
  bool spoils(const Op& op, const ValueHash& after) const;
  bool take(std::uint32_t link, const ValueHash& after, Choice choice);
  void mark(std::uint32_t op);
  void lift(std::uint32_t link);
  void put_back(std::uint32_t link);
  KeyState here() const;
  Deadlock deadlock() const;

  std::vector<Op> ops_;
  std::vector<Link> links_;
  ValueNumbers numbers_;
  std::vector<Value> values_;  ///< by number
  ValueNumbers suffix_numbers_;
  std::vector<Suffix> suffixes_;      ///< by number
  std::vector<bool> suffix_lengths_;  ///< whether something so long is appended
  std::vector<std::uint32_t> todo_;
  std::vector<Frame> stack_;
  VisitedSet visited_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> calls_;
  std::vector<Return> returns_;  ///< yet to be linked: a heap, the first in time on top
  std::vector<Zone> zones_;
  std::vector<Mark> marks_;

  Want want_ = Want::verdict;
  bool look_ahead_ = true;
  ValueHash state_;
  std::uint32_t state_number_ = none;
  /// The last operation ordered has an unknown outcome, and nothing observed it yet.
  bool unobserved_ = false;
  Mark set_;
  std::size_t branches_ = 0;      ///< places on the stack where something else could have come
  std::size_t required_ = 0;      ///< operations with a known outcome that are not ordered yet
  std::size_t least_left_ = 0;    ///< the smallest that `required_` has been in this search
  std::size_t open_appends_ = 0;  ///< appends not ordered yet: they can leave values without a number
  /// Every append's text is known, and none is empty.
  bool texts_known_ = true;
  std::uint32_t start_number_ = none;
  /// No order is possible: told before the search.
  bool impossible_ = false;
  bool forceable_ = true;
  std::uint64_t nodes_ = 0;
};

}  // namespace raftsim::checkers
