// Removing one fault from a scenario changes nothing before that fault's first event, and every other fault
// keeps its times and its draws afterwards: shown on whole histories of the core, one fault at a time.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/raft_system.hpp"
#include "history/event_lines.hpp"
#include "search/run_one.hpp"
#include "sim/scenario_file.hpp"

namespace raftsim::search {
namespace {

/// Faults of every kind that lasts, some of them named, scripted and at random, in the way of each other.
constexpr std::string_view scenario_text = R"({
  "format": "raftsim/scenario@1", "name": "streams",
  "cluster": {"nodes": 5, "raft": {"snapshot_every": 20, "trailing_entries": 5}},
  "network": {"default": {"latency": {"dist": "exponential", "mean": "2ms", "max": "30ms"}, "loss": 0.02}},
  "disk": {"fsync": {"dist": "lognormal", "median": "1ms", "p99": "9ms"}, "on_crash": "torn_unsynced"},
  "workload": {"model": "kv", "clients": 5, "keys": 5, "arrival": {"think": {"dist": "exponential",
   "mean": "20ms"}}},
  "faults": {
    "script": [
      {"id": "first", "at": "2s", "do": {"isolate": {"target": "leader", "for": {"dist": "uniform",
       "min": "100ms", "max": "1s"}}}},
      {"id": "second", "at": "3s", "do": {"pause": {"target": {"random": 2}, "for": {"dist": "uniform",
       "min": "100ms", "max": "1s"}}}},
      {"id": "third", "at": "4500ms", "do": {"partition": {"groups": "random",
       "for": {"dist": "exponential", "mean": "300ms"}}}}
    ],
    "random": [
      {"id": "crash", "every": {"dist": "exponential", "mean": "1500ms"},
       "do": {"crash": {"target": {"random": 1}, "for": {"dist": "uniform", "min": "50ms",
        "max": "900ms"}}}},
      {"id": "pause", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"pause": {"target": "any", "for": {"dist": "uniform", "min": "20ms", "max": "700ms"}}}},
      {"id": "split", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"partition": {"groups": ["majority", "minority"], "for": {"dist": "uniform", "min": "50ms",
        "max": "600ms"}}}},
      {"every": {"dist": "exponential", "mean": "1200ms"},
       "do": {"partition": {"groups": "bridge", "for": {"dist": "uniform", "min": "50ms",
        "max": "600ms"}}}},
      {"id": "slow", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"disk_fault": {"target": {"random": 1}, "kind": "slow", "for": {"dist": "uniform",
        "min": "50ms", "max": "600ms"}}}},
      {"id": "lost", "every": {"dist": "uniform", "min": "100ms", "max": "2s"},
       "do": {"messages": {"do": "drop", "type": ["AppendEntriesResp"], "count": 5,
        "for": {"dist": "exponential", "mean": "200ms"}}}}
    ]
  },
  "limits": {"time": "7s"}
})";

/// Disks that fail, lie and decay, by themselves and by faults, clocks that stand still and jump, and
/// restarts with other options.
constexpr std::string_view machines_text = R"({
  "format": "raftsim/scenario@1", "name": "streams_of_machines",
  "cluster": {"nodes": 5, "raft": {"snapshot_every": 20, "trailing_entries": 5, "segment_bytes": 2048}},
  "network": {"default": {"latency": {"dist": "exponential", "mean": "2ms", "max": "30ms"}, "loss": 0.01}},
  "disk": {"fsync": {"dist": "uniform", "min": "500us", "max": "3ms"}, "on_crash": "torn_unsynced",
   "dirents": "any_subset", "io_error": 0.0005, "sync_error": 0.0005, "fsync_lies": 0.05,
   "corrupt_read": 0.02, "misdirected_write": 0.01, "bit_rot": 0.2},
  "clock": {"jump": {"every": {"dist": "exponential", "mean": "2s"}, "by": "-300ms"}},
  "workload": {"model": "kv", "clients": 5, "keys": 5, "arrival": {"think": {"dist": "exponential",
   "mean": "20ms"}}},
  "faults": {
    "script": [
      {"id": "options", "at": "1s", "do": {"restart": {"target": {"random": 1}, "raft": {"pre_vote": false,
       "max_inflight_appends": 2}}}},
      {"id": "liar", "at": "2s", "do": {"disk_fault": {"target": {"random": 2}, "kind": "fsync_lies",
       "for": {"dist": "uniform", "min": "100ms", "max": "1s"}}}},
      {"id": "broken", "at": "3s", "do": {"disk_fault": {"target": "leader", "kind": "sync_error",
       "for": {"dist": "uniform", "min": "10ms", "max": "100ms"}}}},
      {"id": "rotten", "at": "4s", "do": {"disk_fault": {"target": "any", "kind": "corrupt_entry"}}},
      {"id": "frozen", "at": "4500ms", "do": {"clock_freeze": {"target": "leader", "for": {"dist": "uniform",
       "min": "100ms", "max": "900ms"}}}},
      {"id": "back", "at": "5s", "do": {"clock_jump": {"target": "any", "by": "-1s"}}}
    ],
    "random": [
      {"id": "crash", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"crash": {"target": {"random": 1}, "for": {"dist": "uniform", "min": "50ms",
        "max": "400ms"}}}},
      {"id": "error", "every": {"dist": "exponential", "mean": "2s"},
       "do": {"disk_fault": {"target": "any", "kind": "io_error", "for": {"dist": "uniform", "min": "5ms",
        "max": "50ms"}}}},
      {"id": "astray", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"disk_fault": {"target": "any", "kind": "misdirected_write"}}},
      {"id": "rot", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"disk_fault": {"target": "any", "kind": "corrupt_entry"}}},
      {"id": "stands", "every": {"dist": "exponential", "mean": "1s"},
       "do": {"clock_freeze": {"target": "any", "for": {"dist": "uniform", "min": "50ms",
        "max": "400ms"}}}}
    ]
  },
  "limits": {"time": "7s"}
})";
constexpr std::string_view texts[] = {scenario_text, machines_text};

