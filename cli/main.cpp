// The `sim` command: flags in, one subcommand out.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/later.hpp"
#include "cli/words.hpp"

namespace raftsim::cli {
namespace {

void add_global(CLI::App& app, Global& global) {
  const Words<ColorChoice> colors{
      {"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}};
  const Words<ProgressChoice> progress{{"auto", ProgressChoice::automatic},
                                       {"bar", ProgressChoice::bar},
                                       {"lines", ProgressChoice::lines},
                                       {"none", ProgressChoice::none}};
  const Words<Format> formats{{"human", Format::human}, {"json", Format::json}, {"jsonl", Format::jsonl}};
  app.add_option("-C", global.directory, "Change to this folder first")->type_name("DIR");
  app.add_option("--color", global.color, "auto, always or never")
      ->transform(one_of(colors))
      ->type_name("WHEN");
  app.add_option("--progress", global.progress, "auto, bar, lines or none")
      ->transform(one_of(progress))
      ->type_name("KIND");
  app.add_option("--format", global.format, "human, json or jsonl")
      ->transform(one_of(formats))
      ->type_name("FORMAT");
  app.add_flag("-q,--quiet", global.quiet, "Say nothing on standard error but errors");
  app.add_flag("-v,--verbose", global.verbose, "Show all tables of a failing run");
}

void add_run_flags(CLI::App& command, RunOptions& run) {
  const Words<DeterminismCheck> checks{{"always", DeterminismCheck::always},
                                       {"sample", DeterminismCheck::sample},
                                       {"never", DeterminismCheck::never}};
  command
      .add_option("--system", run.system,
                  "What is under test: raft, bugs/NAME or a shared object (the scenario's)")
      ->type_name("NAME|PATH");
  command.add_option("--set", run.settings, "Replace one value of the scenario: --set /cluster/nodes=3")
      ->type_name("/POINTER=VALUE")
      ->expected(1)
      ->take_all();
  command.add_option("--report", run.report, "HTML report: auto (on failure), always, never or a path")
      ->capture_default_str();
  command
      .add_option("--history", run.history, "Recorded history: auto (on failure), always, never or a path")
      ->capture_default_str();
  command.add_option("--out", run.out, "Folder for reports and histories")
      ->envname("RAFTSIM_OUT")
      ->capture_default_str();
  command
      .add_option("--check-determinism", run.determinism,
                  "always, sample or never: run again in another process and compare hashes (sample)")
      ->transform(one_of(checks))
      ->type_name("WHEN");
  command.add_option("--trace", run.trace, "Print each event; --trace=send,role,... only these kinds")
      ->type_name("[=KINDS]");
  command.add_option("--until", run.until, "Stop at this simulated time")->type_name("T");
  command.add_option("--wall", run.wall, "Stop a run after this much wall time: unknown")->type_name("T");
}

/// All subcommands with their options; after parsing, `chosen` runs the one that was named.
struct CommandLine {
  Global global;
  RunOptions run;
  ReplayOptions replay;
  CheckOptions check;
  std::vector<std::string> files;
  FmtOptions layout;
  ResolveOptions resolve;
  std::string word;
  ReportOptions report;
  bool version = false;
  bool as_json = false;
  CLI::App app{"Runs whole Raft clusters on virtual time under faults and judges every event.", "sim"};

  CommandLine() {
    app.set_help_flag();  // -h is answered with ten lines, not with every flag
    app.fallthrough();
    app.require_subcommand(0, 1);  // after its name a command's word may be that of another command
    app.add_flag("-h,--help", help, "");
    app.add_flag("--version", version, "Print the version; --version --json: as JSON");
    app.add_flag("--json", as_json)->group("");
    add_global(app, global);
    add_commands();
    later.add_to(app);
    refuse_empty(app);
    for (CLI::App* sub : app.get_subcommands({})) refuse_empty(*sub);
  }

  /// `--system "$SUT"` with nothing in SUT means no default.
  static void refuse_empty(CLI::App& of) {
    for (CLI::Option* option : of.get_options())
      if (option->get_items_expected_max() > 0)
        option->check([](const std::string& word) { return word.empty() ? "an empty word" : ""; });
  }

  void add_commands() {
    CLI::App& run_app = command("run", "Run scenarios, judge them");
    run_app.add_option("SCENARIO", run.scenarios, "Scenario files")->required()->type_name("FILE");
    run_app.add_option("--seed", run.seed, "One seed: a number, 0x..., a git hash or random")->type_name("N");
    run_app.add_option("--seeds", run.seeds, "Many: a count, A..B or A,B,C")->type_name("N|A..B");
    run_app.add_option("-j", run.jobs, "Worker processes (all cores)")
        ->envname("RAFTSIM_JOBS")
        ->type_name("N");
    run_app.add_flag("--fail-fast", run.fail_fast, "Start nothing more after the first failure");
    run_app.add_flag("--require-goals", run.require_goals,
                     "Exit 3 where a goal (expect.sometimes) came about in no run");
    run_app.add_option("--junit", run.junit, "Write JUnit XML here")->type_name("PATH");
    add_run_flags(run_app, run);

    CLI::App& replay_app = command("replay", "Execute a run again, exactly, and compare the history hash");
    replay_app
        .add_option("WHAT", replay.what,
                    "SEED@SCENARIO or a recorded history (of which nothing is written unless asked for)")
        ->required();
    replay_app.add_option("--expect", replay.expect, "same (the verdict counts) or any")
        ->transform(one_of(Words<Expect>{{"same", Expect::same}, {"any", Expect::any}}))
        ->type_name("same|any");
    add_run_flags(replay_app, replay.run);

    add_check(
        command("check", "Judge recorded histories; execute nothing but what is missing in one of ours"));

    command("validate", "Say everything that is wrong with scenario files")
        .add_option("FILE", files, "Scenario files")
        ->required();

    CLI::App& fmt_app = command("fmt", "Bring scenario files into the canonical layout; comments stay");
    fmt_app.add_option("FILE", layout.files, "Scenario files")->required();
    fmt_app.add_flag("--check", layout.check, "Say which files would change (exit 1), change none");

    CLI::App& resolve_app = command("resolve", "Print the concrete scenario of a seed");
    resolve_app.add_option("SCENARIO", resolve.scenario, "A scenario file")->required();
    resolve_app.add_option("--seed", resolve.seed, "The seed")->envname("RAFTSIM_SEED")->type_name("N");
    resolve_app.add_option("--set", resolve.settings, "Replace one value")
        ->type_name("/POINTER=VALUE")
        ->expected(1)
        ->take_all();

    resolve_app.add_flag("--diff", resolve.diff, "Print only what the seed makes another than the file says");

    command("list", "List what there is: scenarios, properties, actions, fields, ...")
        .add_option("WHAT", word, fmt::format("{}", fmt::join(list_names(), ", ")));
    command("schema", "Print a format's JSON Schema (draft-07)")
        .add_option("NAME", word, fmt::format("{}", fmt::join(schema_names(), ", ")));

    CLI::App& report_app = command("report", "Draw a recorded history as HTML");
    report_app.add_option("HISTORY", report.history, "A history file")->required();
    report_app.add_option("-o", report.output, "Where to write it")->capture_default_str();
    report_app.add_option("--max-events", report.max_events, "Thin out beyond this many")
        ->capture_default_str();

    command("help", "Explain a topic")
        .add_option("TOPIC", word, "exit-codes, seeds, systems, properties, output");
    command("completion", "Print a completion script").add_option("SHELL", word, "bash, zsh or fish");
  }

  void add_check(CLI::App& check_app) {
    check_app
        .add_option("HISTORY", check.histories,
                    "Ours (raftsim/history@1), or operations of clients of any system: JSONL, Jepsen EDN, "
                    "Jepsen console log; plain or zstd")
        ->required();
    check_app
        .add_option("--model", check.model,
                    "What clients' operations are on: register, kv or append (guessed)")
        ->type_name("MODEL");
    check_app.add_option("--only", check.only, "Judge one property")->type_name("PROPERTY");
    check_app
        .add_option("--timeout", check.timeout, "How long to search for an order (60s), counted in steps")
        ->type_name("T");
    check_app.add_option("--report", check.report, "Write the HTML report here")->type_name("PATH");
    check_app.add_flag("--no-run", check.no_run,
                       "Execute nothing, not even what is missing in a history of ours");
  }

  CLI::App& command(const char* name, const char* what) {
    CLI::App& sub = *app.add_subcommand(name, what);
    sub.set_help_flag("-h,--help", "Show this");
    sub.footer(
        "Every command takes -C DIR (change to it first), --format human|json|jsonl, --color, --progress, -q "
        "and -v, too:\nsim help output explains them.");
    return sub;
  }

  Exit dispatch() {
    if (version) {
      print((as_json ? version_json() : version_text()) + "\n");
      return Exit::held;
    }
    const std::vector<CLI::App*> named = app.get_subcommands();
    if (help || named.empty()) {
      print(short_help());
      return Exit::held;
    }
    if (const std::string asked = later.asked_for(); !asked.empty()) {
      complain(asked + ": not supported yet");
      return Exit::usage;
    }
    const std::string name = named.front()->get_name();
    if (name == "run") return run_command(global, run);
    if (name == "replay") return replay_command(global, replay);
    if (name == "check") return check_command(global, check);
    if (name == "validate") return validate_command(global, files);
    if (name == "fmt") return fmt_command(global, layout);
    if (name == "resolve") return resolve_command(global, resolve);
    if (name == "list") return list_command(global, word);
    if (name == "schema") return schema_command(word);
    if (name == "report") return report_command(global, report);
    if (name == "help") return help_command(word);
    return completion_command(word);
  }

  bool help = false;
  Later later;
};

/// As the parser wants them: without the program's name, the last first. `--trace` alone takes no word, which
/// may be a scenario. What stands behind `--` is nobody's flag.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto flags_end = std::find(words.begin(), words.end(), "--");
  // The parser would take the next word instead.
  for (auto word = words.begin(); word != flags_end; ++word)
    if (word->starts_with("--") && word->find('=') == word->size() - 1)
      throw CLI::ValidationError(*word, "an empty word");
  std::replace(words.begin(), flags_end, std::string("--trace"), "--trace=" + std::string(all_kinds));
  std::reverse(words.begin(), words.end());
  return words;
}

int run_sim(int argc, char** argv) {
  CommandLine line;
  line.global.program = argv[0];
  try {
    line.app.parse(words_of(argc, argv));
  } catch (const CLI::CallForHelp& help) {
    return line.app.exit(help);
  } catch (const CLI::ParseError& error) {
    const std::string unexpected = unexpected_word(line.app);
    complain(fmt::format("{} (sim -h shows examples, sim COMMAND -h a command's flags)",
                         unexpected.empty() ? error.what() : unexpected));
    return static_cast<int>(Exit::usage);
  }
  if (!line.global.directory.empty() && ::chdir(line.global.directory.c_str()) != 0) {
    complain(fmt::format("-C {}: no such folder", line.global.directory));
    return static_cast<int>(Exit::usage);
  }
  const Exit exit = line.dispatch();
  return static_cast<int>(worse(exit, finish_output()));
}

}  // namespace
}  // namespace raftsim::cli

int main(int argc, char** argv) { return raftsim::cli::run_sim(argc, argv); }
