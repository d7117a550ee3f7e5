// The canonical layout of a scenario file: `sim fmt`. Two spaces a level, what fits into a line of 100 stands
// in one (as json_text() writes), at most one blank line between two members; comments stay where they were:
// before what they stand before, or behind what they stand behind. Nothing but space changes: every value,
// name and comment is kept as it is written, in its order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"

namespace raftsim::sim {

/// `text` is there unless the file is no JSON: then the diagnostics say why. What a scenario may say does not
/// matter here.
struct FormattedScenario {
  std::optional<std::string> text;
  std::vector<Diagnostic> diagnostics;
};

/// A scenario file's bytes, or why they are not to be had.
struct FileText {
  std::optional<std::string> text;
  std::vector<Diagnostic> diagnostics;
};
FileText read_scenario_file(const std::string& path);

/// Formatting what was formatted changes nothing.
FormattedScenario format_scenario(std::string_view text, const std::string& path);

}  // namespace raftsim::sim
