#include "sim/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raftsim::sim {

namespace {

std::string counted(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

void render_one(const Diagnostic& d, std::string& out) {
  const std::string_view severity = d.severity == Diagnostic::Severity::error ? "error" : "warning";
  if (d.line == 0) {
    out += fmt::format("{}: {}: {}\n", d.path, severity, d.message);
    if (!d.help.empty()) out += fmt::format("  help: {}\n", d.help);
    return;
  }
  out += fmt::format("{}:{}:{}: {}: {}\n", d.path, d.line, d.column, severity, d.message);
  out += fmt::format("{:>4} | {}\n", d.line, d.source_line);
  out += fmt::format("     | {:{}}^{:~>{}}", "", d.source_column - 1, "", d.length - 1);
  const bool beside = d.help.starts_with("did you mean");
  if (beside) out += " " + d.help;
  out += '\n';
  if (!beside && !d.help.empty()) out += fmt::format("     |   help: {}\n", d.help);
}

}  // namespace

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
}

std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view consequence) {
  if (diagnostics.empty()) return {};
  std::string out;
  for (const Diagnostic& d : diagnostics) render_one(d, out);
  const std::size_t errors =
      static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& d) {
        return d.severity == Diagnostic::Severity::error;
      }));
  const std::size_t warnings = diagnostics.size() - errors;
  std::string counts = errors > 0 ? counted(errors, "error") : "";
  if (warnings > 0) counts += (errors > 0 ? ", " : "") + counted(warnings, "warning");
  if (errors > 0 && !consequence.empty()) counts += fmt::format("; {}", consequence);
  return out + counts + "\n";
}

}  // namespace raftsim::sim
