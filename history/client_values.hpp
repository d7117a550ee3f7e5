// What clients wrote and read, as ClientHistory::text keeps it, so that different values are different texts:
//
//   scalars   as written. Where the form tells strings from other data (Jepsen's) and no text is appended to,
//             a string that is not empty has a quote before it, which no other datum begins with: "1" is
//             not 1.
//   lists     the text of their elements, each with a space behind it. A space within an element is escaped,
//             so that elements cannot run together: to append an element is to append text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace raftsim::history {

/// A string apart from other data.
std::string kept_string(std::string_view text);

/// An element of a list, its space included. `value`: a scalar as it is kept.
std::string kept_element(std::string_view value);
/// The element of a list that begins at `at`, its space included. Precondition: at < list.size().
std::string_view element_at(std::string_view list, std::size_t at);
/// Precondition: there is one.
std::string_view last_element(std::string_view list);
/// The scalar that the element was made of.
std::string element_value(std::string_view element);

/// A scalar as people read it: as it was written. A string stands in quotes where it would be read as
/// something else: as several words, as nothing, or, where `typed`, as a number, a keyword, nil. On one line.
std::string shown_scalar(std::string_view kept, bool typed);

}  // namespace raftsim::history
