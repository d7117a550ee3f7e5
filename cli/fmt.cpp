// `sim fmt`: the canonical layout of scenario files.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "sim/scenario_format.hpp"

namespace raftsim::cli {

Exit fmt_command(const Global& global, const FmtOptions& options) {
  Exit exit = Exit::held;
  for (const std::string& path : options.files) {
    const sim::FileText file = sim::read_scenario_file(path);
    if (!file.text) {
      const std::string why = sim::render(file.diagnostics, "nothing was formatted");
      std::fwrite(why.data(), 1, why.size(), stderr);
      exit = worse(exit, Exit::usage);
      continue;
    }
    const sim::FormattedScenario formatted = sim::format_scenario(*file.text, path);
    if (!formatted.text) {
      const std::string why = sim::render(formatted.diagnostics, "the file was left as it is");
      std::fwrite(why.data(), 1, why.size(), stderr);
      exit = worse(exit, Exit::usage);
    } else if (*formatted.text == *file.text) {
      continue;
    } else if (options.check) {
      complain(fmt::format("{}: not in the canonical layout (sim fmt {} makes it so)", path, path));
      exit = worse(exit, Exit::violated);
    } else if (const std::string error = write_file(path, *formatted.text); !error.empty()) {
      complain(error);
      exit = worse(exit, Exit::output);
    } else {
      talk(global, "formatted " + path);
    }
  }
  return exit;
}

}  // namespace raftsim::cli
