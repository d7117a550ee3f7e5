// What a disk takes that said of a sync that it is done: each rule of disk.hpp, one at a time.
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/print.hpp"
#include "tests/sim_primitives/faulty_disk.hpp"

using namespace raftsim;
using namespace raftsim::sim;

BOOST_AUTO_TEST_SUITE(disk_lies)

BOOST_AUTO_TEST_CASE(a_renamed_file_breaks_where_a_sync_lied_about_its_content) {
  std::size_t broken = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    SnapshotDisk d;
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write_aside(4);
    d.disk.end(DiskFaultKind::fsync_lies);
    d.rename(4);
    const bool told = incarnation % 2 == 0;
    if (told) d.act(DiskAction::sync_directory);
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const std::string found = d.content("snapshot");
    const bool whole = found == std::string(700, 'e');
    const bool named = found != "(none)";
    BOOST_TEST((named || !told));
    BOOST_TEST(tells_of(report.broken, 4) == (named && !whole));
    BOOST_TEST(tells_of(report.lost, 4) == !named);
    BOOST_TEST(tells_of(report.survived, 4) == (named && whole && !told));
    broken += report.broken.size();
  }
  BOOST_TEST(broken > 0u);
}

BOOST_AUTO_TEST_CASE(what_was_replaced_breaks_if_it_comes_back_and_a_sync_lied_about_it) {
  std::size_t broken = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    SnapshotDisk d;
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write_aside(4);
    d.disk.end(DiskFaultKind::fsync_lies);
    d.rename(4);
    d.act(DiskAction::sync_directory);
    d.write_aside(7);
    d.rename(7);
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const std::string found = d.content("snapshot");
    const bool replaced = found == std::string(700, 'h');
    const bool old = found == std::string(700, 'e');
    BOOST_TEST(tells_of(report.survived, 7) == replaced);
    BOOST_TEST(tells_of(report.broken, 4) == (!replaced && !old));
    broken += report.broken.size();
  }
  BOOST_TEST(broken > 0u);
}

BOOST_AUTO_TEST_CASE(what_a_lie_takes_of_the_log_takes_all_that_stands_behind_it) {
  std::size_t broken = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    FaultyDisk d;
    d.store_entry(1);
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.store_entry(2);
    d.disk.end(DiskFaultKind::fsync_lies);
    d.store_entry(3, "log2");
    d.store_entry(4, "log2");
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const bool lost = !report.broken.empty();
    BOOST_TEST(d.disk.held().last == Index{lost ? 1u : 4u});
    BOOST_TEST(d.disk.must_reach() == Index{lost ? 4u : 0u});
    BOOST_TEST(d.disk.ails() == lost);
    broken += report.broken.size();
  }
  BOOST_TEST(broken > 0u);
}

BOOST_AUTO_TEST_CASE(what_a_lie_takes_of_what_was_replaced_takes_what_was_written_in_its_place) {
  std::size_t broken = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    FaultyDisk d;
    for (std::uint64_t i = 1; i <= 4; ++i) d.store_entry(i);
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.store_entry(5);
    d.store_entry(6);
    d.disk.end(DiskFaultKind::fsync_lies);
    // The log is cut back to its second entry, and goes on in another file.
    d.store_entry(3, "log2");
    d.store_entry(4, "log2");
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const auto told = std::ranges::count_if(
        report.broken, [](const LabelledOp& l) { return std::get<EntriesLabel>(l.label).first == Index{3}; });
    const bool lost = !report.broken.empty();
    BOOST_TEST(told == (lost ? 1 : 0));
    BOOST_TEST(d.disk.held().last == Index{lost ? 2u : 4u});
    broken += report.broken.size();
  }
  BOOST_TEST(broken > 0u);
}

BOOST_AUTO_TEST_CASE(a_lie_takes_nothing_of_which_no_label_speaks) {
  std::size_t broken = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 60; ++incarnation) {
    Disk model;
    model.dirents = Dirents::any_subset;
    FaultyDisk d(model);
    d.disk.begin(DiskFaultKind::fsync_lies);
    for (const std::string_view file : {"alone", "log"}) {
      d.write(file, 0, std::string(600, 'b'));
      d.complete(d.last());
      d.act(DiskAction::sync, file);
    }
    d.act(DiskAction::sync_directory);
    const std::uint64_t begin = 1'024;
    d.write("log", begin, std::string(100, 'e'), {EntriesLabel{Index{1}, Index{1}, Term{1}, 1}});
    d.complete(d.last());
    d.act(DiskAction::sync, "log");
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const Files files = d.disk.contents();
    BOOST_TEST_REQUIRE(files.count("alone") == 1u);
    BOOST_TEST(files.at("alone").size() == 600u);
    BOOST_TEST(static_cast<char>(files.at("alone")[599]) == 'b');
    broken += report.broken.size();
    if (files.count("log") == 0) continue;
    BOOST_TEST_REQUIRE(files.at("log").size() >= 600u);
    BOOST_TEST(static_cast<char>(files.at("log")[0]) == 'b');
  }
  // Of what a label speaks of, it does.
  BOOST_TEST(broken > 10u);
}

