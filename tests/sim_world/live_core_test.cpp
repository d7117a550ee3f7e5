// Who is well in the quiet phase, when not everybody is: `heal: core` and `heal: drawn`.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include <fmt/format.h>

#include "../print.hpp"
#include "sim/scenario_values.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::EventKind;
using history::FaultClass;

namespace {

constexpr std::uint64_t servers = 5;

/// Five servers that send to all others every 20 ms; quiet after 500 ms; they neither ask before they
/// campaign nor check their quorum.
sim::Scenario scenario(sim::Healed heal) {
  sim::Scenario s = quiet_scenario();
  s.nodes = servers;
  s.options.pre_vote = s.options.check_quorum = false;
  s.faults.quiet_after = milliseconds(500);
  s.faults.heal = heal;
  return s;
}

void talk(ToyProcess& p, const Input& input, Effects& out) {
  out.wake_at = Instant{(input.now.ns / 20'000'000 + 1) * 20'000'000};
  if (!std::holds_alternative<Wake>(input.what)) return;
  for (std::uint64_t to = 1; to <= servers; ++to)
    if (NodeId{to} != p.self) p.send(out, to, "a1");
}

/// As the quiet phase's event and the messages after it tell.
struct Quiet {
  explicit Quiet(const Run& run) {
    for (const Kept& k : run.seen.of(EventKind::phase)) {
      if (static_cast<history::Phase>(k.event.world.what) != history::Phase::quiet) continue;
      live.insert(k.nodes.begin(), k.nodes.end());
      what = static_cast<history::Quiet>(k.event.world.number);
      text = k.text;
    }
    for (const Kept& k : run.seen.of(EventKind::recv))
      if (k.event.time > ms(510)) heard.insert({NodeId{k.event.message.peer.raw}, k.event.node.as_node()});
    std::set<NodeId> running;
    for (const Kept& k : run.seen.all) {
      if (k.event.kind == EventKind::boot) running.insert(k.event.node.as_node());
      if (k.event.kind == EventKind::crash) running.erase(k.event.node.as_node());
    }
    up = running;
  }
  bool linked(NodeId a, NodeId b) const { return heard.contains({a, b}) && heard.contains({b, a}); }
  bool apart(NodeId a, NodeId b) const { return !heard.contains({a, b}) && !heard.contains({b, a}); }

  std::set<NodeId> live, up;
  std::set<std::pair<NodeId, NodeId>> heard;
  history::Quiet what{};
  std::string text;
};

sim::DecisionSource seed(std::uint64_t n) { return sim::from_seed(n); }

}  // namespace

BOOST_AUTO_TEST_SUITE(live_core)

BOOST_AUTO_TEST_CASE(a_quorum_is_healed_and_all_others_are_cut_off) {
  sim::Scenario s = scenario(sim::Healed::core);
  s.network.nodes.loss = *sim::ratio_from("0.3").value;
  s.faults.script.push_back(at(100, sim::Crash{nodes({1, 2}), std::nullopt}));
  s.faults.script.push_back(at(200, sim::Partition{sim::PartitionShape::halves, false, std::nullopt}));
  std::set<std::set<NodeId>> cores;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const Run run(s, talk, seed(n));
    const Quiet quiet(run);
    cores.insert(quiet.live);
    BOOST_TEST((quiet.what == history::Quiet::live_core));
    BOOST_TEST(quiet.live.size() == 3u);
    for (NodeId a : quiet.live) {
      BOOST_TEST(quiet.up.contains(a));
      for (std::uint64_t b = 1; b <= servers; ++b) {
        if (NodeId{b} == a) continue;
        BOOST_TEST((quiet.live.contains(NodeId{b}) ? quiet.linked(a, NodeId{b}) : quiet.apart(a, NodeId{b})));
      }
    }
    for (NodeId down : {NodeId{1}, NodeId{2}})
      BOOST_TEST(quiet.up.contains(down) == quiet.live.contains(down));
    for (const Kept& k : run.seen.of(EventKind::drop)) {
      const bool late = k.event.time > ms(510) && k.event.message.reason == history::DropReason::loss;
      BOOST_TEST(!late);
    }
    const history::FaultCount isolated = run.fault(FaultClass::isolate);
    BOOST_TEST((isolated.configured == 1 && isolated.fired == 1));
    // Cuts around servers that are down harm nobody.
    BOOST_TEST((isolated.effective == 1) == (quiet.up.size() > quiet.live.size()));
  }
  BOOST_TEST(cores.size() >= 5u);
}

