#include "sim/scenario_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace raftsim::sim {

namespace {

constexpr std::size_t diagnostics_max = 100;  ///< of one file; nobody reads more

}  // namespace

Unreadable too_large() {
  return {fmt::format("larger than {} bytes", json_bytes_max),
          "a scenario is a small JSON file; is this one?"};
}

std::variant<std::string, Unreadable> file_text(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    return Unreadable{"no such file", "sim list scenarios shows those that there are"};
  if (error) return Unreadable{fmt::format("cannot be read: {}", error.message()), ""};
  if (std::filesystem::is_directory(status)) return Unreadable{"is a directory", "name a scenario's file"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Unreadable{fmt::format("cannot be read: {}", std::strerror(errno)), ""};
  // One byte more than is allowed tells a file that is too large, however large; devices end here too.
  std::string text(json_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return Unreadable{"cannot be read", ""};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > json_bytes_max) return too_large();
  return text;
}

Diagnostic about_file(const std::string& path, const Unreadable& why) {
  Diagnostic d;
  d.path = path;
  d.message = why.message;
  d.help = why.help;
  return d;
}

std::vector<Diagnostic> diagnostics_of(std::vector<ScenarioProblem> problems, const SourceTexts& texts,
                                       const std::string& path) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const ScenarioProblem& a, const ScenarioProblem& b) { return a.place < b.place; });
  std::vector<Diagnostic> diagnostics;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const ScenarioProblem& p = problems[i];
    if (diagnostics.size() == diagnostics_max) {
      diagnostics.push_back(about_file(path, {fmt::format("and {} more problems", problems.size() - i), ""}));
      break;
    }
    diagnostics.push_back(texts.at(
        p.place, p.warning ? Diagnostic::Severity::warning : Diagnostic::Severity::error, p.message, p.help));
  }
  return diagnostics;
}

}  // namespace raftsim::sim
