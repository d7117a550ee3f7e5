// `sim`, `sim help TOPIC`, `sim completion SHELL`.
#include <array>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "sim/suggest.hpp"

namespace raftsim::cli {
namespace {

struct Topic {
  std::string_view name;
  std::string_view text;
};

constexpr std::array topics{
    Topic{"exit-codes",
          "0    every property held (or the violation that the scenario expects occurred)\n"
          "1    a property was violated (or the expected violation did not occur)\n"
          "2    wrong usage or an invalid file; nothing was run\n"
          "3    unknown: a checker ran out of its budget, or a limit came first\n"
          "4    nothing was run\n"
          "5    not deterministic: the same run gave another history hash\n"
          "6    not reproduced: a replay gave another history hash\n"
          "70   an internal error of the simulator or a checker: a bug of ours\n"
          "74   an output could not be written\n"
          "130  interrupted (one run stops at once: INCOMPLETE; of many, those under way are finished)\n"
          "Of several results: 130 > 70 > 74 > 5 > 1 > 6 > 2 > 3 > 4 > 0. Unknown never hides a failure and "
          "never\n"
          "counts as a pass.\n"},
    Topic{"seeds",
          "A run is a pure function of scenario, seed and system under test: the same three give the same "
          "history hash\n"
          "on every machine and with every compiler.\n"
          "  --seed 42          one seed (decimal, 0x..., a git hash, or random)\n"
          "  --seeds 1..1000    a range; --seeds 100: the first hundred; --seeds 7,42: a list\n"
          "  --seed 7 --seeds 100: the hundred from 7 on; with a range or a list --seed is refused\n"
          "Without either: the scenario's own seed, else one is drawn and printed. RAFTSIM_SEED sets a "
          "default.\n"},
    Topic{"systems",
          "What is under test is a system:\n"
          "  raft          the core of this repository\n"
          "  bugs/NAME     the same core with one planted bug (sim list systems)\n"
          "  PATH.so       any shared object that exports raftsim_system_v2 (docs/your-own-raft.md)\n"
          "It runs in worker processes: if it crashes, throws, hangs or eats memory, that run is violated "
          "(no_crash)\n"
          "and the others go on.\n"},
    Topic{"properties",
          "Every property is judged on every run unless the scenario turns it off. A verdict says of each "
          "whether it\n"
          "held (and how often it really looked), was violated, is unknown or was skipped, and why.\n"
          "`sim list properties` states them all.\n"},
    Topic{"output",
          "Verdicts go to standard output, talk to standard error. --format json prints an object per run "
          "and, for\n"
          "several runs, a summary; jsonl one a line. `sim schema verdict` and `sim schema summary` say what "
          "is in them,\n"
          "`sim schema history` what a line of a history is. A failing run is executed again with recording "
          "on: its history\n"
          "and its report land below --out (sim-out), unless --history or --report say never.\n"
          "-v shows all tables of a failing run; -q leaves errors only on standard error; --progress bar, "
          "lines\n"
          "or none shows how far many runs are; -C DIR changes to that folder before anything else.\n"
          "NO_COLOR, CLICOLOR_FORCE and --color choose colours; RAFTSIM_OUT, RAFTSIM_JOBS, RAFTSIM_SEED set "
          "defaults.\n"},
};

constexpr std::string_view commands =
    "run replay check validate fmt resolve list schema report help completion";
constexpr std::string_view run_flags =
    "--seed --seeds -j --system --set --report --history --out --check-determinism --fail-fast --trace "
    "--until "
    "--wall --junit --require-goals";
constexpr std::string_view global_flags = "-C --color -q -v --progress --format --help --version";

}  // namespace

std::string short_help() {
  return "sim run scenarios/leader_crash.json --seed 42          run one seed and judge it\n"
         "sim run scenarios/*.json --seeds 1..1000               many seeds, on all cores\n"
         "sim run scenarios/leader_crash.json --system bugs/vote-not-durable --seeds 1..20\n"
         "sim replay 42@scenarios/leader_crash.json --trace      watch a run, event by event\n"
         "\n"
         "Runs whole Raft clusters on virtual time under faults and judges every event.\n"
         "Commands: run replay check report validate fmt resolve list schema help completion\n"
         "sim COMMAND -h shows a command's flags; sim help TOPIC explains: exit-codes seeds systems\n"
         "properties output. -C DIR, --format, --color, --progress, -q and -v go with every command (sim "
         "help\n"
         "output). The guide is docs/guide.md.\n";
}

std::vector<std::string> help_topics() {
  std::vector<std::string> names;
  for (const Topic& topic : topics) names.emplace_back(topic.name);
  return names;
}

Exit help_command(const std::string& topic) {
  if (topic.empty()) {
    print(short_help());
    return Exit::held;
  }
  std::vector<std::string_view> names;
  for (const Topic& known : topics) {
    if (known.name == topic) {
      print(known.text);
      return Exit::held;
    }
    names.push_back(known.name);
  }
  complain(fmt::format("no help on \"{}\"; {}", topic, sim::suggestion(topic, names)));
  return Exit::usage;
}

Exit completion_command(const std::string& shell) {
  const std::string schemas = fmt::format("{}", fmt::join(schema_names(), " "));
  const std::string lists = fmt::format("{}", fmt::join(list_names(), " "));
  if (shell == "bash") {
    print(fmt::format(
        "# sim completion bash > /etc/bash_completion.d/sim\n"
        "_sim() {{\n"
        "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n"
        "  case \"$before\" in\n"
        "    --system) COMPREPLY=($(compgen -W \"$(sim list systems 2>/dev/null | cut -d' ' -f1)\" -- "
        "\"$word\")); return;;\n"
        "    --only) COMPREPLY=($(compgen -W \"$(sim list properties 2>/dev/null | cut -d' ' -f1)\" -- "
        "\"$word\")); return;;\n"
        "    --check-determinism) COMPREPLY=($(compgen -W \"always sample never\" -- \"$word\")); return;;\n"
        "    --format) COMPREPLY=($(compgen -W \"human json jsonl\" -- \"$word\")); return;;\n"
        "    list) COMPREPLY=($(compgen -W \"{4}\" -- \"$word\")); return;;\n"
        "    --set) COMPREPLY=($(compgen -S = -W \"$(sim list fields 2>/dev/null | cut -d' ' -f1)\" -- "
        "\"$word\")); compopt -o nospace; return;;\n"
        "    schema) COMPREPLY=($(compgen -W \"{3}\" -- \"$word\")); return;;\n"
        "    help) COMPREPLY=($(compgen -W \"exit-codes seeds systems properties output\" -- \"$word\")); "
        "return;;\n"
        "  esac\n"
        "  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W \"{0}\" -- \"$word\"))\n"
        "  elif [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"{1} {2}\" -- \"$word\"))\n"
        "  else COMPREPLY=($(compgen -f -- \"$word\")); fi\n"
        "}}\n"
        "complete -o filenames -F _sim sim\n",
        commands, run_flags, global_flags, schemas, lists));
    return Exit::held;
  }
  if (shell == "zsh") {
    print(
        fmt::format("#compdef sim\n"
                    "if ((CURRENT == 2)); then compadd {0}\n"
                    "elif [[ $words[CURRENT-1] == --system ]]; then compadd ${{(f)\"$(sim list systems "
                    "2>/dev/null | cut -d' ' -f1)\"}}\n"
                    "elif [[ $words[CURRENT-1] == --set ]]; then compadd -S = ${{(f)\"$(sim list fields "
                    "2>/dev/null | cut -d' ' -f1)\"}}\n"
                    "elif [[ $words[CURRENT] == -* ]]; then compadd -- {1} {2}\n"
                    "elif [[ $words[CURRENT-1] == schema ]]; then compadd {3}\n"
                    "elif [[ $words[CURRENT-1] == list ]]; then compadd {4}\n"
                    "else _files; fi\n",
                    commands, run_flags, global_flags, schemas, lists));
    return Exit::held;
  }
  if (shell == "fish") {
    std::string text = fmt::format("complete -c sim -n __fish_use_subcommand -a '{}'\n", commands);
    text += "complete -c sim -l system -xa \"(sim list systems 2>/dev/null | string split -f1 ' ')\"\n";
    text += fmt::format("complete -c sim -n '__fish_seen_subcommand_from schema' -xa '{}'\n", schemas);
    text += fmt::format("complete -c sim -n '__fish_seen_subcommand_from list' -xa '{}'\n", lists);
    text += "complete -c sim -l set -xa \"(sim list fields 2>/dev/null | string split -f1 ' ')\"\n";
    std::string_view rest = run_flags;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view flag = rest.substr(0, end);
      if (flag.starts_with("--")) text += fmt::format("complete -c sim -l {}\n", flag.substr(2));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    print(text);
    return Exit::held;
  }
  constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};
  complain(not_there("completion", shell, shells));
  return Exit::usage;
}

}  // namespace raftsim::cli
