#include "sim/clients.hpp"

#include <algorithm>

#include "seam/chain.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

namespace {

/// The longest gap between arrivals of a Poisson process, in mean gaps: e^-20 of them would be longer.
constexpr std::int64_t gap_cap_in_means = 20;

/// Where so many arrivals wait for every client, the next ones are not needed yet, and rest until one client
/// has begun enough: an arrival that finds all busy is no event, and however many there are, no limit of the
/// scenario would end them. Draws and operations are those that one by one they would have been: that one
/// more arrived in the meantime is not told, and nobody can run out.
constexpr std::uint64_t arrivals_ahead = 256;

/// Commands go through the log. A read that does is one of them: its entry must be told from others, too.
bool is_command(const Operation& operation) {
  return operation.kind != OperationKind::get || operation.read == ReadMode::log;
}

bool may_double(const LinkParameters& link) { return !link.duplicate.never() || !link.replay.never(); }

bool may_double_requests(const Scenario& scenario) {
  const LinkParameters base = client_links(scenario.network);
  if (may_double(base)) return true;
  const auto later = [&](const Action& action) {
    const auto* change = std::get_if<SetLink>(&action);
    return change != nullptr && !change->from.servers && may_double(base.with(change->link));
  };
  const auto doubles = [&](const Network::Override& o) {
    const bool requests = !o.from.servers || (o.both_ways && !o.to.servers);
    return requests && may_double(base.with(o.link));
  };
  return std::ranges::any_of(scenario.network.links, doubles) ||
         std::ranges::any_of(scenario.faults.script,
                             [&](const Step& s) { return std::ranges::any_of(s.actions, later); }) ||
         std::ranges::any_of(scenario.faults.random, [&](const RandomFault& f) { return later(f.action); });
}

Distribution gap_of(const Workload& workload) {
  const auto* open = std::get_if<Workload::Open>(&workload.arrival);
  if (open == nullptr) return {};
  if (!open->poisson) return Distribution::constant(open->mean_gap);
  return Distribution::exponential(open->mean_gap, Duration{}, open->mean_gap * gap_cap_in_means);
}

}  // namespace

std::uint32_t client_count_of(const Scenario& scenario) {
  std::uint32_t count = scenario.workload.model == history::Model::none ? 0 : scenario.workload.clients;
  const auto needs = [&count](const Action& action) {
    if (const auto* client = std::get_if<ClientAction>(&action)) count = std::max(count, client->client + 1);
  };
  for (const Step& step : scenario.faults.script) std::ranges::for_each(step.actions, needs);
  for (const RandomFault& fault : scenario.faults.random) needs(fault.action);
  return count;
}

Clients::Clients(Stage& stage)
    : stage_(stage),
      workload_(stage.scenario.workload),
      tables_(workload_),
      gap_(gap_of(workload_)),
      arrival_(stage.decisions.open({Purpose::client_arrival})),
      clients_(stage.client_count),
      duplicates_(may_double_requests(stage.scenario)),
      try_for_(std::max(workload_.timeout / 4, milliseconds(1))),
      back_off_for_(std::max(workload_.timeout / 50, milliseconds(1))) {
  const bool has_load = workload_.model != history::Model::none;
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    Client& c = clients_[i];
    c.number = i;
    c.in_workload = has_load && i < workload_.clients;
    c.think = stage.decisions.open({Purpose::client_think, i});
    c.server_draw = stage.decisions.open({Purpose::client_server, i});
    c.death = stage.decisions.open({Purpose::client_death, i});
    c.source.emplace(tables_, i, stage.decisions);
  }
}

void Clients::start() {
  const Instant first{workload_.start.ns};
  if (workload_.model == history::Model::none) return;
  if (std::holds_alternative<Workload::Open>(workload_.arrival)) {
    clients_short_ = workload_.clients;
    next_arrival_at_ = first;
    draw_arrival();
    expect_arrival();
    return;
  }
  const Distribution& think = std::get<Workload::Closed>(workload_.arrival).think;
  for (Client& c : clients_) {
    if (!c.in_workload) continue;
    c.doing = Doing::thinking;
    set_timer(c, Which::soon, first + c.think.sample(think, Benign::median));
  }
}

void Clients::set_timer(Client& c, Which which, Instant at) {
  LazyTimer& timer = which == Which::soon ? c.soon : c.patience;
  LazyTimer& other = which == Which::soon ? c.patience : c.soon;
  other.clear();
  if (timer.set(at)) stage_.at(at, {ItemKind::client, c.number, static_cast<std::uint64_t>(which), 0});
}

