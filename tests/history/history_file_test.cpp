#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "history/reader.hpp"
#include "history/run_info_json.hpp"
#include "history/utf8.hpp"
#include "history/writer.hpp"
#include "tests/history/arbitrary.hpp"
#include "tests/history/samples.hpp"
#include "tests/print.hpp"

namespace raftsim::history {
namespace {

namespace fs = std::filesystem;

/// A directory of its own, gone at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "raftsim-history-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Scratch() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator{}));
  }

 private:
  fs::path path_;
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class Collector final : public Observer {
 public:
  EventKinds kinds() const override { return EventKinds::all(); }
  void on_event(const Event& event, const Details& details) override {
    events.push_back(event);
    all_details.emplace_back(details);
  }
  std::vector<Event> events;
  std::vector<OwnedDetails> all_details;
};

HistoryHeader header() {
  HistoryHeader h;
  h.tool = "sim 0.1.0+1a2b3c4";
  h.seed = 42;
  h.scenario = R"({"format":"raftsim/scenario@1","name":"leader_crash"})";
  h.run.scenario = "leader_crash";
  h.run.seed = 42;
  for (std::uint64_t n = 1; n <= 5; ++n) h.run.nodes.push_back({NodeId{n}, "raft", {}, {}, false});
  return h;
}

using Happened = std::vector<std::pair<Event, OwnedDetails>>;

Happened sample_events() {
  Happened all;
  for (const Sample& s : samples()) all.emplace_back(s.event, s.details);
  return all;
}

/// Writes and returns the hash of what was written.
Hash128 record(const Happened& happened, const std::string& path, WriterOptions options = {}) {
  Journal journal;
  HistoryWriter writer(path, header(), options);
  journal.subscribe(writer);
  for (const auto& [event, details] : happened) {
    Event copy = event;
    journal.emit(copy, details.view());
  }
  RunResult result;
  result.scenario = "leader_crash";
  result.wall_ns = 12345;
  const auto error = writer.finish(journal.hash().digest(), result);
  BOOST_TEST(!error.has_value(), (error ? error->text() : ""));
  return journal.hash().digest();
}

std::string recorded(const Happened& happened, const std::string& name = "h.jsonl") {
  const Scratch scratch;
  record(happened, scratch.file(name));
  return content(scratch.file(name));
}

struct Played {
  Collector seen;
  Journal journal;
  std::optional<HistoryEnd> end;
  std::optional<HistoryError> error;
};

void play(std::variant<HistoryReader, HistoryError> opened, Played& out) {
  out.journal.subscribe(out.seen);
  if (auto* error = std::get_if<HistoryError>(&opened)) {
    out.error = *error;
    return;
  }
  auto ended = std::get<HistoryReader>(opened).play(out.journal);
  if (auto* error = std::get_if<HistoryError>(&ended))
    out.error = *error;
  else
    out.end = std::get<HistoryEnd>(ended);
}

void play_bytes(const std::string& bytes, Played& out) {
  play(HistoryReader::from_bytes("h.jsonl", bytes), out);
}

std::string first_line() { return recorded({}).substr(0, recorded({}).find('\n') + 1); }

}  // namespace

BOOST_AUTO_TEST_SUITE(history_file)

BOOST_AUTO_TEST_CASE(an_event_is_one_line_of_canonical_json) {
  const std::vector<Sample> all = samples();
  std::string text;
  append_json(all[0].event, all[0].details.view(), text);
  BOOST_TEST(
      text ==
      R"({"i":1,"t":3396100000,"n":"n5","k":"send","m":9121,"to":"n2","type":"RequestVoteResp","term":7,)"
      R"("match":3,"granted":true,"gated":true,"bytes":65535,)"
      R"("message":{"type":"RequestVoteResp","term":7,"granted":true},)"
      R"("c":[0,3,18364758544493064720],"s":4711})");
}

