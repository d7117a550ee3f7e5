#include "sim/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "sim/clients.hpp"
#include "sim/connections.hpp"
#include "sim/faults.hpp"
#include "sim/live_core.hpp"
#include "sim/node_runtime.hpp"
#include "sim/operators.hpp"
#include "sim/post.hpp"
#include "sim/stage.hpp"
#include "sim/targets.hpp"

namespace raftsim::sim {

using history::Phase;
using history::PropertyId;

namespace {

Configuration members_of(const Scenario& scenario) {
  Configuration members;
  for (std::uint64_t n = 1; n <= scenario.nodes; ++n) members.voters.push_back(NodeId{n});
  for (std::uint64_t n = 1; n <= scenario.learners; ++n)
    members.learners.push_back(NodeId{scenario.nodes + n});
  return members;
}

NodeSet servers_of(const Configuration& configuration) {
  NodeSet servers = configuration.voters;
  servers.insert(servers.end(), configuration.voters_outgoing.begin(), configuration.voters_outgoing.end());
  servers.insert(servers.end(), configuration.learners.begin(), configuration.learners.end());
  std::ranges::sort(servers);
  servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
  return servers;
}

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::chaos:
      return "chaos";
    case Phase::quiet:
      return "quiet";
    case Phase::drain:
      return "drain";
  }
  return "";
}

}  // namespace

Stage::Stage(const Scenario& s, DecisionSource source, std::vector<const System*> per_node,
             history::Journal& journal, Progress* progress)
    : scenario(s),
      systems(std::move(per_node)),
      node_count(node_capacity(s)),
      nodes_at_start(sim::nodes_at_start(s)),
      client_count(client_count_of(s)),
      members(members_of(s)),
      committed{Index{}, members, servers_of(members)},
      chronicle(journal, progress),
      decisions(std::move(source)),
      network(s.network, node_count, client_count, decisions),
      ledger(configured_faults(s)) {
  CHECK(systems.size() == node_count);
}

Stage::~Stage() = default;

bool Stage::exists(NodeId id) const { return is_node(id) && nodes[id.value - 1]->exists(); }

void Stage::learn_committed(Index index, const Configuration& configuration) {
  committed = {index, configuration, servers_of(configuration)};
}

void Stage::violated(PropertyId property, Endpoint where, std::string_view sentence) {
  Event e = chronicle.make(EventKind::violation, where);
  e.world.what = static_cast<std::uint64_t>(property);
  Details details;
  details.text = sentence;
  chronicle.emit(e, details);
}

void Stage::broken(NodeId node, std::string_view sentence) {
  if (ended) return;
  violated(PropertyId::no_crash, Endpoint::node(node), sentence);
  ended = EndReason::system_crashed;
}

class World::Impl {
 public:
  Impl(const Scenario& scenario, DecisionSource source, std::vector<const System*> systems,
       history::Journal& journal, Progress* progress)
      : stage_(scenario, std::move(source), std::move(systems), journal, progress) {
    stage_.post = std::make_unique<Post>(stage_);
    for (std::uint64_t n = 1; n <= stage_.node_count; ++n)
      stage_.nodes.push_back(std::make_unique<NodeRuntime>(stage_, NodeId{n}));
    stage_.clients = std::make_unique<Clients>(stage_);
    stage_.faults = std::make_unique<FaultEngine>(stage_, journal);
    stage_.operators = std::make_unique<Operators>(stage_);
    lay_links();
    if (scenario.faults.quiet_after) stage_.network.quiet_from(Instant{} + *scenario.faults.quiet_after);
    if (has_streams(scenario.network)) stage_.connections = std::make_unique<Connections>(stage_);
    for (const auto& node : stage_.nodes) node->format();
    schedule();
  }

  RunEnd run(std::optional<Instant> until);
  void expect(Fatal fatal) { stage_.chronicle.expect(std::move(fatal)); }

 private:
  void lay_links();
  void schedule();
  void take_next();
  void dispatch(const Item& item);
  void take_boot(const Item& item);
  void take_restart(const Item& item);
  void take_phase(Phase phase);
  void silence_network(const NodeSet& but_of);
  template <class Work>
  void guarded(const Work& work);
  void system_threw(std::string_view what);
  void system_ended(const std::string& how);
  void finish(EndReason reason);

  Stage stage_;
};

