// The part of EDN that Jepsen writes: nil, booleans, numbers, strings, keywords, symbols, vectors, lists,
// sets and maps, with tags, comments and discards. Total over any bytes; nesting is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace raftsim::history {

struct Edn {
  enum class Kind : std::uint8_t { nil, boolean, number, string, keyword, symbol, vector, list, set, map };
  Kind kind = Kind::nil;
  /// A string's content; of other atoms what was written, a keyword without its colon.
  std::string text;
  /// Of a map: key, value, key, value.
  std::vector<Edn> items;
  std::size_t at = 0;  ///< where it begins

  bool is(Kind k) const { return kind == k; }
  bool is_keyword(std::string_view word) const { return kind == Kind::keyword && text == word; }
  /// The value of `:word` in a map; null: not there, or this is no map.
  const Edn* find(std::string_view word) const;
};

/// As it would be written; numbers and strings as they were.
std::string to_text(const Edn& datum);

enum class EdnResult : std::uint8_t {
  datum,
  nothing,     ///< only white space and comments up to the end
  incomplete,  ///< the text ends within a datum
  wrong,
};

struct EdnTrouble {
  std::size_t at = 0;
  std::string what;
};

/// Reads the datum that begins at or after `at`, and moves `at` behind it. With `incomplete` and `wrong`,
/// `trouble` says where and why.
EdnResult read_edn(std::string_view text, std::size_t& at, Edn& out, EdnTrouble& trouble);

}  // namespace raftsim::history