BOOST_AUTO_TEST_CASE(what_is_read_is_what_was_written_plain_and_compressed) {
  const Scratch scratch;
  for (const char* name : {"h.jsonl", "h.jsonl.zst"}) {
    const Hash128 hash = record(sample_events(), scratch.file(name));
    Played back;
    play(HistoryReader::open(scratch.file(name)), back);
    BOOST_REQUIRE_MESSAGE(back.end.has_value(), (back.error ? back.error->text() : ""));
    BOOST_TEST((back.end->hash == hash));
    BOOST_TEST((back.journal.hash().digest() == hash));
    BOOST_TEST(back.end->events == samples().size());
    BOOST_REQUIRE(back.end->result.has_value());
    BOOST_TEST(back.end->result->scenario == "leader_crash");
    BOOST_REQUIRE(back.seen.events.size() == samples().size());
    for (std::size_t i = 0; i < back.seen.events.size(); ++i) {
      const Sample s = samples()[i];
      BOOST_TEST((back.seen.all_details[i] == s.details), s.line);
      BOOST_TEST(std::memcmp(back.seen.events[i].words, s.event.words, sizeof s.event.words) == 0, s.line);
      BOOST_TEST((back.seen.events[i].node == s.event.node), s.line);
      BOOST_TEST(back.seen.events[i].cause == s.event.cause);
      BOOST_TEST(back.seen.events[i].time == s.event.time);
      BOOST_TEST(back.seen.events[i].step == s.event.step);
    }
  }
  BOOST_TEST(fs::file_size(scratch.file("h.jsonl.zst")) < fs::file_size(scratch.file("h.jsonl")) / 2);
}

