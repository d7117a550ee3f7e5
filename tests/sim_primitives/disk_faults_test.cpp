// What a disk that fails does, and what decays on it: each rule of disk.hpp, one at a time.
#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/print.hpp"
#include "tests/sim_primitives/faulty_disk.hpp"

using namespace raftsim;
using namespace raftsim::sim;

BOOST_FIXTURE_TEST_SUITE(disk_faults, FaultyDisk)

BOOST_AUTO_TEST_CASE(with_io_errors_everything_fails_and_a_write_may_have_written_its_first_sectors) {
  store("a", 0, "old");
  disk.begin(DiskFaultKind::io_error);
  BOOST_CHECK(act(DiskAction::sync, "a") == DiskStatus::io_error);
  BOOST_CHECK(act(DiskAction::read, "a") == DiskStatus::io_error);
  BOOST_CHECK(act(DiskAction::list) == DiskStatus::io_error);
  bool whole = false;
  bool part = false;
  bool nothing = false;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "f" + std::to_string(i);
    write(name, 0, std::string(1'024, 'n'));
    BOOST_CHECK(complete(last()).status == DiskStatus::io_error);
    const std::string found = content(name);
    whole |= found.size() == 1'024;
    part |= found.size() == 512;
    nothing |= found == "(none)";
  }
  BOOST_TEST(whole);
  BOOST_TEST(part);
  BOOST_TEST(nothing);
  disk.end(DiskFaultKind::io_error);
  BOOST_CHECK(act(DiskAction::read, "a") == DiskStatus::ok);
  BOOST_TEST(disk.hits(DiskFaultKind::io_error) == 43u);
}

// The system has marked the pages clean: they are read until the process stops, no later sync finds them.
BOOST_AUTO_TEST_CASE(what_a_failed_sync_was_to_keep_is_read_until_the_process_stops_and_never_durable) {
  store("a", 0, "old-old-old-");
  write("a", 4, "new-");
  complete(last());
  disk.begin(DiskFaultKind::sync_error);
  BOOST_CHECK(act(DiskAction::sync, "a") == DiskStatus::io_error);
  disk.end(DiskFaultKind::sync_error);
  BOOST_TEST(content("a") == "old-new-old-");
  write("a", 8, "yes-");
  complete(last());
  BOOST_CHECK(act(DiskAction::sync, "a") == DiskStatus::ok);
  BOOST_TEST(content("a") == "old-new-yes-");
  const Files image = disk.strictest_image();
  BOOST_TEST(std::string(reinterpret_cast<const char*>(image.at("a").data()), 12) == "old-old-yes-");
  write("a", 0, "end-");
  complete(last());
  disk.process_stopped();
  BOOST_TEST(content("a") == "end-old-yes-");
}

BOOST_AUTO_TEST_CASE(a_label_that_waited_for_a_failed_sync_is_never_durable) {
  write("a", 0, "x", {HardStateLabel{Term{1}, NodeId{1}}});
  complete(last());
  act(DiskAction::sync_directory);
  disk.begin(DiskFaultKind::sync_error);
  act(DiskAction::sync, "a");
  disk.end(DiskFaultKind::sync_error);
  DiskRequest r;
  r.action = DiskAction::sync;
  issue(r, "a");
  BOOST_TEST(complete(last()).durable.empty());
}

// What was written and not synced is read back by the next incarnation, and a power loss still takes it.
BOOST_AUTO_TEST_CASE(a_process_that_stops_leaves_what_it_wrote_no_more_durable_than_it_was) {
  store("a", 0, "old");
  write("a", 0, "new");
  disk.process_stopped();
  BOOST_TEST(content("a") == "new");
  BOOST_CHECK(disk.strictest_image().at("a").at(0) == std::byte{'o'});
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_only_what_needs_space_fails) {
  store("a", 0, "old");
  disk.begin(DiskFaultKind::full);
  write("a", 0, "new");
  BOOST_CHECK(complete(last()).status == DiskStatus::ok);
  BOOST_CHECK(act(DiskAction::sync, "a") == DiskStatus::ok);
  write("a", 0, "longer");
  BOOST_CHECK(complete(last()).status == DiskStatus::full);
  write("b", 0, "file");
  BOOST_CHECK(complete(last()).status == DiskStatus::full);
  disk.end(DiskFaultKind::full);
  write("b", 0, "file");
  BOOST_CHECK(complete(last()).status == DiskStatus::ok);
}

BOOST_AUTO_TEST_CASE(only_what_a_later_durable_write_vouches_for_decays) {
  BOOST_TEST(!disk.draw_rot(DiskFaultKind::corrupt_entry, choices).has_value());
  store_entry(1);
  BOOST_TEST(!disk.draw_rot(DiskFaultKind::corrupt_entry, choices).has_value());
  // Issued before anything said that the first was durable.
  write("log", 512, "entry",
        {EntriesLabel{.first = Index{2}, .last = Index{2}, .last_term = Term{1}, .chain = 2}});
  BOOST_TEST(!disk.draw_rot(DiskFaultKind::corrupt_entry, choices).has_value());
  act(DiskAction::sync, "log");
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_entry, choices);
  BOOST_REQUIRE(rot.has_value());
  BOOST_TEST(rot->first == Index{1});
  BOOST_TEST(disk.held().last == Index{2});
}