/// Links of the scenario that differ from the default; targets are resolved before anything runs.
void World::Impl::lay_links() {
  const ClusterNow cluster = cluster_now(stage_);
  TargetDraw draw(cluster, stage_.decisions.open({Purpose::fault_target}));
  for (const Network::Override& o : stage_.scenario.network.links) {
    for (const LinkEnds& link : links_between(ends_of(stage_, o.from, draw), ends_of(stage_, o.to, draw))) {
      stage_.network.set_base(link.from, link.to, o.link);
      if (o.both_ways) stage_.network.set_base(link.to, link.from, o.link);
    }
  }
}

void World::Impl::schedule() {
  const Faults& faults = stage_.scenario.faults;
  const auto phase = [this](Instant at, Phase p) {
    stage_.at(at, {ItemKind::phase, static_cast<std::uint32_t>(p), 0, 0});
  };
  phase(Instant{}, Phase::chaos);
  for (std::uint32_t n = 1; n <= stage_.nodes_at_start; ++n) {
    const auto initial = stage_.scenario.initial.find(NodeId{n});
    const bool down = initial != stage_.scenario.initial.end() && initial->second.down;
    if (!down) stage_.at(Instant{}, {ItemKind::boot, n, 0, 0});
  }
  if (faults.quiet_after) phase(Instant{faults.quiet_after->ns}, Phase::quiet);
  if (faults.drain_after) phase(Instant{faults.drain_after->ns}, Phase::drain);
}

/// What the system under test throws is its finding. Memory that cannot be had is no matter of one call.
template <class Work>
void World::Impl::guarded(const Work& work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const SystemDied& died) {
    system_ended(fmt::format("crashed in step {}: {}", stage_.chronicle.step(), died.how));
  } catch (const std::exception& e) {
    system_threw(e.what());
  } catch (...) {
    system_threw("something that is no std::exception");
  }
}

RunEnd World::Impl::run(std::optional<Instant> until) {
  const Instant end = until ? std::min(*until, stage_.end()) : stage_.end();
  while (!stage_.ended && !stage_.queue.empty() && stage_.queue.next_at() <= end) {
    guarded([this] { take_next(); });
  }
  const bool stopped = !stage_.ended && end < stage_.end();
  if (!stage_.ended) {
    stage_.chronicle.advance(std::max(end, stage_.now()));
    if (!stopped) finish(EndReason::time);
  }
  RunEnd result;
  result.reason = stopped ? EndReason::stopped : *stage_.ended;
  result.counts = stage_.chronicle.counts;
  result.counts.steps = stage_.chronicle.step();
  result.counts.events = stage_.chronicle.last().value;
  result.counts.end = stage_.now();
  stage_.faults->settle();
  const auto labels = [](const auto& node) { return node->labels(); };
  if (std::ranges::none_of(stage_.nodes, labels)) stage_.ledger.nothing_labelled();
  result.faults = stage_.ledger.with(stage_.network.counts());
  result.decisions = stage_.decisions.recorded();
  return result;
}

void World::Impl::take_next() {
  const auto popped = stage_.queue.pop();
  const Item item = stage_.queue.item(popped.slot);
  stage_.queue.release(popped.slot);
  stage_.chronicle.advance(popped.at);
  dispatch(item);
  stage_.faults->after_step();
  if (stage_.chronicle.last().value < stage_.scenario.limits.events || stage_.ended) return;
  stage_.violated(
      PropertyId::event_storm, Endpoint::world(),
      fmt::format("{} events happened within {} ms of virtual time, before the scenario's end at {} ms",
                  stage_.chronicle.last().value, stage_.now().ns / 1'000'000, stage_.end().ns / 1'000'000));
  stage_.ended = EndReason::events;
}

void World::Impl::dispatch(const Item& item) {
  switch (item.kind) {
    case ItemKind::deliver:
      stage_.post->arrive(item.who, item.what);
      break;
    case ItemKind::disk_done:
    case ItemKind::wake:
    case ItemKind::crash_point:
    case ItemKind::backlog:
      stage_.node(NodeId{item.who}).take(item);
      break;
    case ItemKind::connected:
    case ItemKind::disconnected:
      if (stage_.connections->is_news(item)) stage_.node(NodeId{item.who}).take(item);
      break;
    case ItemKind::boot:
      take_boot(item);
      break;
    case ItemKind::restart:
      take_restart(item);
      break;
    case ItemKind::client:
    case ItemKind::arrival:
      stage_.clients->take(item);
      break;
    case ItemKind::script:
    case ItemKind::script_deadline:
    case ItemKind::random_fault:
    case ItemKind::clock_jump:
    case ItemKind::fault_end:
      stage_.faults->take(item);
      break;
    case ItemKind::operation:
      stage_.operators->take(item);
      break;
    case ItemKind::connect:
      stage_.connections->take(item);
      break;
    case ItemKind::phase:
      take_phase(static_cast<Phase>(item.who));
      break;
  }
}