bool Clients::may_start_more() const {
  if (draining_) return false;
  if (workload_.ops && started_ >= *workload_.ops) return false;
  return !workload_.stop || stage_.now() < Instant{workload_.stop->ns};
}

void Clients::take(const Item& item) {
  if (item.kind == ItemKind::arrival) {
    arrive();
    return;
  }
  Client& c = clients_[item.who];
  LazyTimer& timer = static_cast<Which>(item.what) == Which::soon ? c.soon : c.patience;
  switch (timer.take(stage_.now())) {
    case LazyTimer::Taken::stale:
      return;
    case LazyTimer::Taken::rearm:
      stage_.at(*timer.due(), item);
      return;
    case LazyTimer::Taken::due:
      break;
  }
  timer.clear();
  stage_.chronicle.begin_step();
  wake(c);
}

void Clients::wake(Client& c) {
  const Instant now = stage_.now();
  switch (c.doing) {
    case Doing::nothing:
      break;
    case Doing::thinking:
      stage_.chronicle.set_cause(c.ended);
      if (c.pending)
        begin_wanted(c);
      else if (may_start_more())
        start_operation(c);
      else
        idle(c);
      break;
    case Doing::waiting:
      stage_.chronicle.set_cause(c.invoked);
      now >= c.gives_up ? gave_up(c) : try_timed_out(c);
      break;
    case Doing::backing_off:
      stage_.chronicle.set_cause(c.invoked);
      now >= c.gives_up ? gave_up(c) : try_now(c);
      break;
  }
}

void Clients::draw_arrival() { next_arrival_at_ = next_arrival_at_ + arrival_.sample(gap_, Benign::median); }

void Clients::expect_arrival() {
  arrivals_rest_ = clients_short_ == 0;
  if (!arrivals_rest_) stage_.at(next_arrival_at_, {ItemKind::arrival, 0, 0, 0});
}

/// Arrivals go round all clients.
Clients::Client& Clients::take_arrival() {
  Client& c = clients_[next_arrival_];
  next_arrival_ = (next_arrival_ + 1) % workload_.clients;
  if (++c.arrivals == arrivals_ahead) --clients_short_;
  draw_arrival();
  return c;
}

/// One of those who wait for the client begins.
void Clients::use_arrival(Client& c) {
  if (c.arrivals-- == arrivals_ahead) ++clients_short_;
  if (!arrivals_rest_ || clients_short_ == 0) return;
  while (clients_short_ > 0 && next_arrival_at_ <= stage_.now()) take_arrival();
  expect_arrival();
}

/// Who is busy lets them queue.
void Clients::arrive() {
  if (!may_start_more()) {
    stage_.chronicle.begin_step();
    for (Client& c : clients_)
      if (c.in_workload && c.doing == Doing::nothing) idle(c);
    return;
  }
  Client& c = take_arrival();
  expect_arrival();
  if (c.doing != Doing::nothing) return;
  stage_.chronicle.begin_step();
  stage_.chronicle.set_cause(c.ended);
  idle(c);
}

void Clients::drain() {
  draining_ = true;
  for (Client& c : clients_) {
    const bool free = c.doing == Doing::nothing || (c.doing == Doing::thinking && !c.pending);
    if (free) idle(c);
  }
}

/// Nothing is under way: scripted operations first, then the workload's, at last the final reads.
void Clients::idle(Client& c) {
  c.doing = Doing::nothing;
  c.soon.clear();
  c.patience.clear();
  if (!c.scripted.empty()) {
    start_scripted(c);
    return;
  }
  if (!c.in_workload) return;
  if (may_start_more()) {
    if (const auto* closed = std::get_if<Workload::Closed>(&workload_.arrival)) {
      c.doing = Doing::thinking;
      set_timer(c, Which::soon, stage_.now() + c.think.sample(closed->think, Benign::median));
    } else if (c.arrivals > 0) {
      use_arrival(c);
      start_operation(c);
    }
    return;
  }
  // With a drain to come, final reads wait for it.
  const bool over = draining_ || !stage_.scenario.faults.drain_after;
  if (!workload_.final_reads || !over) return;
  if (!c.final_reads_begun) {
    c.final_reads_begun = true;
    c.final_reads_left = tables_.keys();
  }
  if (c.final_reads_left > 0) start_final_read(c);
}

