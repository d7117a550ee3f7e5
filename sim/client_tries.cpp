// The tries of one operation, and how it ends.
#include <fmt/format.h>

#include <algorithm>

#include "sim/clients.hpp"
#include "sim/faults.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

namespace {

/// Redirects that are followed at once; a longer chase pauses first.
constexpr std::uint32_t hops_max = 2;

}  // namespace

/// Clients know the members of the latest committed configuration, as if from a directory.
NodeId Clients::after(NodeId server) const {
  const NodeSet& servers = stage_.committed.servers;
  const auto next = std::ranges::upper_bound(servers, server);
  return next == servers.end() ? servers.front() : *next;
}

bool Clients::tries_left(const Client& c) const {
  return !workload_.retries || c.tries <= *workload_.retries;
}

void Clients::try_now(Client& c) {
  ++c.tries;
  c.doing = Doing::waiting;
  c.try_ends = std::min(stage_.now() + try_for_, c.gives_up);
  set_timer(c, Which::patience, c.try_ends);
  const MessageSlot slot = stage_.messages.take(Whereabouts::flying);
  Message& m = stage_.messages[slot];
  m.from = Endpoint::client(c.number);
  m.to = Endpoint::node(c.server);
  m.type = MessageType::client_request;
  m.described = false;
  m.request = RequestId{c.id.value};
  m.position = Index{};
  m.bytes.assign(c.bytes.begin(), c.bytes.end());
  stage_.post->send(slot, stage_.chronicle.cause());
}

void Clients::try_timed_out(Client& c) {
  if (!served_anywhere(c.operation)) c.leader.reset();
  if (!tries_left(c)) {
    // The last try may still be answered.
    set_timer(c, Which::patience, c.gives_up);
    return;
  }
  c.server = after(c.server);
  c.hops = 0;
  try_now(c);
}

void Clients::try_elsewhere(Client& c, std::optional<NodeId> hint) {
  if (!served_anywhere(c.operation)) c.leader.reset();
  if (!tries_left(c)) {
    gave_up(c);
    return;
  }
  const bool useful = hint && stage_.is_node(*hint) && *hint != c.server;
  c.server = useful ? *hint : after(c.server);
  if (useful && c.hops < hops_max) {
    ++c.hops;
    try_now(c);
  } else {
    back_off(c);
  }
}

void Clients::back_off(Client& c) {
  c.doing = Doing::backing_off;
  c.hops = 0;
  c.retry_at = stage_.now() + back_off_for_;
  set_timer(c, Which::soon, std::min(c.retry_at, c.gives_up));
}

void Clients::receive(std::uint32_t client, MessageSlot slot) {
  stage_.chronicle.set_cause(stage_.post->receive(slot));
  Client& c = clients_[client];
  const Message& m = stage_.messages[slot];
  const bool expected = c.doing == Doing::waiting || c.doing == Doing::backing_off;
  // The answer to an operation that is over comes too late.
  if (expected && m.request.value == c.id.value) {
    const NodeId server = m.from.as_node();
    stage_.chronicle.enter(server);
    const std::optional<OperationResult> result =
        stage_.systems[server.value - 1]->decode_reply(c.operation, m.reply, m.position, m.bytes);
    stage_.chronicle.leave();
    if (result && (m.marks & mark_damaged) != 0) [[unlikely]]
      stage_.broken(server, fmt::format("n{}'s answer in message {} was damaged on its way to client {}, and "
                                        "taken for intact",
                                        server.value, m.id.value, client));
    else if (result)
      heard(c, m, *result);
  }
  stage_.messages.release(slot);
}

