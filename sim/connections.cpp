#include "sim/connections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::DropReason;
using history::FaultClass;

namespace {

LinkEnds between(NodeId from, NodeId to) { return {Endpoint::node(from), Endpoint::node(to)}; }

std::string_view why(DropReason reason) {
  switch (reason) {
    case DropReason::loss:
      return "a message was lost";
    case DropReason::partition:
      return "its link is cut";
    case DropReason::queue_full:
      return "its link is full";
    case DropReason::inbox_full:
      return "an inbox is full";
    case DropReason::none:
    case DropReason::rule:
    case DropReason::receiver_down:
    case DropReason::sender_crashed:
    case DropReason::disconnected:
      break;
  }
  return "";
}

}  // namespace

bool has_streams(const Network& network) {
  const auto streams = [](const Link& link) { return link.mode == LinkMode::stream; };
  return streams(network.nodes) ||
         std::ranges::any_of(network.links, [&](const Network::Override& o) { return streams(o.link); });
}

Connections::Connections(Stage& stage) : stage_(stage) {
  for (std::uint32_t i = 1; i <= stage.node_count; ++i) {
    for (std::uint32_t j = i + 1; j <= stage.node_count; ++j) {
      const NodeId a{i}, b{j};
      const auto streams = [&](LinkEnds on) {
        return stage.network.parameters(on.from, on.to).mode == LinkMode::stream;
      };
      if (!streams(between(a, b)) && !streams(between(b, a))) continue;
      stage.network.make_stream(Endpoint::node(a), Endpoint::node(b));
      Pair& pair = pairs_.emplace_back();
      pair.a = a;
      pair.b = b;
      pair.reconnect = stage.decisions.open({Purpose::stream_reconnect, i, j});
      pair.reconnect_back = stage.decisions.open({Purpose::stream_reconnect, j, i});
      pair.suffix[0] = stage.decisions.open({Purpose::stream_suffix, i, j});
      pair.suffix[1] = stage.decisions.open({Purpose::stream_suffix, j, i});
    }
  }
}

Connections::Pair* Connections::find(NodeId a, NodeId b) {
  const auto [low, high] = std::minmax(a, b);
  const auto it = std::ranges::find_if(
      pairs_, [&, low = low, high = high](const Pair& p) { return p.a == low && p.b == high; });
  return it == pairs_.end() ? nullptr : &*it;
}

void Connections::broke(LinkEnds lost_on, DropReason reason, EventId sent) {
  Pair* pair = find(lost_on.from.as_node(), lost_on.to.as_node());
  CHECK(pair != nullptr);
  CHECK(pair->connected);
  break_up(*pair, {lost_on, false, false}, why(reason), sent);
}

void Connections::lost_at_arrival(LinkEnds lost_on, DropReason reason, EventId sent) {
  if (!lost_on.from.is_node() || !lost_on.to.is_node()) return;
  Pair* pair = find(lost_on.from.as_node(), lost_on.to.as_node());
  if (pair == nullptr) return;
  if (!pair->connected) {
    // It was broken already: of what still was to arrive, no more does.
    lose_suffix(lost_on, stage_.network.flying(lost_on.from, lost_on.to).size(), sent);
    return;
  }
  break_up(*pair, {lost_on, true, false}, why(reason), sent);
}

void Connections::went_down(NodeId node, EventId down) {
  for (Pair& pair : pairs_) {
    if (pair.a != node && pair.b != node) continue;
    // Of a break before this it hears no more, and its next incarnation was not connected.
    pair.notice[node == pair.a ? 0 : 1].reset();
    if (!pair.connected) continue;
    const NodeId other = pair.a == node ? pair.b : pair.a;
    break_up(pair, {between(other, node), true, true}, fmt::format("n{} went down", node.value), down);
  }
}

void Connections::lose_suffix(LinkEnds on, std::size_t count, EventId cause) {
  for (std::size_t i = 0; i < count; ++i)
    stage_.post->lose(stage_.network.flying(on.from, on.to).back().slot, DropReason::disconnected, cause);
}

void Connections::break_up(Pair& pair, const Broken& broken, std::string_view why, EventId cause) {
  pair.connected = false;
  stage_.network.disconnect(broken.on.from, broken.on.to);
  // The unmended break before this one, if there was one, ended as they were connected.
  const FaultEngine::Background begun = stage_.faults->begin_background(
      FaultClass::stream_break, {pair.a, pair.b},
      fmt::format("the stream between n{} and n{} breaks: {}", pair.a.value, pair.b.value, why), cause);
  pair.fault = begun.number;
  pair.broke = begun.event;

  const LinkEnds back{broken.on.to, broken.on.from};
  const std::size_t in_flight = stage_.network.flying(back.from, back.to).size();
  Stream& suffix = pair.suffix[back.from.as_node() == pair.a ? 0 : 1];
  const std::size_t drawn = suffix.below(in_flight + 1);
  const bool stalls = stage_.network.stalls(back.from, back.to);
  const std::size_t behind = broken.all_behind || stage_.network.stalls(broken.on.from, broken.on.to)
                                 ? stage_.network.flying(broken.on.from, broken.on.to).size()
                                 : 0;
  lose_suffix(broken.on, behind, begun.event);
  lose_suffix(back, stalls ? in_flight : drawn, begun.event);
  // The message at which it broke was lost, or whoever went down lost its connection.
  stage_.faults->had_effect(begun.number);

  pair.told = stage_.now();
  pair.notice[0].reset();
  pair.notice[1].reset();
  for (const LinkEnds& way : {broken.on, back}) {
    const NodeId whom = way.to.as_node();
    const bool down = broken.end_is_down && way.to == broken.on.to;
    if (down || !stage_.node(whom).up()) continue;
    const Instant when = last_arrival(way);
    tell(pair, whom, /*connected=*/false, when, begun.event);
    pair.told = std::max(pair.told, when);
  }
  try_later(pair, pair.told);
}