BOOST_AUTO_TEST_CASE(a_decay_is_one_bit_and_takes_all_entries_behind_it_until_they_are_written_again) {
  for (std::uint64_t i = 1; i <= 4; ++i) store_entry(i);
  const Files before = disk.contents();
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_entry, choices);
  BOOST_REQUIRE(rot.has_value());
  disk.rot(*rot, Index{4});
  int flipped = 0;
  for (std::size_t i = 0; i < before.at("log").size(); ++i) {
    flipped += std::popcount(std::to_integer<unsigned>(before.at("log")[i] ^ disk.contents().at("log")[i]));
  }
  BOOST_TEST(flipped == 1);
  BOOST_TEST(disk.held().last == rot->first - 1);
  BOOST_TEST(disk.ails());
  // The server, restarted, writes on behind what is left.
  restart();
  disk.recovered();
  BOOST_TEST(disk.ails());
  for (std::uint64_t i = rot->first.value; i <= 4; ++i) store_entry(i, "log2");
  BOOST_TEST(disk.held().last == Index{4});
  BOOST_TEST(!disk.ails());
}

BOOST_AUTO_TEST_CASE(a_torn_write_loses_the_end_of_the_last_that_is_vouched_for) {
  for (std::uint64_t i = 1; i <= 4; ++i) store_entry(i);
  const auto rot = disk.draw_rot(DiskFaultKind::torn_write, choices);
  BOOST_REQUIRE(rot.has_value());
  BOOST_TEST(rot->first == Index{3});
  disk.rot(*rot, Index{4});
  BOOST_CHECK(disk.contents().at("log").at(1'024) == std::byte{0});
  BOOST_TEST(disk.held().last == Index{2});
}

BOOST_AUTO_TEST_CASE(of_the_hard_state_only_the_last_decays_and_never_heals) {
  store("state", 0, "one", {HardStateLabel{Term{1}, NodeId{1}}});
  store("state", 512, "two", {HardStateLabel{Term{2}, NodeId{1}}});
  BOOST_TEST(!disk.draw_rot(DiskFaultKind::corrupt_state, choices).has_value());
  store_entry(1);
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_state, choices);
  BOOST_REQUIRE(rot.has_value());
  BOOST_CHECK((std::get<HardStateLabel>(disk.rot(*rot, Index{}).at(0).label).term == Term{2}));
  BOOST_TEST(disk.state_lost());
  BOOST_TEST(disk.ails());
}

// ---- what one fault makes of the draws of the others: nothing

namespace {

/// What became of the operations from the 60th round on, where io errors are in force for some rounds before.
std::vector<std::string> outcomes(std::optional<DiskFaultKind> meanwhile) {
  Disk model;
  model.io_error = model.sync_error = ratio(1, 6);
  model.fsync_lies = model.misdirected_write = ratio(1, 3);
  FaultyDisk d(model);
  std::vector<std::string> seen;
  for (std::uint64_t round = 1; round <= 120; ++round) {
    if (meanwhile && round == 20) d.disk.begin(*meanwhile);
    if (meanwhile && round == 40) d.disk.end(*meanwhile);
    const std::string file = "f" + std::to_string(round);
    d.write(
        file, 0, std::string(5 * 512, 'x'),
        {EntriesLabel{.first = Index{round}, .last = Index{round}, .last_term = Term{1}, .chain = round}});
    std::string now = std::to_string(static_cast<int>(d.complete(d.last()).status));
    now += " " + std::to_string(d.content(file).size());
    for (const DiskAction action : {DiskAction::sync, DiskAction::sync_directory}) {
      now += " " + std::to_string(static_cast<int>(d.act(action, file)));
      if (d.done.lied) now += " lied";
    }
    if (round >= 60) seen.push_back(now);
  }
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fault_in_force_for_a_while_moves_no_draw_of_later_operations) {
  const std::vector<std::string> alone = outcomes(std::nullopt);
  BOOST_TEST(std::ranges::count(alone, alone.front()) < 40);
  for (const DiskFaultKind kind : {DiskFaultKind::io_error, DiskFaultKind::sync_error, DiskFaultKind::full,
                                   DiskFaultKind::fsync_lies, DiskFaultKind::slow})
    BOOST_TEST(outcomes(kind) == alone, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_fault_decays_moves_no_draw_of_what_decays_by_itself) {
  Disk model;
  model.bit_rot = ratio(1, 2);
  const auto bits = [&model](bool fault) {
    FaultyDisk d(model);
    for (std::uint64_t i = 1; i <= 6; ++i) d.store_entry(i);
    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < 30; ++i) {
      // Where nothing can decay, more than once, the draw is the same.
      if (fault && i == 5) d.act(DiskAction::remove, "log");
      if (fault && i == 3) d.disk.draw_rot(DiskFaultKind::corrupt_entry, d.choices);
      const auto rot = d.disk.draw_rot_at_rest(Take::anything);
      if (fault && i == 9)
        for (std::uint64_t e = 1; e <= 6; ++e) d.store_entry(e);
      if (i >= 10) drawn.push_back(rot ? rot->first.value * 10'000 + rot->bit : 0);
    }
    return drawn;
  };
  BOOST_TEST(bits(true) == bits(false), boost::test_tools::per_element());
  const auto all = bits(false);
  BOOST_TEST(std::ranges::count(all, 0u) > 0);
  BOOST_TEST(std::ranges::count(all, 0u) < 20);
}

BOOST_AUTO_TEST_CASE(a_write_that_is_never_told_to_lie_elsewhere_moves_no_draw_of_those_that_are) {
  Disk model;
  model.misdirected_write = Ratio{0, true};
  const auto landings = [&model](bool told) {
    FaultyDisk d(model);
    d.store_entry(1, "other");
    for (std::uint64_t i = 1; i <= 6; ++i) d.store_entry(i);
    if (told) BOOST_TEST(d.disk.next_misdirected(Take::anything)->file == 0u);
    d.act(DiskAction::remove, "other");
    std::vector<std::size_t> found;
    while (const auto rot = d.disk.next_misdirected(Take::anything))
      found.push_back(rot->landing ? rot->landing->record : 6);
    return found;
  };
  BOOST_TEST(landings(false).size() == 6u);
  BOOST_TEST(landings(true) == landings(false), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reads_that_find_nothing_to_damage_move_no_draw_of_those_that_do) {
  Disk model;
  model.corrupt_read = ratio(1, 2);
  const auto bits = [&model](bool elsewhere) {
    FaultyDisk d(model);
    for (std::uint64_t i = 1; i <= 6; ++i) d.store_entry(i);
    d.store("other", 0, "no label tells what this is");
    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < 30; ++i) {
      Effects effects;
      DiskRequest r;
      r.action = DiskAction::read;
      r.length = 10'000;
      r.file = effects.put(elsewhere && i < 10 ? "other" : "log");
      const auto rot = d.disk.draw_misread(r, effects, Take::anything);
      if (elsewhere && i < 10) BOOST_TEST(!rot.has_value());
      if (i >= 10) drawn.push_back(rot ? rot->first.value * 10'000 + rot->bit : 0);
    }
    return drawn;
  };
  BOOST_TEST(bits(true) == bits(false), boost::test_tools::per_element());
  const auto all = bits(false);
  BOOST_TEST(std::ranges::count(all, 0u) > 0);
  BOOST_TEST(std::ranges::count(all, 0u) < 20);
}

// ---- snapshots

BOOST_FIXTURE_TEST_CASE(a_snapshot_is_a_copy_of_all_up_to_its_last_index, SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 4; ++i) store_entry(i);
  take(4);
  store_entry(5);
  store_entry(6);
  BOOST_TEST(disk.held().last == Index{6});
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_snapshot, choices);
  BOOST_REQUIRE(rot.has_value());
  BOOST_TEST(rot->entries);
  BOOST_TEST(rot->last == Index{4});
  // What the log held before is compacted: it starts behind the snapshot.
  act(DiskAction::remove, "log");
  BOOST_TEST(disk.held().last == Index{4});
  const std::string before = content("snapshot");
  const auto lost = disk.rot(*rot, Index{6});
  BOOST_REQUIRE(lost.size() == 1u);
  BOOST_CHECK(lost[0].label == snapshot_up_to(4));
  BOOST_TEST(content("snapshot") != before);
  BOOST_TEST(disk.held().last == Index{});
  BOOST_TEST(disk.must_reach() == Index{6});
  BOOST_TEST(disk.ails());
  disk.recovered();
  BOOST_TEST(disk.ails());
  take(7);
  BOOST_TEST(disk.held().last == Index{7});
  BOOST_TEST(!disk.ails());
}

BOOST_FIXTURE_TEST_CASE(what_is_written_behind_damage_that_nobody_saw_yet_is_gone_with_it, SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 4; ++i) store_entry(i);
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_entry, choices);
  BOOST_REQUIRE(rot.has_value());
  disk.rot(*rot, Index{4});
  // The server knows of nothing, and keeps what is damaged behind its snapshot.
  take(4);
  store_entry(5);
  BOOST_TEST(disk.held().last == Index{4});
  BOOST_TEST(disk.ails());
  restart();
  BOOST_TEST(disk.must_reach() == Index{5});
  BOOST_TEST(disk.held().last == Index{4});
  disk.recovered();
  BOOST_TEST(disk.ails());
  store_entry(5, "log2");
  BOOST_TEST(disk.held().last == Index{5});
  BOOST_TEST(!disk.ails());
}

