// The durable log and its recovery, against every image that a crash may leave: what was synced is found,
// nothing else is invented, and damage is told apart from a torn tail.
#include "core/recovery.hpp"

#include <rapidcheck.h>
#include <rapidcheck/boost_test.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/core_server/log_story.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

using Story = LogStory;

std::string payload_of(std::size_t bytes) { return std::string(bytes, 'p'); }

/// Every image of a crash in the middle of things, and for each, every image of a crash in the life after it.
void crash_twice_everywhere(std::uint64_t segment_bytes, const std::function<void(Story&)>& first_life) {
  EveryChoice first;
  std::size_t images = 0;
  do {
    Story story(segment_bytes);
    first_life(story);
    const Files image = story.crash([&first](std::size_t n) { return first.choose(n); });
    const Reading read = read_back(image);
    BOOST_REQUIRE_EQUAL(story.objection(read), "");
    EveryChoice second;
    do {
      Story next = story;
      next.restart(image, read);
      // Positions that the first life wrote otherwise, and lost or not.
      next.append(Index{std::min<std::uint64_t>(2, next.last().value + 1)}, 2, "second life");
      const Files again = next.crash([&second](std::size_t n) { return second.choose(n); });
      BOOST_REQUIRE_EQUAL(next.objection(read_back(again)), "");
      ++images;
    } while (second.next());
  } while (first.next());
  BOOST_TEST(images > 50u);
}

BOOST_AUTO_TEST_SUITE(recovery)

BOOST_AUTO_TEST_CASE(every_crash_image_of_two_batches_on_their_way_recovers) {
  crash_twice_everywhere(65'536, [](Story& story) {
    story.append(Index{1}, 3, "first");
    story.complete_all();
    story.append(Index{4}, 2, "second");
    story.append(Index{2}, 1, "replaces the tail");
  });
}

BOOST_AUTO_TEST_CASE(every_crash_image_of_batches_in_new_segments_recovers) {
  crash_twice_everywhere(64, [](Story& story) {
    story.append(Index{1}, 2, "first");
    story.append(Index{3}, 1, "second");
    story.append(Index{4}, 1, "third");
  });
}

BOOST_AUTO_TEST_CASE(every_crash_image_of_one_batch_of_several_sectors_recovers) {
  crash_twice_everywhere(65'536, [](Story& story) {
    story.append(Index{1}, 1, "short");
    story.complete_all();
    story.append(Index{2}, 3, payload_of(500));
  });
}

BOOST_AUTO_TEST_CASE(every_crash_image_of_hard_states_and_entries_of_a_new_term_recovers) {
  crash_twice_everywhere(65'536, [](Story& story) {
    story.append(Index{1}, 1, "old term");
    story.raise_term();
    story.raise_term_and_append(Index{2});
  });
}

