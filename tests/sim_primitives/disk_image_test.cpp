// Crash images against a model that enumerates them: everything drawn is legal, everything legal is drawn.
#include <rapidcheck.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/print.hpp"
#include "tests/sim_primitives/disk_model.hpp"

using namespace raftsim;
using namespace raftsim::sim;
using namespace raftsim::sim::test;

namespace {

struct Story {
  const char* name;
  Script script;
};
std::ostream& operator<<(std::ostream& out, const Story& s) { return out << s.name; }

const Line settle{};
Line write(const char* file, std::uint64_t offset, std::uint64_t length) {
  return {Do::write, file, offset, length, {}};
}
Line truncate(const char* file, std::uint64_t length) { return {Do::truncate, file, length, 0, {}}; }
Line sync(const char* file) { return {Do::sync, file, 0, 0, {}}; }
Line rename(const char* file, const char* to) { return {Do::rename, file, 0, 0, to}; }
Line remove(const char* file) { return {Do::remove, file, 0, 0, {}}; }
const Line sync_directory{Do::sync_directory, {}, 0, 0, {}};
const Line fail_syncs{Do::fail_syncs, {}, 0, 0, {}};
const Line lie{Do::lie, {}, 0, 0, {}};
const Line honest{Do::honest, {}, 0, 0, {}};

const std::vector<Story> stories = {
    {"a first write", {write("a", 0, 700)}},
    {"an append over a sector's edge",
     {write("a", 0, 300), sync("a"), sync_directory, settle, write("a", 300, 400)}},
    {"two appends in one sector",
     {write("a", 0, 100), sync("a"), settle, write("a", 100, 50), write("a", 150, 50)}},
    {"an append while the previous one is being synced",
     {write("a", 0, 100), sync_directory, settle, sync("a"), write("a", 100, 100)}},
    {"an overwrite in place", {write("a", 0, 1100), sync("a"), sync_directory, settle, write("a", 500, 100)}},
    {"a write after a gap", {write("a", 0, 10), sync("a"), settle, write("a", 600, 10)}},
    {"a truncation that may vanish", {write("a", 0, 900), sync("a"), settle, truncate("a", 100)}},
    {"a truncation and new bytes over what it cut",
     {write("a", 0, 600), sync("a"), sync_directory, settle, truncate("a", 100), write("a", 100, 200)}},
    {"bytes cut off before they were synced", {write("a", 0, 600), truncate("a", 200), write("a", 300, 20)}},
    {"a truncation that extends", {write("a", 0, 10), sync("a"), settle, truncate("a", 700)}},
    {"a rename over a synced file",
     {write("a", 0, 20), sync("a"), sync_directory, settle, write("t", 0, 30), sync("t"), settle,
      rename("t", "a")}},
    {"a name removed and made anew",
     {write("a", 0, 20), sync("a"), sync_directory, settle, remove("a"), write("a", 0, 40), sync("a"),
      settle}},
    {"two files, one directory",
     {write("a", 0, 20), write("b", 0, 20), sync("b"), settle, rename("b", "c"), remove("a")}},
    {"a chain of renames",
     {write("a", 0, 9), sync("a"), settle, rename("a", "b"), rename("b", "c"), sync_directory}},
    {"a removal, and another file renamed to its name",
     {write("a", 0, 9), write("b", 0, 8), sync("a"), sync("b"), sync_directory, settle, remove("a"),
      rename("b", "a")}},
    {"names that come and go",
     {write("a", 0, 9), sync("a"), settle, remove("a"), write("a", 0, 4), sync("a"), settle, rename("a", "b"),
      write("a", 0, 5), sync("a"), settle}},
    {"a sync that fails, and one after it that does not",
     {write("a", 0, 600), sync("a"), sync_directory, settle, write("a", 100, 20), fail_syncs, sync("a"),
      settle, honest, write("a", 110, 20), sync("a"), settle, write("a", 550, 100)}},
    {"an extension whose sync fails, and bytes behind it",
     {write("a", 0, 20), sync("a"), sync_directory, settle, write("a", 20, 20), fail_syncs, sync("a"), settle,
      honest, write("a", 40, 10)}},
    {"a truncation whose sync fails",
     {write("a", 0, 700), sync("a"), sync_directory, settle, truncate("a", 100), fail_syncs, sync("a"),
      settle, honest, write("a", 90, 30)}},
    {"a directory whose sync fails",
     {write("a", 0, 9), sync("a"), sync_directory, settle, rename("a", "b"), fail_syncs, sync_directory,
      settle, honest, write("c", 0, 5), sync("c"), settle, sync_directory, settle}},
    {"a name whose sync fails, and another file under it whose sync does not",
     {write("a", 0, 9), fail_syncs, sync_directory, settle, honest, remove("a"), write("a", 0, 7), sync("a"),
      sync_directory, settle}},
    {"a rename whose sync fails, and a removal of the new name",
     {write("a", 0, 9), sync("a"), sync_directory, settle, rename("a", "b"), fail_syncs, sync_directory,
      settle, honest, remove("b"), sync_directory, settle, write("c", 0, 5), sync("c"), sync_directory,
      settle}},
    {"a rename whose sync fails, and another file under the old name",
     {write("a", 0, 9), sync("a"), sync_directory, settle, rename("a", "b"), fail_syncs, sync_directory,
      settle, honest, remove("b"), write("a", 0, 5), sync("a"), sync_directory, settle, write("c", 0, 5)}},
    {"a sync that lies",
     {write("a", 0, 600), sync_directory, settle, lie, sync("a"), settle, honest, write("a", 600, 10)}},
    {"a sync that lies, and one that makes up for it",
     {write("a", 0, 600), sync_directory, settle, lie, sync("a"), settle, honest, write("a", 600, 10),
      sync("a"), settle}},
    {"a sync that lies, and a truncation of what it told",
     {write("a", 1, 400), sync_directory, settle, lie, sync("a"), settle, honest, truncate("a", 1)}},
    {"a directory whose sync lies",
     {write("a", 0, 9), sync("a"), settle, lie, sync_directory, settle, honest, rename("a", "b")}},
};

ImagePattern pattern_of(const Files& files) {
  ImagePattern pattern;
  for (const auto& [name, bytes] : files) {
    Pattern& p = pattern[name];
    for (std::byte b : bytes) p.push_back(std::to_integer<int>(b));
  }
  return pattern;
}

}  // namespace

