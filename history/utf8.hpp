// Whether bytes may stand in a JSON string as they are. Private to history/.
#pragma once

#include <string_view>

namespace raftsim::history {

/// Well-formed UTF-8 (Unicode, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace raftsim::history
