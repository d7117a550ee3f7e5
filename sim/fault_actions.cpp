// What each action does when it fires.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/clients.hpp"
#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/partition_shapes.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::CrashPoint;
using history::FaultClass;
using history::PropertyId;

namespace {

/// Before the names of nodes.
std::string restart_words(const Restart& restart) {
  if (!restart.options) return "restart";
  return fmt::format("restart with another {} of", fmt::join(restart.options->given, ", "));
}

std::string_view words(MessageDo action) {
  switch (action) {
    case MessageDo::drop:
      return "drop messages of";
    case MessageDo::hold:
      return "hold messages of";
    case MessageDo::release:
      return "release messages of";
    case MessageDo::duplicate:
      return "duplicate messages of";
    case MessageDo::deliver_now:
      return "deliver at once messages of";
  }
  return "";
}

}  // namespace

void FaultEngine::apply(const Action& action, Firing& firing) {
  if (stage_.ended) return;
  std::visit([&](const auto& a) { act(a, firing); }, action);
}

void FaultEngine::act(const Crash& crash, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(crash.target);
  const std::uint64_t fault = begin(FaultClass::crash, nodes, firing, "crash", std::nullopt).number;
  for (NodeId id : nodes) {
    NodeRuntime& node = stage_.node(id);
    Active& active = *find(fault);
    const CrashPlan plan{crash.point, firing.drawn(crash.down_for), fault, active.begin, 0};
    if (crash.point == CrashPoint::now && node.up()) {
      active.affected.push_back(id);
      node.crash(plan);
    } else if (crash.point == CrashPoint::during_recovery || (crash.point != CrashPoint::now && node.up())) {
      active.armed.push_back(id);
      node.arm(plan);
    }
  }
  Active& active = *find(fault);
  if (active.armed.empty() && active.affected.empty()) end_instantly(active);
}

void FaultEngine::act(const Restart& restart, Firing& firing) {
  if (restart.comeback == Comeback::wiped) return wipe(restart, firing);
  if (restart.comeback == Comeback::amnesiac) return forget_disk(restart, firing);
  const NodeSet nodes = firing.targets.resolve(restart.target);
  const std::uint64_t number =
      begin(FaultClass::restart, nodes, firing, restart_words(restart), std::nullopt).number;
  const EventId cause = find(number)->begin;
  for (NodeId id : nodes) {
    if (stage_.ended) return;
    NodeRuntime& node = stage_.node(id);
    if (restart.options) {
      power_off(id, *find(number));
      node.reconfigure(*restart.options);
    }
    if (node.up()) continue;
    had_effect(number);
    node.restart(cause);
  }
  end_instantly(*find(number));
}

void FaultEngine::act(const Pause& pause, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(pause.target);
  Active& active = begin(FaultClass::pause, nodes, firing, "pause", firing.drawn(pause.lasting));
  for (NodeId id : nodes) {
    NodeRuntime& node = stage_.node(id);
    if (!node.up() || node.paused()) continue;
    active.affected.push_back(id);
    node.pause(active.begin);
  }
  if (active.affected.empty()) end_instantly(active);
}

void FaultEngine::act(const Resume& resume, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(resume.target);
  Active& active = begin(FaultClass::heal, nodes, firing, "resume", std::nullopt);
  for (NodeId id : nodes) {
    if (!stage_.node(id).paused()) continue;
    had_effect(active.number);
    resume_node(id, active.begin);
  }
  end_instantly(active);
}

