// Times, names of steps, and keep_quorum: what can never happen in the run that a scenario describes.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/scenario.hpp"
#include "sim/scenario_checks.hpp"
#include "sim/scenario_values.hpp"
#include "sim/suggest.hpp"

namespace raftsim::sim {

namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view word_start = "start", word_heal = "heal", word_quiet = "quiet",
                           word_drain = "drain";

/// The longest value that a `dist` can draw, as far as the file tells; nothing for what has not its shape.
std::optional<Duration> longest_of(const JsonNode& dist) {
  if (dist.is(Kind::string)) return duration_of(&dist);
  std::optional<Duration> longest;
  for (const std::string_view name : {"max", "mean", "p99"})
    if (!longest) longest = duration_of(dist.find(name));
  if (const JsonNode* points = dist.find("points"))
    for (const JsonNode& point : points->items) longest = std::max(longest, duration_of(point.find("value")));
  return longest;
}

/// The name of an action that disturbs the servers; empty for one that cures, asks or looks.
std::string_view disruption(const JsonNode& action) {
  for (const std::string_view name :
       {"crash", "pause", "partition", "isolate", "set_link", "disk_fault", "clock_jump", "clock_freeze",
        "slow", "timeout_now", "add_node", "remove_node", "promote", "replace_nodes", "transfer_leadership",
        "membership"})
    if (action.find(name) != nullptr) return name;
  for (const std::string_view how : {"wipe", "amnesia"}) {
    const JsonNode* lost = value_at(action, {"restart", how});
    if (lost != nullptr && lost->text == "true") return "restart";
  }
  // Whoever gets other options is powered off first.
  if (value_at(action, {"restart", "raft"}) != nullptr) return "restart";
  // All but a core are isolated.
  const JsonNode* who = value_at(action, {"heal", "who"});
  if (who != nullptr && who->text != "all") return "heal";
  const JsonNode* what = value_at(action, {"messages", "do"});
  const bool disturbs =
      what != nullptr && (what->text == "drop" || what->text == "hold" || what->text == "duplicate");
  return disturbs ? "messages" : "";
}

class ScheduleCheck {
 public:
  ScheduleCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems);

  void phases();
  void script();
  void random();
  void expectations();

 private:
  void problem(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
  }
  std::string end_text() const { return fmt::format("limits.time is {}", duration_text(end_)); }
  void step(const JsonNode& step, const std::string& path, Duration& earliest);
  void step_id(const JsonNode& step, const std::string& path);
  void stays_quiet(const JsonNode& step, const std::string& path, Duration earliest);
  void keeps_quorum(const JsonNode& action, const std::string& path);
  void eventually(const JsonNode& item, const std::string& path);

  const JsonNode& root_;
  std::vector<ScenarioProblem>& problems_;
  Duration end_ = Limits{}.time;
  const JsonNode* script_;
  const JsonNode* random_;
  const JsonNode* quiet_;
  const JsonNode* drain_;
  std::vector<std::string_view> ids_;  ///< of steps
  bool heals_ = false;                 ///< some step or random fault heals
};

ScheduleCheck::ScheduleCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems)
    : root_(root),
      problems_(problems),
      script_(value_at(root, {"faults", "script"})),
      random_(value_at(root, {"faults", "random"})),
      quiet_(value_at(root, {"faults", "quiet_after"})),
      drain_(value_at(root, {"faults", "drain_after"})) {
  const JsonNode* time = value_at(root, {"limits", "time"});
  if (const auto d = duration_of(time)) end_ = *d;
  if (end_ == Duration{0} && time != nullptr) problem(time->place, "limits.time: must be longer than 0");
}

void ScheduleCheck::phases() {
  const auto within_end = [&](const JsonNode* node, std::string_view name) {
    const std::optional<Duration> d = duration_of(node);
    if (d && *d > end_)
      problem(node->place, fmt::format("{}: {} lies beyond the end", name, node->text), end_text());
  };
  within_end(quiet_, "faults.quiet_after");
  within_end(drain_, "faults.drain_after");
  const auto quiet = duration_of(quiet_), drain = duration_of(drain_);
  if (quiet && drain && *drain < *quiet)
    problem(drain_->place,
            fmt::format("faults.drain_after: {} lies before quiet_after, {}", drain_->text, quiet_->text));
  const JsonNode* start = value_at(root_, {"workload", "start"});
  const JsonNode* stop = value_at(root_, {"workload", "stop"});
  within_end(start, "workload.start");
  within_end(stop, "workload.stop");
  if (duration_of(start) && duration_of(stop) && *duration_of(stop) <= *duration_of(start))
    problem(stop->place, fmt::format("workload.stop: {} is not after start, {}", stop->text, start->text));
}

