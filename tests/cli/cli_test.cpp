// What a person sees of `sim`: each case is a command line, its golden file holds exit code, standard output
// and standard error. RAFTSIM_REWRITE=1 rewrites them; the diff is reviewed. What depends on the machine is
// replaced by a placeholder.
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/run_sim.hpp"

namespace raftsim {
namespace {
namespace fs = std::filesystem;

using tests::Ran;
using tests::read_file;
using tests::run;

const std::string source = RAFTSIM_SOURCE_DIR;

struct Case {
  const char* name;
  const char* arguments;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

const std::vector<Case> cases{
    {"sim_alone_shows_examples", ""},
    {"help_is_ten_lines", "-h"},
    {"run_help", "run -h"},
    {"help_exit_codes", "help exit-codes"},
    {"help_on_an_unknown_topic_suggests", "help exit-code"},
    {"list_properties", "list properties"},
    {"list_actions", "list actions"},
    {"list_systems", "list systems"},
    {"list_goals", "list goals"},
    {"list_faults", "list faults"},
    {"replay_help", "replay -h"},
    {"check_help", "check -h"},
    {"report_help", "report -h"},
    {"resolve_help", "resolve -h"},
    {"list_help", "list -h"},
    {"schema_help", "schema -h"},
    {"a_command_of_later_is_told", "fuzz scenarios --time 10m -h"},
    {"a_flag_of_later_is_told", "replay 42@scenarios/leader_crash.json --step"},
    {"a_flag_of_later_with_a_value_is_told", "report h.jsonl --around violation"},
    {"list_of_an_unknown_kind_suggests", "list scenario"},
    {"an_unknown_command_is_usage", "rum scenarios/leader_crash.json"},
    {"an_unknown_flag_is_usage", "run scenarios/leader_crash.json --sede 3"},
    {"an_unknown_system_suggests", "run scenarios/leader_crash.json --system bugs/vote-not-durabel"},
    {"a_system_that_is_no_module", "run scenarios/leader_crash.json --system ./README.md"},
    {"an_unknown_command_without_a_likeness_lists_all", "frobnicate"},
    {"an_unknown_flag_without_a_likeness", "validate scenarios/leader_crash.json --frobnicate=3"},
    {"a_flag_before_its_command", "--seed 3 run scenarios/leader_crash.json"},
    {"a_word_too_many", "list goals more"},
    {"an_unknown_format_lists_all", "--format xml list systems"},
    {"an_unknown_color_suggests", "--color nevr list systems"},
    {"an_unknown_progress_lists_all", "--progress dots list systems"},
    {"an_unknown_determinism_check_lists_all",
     "run scenarios/leader_crash.json --seed 1 --check-determinism maybe"},
    {"an_unknown_expectation_lists_all", "replay 42@scenarios/leader_crash.json --expect luck"},
    {"a_command_of_later_with_the_name_of_another", "corpus list"},
    {"a_topic_with_the_name_of_a_command", "help run"},
    {"one_seed_beside_a_range_is_refused", "run scenarios/leader_crash.json --seed 2 --seeds 1..3"},
    {"one_seed_beside_a_list_is_refused", "run scenarios/leader_crash.json --seed 2 --seeds 1,3"},
    {"a_seed_beyond_64_bits_is_no_git_hash", "run scenarios/leader_crash.json --seed 18446744073709551616"},
    {"no_worker_processes", "run scenarios/leader_crash.json -j 0"},
    {"less_than_no_worker_processes", "run scenarios/leader_crash.json -j -3"},
    {"help_seeds", "help seeds"},
    {"a_bad_seed_is_usage", "run scenarios/leader_crash.json --seed twelve"},
    {"bad_seeds_are_usage", "run scenarios/leader_crash.json --seeds 9..3"},
    {"a_bad_setting_is_usage", "run scenarios/leader_crash.json --set cluster.nodes=3"},
    {"a_setting_into_nothing_suggests", "run scenarios/leader_crash.json --set /cluster/node=3"},
    {"a_bad_duration_is_usage", "run scenarios/leader_crash.json --until 10"},
    {"a_bad_trace_kind_suggests", "run scenarios/leader_crash.json --trace=sned"},
    {"a_missing_scenario_is_usage", "run scenarios/leader_crush.json"},
    {"one_file_cannot_take_many_reports", "run scenarios/leader_crash.json --seeds 2 --report r.html"},
    {"several_wrong_files_are_all_told",
     "validate tests/scenario/wrong/duplicate_keys.json tests/scenario/wrong/typo_in_a_field.json"},
    {"a_valid_file", "validate scenarios/leader_crash.json"},
    {"an_unknown_schema_suggests", "schema scenaro"},
    {"schema_verdict", "schema verdict"},
    {"schema_summary", "schema summary"},
    {"schema_history", "schema history"},
    {"help_output", "help output"},
    {"completion_bash", "completion bash"},
    {"completion_zsh", "completion zsh"},
    {"completion_fish", "completion fish"},
    {"check_of_no_history", "check README.md"},
    {"check_of_a_stale_read", "check tests/cli/histories/stale_read.jsonl"},
    {"check_of_a_lost_append", "check tests/cli/histories/lost_append.edn"},
    {"check_of_a_register", "check tests/cli/histories/register.edn --model register"},
    {"check_of_several_histories",
     "check tests/cli/histories/timed_out_write.log tests/cli/histories/two_keys.jsonl README.md"},
    {"check_of_a_history_of_two_models", "check tests/cli/histories/which_model.jsonl"},
    {"check_of_an_unknown_operation", "check tests/cli/histories/unknown_operation.jsonl"},
    {"check_of_two_calls_at_once", "check tests/cli/histories/two_at_once.edn"},
    {"check_of_a_transaction", "check tests/cli/histories/transaction.edn"},
    {"check_of_an_unknown_model", "check tests/cli/histories/register.edn --model registre"},
    {"check_of_a_model_that_does_not_fit", "check tests/cli/histories/stale_read.jsonl --model register"},
    {"check_without_time", "check tests/cli/histories/stale_read.jsonl --timeout soon"},
    {"check_as_json", "check tests/cli/histories/stale_read.jsonl --only linearizable --format json"},
    {"check_of_an_unknown_property", "check README.md --only election_saftey"},
    {"replay_of_nonsense", "replay x@scenarios/leader_crash.json"},
    {"output_that_cannot_be_written",
     "run scenarios/leader_crash.json --seed 42 --history /proc/nowhere/h.jsonl --check-determinism never"},
    {"trace_of_roles",
     "run scenarios/leader_crash.json --seed 42 --until 1s --trace=role,crash --check-determinism never"},
    {"a_failing_run_in_full",
     "run scenarios/leader_crash.json --seed 42 --system bugs/vote-not-durable --check-determinism never"},
    {"resolve_names_every_field", "resolve scenarios/leader_crash.json --seed 42"},
    {"resolve_of_a_swarm_needs_a_seed", "resolve scenarios/swarm.json"},
    {"resolve_diff_of_a_swarm", "resolve tests/scenario/extends/child.json --seed 3 --diff"},
    {"validate_of_draws_that_contradict_each_other", "validate tests/scenario/contradicting_draws.json"},
    {"run_of_draws_that_contradict_each_other", "run tests/scenario/contradicting_draws.json --seeds 1..60"},
    {"validate_of_systems_that_are_not_there", "validate tests/scenario/unknown_systems.json"},
    {"validate_in_json", "--format json validate tests/scenario/wrong/typo_in_a_field.json"},
    {"list_in_json_lines", "--format jsonl list roles"},
    {"a_list_without_a_name_says_what_there_is", "list"},
    {"the_list_of_bugs_is_that_of_systems", "list bugs"},
    {"a_word_that_is_nearly_one_is_no_file", "run scenarios/leader_crash.json --report nevr"},
    {"an_empty_element_is_one", "check tests/cli/histories/empty_element.jsonl"},
    {"seeds_beyond_the_last", "run scenarios/leader_crash.json --seed 18446744073709551615 --seeds 2"},
    {"an_empty_word_is_no_default", "run scenarios/leader_crash.json --system ''"},
    {"an_empty_word_behind_a_sign_is_none_either", "run scenarios/leader_crash.json --seed= --report never"},
    {"a_trace_does_not_take_the_scenario_for_kinds",
     "run --trace ./scenarios/no_such_scenario.json --check-determinism never"},
    {"more_seeds_than_anybody_means", "run scenarios/leader_crash.json --seeds 1000000000"},
    {"fmt_check", "fmt --check tests/scenario/extends/base.json tests/scenario/extends/grandchild.json"},
    {"fmt_of_no_json", "fmt tests/scenario/extends/broken.json nowhere.json"},
    {"list_targets", "list targets"},
    {"list_events", "list events"},
    {"list_of_what_there_is_not", "list feilds"},
};

BOOST_DATA_TEST_CASE(what_a_person_sees, boost::unit_test::data::make(cases), c) {
  const Ran ran = run(c.arguments);
  std::string shown = std::string("$ sim ") + c.arguments + "\nexit " + std::to_string(ran.exit) + "\n";
  if (!ran.out.empty()) shown += "-- stdout\n" + ran.out;
  if (!ran.err.empty()) shown += "-- stderr\n" + ran.err;
  const fs::path golden = fs::path(source) / "tests/cli/golden" / (std::string(c.name) + ".txt");
  if (std::getenv("RAFTSIM_REWRITE") != nullptr) std::ofstream(golden, std::ios::binary) << shown;
  BOOST_TEST(shown == read_file(golden));
}

BOOST_AUTO_TEST_CASE(a_seed_of_the_environment_is_taken_or_refused_and_never_ignored) {
  const std::string arguments = "run scenarios/leader_crash.json --until 100ms --check-determinism never";
  const Ran refused = run(arguments, "RAFTSIM_SEED=twelve");
  BOOST_TEST(refused.exit == 2);
  BOOST_TEST(refused.err.find("RAFTSIM_SEED=twelve: expected a number") != std::string::npos, refused.err);
  const Ran taken = run("--format jsonl " + arguments, "RAFTSIM_SEED=7");
  BOOST_TEST(taken.out.find("\"seed\":\"7\"") != std::string::npos, taken.out << taken.err);
  BOOST_TEST(run("--format jsonl " + arguments + " --seed 8", "RAFTSIM_SEED=twelve").exit != 2);
}

BOOST_AUTO_TEST_CASE(the_same_seed_prints_the_same_hash_and_another_one_does_not) {
  const auto hash = [](const std::string& seed) {
    const Ran ran =
        run("--format jsonl run scenarios/leader_crash.json --check-determinism never --seed " + seed);
    BOOST_TEST(ran.exit == 0);
    std::smatch found;
    BOOST_REQUIRE(std::regex_search(ran.out, found, std::regex("\"hash\":\"([0-9a-f]{32})\"")));
    return found[1].str();
  };
  const std::string first = hash("42");
  BOOST_TEST(first == hash("42"));
  BOOST_TEST(first != hash("43"));
}

BOOST_AUTO_TEST_CASE(what_resolve_prints_of_a_seed_runs_to_the_same_hash) {
  const fs::path folder = fs::temp_directory_path() / ("raftsim-resolve-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto hash = [](const std::string& scenario, const std::string& seed) {
    const Ran ran = run("--format jsonl run '" + scenario +
                        "' --check-determinism never --report never --history never " +
                        "--set /limits/time=13s --seed " + seed);
    std::smatch found;
    BOOST_REQUIRE_MESSAGE(std::regex_search(ran.out, found, std::regex("\"hash\":\"([0-9a-f]{32})\"")),
                          ran.out << ran.err);
    return found[1].str();
  };
  std::set<std::string> hashes;
  for (const std::string seed : {"1", "2", "3", "4", "5", "6"}) {
    const Ran resolved = run("resolve scenarios/swarm.json --seed " + seed);
    BOOST_REQUIRE(resolved.exit == 0);
    const fs::path file = folder / ("swarm-" + seed + ".json");
    std::ofstream(file, std::ios::binary) << resolved.out;
    const std::string of_file = hash(file.string(), seed);
    BOOST_TEST(of_file == hash("scenarios/swarm.json", seed), "seed " << seed);
    hashes.insert(of_file);
  }
  BOOST_TEST(hashes.size() == 6u);
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(fmt_rewrites_a_file_once) {
  const fs::path folder = fs::temp_directory_path() / ("raftsim-fmt-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const fs::path file = folder / "a.json";
  std::ofstream(file)
      << "{\"format\":\"raftsim/scenario@1\", // which\n\"name\":\"a\",\"cluster\":{\"nodes\":3}}";
  const Ran first = run("fmt '" + file.string() + "'");
  BOOST_TEST(first.exit == 0);
  BOOST_TEST(first.err == "formatted " + file.string() + "\n");
  BOOST_TEST(read_file(file) ==
             "{\n  \"format\": \"raftsim/scenario@1\", // which\n  \"name\": \"a\",\n  \"cluster\": "
             "{\"nodes\": 3}\n}\n");
  const Ran second = run("fmt '" + file.string() + "'");
  BOOST_TEST(second.exit == 0);
  BOOST_TEST(second.err == "");
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(a_run_cut_by_wall_time_is_unknown_and_not_called_nondeterministic) {
  // An hour of the cluster takes many times as long as the moments between two looks at the limit.
  const std::string hour = "run scenarios/leader_crash.json --set /limits/time=1h";
  const std::string cut = hour + " --seed 1 --set /limits/wall=1ns";
  for (const std::string& arguments : {cut, cut + " --wall 1ns"}) {
    const Ran ran = run(arguments);
    BOOST_TEST(ran.exit == 3, ran.out << ran.err);
    BOOST_TEST(ran.err.find("determini") == std::string::npos, ran.err);
    BOOST_TEST(
        std::regex_search(ran.out, std::regex("^UNKNOWN  leader_crash  seed 1  stopped after [0-9.]+m?s of "
                                              "wall time at t=")),
        ran.out);
    // Nobody knows what it had counted, and where it was stopped is chance.
    BOOST_TEST(ran.out.find("messages") == std::string::npos, ran.out);
    BOOST_TEST(ran.out.find("hash") == std::string::npos, ran.out);
  }
  const Ran json = run("--format jsonl " + cut);
  BOOST_TEST(json.out.find("\"stopped\":\"wall\"") != std::string::npos, json.out);
  for (const char* unknown :
       {"\"hash\"", "\"messages\"", "\"elections\"", "\"operations_ok\"", "\"commits\""})
    BOOST_TEST(json.out.find(unknown) == std::string::npos, unknown);
  BOOST_TEST(run(hour + " --seed 1 --wall 0s").exit == 2);
  // The flag stands above the scenario's limit, here and where the run is checked.
  const Ran uncut = run(cut + " --wall 1h");
  BOOST_TEST(uncut.exit == 0, uncut.out << uncut.err);
  const Ran several = run(hour + " --seeds 3 --wall 1ns --check-determinism always");
  BOOST_TEST(several.exit == 3, several.out << several.err);
  BOOST_TEST(several.err.find("determini") == std::string::npos, several.err);
}

BOOST_AUTO_TEST_CASE(the_catalogue_of_goals_is_listed_everywhere_and_with_it_what_scenarios_want) {
  const fs::path folder = fs::temp_directory_path() / ("raftsim-goals-" + std::to_string(::getpid()));
  fs::create_directories(folder / "scenarios");
  const std::string list = "-C '" + folder.string() + "' list goals";
  const Ran nowhere = run(list);
  BOOST_TEST(nowhere.exit == 0);
  BOOST_TEST(nowhere.out.find("two servers are candidates in the same term") != std::string::npos,
             nowhere.out);
  BOOST_TEST(nowhere.out.find(".json") == std::string::npos, nowhere.out);
  std::ofstream(folder / "scenarios/plain.json")
      << R"({"format": "raftsim/scenario@1", "name": "plain", "cluster": {"nodes": 3},)"
      << R"( "expect": {"sometimes": ["two_leaders"]}})";
  const Ran one = run(list);
  BOOST_TEST(one.exit == 0);
  BOOST_TEST(one.out.find("scenarios/plain.json") != std::string::npos, one.out);
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(a_reproduce_line_reproduces_when_pasted) {
  const Ran failing =
      run("run scenarios/leader_crash.json --seed 7 --system bugs/vote-not-durable --set /cluster/nodes=3 "
          "--check-determinism never --report never --history never");
  BOOST_TEST(failing.exit == 1);
  std::smatch line;
  BOOST_REQUIRE(std::regex_search(failing.out, line, std::regex("reproduce +sim ((run [^\n#]*)[^\n]*)")));
  const Ran again = run(line[2].str() + " --check-determinism never --report never --history never");
  BOOST_TEST(again.exit == 1);
  BOOST_TEST(again.out == failing.out);
  // The line as a whole is one for a shell; what stands behind the command is a comment.
  BOOST_TEST(line[1].str().find(" # sim VERSION, scenario ") != std::string::npos, line[1].str());
  BOOST_TEST(run(line[1].str() + "\n(exit $?)").exit == 1);
}

BOOST_AUTO_TEST_CASE(a_recorded_history_is_judged_like_the_live_run_and_replays) {
  const fs::path folder = fs::temp_directory_path() / ("raftsim-replay-" + std::to_string(::getpid()));
  for (const char* name : {"h.jsonl", "h.jsonl.zst"}) {
    const std::string path = (folder / name).string();
    const Ran live =
        run("--format jsonl run scenarios/leader_crash.json --seed 42 --check-determinism never --history " +
            path);
    BOOST_TEST(live.exit == 0);
    const Ran checked = run("--format jsonl check " + path);
    BOOST_TEST(checked.exit == 0);
    const auto verdict = [](const std::string& json) {
      std::smatch found;
      BOOST_REQUIRE(std::regex_search(json, found, std::regex("\"properties\":\\[[^\\]]*\\]")));
      return found[0].str();
    };
    BOOST_TEST(verdict(live.out) == verdict(checked.out));
    const Ran replayed = run("replay " + path);
    BOOST_TEST(replayed.exit == 0);
    BOOST_TEST(replayed.out.find("reproduced") != std::string::npos);
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace raftsim
