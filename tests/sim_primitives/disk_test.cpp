// The disk as a process sees it, one rule at a time. Crash images are compared with a model in
// disk_image_test.cpp.
#include "sim/disk.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/print.hpp"
#include "tests/sim_primitives/disk_model.hpp"

using namespace raftsim;
using namespace raftsim::sim;
using namespace raftsim::sim::test;

namespace {

Disk model() {
  Disk d;
  d.read = Distribution::constant(microseconds(10));
  d.write = Distribution::constant(microseconds(100));
  d.fsync = Distribution::constant(milliseconds(1));
  return d;
}

struct Fixture : DiskRig {
  Fixture() : DiskRig(model(), 42) {}

  Instant write(std::string_view file, std::uint64_t offset, std::string_view text,
                std::vector<Label> labels = {}) {
    DiskRequest r;
    r.action = DiskAction::write;
    r.offset = offset;
    return issue(r, file, {}, std::as_bytes(std::span(text.data(), text.size())), std::move(labels));
  }
  Instant act(DiskAction action, std::string_view file = {}, std::string_view to = {}) {
    DiskRequest r;
    r.action = action;
    return issue(r, file, to);
  }
  Instant truncate(std::string_view file, std::uint64_t length, std::vector<Label> labels = {}) {
    DiskRequest r;
    r.action = DiskAction::truncate;
    r.length = length;
    return issue(r, file, {}, {}, std::move(labels));
  }
  Instant read(std::string_view file, std::uint64_t offset, std::uint64_t length) {
    DiskRequest r;
    r.action = DiskAction::read;
    r.offset = offset;
    r.length = length;
    return issue(r, file);
  }
  const DoneOut& finish() { return complete(last()); }
  std::string text(const DoneOut& done) {
    return {reinterpret_cast<const char*>(done.bytes.data()), done.bytes.size()};
  }
  /// Writes, syncs file and directory, all completed.
  void store(std::string_view file, std::string_view content) {
    write(file, 0, content);
    act(DiskAction::sync, file);
    act(DiskAction::sync_directory);
    settle();
  }
};

Label vote(std::uint64_t term) { return HardStateLabel{Term{term}, NodeId{1}}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(disk, Fixture)

BOOST_AUTO_TEST_CASE(operations_on_one_file_complete_in_order_of_issue_and_files_are_independent) {
  BOOST_TEST((write("a", 0, "x") == now + microseconds(100)));
  settle();
  const Instant synced = act(DiskAction::sync, "a");
  BOOST_TEST((synced == now + milliseconds(1)));
  BOOST_TEST((write("a", 1, "y") == synced));
  BOOST_TEST((read("a", 0, 2) == synced));
  store("b", "x");
  BOOST_TEST((write("b", 1, "z") == now + microseconds(100)));
}

BOOST_AUTO_TEST_CASE(operations_of_the_directory_complete_in_order_of_issue) {
  store("a", "1");
  const Instant synced = act(DiskAction::sync_directory);
  BOOST_TEST((act(DiskAction::list) == synced));
  BOOST_TEST((act(DiskAction::rename, "a", "b") == synced));
  BOOST_TEST((write("c", 0, "new") == synced));  // creates
  BOOST_TEST((write("c", 3, "old") == synced));  // behind its creation
  BOOST_TEST((write("b", 1, "2") == synced));    // behind its rename
}

BOOST_AUTO_TEST_CASE(a_read_sees_what_was_issued_before_it_and_nothing_later) {
  write("a", 0, "hello");
  read("a", 1, 100);
  const DiskOp first = last();
  write("a", 0, "J");
  read("a", 0, 5);
  BOOST_TEST(text(finish()) == "Jello");
  BOOST_TEST(text(complete(first)) == "ello");
  read("a", 5, 1);
  BOOST_TEST(text(finish()).empty());
  read("a", 900, 1);
  BOOST_TEST(text(finish()).empty());
}

BOOST_AUTO_TEST_CASE(a_gap_reads_as_zeros) {
  write("a", 3, "x");
  read("a", 0, 9);
  BOOST_TEST(text(finish()) == std::string("\0\0\0x", 4));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  for (DiskAction action :
       {DiskAction::read, DiskAction::sync, DiskAction::truncate, DiskAction::remove, DiskAction::rename}) {
    act(action, "nobody", "else");
    BOOST_TEST((finish().status == DiskStatus::not_found));
  }
  act(DiskAction::list);
  BOOST_TEST(finish().names.empty());
}

BOOST_AUTO_TEST_CASE(names_are_listed_sorted_and_follow_renames_and_removals) {
  store("b", "1");
  store("a", "2");
  store("c", "3");
  act(DiskAction::rename, "c", "a");
  act(DiskAction::remove, "b");
  act(DiskAction::list);
  BOOST_TEST(finish().names == (std::vector<std::string>{"a"}), boost::test_tools::per_element());
  read("a", 0, 9);
  BOOST_TEST(text(finish()) == "3");
}

BOOST_AUTO_TEST_CASE(a_label_waits_for_its_bytes_and_for_its_files_name) {
  write("a", 0, "vote", {vote(7)});
  BOOST_TEST(finish().durable.empty());
  act(DiskAction::sync, "a");
  BOOST_TEST(finish().durable.empty());  // the file could still vanish
  act(DiskAction::sync_directory);
  const DoneOut& done = finish();
  BOOST_REQUIRE(done.durable.size() == 1u);
  BOOST_TEST((done.durable[0].label == vote(7)));
  BOOST_TEST(done.durable[0].op == DiskOp{1});

  write("a", 4, "more", {vote(8), vote(9)});
  finish();
  act(DiskAction::sync, "a");
  BOOST_TEST(finish().durable.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_sync_covers_what_was_issued_before_it_only) {
  store("a", "0");
  write("a", 1, "1", {vote(1)});
  act(DiskAction::sync, "a");
  const DiskOp first = last();
  write("a", 2, "2", {vote(2)});
  act(DiskAction::sync, "a");
  const DoneOut& done = complete(first);
  BOOST_REQUIRE(done.durable.size() == 1u);
  BOOST_TEST((done.durable[0].label == vote(1)));
  BOOST_TEST(finish().durable.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_label_whose_bytes_were_overwritten_never_becomes_durable) {
  store("a", "....");
  write("a", 0, "one", {vote(1)});
  write("a", 2, "two", {vote(2)});
  act(DiskAction::sync, "a");
  const DoneOut& done = finish();
  BOOST_REQUIRE(done.durable.size() == 1u);
  BOOST_TEST((done.durable[0].label == vote(2)));
}

BOOST_AUTO_TEST_CASE(a_label_of_a_truncation_is_durable_when_the_truncation_is) {
  store("a", "0123456789");
  truncate("a", 4, {TruncateLabel{Index{3}}});
  BOOST_TEST(finish().durable.empty());
  act(DiskAction::sync, "a");
  BOOST_TEST(finish().durable.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_label_of_a_truncation_survives_exactly_where_the_file_is_short) {
  std::size_t survived = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 40; ++incarnation) {
    Fixture f;
    f.store("a", "0123456789");
    f.truncate("a", 4, {TruncateLabel{Index{3}}});
    CrashReport report;
    f.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const bool is_short = f.disk.contents().at("a").size() == 4;
    BOOST_TEST(report.survived.size() == (is_short ? 1u : 0u));
    BOOST_TEST(report.lost.size() == (is_short ? 0u : 1u));
    survived += report.survived.size();
  }
  BOOST_TEST(survived > 0u);
  BOOST_TEST(survived < 40u);
}

BOOST_AUTO_TEST_CASE(a_label_of_a_rename_is_durable_when_the_directory_is) {
  store("tmp", "snapshot");
  store("snap", "older");
  DiskRequest r;
  r.action = DiskAction::rename;
  issue(r, "tmp", "snap", {}, {vote(5)});
  BOOST_TEST(finish().durable.empty());
  act(DiskAction::sync, "snap");
  BOOST_TEST(finish().durable.empty());
  act(DiskAction::sync_directory);
  BOOST_TEST(finish().durable.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_label_in_a_file_that_is_being_renamed_waits_for_the_new_name) {
  store("tmp", "");
  write("tmp", 0, "snapshot", {vote(5)});
  act(DiskAction::sync, "tmp");
  const DiskOp synced = last();
  act(DiskAction::rename, "tmp", "snap");
  BOOST_TEST(complete(synced).durable.empty());
  act(DiskAction::sync_directory);
  BOOST_TEST(finish().durable.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_label_is_lost_where_its_file_is_found_under_another_name) {
  std::size_t renamed = 0;
  for (std::uint64_t incarnation = 1; incarnation <= 40; ++incarnation) {
    Fixture f;
    f.store("tmp", "");
    f.write("tmp", 0, "snapshot", {vote(5)});
    f.act(DiskAction::rename, "tmp", "snap");
    f.act(DiskAction::sync, "snap");
    f.settle();
    CrashReport report;
    f.disk.crash(OnCrash::lose_unsynced, incarnation, report);
    const bool found = f.disk.contents().contains("snap");
    BOOST_TEST(report.survived.size() == (found ? 1u : 0u));
    BOOST_TEST(report.lost.size() == (found ? 0u : 1u));
    renamed += found ? 1 : 0;
  }
  BOOST_TEST(renamed > 0u);
  BOOST_TEST(renamed < 40u);
}

BOOST_AUTO_TEST_CASE(a_crash_that_keeps_all_keeps_what_is_in_flight) {
  write("a", 0, "everything", {vote(1)});
  act(DiskAction::rename, "a", "b");
  const CrashReport& report = crash(OnCrash::keep_all);
  BOOST_TEST(report.survived.size() == 1u);
  BOOST_TEST(report.lost.empty());
  BOOST_TEST(report.lost_bytes == 0u);
  BOOST_TEST(disk.contents().at("b").size() == 10u);
  BOOST_TEST(disk.in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(in_the_benign_base_a_crash_loses_nothing) {
  Decisions benign({Base::benign, 1, {}, true});
  NodeDisk other(model(), NodeId{2}, benign);
  Effects effects;
  DiskRequest r;
  r.op = DiskOp{1};
  r.file = effects.put("f");
  r.bytes = effects.put("twelve bytes");
  other.issue(Instant{}, r, effects);
  CrashReport report;
  other.crash(OnCrash::torn_unsynced, 1, report);
  BOOST_TEST(other.contents().at("f").size() == 12u);
  BOOST_TEST(report.unsynced_bytes == 12u);
  BOOST_TEST(report.lost_bytes == 0u);
  BOOST_TEST(report.torn_bytes == 0u);
  BOOST_TEST(benign.recorded().empty());
}

BOOST_AUTO_TEST_CASE(after_a_crash_the_image_is_durable_and_operations_count_from_one) {
  store("a", "kept");
  write("a", 4, " and perhaps more");
  crash(OnCrash::torn_unsynced);
  const Files image = disk.contents();
  BOOST_TEST((image == disk.strictest_image()));
  crash(OnCrash::torn_unsynced);
  BOOST_TEST((disk.contents() == image));
  write("a", 0, "x");
  BOOST_TEST(last() == DiskOp{1});
  BOOST_TEST((finish().status == DiskStatus::ok));
}

BOOST_AUTO_TEST_CASE(torn_bytes_are_garbage_only_where_unsynced_bytes_were) {
  std::uint64_t torn = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    DiskRig rig(model(), seed);
    rig.run({{Do::write, "a", 0, 100, {}},
             {Do::sync, "a", 0, 0, {}},
             {Do::sync_directory, {}, 0, 0, {}},
             {Do::settle, {}, 0, 0, {}},
             {Do::write, "a", 100, 100, {}}});
    const Files before = rig.disk.strictest_image();
    torn += rig.crash(OnCrash::torn_unsynced).torn_bytes;
    const Files after = rig.disk.contents();
    BOOST_REQUIRE(after.at("a").size() >= 100u);
    BOOST_TEST(std::equal(before.at("a").begin(), before.at("a").end(), after.at("a").begin()));
  }
  BOOST_TEST(torn >= 300u);
  BOOST_TEST(torn % 100 == 0u);
}

BOOST_AUTO_TEST_CASE(a_slow_disk_takes_ten_times_as_long) {
  disk.begin(DiskFaultKind::slow);
  BOOST_TEST((write("a", 0, "x") == now + milliseconds(1)));
  disk.end(DiskFaultKind::slow);
  BOOST_TEST((write("b", 0, "x") == now + milliseconds(1)));  // creations are in order
  settle();
  BOOST_TEST((write("b", 1, "x") == now + microseconds(100)));
  BOOST_TEST(disk.hits(DiskFaultKind::slow) == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_left_of_what_is_under_way_takes_the_new_pace) {
  store("a", "x");
  store("b", "x");
  const Instant begun = now;
  act(DiskAction::sync, "a");  // a millisecond
  const DiskOp sync = last();
  disk.begin(DiskFaultKind::slow);
  const auto slower = disk.go_on(begun + microseconds(600), 1);
  BOOST_TEST_REQUIRE(slower.size() == 1u);
  BOOST_TEST(slower[0].op.value == sync.value);
  BOOST_TEST((slower[0].at == begun + microseconds(4'600)));
  BOOST_TEST(disk.hits(DiskFaultKind::slow) == 1u);
  disk.end(DiskFaultKind::slow);
  const auto sooner = disk.go_on(begun + microseconds(2'600), slow_disk_factor);
  BOOST_TEST_REQUIRE(sooner.size() == 1u);
  BOOST_TEST((sooner[0].at == begun + microseconds(2'800)));
  // Only that is a completion, and it is one.
  for (const std::int64_t us : {1'000, 4'600}) BOOST_TEST(!disk.take_due(sync, begun + microseconds(us)));
  BOOST_TEST(disk.take_due(sync, begun + microseconds(2'800)));
  BOOST_TEST(!disk.take_due(sync, begun + microseconds(2'800)));
  // And what follows on the file waits for it, no longer.
  now = begun + microseconds(2'600);
  BOOST_TEST((write("a", 1, "y") == begun + microseconds(2'800)));
  BOOST_TEST((write("b", 1, "y") == begun + microseconds(2'700)));
}

BOOST_AUTO_TEST_CASE(a_loaded_disk_is_durable) {
  const Files files{{"log", std::vector<std::byte>(700, std::byte{1})}, {"state", {}}};
  store("old", "gone");
  disk.load(files);
  BOOST_TEST((disk.contents() == files));
  crash(OnCrash::torn_unsynced);
  BOOST_TEST((disk.contents() == files));
}

BOOST_AUTO_TEST_CASE(many_operations_in_flight_complete_each_as_itself) {
  store("a", "");
  for (int i = 0; i < 1000; ++i) read(i % 2 == 0 ? "a" : "missing", 0, 1);
  const DiskOp end = last();
  for (std::uint64_t i = 0; i < 1000; i += 2) BOOST_TEST((complete(end - i).status == DiskStatus::not_found));
  for (std::uint64_t i = 1; i < 1000; i += 2) BOOST_TEST((complete(end - i).status == DiskStatus::ok));
  BOOST_TEST(disk.in_flight() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
