// A ring addressed by absolute position: holds first() .. end() - 1, grows to its capacity's next power of
// two, and gives up its front. What all shadow logs and the canonical sequence lie in: no allocation in the
// steady state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "seam/check.hpp"

namespace raftsim::checkers {

template <class T>
class Window {
 public:
  /// Empty; the next push_back goes to `first`.
  explicit Window(std::uint64_t first = 0) : first_(first), end_(first) {}

  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }
  std::uint64_t size() const { return end_ - first_; }
  bool empty() const { return first_ == end_; }
  bool holds(std::uint64_t i) const { return i >= first_ && i < end_; }

  /// Precondition: holds(i).
  T& operator[](std::uint64_t i) { return ring_[i & mask_]; }
  const T& operator[](std::uint64_t i) const { return ring_[i & mask_]; }
  T& back() { return ring_[(end_ - 1) & mask_]; }
  const T& back() const { return ring_[(end_ - 1) & mask_]; }
  const T& front() const { return ring_[first_ & mask_]; }

  void push_back(T value) {
    if (size() == ring_.size()) grow();
    ring_[end_ & mask_] = std::move(value);
    ++end_;
  }
  /// Forgets positions before `first`. Precondition: first <= end().
  void drop_before(std::uint64_t first) {
    CHECK(first <= end_);
    if (first > first_) first_ = first;
  }
  /// Forgets positions from `end` on. Precondition: first() <= end <= end().
  void cut(std::uint64_t end) {
    CHECK(end >= first_ && end <= end_);
    end_ = end;
  }
  /// Empty, to be continued at `first`.
  void restart(std::uint64_t first) { first_ = end_ = first; }

 private:
  void grow() {
    std::vector<T> bigger(ring_.empty() ? 16 : ring_.size() * 2);
    const std::uint64_t mask = bigger.size() - 1;
    for (std::uint64_t i = first_; i < end_; ++i) bigger[i & mask] = std::move(ring_[i & mask_]);
    ring_.swap(bigger);
    mask_ = mask;
  }

  std::vector<T> ring_;
  std::uint64_t mask_ = 0;
  std::uint64_t first_;
  std::uint64_t end_;
};

}  // namespace raftsim::checkers