BOOST_FIXTURE_TEST_CASE(a_misdirected_write_loses_itself_and_what_it_lies_over, SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 6; ++i) store_entry(i);
  bool over_another = false;
  for (int i = 0; i < 40; ++i) {
    const auto rot = disk.draw_rot(DiskFaultKind::misdirected_write, choices);
    BOOST_REQUIRE(rot.has_value());
    if (!rot->landing) continue;
    const auto lost = disk.rot(*rot, Index{6});
    BOOST_TEST(lost.size() == 2u);
    BOOST_TEST(disk.held().last == rot->first - 1);
    over_another = true;
    break;
  }
  BOOST_TEST(over_another);
  // One place is empty now; the other still reads as an entry: the wrong one.
  const Files files = disk.contents();
  int empty = 0;
  for (std::size_t i = 0; i < 6; ++i) empty += files.at("log").at(i * 512) == std::byte{0} ? 1 : 0;
  BOOST_TEST(empty == 1);
}

BOOST_FIXTURE_TEST_CASE(what_a_snapshot_still_holds_is_held_but_the_log_is_damaged, SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 4; ++i) store_entry(i);
  take(4);
  const auto rot = disk.draw_rot(DiskFaultKind::torn_write, choices, Take::anything);
  BOOST_REQUIRE(rot.has_value());
  BOOST_TEST(rot->last == Index{4});
  disk.rot(*rot, Index{4});
  CrashReport report;
  disk.crash(OnCrash::lose_unsynced, 1, report);
  last_op = DiskOp{};
  BOOST_TEST(disk.held().last == Index{4});
  BOOST_TEST(disk.must_reach() == Index{4});
  // Who reads it may find more damage than there is, and say so.
  BOOST_TEST(disk.ails());
  disk.recovered();
  BOOST_TEST(!disk.ails());
  restart();
  BOOST_TEST(!disk.ails());
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_that_decays_while_the_log_holds_all_is_not_seen_before_a_start,
                        SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 4; ++i) store_entry(i);
  take(3);
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_snapshot, choices, Take::anything);
  BOOST_REQUIRE(rot.has_value());
  disk.rot(*rot, Index{3});
  // It recovered from what it had read before.
  disk.recovered();
  BOOST_TEST(disk.held().last == Index{4});
  BOOST_TEST(disk.ails());
  restart();
  BOOST_TEST(disk.ails());
  disk.recovered();
  BOOST_TEST(!disk.ails());
}

