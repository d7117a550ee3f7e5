// A machine whose steps take time, or wait; and what reaches it from links that are no plain ones.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/post.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

using history::FaultClass;

namespace {

/// What a step costs a slow process where the scenario says that steps cost nothing.
constexpr Duration least_service = microseconds(100);

/// `time` at a pace so many times slower, or faster; at most as long as a scenario may run.
Duration at_pace(Duration time, std::uint32_t factor, std::uint32_t before = 1) {
  __extension__ using Wide = __int128;
  const Wide ns = Wide{time.ns} * factor / before;
  return Duration{static_cast<std::int64_t>(std::min<Wide>(ns, duration_max.ns))};
}

}  // namespace

void NodeRuntime::set_pace(const Pace& pace) {
  const std::uint32_t before = std::exchange(pace_, pace).factor;
  slow_ = pace.factor > 1 || stage_.scenario.process.service_time.maximum() > Duration{};
  if (!backlog_.empty() && !paused_ && pace.factor != before) serve_on(before);
}

/// What is left of the step in service takes the new pace: nothing of a fault is felt after its end, and
/// whoever becomes slow in the middle of a step is slow at once.
void NodeRuntime::serve_on(std::uint32_t factor_before) {
  const Duration left = turn_due_ - stage_.now();
  if (left <= Duration{}) return;
  take_turn_after(slow_ ? at_pace(left, pace_.factor, factor_before) : Duration{});
  if (pace_.factor > 1) stage_.faults->had_effect(pace_.fault);
}

void NodeRuntime::take_turn_after(Duration time) {
  turn_due_ = stage_.now() + time;
  stage_.at(turn_due_, {ItemKind::backlog, static_cast<std::uint32_t>(id_.value), ++turn_, 0});
}

void NodeRuntime::wait(const Item& item) {
  backlog_.push_back(item);
  if (item.kind == ItemKind::deliver) ++waiting_messages_;
  // Behind others it gets its turn after theirs, and of who is paused nothing has one.
  if (backlog_.size() == 1 && !paused_) serve_next();
}

/// Like the capacity of a link it ends with the chaos: what is lost for want of room is lost in the
/// background, and a stream that breaks of it again and again would be excused for ever.
bool NodeRuntime::inbox_is_full() const {
  const std::optional<std::uint32_t>& room = stage_.scenario.process.inbox;
  return room && waiting_messages_ >= *room && stage_.phase == history::Phase::chaos;
}

void NodeRuntime::serve_next() {
  Duration service;
  if (slow_) {
    const Distribution& usual = stage_.scenario.process.service_time;
    const Duration once = usual.maximum() > Duration{} ? service_.sample(usual) : least_service;
    service = at_pace(once, pace_.factor);
    if (usual.maximum() > Duration{}) {
      stage_.ledger.fired(FaultClass::service_time);
      if (once > Duration{}) stage_.ledger.effective(FaultClass::service_time);
    }
    if (pace_.factor > 1 && service > Duration{}) stage_.faults->had_effect(pace_.fault);
  }
  turn_began_ = stage_.now();
  take_turn_after(service);
}

void NodeRuntime::take_backlog(const Item& item) {
  if (paused_ || backlog_.empty() || item.what != turn_) return;
  const Item next = backlog_.front();
  backlog_.pop_front();
  if (next.kind == ItemKind::deliver) --waiting_messages_;
  const std::uint64_t before = incarnation_;
  served_ = stage_.now() - turn_began_;
  handle(next);
  served_ = Duration{};
  if (!backlog_.empty() && !paused_ && incarnation_ == before) serve_next();
}

void NodeRuntime::hear_of_link(const Item& item) {
  const LinkNews news = LinkNews::of(item.what);
  stage_.chronicle.set_cause(news.because);
  if (item.kind == ItemKind::connected) {
    input_.what = Connected{news.peer};
  } else {
    CHECK(item.kind == ItemKind::disconnected);
    input_.what = Disconnected{news.peer};
  }
  step(MessageType::unknown);
}

/// What was damaged on the way is no message any more, and a system that takes it for one has no checksum, or
/// does not heed it: always a bug, since a checksum detects this damage (damage(), rough_link.hpp).
void NodeRuntime::receive_damaged(MessageSlot slot) {
  const Message& m = stage_.messages[slot];
  const bool from_client = m.from.is_client();
  if (from_client)
    input_.what = Request{ClientId{m.from.as_client() + 1u}, m.request, m.bytes};
  else
    input_.what = Receive{m.from.as_node(), m.bytes};
  stage_.chronicle.enter(id_);
  MessageView taken_for;
  const bool believed = !from_client && system_.describe(m.bytes, taken_for);
  stage_.chronicle.leave();
  const Index last = diff_.log().last(), commit = diff_.commit();
  const std::uint64_t number = m.id.value;
  step(MessageType::unknown);
  const bool acted = up() && (diff_.log().last() != last || diff_.commit() != commit);
  stage_.messages.release(slot);
  if (!believed && !acted) return;
  stage_.broken(id_, fmt::format("n{} took message {} for intact, which was damaged on its way{}", id_.value,
                                 number, acted ? ": its log or commit index moved" : ""));
}

}  // namespace raftsim::sim