RC_BOOST_PROP(whatever_the_history_a_crash_loses_only_what_was_not_synced, ()) {
  const auto choose = [](std::size_t n) { return n < 2 ? 0 : *rc::gen::inRange<std::size_t>(0, n); };
  Story story(*rc::gen::element<std::uint64_t>(64, 1'500, 65'536));
  const int lives = *rc::gen::inRange(1, 5);
  for (int life = 0; life < lives; ++life) {
    const int steps = *rc::gen::inRange(0, 14);
    for (int step = 0; step < steps; ++step) {
      const int what = *rc::gen::inRange(0, 8);
      const Index first{*rc::gen::inRange<std::uint64_t>(1, story.last().value + 2)};
      if (what == 0 && story.may_raise()) story.raise_term();
      if (what == 1 && story.may_raise()) story.raise_term_and_append(first);
      if (what == 2) story.append(first, 1, payload_of(*rc::gen::inRange<std::size_t>(0, 1'500)));
      if (what == 3) story.append(story.last() + 1, *rc::gen::inRange<std::size_t>(1, 5), "more");
      if (what > 3 && !story.idle()) story.complete(choose);
    }
    const Files image = story.crash(choose);
    const Reading read = read_back(image);
    RC_ASSERT(story.objection(read) == "");
    story.restart(image, read);
  }
}

/// A disk with several synced batches and hard states, the last of them not yet vouched for by another.
Files quiet_disk() {
  Story story(65'536);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    story.append(Index{i}, 1, "entry " + std::to_string(i));
    story.complete_all();
  }
  return story.contents();
}

BOOST_AUTO_TEST_CASE(damage_in_the_middle_of_the_log_is_reported_and_never_cut) {
  const Files whole = quiet_disk();
  const Reading intact = read_back(whole);
  BOOST_REQUIRE(intact.found.damage == Damage::none);
  const std::vector<std::byte>& bytes = whole.at("log-00000001");
  const std::uint64_t last_batch = (bytes.size() - 1) / sector_bytes * sector_bytes;
  std::size_t reported = 0;
  for (std::uint64_t at = 0; at < last_batch; ++at) {
    Files damaged = whole;
    damaged.at("log-00000001")[at] ^= std::byte{0x10};
    const Reading read = read_back(damaged);
    if (read.found.damage == Damage::log) {
      ++reported;
    } else {
      // The space between batches holds nothing.
      BOOST_REQUIRE(read.found.damage == Damage::none);
      BOOST_REQUIRE(model_of(read.log) == model_of(intact.log));
    }
  }
  BOOST_TEST(reported > 5 * 64u);
}

BOOST_AUTO_TEST_CASE(a_missing_segment_is_damage) {
  Story story(64);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    story.append(Index{i}, 1, "entry");
    story.complete_all();
  }
  Files files = story.contents();
  BOOST_REQUIRE_EQUAL(files.erase("log-00000003"), 1u);
  BOOST_CHECK(read_back(files).found.damage == Damage::log);
}

BOOST_AUTO_TEST_CASE(a_misdirected_batch_is_not_taken_for_another) {
  Files files = quiet_disk();
  std::vector<std::byte>& bytes = files.at("log-00000001");
  std::copy(bytes.begin() + 512, bytes.begin() + 1'024, bytes.begin() + 1'024);
  BOOST_CHECK(read_back(files).found.damage == Damage::log);
}

void add_command(Log& log, const std::string& payload) {
  const ByteSpan bytes = as_bytes(payload);
  log.append({.term = Term{1},
              .hash = entry_hash(EntryKind::command, bytes),
              .payload = bytes,
              .kind = EntryKind::command});
}

/// A segment that begins with a base and one entry; then a second entry, linked as told.
Files linked_by(const std::function<void(BatchLink&)>& change) {
  Log log;
  for (int i = 0; i < 2; ++i)
    log.append(
        {.term = Term{1}, .hash = entry_hash(EntryKind::no_op, {}), .payload = {}, .kind = EntryKind::no_op});
  std::vector<std::byte> bytes;
  BatchLink link{.segment = 1, .offset = 0, .sequence = 1, .previous_hash = 0, .synced = {}};
  const auto follow = [&bytes, &link](std::uint64_t hash) {
    bytes.resize(next_sector(bytes.size()));
    link = {.segment = 1,
            .offset = bytes.size(),
            .sequence = link.sequence + 1,
            .previous_hash = hash,
            .synced = {}};
  };
  follow(encode_base(link, members, bytes));
  follow(encode_entries(link, log, Index{1}, Index{1}, bytes));
  change(link);
  encode_entries(link, log, Index{2}, Index{2}, bytes);
  return {{"log-00000001", bytes}};
}

BOOST_AUTO_TEST_CASE(a_batch_is_taken_only_as_the_next_link_of_the_chain_at_its_own_place) {
  BOOST_TEST(read_back(linked_by([](BatchLink&) {})).log.last() == Index{2});
  BOOST_TEST(read_back(linked_by([](BatchLink& link) { ++link.sequence; })).log.last() == Index{1});
  BOOST_TEST(read_back(linked_by([](BatchLink& link) { ++link.previous_hash; })).log.last() == Index{1});
  BOOST_TEST(read_back(linked_by([](BatchLink& link) { ++link.segment; })).log.last() == Index{1});
  BOOST_TEST(read_back(linked_by([](BatchLink& link) { link.offset += 512; })).log.last() == Index{1});
}

// It is the next link, and intact; but what it says to stand behind is another log than the one before it.
BOOST_AUTO_TEST_CASE(a_batch_that_stands_behind_another_log_makes_no_sense) {
  for (const bool another : {false, true}) {
    Log log;
    Log other;
    for (Log* each : {&log, &other}) {
      const std::string payload = each == &other && another ? "b" : "a";
      add_command(*each, payload);
      add_command(*each, "c");
    }
    std::vector<std::byte> bytes;
    BatchLink link{.segment = 1, .offset = 0, .sequence = 1, .previous_hash = 0, .synced = {}};
    const auto follow = [&](std::uint64_t hash) {
      bytes.resize(next_sector(bytes.size()));
      link.offset = bytes.size();
      ++link.sequence;
      link.previous_hash = hash;
    };
    follow(encode_base(link, members, bytes));
    follow(encode_entries(link, log, Index{1}, Index{1}, bytes));
    encode_entries(link, other, Index{2}, Index{2}, bytes);
    const Reading read = read_back({{"log-00000001", bytes}});
    BOOST_CHECK(read.found.damage == (another ? Damage::log : Damage::none));
    BOOST_TEST(read.log.last() == Index{another ? 1u : 2u});
  }
}

BOOST_AUTO_TEST_CASE(no_byte_of_the_hard_states_can_rot_unseen) {
  Story story(65'536);
  for (int i = 0; i < 3; ++i) {
    story.raise_term();
    story.complete_all();
  }
  story.append(Index{1}, 1, "written when the hard states were durable");
  story.complete_all();
  const Files whole = story.contents();
  const Reading intact = read_back(whole);
  BOOST_REQUIRE(intact.found.damage == Damage::none);
  std::size_t reported = 0;
  for (std::size_t at = 0; at < whole.at("state").size(); ++at) {
    Files damaged = whole;
    damaged.at("state")[at] ^= std::byte{0x10};
    const Reading read = read_back(damaged);
    if (read.found.damage == Damage::hard_state) {
      ++reported;
    } else {
      // Older ones, and the space between, hold nothing that counts.
      BOOST_REQUIRE(read.found.damage == Damage::none);
      BOOST_REQUIRE((read.found.hard_state == intact.found.hard_state));
    }
  }
  BOOST_TEST(reported == state_slot_bytes);
}

BOOST_AUTO_TEST_CASE(a_hard_state_that_was_vouched_for_and_is_gone_is_damage) {
  Story story(65'536);
  story.raise_term();
  story.complete_all();
  story.append(Index{1}, 1, "written when the hard state was durable");
  story.complete_all();
  Files files = story.contents();
  files.at("state")[2 * sector_bytes + 20] ^= std::byte{1};
  BOOST_CHECK(read_back(files).found.damage == Damage::hard_state);
}

BOOST_AUTO_TEST_CASE(a_torn_last_batch_is_cut_and_said_so) {
  Files files = quiet_disk();
  files.at("log-00000001").back() ^= std::byte{1};
  const Reading read = read_back(files);
  BOOST_CHECK(read.found.damage == Damage::none);
  BOOST_TEST(read.log.last() == Index{4});
  BOOST_TEST(read.found.bytes_cut > 64u);
  BOOST_TEST(read.found.cursor.segment == 2u);
}

RC_BOOST_PROP(recovery_survives_any_bytes, (const std::vector<std::uint8_t>& noise)) {
  Files files = quiet_disk();
  std::vector<std::byte>& bytes = *rc::gen::arbitrary<bool>() ? files.at("log-00000001") : files.at("state");
  const auto start = *rc::gen::inRange<std::size_t>(0, bytes.size());
  for (std::size_t i = 0; i < noise.size() && start + i < bytes.size(); ++i) {
    bytes[start + i] = std::byte{noise[i]};
  }
  const Reading read = read_back(files);
  RC_ASSERT(read.log.last() <= Index{5});
}

BOOST_AUTO_TEST_CASE(segment_names_read_back) {
  BOOST_TEST(segment_name(1) == "log-00000001");
  for (const std::uint32_t number : {1u, 99'999'999u, 100'000'000u, 4'294'967'295u}) {
    BOOST_TEST(segment_number(segment_name(number)).value_or(0) == number);
  }
  for (const char* name :
       {"log-", "log-1", "log-0000000x", "log-00000000", "state", "log-99999999999", "log-000000001"}) {
    BOOST_TEST(!segment_number(name).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