BOOST_AUTO_TEST_CASE(each_other_server_is_drawn_to_be_healed_or_cut_off) {
  std::set<std::size_t> sizes;
  for (std::uint64_t n = 1; n <= 30; ++n) {
    const Quiet quiet(Run(scenario(sim::Healed::drawn), talk, seed(n)));
    sizes.insert(quiet.live.size());
    for (std::uint64_t a = 1; a <= servers; ++a)
      for (std::uint64_t b = 1; b < a; ++b) {
        const bool both = quiet.live.contains(NodeId{a}) && quiet.live.contains(NodeId{b});
        const bool one = quiet.live.contains(NodeId{a}) != quiet.live.contains(NodeId{b});
        if (both) BOOST_TEST(quiet.linked(NodeId{a}, NodeId{b}));
        if (one) BOOST_TEST(quiet.apart(NodeId{a}, NodeId{b}), quiet.text);
      }
  }
  BOOST_TEST((sizes == std::set<std::size_t>{3, 4, 5}));
}

BOOST_AUTO_TEST_CASE(servers_that_protect_themselves_may_be_linked_in_part) {
  std::size_t partly = 0;
  for (std::uint64_t n = 1; n <= 30; ++n) {
    sim::Scenario s = scenario(sim::Healed::drawn);
    s.options.pre_vote = s.options.check_quorum = true;
    const Quiet quiet(Run(s, talk, seed(n)));
    const bool told = quiet.text.find("linked in part") != std::string::npos;
    std::size_t one_way = 0;
    for (NodeId a : quiet.live)
      for (std::uint64_t b = 1; b <= servers; ++b)
        if (!quiet.live.contains(NodeId{b}))
          one_way += quiet.heard.contains({a, NodeId{b}}) != quiet.heard.contains({NodeId{b}, a}) ? 1u : 0u;
    if (one_way > 0) BOOST_TEST(told, quiet.text);
    partly += one_way > 0 ? 1u : 0u;
    for (NodeId a : quiet.live)
      for (NodeId b : quiet.live)
        if (a != b) BOOST_TEST(quiet.linked(a, b));
    // One server that does not is enough to forbid it.
    s.overrides[NodeId{3}].options = s.options;
    s.overrides[NodeId{3}].options->pre_vote = false;
    BOOST_TEST(Quiet(Run(s, talk, seed(n))).text.find("linked in part") == std::string::npos);
  }
  BOOST_TEST(partly >= 5u);
}

BOOST_AUTO_TEST_CASE(the_core_is_a_quorum_of_what_its_servers_act_by_too) {
  // n5 acts by a joint configuration that nobody knows to be committed: one half is n4 and n5.
  const auto changing = [](ToyProcess& p, const Input& input, Effects& out) {
    talk(p, input, out);
    if (p.self != NodeId{5} || !p.log.empty()) return;
    p.log.push_back({Term{1}, EntryKind::configuration, 7});
    p.configuration = Configuration{{NodeId{4}, NodeId{5}}, {}, {}};
    for (std::uint64_t n = 1; n <= servers; ++n) p.configuration->voters_outgoing.push_back(NodeId{n});
  };
  std::size_t with_n5 = 0;
  for (std::uint64_t n = 1; n <= 30; ++n) {
    const Quiet quiet(Run(scenario(sim::Healed::core), changing, seed(n)));
    if (!quiet.live.contains(NodeId{5})) continue;
    ++with_n5;
    BOOST_TEST(quiet.live.contains(NodeId{4}), quiet.text);
  }
  BOOST_TEST(with_n5 >= 5u);
}

namespace {

/// Writes one entry and a snapshot of it at its first start; from its second start on it says `at_restart`.
struct Keeper {
  bool notes_recovery = false;
  std::vector<NoteKind> at_restart;

  void operator()(ToyProcess& p, const Input& input, Effects& out) const {
    const auto* start = std::get_if<Start>(&input.what);
    if (start == nullptr) return;
    if (start->boot != Boot::fresh) {
      p.list(out);
      for (const NoteKind kind : at_restart) out.list.emplace_back(Note{kind, 1, 1});
      return;
    }
    if (notes_recovery) out.list.emplace_back(Note{NoteKind::recovered, 0, 0});
    store(p, out, "log", EntriesLabel{.first = Index{1}, .last = Index{1}, .last_term = Term{1}, .chain = 7});
    store(p, out, "snapshot",
          SnapshotLabel{.index = Index{1}, .term = Term{1}, .state_hash = 7, .configuration = {}});
    ask(p, out, DiskAction::sync_directory, "");
  }

