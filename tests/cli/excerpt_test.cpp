// `sim check` of a piece of a history: what is missing is run anew, and the verdict is that of the live run.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/temporary_folder.hpp"
#include "tests/cli/run_sim.hpp"

namespace raftsim {
namespace {

using nlohmann::json;
using tests::Ran;
using tests::run;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// From its first line to its evidence.
std::string told(const std::string& verdict) { return verdict.substr(0, verdict.find("\n  Also")); }

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// A recorded run in which a put took effect twice, whole and in pieces.
struct Recorded {
  Recorded() {
    live = run(begin + "--history " + path("whole.jsonl"));
    BOOST_REQUIRE(live.exit == 1);
    whole = lines_of(tests::read_file(path("whole.jsonl")));
    verdict = json::parse(run("--format jsonl " + begin + "--history never").out);
    for (std::size_t i = 0; i < whole.size() && violation == 0; ++i)
      if (has(whole[i], "{\"i\":" + verdict["event"].dump() + ",")) violation = i;
    BOOST_REQUIRE(violation > 10'000u);
    BOOST_REQUIRE(violation + 200 < whole.size());
  }

  std::string path(const std::string& name) const { return folder->path() + "/" + name; }
  /// A file of the header and `pieces` of the whole: from one line to before another.
  struct Piece {
    std::size_t from = 0, to = 0;
  };
  std::string cut(std::initializer_list<Piece> pieces) const {
    Lines lines{whole.front()};
    for (const Piece& p : pieces)
      for (std::size_t i = p.from; i < p.to; ++i) lines.push_back(whole[i]);
    return written(lines);
  }
  std::string written(const Lines& lines) const {
    std::ofstream out(path("piece.jsonl"));
    for (const std::string& line : lines) out << line << '\n';
    return path("piece.jsonl");
  }
  Lines around() const {
    const auto at = [this](std::size_t i) { return whole.begin() + static_cast<std::ptrdiff_t>(i); };
    Lines lines{whole.front()};
    lines.insert(lines.end(), at(violation - 500), at(violation + 100));
    return lines;
  }

  const std::string begin =
      "run bench/kv5.json --seed 1 --system bugs/no-dedup --check-determinism never --report never "
      "--set /limits/time=1500ms --set /record/keyframe_every=100 ";
  std::optional<cli::TemporaryFolder> folder = cli::TemporaryFolder::make();
  Ran live;
  Lines whole;
  json verdict;
  std::size_t violation = 0;  ///< its place in `whole`
};

BOOST_FIXTURE_TEST_SUITE(excerpt, Recorded)

BOOST_AUTO_TEST_CASE(a_piece_around_the_violation_tells_what_the_live_run_told) {
  const std::string piece = written(around());
  const Ran ran = run("check " + piece + " --report " + path("r.html"));
  BOOST_TEST(ran.exit == 1);
  BOOST_TEST(has(ran.out, told(live.out)), ran.out << "\nlive:\n" << live.out);
  BOOST_TEST(has(ran.out, "were run anew on bugs/no-dedup and judged. The "), ran.out);
  BOOST_TEST(has(ran.out, "What came later is not judged."), ran.out);
  BOOST_TEST(has(tests::read_file(path("r.html")), "<!doctype html>"));
  const json judged = json::parse(run("--format jsonl check " + piece).out);
  for (const char* same : {"property", "event", "t_ns", "sentence", "seed", "system"})
    BOOST_TEST(judged[same] == verdict[same], same);
  BOOST_TEST(judged["anew"]["first_event"].get<std::size_t>() > 1u);
  BOOST_TEST(judged["anew"]["events"].get<std::size_t>() > 500u);  // and keyframes, which are none
  BOOST_TEST(judged["anew"]["events"].get<std::size_t>() < 600u);
  BOOST_TEST(judged["events"] == judged["anew"]["last_event"]);
  BOOST_TEST(judged["ended"] == false);
  BOOST_TEST(judged["steps"].get<std::size_t>() > 0u);
  BOOST_TEST(!judged.contains("commits"));
}

BOOST_AUTO_TEST_CASE(what_is_broken_before_the_gap_is_told_though_the_rest_cannot_be_run) {
  const std::string piece = cut({{1, violation + 100}, {violation + 150, violation + 200}});
  const Ran forbidden = run("check --no-run " + piece);
  BOOST_TEST(forbidden.exit == 1);
  BOOST_TEST(has(forbidden.out, told(live.out)), forbidden.out);
  BOOST_TEST(has(forbidden.err, "judged up to the gap"), forbidden.err);
  const Ran nothing_before = run("check --no-run " + cut({{violation - 500, violation + 100}}));
  BOOST_TEST(nothing_before.exit == 3);
  BOOST_TEST(has(nothing_before.err, "--no-run forbids to run them anew"), nothing_before.err);
}

BOOST_AUTO_TEST_CASE(a_piece_before_the_violation_has_none) {
  const Ran ran = run("check " + cut({{violation - 500, violation}}));
  BOOST_TEST(ran.exit != 2, ran.err);
  BOOST_TEST(!has(ran.out, verdict["property"].get<std::string>() + " violated"), ran.out);
}

BOOST_AUTO_TEST_CASE(one_property_is_judged_where_one_is_asked_for) {
  const Ran ran = run("check --only log_matching " + written(around()));
  BOOST_TEST(ran.exit == 0, ran.out << ran.err);
  const Ran other = run("check --only exactly_once " + written(around()));
  BOOST_TEST(other.exit == 1);
}

BOOST_AUTO_TEST_CASE(with_its_end_a_piece_is_the_whole_run) {
  const std::string piece = cut({{300, 400}, {violation, violation + 10}, {whole.size() - 50, whole.size()}});
  const json judged = json::parse(run("--format jsonl check " + piece).out);
  for (const char* same :
       {"hash", "events", "steps", "messages", "commits", "sim_ns", "violations", "faults"})
    BOOST_TEST(judged[same] == verdict[same], same);
  BOOST_TEST(judged["ended"] == true);
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_middle_is_filled) {
  const Ran ran = run("check " + cut({{1, 300}, {violation - 10, violation + 10}}));
  BOOST_TEST(ran.exit == 1);
  BOOST_TEST(has(ran.out, told(live.out)), ran.out);
  BOOST_TEST(has(ran.out, "(1 to "), ran.out);
}

BOOST_AUTO_TEST_CASE(an_event_that_another_run_made_is_shown_and_nothing_is_judged) {
  Lines lines = around();
  const std::size_t at = lines[300].find(",\"s\":");
  BOOST_REQUIRE(at != std::string::npos);
  lines[300].insert(at + 5, "1");
  const Ran ran = run("check " + written(lines) + " --report " + path("r.html"));
  BOOST_TEST(ran.exit == 3);
  BOOST_TEST(has(ran.out, "is another one than in the file"), ran.out);
  BOOST_TEST(has(ran.out, "    file  " + lines[300] + "\n"), ran.out);
  BOOST_TEST(has(ran.out, "    anew  " + around()[300] + "\n"), ran.out);
  BOOST_TEST(has(ran.out, "The file was changed, or bugs/no-dedup is not what it was then."), ran.out);
  BOOST_TEST(!has(ran.out, "0 steps"), ran.out);
  BOOST_TEST(has(ran.err, "there is nothing to draw"), ran.err);
  const json judged = json::parse(run("--format jsonl check " + written(lines)).out);
  BOOST_TEST(judged["verdict"] == "unknown");
  BOOST_TEST(has(judged["anew"]["obstacle"].get<std::string>(), "is another one than in the file"));
}

BOOST_AUTO_TEST_CASE(another_layout_is_the_same_event) {
  Lines lines = around();
  for (std::string& line : lines)
    if (line.starts_with("{\"i\":")) line = json::parse(line).dump();  // keys in order of the alphabet
  const Ran ran = run("check " + written(lines));
  BOOST_TEST(ran.exit == 1, ran.out << ran.err);
  BOOST_TEST(has(ran.out, told(live.out)), ran.out);
}

BOOST_AUTO_TEST_CASE(what_the_run_never_comes_to_is_of_another_run) {
  Lines lines = around();
  lines.push_back(R"({"i":987654321,"t":9000000000000,"k":"note","s":900000})");
  const Ran ran = run("check " + written(lines));
  BOOST_TEST(ran.exit == 3);
  BOOST_TEST(has(ran.out, "ends before event 987654321, which the file holds"), ran.out);
}

BOOST_AUTO_TEST_CASE(an_end_with_another_hash_is_of_another_run) {
  Lines lines = around();
  std::string end = whole.back();
  char& digit = end[end.find("\"hash\":\"") + 8];
  digit = digit == '0' ? '1' : '0';
  lines.push_back(end);
  const Ran ran = run("check " + written(lines));
  BOOST_TEST(ran.exit == 3);
  BOOST_TEST(has(ran.out, "the run has another hash than the file's end record says"), ran.out);
}

BOOST_AUTO_TEST_CASE(a_system_that_is_not_there_makes_nothing_anew) {
  Lines lines = around();
  std::string& header = lines.front();
  for (std::size_t at = 0; (at = header.find("bugs/no-dedup")) != std::string::npos;)
    header.replace(at, 13, "gone/elsewhere.so");
  const Ran ran = run("check " + written(lines));
  BOOST_TEST(ran.exit == 3);
  BOOST_TEST(has(ran.out, "system \"gone/elsewhere.so\": there is no such file"), ran.out);
}

BOOST_AUTO_TEST_CASE(a_piece_that_is_wrong_says_what_to_do) {
  const auto refused = [&](const Lines& lines, const std::string& why) {
    const Ran ran = run("check " + written(lines));
    BOOST_TEST(ran.exit == 2);
    BOOST_TEST(has(ran.err, why), ran.err);
  };
  Lines lines = around();
  lines.erase(lines.begin());
  refused(lines, "keep line 1 of the whole history");
  lines[0] = lines[0].substr(lines[0].size() / 2);
  refused(lines, "take this line out, and keep line 1");
  lines = around();
  lines[0] = lines[0].substr(0, lines[0].size() / 2);
  refused(lines, "line 1 of a history is needed whole");
  lines = around();
  lines[1] = lines[1].substr(lines[1].size() / 2);
  refused(lines,
          ":2: not a JSON object; if line 2 is what is left of a line that was cut in half, take it out");
  lines = around();
  lines[300] = lines[300].substr(0, lines[300].find("\"k\":") + 4) + "}";
  refused(lines, ":301: not a JSON object");
  lines = around();
  std::swap(lines[300], lines[301]);
  refused(lines, "out of order");
}

BOOST_AUTO_TEST_CASE(a_piece_that_breaks_off_is_judged_as_far_as_it_goes) {
  const std::string piece = written(around());
  const std::string text = tests::read_file(piece);
  std::ofstream(piece) << text.substr(0, text.size() - 20);
  const Ran ran = run("check " + piece);
  BOOST_TEST(ran.exit == 1);
  BOOST_TEST(has(ran.out, told(live.out)), ran.out);
  BOOST_TEST(has(ran.err, "cut off within a line; judged as far as it goes"), ran.err);
}

BOOST_AUTO_TEST_CASE(who_wants_all_of_a_history_is_told_who_does_not) {
  for (const char* command : {"replay ", "report "}) {
    const Ran ran = run(command + written(around()));
    BOOST_TEST(ran.exit == 2);
    BOOST_TEST(has(ran.err, "events are missing (sim check runs them anew)"), ran.err);
  }
}

BOOST_AUTO_TEST_CASE(what_events_tell_is_counted_where_no_end_does) {
  Lines lines = whole;
  lines.pop_back();
  const json judged = json::parse(run("--format jsonl check " + written(lines)).out);
  for (const char* same : {"events", "messages", "operations_ok", "operations_failed", "operations_unknown",
                           "elections", "crashes", "wakes", "hash"})
    BOOST_TEST(judged[same] == verdict[same], same);
  BOOST_TEST(judged["steps"].get<std::size_t>() > verdict["steps"].get<std::size_t>() - 10);
  BOOST_TEST(judged["steps"].get<std::size_t>() <= verdict["steps"].get<std::size_t>());
  BOOST_TEST(!judged.contains("commits"));
  BOOST_TEST(judged["ended"] == false);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_piece_of_a_run_that_crashed_is_judged_up_to_the_crash) {
  const std::optional<cli::TemporaryFolder> folder = cli::TemporaryFolder::make();
  const std::string history = folder->path() + "/h.jsonl", piece = folder->path() + "/p.jsonl";
  const std::string module = std::string(RAFTSIM_MISBEHAVING) + "/dereference_null.so";
  const Ran live =
      run("run scenarios/leader_crash.json --seed 42 --check-determinism never --report never --system " +
          module + " --history " + history);
  BOOST_REQUIRE(live.exit == 1);
  const Lines whole = lines_of(tests::read_file(history));
  const auto cut = [&](std::size_t from, std::size_t to) {
    std::ofstream out(piece);
    out << whole.front() << '\n';
    for (std::size_t i = from; i < to; ++i) out << whole[i] << '\n';
  };
  cut(10, whole.size() - 1);  // all but its end record
  const Ran ran = run("check " + piece);
  BOOST_TEST(ran.exit == 1);
  const std::size_t line = live.out.find('\n');
  BOOST_TEST(has(ran.out, live.out.substr(0, line)), ran.out << ran.err << "\nlive:\n" << live.out);
  BOOST_TEST(has(ran.out, "were run anew"), ran.out);
  // Cut off between what the last step did and its crash: the file does not tell of it, and cannot be judged.
  cut(10, whole.size() - 2);
  const Ran before = run("check " + piece);
  BOOST_TEST(before.exit == 3);
  BOOST_TEST(has(before.out, "run anew, the run ends in a crash"), before.out << before.err);
  BOOST_TEST(has(before.out, "crashed in step"), before.out);
}

}  // namespace
}  // namespace raftsim