BOOST_FIXTURE_TEST_CASE(what_was_cut_off_before_the_damage_was_seen_need_not_be_reached_again, SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 6; ++i) store_entry(i);
  const auto rot = disk.draw_rot(DiskFaultKind::corrupt_entry, choices);
  BOOST_REQUIRE(rot.has_value());
  disk.rot(*rot, Index{2});
  // A new leader's log is shorter.
  store_entry(3, "log2");
  restart();
  BOOST_TEST(disk.must_reach() == std::max(rot->last, Index{3}));
}

BOOST_AUTO_TEST_CASE(with_an_entry_that_was_replaced_goes_what_was_written_in_its_place) {
  for (std::uint64_t i = 1; i <= 3; ++i) store_entry(i);
  // The log is cut back to its first entry, and goes on from there.
  store_entry(2, "log2");
  store_entry(3, "log2");
  std::optional<Rot> rot;
  for (int i = 0; i < 100 && (!rot || rot->first != Index{3} || rot->file != 0); ++i)
    rot = disk.draw_rot(DiskFaultKind::corrupt_entry, choices, Take::anything);
  BOOST_REQUIRE(rot.has_value());
  BOOST_TEST_REQUIRE(rot->first == Index{3});
  BOOST_TEST_REQUIRE(rot->file == 0u);
  const auto lost = disk.rot(*rot, Index{3});
  BOOST_REQUIRE(lost.size() == 2u);
  BOOST_CHECK(std::get<EntriesLabel>(lost[1].label).first == Index{2});
  BOOST_TEST(disk.held().last == Index{1});
}

