// The texts that a scenario is read from, the file and the values of --set, and how a place in them becomes a
// diagnostic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"
#include "sim/json_positions.hpp"

namespace raftsim::sim {

class SourceTexts {
 public:
  /// The text's number: what Place::source holds. `path`: what diagnostics call it. The bytes of `text` must
  /// outlive this.
  std::uint32_t add(std::string path, std::string_view text);

  /// Places beyond the text are its end. Long lines are cut to a window around the place; bytes that a
  /// terminal must not see are replaced.
  Diagnostic at(Place place, Diagnostic::Severity severity, std::string message, std::string help) const;

  std::uint32_t line_of(Place place) const;

 private:
  struct Text {
    std::string path;
    std::string_view bytes;
    std::vector<std::size_t> line_starts;
  };
  std::vector<Text> texts_;
};

}  // namespace raftsim::sim
