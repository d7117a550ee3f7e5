// The bytes that a scenario is read from, with the places in them. Internal to the scenario reader.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/scenario_shape.hpp"
#include "sim/source_text.hpp"

namespace raftsim::sim {

struct ScenarioSources {
  std::deque<std::string> bytes;  ///< addresses are stable
  SourceTexts texts;

  /// The text's number, and the text, which stays.
  struct Added {
    std::uint32_t number = 0;
    const std::string* text = nullptr;
  };
  Added add(std::string path, std::string text) {
    const std::string& kept = bytes.emplace_back(std::move(text));
    return {texts.add(std::move(path), kept), &kept};
  }
};

/// Why a file's text is not to be had.
struct Unreadable {
  std::string message;
  std::string help;
};

Unreadable too_large();
Diagnostic about_file(const std::string& path, const Unreadable& why);

/// The text of a file of at most json_bytes_max; devices end there too.
std::variant<std::string, Unreadable> file_text(const std::string& path);

/// In order of place: the file's, then those of the files that it builds on, then those of --set. `path` is
/// what one about the whole is called.
std::vector<Diagnostic> diagnostics_of(std::vector<ScenarioProblem> problems, const SourceTexts& texts,
                                       const std::string& path);

}  // namespace raftsim::sim