Instant Connections::last_arrival(LinkEnds way) const {
  Instant last = stage_.now() + stage_.network.parameters(way.from, way.to).latency.minimum();
  for (const RoughLink::Flying& f : stage_.network.flying(way.from, way.to)) last = std::max(last, f.arrival);
  return last;
}

void Connections::hastened(LinkEnds link) {
  if (!link.from.is_node() || !link.to.is_node()) return;
  Pair* pair = find(link.from.as_node(), link.to.as_node());
  if (pair == nullptr || pair->connected) return;
  const NodeId whom = link.to.as_node();
  const std::optional<Instant> notice = pair->notice[whom == pair->a ? 0 : 1];
  if (notice && last_arrival(link) < *notice)
    tell(*pair, whom, /*connected=*/false, last_arrival(link), pair->broke);
  Instant told = stage_.now();
  for (const std::optional<Instant>& n : pair->notice) told = std::max(told, n.value_or(told));
  const Duration gained = pair->told - told;
  if (gained <= Duration{}) return;
  pair->told = told;
  if (pair->trying) try_at(*pair, std::max(pair->next_try - gained, stage_.now()));
}

bool Connections::is_news(const Item& item) {
  const NodeId whom{item.who};
  // What was for an earlier incarnation is its node's to ignore.
  if (item.kind == ItemKind::connected || item.incarnation != stage_.node(whom).incarnation()) return true;
  Pair* pair = find(whom, LinkNews::of(item.what).peer);
  CHECK(pair != nullptr);
  std::optional<Instant>& notice = pair->notice[whom == pair->a ? 0 : 1];
  if (notice != stage_.now()) return false;
  notice.reset();
  return true;
}

void Connections::tell(Pair& pair, NodeId whom, bool connected, Instant when, EventId cause) {
  if (!connected) pair.notice[whom == pair.a ? 0 : 1] = when;
  const NodeId peer = whom == pair.a ? pair.b : pair.a;
  const NodeRuntime& node = stage_.node(whom);
  stage_.at(when,
            {connected ? ItemKind::connected : ItemKind::disconnected, static_cast<std::uint32_t>(whom.value),
             LinkNews{peer, cause}.packed(), node.incarnation()});
}

Duration Connections::drawn_wait(Pair& pair) {
  const LinkParameters& there = stage_.network.parameters(Endpoint::node(pair.a), Endpoint::node(pair.b));
  const LinkParameters& back = stage_.network.parameters(Endpoint::node(pair.b), Endpoint::node(pair.a));
  if (there.mode != LinkMode::stream) return pair.reconnect.sample(back.reconnect);
  const Duration wait = pair.reconnect.sample(there.reconnect);
  if (back.mode != LinkMode::stream || back.reconnect == there.reconnect) return wait;
  return std::max(wait, pair.reconnect_back.sample(back.reconnect));
}

void Connections::try_later(Pair& pair, Instant from, Duration least) {
  // However short it may be drawn, time goes on between two tries.
  try_at(pair, std::max(from, stage_.now()) + std::max(drawn_wait(pair), least));
}

void Connections::try_at(Pair& pair, Instant when) {
  ++pair.attempt;
  pair.trying = true;
  pair.next_try = when;
  const auto position = static_cast<std::uint32_t>(&pair - pairs_.data());
  stage_.at(when, {ItemKind::connect, position, pair.attempt, 0});
}

void Connections::quiet(const NodeSet* live) {
  for (Pair& pair : pairs_) {
    if (pair.connected || !pair.trying) continue;
    if (live != nullptr && (!contains(*live, pair.a) || !contains(*live, pair.b))) continue;
    try_at(pair, std::max(pair.told, stage_.now()));
  }
}

void Connections::came_up(NodeId node, EventId booted) {
  for (Pair& pair : pairs_) {
    if (pair.a != node && pair.b != node) continue;
    pair.because = booted;
    if (!pair.connected && !pair.trying) try_later(pair, pair.told);
  }
}

void Connections::take(const Item& item) {
  Pair& pair = pairs_[item.who];
  if (pair.connected || item.what != pair.attempt) return;
  pair.trying = false;
  // Whoever comes up tries again.
  if (!stage_.node(pair.a).up() || !stage_.node(pair.b).up()) return;
  const LinkEnds ways[] = {between(pair.a, pair.b), between(pair.b, pair.a)};
  if (std::ranges::any_of(ways,
                          [&](const LinkEnds& w) { return stage_.network.cut(w.from, w.to).has_value(); }))
    return try_later(pair, stage_.now(), milliseconds(1));
  stage_.chronicle.begin_step();
  pair.connected = true;
  stage_.network.connect(ways[0].from, ways[0].to, stage_.now());
  const EventId mended =
      pair.fault != 0 ? stage_.faults->end_background(pair.fault, "they are connected again") : pair.because;
  pair.fault = 0;
  tell(pair, pair.a, /*connected=*/true, stage_.now(), mended);
  tell(pair, pair.b, /*connected=*/true, stage_.now(), mended);
}

}  // namespace raftsim::sim
