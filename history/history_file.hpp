// What the writer and the reader of histories (formats.md, raftsim/history@1) share.
//
// A history is JSON Lines, plain or in zstd frames: a header, events, keyframes between them, an end record.
//
//   {"format":"raftsim/history@1","tool":..,"seed":"42","scenario":{..},"scenario_hash":"..","run":{..},..}
//   {"i":18655,"t":3396100000,"n":"n5","k":"send","m":9121,"to":"n2",..,"c":[18651],"s":4711}
//   {"k":"keyframe","i":20000,"t":..,"nodes":[{"n":"n1","up":true,"role":"leader","term":7,..},..]}
//   {"k":"end","events":18734,"hash":"..","result":{..}}
//
// An event's keys: i number, t global virtual time in ns, n node (n5, c2; left out: the world), k kind, c
// causes (the direct one first, 0 where there are only others), s the step. Then the fields of its kind and
// its details; a number that is 0, a flag that is false and a list that is empty are left out. Hashes of 64
// bits are strings of 16 hexadecimal digits.
#pragma once

#include <cstdint>
#include <string>

#include "history/run_info.hpp"

namespace raftsim::history {

inline constexpr const char* history_format = "raftsim/history@1";

struct HistoryHeader {
  /// Name and version of the program, such as `sim 0.1.0+1a2b3c4`.
  std::string tool;
  std::uint64_t seed = 0;
  /// The resolved scenario, as JSON.
  std::string scenario;
  RunInfo run;
};

/// Why a history could not be written or read. A value; `line` and `column` count from 1, 0 where none is
/// meant.
struct HistoryError {
  enum class Kind : std::uint8_t {
    io,         ///< the operating system said no
    malformed,  ///< not a history, or damaged
    version,    ///< a history of another major version
    truncated,  ///< it ends before its end record
    gap,        ///< events are missing before one that is there
  };
  Kind kind = Kind::io;
  std::string path;
  std::uint64_t line = 0;
  std::string what;
  std::uint64_t column = 0;

  /// `PATH:LINE: WHAT`, `PATH:LINE:COLUMN: WHAT`.
  std::string text() const;
};

}  // namespace raftsim::history