/// A fault as its events tell it: whose it is, when it began and until when it was to last. Whom it hit may
/// hang on what went before, and is left out.
struct Firing {
  std::string whose;
  std::int64_t at = 0;
  std::int64_t until = 0;
  friend auto operator<=>(const Firing&, const Firing&) = default;
};

class Recording final : public history::EventLines {
 public:
  void on_event(const history::Event& event, const history::Details& details) override {
    EventLines::on_event(event, details);
    if (event.kind != history::EventKind::fault_begin) return;
    const std::string text(details.text);
    const std::size_t source = text.rfind('(');
    if (source == std::string::npos) return;  // of the disks' and clocks' own models
    const std::string whose = text.substr(source);
    firings.push_back({whose, event.time.ns, event.fault.until_ns});
    first_of.emplace_back(whose, lines.size() - 1);
  }
  std::size_t first_event_of(const std::string& whose) const {
    for (const auto& [name, line] : first_of)
      if (name == whose) return line;
    return lines.size();
  }

  std::vector<Firing> firings;
  std::vector<std::pair<std::string, std::size_t>> first_of;
};

sim::Scenario scenario(std::string_view text) {
  sim::ScenarioResult result = sim::parse_scenario(text, "streams.json");
  BOOST_REQUIRE_MESSAGE(result.scenario.has_value(), sim::render(result.diagnostics));
  return std::move(*result.scenario);
}

std::unique_ptr<Recording> history_of(const sim::Scenario& s, std::uint64_t seed) {
  const std::unique_ptr<System> raft = make_raft_system();
  auto recording = std::make_unique<Recording>();
  RunRequest request;
  request.scenario = &s;
  request.seed = seed;
  request.systems.assign(sim::node_capacity(s), raft.get());
  request.system_name = "raft";
  request.watcher = recording.get();
  request.judging = RunRequest::Judging::none;
  run_one(request, nullptr);
  return recording;
}

/// Faults without a name go by their place in the list, from 1: with one less, those behind it move up.
std::string renamed(std::string text, std::size_t removed) {
  if (text.find("random fault ") == std::string::npos) return text;
  static const std::regex by_place("random fault ([0-9]+)");
  std::smatch found;
  if (!std::regex_search(text, found, by_place)) return text;
  const std::size_t place = std::stoul(found[1]);
  return std::string(found.prefix()) + "random fault " +
         std::to_string(place > removed + 1 ? place - 1 : place) + std::string(found.suffix());
}
/// A line of a history but for the fault's place in the file, which is no happening.
std::string happening(std::string line) {
  const std::size_t at = line.find(",\"position\":");
  if (line.find("\"k\":\"fault_") == std::string::npos || at == std::string::npos) return line;
  return line.erase(at, line.find(',', at + 1) - at);
}

std::vector<Firing> others(const std::vector<Firing>& all, const std::string& whose) {
  std::vector<Firing> result;
  std::copy_if(all.begin(), all.end(), std::back_inserter(result),
               [&](const Firing& f) { return f.whose != whose; });
  return result;
}

std::string words(const std::vector<Firing>& firings) {
  std::string text;
  for (const Firing& f : firings)
    text += f.whose + " " + std::to_string(f.at) + " " + std::to_string(f.until) + "\n";
  return text;
}

constexpr std::uint64_t seeds[] = {1, 2, 3, 4};

