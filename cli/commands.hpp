// One function per subcommand, each in its own file. All logic is in the rooms behind them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"
#include "cli/run_options.hpp"

namespace raftsim::cli {

Exit run_command(const Global& global, const RunOptions& options);

/// What the exit code of a replay says: the verdict, or only whether the run was reproduced.
enum class Expect : unsigned char { same, any };

struct ReplayOptions {
  std::string what;  ///< SEED@SCENARIO or a history
  Expect expect = Expect::same;
  RunOptions run;  ///< system, settings, until, trace, report, out
};
Exit replay_command(const Global& global, const ReplayOptions& options);

struct CheckOptions {
  std::vector<std::string> histories;
  std::string only;     ///< a property; empty: all
  std::string model;    ///< register, kv or append; empty: guessed
  std::string timeout;  ///< a duration; empty: a minute, or what the scenario of a history of ours says
  std::string report;   ///< a path; empty: none
  bool no_run = false;  ///< execute nothing: a piece of a history is judged up to its gap at most
};
Exit check_command(const Global& global, const CheckOptions& options);

Exit validate_command(const Global& global, const std::vector<std::string>& files);

struct FmtOptions {
  std::vector<std::string> files;
  bool check = false;  ///< say which files would change; change none
};
Exit fmt_command(const Global& global, const FmtOptions& options);

struct ResolveOptions {
  std::string scenario;
  std::string seed;
  std::vector<std::string> settings;
  bool diff = false;  ///< only what the seed drew
};
Exit resolve_command(const Global& global, const ResolveOptions& options);

Exit list_command(const Global& global, const std::string& what);
/// What `sim list` knows.
std::vector<std::string_view> list_names();
Exit schema_command(const std::string& name);
/// What `sim schema` knows.
std::vector<std::string_view> schema_names();

struct ReportOptions {
  std::string history;
  std::string output = "report.html";
  std::uint64_t max_events = report_events_max;
};
Exit report_command(const Global& global, const ReportOptions& options);

Exit help_command(const std::string& topic);
Exit completion_command(const std::string& shell);

/// What `sim` alone prints: ten lines, four examples first.
std::string short_help();
/// Topics of `sim help`.
std::vector<std::string> help_topics();

}  // namespace raftsim::cli