BOOST_AUTO_TEST_CASE(what_no_label_speaks_of_and_was_not_synced_since_is_at_risk_as_ever) {
  std::string seen;
  for (std::uint64_t incarnation = 1; incarnation <= 60; ++incarnation) {
    FaultyDisk d;
    d.write("alone", 0, std::string(600, 's'));
    d.complete(d.last());
    d.act(DiskAction::sync, "alone");
    d.act(DiskAction::sync_directory);
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write("alone", 0, std::string(1'000, 'a'));
    d.complete(d.last());
    d.act(DiskAction::sync, "alone");
    d.disk.end(DiskFaultKind::fsync_lies);
    d.write("alone", 100, std::string(800, 'b'));
    d.complete(d.last());
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const std::string left = d.content("alone");
    BOOST_TEST_REQUIRE(left.size() == 1'000u);
    // Of each sector, what was written later is there or not; what was told is there.
    const std::string later{left[100], left[511], left[512], left[899]};
    BOOST_TEST((later == "aaaa" || later == "aabb" || later == "bbaa" || later == "bbbb"));
    BOOST_TEST((left[0] == 'a' && left[99] == 'a' && left[900] == 'a' && left[999] == 'a'));
    if (seen.find(later) == std::string::npos) seen += later + " ";
  }
  BOOST_TEST(seen.size() == 4 * 5u);
}

BOOST_AUTO_TEST_CASE(what_was_told_comes_back_where_a_later_truncation_does_not_survive) {
  bool cut = false, whole = false;
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    FaultyDisk d;
    d.store("alone", 0, "s");
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write("alone", 0, std::string(600, 'a'));
    d.complete(d.last());
    d.act(DiskAction::sync, "alone");
    d.disk.end(DiskFaultKind::fsync_lies);
    DiskRequest shorter;
    shorter.action = DiskAction::truncate;
    shorter.length = 10;
    d.issue(shorter, "alone");
    d.complete(d.last());
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const std::string left = d.content("alone");
    BOOST_TEST((left == std::string(10, 'a') || left == std::string(600, 'a')));
    cut = cut || left.size() == 10;
    whole = whole || left.size() == 600;
  }
  BOOST_TEST((cut && whole));
}

BOOST_AUTO_TEST_CASE(a_file_comes_back_in_a_length_that_it_had) {
  std::size_t broken = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    FaultyDisk d;
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write("log", 0, std::string(150, 'a'));
    d.write("log", 100, std::string(50, 'e'), {EntriesLabel{Index{1}, Index{1}, Term{1}, 1}});
    d.write("log", 0, std::string(50, 'u'));
    for (std::uint64_t op = 1; op <= 3; ++op) d.complete(DiskOp{op});
    d.act(DiskAction::sync, "log");
    d.disk.end(DiskFaultKind::fsync_lies);
    d.act(DiskAction::sync_directory);
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const std::string left = d.content("log");
    BOOST_TEST_REQUIRE(left.size() == 150u);
    BOOST_TEST((left[0] == 'u' && left[49] == 'u'));
    BOOST_TEST(report.broken.empty() == (left[100] == 'e'));
    broken += report.broken.size();
  }
  BOOST_TEST(broken > 0u);
}

// A label that was not durable yet, for its file had no name, spoke of these bytes all the same. What they
// were before the next write to them is no content that this file can come back with.
BOOST_AUTO_TEST_CASE(a_process_that_stops_makes_no_lie_true_of_which_it_had_labels) {
  std::string seen;
  for (std::uint64_t incarnation = 1; incarnation <= 60; ++incarnation) {
    FaultyDisk d;
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write("log", 0, std::string(100, 'a'), {EntriesLabel{Index{1}, Index{1}, Term{1}, 1}});
    d.complete(d.last());
    d.act(DiskAction::sync, "log");
    d.disk.end(DiskFaultKind::fsync_lies);
    d.write("log", 0, std::string(100, 'b'));
    d.complete(d.last());
    d.disk.process_stopped();
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const std::string left = d.content("log");
    const std::string kind = left == "(none)" ? "nameless" : left.empty() ? "empty" : std::string(1, left[0]);
    if (seen.find(kind) == std::string::npos) seen += kind + " ";
    BOOST_TEST(kind != "a");
    BOOST_TEST(report.broken.empty());
  }
  BOOST_TEST(seen.find("b ") != std::string::npos);
  BOOST_TEST(seen.find("empty ") != std::string::npos);
}

// To the process that comes after it, the same sync tells what it tells of everything that is there.
BOOST_AUTO_TEST_CASE(what_a_sync_tells_the_next_process_of_no_label_speaks) {
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    FaultyDisk d;
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.write("log", 0, std::string(100, 'a'), {EntriesLabel{Index{1}, Index{1}, Term{1}, 1}});
    d.complete(d.last());
    d.act(DiskAction::sync, "log");
    d.disk.process_stopped();
    d.last_op = DiskOp{};
    d.act(DiskAction::sync, "log");
    d.act(DiskAction::sync_directory);
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    BOOST_TEST(d.content("log") == std::string(100, 'a'));
  }
}

BOOST_AUTO_TEST_CASE(names_that_no_label_speaks_of_survive_in_order) {
  for (std::uint64_t incarnation = 1; incarnation <= 30; ++incarnation) {
    FaultyDisk d;
    d.write("log", 0, "entry", {EntriesLabel{Index{1}, Index{1}, Term{1}, 1}});
    d.complete(d.last());
    d.write("alone", 0, "b");
    d.complete(d.last());
    d.disk.begin(DiskFaultKind::fsync_lies);
    d.act(DiskAction::sync_directory);
    d.disk.end(DiskFaultKind::fsync_lies);
    CrashReport report;
    d.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const Files files = d.disk.contents();
    BOOST_TEST(files.count("alone") == 1u);
    BOOST_TEST(files.count("log") == 1u);
    BOOST_TEST(!report.out_of_order);
  }
}

BOOST_AUTO_TEST_SUITE_END()
