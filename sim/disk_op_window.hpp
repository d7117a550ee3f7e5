// Which disk operations of an incarnation have completed: what gated sends wait for.
#pragma once

#include <cstdint>
#include <vector>

#include "history/event.hpp"
#include "seam/check.hpp"
#include "seam/effects.hpp"
#include "seam/types.hpp"

namespace raftsim::sim {

/// Operations are dense from 1. Those not yet answered, and what is behind the first of them, are kept in a
/// ring; the rest is one number.
class DiskOpWindow {
 public:
  struct Record {
    history::EventId issued;
    DiskAction action = DiskAction::write;
    bool answered = false;
    bool failed = false;
  };

  void clear() {
    settled_ = 0;
    next_ = 1;
    frontier_ = DiskOp{};
    blocked_ = false;
  }

  DiskOp next() const { return DiskOp{next_}; }
  /// Everything up to and including it has succeeded.
  DiskOp frontier() const { return frontier_; }

  void issue(DiskAction action, history::EventId event) {
    if (next_ - settled_ > ring_.size()) grow();
    at(next_) = Record{event, action, false, false};
    ++next_;
  }
  /// Precondition: issued, not answered before.
  const Record& record(DiskOp op) const {
    CHECK(op.value > settled_ && op.value < next_);
    return ring_[op.value & (ring_.size() - 1)];
  }
  /// `refused`: for want of space. What waits for it never leaves, but what the process issues now that it
  /// knows does not depend on it.
  enum class Answer : std::uint8_t { succeeded, failed, refused };
  /// Whether the frontier moved.
  bool answer(DiskOp op, Answer how) {
    CHECK(op.value > settled_ && op.value < next_);
    at(op.value).answered = true;
    at(op.value).failed = how == Answer::failed;
    const DiskOp before = frontier_;
    while (settled_ + 1 < next_ && at(settled_ + 1).answered) {
      ++settled_;
      if (at(settled_).failed) blocked_ = true;
      if (!blocked_) frontier_ = DiskOp{settled_};
    }
    return frontier_ != before;
  }

 private:
  Record& at(std::uint64_t op) { return ring_[op & (ring_.size() - 1)]; }
  void grow() {
    std::vector<Record> bigger(ring_.empty() ? 16 : ring_.size() * 2);
    for (std::uint64_t op = settled_ + 1; op < next_; ++op) bigger[op & (bigger.size() - 1)] = at(op);
    ring_.swap(bigger);
  }

  std::vector<Record> ring_;
  std::uint64_t settled_ = 0;  ///< all up to here were answered
  std::uint64_t next_ = 1;
  DiskOp frontier_;
  bool blocked_ = false;  ///< one failed: the frontier never moves again
};

}  // namespace raftsim::sim
