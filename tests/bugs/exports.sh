#!/usr/bin/env bash
# Every module exports exactly its entry point; anything more could mix with the executable's own code.
set -euo pipefail
shopt -s nullglob
modules=("$1"/*.so)
((${#modules[@]} > 0)) || { echo "no modules in $1"; exit 1; }
for module in "${modules[@]}"; do
  symbols=$(nm -D --defined-only "$module" | awk '{print $3}' | sed 's/@.*//')
  [[ $symbols == raftsim_system_v2 ]] || { printf '%s exports:\n%s\n' "$module" "$symbols"; exit 1; }
done
echo "${#modules[@]} modules, one symbol each"