void ScheduleCheck::step_id(const JsonNode& step, const std::string& path) {
  const JsonNode* id = step.find("id");
  if (id == nullptr || !id->is(Kind::string)) return;
  if (id->text == word_start || id->text == word_quiet || id->text == word_drain)
    return problem(id->place,
                   fmt::format("{}.id: \"{}\" already means a moment of every run", path, id->text),
                   "take another name");
  if (std::find(ids_.begin(), ids_.end(), id->text) != ids_.end())
    return problem(id->place,
                   fmt::format("{}.id: another step is called {} already", path, json_quoted(id->text)));
  ids_.push_back(id->text);
}

/// `earliest`: before which this step cannot fire; moves on.
void ScheduleCheck::step(const JsonNode& step, const std::string& path, Duration& earliest) {
  const JsonNode* at = step.find("at");
  const JsonNode* after = step.find("after");
  const JsonNode* deadline = step.find("deadline");
  const bool waits = step.find("when") != nullptr;
  if (const auto d = duration_of(at)) {
    if (*d < earliest)
      problem(at->place,
              fmt::format("{}.at: {} lies before the step before it, which fires at {} or later", path,
                          at->text, duration_text(earliest)),
              "steps stand in the order in which they fire");
    earliest = std::max(earliest, *d);
  }
  if (const auto d = duration_of(after)) earliest = earliest + *d;
  const JsonNode* time = at != nullptr ? at : after;
  if (earliest > end_ && time != nullptr)
    problem(time->place,
            fmt::format("{}: this step never fires: {} lies beyond the end", path, duration_text(earliest)),
            end_text());
  if (deadline != nullptr && !waits)
    problem(deadline->place, fmt::format("{}.deadline: only a step with `when` can miss a deadline", path),
            "remove it");
  if (const auto d = duration_of(deadline); d && waits && earliest + *d > end_)
    problem(deadline->place,
            fmt::format("{}.deadline: {} is not before the end, so that nobody would see it missed", path,
                        duration_text(earliest + *d)),
            end_text());
  step_id(step, path);
}

/// The quiet phase and the drain phase after it promise no new faults, and what must happen in it is judged
/// by that. A step that may start before it (by `when`, or `after` such a one) is not known now: then the
/// liveness checkers wait for its end.
void ScheduleCheck::stays_quiet(const JsonNode& step, const std::string& path, Duration earliest) {
  const std::optional<Duration> quiet = duration_of(quiet_);
  if (!quiet || earliest < *quiet || earliest > end_) return;
  const std::optional<Duration> drain = duration_of(drain_);
  const std::string_view phase = drain && earliest >= *drain ? word_drain : word_quiet;
  for (const JsonNode* action : actions_of(step)) {
    const std::string_view fault = disruption(*action);
    if (fault.empty()) continue;
    const JsonNode* at = step.find("at");
    problem(at != nullptr ? at->place : action->place,
            fmt::format("{}: \"{}\" starts at {}{}, in the {} phase, which promises no new faults", path,
                        fault, duration_text(earliest), at != nullptr ? "" : " or later", phase),
            fmt::format("let it start before faults.quiet_after, {}, or begin the quiet phase later",
                        duration_text(*quiet)));
  }
}

void ScheduleCheck::script() {
  if (script_ == nullptr) return;
  Duration earliest;
  for (std::size_t i = 0; i < script_->items.size(); ++i) {
    const std::string path = fmt::format("faults.script[{}]", i);
    step(script_->items[i], path, earliest);
    stays_quiet(script_->items[i], path, earliest);
    earliest = std::min(earliest, duration_max);
    for (const JsonNode* action : actions_of(script_->items[i])) {
      heals_ = heals_ || action->find("heal") != nullptr;
      keeps_quorum(*action, path);
    }
  }
}