namespace raftsim::sim {
static std::ostream& operator<<(std::ostream& out, Dirents dirents) {
  return out << (dirents == Dirents::prefix ? "prefix" : "any_subset");
}
}  // namespace raftsim::sim

BOOST_AUTO_TEST_SUITE(disk_image)

const std::vector<Dirents> both{Dirents::prefix, Dirents::any_subset};

BOOST_DATA_TEST_CASE(exactly_the_legal_images_are_drawn,
                     boost::unit_test::data::make(stories) * boost::unit_test::data::make(both), story,
                     dirents) {
  DiskModel model(dirents);
  model.run(story.script);
  Disk disk;
  disk.dirents = dirents;
  for (const OnCrash mode : {OnCrash::keep_all, OnCrash::lose_unsynced, OnCrash::torn_unsynced}) {
    const std::set<ImagePattern> legal = model.images(mode);
    const std::uint64_t draws = mode == OnCrash::keep_all ? 20 : 100 + 25 * legal.size();
    std::set<ImagePattern> exact;  // those without a wildcard: they can be told from each other
    for (const ImagePattern& image : legal)
      if (std::none_of(image.begin(), image.end(), [](const auto& file) {
            return std::find(file.second.begin(), file.second.end(), any) != file.second.end();
          }))
        exact.insert(image);

    std::set<ImagePattern> drawn;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
      DiskRig rig(disk, seed);
      rig.run(story.script);
      rig.crash(mode);
      const Files image = rig.disk.contents();
      BOOST_REQUIRE((image == rig.disk.strictest_image()));
      const ImagePattern pattern = pattern_of(image);
      if (!legal.contains(pattern)) BOOST_REQUIRE(model.legal(image, mode));  // torn, if it is
      drawn.insert(pattern);
    }
    for (const ImagePattern& image : exact) BOOST_TEST(drawn.contains(image));
    if (legal.size() > exact.size())
      BOOST_TEST(drawn.size() > exact.size());
    else
      BOOST_TEST(drawn.size() == exact.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()

namespace rc {

template <>
struct Arbitrary<Line> {
  static Gen<Line> arbitrary() {
    const auto file = gen::element<std::string>("a", "b");
    // Around the edges of sectors, and short, so that operations meet.
    const auto offset = gen::element<std::uint64_t>(0, 1, 100, 500, 511, 512, 513, 700, 1020, 1024);
    const auto length = gen::element<std::uint64_t>(12, 100, 400, 512, 600);
    return gen::build<Line>(gen::set(&Line::what, gen::weightedElement<Do>({{8, Do::write},
                                                                            {2, Do::truncate},
                                                                            {4, Do::sync},
                                                                            {1, Do::rename},
                                                                            {1, Do::remove},
                                                                            {3, Do::sync_directory},
                                                                            {4, Do::settle}})),
                            gen::set(&Line::file, file), gen::set(&Line::offset, offset),
                            gen::set(&Line::length, length), gen::set(&Line::to, file));
  }
};

}  // namespace rc

namespace {

/// With syncs that fail, or lie, now and then: all those between two settles alike.
Script any_troubled_script() {
  Script script;
  for (const Line& line : *rc::gen::resize(14, rc::gen::arbitrary<Script>())) {
    script.push_back(line);
    if (line.what != Do::settle) continue;
    const Do next = *rc::gen::weightedElement<Do>({{3, Do::honest}, {1, Do::fail_syncs}, {1, Do::lie}});
    script.push_back({next, {}, 0, 0, {}});
  }
  return script;
}

/// Short, or enumeration takes for ever.
Script any_script() { return *rc::gen::resize(12, rc::gen::arbitrary<Script>()); }

/// The operation of a script that has this number.
Line write_of(const Script& script, DiskOp op) {
  std::uint64_t n = 0;
  for (const Line& line : script) {
    const bool operation = line.what < Do::settle;
    if (operation && ++n == op.value) return line;
  }
  return {};
}

/// Precondition: the file reaches that far.
bool holds(const std::vector<std::byte>& file, const Line& write, DiskOp op) {
  for (std::uint64_t i = 0; i < write.length; ++i)
    if (file[write.offset + i] != script_byte(op, i)) return false;
  return true;
}

Disk slow_and_uneven() {
  Disk d;
  d.write = Distribution::uniform(microseconds(1), microseconds(50));
  d.fsync = Distribution::uniform(microseconds(1), microseconds(90));
  return d;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(disk_image_properties)

BOOST_AUTO_TEST_CASE(whatever_happened_before_a_crash_its_image_is_legal) {
  BOOST_TEST(rc::check("legal", [](std::uint64_t seed) {
    const Script script = any_script();
    DiskModel model;
    model.run(script);
    const OnCrash mode = *rc::gen::element(OnCrash::keep_all, OnCrash::lose_unsynced, OnCrash::torn_unsynced);
    DiskRig rig(slow_and_uneven(), seed);
    rig.run(script);
    RC_ASSERT(model.legal(rig.disk.contents(), OnCrash::keep_all));
    RC_ASSERT(model.legal(rig.disk.strictest_image(), OnCrash::lose_unsynced));
    rig.crash(mode);
    RC_ASSERT(model.legal(rig.disk.contents(), mode));
    RC_ASSERT(rig.disk.contents() == rig.disk.strictest_image());
  }));
}

BOOST_AUTO_TEST_CASE(whatever_failed_or_lied_before_a_crash_its_image_is_legal) {
  BOOST_TEST(rc::check("troubled", [](std::uint64_t seed) {
    const Script script = any_troubled_script();
    Disk disk = slow_and_uneven();
    disk.dirents = *rc::gen::element(Dirents::prefix, Dirents::any_subset);
    DiskModel model(disk.dirents);
    model.run(script);
    // What lied, taken at its word.
    DiskModel believed(disk.dirents);
    for (Line line : script) {
      if (line.what == Do::lie) line.what = Do::honest;
      believed.run({line});
    }
    const OnCrash mode = *rc::gen::element(OnCrash::keep_all, OnCrash::lose_unsynced, OnCrash::torn_unsynced);
    DiskRig rig(disk, seed);
    rig.run(script);
    RC_ASSERT(pattern_of(rig.disk.contents()) == model.readable());
    RC_ASSERT(believed.legal(rig.disk.strictest_image(), OnCrash::lose_unsynced));
    if (*rc::gen::arbitrary<bool>()) {
      rig.disk.process_stopped();
      model.stop();
      RC_ASSERT(pattern_of(rig.disk.contents()) == model.readable());
    }
    rig.crash(mode);
    RC_ASSERT(model.legal(rig.disk.contents(), mode));
    RC_ASSERT(rig.disk.contents() == rig.disk.strictest_image());
    RC_ASSERT(!rig.disk.lied());
  }));
}

// What a sync told is durable either is in the image, or is told to be broken; and a disk whose lies were
// made true has what it told.
BOOST_AUTO_TEST_CASE(a_lie_is_found_out_exactly_where_the_image_does_not_hold_what_it_told) {
  std::size_t broken = 0;
  BOOST_TEST(rc::check("lies", [&broken](std::uint64_t seed) {
    Script script{write("a", 0, 700), sync_directory, settle, lie};
    for (const Line& line : any_troubled_script())
      if (line.what != Do::fail_syncs) script.push_back(line);
    script.push_back(settle);
    DiskModel model;
    model.run(script);
    DiskRig rig(slow_and_uneven(), seed);
    rig.run(script);
    const std::set<std::uint64_t> told = rig.durable();
    const bool mended = *rc::gen::arbitrary<bool>();
    if (mended) rig.disk.make_true(NodeDisk::About::everything);
    RC_ASSERT(!mended || !rig.disk.lied());
    const Files before = rig.disk.contents();
    const CrashReport& report = rig.crash(OnCrash::torn_unsynced);
    const Files after = rig.disk.contents();
    if (mended) RC_ASSERT(report.broken.empty());
    broken += report.broken.size();
    for (const LabelledOp& l : report.broken) {
      RC_ASSERT(told.contains(number(l)));
      RC_ASSERT(!model.certain(l.op));
    }
    for (const DiskOp op : model.writes()) {
      const bool is_broken = std::ranges::any_of(report.broken, [op](const auto& l) { return l.op == op; });
      if (!told.contains(op.value) || is_broken) continue;
      const auto line = write_of(script, op);
      for (const auto& [name, bytes] : before) {
        if (bytes.size() < line.offset + line.length || !holds(bytes, line, op)) continue;
        const bool there = std::ranges::any_of(after, [&](const auto& file) {
          return file.second.size() >= line.offset + line.length && holds(file.second, line, op);
        });
        RC_ASSERT(there);
      }
    }
  }));
  BOOST_TEST(broken > 0u);
}

BOOST_AUTO_TEST_CASE(a_label_is_durable_exactly_when_every_image_holds_its_bytes) {
  BOOST_TEST(rc::check("durable", [](std::uint64_t seed) {
    Script script = any_script();
    script.push_back(settle);
    DiskModel model;
    DiskRig rig(slow_and_uneven(), seed);
    std::set<std::uint64_t> before;
    for (const Line& line : script) {
      model.run({line});
      rig.run({line});
      if (line.what != Do::settle) {
        RC_ASSERT(rig.durable() == before);
        continue;
      }
      for (DiskOp op : model.writes()) {
        const bool now_durable = rig.durable().contains(op.value);
        if (!before.contains(op.value)) RC_ASSERT(now_durable == model.certain(op));
      }
      before = rig.durable();
    }
  }));
}

BOOST_AUTO_TEST_CASE(a_durable_label_survives_the_crash_and_a_survivor_is_found_in_the_image) {
  BOOST_TEST(rc::check("survival", [](std::uint64_t seed) {
    Script script = any_script();
    DiskModel model;
    model.run(script);
    const OnCrash mode = *rc::gen::element(OnCrash::lose_unsynced, OnCrash::torn_unsynced);
    DiskRig rig(slow_and_uneven(), seed);
    rig.run(script);
    const std::set<std::uint64_t> durable = rig.durable();
    const CrashReport& report = rig.crash(mode);
    const Files image = rig.disk.contents();

    std::set<std::uint64_t> told;
    const auto holds = [&](std::uint64_t op) {
      const auto line = [&] {
        std::uint64_t n = 0;
        for (const Line& l : script)
          if (l.what != Do::settle && ++n == op) return l;
        return Line{};
      }();
      for (const auto& [name, bytes] : image) {
        if (bytes.size() < line.offset + line.length) continue;
        bool equal = true;
        for (std::uint64_t i = 0; i < line.length; ++i)
          equal = equal && bytes[line.offset + i] == script_byte(DiskOp{op}, i);
        if (equal) return true;
      }
      return false;
    };
    for (const LabelledOp& l : report.survived) {
      RC_ASSERT(told.insert(number(l)).second);
      RC_ASSERT(!durable.contains(number(l)));
      RC_ASSERT(holds(number(l)));
    }
    for (const LabelledOp& l : report.lost) {
      RC_ASSERT(told.insert(number(l)).second);
      RC_ASSERT(!durable.contains(number(l)));
    }
    for (DiskOp op : model.writes())
      if (model.certain(op)) {
        RC_ASSERT(durable.contains(op.value));
        RC_ASSERT(holds(op.value));
      }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