std::vector<LinkEnds> FaultEngine::cuts_of(const Partition& partition, Firing& firing) {
  if (const auto* targets = std::get_if<std::vector<Target>>(&partition.groups)) {
    Groups groups;
    groups.one_way = partition.one_way;
    NodeSet taken;
    for (const Target& target : *targets) {
      // Drawn groups may meet: a node belongs to the first that it is in.
      NodeSet group = firing.targets.resolve(target);
      std::erase_if(group, [&](NodeId n) { return contains(taken, n); });
      taken.insert(taken.end(), group.begin(), group.end());
      std::ranges::sort(taken);
      groups.sets.push_back(std::move(group));
    }
    return cuts_between(groups);
  }
  // Draws of its own, so that a shape's and a target's do not mix; and only those that the shape needs.
  PartitionShape shape = std::get<PartitionShape>(partition.groups);
  TargetDraw draw(firing.cluster, firing.shape);
  if (shape == PartitionShape::drawn) shape = static_cast<PartitionShape>(draw.one_of(drawn_shapes));
  ShapeGround ground;
  ground.order = draw.all();
  ground.voters = firing.cluster.voters;
  ground.leader = leader_of(firing.cluster);
  if (shape == PartitionShape::majority_minority) {
    ground.voter_order = draw.voter_order();
  } else if (shape == PartitionShape::random) {
    for (std::size_t i = 0; i < ground.order.size(); ++i) ground.sides.push_back(draw.side());
  } else if (shape != PartitionShape::leader_alone) {
    ground.order = draw.shuffled(ground.order);
  }
  return cuts_of_shape(shape, ground, partition.one_way);
}

std::vector<LinkEnds> FaultEngine::cuts_of(const Isolate& isolate, Firing& firing) {
  std::vector<LinkEnds> cuts;
  const auto cut = [&](Endpoint inside, Endpoint outside) {
    if (isolate.direction != Direction::in) cuts.push_back({inside, outside});
    if (isolate.direction != Direction::out) cuts.push_back({outside, inside});
  };
  const NodeSet nodes = firing.targets.resolve(isolate.target);
  for (NodeId id : nodes) {
    for (std::uint64_t other = 1; other <= stage_.node_count; ++other)
      if (NodeId{other} != id) cut(Endpoint::node(id), Endpoint::node(NodeId{other}));
    if (!isolate.clients_too) continue;
    for (std::uint32_t client = 0; client < stage_.client_count; ++client)
      cut(Endpoint::node(id), Endpoint::client(client));
  }
  return cuts;
}

void FaultEngine::act(const Partition& partition, Firing& firing) {
  std::vector<LinkEnds> cuts = firing.planned_cuts ? *firing.planned_cuts : cuts_of(partition, firing);
  NodeSet nodes;
  for (const LinkEnds& link : cuts) nodes.push_back(link.from.as_node());
  std::ranges::sort(nodes);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  Active& active = begin(FaultClass::partition, std::move(nodes), firing, "partition " + cut_words(cuts),
                         firing.drawn(partition.lasting));
  cut(active, std::move(cuts), CutBy::partition);
}

void FaultEngine::act(const Isolate& isolate, Firing& firing) {
  std::vector<LinkEnds> cuts = firing.planned_cuts ? *firing.planned_cuts : cuts_of(isolate, firing);
  Active& active = begin(FaultClass::isolate, firing.targets.resolve(isolate.target), firing, "isolate",
                         firing.drawn(isolate.lasting));
  cut(active, std::move(cuts), CutBy::isolation);
}

void FaultEngine::cut(Active& active, std::vector<LinkEnds> cuts, CutBy by) {
  active.cut_by = by;
  active.cuts = std::move(cuts);
  for (const LinkEnds& link : active.cuts) stage_.network.begin_cut(link.from, link.to, by);
  if (active.cuts.empty()) end_instantly(active);
}

void FaultEngine::act(const Heal& heal, Firing& firing) {
  std::optional<LiveCore> core;
  std::string sentence = "heal";
  if (heal.who != Healed::all) {
    const CoreOf of = heal.restart_all ? CoreOf::everybody : CoreOf::running;
    core = draw_live_core(stage_, heal.who, of, firing.core);
    sentence = "heal: " + words(*core);
    if (!core->found()) core.reset();
  }
  Active& active = begin(FaultClass::heal, {}, firing, sentence, std::nullopt);
  const std::uint64_t number = active.number;
  const EventId cause = active.begin;
  const bool ended = heal_all(cause) > 0;
  if (core) leave_cut(*core, firing.source, cause);
  const auto down = [](const auto& node) { return !node->up(); };
  const bool restarts = heal.restart_all && std::ranges::any_of(stage_.nodes, down);
  const NodeSet heard = core ? core->heard() : NodeSet{};
  if (restarts) restart_all(cause, core ? &heard : nullptr);
  if (ended || restarts) had_effect(number);
  end_instantly(*find(number));
}