void ScheduleCheck::random() {
  if (random_ == nullptr) return;
  for (std::size_t i = 0; i < random_->items.size(); ++i) {
    const JsonNode& fault = random_->items[i];
    const std::string path = fmt::format("faults.random[{}]", i);
    const JsonNode* every = fault.find("every");
    if (every != nullptr && longest_of(*every) == Duration{0})
      problem(every->place, fmt::format("{}.every: must be longer than 0", path));
    const JsonNode* from = fault.find("from");
    const JsonNode* until = fault.find("until");
    const Duration first = duration_of(from).value_or(Duration{0});
    if (const auto d = duration_of(until); d && *d <= first)
      problem(until->place,
              fmt::format("{}.until: {} is not after from, {}", path, until->text, duration_text(first)));
    const Duration last = std::min(duration_of(quiet_).value_or(end_), end_);
    if (from != nullptr && first >= last)
      problem(from->place, fmt::format("{}.from: no random fault starts after {}", path, duration_text(last)),
              duration_of(quiet_) ? "faults.quiet_after ends them" : end_text());
    for (const JsonNode* action : actions_of(fault)) {
      heals_ = heals_ || action->find("heal") != nullptr;
      keeps_quorum(*action, path);
    }
  }
}

/// Hitting a majority at once cannot go with keep_quorum.
void ScheduleCheck::keeps_quorum(const JsonNode& action, const std::string& path) {
  const JsonNode* keep = value_at(root_, {"faults", "keep_quorum"});
  const JsonNode* count = value_at(root_, {"cluster", "nodes"});
  // Of servers that join and leave nobody knows now how many make a majority then.
  if (keep == nullptr || keep->text != "true" || count == nullptr || members_change(root_)) return;
  const std::uint64_t nodes = integer_from(count->text).value.value_or(0);
  constexpr std::pair<std::string_view, std::string_view> hits[] = {
      {"crash", "crashing"},     {"pause", "pausing"},
      {"isolate", "isolating"},  {"clock_freeze", "freezing the clocks of"},
      {"restart", "restarting"}, {"disk_fault", "failing the disks of"}};
  for (const auto& [name, hitting] : hits) {
    const JsonNode* target = value_at(action, {name, "target"});
    if (target == nullptr || nodes == 0) continue;
    if (name == "restart" && disruption(action).empty()) continue;
    // Whose disk is slow, lies or decays goes on.
    const JsonNode* kind = value_at(action, {"disk_fault", "kind"});
    if (kind != nullptr && kind->text != "io_error" && kind->text != "sync_error" && kind->text != "full")
      continue;
    std::uint64_t hit = 1;
    if (target->is(Kind::array)) hit = target->items.size();
    if (target->text == "all") hit = nodes;
    if (target->text == "majority") hit = nodes / 2 + 1;
    if (const JsonNode* random = target->find("random")) hit = integer_from(random->text).value.value_or(1);
    if (nodes >= hit && nodes - hit >= nodes / 2 + 1) continue;
    problem(target->place,
            fmt::format("{}: {} {} of {} servers leaves no majority, which keep_quorum demands", path,
                        hitting, hit, nodes),
            "hit fewer, or remove keep_quorum");
  }
}

void ScheduleCheck::eventually(const JsonNode& item, const std::string& path) {
  const JsonNode* since = item.find("since");
  const JsonNode* within = item.find("within");
  Duration from;
  if (since != nullptr && since->is(Kind::string)) {
    std::vector<std::string_view> known{word_start};
    if (heals_ || quiet_ != nullptr) known.push_back(word_heal);
    if (quiet_ != nullptr) known.push_back(word_quiet);
    if (drain_ != nullptr) known.push_back(word_drain);
    known.insert(known.end(), ids_.begin(), ids_.end());
    const bool moment = since->text == word_heal || since->text == word_quiet || since->text == word_drain;
    if (std::find(known.begin(), known.end(), since->text) == known.end())
      problem(since->place,
              moment ? fmt::format("{}.since: this scenario never comes to \"{}\"", path, since->text)
                     : fmt::format("{}.since: there is no step {}", path, json_quoted(since->text)),
              suggestion(since->text, known, known.size()));
    if (since->text == word_quiet) from = duration_of(quiet_).value_or(from);
    if (since->text == word_drain) from = duration_of(drain_).value_or(from);
    if (script_ != nullptr)
      for (const JsonNode& step : script_->items)
        if (const JsonNode* id = step.find("id"); id != nullptr && id->text == since->text)
          from = duration_of(step.find("at")).value_or(from);
  }
  const auto d = duration_of(within);
  if (d && from + *d > end_)
    problem(within->place,
            fmt::format("{}.within: {} is not before the end, so that nobody would see it missed", path,
                        duration_text(from + *d)),
            end_text());
}

void ScheduleCheck::expectations() {
  const JsonNode* list = value_at(root_, {"expect", "eventually"});
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i)
    eventually(list->items[i], fmt::format("expect.eventually[{}]", i));
}

}  // namespace

void check_schedule(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  ScheduleCheck check(root, problems);
  check.phases();
  check.script();
  check.random();
  check.expectations();
}

}  // namespace raftsim::sim
