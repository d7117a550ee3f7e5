// Disks that read a batch wrong once: a start cuts the log before it, and goes on. What was cut reads well
// again later, and must not come back in place of what was written instead.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>

#include "tests/core_server/log_story.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

BOOST_AUTO_TEST_SUITE(recovery_branches)

/// What later starts find of three entries and `then`, if once the second was read wrong and written anew.
void second_entry_read_wrong_once(const std::function<void(LogStory&)>& then) {
  LogStory story(64);
  const auto write = [&story](std::uint64_t first, std::uint64_t last, const char* what) {
    for (std::uint64_t i = first; i <= last; ++i) {
      story.append(Index{i}, 1, what);
      story.complete_all();
    }
  };
  write(1, 3, "entry");
  then(story);
  story.complete_all();
  Files damaged = story.contents();
  damaged.at("log-00000003")[40] ^= std::byte{0x10};
  const Reading short_of = read_back(damaged);
  BOOST_REQUIRE(short_of.found.damage == Damage::log);
  BOOST_REQUIRE(short_of.log.last() == Index{1});
  story.restart(story.contents(), short_of);
  write(2, 4, "written anew");
  const Reading read = read_back(story.contents());
  BOOST_TEST(story.objection(read) == "");
  story.restart(story.contents(), read);
  write(3, 4, "third life");
  BOOST_TEST(story.objection(read_back(story.contents())) == "");
}

BOOST_AUTO_TEST_CASE(what_was_read_wrong_once_does_not_come_back_before_what_was_written_instead) {
  second_entry_read_wrong_once([](LogStory& story) { story.append(Index{4}, 2, "entry"); });
}

BOOST_AUTO_TEST_CASE(what_the_remains_replaced_is_found_again_when_they_are_passed_over) {
  second_entry_read_wrong_once(
      [](LogStory& story) { story.append(Index{1}, 1, "replaces what stands before the damage"); });
}

constexpr std::uint64_t one_segment_a_life = 65'536;
constexpr std::uint64_t one_segment_a_batch = 64;

/// The disk, but for one batch, that reads wrong.
Files with_wrong(Files files, const std::string& segment, std::size_t batch = 0) {
  files.at(segment).at(batch * sector_bytes + 40) ^= std::byte{0x10};
  return files;
}

/// Entries from `first` to `last`, each durable before the next.
void write(LogStory& story, std::uint64_t first, std::uint64_t last, const char* what) {
  for (std::uint64_t i = first; i <= last; ++i) {
    story.append(Index{i}, 1, what);
    story.complete_all();
  }
}

/// Five entries; nothing that was written later vouches for the last two.
LogStory first_life(std::uint64_t segment_bytes) {
  LogStory story(segment_bytes);
  write(story, 1, 3, "first life");
  story.append(Index{4}, 1, "first life");
  story.append(Index{5}, 1, "first life");
  story.complete_all();
  return story;
}

/// The same disk for a server that read the fourth of them wrong, and has cut its log before it.
LogStory second_life(std::uint64_t segment_bytes) {
  LogStory story = first_life(segment_bytes);
  const bool one = segment_bytes == one_segment_a_life;
  const Reading cut = read_back(one ? with_wrong(story.contents(), "log-00000001", 4)
                                    : with_wrong(story.contents(), "log-00000005"));
  BOOST_REQUIRE(cut.found.damage == Damage::none);
  BOOST_REQUIRE(cut.log.last() == Index{3});
  story.restart(story.contents(), cut);
  return story;
}

BOOST_AUTO_TEST_CASE(where_what_was_written_instead_rots_the_remains_do_not_take_its_place) {
  LogStory story = second_life(one_segment_a_life);
  write(story, 4, 6, "second life");
  const Reading read = read_back(with_wrong(story.contents(), "log-00000002"));
  BOOST_CHECK(read.found.damage == Damage::log);
  BOOST_TEST(read.log.last() == Index{3});
}

