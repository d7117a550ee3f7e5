# Writes the version header at build time; touches it only when something changed.
execute_process(COMMAND git -C "${SOURCE}" rev-parse --short=7 HEAD OUTPUT_VARIABLE commit ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT commit)
  set(commit unknown)
endif()
file(WRITE "${OUTPUT}.new" "// Generated at build time.
#pragma once

namespace raftsim::cli {
inline constexpr const char* version_number = \"${VERSION}\";
inline constexpr const char* version_commit = \"${commit}\";
inline constexpr const char* version_compiler = \"${COMPILER}\";
inline constexpr const char* version_build = \"${BUILD}\";
}  // namespace raftsim::cli
")
file(COPY_FILE "${OUTPUT}.new" "${OUTPUT}" ONLY_IF_DIFFERENT)
file(REMOVE "${OUTPUT}.new")
