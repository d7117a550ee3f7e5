// A machine whose steps take time, or wait; and what reaches it from links that are no plain ones.
#include <fmt/format.h>

#include <algorithm>

#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::FaultClass;

namespace {

/// What a step costs a slow process where the scenario says that steps cost nothing.
constexpr Duration least_service = microseconds(100);

}  // namespace

void NodeRuntime::set_pace(const Pace& pace) {
  pace_ = pace;
  slow_ = pace.factor > 1 || stage_.scenario.process.service_time.maximum() > Duration{};
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
    service = once * std::int64_t{pace_.factor};
    if (usual.maximum() > Duration{}) {
      stage_.ledger.fired(FaultClass::service_time);
      if (once > Duration{}) stage_.ledger.effective(FaultClass::service_time);
    }
    if (pace_.factor > 1 && service > Duration{}) stage_.faults->had_effect(pace_.fault);
  }
  ++turn_;
  next_service_ = service;
  stage_.at(stage_.now() + service, {ItemKind::backlog, static_cast<std::uint32_t>(id_.value), turn_, 0});
}

void NodeRuntime::take_backlog(const Item& item) {
  if (paused_ || backlog_.empty() || item.what != turn_) return;
  const Item next = backlog_.front();
  backlog_.pop_front();
  if (next.kind == ItemKind::deliver) --waiting_messages_;
  const std::uint64_t before = incarnation_;
  served_ = next_service_;
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
