#include "sim/scenario_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/scenario_checks.hpp"
#include "sim/scenario_decode.hpp"
#include "sim/scenario_settings.hpp"
#include "sim/scenario_shape.hpp"

namespace raftsim::sim {

namespace {

constexpr std::size_t diagnostics_max = 100;  ///< of one file; nobody reads more

Diagnostic about_file(const std::string& path, std::string message, std::string help = {}) {
  Diagnostic d;
  d.path = path;
  d.message = std::move(message);
  d.help = std::move(help);
  return d;
}

Diagnostic too_large(const std::string& path) {
  return about_file(path, fmt::format("larger than {} bytes", json_bytes_max),
                    "a scenario is a small JSON file; is this one?");
}

/// In order of place, the file's before those of --set.
std::vector<Diagnostic> diagnostics_of(std::vector<ScenarioProblem> problems, const SourceTexts& texts,
                                       const std::string& path) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const ScenarioProblem& a, const ScenarioProblem& b) { return a.place < b.place; });
  std::vector<Diagnostic> diagnostics;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const ScenarioProblem& p = problems[i];
    if (diagnostics.size() == diagnostics_max) {
      diagnostics.push_back(about_file(path, fmt::format("and {} more problems", problems.size() - i)));
      break;
    }
    diagnostics.push_back(texts.at(
        p.place, p.warning ? Diagnostic::Severity::warning : Diagnostic::Severity::error, p.message, p.help));
  }
  return diagnostics;
}

}  // namespace

ScenarioResult parse_scenario(std::string_view text, const std::string& path,
                              const std::vector<Setting>& settings) {
  ScenarioResult result;
  if (text.size() > json_bytes_max) {
    result.diagnostics.push_back(too_large(path));
    return result;
  }
  SourceTexts texts;
  const std::uint32_t file = texts.add(path, text);
  JsonNode root;
  std::vector<JsonProblem> syntax;
  std::vector<ScenarioProblem> problems;
  const bool complete = parse_json(text, file, root, syntax);
  for (JsonProblem& p : syntax) problems.push_back({p.place, false, std::move(p.message), std::move(p.help)});
  if (complete) {
    for (const Setting& setting : settings) {
      const std::uint32_t source = texts.add(fmt::format("--set {}", setting.pointer), setting.value);
      if (root.is(JsonNode::Kind::object)) apply_setting(setting, source, root, problems);
    }
    check_shape(root, problems);
    check_meaning(root, problems);
  }
  result.diagnostics = diagnostics_of(std::move(problems), texts, path);
  if (!has_errors(result.diagnostics)) result.scenario = decode_scenario(root, texts);
  return result;
}

ScenarioResult load_scenario(const std::string& path, const std::vector<Setting>& settings) {
  ScenarioResult result;
  const auto refuse = [&](std::string message, std::string help = {}) {
    result.diagnostics.push_back(about_file(path, std::move(message), std::move(help)));
    return result;
  };
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    return refuse("no such file", "sim list scenarios shows those that there are");
  if (error) return refuse(fmt::format("cannot be read: {}", error.message()));
  if (std::filesystem::is_directory(status)) return refuse("is a directory", "name a scenario's file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
  // One byte more than is allowed tells a file that is too large, however large; devices end here too.
  std::string text(json_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return refuse("cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_scenario(text, path, settings);
}

}  // namespace raftsim::sim