void Clients::heard(Client& c, const Message& reply, const OperationResult& result) {
  // A refusal to serve of a server that is not being asked any more says nothing new.
  const bool current = c.doing == Doing::waiting && reply.from.as_node() == c.server;
  switch (result.kind) {
    case ReplyKind::ok:
      if (!served_anywhere(c.operation)) c.leader = reply.from.as_node();
      if (c.operation.kind == OperationKind::open_session) {
        c.session = result.session;
        c.sequence = 0;
        c.commands_in_session = 0;
      } else {
        c.source->learn(c.operation, result);
      }
      end(c, {EventKind::ok, ReplyKind::ok, reply.position, &result});
      break;
    case ReplyKind::not_leader:
      if (current) try_elsewhere(c, result.leader);
      break;
    case ReplyKind::busy:
      if (!current) break;
      // Who lags may do so for long: what any server may serve is asked of another one.
      if (served_anywhere(c.operation)) return try_elsewhere(c, std::nullopt);
      tries_left(c) ? back_off(c) : gave_up(c);
      break;
    case ReplyKind::refused:
    case ReplyKind::failed:
    case ReplyKind::unsupported:
      refused(c, result.kind);
      break;
  }
}

/// It can never take effect, says the system; but if it was asked more than once, an earlier try may have.
void Clients::refused(Client& c, ReplyKind kind) {
  const bool only_once = c.tries == 1 && !duplicates_;
  const bool harmless = c.operation.kind == OperationKind::get;
  if (kind == ReplyKind::refused) c.session = 0;
  if (only_once || harmless) {
    end(c, {EventKind::fail, kind, Index{}, nullptr});
    return;
  }
  c.session = 0;
  end(c, {EventKind::info, kind, Index{}, nullptr});
}

void Clients::gave_up(Client& c) {
  if (c.dies) died(c);
  // A command that may be under way keeps its session to itself.
  if (c.operation.session != 0 && c.operation.sequence != 0) c.session = 0;
  end(c, {EventKind::info, ReplyKind::ok, Index{}, nullptr});
}

/// Who takes its place has no session, and knows of no leader.
void Clients::died(Client& c) {
  c.session = 0;
  c.leader.reset();
  FaultEngine& faults = *stage_.faults;
  const auto death = faults.begin_background(history::FaultClass::client_death, {},
                                             fmt::format("client {} dies", c.number), c.invoked);
  faults.had_effect(death.number);
  faults.end_background(death.number, "another one takes its place");
  stage_.chronicle.set_cause(death.event);
}

void Clients::end(Client& c, const Outcome& outcome) {
  Event e = stage_.chronicle.make(outcome.kind, Endpoint::client(c.number));
  e.operation.operation = c.id;
  e.operation.position = outcome.position;
  e.operation.client = c.number;
  e.operation.kind = static_cast<std::uint8_t>(c.operation.kind);
  e.operation.read = static_cast<std::uint8_t>(c.operation.read);
  e.operation.reply_kind = static_cast<std::uint8_t>(outcome.reply);
  e.operation.final_read = c.final_read ? 1 : 0;
  Details details;
  const EventId invoked = c.invoked;
  if (e.cause != invoked) details.causes = {&invoked, 1};
  if (outcome.kind == EventKind::ok) {
    details.operation = &c.operation;
    details.result = outcome.result;
  }
  c.ended = stage_.chronicle.emit(e, details);
  stage_.chronicle.set_cause(c.ended);

  const bool opened = c.operation.kind == OperationKind::open_session;
  history::RunCounts& counts = stage_.chronicle.counts;
  if (!opened && outcome.kind == EventKind::ok) ++counts.operations_ok;
  if (!opened && outcome.kind == EventKind::fail) ++counts.operations_failed;
  if (!opened && outcome.kind == EventKind::info) ++counts.operations_unknown;

  c.doing = Doing::nothing;
  c.soon.clear();
  c.patience.clear();
  if (!c.pending) {
    idle(c);
  } else if (outcome.kind == EventKind::ok) {
    begin_wanted(c);
  } else if (draining_ && c.scripted.empty() && !c.final_read) {
    // No session in time: what it was for is not started any more.
    c.pending = false;
    idle(c);
  } else {
    c.doing = Doing::thinking;
    set_timer(c, Which::soon, stage_.now() + back_off_for_);
  }
}

}  // namespace raftsim::sim
