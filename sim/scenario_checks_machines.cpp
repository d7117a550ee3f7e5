// Processes, disks and clocks: what has no effect as it is written, and clocks on which no lease can rely.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/scenario.hpp"
#include "sim/scenario_checks.hpp"
#include "sim/scenario_leases.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

namespace {

constexpr std::array<std::string_view, 2> lists{"script", "random"};

class MachineCheck {
 public:
  MachineCheck(const JsonNode& root, std::vector<ScenarioProblem>& problems)
      : root_(root), problems_(problems) {}

  void processes();
  void disks();
  void clocks();
  void leases();

 private:
  void problem(Place place, std::string message, std::string help = {}) {
    problems_.push_back({place, false, std::move(message), std::move(help)});
  }
  void warning(Place place, std::string message, std::string help) {
    problems_.push_back({place, true, std::move(message), std::move(help)});
  }
  void happens_at_once(const JsonNode& fault, const std::string& path);
  void moves(const JsonNode* by, const std::string& path);
  void lease_relies_on(const JsonNode& clock, const std::string& message) {
    warning(clock.place, message, "what is read is then judged as unknown");
  }

  const JsonNode& root_;
  std::vector<ScenarioProblem>& problems_;
};

/// Decay has no end, and so no duration: to write one is a misunderstanding.
void MachineCheck::happens_at_once(const JsonNode& fault, const std::string& path) {
  const JsonNode* kind = fault.find("kind");
  const JsonNode* lasting = fault.find("for");
  if (kind == nullptr || lasting == nullptr) return;
  const Words& words = *table::disk_fault.object->find("kind")->type->words;
  const auto word = std::ranges::find(words.words, std::string_view(kind->text), &Word::name);
  if (word == words.words.end()) return;
  if (lasts(static_cast<DiskFaultKind>(word - words.words.begin()))) return;
  problem(lasting->place,
          fmt::format("{}.disk_fault.for: {} happens at once and does not end", path, kind->text),
          "remove it; slow, io_error, sync_error, full and fsync_lies last");
}

/// Options that must be the same everywhere and always, and those of a server that comes back as another.
void MachineCheck::processes() {
  for (const std::string_view list : lists)
    each_action(root_, list, [this](const JsonNode& action, const std::string& path) {
      const JsonNode* options = value_at(action, {"restart", "raft"});
      if (options == nullptr) return;
      for (const JsonMember& member : options->members)
        if (member.key == "membership" || member.key == "session_cap")
          problem(
              member.key_place,
              fmt::format("{}.restart.raft: {} is the same on all servers at all times", path, member.key),
              fmt::format("set it in cluster.raft.{}", member.key));
      for (const std::string_view how : {"wipe", "amnesia"})
        if (is_true(value_at(action, {"restart", how})))
          problem(options->place,
                  fmt::format("{}.restart.raft: a machine that lost its disk starts as the file says", path),
                  fmt::format("remove it, or {}", how));
    });
}

void MachineCheck::disks() {
  for (const std::string_view list : lists)
    each_action(root_, list, [this](const JsonNode& action, const std::string& path) {
      if (const JsonNode* fault = action.find("disk_fault")) happens_at_once(*fault, path);
    });
  const JsonNode* on_crash = value_at(root_, {"disk", "on_crash"});
  if (on_crash == nullptr || on_crash->text != "keep_all") return;
  for (const std::string_view name : {"fsync_lies", "dirents"}) {
    const JsonNode* given = value_at(root_, {"disk", name});
    if (given == nullptr || given->text == "0" || given->text == "prefix") continue;
    warning(given->place, fmt::format("disk.{}: no crash loses anything with disk.on_crash keep_all", name),
            R"(write "lose_unsynced" or "torn_unsynced" there)");
  }
}

void MachineCheck::moves(const JsonNode* by, const std::string& path) {
  if (by == nullptr || !by->is(JsonNode::Kind::string)) return;
  if (signed_duration_from(by->text).value == Duration{})
    problem(by->place, fmt::format("{}.by: a jump by nothing", path), "write for example \"-300ms\"");
}

void MachineCheck::clocks() {
  moves(value_at(root_, {"clock", "jump", "by"}), "clock.jump");
  const JsonNode* every = value_at(root_, {"clock", "jump", "every"});
  if (duration_of(every) == Duration{}) problem(every->place, "clock.jump.every: must be longer than 0");
  for (const std::string_view list : lists)
    each_action(root_, list, [this](const JsonNode& action, const std::string& path) {
      moves(value_at(action, {"clock_jump", "by"}), path + ".clock_jump");
    });
}

/// The rates of two clocks, each off by up to drift_ppm, differ by up to twice that.
void MachineCheck::leases() {
  if (!reads_by_lease(root_)) return;
  for (const UnequalOption& unequal : unequal_for_leases(root_))
    problem(unequal.option->key_place,
            fmt::format("{}: reads by lease need the same {} on all servers at all times", unequal.path,
                        unequal.option->key),
            fmt::format("set it in cluster.raft.{}, or read by read_index", unequal.option->key));
  const DriftBound bound = drift_bound(root_);
  const std::uint64_t drift = drift_between_clocks_ppm(root_);
  if (drift > bound.ppm)
    lease_relies_on(*value_at(root_, {"clock", "drift_ppm"}),
                    fmt::format("clock.drift_ppm: two clocks may differ by {} ppm, and leases rely on {}, {}",
                                drift, bound.path, bound.ppm));
  const JsonNode* monotonic = value_at(root_, {"clock", "monotonic"});
  const bool timers_jump = monotonic != nullptr && monotonic->text == "false";
  const JsonNode* jump = value_at(root_, {"clock", "jump"});
  if (jump != nullptr && timers_jump)
    lease_relies_on(*jump, "clock.jump: with clock.monotonic false no lease can rely on a clock");
  for (const std::string_view list : lists)
    each_action(root_, list, [&](const JsonNode& action, const std::string& path) {
      const JsonNode* jumps = action.find("clock_jump");
      if (jumps != nullptr && timers_jump)
        lease_relies_on(*jumps,
                        path + ".clock_jump: with clock.monotonic false no lease can rely on a clock");
      if (const JsonNode* frozen = action.find("clock_freeze"))
        lease_relies_on(*frozen, path + ".clock_freeze: a lease by a clock that stands still never ends");
    });
}

}  // namespace

void check_machines(const JsonNode& root, std::vector<ScenarioProblem>& problems) {
  MachineCheck check(root, problems);
  check.processes();
  check.disks();
  check.clocks();
  check.leases();
}

}  // namespace raftsim::sim
