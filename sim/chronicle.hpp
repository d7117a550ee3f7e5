// Where the world writes down what happens: events are built in place, stamped with time, step and cause, and
// handed to the journal. Also the one place that knows whether the system under test is being executed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "history/journal.hpp"
#include "history/run_result.hpp"
#include "seam/check.hpp"
#include "sim/committed_chain.hpp"
#include "sim/world.hpp"

namespace raftsim::sim {

using history::Details;
using history::Endpoint;
using history::Event;
using history::EventId;
using history::EventKind;

/// Thrown in the place of a call that killed an earlier process: see Fatal.
struct SystemDied {
  std::string how;
};

class Chronicle {
 public:
  Chronicle(history::Journal& journal, Progress* progress)
      : journal_(journal), progress_(progress != nullptr ? *progress : own_progress_) {}
  Chronicle(const Chronicle&) = delete;
  Chronicle& operator=(const Chronicle&) = delete;

  Instant now() const { return now_; }
  /// Items of the queue that did something, so far.
  std::uint64_t step() const { return step_; }
  /// The event that started the current step: the cause of all that follows in it.
  EventId cause() const { return cause_; }
  void set_cause(EventId cause) { cause_ = cause; }

  /// Time goes on without a step: a stale timer was taken. Precondition: not backwards.
  void advance(Instant now) {
    CHECK(now >= now_);
    now_ = now;
  }

  /// The item just taken does something.
  void begin_step() {
    ++step_;
    cause_ = EventId{};
    progress_.step.store(step_, std::memory_order_relaxed);
    progress_.event.store(journal_.last().value, std::memory_order_relaxed);
    progress_.time_ns.store(now_.ns, std::memory_order_relaxed);
  }

  Event make(EventKind kind, Endpoint node) const { return make(kind, node, cause_); }
  Event make(EventKind kind, Endpoint node, EventId cause) const {
    Event e;
    e.time = now_;
    e.cause = cause;
    e.node = node;
    e.kind = kind;
    e.step = static_cast<std::uint32_t>(step_);
    return e;
  }
  EventId emit(Event& event) { return journal_.emit(event); }
  EventId emit(Event& event, const Details& details) { return journal_.emit(event, details); }
  EventId last() const { return journal_.last(); }

  history::RunCounts counts;
  /// The highest index that any node has ever shown as committed.
  Index committed;
  CommittedChain committed_chain;

  /// The system under test is about to run on behalf of `node`: what breaks before leave() is a finding. An
  /// exception skips leave(), so that whoever catches it can ask inside() whose it was.
  void enter(NodeId node) {
    const std::uint64_t last = journal_.last().value;
    progress_.inside.store(node.value, std::memory_order_relaxed);
    progress_.event.store(last, std::memory_order_relaxed);
    if (last == fatal_.after.value) [[unlikely]]
      survive(node);
  }
  void leave() { progress_.inside.store(0, std::memory_order_relaxed); }
  /// 0: the simulator itself.
  NodeId inside() const { return NodeId{progress_.inside.load(std::memory_order_relaxed)}; }
  /// This call is not made: SystemDied is thrown instead.
  void expect(Fatal fatal) { fatal_ = std::move(fatal); }

 private:
  [[gnu::cold, gnu::noinline]] void survive(NodeId node) const {
    if (step_ == fatal_.step && node == fatal_.inside) throw SystemDied{fatal_.how};
  }

  history::Journal& journal_;
  Progress own_progress_;
  Progress& progress_;
  Instant now_;
  std::uint64_t step_ = 0;
  EventId cause_;
  Fatal fatal_;
};

}  // namespace raftsim::sim
