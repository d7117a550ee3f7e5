// The page's script and style sheet, bundled from viewer/ when the program is built and carried inside it.
#pragma once

#include <string_view>

namespace raftsim::reports::assets {

std::string_view script();
std::string_view style();

/// Base64, for the content security policy: what the page runs is exactly what was built.
extern const std::string_view script_sha256;
extern const std::string_view style_sha256;

}  // namespace raftsim::reports::assets