BOOST_AUTO_TEST_CASE(a_segment_behind_the_one_that_rots_tells_of_it) {
  LogStory story = second_life(one_segment_a_batch);
  write(story, 4, 5, "second life");
  const Reading read = read_back(with_wrong(story.contents(), "log-00000007"));
  BOOST_CHECK(read.found.damage == Damage::log);
  BOOST_TEST(read.found.cursor.sequence == 6u);  // beyond all that there ever were
}

BOOST_AUTO_TEST_CASE(where_what_was_written_instead_was_cut_short_the_remains_stay_cut) {
  LogStory story = second_life(one_segment_a_life);
  story.append(Index{4}, 1, "second life");
  story.append(Index{5}, 1, "second life");
  story.complete_all();
  // A power loss took the first of the two, and nobody was promised either.
  const Files image = with_wrong(story.contents(), "log-00000002");
  const Reading read = read_back(image);
  BOOST_CHECK(read.found.damage == Damage::none);
  BOOST_TEST(read.log.last() == Index{3});
  story.restart(image, read);
  write(story, 4, 4, "third life");
  const Reading again = read_back(story.contents());
  BOOST_TEST(story.objection(again) == "");
  BOOST_TEST(again.log.last() == Index{4});
}

BOOST_AUTO_TEST_CASE(the_last_life_knew_best_what_its_log_was) {
  LogStory story = second_life(one_segment_a_life);
  write(story, 4, 4, "second life");
  // That life's only batch is read wrong once in turn, and the remains are back.
  const Reading remains = read_back(with_wrong(story.contents(), "log-00000002"));
  BOOST_CHECK(remains.found.damage == Damage::none);
  BOOST_TEST(remains.log.last() == Index{5});
  story.restart(story.contents(), remains);
  write(story, 6, 6, "third life");
  const Reading read = read_back(story.contents());
  BOOST_TEST(story.objection(read) == "");
  BOOST_TEST(read.log.last() == Index{6});
}

BOOST_AUTO_TEST_CASE(however_often_a_disk_reads_wrong_its_segments_are_read_twice_at_most) {
  LogStory story(one_segment_a_batch);
  for (std::uint64_t life = 1; life <= 4; ++life) {
    write(story, life, life, "kept");
    write(story, life + 1, life + 1, "read wrong");
    const Files files = story.contents();
    const std::string last_segment = std::prev(files.find(std::string(state_file)))->first;
    const Reading cut = read_back(with_wrong(files, last_segment));
    BOOST_REQUIRE(cut.log.last() == Index{life});
    story.restart(files, cut);
  }
  write(story, 5, 5, "kept");
  const Files files = story.contents();
  const Reading read = read_back(files);
  BOOST_TEST(story.objection(read) == "");
  BOOST_TEST(read.log.last() == Index{5});
  BOOST_TEST(read.files_read == 1 + 2 * (files.size() - 1));
}

BOOST_AUTO_TEST_CASE(what_is_passed_over_leaves_nothing_in_what_is_read_once_more) {
  LogStory story(one_segment_a_life);
  write(story, 1, 1, "first life");
  // Its beginning is read wrong, and written anew.
  const Reading nothing = read_back(with_wrong(story.contents(), "log-00000001"));
  BOOST_REQUIRE(!nothing.found.base);
  story.restart(story.contents(), nothing);
  const Files files = story.contents();
  BOOST_REQUIRE(read_back(files).found.base.has_value());
  // Where the second reading does not find what was written anew, that of the remains does not count.
  const Files second = with_wrong(files, "log-00000002");
  Recovery recovery;
  Log log;
  const std::vector<std::string_view> names{state_file, "log-00000001", "log-00000002"};
  recovery.names(names);
  for (const Files* disk : {&files, &files, &files, &second, &second}) {
    const auto file = recovery.next_file();
    BOOST_REQUIRE(file.has_value());
    recovery.content(disk->at(std::string(*file)), log);
  }
  BOOST_REQUIRE(!recovery.next_file().has_value());
  BOOST_CHECK(!recovery.finish(log).base.has_value());
  BOOST_TEST(log.last() == Index{});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
