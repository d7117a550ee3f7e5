#include "sim/operators.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/targets.hpp"

namespace raftsim::sim {

namespace {

// In election timeouts. A server that catches up takes its time; a leader that hears no quorum is gone
// sooner.
constexpr std::int64_t patience = 10;
constexpr std::int64_t deadline = 80;
constexpr std::int64_t deadline_in_quiet = 20;
constexpr std::uint32_t tries_max = 64;
/// What FaultEngine asks by itself (timeout_now) has the fault's number: far below.
constexpr std::uint64_t first_request = std::uint64_t{1} << 32;

constexpr std::size_t reason_bytes_max = 80;

/// The reason that a refusal gives, as far as it is text.
std::string reason_of(const AdminAnswer& answer) {
  std::string text;
  for (const std::byte b : answer.bytes) {
    const auto c = static_cast<char>(b);
    if (text.size() == reason_bytes_max || c < ' ' || c > '~') break;
    text += c;
  }
  return text.empty() ? text : ": " + text;
}

}  // namespace

std::optional<Configuration> changed(const Configuration& configuration, AdminKind kind,
                                     const NodeSet& nodes) {
  Configuration after = configuration;
  after.voters_outgoing.clear();
  switch (kind) {
    case AdminKind::add_voter:
    case AdminKind::promote:
      for (const NodeId id : nodes) {
        insert(after.voters, id);
        std::erase(after.learners, id);
      }
      return after;
    case AdminKind::add_learner:
      for (const NodeId id : nodes)
        if (!after.votes(id)) insert(after.learners, id);
      return after;
    case AdminKind::remove:
      for (const NodeId id : nodes) {
        std::erase(after.voters, id);
        std::erase(after.learners, id);
      }
      return after;
    case AdminKind::replace:
      after.voters = nodes;
      for (const NodeId id : nodes) std::erase(after.learners, id);
      return after;
    case AdminKind::transfer:
    case AdminKind::take_snapshot:
    case AdminKind::timeout_now:
      break;
  }
  return std::nullopt;
}

Operators::Operators(Stage& stage)
    : stage_(stage), timeout_(stage.scenario.options.election_timeout), last_request_(first_request) {}

Operators::Task* Operators::find(std::uint64_t fault) {
  for (Task& task : tasks_)
    if (task.work.fault == fault && !task.over) return &task;
  return nullptr;
}

void Operators::start(Work work) {
  CHECK(!work.asks.empty());
  Task& task = tasks_.emplace_back();
  task.work = std::move(work);
  begin(task);
}

/// The present ask, from the beginning; in a step of its own.
void Operators::begin(Task& task) {
  task.tries = 0;
  task.silent = 0;
  task.server.reset();
  task.said.clear();
  task.first_request = last_request_ + 1;
  task.last_request = last_request_;
  task.deadline =
      stage_.now() + timeout_ * (stage_.phase == history::Phase::chaos ? deadline : deadline_in_quiet);
  wake(task, Duration{});
}

void Operators::wake(Task& task, Duration after) {
  ++task.turn;
  stage_.at(stage_.now() + after, {ItemKind::operation, 0, task.work.fault, task.turn});
}

void Operators::take(const Item& item) {
  Task* task = find(item.what);
  if (task == nullptr || task->turn != item.incarnation) return;
  stage_.chronicle.begin_step();
  stage_.chronicle.set_cause(task->work.cause);
  if (task->answer) {
    const AdminAnswer answer = std::move(*task->answer);
    task->answer.reset();
    hear(*task, answer);
  } else {
    if (task->waits_for_answer) {
      ++task->silent;
      task->said = fmt::format("n{} did not answer", task->server->value);
      task->server.reset();
    }
    task->waits_for_answer = false;
    if (task->silent > 0 && reached(present(*task)))
      conclude(*task, Outcome::done, "done, though nobody said so");
    else
      ask(*task);
  }
  std::erase_if(tasks_, [](const Task& t) { return t.over; });
}

NodeId Operators::whom(const Task& task) const {
  if (const auto& at = present(task).at) return *at;
  if (task.server && stage_.exists(*task.server)) return *task.server;
  if (const std::optional<NodeId> leader = leader_of(cluster_now(stage_))) return *leader;
  // Nobody leads: the members in turn.
  const NodeSet& servers = stage_.committed.servers;
  return servers[task.tries % servers.size()];
}

void Operators::ask(Task& task) {
  if (task.tries >= tries_max || stage_.now() >= task.deadline) {
    conclude(task, Outcome::failed,
             fmt::format("gave up after {} {}{}{}", task.tries, task.tries == 1 ? "try" : "tries",
                         task.said.empty() ? "" : ", ", task.said));
    return;
  }
  const Ask& wanted = present(task);
  task.server = whom(task);
  ++task.tries;
  NodeRuntime& node = stage_.node(*task.server);
  if (!node.up()) {
    task.said = fmt::format("n{} was down", task.server->value);
    // Nobody comes to do for it what only it can do.
    if (wanted.at) return conclude(task, Outcome::failed, task.said);
    return again(task, std::nullopt, timeout_);
  }
  task.last_request = ++last_request_;
  task.waits_for_answer = true;
  wake(task, timeout_ * patience);
  // Of a server that stands still nothing is heard.
  if (node.attends()) node.admin(wanted.kind, RequestId{task.last_request}, wanted.nodes, task.work.cause);
}

/// It may come in the middle of a server's step: what follows from it is for a step of its own.
void Operators::answered(AdminAnswer answer) {
  if (answer.id.value <= first_request) {
    stage_.faults->admin_answered(answer.id, answer.kind);
    return;
  }
  for (Task& task : tasks_) {
    const bool ours =
        !task.over && answer.id.value >= task.first_request && answer.id.value <= task.last_request;
    // Of an earlier try only that it was done is news.
    const bool news =
        answer.id.value == task.last_request ? task.waits_for_answer : answer.kind == ReplyKind::ok;
    if (!ours || !news || task.answer) continue;
    task.answer = std::move(answer);
    task.waits_for_answer = false;
    wake(task, Duration{});
    return;
  }
}

void Operators::hear(Task& task, const AdminAnswer& answer) {
  const std::string from = fmt::format("n{}", answer.from.value);
  switch (answer.kind) {
    case ReplyKind::ok:
      conclude(
          task, Outcome::done,
          fmt::format("done by {}{}", from, task.tries > 1 ? fmt::format(" at try {}", task.tries) : ""));
      return;
    case ReplyKind::not_leader: {
      task.said = from + " does not lead";
      stage_.chronicle.enter(answer.from);
      const std::optional<OperationResult> result = stage_.systems[answer.from.value - 1]->decode_reply(
          Operation{}, answer.kind, answer.position, answer.bytes);
      stage_.chronicle.leave();
      const bool hint =
          result && result->leader && *result->leader != answer.from && stage_.is_node(*result->leader);
      again(task, hint ? result->leader : std::nullopt, timeout_ / (hint ? 8 : 2));
      return;
    }
    case ReplyKind::busy:
      task.said = from + " was busy" + reason_of(answer);
      again(task, std::nullopt, timeout_);
      return;
    case ReplyKind::refused:
    case ReplyKind::failed:
      task.said = fmt::format("{} by {}{}", answer.kind == ReplyKind::refused ? "refused" : "failed", from,
                              reason_of(answer));
      if (task.silent > 0 && reached(present(task)))
        return conclude(task, Outcome::done, "done by an earlier try");
      if (present(task).patient) return again(task, std::nullopt, timeout_ * 2);
      conclude(task, Outcome::failed, task.said);
      return;
    case ReplyKind::unsupported:
      task.work.chained = true;
      task.unsupported = true;
      conclude(task, Outcome::failed, fmt::format("unsupported by {}", from));
      return;
  }
}

void Operators::again(Task& task, std::optional<NodeId> server, Duration after) {
  task.server = server;
  task.waits_for_answer = false;
  wake(task, std::max(after, milliseconds(1)));
}

void Operators::conclude(Task& task, Outcome outcome, std::string words) {
  const Ask& ask = present(task);
  const bool several = task.work.asks.size() > 1;
  if (several) words = fmt::format("{} {} {}", request_words(ask.kind), node_names(ask.nodes), words);
  task.outcomes.push_back(std::move(words));
  task.done_something = task.done_something || outcome == Outcome::done;
  const bool stops = outcome == Outcome::failed && task.work.chained;
  if (stops || ++task.position == task.work.asks.size())
    finish(task);
  else
    begin(task);
}

void Operators::finish(Task& task) {
  task.over = true;
  std::string text;
  for (const std::string& outcome : task.outcomes) text += (text.empty() ? "" : "; ") + outcome;
  using Came = FaultEngine::Came;
  const Came came = task.done_something ? Came::something
                    : task.unsupported  ? Came::unsupported
                                        : Came::nothing;
  stage_.faults->operation_over(task.work.fault, came, text);
}

bool Operators::reached(const Ask& ask) const {
  if (ask.kind == AdminKind::transfer) {
    const std::optional<NodeId> leader = leader_of(cluster_now(stage_));
    return leader && ask.nodes.front() == *leader;
  }
  const Configuration& now = stage_.committed.configuration;
  const std::optional<Configuration> wanted = changed(now, ask.kind, ask.nodes);
  return wanted && !now.joint() && *wanted == now;
}

void Operators::quiet() {
  const Instant latest = stage_.now() + timeout_ * deadline_in_quiet;
  for (Task& task : tasks_) task.deadline = std::min(task.deadline, latest);
}

std::vector<Configuration> Operators::intended() const {
  std::vector<Configuration> all;
  for (const Task& task : tasks_) {
    if (task.over) continue;
    for (std::size_t i = task.position; i < task.work.asks.size(); ++i) {
      const Ask& ask = task.work.asks[i];
      if (const auto after = changed(stage_.committed.configuration, ask.kind, ask.nodes))
        all.push_back(*after);
    }
  }
  return all;
}

Operators::Pending Operators::pending() const {
  Pending pending;
  const std::size_t now = stage_.committed.configuration.voters.size();
  for (const Configuration& after : intended()) {
    pending.additions += after.voters.size() - std::min(now, after.voters.size());
    pending.removals += now - std::min(now, after.voters.size());
  }
  return pending;
}

}  // namespace raftsim::sim
