// Logs that start behind a snapshot, configurations, leases: what inspect() shows of them becomes events.
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "sim/view_diff.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::EventKind;
using history::SnapshotAction;

namespace {

/// A process that is what the test makes it.
class Shown final : public Process {
 public:
  void step(const Input&, Effects&) override {}
  void inspect(View& out) const override {
    out = View{};
    out.shows = Shows::everything;
    out.term = Term{1};
    out.first = first;
    out.last = first + log.size() - 1;
    out.commit = commit;
    out.applied = applied;
    out.configuration = &configuration;
    out.snapshot = snapshot;
    out.snapshot_configuration = snapshot ? &configuration : nullptr;
    out.lease_end = lease_end;
    out.uncommitted_bytes = uncommitted;
  }
  EntryView entry(Index i) const override { return log.at(i - first); }

  Index first{1};
  std::vector<EntryView> log;
  Index commit, applied;
  Configuration configuration{{NodeId{1}}, {}, {}};
  std::optional<SnapshotView> snapshot;
  std::optional<Instant> lease_end;
  std::uint64_t uncommitted = 0;

  void push(std::uint64_t hash, EntryKind kind = EntryKind::command) { log.push_back({Term{1}, kind, hash}); }
  /// Entries before `to` go.
  void compact(std::uint64_t to) {
    log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(to - first.value));
    first = Index{to};
  }
  void apply_all() { commit = applied = first + log.size() - 1; }
};

struct Bench {
  Shown process;
  Effects effects;
  history::Journal journal;
  Witness seen;
  sim::Chronicle chronicle{journal, nullptr};
  sim::ViewDiff diff{NodeId{1}, 3};
  sim::ViewDiff other{NodeId{2}, 3};

  Bench() {
    journal.subscribe(seen);
    diff.recovered();
    other.recovered();
  }
  void compare(MessageType started_by = MessageType::unknown) {
    chronicle.begin_step();
    diff.compare(process, effects, chronicle, started_by);
  }
  void compare(sim::ViewDiff& with, Shown& shown, MessageType started_by) {
    chronicle.begin_step();
    with.compare(shown, effects, chronicle, started_by);
  }
  std::uint64_t chain_at(std::uint64_t index) const {
    for (const Kept& k : seen.of(EventKind::append, 1))
      if (k.event.append.index == Index{index}) return k.event.append.chain;
    return 0;
  }
  SnapshotAction last_action() const {
    return static_cast<SnapshotAction>(seen.of(EventKind::snapshot).back().event.snapshot.action);
  }
};

