#include "sim/network.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::sim {

LinkParameters LinkParameters::with(const Link& over) const {
  return {over.latency.value_or(latency), over.loss.value_or(loss), over.duplicate.value_or(duplicate),
          over.reorder.value_or(reorder)};
}

SimNetwork::SimNetwork(const Network& scenario, std::uint32_t nodes, std::uint32_t clients,
                       Decisions& decisions)
    : nodes_(nodes),
      clients_(clients),
      node_default_(LinkParameters{}.with(scenario.nodes)),
      client_default_(node_default_.with(scenario.clients)) {
  const auto open = [&](Endpoint from, Endpoint to, MessageType type) {
    const auto stream = [&](Purpose purpose) {
      return decisions.open({purpose, from.raw, to.raw, static_cast<std::uint32_t>(type)});
    };
    streams_.push_back({stream(Purpose::message_loss), stream(Purpose::message_duplicate),
                        stream(Purpose::message_latency), stream(Purpose::duplicate_latency)});
  };
  const auto first_stream = [&] { return static_cast<std::uint32_t>(streams_.size()); };

  links_.resize(std::size_t{nodes} * nodes + std::size_t{2} * nodes * clients);
  for (std::uint32_t a = 1; a <= nodes; ++a) {
    const Endpoint from = Endpoint::node(NodeId{a});
    for (std::uint32_t b = 1; b <= nodes; ++b) {
      const Endpoint to = Endpoint::node(NodeId{b});
      LinkState& state = link(from, to);
      state.parameters = &node_default_;
      state.first_stream = first_stream();
      state.typed = true;
      for (int type = 0; type < message_types; ++type) open(from, to, static_cast<MessageType>(type));
    }
    for (std::uint32_t c = 0; c < clients; ++c) {
      const Endpoint client = Endpoint::client(c);
      LinkState& reply = link(from, client);
      reply.parameters = &client_default_;
      reply.first_stream = first_stream();
      open(from, client, MessageType::client_reply);
      LinkState& request = link(client, from);
      request.parameters = &client_default_;
      request.first_stream = first_stream();
      open(client, from, MessageType::client_request);
    }
  }
}

Fate SimNetwork::send(Instant now, Endpoint from, Endpoint to, MessageType type) {
  LinkState& l = link(from, to);
  const LinkParameters& p = *l.parameters;
  Streams& s = streams_[l.first_stream + (l.typed ? static_cast<std::size_t>(type) : 0)];

  Fate fate;
  const bool lost = s.loss.chance(p.loss);
  const bool duplicated = s.duplicate.chance(p.duplicate);
  const std::optional<CutBy> cut_by = l.cut();
  if (lost || cut_by) {
    s.latency.skip();
    s.duplicate_latency.skip();
    if (lost) ++counts_.lost;
    if (lost && !cut_by) ++counts_.lost_effective;
    if (cut_by) dropped_at_arrival(*cut_by);
    fate.reason = cut_by ? DropReason::partition : DropReason::loss;
    return fate;
  }

  const Duration latency = s.latency.sample(p.latency);
  if (latency > p.latency.minimum()) ++counts_.delayed;
  fate.deliver_at = now + latency;
  if (!p.reorder) fate.deliver_at = std::max(fate.deliver_at, l.latest);
  if (fate.deliver_at < l.latest) ++counts_.overtook;
  l.latest = std::max(l.latest, fate.deliver_at);

  if (!duplicated) {
    s.duplicate_latency.skip();
    return fate;
  }
  ++counts_.duplicated;
  fate.duplicate_at = now + s.duplicate_latency.sample(p.latency);
  if (!p.reorder) {
    fate.duplicate_at = std::max(*fate.duplicate_at, l.latest);
    l.latest = *fate.duplicate_at;
  }
  return fate;
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
  if (l.base != nullptr) return *l.base;
  return l.typed ? node_default_ : client_default_;
}

void SimNetwork::set_base(Endpoint from, Endpoint to, const Link& over) {
  LinkState& l = link(from, to);
  l.base = std::make_unique<LinkParameters>(base_of(l).with(over));
  l.parameters = l.base.get();
}

void SimNetwork::set_link(Endpoint from, Endpoint to, const Link& over) {
  LinkState& l = link(from, to);
  if (l.now == nullptr) l.now = std::make_unique<LinkParameters>();
  *l.now = base_of(l).with(over);
  l.parameters = l.now.get();
}

void SimNetwork::reset_link(Endpoint from, Endpoint to) {
  LinkState& l = link(from, to);
  l.parameters = &base_of(l);
}

void SimNetwork::reset_all_links() {
  for (LinkState& l : links_) l.parameters = &base_of(l);
}

const LinkParameters& SimNetwork::parameters(Endpoint from, Endpoint to) const {
  return *link(from, to).parameters;
}

}  // namespace raftsim::sim
