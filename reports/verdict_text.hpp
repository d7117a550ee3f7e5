// The terminal text of one run, in the shape that specs give it: who reads it wants to know what went wrong,
// where to start and which line to paste. Everything here is text made from plain data; nothing is printed.
#pragma once

#include <cstdint>
#include <string>

#include "history/run_result.hpp"

namespace raftsim::reports {

/// What a run amounts to, the scenario's own demand (`expect.verdict`) taken into account.
enum class Outcome : std::uint8_t {
  held,      ///< all held, or the violation that the scenario demands is among the violated
  violated,  ///< something was violated, or the demanded violation did not occur
  unknown,   ///< nothing was violated, but something could not be decided: never counts as a pass
};
Outcome outcome(const history::RunResult& result);

/// Escape sequences are for terminals only; golden files hold plain text.
enum class Color : std::uint8_t { plain, ansi };
/// `full` gives a failure the tables (looks, faults, goals, work) that a pass always has.
enum class Detail : std::uint8_t { brief, full };

struct TextOptions {
  Color color = Color::plain;
  Detail detail = Detail::brief;
  /// The whole command line that runs this again; empty: the line is left out.
  std::string reproduce;
  /// What stands as a comment of the shell behind it, like `sim 0.1.0+1a2b3c4, scenario 9f2c7e1`.
  std::string version;
};

/// The first line alone, without a newline: JUnit's message, the title of a report.
std::string verdict_line(const history::RunResult& result);

/// Ends with a newline. A failure takes at most 25 lines with Detail::brief.
std::string verdict_text(const history::RunResult& result, const TextOptions& options);

}  // namespace raftsim::reports
