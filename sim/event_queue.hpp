// The world's queue: what happens next, in order of time, ties in order of scheduling (DESIGN, determinism).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "seam/check.hpp"
#include "seam/types.hpp"

namespace raftsim::sim {

/// Nodes of 16 bytes over pooled items, in three parts: the few that come next, sorted; a 4-ary heap of what
/// is near, where that is more than a few; and an unsorted list of what is far: clients' and servers' timers
/// lie far, and would only be in the way of the messages and disk operations that come and go in front of
/// them. When the near ones are used up, the horizon moves.
/// An item stays where it is from push() to release(), and its slot is used again with whatever it holds (a
/// buffer keeps its capacity), so that the steady state allocates nothing. Item: default-constructible.
/// Limits, checked: 2^24 items at once, 2^40 over the life of a queue.
template <class Item>
class EventQueue {
 public:
  using Slot = std::uint32_t;
  struct Popped {
    Instant at;
    Slot slot = 0;
  };

  /// Schedules an item. Its content is whatever the slot last held: assign it. `at` may not be negative.
  Slot push(Instant at) {
    CHECK(at.ns >= 0);
    CHECK(sequence_ < max_sequence);
    const Slot slot = take_slot();
    const Node node{at.ns, sequence_++ << slot_bits | slot};
    // Never empty near while there is something far: next_at() looks at the near ones only.
    if (node.at <= horizon_ || empty()) {
      horizon_ = std::max(horizon_, node.at);
      push_near(node);
    } else {
      far_first_ = std::min(far_first_, node.at);
      far_.push_back(node);
    }
    return slot;
  }
  Slot push(Instant at, Item value) {
    const Slot slot = push(at);
    item(slot) = std::move(value);
    return slot;
  }

  bool empty() const { return next_.empty() && heap_.empty(); }
  std::size_t size() const { return next_.size() + heap_.size() + far_.size(); }
  /// Precondition: not empty.
  Instant next_at() const {
    CHECK(!empty());
    return Instant{next_.empty() ? heap_.front().at : next_.back().at};
  }

  /// Takes the first from the order. The item stays readable, at the same address, until its release().
  /// Precondition: not empty.
  Popped pop() {
    CHECK(!empty());
    const Node top = next_.empty() ? heap_.front() : next_.back();
    next_.empty() ? pop_heap() : next_.pop_back();
    if (empty() && !far_.empty()) move_horizon();
    return {Instant{top.at}, static_cast<Slot>(top.order & (max_slots - 1))};
  }
  /// Gives a popped slot back.
  void release(Slot slot) { free_.push_back(slot); }

  Item& item(Slot slot) { return chunks_[slot >> chunk_bits][slot & (chunk_size - 1)]; }
  const Item& item(Slot slot) const { return chunks_[slot >> chunk_bits][slot & (chunk_size - 1)]; }

  /// Forgets all, released or not, in constant time; items keep their contents for reuse. Sequence numbers
  /// start anew.
  void clear() {
    next_.clear();
    heap_.clear();
    far_.clear();
    far_first_ = std::numeric_limits<std::int64_t>::max();
    horizon_ = 0;
    free_.clear();
    used_ = 0;
    sequence_ = 0;
  }

 private:
  static constexpr int slot_bits = 24;
  static constexpr std::uint64_t max_slots = std::uint64_t{1} << slot_bits;
  static constexpr std::uint64_t max_sequence = std::uint64_t{1} << (64 - slot_bits);
  static constexpr int chunk_bits = 8;
  static constexpr Slot chunk_size = Slot{1} << chunk_bits;

  struct Node {
    std::int64_t at;      ///< >= 0
    std::uint64_t order;  ///< sequence number, then slot

    __extension__ using Key = unsigned __int128;  ///< below 2^127: `at` is not negative
    Key key() const { return static_cast<Key>(static_cast<std::uint64_t>(at)) << 64 | order; }
    /// 1 where a comes before b, else 0: the borrow of a subtraction, which no compiler turns into a branch.
    static std::size_t before(const Node& a, const Node& b) {
      return static_cast<std::size_t>((a.key() - b.key()) >> 127);
    }
  };
  static_assert(sizeof(Node) == 16);

