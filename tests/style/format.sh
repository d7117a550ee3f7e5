#!/usr/bin/env bash
# Every C++ file is as clang-format leaves it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tool=$(command -v clang-format-14 || command -v clang-format) || { echo "clang-format is missing: run ./setup.sh --packages"; exit 1; }
mapfile -t files < <(find seam core history sim checkers search reports cli bench tests -name '*.hpp' -o -name '*.cpp' | sort)
((${#files[@]} > 50)) || { echo "only ${#files[@]} files seen"; exit 1; }
"$tool" --dry-run --Werror "${files[@]}" && echo "${#files[@]} files formatted"
