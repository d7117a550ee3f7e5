#include "sim/network.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "seam/check.hpp"

namespace raftsim::sim {

LinkParameters LinkParameters::with(const Link& over) const {
  LinkParameters p;
  p.latency = over.latency.value_or(latency);
  p.loss = over.loss.value_or(loss);
  p.duplicate = over.duplicate.value_or(duplicate);
  p.reorder = over.reorder.value_or(reorder);
  p.corrupt = over.corrupt.value_or(corrupt);
  p.replay = over.replay.value_or(replay);
  p.replay_after = over.replay_after.value_or(replay_after);
  p.capacity = over.capacity ? over.capacity : capacity;
  p.drop_when_full = over.drop_when_full.value_or(drop_when_full);
  p.bandwidth = over.bandwidth ? over.bandwidth : bandwidth;
  p.clog = over.clog.value_or(clog);
  p.mode = over.mode.value_or(mode);
  p.reconnect = over.reconnect.value_or(reconnect);
  return p;
}

LinkParameters client_links(const Network& network) {
  LinkParameters parameters = LinkParameters{}.with(network.nodes).with(network.clients);
  parameters.mode = LinkMode::datagram;
  return parameters;
}

SimNetwork::SimNetwork(const Network& scenario, std::uint32_t nodes, std::uint32_t clients,
                       Decisions& decisions)
    : decisions_(decisions),
      nodes_(nodes),
      clients_(clients),
      node_default_(LinkParameters{}.with(scenario.nodes)),
      client_default_(client_links(scenario)) {
  const auto open = [&](Endpoint from, Endpoint to, MessageType type) {
    const auto stream = [&](Purpose purpose) {
      return decisions.open({purpose, from.raw, to.raw, static_cast<std::uint32_t>(type)});
    };
    streams_.push_back({stream(Purpose::message_loss), stream(Purpose::message_latency),
                        stream(Purpose::message_duplicate), stream(Purpose::duplicate_latency)});
  };
  const auto first_stream = [&] { return static_cast<std::uint32_t>(streams_.size()); };

  links_.resize(std::size_t{nodes} * nodes + std::size_t{2} * nodes * clients);
  for (std::uint32_t a = 1; a <= nodes; ++a) {
    const Endpoint from = Endpoint::node(NodeId{a});
    for (std::uint32_t b = 1; b <= nodes; ++b) {
      const Endpoint to = Endpoint::node(NodeId{b});
      LinkState& state = link(from, to);
      state.first_stream = first_stream();
      state.typed = true;
      for (int type = 0; type < message_types; ++type) open(from, to, static_cast<MessageType>(type));
      use(from, to, node_default_);
    }
    for (std::uint32_t c = 0; c < clients; ++c) {
      const Endpoint client = Endpoint::client(c);
      LinkState& reply = link(from, client);
      reply.first_stream = first_stream();
      open(from, client, MessageType::client_reply);
      LinkState& request = link(client, from);
      request.first_stream = first_stream();
      open(client, from, MessageType::client_request);
      use(from, client, client_default_);
      use(client, from, client_default_);
    }
  }
}

Relief SimNetwork::use(Endpoint from, Endpoint to, const LinkParameters& parameters, Instant now) {
  LinkState& l = link(from, to);
  const LinkParameters* before = std::exchange(l.parameters, &parameters);
  const bool rough = parameters.rough() || l.stream;
  if (rough && l.roughness == nullptr) l.roughness = std::make_unique<RoughLink>(decisions_, from, to);
  l.rough = rough ? l.roughness.get() : nullptr;
  if (before == nullptr) return {};
  Relief relief{widen(l, before->bandwidth, now), std::nullopt};
  const bool in_order = l.stream || !parameters.reorder;
  const bool was_in_order = l.stream || !before->reorder;
  if (in_order && (!was_in_order || before->latency != parameters.latency)) {
    const Instant transmitted = l.roughness != nullptr ? std::max(now, l.roughness->free_at) : now;
    relief.at_latest = transmitted + parameters.latency.median();
  }
  return relief;
}

Duration SimNetwork::widen(LinkState& l, std::optional<std::uint64_t> before, Instant now) {
  const std::optional<std::uint64_t> bandwidth = l.parameters->bandwidth;
  if (!before || l.roughness->free_at <= now || bandwidth == before) return Duration{};
  Instant& free_at = l.roughness->free_at;
  __extension__ using Wide = __int128;
  const Duration left = free_at - now;
  Duration needed;
  if (bandwidth) {
    const Wide ns = static_cast<Wide>(left.ns) * static_cast<Wide>(*before) / static_cast<Wide>(*bandwidth);
    needed.ns = static_cast<std::int64_t>(std::min<Wide>(ns, std::numeric_limits<std::int64_t>::max() / 4));
  }
  free_at = now + needed;
  return left - needed;
}

Fate SimNetwork::send_plainly(LinkState& l, Streams& s, Instant departs) {
  const LinkParameters& p = *l.parameters;
  Fate fate;
  const std::uint64_t ordinal = s.loss.position();
  const bool lost = s.loss.chance(p.loss);
  bool duplicated = false;
  if (!p.duplicate.never()) {
    s.duplicate.follow(ordinal);
    duplicated = s.duplicate.chance(p.duplicate);
  }
  const std::optional<CutBy> cut_by = l.cut();
  if (lost || cut_by) {
    if (lost) ++counts_.lost;
    if (lost && !cut_by) ++counts_.lost_effective;
    if (cut_by) dropped_at_arrival(*cut_by);
    fate.reason = cut_by ? DropReason::partition : DropReason::loss;
    return fate;
  }

  s.latency.follow(ordinal);
  const Duration latency = s.latency.sample(p.latency);
  if (latency > p.latency.minimum()) ++counts_.delayed;
  fate.deliver_at = departs + latency;
  if (!p.reorder) fate.deliver_at = std::max(fate.deliver_at, l.latest);
  if (fate.deliver_at < l.latest) ++counts_.overtook;
  l.latest = std::max(l.latest, fate.deliver_at);

  if (!duplicated) return fate;
  ++counts_.duplicated;
  s.duplicate_latency.follow(ordinal);
  fate.duplicate_at = departs + s.duplicate_latency.sample(p.latency);
  if (!p.reorder) {
    fate.duplicate_at = std::max(*fate.duplicate_at, l.latest);
    l.latest = *fate.duplicate_at;
  }
  return fate;
}

Fate SimNetwork::send_roughly(Instant now, LinkEnds ends, MessageType type, std::size_t bytes) {
  LinkState& l = link(ends.from, ends.to);
  Streams& s = streams(l, type);
  roughness_ = {};
  if (l.stream) return send_in_stream(l, type, now, bytes);
  const std::uint64_t ordinal = s.loss.position();
  const bool cut = l.cut().has_value();
  const bool full = !cut && is_full(l);
  if (full) ++counts_.full;
  if (full && l.parameters->drop_when_full == DropWhenFull::newest) {
    s.loss.skip();
    return {.reason = DropReason::queue_full, .deliver_at = {}, .duplicate_at = {}};
  }
  Fate fate = send_plainly(l, s, cut ? now : transmit(l, now, bytes));
  fate.rough = true;
  if (full) roughness_.pushed = l.rough->flying.front().slot;
  if (fate.reason != DropReason::none) return fate;
  roughness_.counted = l.parameters->capacity || l.parameters->bandwidth;
  RoughLink::Draws& draws = l.rough->draws(type);
  draws.follow(ordinal);
  roughen(l, draws, fate, now);
  return fate;
}

void SimNetwork::roughen(LinkState& l, RoughLink::Draws& draws, Fate& fate, Instant now) {
  const LinkParameters& p = *l.parameters;
  if (!l.stream && draws.corrupt.chance(p.corrupt)) {
    ++counts_.corrupted;
    roughness_.burst = draws.bits.bits(/*benign=*/0);
  }
  if (!l.stream && draws.replay.chance(p.replay)) {
    const Instant again = std::max(fate.deliver_at, now + draws.replay_delay.sample(p.replay_after));
    if (!quiet_ || now >= *quiet_ || again < *quiet_) {
      ++counts_.replayed;
      roughness_.replay_at = again;
    }
  }
  // A link that stalls does not stall anew.
  if (l.clogs == 0 && draws.clog.chance(p.clog.probability))
    roughness_.clog = draws.clog_duration.sample(p.clog.duration);
}

/// When its last bit is on the way.
Instant SimNetwork::transmit(LinkState& l, Instant now, std::size_t bytes) {
  if (!l.parameters->bandwidth) return now;
  constexpr std::uint64_t second = 1'000'000'000;
  const std::uint64_t bandwidth = *l.parameters->bandwidth;
  __extension__ using Wide = unsigned __int128;
  const auto took =
      static_cast<std::int64_t>((static_cast<Wide>(bytes) * second + bandwidth - 1) / bandwidth);
  Instant& free_at = l.rough->free_at;
  if (took > 0) ++counts_.transmitted;
  const bool waits = free_at > now;
  free_at = std::max(free_at, now) + Duration{took};
  if (waits) {
    ++counts_.queued;
    roughness_.queued = free_at - now;
  }
  return free_at;
}

bool SimNetwork::is_full(const LinkState& l) const {
  return l.parameters->capacity && l.rough->flying.size() >= *l.parameters->capacity;
}

/// What would lose a message breaks the stream; behind a break there is nothing to be lost on.
Fate SimNetwork::send_in_stream(LinkState& l, MessageType type, Instant now, std::size_t bytes) {
  const LinkParameters& p = *l.parameters;
  Streams& s = streams(l, type);
  const std::uint64_t ordinal = s.loss.position();
  const bool breaks = s.loss.chance(p.loss);
  const auto none = [&](DropReason reason) {
    roughness_.breaks = l.rough->connected;
    return Fate{.reason = reason, .rough = true, .deliver_at = {}, .duplicate_at = {}};
  };
  if (!l.rough->connected) return none(DropReason::disconnected);
  if (const std::optional<CutBy> by = l.cut()) {
    dropped_at_arrival(*by);
    return none(DropReason::partition);
  }
  if (is_full(l)) {
    ++counts_.full;
    return none(DropReason::queue_full);
  }
  if (breaks) return none(DropReason::loss);
  s.latency.follow(ordinal);
  const Duration latency = s.latency.sample(p.latency);
  if (latency > p.latency.minimum()) ++counts_.delayed;
  Fate fate{.rough = true, .deliver_at = transmit(l, now, bytes) + latency, .duplicate_at = {}};
  fate.deliver_at = std::max(fate.deliver_at, l.latest);
  l.latest = fate.deliver_at;
  roughness_.counted = true;
  RoughLink::Draws& draws = l.rough->draws(type);
  draws.follow(ordinal);
  roughen(l, draws, fate, now);
  return fate;
}

void SimNetwork::leave(Endpoint from, Endpoint to, std::uint32_t slot) {
  // A link that was smoothed meanwhile still knows what is on it.
  std::erase_if(link(from, to).roughness->flying,
                [slot](const RoughLink::Flying& f) { return f.slot == slot; });
}

void SimNetwork::end_clog(Endpoint from, Endpoint to) {
  CHECK(link(from, to).clogs > 0);
  --link(from, to).clogs;
}

void SimNetwork::waits_no_more(Endpoint from, Endpoint to) {
  CHECK(link(from, to).stalled > 0);
  --link(from, to).stalled;
}

void SimNetwork::make_stream(Endpoint a, Endpoint b) {
  for (const LinkEnds& ends : {LinkEnds{a, b}, LinkEnds{b, a}}) {
    link(ends.from, ends.to).stream = true;
    use(ends.from, ends.to, *link(ends.from, ends.to).parameters);
  }
}

void SimNetwork::connect(Endpoint a, Endpoint b, Instant now) {
  for (const LinkEnds& ends : {LinkEnds{a, b}, LinkEnds{b, a}}) {
    LinkState& l = link(ends.from, ends.to);
    CHECK(l.stream);
    l.rough->connected = true;
    l.rough->free_at = now;
    l.latest = now;
  }
}

void SimNetwork::disconnect(Endpoint a, Endpoint b) {
  for (const LinkEnds& ends : {LinkEnds{a, b}, LinkEnds{b, a}})
    link(ends.from, ends.to).rough->connected = false;
}

void SimNetwork::begin_cut(Endpoint from, Endpoint to, CutBy by) {
  ++link(from, to).cuts[static_cast<std::size_t>(by)];
}

void SimNetwork::end_cut(Endpoint from, Endpoint to, CutBy by) {
  std::uint32_t& count = link(from, to).cuts[static_cast<std::size_t>(by)];
  CHECK(count > 0);
  --count;
}

void SimNetwork::end_all_cuts() {
  for (LinkState& l : links_) l.cuts = {};
}

const LinkParameters& SimNetwork::base_of(const LinkState& l) const {
  if (l.own != nullptr && l.own->base != nullptr) return *l.own->base;
  return l.typed ? node_default_ : client_default_;
}

void SimNetwork::set_base(Endpoint from, Endpoint to, const Link& over) {
  LinkState& l = link(from, to);
  auto changed = std::make_unique<LinkParameters>(base_of(l).with(over));
  use(from, to, *changed);
  l.own_parameters().base = std::move(changed);
}

Relief SimNetwork::set_link(Endpoint from, Endpoint to, const Link& over, Instant now) {
  LinkState& l = link(from, to);
  auto changed = std::make_unique<LinkParameters>(base_of(l).with(over));
  const Relief relief = use(from, to, *changed, now);
  l.own_parameters().now = std::move(changed);
  return relief;
}

Relief SimNetwork::reset_link(Endpoint from, Endpoint to, Instant now) {
  return use(from, to, base_of(link(from, to)), now);
}

Relief SimNetwork::silence(Endpoint from, Endpoint to, Instant now) {
  LinkState& l = link(from, to);
  auto silent = std::make_unique<LinkParameters>(base_of(l));
  silent->loss = silent->duplicate = silent->corrupt = silent->replay = silent->clog.probability = Ratio{};
  silent->capacity.reset();
  const Relief relief = use(from, to, *silent, now);
  l.own_parameters().base = std::move(silent);
  return relief;
}

const std::vector<RoughLink::Flying>& SimNetwork::hasten(Endpoint from, Endpoint to, Duration gain,
                                                         Instant now) {
  LinkState& l = link(from, to);
  std::vector<RoughLink::Flying>& flying = l.roughness->flying;
  for (RoughLink::Flying& f : flying) {
    const Instant arrival = hastened(l, f.arrival, gain, now);
    f.gained = std::max(Duration{}, f.arrival - arrival);
    f.arrival = arrival;
  }
  l.latest = hastened(l, l.latest, gain, now);
  return flying;
}

Instant SimNetwork::hastened(const LinkState& l, Instant at, Duration gain, Instant now) {
  // What stalled on the link and goes on just now should have arrived before.
  return std::max({std::min(at, now + l.parameters->latency.minimum()), at - gain, now});
}

Instant SimNetwork::hastened(Endpoint from, Endpoint to, Instant at, Duration gain, Instant now) const {
  return hastened(link(from, to), at, gain, now);
}

void SimNetwork::bring_in(Endpoint from, Endpoint to, Instant at_latest) {
  LinkState& l = link(from, to);
  l.latest = std::min(l.latest, at_latest);
  if (l.roughness == nullptr) return;
  for (RoughLink::Flying& f : l.roughness->flying) f.arrival = std::min(f.arrival, at_latest);
}

const LinkParameters& SimNetwork::parameters(Endpoint from, Endpoint to) const {
  return *link(from, to).parameters;
}

}  // namespace raftsim::sim
