// Where `sim` writes, what it says of runs that were not whole, and what replaying a history takes and
// refuses.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>

#include "run_sim.hpp"

namespace raftsim::tests {
namespace {
namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("raftsim-outputs-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

const std::string plain = "run scenarios/leader_crash.json --seed 42 --check-determinism never ";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_report_goes_into_a_pipe_and_leaves_it_one, Folder) {
  const std::string pipe = *this / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string read;
  std::thread reader([&] { read = read_file(pipe); });
  const Ran ran = run(plain + "--until 1s --report " + pipe);
  reader.join();
  BOOST_TEST(ran.exit == 0);
  BOOST_TEST(fs::is_fifo(pipe));
  BOOST_TEST(has(read, "<!doctype html>"));
}

BOOST_FIXTURE_TEST_CASE(a_link_stays_one_and_what_it_leads_to_is_replaced, Folder) {
  std::ofstream(*this / "real.html") << "old";
  fs::create_symlink("real.html", *this / "link.html");
  BOOST_TEST(run(plain + "--until 1s --report " + (*this / "link.html")).exit == 0);
  BOOST_TEST(fs::is_symlink(*this / "link.html"));
  BOOST_TEST(has(read_file(*this / "real.html"), "<!doctype html>"));
}

BOOST_AUTO_TEST_CASE(what_a_setting_sets_may_be_empty) {
  for (const std::string set : {"--set=/description=", "--set /description="})
    BOOST_TEST(run("run scenarios/leader_crash.json --until 0s --report never " + set).exit == 0);
}

BOOST_AUTO_TEST_CASE(a_history_without_a_folder_is_written_here) {
  const std::string name = "raftsim-here-" + std::to_string(::getpid()) + ".jsonl";
  const Ran ran = run(plain + "--until 100ms --history " + name);
  BOOST_TEST(ran.exit == 0, ran.err);
  BOOST_TEST(run("check " + name).exit == 0);
  BOOST_TEST(run("report " + name + " -o /dev/null").exit == 0);
  BOOST_TEST(fs::is_character_file("/dev/null"));
  BOOST_TEST(!run("replay " + name + " --until 50ms").err.empty());
  fs::remove(fs::path(RAFTSIM_SOURCE_DIR) / name);
}

BOOST_AUTO_TEST_CASE(without_a_temporary_folder_the_summary_is_still_printed) {
  const Ran ran = run("run scenarios/figure8.json --seeds 1..2", "TMPDIR=/nonexistent");
  BOOST_TEST(ran.exit == 74);
  BOOST_TEST(has(ran.out, "PASS  2 runs"));
  BOOST_TEST(has(ran.err, "TMPDIR"));
}

BOOST_AUTO_TEST_CASE(what_is_expected_of_the_end_is_not_judged_of_a_run_that_is_stopped) {
  const Ran ran = run("-v " + plain + "--until 1s");
  BOOST_TEST(ran.exit == 0);
  BOOST_TEST(has(ran.out, "what is expected of the end was not judged"), ran.out);
}

BOOST_AUTO_TEST_CASE(runs_that_were_not_begun_are_counted) {
  const Ran ran =
      run("run scenarios/leader_crash.json --seeds 1..40 -j 1 --fail-fast --system bugs/vote-not-durable "
          "--check-determinism never --report never --history never");
  BOOST_TEST(ran.exit == 1);
  BOOST_TEST(has(ran.out, " more not run"), ran.out);
}

BOOST_FIXTURE_TEST_CASE(a_goal_that_no_run_reaches_can_be_asked_for, Folder) {
  const std::string goal =
      R"(--set '/expect/sometimes=[{"name": "never here", "that": {"commit": {"ge": 1000000}}}]')";
  const std::string two = "run scenarios/figure8.json --seeds 1..2 --check-determinism never " + goal;
  const Ran told = run(two);
  BOOST_TEST(told.exit == 0, told.err);
  const Ran asked = run(two + " --require-goals");
  BOOST_TEST(asked.exit == 3);
  BOOST_TEST(has(asked.err, "\"never here\" came about in none of 2 runs"), asked.err);
}

BOOST_AUTO_TEST_CASE(a_trace_tells_how_long_a_message_was_under_way_and_that_it_overtook_another) {
  const std::string chaos =
      "-q run scenarios/message_chaos.json --seed 1 --until 1s --check-determinism never --report never "
      "--history never --trace";
  const Ran all = run(chaos);
  const Ran received = run(chaos + "=recv");
  BOOST_TEST(has(all.out, "send to"));
  BOOST_TEST(has(all.out, "ms under way)\n"));
  BOOST_TEST(has(all.out, "ms under way, overtook another)\n"));
  // What is not shown is followed all the same.
  BOOST_TEST(!has(received.out, "send to"));
  BOOST_TEST(has(received.out, "ms under way, overtook another)\n"));
}

BOOST_AUTO_TEST_CASE(a_trace_among_json_is_refused) {
  const Ran ran = run("--format json " + plain + "--trace");
  BOOST_TEST(ran.exit == 2);
  BOOST_TEST(has(ran.err, "--trace prints lines for people"), ran.err);
}

BOOST_FIXTURE_TEST_CASE(a_history_is_replayed_as_it_was_recorded, Folder) {
  const std::string history = *this / "h.jsonl";
  BOOST_REQUIRE(run(plain + "--until 1s --history " + history).exit == 0);
  const Ran same = run("replay " + history + " --report " + (*this / "r.html"));
  BOOST_TEST(same.exit == 0);
  BOOST_TEST(has(same.out, "reproduced: the history hash is"), same.out << same.err);
  BOOST_TEST(fs::exists(*this / "r.html"));
  for (const char* flag : {"--until 2s", "--system raft", "--set /cluster/nodes=3"}) {
    const Ran refused = run("replay " + history + " " + flag);
    BOOST_TEST(refused.exit == 2);
    BOOST_TEST(has(refused.err, "a history is replayed as it was recorded"), refused.err);
  }
  std::string changed = read_file(history);
  const std::size_t at = changed.find("\"k\":\"timer_set\"");
  BOOST_REQUIRE(at != std::string::npos);
  const std::size_t term = changed.find("\"t\":", changed.rfind('\n', at)) + 4;
  changed.insert(term, "1");
  std::ofstream(history) << changed;
  for (const std::string& command :
       {"replay " + history, "check " + history, "report " + history + " -o " + (*this / "x.html")}) {
    const Ran refused = run(command);
    BOOST_TEST(refused.exit == 2, command);
    BOOST_TEST(has(refused.err, "the file was changed"), refused.err);
  }
}

BOOST_FIXTURE_TEST_CASE(a_replayed_history_is_reproduced_by_its_own_line_and_overwrites_nothing, Folder) {
  const std::string out = " --out " + (*this / "out");
  const Ran failing =
      run("run scenarios/leader_crash.json --seed 7 --system bugs/vote-not-durable --set /cluster/nodes=3 "
          "--check-determinism never" +
          out);
  BOOST_REQUIRE(failing.exit == 1);
  const auto told = [](const Ran& ran, const char* pattern) {
    std::smatch found;
    BOOST_REQUIRE(std::regex_search(ran.out, found, std::regex(pattern)));
    return found[1].str();
  };
  const std::string history = told(failing, "history +(.*)"), report = told(failing, "report +(.*)#e");
  std::ofstream(report) << "kept";
  const Ran replayed = run("replay " + history + out);
  BOOST_TEST(replayed.exit == 1);
  BOOST_TEST(!has(replayed.out, "report  "), replayed.out);
  const Ran pasted = run(told(replayed, "reproduce +sim (replay [^\n#]*)"));
  BOOST_TEST(pasted.exit == 1);
  BOOST_TEST(pasted.out == replayed.out);
  const Ran drawn = run("replay " + history + " --report always --history always" + out);
  BOOST_TEST(drawn.exit == 1);
  BOOST_TEST(has(read_file(told(drawn, "report +(.*)#e")), "replay " + history));
  BOOST_TEST(read_file(report) == "kept");
  BOOST_TEST(run("report " + history + " -o " + (*this / "r.html")).exit == 0);
  BOOST_TEST(has(read_file(*this / "r.html"), "replay " + history));
}

BOOST_FIXTURE_TEST_CASE(what_another_process_is_recording_is_left_alone, Folder) {
  const std::string history = *this / "h.jsonl", of_another = history + ".part99999999";
  std::ofstream(of_another) << "half";
  BOOST_TEST(run(plain + "--until 100ms --history " + history).exit == 0);
  BOOST_TEST(read_file(of_another) == "half");
  BOOST_TEST(run("check " + history).exit == 0);
  BOOST_TEST(std::distance(fs::directory_iterator(path), fs::directory_iterator()) == 2);
}

BOOST_AUTO_TEST_CASE(a_failure_of_many_runs_names_the_first_rule_that_its_own_line_names) {
  const std::string quietly = " --check-determinism never --report never --history never";
  const Ran many = run("run scenarios/leader_crash.json --seeds 1..5 --system bugs/logok-none" + quietly);
  BOOST_TEST(many.exit == 1);
  const std::regex shown("(FAIL  leader_crash  seed [^]*?)  reproduce +sim (run [^\n#]*)");
  int failures = 0, by_refinement = 0;
  for (std::sregex_iterator each(many.out.begin(), many.out.end(), shown), end; each != end; ++each) {
    const Ran one = run((*each)[2].str() + quietly);
    BOOST_TEST(has(one.out, (*each)[1].str()), one.out << (*each)[1].str());
    ++failures;
    if (has((*each)[1].str(), "First rule broken: refinement, event")) ++by_refinement;
  }
  BOOST_TEST(failures == 3);
  BOOST_TEST(by_refinement > 0);
  // What is counted is what was drawn: some runs skipped it.
  BOOST_TEST(std::regex_search(many.out, std::regex("\n  refinement( +[0-9,]+){4} +[1-9]")), many.out);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_is_interrupted_stops_at_once_and_gives_no_verdict, Folder) {
  const auto ran = [this](const std::string& shell) {
    const int status = std::system(
        ("cd '" RAFTSIM_SOURCE_DIR "'; {" + shell + "; } >" + (*this / "out") + " 2>" + (*this / "err"))
            .c_str());
    return Ran{WEXITSTATUS(status), read_file(*this / "out"), read_file(*this / "err")};
  };
  const std::string sim = "'" RAFTSIM_SIM "' run scenarios/leader_crash.json --seed 1 --set /limits/time=";
  const Ran one =
      ran(" timeout --foreground --preserve-status -s INT 0.5 '" RAFTSIM_SIM
          "' run scenarios/soak_day.json --seed 1 --set /limits/memory_mib=4096 --report always --out " +
          (*this / "o"));
  BOOST_TEST(one.exit == 130);
  BOOST_TEST(one.out.starts_with("INCOMPLETE  soak_day  seed 1  interrupted at t="), one.out);
  BOOST_TEST(!has(one.out, "hash"), one.out);
  BOOST_TEST(!fs::exists(*this / "o"));
  // The other process ends as if nothing were: what it says is not compared.
  const std::string temporary = *this / "tmp";
  fs::create_directories(temporary);
  const Ran compared =
      ran(" TMPDIR=" + temporary + " " + sim + "1h --check-determinism always & p=$!; while [ -z \"$(ls " +
          temporary + ")\" ]; do sleep 0.01; done; kill -INT $p; wait $p");
  BOOST_TEST(compared.exit == 130);
  BOOST_TEST(has(compared.err, "their hashes were not compared"), compared.err);
}

BOOST_FIXTURE_TEST_CASE(a_history_that_was_cut_off_is_judged_as_far_as_it_goes, Folder) {
  const std::string history = *this / "h.jsonl";
  const Ran live = run(plain + "--system bugs/vote-not-durable --report never --history " + history);
  BOOST_REQUIRE(live.exit == 1);
  const std::string verdict = live.out.substr(0, live.out.find('\n'));
  const std::string whole = read_file(history);
  std::ofstream(history) << whole.substr(0, whole.size() * 9 / 10);
  const Ran cut = run("check " + history + " --report " + (*this / "r.html"));
  BOOST_TEST(cut.exit == 1);
  BOOST_TEST(cut.out.substr(0, cut.out.find('\n')) == verdict);
  BOOST_TEST(has(cut.err, "the history is cut off"), cut.err);
  BOOST_TEST(has(cut.err, "judged as far as it goes"), cut.err);
  BOOST_TEST(has(read_file(*this / "r.html"), "<!doctype html>"));
  const Ran counted = run("-v check " + history);
  BOOST_TEST(has(counted.out, ", and then it is cut off"), counted.out);
  BOOST_TEST(!has(counted.out, " in 0 steps"), counted.out);
  // What is to be drawn or replayed as a whole is still asked for whole; and nothing at all is no history.
  BOOST_TEST(run("replay " + history).exit == 2);
  std::ofstream(history) << whole.substr(0, whole.find('\n') + 1);
  BOOST_TEST(run("check " + history).exit == 2);
}

BOOST_FIXTURE_TEST_CASE(a_history_of_clients_is_drawn, Folder) {
  const std::string page = *this / "c.html";
  const Ran ran = run("check tests/cli/histories/stale_read.jsonl --report " + page);
  BOOST_TEST(ran.exit == 1);
  BOOST_TEST(has(ran.out, "  report     " + page), ran.out);
  const std::string text = read_file(page);
  BOOST_TEST(has(text, "<!doctype html>"));
  BOOST_TEST(
      has(text, "<title>FAIL  stale_read.jsonl  linearizable violated at t=3.120000s (line 3)</title>"));
  BOOST_TEST(run("check tests/cli/histories/stale_read.jsonl --report /proc/nowhere/c.html").exit == 74);
}

BOOST_FIXTURE_TEST_CASE(a_scenario_says_what_is_recorded_where_nobody_says_otherwise, Folder) {
  const std::string told =
      plain + "--report never --until 1s --out " + (*this / "out") + " --set /record/level=full ";
  const std::string history = *this / "out/runs/leader_crash-42/history.jsonl.zst";
  BOOST_TEST(run(told + "--history never").exit == 0);
  BOOST_TEST(!fs::exists(history));
  BOOST_TEST(run(told).exit == 0);
  BOOST_TEST(fs::exists(history));
  const std::string one = *this / "one.jsonl";
  std::array<std::size_t, 2> keyframes{};
  for (const std::size_t i : {0u, 1u}) {
    const char* every = i == 0 ? "100" : "1000";
    BOOST_TEST(run(told + "--set /record/keyframe_every=" + every + " --history " + one).exit == 0);
    const std::string text = read_file(one);
    for (std::size_t at = text.find("\"k\":\"keyframe\""); at != std::string::npos;
         at = text.find("\"k\":\"keyframe\"", at + 1))
      ++keyframes[i];
  }
  BOOST_TEST(keyframes[1] > 2u);
  BOOST_TEST(keyframes[0] / 10 == keyframes[1]);
}

BOOST_FIXTURE_TEST_CASE(a_history_of_a_crash_is_recorded_and_replayed_in_a_process_of_its_own, Folder) {
  const std::string history = *this / "h.jsonl.zst";
  const std::string module = std::string(RAFTSIM_MISBEHAVING) + "/dereference_null.so";
  const Ran failing = run(plain + "--system " + module + " --report never --history " + history);
  BOOST_TEST(failing.exit == 1);
  BOOST_TEST(has(failing.out, "crashed in step"), failing.out);
  const Ran again = run("replay " + history + " --report never --history never");
  BOOST_TEST(again.exit == 1);
  BOOST_TEST(has(again.out, "reproduced: the history hash is"), again.out << again.err);
}

}  // namespace raftsim::tests