BOOST_FIXTURE_TEST_CASE(a_write_that_lands_on_what_was_replaced_takes_what_was_written_in_its_place,
                        SnapshotDisk) {
  for (std::uint64_t i = 1; i <= 3; ++i) store_entry(i);
  for (std::uint64_t i = 2; i <= 5; ++i) store_entry(i, "log2");
  const auto lands_on_what_was_replaced = [](const Rot& rot) {
    return rot.file != 0 && rot.record == 2 && rot.landing && rot.landing->file == 0 &&
           rot.landing->record == 2;
  };
  std::optional<Rot> rot;
  for (int i = 0; i < 1'000 && !(rot && lands_on_what_was_replaced(*rot)); ++i)
    rot = disk.draw_rot(DiskFaultKind::misdirected_write, choices, Take::anything);
  BOOST_REQUIRE(rot.has_value());
  BOOST_TEST_REQUIRE(lands_on_what_was_replaced(*rot));
  std::string told;
  for (const LabelledOp& l : disk.rot(*rot, Index{5}))
    told += std::to_string(std::get<EntriesLabel>(l.label).first.value) + " ";
  // Entry 4 itself, the old entry 3, and with that entry 2, which is read behind it.
  BOOST_TEST(told == "4 3 2 ");
  BOOST_TEST(disk.held().last == Index{1});
  BOOST_TEST(disk.must_reach() == Index{5});
}

BOOST_AUTO_TEST_SUITE_END()
