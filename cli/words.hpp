// Words on the command line that must be one of several, and those that nobody expected: answered with what
// may have been meant.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/suggest.hpp"

namespace raftsim::cli {

/// The words that an option takes, in the order in which its help names them.
template <typename Value>
using Words = std::vector<std::pair<std::string_view, Value>>;

/// Puts the value's number for the word; CLI11 reads an enum from that. Without a description, so that the
/// help shows the option's type alone.
template <typename Value>
CLI::Validator one_of(Words<Value> words) {
  const auto number_of = [words = std::move(words)](std::string& word) -> std::string {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : words) {
      names.push_back(name);
      if (name != word) continue;
      word = std::to_string(static_cast<unsigned>(value));
      return {};
    }
    return fmt::format("unknown \"{}\"; {}", word, sim::suggestion(word, names));
  };
  return {number_of, ""};
}

/// What to say of the first word that parsing `app` left over: an unknown command or flag, with those that
/// may have been meant, or a word too many. Empty: none was left over.
std::string unexpected_word(const CLI::App& app);

}  // namespace raftsim::cli
