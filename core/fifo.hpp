// A queue whose elements keep their memory when they leave, so that a steady flow allocates nothing.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "seam/check.hpp"

namespace raftsim::core {

/// Elements in order of arrival. A pushed element comes as it was last left: assign every field.
template <class T>
class Fifo {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  T& push() {
    if (size_ == ring_.size()) grow();
    return ring_[(head_ + size_++) & (ring_.size() - 1)];
  }
  T& front() {
    CHECK(size_ > 0);
    return ring_[head_];
  }
  /// The element `i` places behind the front.
  T& at(std::size_t i) {
    CHECK(i < size_);
    return ring_[(head_ + i) & (ring_.size() - 1)];
  }
  T& back() {
    CHECK(size_ > 0);
    return at(size_ - 1);
  }
  void pop_back() {
    CHECK(size_ > 0);
    --size_;
  }
  void pop() {
    CHECK(size_ > 0);
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
  }
  void clear() {
    head_ = 0;
    size_ = 0;
  }

 private:
  void grow() {
    std::vector<T> larger(ring_.empty() ? 8 : ring_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(at(i));
    ring_ = std::move(larger);
    head_ = 0;
  }

  std::vector<T> ring_;  ///< its size is a power of two, or 0
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace raftsim::core
