// Small texts that reports share, beyond history/text.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "history/event.hpp"

namespace raftsim::reports {

/// For people, with a tenth of the unit kept: `312.4ms`, `1.250s`, `80us`.
std::string duration_text(Duration duration);
/// With thousands separated: `18,734`.
std::string count_text(std::uint64_t count);
/// Whole units per second; 0 where no time was taken.
std::uint64_t per_second(std::uint64_t count, std::int64_t ns);

/// `term 7, vote for n2; entries 5..6 of term 7`; empty where there are none.
std::string words_of(const std::vector<Label>& labels);
/// What a client learnt: `= 9` or `absent` of a get, `swapped`, `not leader, ask n2`.
std::string words_of(const OperationResult& result, const history::OperationPart& operation);

/// Text as it may stand in markup and in attributes. Control characters that XML forbids become spaces.
std::string escaped(std::string_view text);

/// Breaks `text` at spaces into lines of at most `width` columns; a longer word stands alone.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace raftsim::reports