  Slot take_slot() {
    if (!free_.empty()) {
      const Slot slot = free_.back();
      free_.pop_back();
      return slot;
    }
    CHECK(used_ < max_slots);
    if (used_ == chunks_.size() * chunk_size) chunks_.push_back(std::make_unique<Item[]>(chunk_size));
    return used_++;
  }

  void push_heap(const Node& node) {
    heap_.push_back(node);
    sift_up(heap_.size() - 1, node);
  }
  void pop_heap() {
    const Node last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
  }

  /// All of next_ comes before all of the heap.
  void push_near(const Node& node) {
    if (!heap_.empty() && (next_.empty() || next_.front().key() < node.key())) return push_heap(node);
    if (next_.size() == next_max) {
      // The later half gives way. It comes before whatever the heap holds.
      const auto half = next_.begin() + next_max / 2;
      for (auto n = next_.begin(); n != half; ++n) push_heap(*n);
      next_.erase(next_.begin(), half);
      return push_near(node);
    }
    next_.push_back(node);
    std::size_t hole = next_.size() - 1;
    for (; hole > 0 && next_[hole - 1].key() < node.key(); --hole) next_[hole] = next_[hole - 1];
    next_[hole] = node;
  }

  /// Takes over what comes first among the far ones. The step widens when it brings little and narrows when
  /// it brings much, so that an item is looked at a bounded number of times whatever the times are like.
  /// Only the cost depends on it, never the order. Precondition: nothing near, something far.
  void move_horizon() {
    horizon_ = far_first_ + std::min(reach_, std::numeric_limits<std::int64_t>::max() - far_first_);
    far_first_ = std::numeric_limits<std::int64_t>::max();
    std::size_t kept = 0;
    for (const Node& node : far_) {
      if (node.at <= horizon_) {
        push_near(node);
      } else {
        far_first_ = std::min(far_first_, node.at);
        far_[kept++] = node;
      }
    }
    far_.resize(kept);
    const std::size_t near = next_.size() + heap_.size();
    if (near < std::max<std::size_t>(2, kept / 32) && reach_ < reach_max) reach_ *= 2;
    if (near > std::max<std::size_t>(12, kept / 8) && reach_ > reach_min) reach_ /= 2;
  }

  void sift_up(std::size_t hole, Node node) {
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (heap_[parent].key() < node.key()) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = node;
  }

  /// The position of the least of four siblings, without a branch that a predictor could miss.
  std::size_t least_of_four(std::size_t first) const {
    const Node* const n = &heap_[first];
    const std::size_t left = Node::before(n[1], n[0]);
    const std::size_t right = 2 + Node::before(n[3], n[2]);
    return first + left + (right - left) * Node::before(n[right], n[left]);
  }

  /// Fills the hole at the root, with `node` going where it belongs.
  void sift_down(Node node) {
    const std::size_t n = heap_.size();
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * 4 + 1;
      std::size_t least = first;
      if (first + 4 <= n) {
        least = least_of_four(first);
      } else {
        if (first >= n) break;
        for (std::size_t c = first + 1; c < n; ++c) least = heap_[c].key() < heap_[least].key() ? c : least;
      }
      if (node.key() < heap_[least].key()) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = node;
  }

  static constexpr std::int64_t reach_min = 1'000;              ///< ns
  static constexpr std::int64_t reach_max = 1'000'000'000'000;  ///< ns

  static constexpr std::ptrdiff_t next_max = 64;

  std::vector<Node> next_;  ///< the last comes first
  std::vector<Node> heap_;  ///< the others up to the horizon
  std::vector<Node> far_;   ///< all beyond the horizon, in no order
  std::int64_t far_first_ = std::numeric_limits<std::int64_t>::max();  ///< the least time of far_
  std::int64_t horizon_ = 0;
  std::int64_t reach_ = 4'000'000;  ///< ns: how far the next move goes beyond the first far item
  std::vector<Slot> free_;
  std::vector<std::unique_ptr<Item[]>> chunks_;
  Slot used_ = 0;  ///< slots ever handed out since clear()
  std::uint64_t sequence_ = 0;
};

}  // namespace raftsim::sim