BOOST_DATA_TEST_CASE(
    without_a_random_fault_all_is_the_same_until_it_first_struck_and_the_others_keep_their_draws,
    boost::unit_test::data::make(texts), text) {
  const sim::Scenario whole = scenario(text);
  for (const std::uint64_t seed : seeds) {
    const auto whole_history = history_of(whole, seed);
    const Recording& all = *whole_history;
    BOOST_TEST(all.lines.size() > 1'000u);
    for (std::size_t removed = 0; removed < whole.faults.random.size(); ++removed) {
      const std::string& id = whole.faults.random[removed].id;
      const std::string whose =
          id.empty() ? "(random fault " + std::to_string(removed + 1) + ")" : "(random fault \"" + id + "\")";
      const std::size_t first = all.first_event_of(whose);
      BOOST_TEST_REQUIRE(first < all.lines.size(), whose << " never struck");
      sim::Scenario less = whole;
      less.faults.random.erase(less.faults.random.begin() + static_cast<std::ptrdiff_t>(removed));
      const auto less_history = history_of(less, seed);
      const Recording& without = *less_history;
      BOOST_TEST_REQUIRE(without.lines.size() > first);
      for (std::size_t i = 0; i < first; ++i)
        BOOST_TEST_REQUIRE(happening(without.lines[i]) == happening(renamed(all.lines[i], removed)),
                           whose << " seed " << seed);
      BOOST_TEST(happening(without.lines[first]) != happening(all.lines[first]));

      std::vector<Firing> expected = others(all.firings, whose);
      for (Firing& f : expected) f.whose = renamed(f.whose, removed);
      BOOST_TEST(words(without.firings) == words(expected), whose << " seed " << seed);
    }
  }
}

BOOST_DATA_TEST_CASE(without_a_step_of_the_script_too, boost::unit_test::data::make(texts), text) {
  const sim::Scenario whole = scenario(text);
  for (const std::uint64_t seed : seeds) {
    const auto whole_history = history_of(whole, seed);
    const Recording& all = *whole_history;
    for (std::size_t removed = 0; removed < whole.faults.script.size(); ++removed) {
      const std::string whose = "(step \"" + whole.faults.script[removed].id + "\")";
      // The step fires in the event before its fault begins.
      const std::size_t first = all.first_event_of(whose) - 1;
      BOOST_TEST_REQUIRE(first < all.lines.size(), whose << " never struck");
      sim::Scenario less = whole;
      less.faults.script.erase(less.faults.script.begin() + static_cast<std::ptrdiff_t>(removed));
      const auto less_history = history_of(less, seed);
      const Recording& without = *less_history;
      for (std::size_t i = 0; i < first; ++i)
        BOOST_TEST_REQUIRE(without.lines[i] == all.lines[i], whose << " seed " << seed);
      BOOST_TEST(without.lines[first] != all.lines[first]);
      BOOST_TEST(words(without.firings) == words(others(all.firings, whose)), whose << " seed " << seed);
    }
  }
}

/// What swarm.json draws for a seed: any fault of the language may be among it. Faults are not kept from a
/// majority, as then it would hang on the others which of them strike.
std::optional<sim::Scenario> drawn(std::uint64_t seed) {
  const sim::ScenarioResult loaded = sim::load_scenario(RAFTSIM_SOURCE_DIR "/scenarios/swarm.json", {});
  BOOST_REQUIRE(loaded.swarm != nullptr);
  sim::DrawnScenario draw = loaded.swarm->draw(seed);
  BOOST_REQUIRE(draw.scenario.has_value());
  draw.scenario->faults.keep_quorum = false;
  draw.scenario->limits.time = seconds(4);
  draw.scenario->faults.quiet_after.reset();
  return std::move(draw.scenario);
}

BOOST_AUTO_TEST_CASE(of_what_the_swarm_draws_too) {
  std::set<std::string> struck;
  std::size_t firings = 0, passed = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const std::optional<sim::Scenario> whole = drawn(seed);
    const auto whole_history = history_of(*whole, seed);
    const Recording& all = *whole_history;
    for (std::size_t removed = 0; removed < whole->faults.random.size(); ++removed) {
      const std::string whose = "(random fault \"" + whole->faults.random[removed].id + "\")";
      const std::size_t first = all.first_event_of(whose);
      if (first < all.lines.size()) struck.insert(whose);
      sim::Scenario less = *whole;
      less.faults.random.erase(less.faults.random.begin() + static_cast<std::ptrdiff_t>(removed));
      const auto less_history = history_of(less, seed);
      const Recording& without = *less_history;
      BOOST_TEST_REQUIRE(without.lines.size() >= first);
      for (std::size_t i = 0; i < first; ++i)
        BOOST_TEST_REQUIRE(happening(without.lines[i]) == happening(all.lines[i]), whose << " seed " << seed);
      // A role that nobody held, or a target that is down, lets a firing pass; the next keep their times.
      std::vector<Firing> before = others(all.firings, whose), after = without.firings, gone, come;
      std::ranges::sort(before);
      std::ranges::sort(after);
      std::ranges::set_difference(before, after, std::back_inserter(gone));
      std::ranges::set_difference(after, before, std::back_inserter(come));
      for (const Firing& f : gone)
        BOOST_TEST(
            std::ranges::none_of(come, [&f](const Firing& g) { return g.whose == f.whose && g.at == f.at; }),
            whose << " seed " << seed << ":\n"
                  << words({f}));
      firings += before.size();
      passed += gone.size();
    }
  }
  BOOST_TEST(struck.size() > 20u);
  BOOST_TEST(firings > 500u);
  BOOST_TEST(passed < firings / 50);
}

}  // namespace
}  // namespace raftsim::search