void Clients::start_operation(Client& c) {
  ++started_;
  c.source->next(c.wanted);
  c.final_read = false;
  c.drawn = true;
  c.wanted_server.reset();
  c.pending = true;
  begin_wanted(c);
}

/// Any server may answer it, and shall be asked: not the leader alone.
bool Clients::served_anywhere(const Operation& operation) {
  return operation.kind == OperationKind::get &&
         (operation.read == ReadMode::follower || operation.read == ReadMode::local_unsafe);
}

NodeId Clients::any_server(Client& c) {
  const NodeSet& servers = stage_.committed.servers;
  return servers[c.server_draw.below(servers.size())];
}

void Clients::start_final_read(Client& c) {
  c.wanted = Operation{};
  c.wanted.kind = OperationKind::get;
  c.wanted.read = tables_.final_read();
  c.wanted.key = tables_.key(tables_.keys() - c.final_reads_left);
  --c.final_reads_left;
  c.final_read = true;
  c.drawn = false;
  c.wanted_server.reset();
  c.pending = true;
  begin_wanted(c);
}

void Clients::script(const ClientAction& action, std::optional<NodeId> server, EventId cause) {
  Client& c = clients_[action.client];
  Scripted scripted;
  scripted.operation.kind = action.op;
  scripted.operation.key = action.key;
  scripted.operation.value = action.value;
  scripted.operation.expected = action.expected;
  scripted.server = server;
  c.scripted.push_back(std::move(scripted));
  const bool free = c.doing == Doing::nothing || (c.doing == Doing::thinking && !c.pending);
  if (!free) return;
  stage_.chronicle.set_cause(cause);
  idle(c);
}

void Clients::start_scripted(Client& c) {
  c.wanted = std::move(c.scripted.front().operation);
  c.wanted_server = c.scripted.front().server;
  c.scripted.pop_front();
  c.final_read = false;
  c.drawn = false;
  c.pending = true;
  begin_wanted(c);
}

void Clients::begin_wanted(Client& c) {
  const bool command = is_command(c.wanted);
  const bool used_up = workload_.ops_per_session && c.commands_in_session >= *workload_.ops_per_session;
  if (command && used_up) c.session = 0;
  if (command && c.session == 0) {
    open_session(c);
    return;
  }
  c.pending = false;
  std::swap(c.operation, c.wanted);
  c.operation.session = c.session;
  c.operation.sequence = command ? ++c.sequence : 0;
  c.operation.first_unanswered = c.operation.sequence;
  if (command) ++c.commands_in_session;
  begin(c);
}

void Clients::open_session(Client& c) {
  Operation& o = c.operation;
  o.kind = OperationKind::open_session;
  o.read = ReadMode::log;
  o.key.clear();
  o.value.clear();
  o.expected.reset();
  o.session = 0;
  o.sequence = std::uint64_t{c.number + 1} << 32 | ++c.sessions_asked;
  o.first_unanswered = 0;
  begin(c);
}

void Clients::begin(Client& c) {
  c.id = ++last_operation_;
  asked_.push_back({c.operation.kind, c.operation.read});
  c.bytes.clear();
  // All systems of a run speak the same requests; the first is asked.
  stage_.chronicle.enter(NodeId{1});
  stage_.systems.front()->encode(c.operation, c.bytes);
  stage_.chronicle.leave();

  Event e = stage_.chronicle.make(EventKind::invoke, Endpoint::client(c.number));
  e.operation.operation = c.id;
  e.operation.client = c.number;
  e.operation.kind = static_cast<std::uint8_t>(c.operation.kind);
  e.operation.read = static_cast<std::uint8_t>(c.operation.read);
  e.operation.final_read = c.final_read ? 1 : 0;
  e.operation.content_hash = entry_hash(EntryKind::command, c.bytes);
  Details details;
  details.operation = &c.operation;
  c.invoked = stage_.chronicle.emit(e, details);
  stage_.chronicle.set_cause(c.invoked);

  c.tries = 0;
  c.hops = 0;
  // Not while it opens a session for what it wants.
  const bool mortal = c.drawn && !c.pending && stage_.phase == history::Phase::chaos;
  c.dies = mortal && c.death.chance(workload_.dies);
  c.gives_up = stage_.now() + (c.dies ? Duration{} : workload_.timeout);
  if (c.wanted_server || (c.leader && !served_anywhere(c.operation))) {
    c.server_draw.skip();
    c.server = c.wanted_server ? *c.wanted_server : *c.leader;
  } else {
    c.server = any_server(c);
  }
  try_now(c);
}

}  // namespace raftsim::sim
