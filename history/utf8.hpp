// UTF-8: whether bytes may stand in a JSON string as they are, and text that is cut, or shown on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace raftsim::history {

/// Well-formed UTF-8 (Unicode, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

/// The first, the last characters of a text: whole ones, and at most that many bytes.
std::string_view first_of(std::string_view text, std::size_t bytes_max);
std::string_view last_of(std::string_view text, std::size_t bytes_max);

/// As it may stand in a line on a terminal: what would end the line or steer the terminal is written as in
/// C++, `\n` or `\x1b`.
std::string on_one_line(std::string_view text);

}  // namespace raftsim::history
