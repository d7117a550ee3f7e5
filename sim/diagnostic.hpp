// What is wrong with a file, at its place, and what would be right, in the shape that compilers taught
// everybody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace raftsim::sim {

struct Diagnostic {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  std::string path;
  /// From 1. Columns and lengths count code points. 0: the diagnostic is about the file as a whole.
  std::uint32_t line = 0, column = 0, length = 0;
  std::string message;
  /// What to write instead: `did you mean "latency"?` stands beside the caret, all else below it after
  /// `help:`. Empty: nothing to say.
  std::string help;
  std::string source_line;          ///< the line at which the caret points, or a window of a long one
  std::uint32_t source_column = 0;  ///< where in source_line the caret stands, from 1
};

bool has_errors(const std::vector<Diagnostic>& diagnostics);

/// All diagnostics as a terminal shows them, then a line that counts them. Empty text for none.
/// `consequence` follows the count of errors, e.g. "nothing was run".
std::string render(const std::vector<Diagnostic>& diagnostics,
                   std::string_view consequence = "nothing was run");

}  // namespace raftsim::sim