/// Ten entries, committed and applied.
struct Ten : Bench {
  Ten() {
    for (std::uint64_t i = 1; i <= 10; ++i) process.push(i);
    process.apply_all();
    compare();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_snapshot_of_its_own_is_taken_and_its_log_compacted, Ten) {
  process.snapshot = SnapshotView{Index{6}, Term{1}, 66};
  process.compact(5);
  compare();
  BOOST_TEST((last_action() == SnapshotAction::taken));
  BOOST_TEST(seen.of(EventKind::snapshot).back().configuration.has_value());
  const auto compact = seen.of(EventKind::compact).back().event.truncate;
  BOOST_TEST(compact.from == Index{5});
  BOOST_TEST(compact.chain == chain_at(4));
  const auto before = seen.count(EventKind::append);
  process.push(11);
  for (int i = 0; i < 100; ++i) compare();  // audits of a log that starts at 5 among them
  BOOST_TEST(seen.count(EventKind::append) == before + 1);
  BOOST_TEST(seen.count(EventKind::truncate) == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_installed_snapshot_goes_on_with_the_chain_of_what_was_committed, Ten) {
  Shown follower;
  follower.push(99);  // of another log
  follower.push(98);
  compare(other, follower, MessageType::append_entries);
  follower.log.clear();
  follower.first = Index{9};
  follower.snapshot = SnapshotView{Index{8}, Term{1}, 88};
  follower.commit = follower.applied = Index{8};
  follower.push(9);
  compare(other, follower, MessageType::install_snapshot);
  BOOST_TEST((last_action() == SnapshotAction::installed));
  const Kept last = seen.of(EventKind::append, 2).back();
  BOOST_TEST(last.event.append.index == Index{9});
  BOOST_TEST(last.event.append.chain == chain_at(9));
}

BOOST_FIXTURE_TEST_CASE(an_installed_snapshot_keeps_what_followed_its_last_entry, Ten) {
  Shown follower;
  for (std::uint64_t i = 1; i <= 10; ++i) follower.push(i);
  compare(other, follower, MessageType::append_entries);
  follower.compact(8);
  follower.snapshot = SnapshotView{Index{7}, Term{1}, 77};
  follower.commit = follower.applied = Index{7};
  compare(other, follower, MessageType::install_snapshot);
  BOOST_TEST((last_action() == SnapshotAction::installed));
  BOOST_TEST(seen.count(EventKind::truncate) == 0u);
  BOOST_TEST(seen.of(EventKind::append, 2).size() == 10u);
}

/// The last piece came in an earlier step: it is a disk's answer that completes the installation.
BOOST_FIXTURE_TEST_CASE(a_snapshot_that_moves_the_state_on_was_installed_whatever_the_log_holds, Bench) {
  for (std::uint64_t i = 1; i <= 10; ++i) process.push(i);
  process.commit = Index{10};
  process.applied = Index{6};
  compare();
  process.snapshot = SnapshotView{Index{8}, Term{1}, 88};
  process.applied = Index{9};
  process.compact(5);
  effects.list.emplace_back(Applied{Index{9}, Term{1}});
  compare();
  BOOST_TEST((last_action() == SnapshotAction::installed));
  BOOST_TEST(seen.count(EventKind::truncate) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_of_what_the_same_step_applied_was_taken, Bench) {
  for (std::uint64_t i = 1; i <= 10; ++i) process.push(i);
  process.commit = Index{10};
  process.applied = Index{6};
  compare();
  process.snapshot = SnapshotView{Index{8}, Term{1}, 88};
  process.applied = Index{9};
  for (std::uint64_t i = 7; i <= 9; ++i) effects.list.emplace_back(Applied{Index{i}, Term{1}});
  compare();
  BOOST_TEST((last_action() == SnapshotAction::taken));
}

BOOST_FIXTURE_TEST_CASE(a_log_recovered_behind_a_snapshot_has_the_chain_that_it_had, Ten) {
  process.snapshot = SnapshotView{Index{6}, Term{1}, 66};
  diff.boot();
  process.compact(7);
  compare();
  BOOST_TEST((last_action() == SnapshotAction::recovered));
  BOOST_TEST(seen.of(EventKind::compact).back().event.truncate.chain == chain_at(6));
  BOOST_TEST(seen.of(EventKind::append).back().event.append.chain == chain_at(10));
}

BOOST_FIXTURE_TEST_CASE(a_chain_that_nobody_knows_is_told_as_unknown, Bench) {
  process.first = Index{50};
  process.snapshot = SnapshotView{Index{49}, Term{1}, 1};
  process.push(50);
  compare(MessageType::install_snapshot);
  BOOST_TEST(seen.of(EventKind::compact).back().event.truncate.chain == 0u);
  BOOST_TEST(seen.of(EventKind::append).back().event.append.chain == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_configuration_is_told_with_its_entry_and_rolls_back_with_it, Ten) {
  BOOST_TEST(seen.of(EventKind::config).back().event.config.index == Index{0});
  process.push(77, EntryKind::configuration);
  compare();
  auto told = seen.of(EventKind::config).back().event.config;
  BOOST_TEST(told.index == Index{11});  // although it acts by the one before
  BOOST_TEST(told.commit == Index{10});
  process.push(78, EntryKind::configuration);
  process.configuration.voters.push_back(NodeId{2});
  compare();
  told = seen.of(EventKind::config).back().event.config;
  BOOST_TEST(told.index == Index{12});
  BOOST_TEST(told.previous == Index{11});
  process.log.resize(10);
  compare();
  BOOST_TEST(seen.of(EventKind::config).back().event.config.index == Index{0});
  BOOST_TEST(seen.count(EventKind::config) == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_lease_is_told_in_global_time_and_not_at_each_extension, Bench) {
  const sim::NodeClock clock({milliseconds(1'000), 0});
  diff.tell_leases(clock, milliseconds(10));
  process.lease_end = ms(1'100);
  compare();
  BOOST_TEST(seen.of(EventKind::lease).back().event.lease.until_ns == 100'000'000);
  process.lease_end = ms(1'105);
  compare();
  BOOST_TEST(seen.count(EventKind::lease) == 1u);
  process.lease_end = ms(1'110);
  compare();
  BOOST_TEST(seen.count(EventKind::lease) == 2u);
  process.lease_end.reset();
  compare();
  BOOST_TEST(seen.of(EventKind::lease).back().event.lease.until_ns == 0);
}

BOOST_FIXTURE_TEST_CASE(load_is_told_when_it_doubles_and_when_it_passes_the_limit, Bench) {
  diff.tell_load_above(5'000);
  for (const std::uint64_t bytes : {100u, 1'500u, 1'600u, 4'500u, 5'001u, 6'000u, 9'000u}) {
    process.uncommitted = bytes;
    compare();
  }
  std::vector<std::uint64_t> told;
  for (const Kept& k : seen.of(EventKind::load)) told.push_back(k.event.load.uncommitted_bytes);
  const std::vector<std::uint64_t> expected{1'500, 4'500, 5'001, 9'000};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
}
