// The search behind KeySearch: private to linearizability.cpp and key_search.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "checkers/linearizability.hpp"

namespace raftsim::checkers {

/// Adds `state` unless one of `states` implies it (same content, and at least its operations are still open),
/// and drops those that it implies.
void keep_state(std::vector<KeyState>& states, KeyState state);

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

class KeySearch::Impl {
 public:
  KeyVerdict run(std::span<const KeyOperation> operations, const KeyState& start, std::uint64_t nodes_max,
                 Want want);

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Op {
    KeyOperation what;
    std::uint64_t mark_a = 0, mark_b = 0;  ///< its part in the hash of a set of operations
    std::uint32_t observed = none;         ///< value number that it needs to find (get, applied cas)
    std::uint32_t produced = none;         ///< value number that it leaves (put, remove, applied or open cas)
    std::uint32_t twin = none;             ///< an equal open operation that began before
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
  struct Value {
    ValueHash value;
    std::uint32_t demand = 0;  ///< operations yet to be ordered that must find it
    std::uint32_t supply = 0;  ///< operations yet to be ordered that can leave it
  };
  enum class Choice : std::uint8_t { no, pure, forced, one_of };

  void prepare(std::span<const KeyOperation> operations, const KeyState& start);
  void number_values();
  std::uint32_t number_of(const ValueHash& value) const;
  void link_up();
  KeyVerdict search(std::uint64_t nodes_max, Want want, std::size_t capture_depth);
  bool advance(std::uint32_t& from);
  bool retreat(std::uint32_t& from);
  Choice choice(const Op& op, ValueHash& after) const;
  Choice choose_open(const Op& op, ValueHash& after) const;
  Choice choose_cas(const KeyOperation& what, ValueHash& after) const;
  bool unread(std::uint32_t value) const;
  bool still_needed(std::uint32_t value) const;
  bool take(std::uint32_t link, const ValueHash& after, Choice choice);
  void lift(std::uint32_t link);
  void put_back(std::uint32_t link);
  KeyState here() const;
  Deadlock deadlock() const;

  std::vector<Op> ops_;
  std::vector<Link> links_;
  std::vector<Value> values_;  ///< sorted by content
  std::vector<Frame> stack_;
  VisitedSet visited_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> times_;

  Want want_ = Want::verdict;
  bool look_ahead_ = true;
  ValueHash state_;
  std::uint32_t state_number_ = none;
  /// The last operation ordered has an unknown outcome, and nothing observed it yet.
  bool unobserved_ = false;
  std::uint64_t set_a_ = 0, set_b_ = 0;
  std::size_t required_ = 0;      ///< operations with a known outcome that are not ordered yet
  std::size_t open_appends_ = 0;  ///< appends not ordered yet: they can leave values without a number
  bool only_puts_and_gets_ = true;
  std::uint64_t nodes_ = 0;
};

}  // namespace raftsim::checkers