BOOST_AUTO_TEST_CASE(a_history_longer_than_all_buffers_reads_back) {
  Happened many;
  while (many.size() < 20'000)
    for (auto& happened : sample_events()) many.push_back(std::move(happened));
  const Scratch scratch;
  for (const char* name : {"h.jsonl", "h.jsonl.zst"}) {
    const Hash128 hash = record(many, scratch.file(name));
    Played back;
    play(HistoryReader::open(scratch.file(name)), back);
    BOOST_REQUIRE_MESSAGE(back.end.has_value(), (back.error ? back.error->text() : ""));
    BOOST_TEST((back.journal.hash().digest() == hash), name);
  }
}

BOOST_AUTO_TEST_CASE(only_well_formed_utf8_stands_in_a_string_as_it_is) {
  for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    BOOST_TEST(is_utf8(good), good);
  for (const char* bad : {"\x80", "\xC3", "\xC1\x81", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82", "\xE2\x82z",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    BOOST_TEST(!is_utf8(bad));
}

BOOST_AUTO_TEST_CASE(a_deeply_nested_line_is_refused_before_it_is_built) {
  const auto parse = [](std::size_t depth) {
    Event event;
    OwnedDetails details;
    const std::string nested = std::string(depth, '[') + std::string(depth, ']');
    return parse_event(R"({"i":1,"t":0,"k":"pause","text":"[[{{\"[[","x":)" + nested + "}", event, details);
  };
  BOOST_TEST(!parse(63).has_value());
  BOOST_TEST(parse(64).has_value());
}

BOOST_AUTO_TEST_CASE(any_events_of_every_kind_survive_the_way_to_text_and_back) {
  const bool held = rc::check("round trip", [] {
    Journal journal;
    std::string lines;
    Journal rebuilt;
    for (int n = 0; n < 20; ++n) {
      Event event = any_event();
      const OwnedDetails details = any_details();
      journal.emit(event, details.view());
      std::string line;
      append_json(event, details.view(), line);
      Event read;
      OwnedDetails read_details;
      const auto wrong = parse_event(line, read, read_details);
      if (wrong) RC_FAIL(*wrong + " in " + line);
      if (!(read_details == details)) RC_FAIL("other details: " + line);
      rebuilt.emit(read, read_details.view());
      if (std::memcmp(&read, &event, sizeof event) != 0) RC_FAIL("another event: " + line);
    }
    RC_ASSERT(journal.hash().digest() == rebuilt.hash().digest());
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(the_header_comes_back) {
  auto opened = HistoryReader::from_bytes("h", recorded({}));
  BOOST_REQUIRE(std::holds_alternative<HistoryReader>(opened));
  const HistoryHeader& h = std::get<HistoryReader>(opened).header();
  BOOST_TEST(h.tool == header().tool);
  BOOST_TEST(h.seed == 42u);
  BOOST_TEST(h.scenario == header().scenario);
  BOOST_TEST(to_json(h.run) == to_json(header().run));
}

BOOST_AUTO_TEST_CASE(the_same_run_writes_the_same_bytes_and_nothing_of_the_host) {
  const std::string one = recorded(sample_events());
  BOOST_TEST(one == recorded(sample_events()));
  BOOST_TEST(one.find("12345") == std::string::npos);
  const std::string packed = recorded(sample_events(), "h.zst");
  BOOST_TEST(packed == recorded(sample_events(), "h.zst"));
}

BOOST_AUTO_TEST_CASE(keyframes_tell_all_nodes_and_do_not_change_the_hash) {
  const Scratch scratch;
  const Hash128 with = record(sample_events(), scratch.file("with"), {.keyframe_every = 5});
  const Hash128 without = record(sample_events(), scratch.file("without"), {.keyframe_every = std::nullopt});
  BOOST_TEST((with == without));
  const std::string text = content(scratch.file("with"));
  BOOST_TEST(text.find(R"({"k":"keyframe","i":15,"t":3396100000,"nodes":[{"n":"n1",)") != std::string::npos);
  BOOST_TEST(content(scratch.file("without")).find("keyframe") == std::string::npos);
  Played back;
  play_bytes(text, back);
  BOOST_TEST((back.journal.hash().digest() == with));
}

BOOST_AUTO_TEST_CASE(a_history_gets_its_name_only_when_it_is_whole) {
  const Scratch scratch;
  {
    HistoryWriter writer(scratch.file("h.jsonl"), header());
    BOOST_TEST(!fs::exists(scratch.file("h.jsonl")));
    BOOST_TEST(scratch.files() == 1u);
  }
  BOOST_TEST(scratch.files() == 0u);
  record({}, scratch.file("h.jsonl"));
  BOOST_TEST(fs::exists(scratch.file("h.jsonl")));
  BOOST_TEST(scratch.files() == 1u);
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_be_written_is_an_error_with_path_and_reason) {
  HistoryWriter writer("/nowhere/at/all.jsonl", header());
  Event e;
  writer.on_event(e, {});
  const auto error = writer.finish({}, {});
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->text() == "/nowhere/at/all.jsonl: cannot be created: No such file or directory");
  const Scratch scratch;
  fs::create_directory(scratch.file("taken"));
  HistoryWriter blocked(scratch.file("taken"), header());
  const auto named = blocked.finish({}, {});
  BOOST_REQUIRE(named.has_value());
  BOOST_TEST(named->what.starts_with("cannot be named: "), named->what);
  BOOST_TEST(scratch.files() == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_not_a_short_history) {
  if (!fs::exists("/dev/full")) return;
  const Scratch scratch;
  // The temporary name leads to a device that is always full.
  const std::string path = scratch.file("h.jsonl");
  fs::create_symlink("/dev/full", path + ".part" + std::to_string(getpid()));
  HistoryWriter writer(path, header());
  const auto error = writer.finish({}, {});
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->what == "cannot be written: No space left on device");
  BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error_with_path_and_reason) {
  Played back;
  play(HistoryReader::open("/nowhere/h.jsonl"), back);
  BOOST_REQUIRE(back.error.has_value());
  BOOST_TEST(back.error->text() == "/nowhere/h.jsonl: cannot be opened: No such file or directory");
  Played directory;
  play(HistoryReader::open("/"), directory);
  BOOST_REQUIRE(directory.error.has_value());
  BOOST_TEST(directory.error->text() == "/: cannot be read: Is a directory");
}

BOOST_AUTO_TEST_CASE(a_truncated_history_says_so_and_shows_what_it_has) {
  for (const char* name : {"h.jsonl", "h.jsonl.zst"}) {
    const std::string whole = recorded(sample_events(), name);
    // Each length near the end: there, all events may be told and only a checksum is missing.
    const std::size_t tail = whole.size() - 20;
    for (std::size_t length = 0; length < whole.size(); length += length < tail ? 7 : 1) {
      Played back;
      play_bytes(whole.substr(0, length), back);
      BOOST_REQUIRE_MESSAGE(back.error.has_value(), name << " cut to " << length);
      BOOST_TEST((back.error->kind == HistoryError::Kind::truncated),
                 name << " cut to " << length << ": " << back.error->text());
    }
  }
  const std::string whole = recorded(sample_events());
  Played back;
  play_bytes(whole.substr(0, whole.rfind("{\"k\":\"end\"")), back);
  BOOST_TEST(back.seen.events.size() == samples().size());
  const std::string cut =
      fmt::format("the history is cut off after event {}: no end record", samples().size());
  BOOST_TEST(back.error->text().ends_with(cut), back.error->text());
}

BOOST_AUTO_TEST_CASE(another_major_version_is_refused_naming_the_one_needed) {
  Played back;
  play_bytes("{\"format\":\"raftsim/history@2\"}\n", back);
  BOOST_TEST((back.error->kind == HistoryError::Kind::version));
  BOOST_TEST(
      back.error->text() ==
      "h.jsonl:1: this is raftsim/history@2; this version reads raftsim/history@1: a version that knows "
      "raftsim/history@2 is needed");
}

BOOST_AUTO_TEST_CASE(what_is_no_history_is_refused_with_its_line) {
  const auto error_of = [](const std::string& bytes) {
    Played back;
    play_bytes(bytes, back);
    return back.error ? back.error->text() : "no error";
  };
  BOOST_TEST(error_of("") == "h.jsonl: an empty file, not a history");
  BOOST_TEST(error_of("\n") == "h.jsonl:1: not a history: no JSON header");
  BOOST_TEST(error_of("{\"format\":\"raftsim/repro@1\"}\n").find("format \"raftsim/repro@1\", expected") !=
             std::string::npos);
  BOOST_TEST(error_of("{\"format\":\"raftsim/history@1\"}\n") == "h.jsonl:1: a header without run");
  const std::string h = first_line();
  BOOST_TEST(
      error_of(h + "\n") ==
      "h.jsonl:2: not a JSON object; if line 2 is what is left of a line that was cut in half, take it out");
  BOOST_TEST(error_of(h + "{\"i\":1}\n") == "h.jsonl:2: an event without t");
  BOOST_TEST(error_of(h + R"({"i":1,"t":0,"k":"bang"})"
                          "\n") == "h.jsonl:2: k: expected a name such as send");
  BOOST_TEST(error_of(h + R"({"i":2,"t":0,"k":"pause"})"
                          "\n") == "h.jsonl:2: event 2 where 1 is due: events are missing");
  BOOST_TEST(error_of(h + R"({"i":1,"t":0,"k":"send","bytes":65536})"
                          "\n") == "h.jsonl:2: bytes: expected a smaller number");
  BOOST_TEST(error_of(h + R"({"i":1,"t":0,"k":"role","role":"king"})"
                          "\n") == "h.jsonl:2: role: expected a name such as follower");
  BOOST_TEST(error_of(h + R"({"i":1,"t":0,"k":"write","labels":[{"odd":1}]})"
                          "\n") ==
             "h.jsonl:2: labels[0]: expected a label: hard_state, entries, truncate_from or snapshot");
  BOOST_TEST(error_of(h + R"({"k":"end","events":3,"hash":"00000000000000000000000000000000"})"
                          "\n") == "h.jsonl:2: the end record tells of 3 events, there were 0");
  BOOST_TEST(error_of(h + "{\"k\":\"end\"}\n") == "h.jsonl:2: expected an end record with events and hash");
  BOOST_TEST(error_of(recorded({}) + "more\n") == "h.jsonl:3: more lines after the end record");
}

BOOST_AUTO_TEST_CASE(unknown_fields_and_another_order_of_keys_are_read) {
  const std::string h = first_line();
  Played back;
  play_bytes(h + "{\"k\":\"vote\",\"colour\":\"red\",\"now\":\"n2\",\"t\":5,\"n\":\"n1\",\"i\":1}\n"
                 "{\"hash\":\"00000000000000000000000000000000\",\"events\":1,\"new\":{},\"k\":\"end\"}\n",
             back);
  BOOST_REQUIRE_MESSAGE(back.end.has_value(), (back.error ? back.error->text() : ""));
  BOOST_TEST(back.seen.events.at(0).change.now == 2u);
  BOOST_TEST(!back.end->result.has_value());
}

BOOST_AUTO_TEST_CASE(a_line_without_end_is_refused_before_it_fills_the_memory) {
  Played plain;
  play_bytes(first_line() + std::string(history_line_bytes_max + 2, 'x'), plain);
  BOOST_TEST(plain.error->text() == "h.jsonl:2: a line of more than 4194304 bytes");
  const Scratch scratch;
  HistoryHeader bomb = header();
  bomb.scenario = "\"" + std::string(64 << 20, 'x') + "\"";
  HistoryWriter writer(scratch.file("bomb.zst"), bomb);
  BOOST_REQUIRE(!writer.finish({}, {}).has_value());
  BOOST_TEST(fs::file_size(scratch.file("bomb.zst")) < 100'000u);
  Played packed;
  play(HistoryReader::open(scratch.file("bomb.zst")), packed);
  BOOST_TEST(packed.error->what == "a line of more than 4194304 bytes");
}

BOOST_AUTO_TEST_CASE(damage_anywhere_is_an_error_or_another_hash_but_never_a_crash) {
  for (const char* name : {"h.jsonl", "h.jsonl.zst"}) {
    const std::string whole = recorded(sample_events(), name);
    Played intact;
    play_bytes(whole, intact);
    const bool held = rc::check("mutations", [&] {
      std::string bytes = whole;
      for (int n = *rc::gen::inRange(1, 4); n > 0; --n) {
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        const auto kind = *rc::gen::inRange(0, 4);
        const std::string_view vocabulary = "{}[]\",:0123456789abnx\\\n\xFF";
        if (kind == 0) bytes[at] = *rc::gen::arbitrary<char>();
        if (kind == 1) bytes[at] = vocabulary[*rc::gen::inRange<std::size_t>(0, vocabulary.size())];
        if (kind == 2) bytes.erase(at, *rc::gen::inRange<std::size_t>(1, 40));
        if (kind == 3) bytes.insert(at, bytes.substr(*rc::gen::inRange<std::size_t>(0, bytes.size()), 40));
      }
      Played back;
      play_bytes(bytes, back);
      RC_ASSERT(back.error.has_value() != back.end.has_value());
      if (back.error) RC_ASSERT(!back.error->text().empty());
    });
    BOOST_TEST(held, name);
  }
}

BOOST_AUTO_TEST_CASE(garbage_is_refused) {
  BOOST_TEST(rc::check("garbage", [](const std::string& bytes) {
    Played back;
    play_bytes(bytes, back);
    RC_ASSERT(back.error.has_value());
    Played zst;
    play_bytes("\x28\xB5\x2F\xFD" + bytes, zst);
    RC_ASSERT(zst.error.has_value());
    Event event;
    OwnedDetails details;
    RC_ASSERT(parse_event(bytes, event, details).has_value());
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