 private:
  static DiskRequest& ask(ToyProcess& p, Effects& out, DiskAction action, std::string_view file) {
    DiskRequest request;
    request.op = DiskOp{++p.ops};
    request.action = action;
    request.file = out.put(file);
    return std::get<DiskRequest>(out.list.emplace_back(request));
  }
  static void store(ToyProcess& p, Effects& out, std::string_view file, const Label& label) {
    DiskRequest& write = ask(p, out, DiskAction::write, file);
    write.bytes = out.put(std::string(512, 'x'));
    write.label_first = static_cast<std::uint32_t>(out.labels.size());
    write.label_count = 1;
    out.labels.push_back(label);
    ask(p, out, DiskAction::sync, file);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(
    a_server_that_lost_a_copy_of_what_it_holds_is_whole_once_it_read_that_and_says_no_other) {
  using enum NoteKind;
  const std::pair<Keeper, bool> cases[] = {
      {{.notes_recovery = false, .at_restart = {}}, true},
      {{.notes_recovery = true, .at_restart = {recovered}}, true},
      {{.notes_recovery = true, .at_restart = {}}, false},
      {{.notes_recovery = true, .at_restart = {damage_found, recovered}}, false},
      {{.notes_recovery = false, .at_restart = {damage_found}}, false},
      {{.notes_recovery = true, .at_restart = {damage_found, doubt_ended, recovered}}, false},
  };
  for (const auto& [keeper, whole] : cases) {
    sim::Scenario s = scenario(sim::Healed::core);
    s.disk.protect_quorum = false;
    s.disk.bit_rot = sim::Ratio{0, true};
    s.faults.script = {at(100, sim::Crash{nodes({1, 2, 3}), lasting(10)})};
    const Run run(s, keeper);
    BOOST_TEST(run.fault(FaultClass::disk_rot).fired == 3u);
    const Quiet quiet(run);
    BOOST_TEST((quiet.what == (whole ? history::Quiet::live_core : history::Quiet::no_core)), quiet.text);
    // Nobody is believed who lost nothing.
    s.disk.bit_rot = sim::Ratio{};
    BOOST_TEST((Quiet(Run(s, keeper)).what == history::Quiet::live_core));
  }
}

BOOST_AUTO_TEST_CASE(with_heal_all_the_phase_tells_of_no_core) {
  const Quiet quiet(Run(scenario(sim::Healed::all), talk, seed(1)));
  BOOST_TEST((quiet.what == history::Quiet::all));
  BOOST_TEST(quiet.live.empty());
  BOOST_TEST(quiet.heard.size() == servers * (servers - 1));
}

/// What a heal of a core says, and who heard whom and ran between it and the time given.
struct Healing {
  Healing(const Run& run, Instant until) {
    Instant healed;
    for (const Kept& k : run.seen.of(EventKind::fault_begin)) {
      if (k.event.fault.fault_class != static_cast<std::uint8_t>(FaultClass::heal) || !text.empty()) continue;
      text = k.text;
      healed = k.event.time;
    }
    for (const Kept& k : run.seen.all) {
      if (k.event.time > until) break;
      if (k.event.kind == EventKind::boot) up.insert(k.event.node.as_node());
      if (k.event.kind == EventKind::crash) up.erase(k.event.node.as_node());
      if (k.event.kind == EventKind::recv && k.event.time > healed + milliseconds(10))
        heard.insert({NodeId{k.event.message.peer.raw}, k.event.node.as_node()});
    }
  }
  /// Those that are linked with so many others, both ways.
  std::set<NodeId> linked_with(std::size_t others) const {
    std::map<NodeId, std::size_t> links;
    for (const auto& [a, b] : heard) links[a] += heard.contains({b, a}) ? 1u : 0u;
    std::set<NodeId> nodes;
    for (const auto& [node, count] : links)
      if (count == others) nodes.insert(node);
    return nodes;
  }

  std::string text;
  std::set<NodeId> up;
  std::set<std::pair<NodeId, NodeId>> heard;
};

sim::Step heal(std::int64_t ms, sim::Healed who, bool restart_all) {
  sim::Heal heal;
  heal.who = who;
  heal.restart_all = restart_all;
  return at(ms, heal);
}

BOOST_AUTO_TEST_CASE(a_heal_of_a_core_isolates_all_others_until_the_next_heal) {
  sim::Scenario s = scenario(sim::Healed::all);
  s.faults.quiet_after.reset();
  s.faults.script.push_back(at(100, sim::Crash{nodes({5}), std::nullopt}));
  s.faults.script.push_back(at(100, sim::Partition{sim::PartitionShape::halves, false, std::nullopt}));
  s.faults.script.push_back(heal(300, sim::Healed::core, false));
  s.faults.script.push_back(heal(600, sim::Healed::all, false));
  std::set<std::set<NodeId>> cores;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const Run run(s, talk, seed(n));
    const Healing healing(run, ms(600));
    const std::set<NodeId> core = healing.linked_with(2);
    cores.insert(core);
    BOOST_TEST(core.size() == 3u, healing.text);
    BOOST_TEST(!core.contains(NodeId{5}));
    BOOST_TEST(!healing.up.contains(NodeId{5}));
    BOOST_TEST(healing.heard.size() == 6u, "the core alone hears anybody");
    BOOST_TEST(healing.text.starts_with("heal: live core n"), healing.text);
    BOOST_TEST(healing.text.ends_with("cut off (step 3)"), healing.text);
    std::size_t later = 0;
    for (const Kept& k : run.seen.of(EventKind::recv)) later += k.event.time > ms(610) ? 1u : 0u;
    BOOST_TEST(later == 19u * 4 * 3, "after the heal of all, four talk to each other every 20 ms");
    const history::FaultCount isolated = run.fault(FaultClass::isolate);
    BOOST_TEST((isolated.configured == 1 && isolated.fired == 1 && isolated.effective == 1));
    BOOST_TEST(run.fault(FaultClass::heal).effective == 2u);
  }
  BOOST_TEST(cores.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_heal_of_a_core_starts_those_of_it_that_are_down_if_asked) {
  sim::Scenario s = scenario(sim::Healed::all);
  s.faults.quiet_after.reset();
  s.faults.script.push_back(at(100, sim::Crash{nodes({1, 2, 3}), std::nullopt}));
  s.faults.script.push_back(heal(300, sim::Healed::core, true));
  std::size_t down = 0;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const Healing healing(Run(s, talk, seed(n)), ms(900));
    const std::set<NodeId> core = healing.linked_with(2);
    BOOST_TEST(core.size() == 3u, healing.text);
    for (std::uint64_t b = 1; b <= 3; ++b)
      BOOST_TEST(healing.up.contains(NodeId{b}) == core.contains(NodeId{b}), healing.text);
    down += 5 - healing.up.size();
  }
  BOOST_TEST(down >= 5u);
}

BOOST_AUTO_TEST_CASE(who_is_healed_in_part_is_started_too) {
  sim::Scenario s = scenario(sim::Healed::all);
  s.options.pre_vote = s.options.check_quorum = true;
  s.faults.quiet_after.reset();
  s.faults.script.push_back(at(100, sim::Crash{nodes({1, 2, 3, 4, 5}), std::nullopt}));
  s.faults.script.push_back(heal(300, sim::Healed::drawn, true));
  std::size_t in_part = 0;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const Healing healing(Run(s, talk, seed(n)), ms(900));
    // `...; n1, n4 linked in part (step 2)`
    const std::size_t end = healing.text.find(" linked in part");
    if (end == std::string::npos) continue;
    const std::string named = healing.text.substr(0, end);
    const std::string names = named.substr(named.rfind("; ") + 2);
    for (std::uint64_t b = 1; b <= 5; ++b) {
      if (names.find(fmt::format("n{}", b)) == std::string::npos) continue;
      ++in_part;
      BOOST_TEST(healing.up.contains(NodeId{b}), healing.text);
    }
  }
  BOOST_TEST(in_part >= 5u);
}

BOOST_AUTO_TEST_CASE(where_no_core_runs_a_heal_is_of_everybody) {
  sim::Scenario s = scenario(sim::Healed::all);
  s.faults.quiet_after.reset();
  s.faults.script.push_back(at(100, sim::Crash{nodes({1, 2, 3}), std::nullopt}));
  s.faults.script.push_back(at(100, sim::Isolate{nodes({4}), sim::Direction::both, false, std::nullopt}));
  s.faults.script.push_back(heal(300, sim::Healed::drawn, false));
  const Healing healing(Run(s, talk, seed(1)), ms(900));
  BOOST_TEST(healing.text == "heal: no live core: only 2 of 5 voters run and are undamaged (step 3)");
  BOOST_TEST((healing.linked_with(1) == std::set<NodeId>{NodeId{4}, NodeId{5}}));
}

BOOST_AUTO_TEST_SUITE_END()