void World::Impl::take_boot(const Item& item) {
  NodeRuntime& node = stage_.node(NodeId{item.who});
  if (node.up() || node.incarnation() > 0) return;
  stage_.chronicle.begin_step();
  node.boot(EventId{});
}

void World::Impl::take_restart(const Item& item) {
  NodeRuntime& node = stage_.node(NodeId{item.who});
  if (node.up() || !node.exists() || node.incarnation() != item.incarnation) return;
  stage_.chronicle.begin_step();
  node.restart(EventId{});
}

void World::Impl::take_phase(Phase phase) {
  stage_.chronicle.begin_step();
  stage_.phase = phase;
  Event e = stage_.chronicle.make(EventKind::phase, Endpoint::world(), EventId{});
  e.world.what = static_cast<std::uint64_t>(phase);
  Details details;
  details.text = phase_name(phase);
  std::optional<LiveCore> core;
  std::string text;
  if (phase == Phase::quiet && stage_.scenario.faults.heal != Healed::all) {
    core = draw_live_core(stage_, stage_.scenario.faults.heal, CoreOf::everybody,
                          stage_.decisions.open({Purpose::live_core}));
    e.world.number =
        static_cast<std::uint64_t>(core->found() ? history::Quiet::live_core : history::Quiet::no_core);
    text = words(*core);
    details.text = text;
    details.nodes = core->live;
    if (!core->found()) core.reset();
  }
  const EventId begun = stage_.chronicle.emit(e, details);
  stage_.chronicle.set_cause(begun);
  switch (phase) {
    case Phase::chaos:
      stage_.clients->start();
      stage_.faults->start();
      break;
    case Phase::quiet:
      silence_network(core ? core->partly : NodeSet{});
      stage_.faults->quiet(begun, core ? &*core : nullptr);
      if (stage_.connections != nullptr) stage_.connections->quiet(core ? &core->live : nullptr);
      break;
    case Phase::drain:
      stage_.clients->drain();
      break;
  }
}

/// From quiet on, no link loses, doubles, damages or delays a message in the background; on links `but_of` a
/// server that is not well, it goes on.
void World::Impl::silence_network(const NodeSet& but_of) {
  const auto silence = [&](Endpoint a, Endpoint b) {
    stage_.post->hasten({a, b}, stage_.network.silence(a, b, stage_.now()));
  };
  for (std::uint64_t a = 1; a <= stage_.node_count; ++a) {
    const Endpoint node = Endpoint::node(NodeId{a});
    for (std::uint64_t b = 1; b <= stage_.node_count; ++b)
      if (!contains(but_of, NodeId{a}) && !contains(but_of, NodeId{b}))
        silence(node, Endpoint::node(NodeId{b}));
    for (std::uint32_t c = 0; c < stage_.client_count; ++c) {
      silence(node, Endpoint::client(c));
      silence(Endpoint::client(c), node);
    }
  }
}

void World::Impl::system_threw(std::string_view what) {
  // Outside of the system under test it is a fault of ours, and not for a verdict to hide.
  if (stage_.chronicle.inside() == NodeId{}) throw;
  system_ended(fmt::format("threw an exception in step {}: {}", stage_.chronicle.step(), what));
}

void World::Impl::system_ended(const std::string& how) {
  const NodeId culprit = stage_.chronicle.inside();
  stage_.chronicle.leave();
  stage_.broken(culprit, fmt::format("n{} {}", culprit.value, how));
}

void World::Impl::finish(EndReason reason) {
  stage_.chronicle.begin_step();
  guarded([this] {
    for (const auto& node : stage_.nodes) node->audit();
  });
  if (!stage_.ended) stage_.ended = reason;
}

World::World(const Scenario& scenario, DecisionSource source, std::vector<const System*> systems,
             history::Journal& journal, Progress* progress)
    : impl_(std::make_unique<Impl>(scenario, std::move(source), std::move(systems), journal, progress)) {}

World::~World() = default;

RunEnd World::run(std::optional<Instant> until) { return impl_->run(until); }
void World::expect(Fatal fatal) { impl_->expect(std::move(fatal)); }

}  // namespace raftsim::sim