void FaultEngine::act(const SetLink& set_link, Firing& firing) {
  const std::vector<Endpoint> from = ends_of(stage_, set_link.from, firing.targets);
  const std::vector<Endpoint> to = ends_of(stage_, set_link.to, firing.targets);
  NodeSet nodes;
  for (const std::vector<Endpoint>* ends : {&from, &to})
    for (Endpoint end : *ends)
      if (end.is_node()) nodes.push_back(end.as_node());
  std::ranges::sort(nodes);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  Active& active = begin(FaultClass::set_link, std::move(nodes), firing, "change links of",
                         firing.drawn(set_link.lasting));
  active.link = set_link.link;
  active.links = links_between(from, to);
  for (const LinkEnds& link : active.links)
    stage_.post->hasten(link, stage_.network.set_link(link.from, link.to, active.link, stage_.now()));
  ++links_changed_;
}

void FaultEngine::act(const Messages& messages, Firing& firing) {
  MessageRule rule;
  rule.action = messages.action;
  rule.remaining = messages.count;
  if (!messages.types.empty()) rule.filter.only_types(messages.types);
  NodeSet nodes = firing.targets.all();
  if (messages.to) rule.filter.to = firing.targets.resolve(*messages.to);
  if (messages.from) {
    nodes = firing.targets.resolve(*messages.from);
    rule.filter.from = nodes;
  }
  const std::optional<Duration> lasting = firing.drawn(messages.lasting);
  Active& active = begin(FaultClass::message_rule, std::move(nodes), firing, words(messages.action), lasting);
  rule.fault = active.number;
  const bool releases = messages.action == MessageDo::release;
  const bool hastens = messages.action == MessageDo::deliver_now;
  std::uint32_t touched = 0;
  if (releases) touched = stage_.post->release_held(rule.filter, messages.count, active.begin);
  if (hastens) touched = stage_.post->deliver_now(rule.filter, messages.count, active.begin);
  if (touched > 0) had_effect(active.number);
  // Of those two, only a rule that shall last is for messages to come, too.
  if (releases || (hastens && !lasting))
    end_instantly(active);
  else
    stage_.post->rules().add(rule);
}

/// The request's number is the fault's: its answer tells whether the node obeyed.
void FaultEngine::act(const TimeoutNow& timeout, Firing& firing) {
  const NodeSet nodes = firing.targets.resolve(timeout.target);
  Active& active = begin(FaultClass::timeout_now, nodes, firing, "time out", std::nullopt);
  const std::uint64_t number = active.number;
  const EventId cause = active.begin;
  end_instantly(active);
  for (NodeId id : nodes) {
    NodeRuntime& node = stage_.node(id);
    if (node.up() && node.attends() && !stage_.ended)
      node.admin(AdminKind::timeout_now, RequestId{number}, {}, cause);
  }
}

void FaultEngine::admin_answered(RequestId id, ReplyKind kind) {
  if (kind != ReplyKind::ok || std::ranges::count(answered_, id.value) > 0) return;
  answered_.push_back(id.value);
  stage_.ledger.effective(FaultClass::timeout_now);
}

void FaultEngine::act(const ClientAction& client, Firing& firing) {
  std::optional<NodeId> server;
  if (client.to) {
    const NodeSet servers = firing.targets.resolve(*client.to);
    if (!servers.empty()) server = servers.front();
  }
  stage_.clients->script(client, server, firing.cause);
}

void FaultEngine::act(const CheckAction& check, Firing& firing) {
  const bool held = watch_->holds_now(check.that);
  Event e = stage_.chronicle.make(EventKind::check, Endpoint::world(), firing.cause);
  e.world.what = held ? 1 : 0;
  e.world.number = firing.source.position + 1;
  Details details;
  details.text = firing.source.words;
  stage_.chronicle.set_cause(stage_.chronicle.emit(e, details));
  if (!held) {
    stage_.violated(PropertyId::scenario_check, Endpoint::world(),
                    fmt::format("the check of {} did not hold: {}", firing.source.words, situation()));
  }
}

}  // namespace raftsim::sim
