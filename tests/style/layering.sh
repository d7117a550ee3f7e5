#!/usr/bin/env bash
# Includes run one way (DESIGN, the house). Each folder may include itself and what stands behind it here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

declare -A may=(
  [seam]="seam"
  [core]="seam core"
  [history]="seam history"
  [sim]="seam history sim"
  [checkers]="seam history checkers"
  [search]="seam history sim checkers search"
  [reports]="seam history checkers reports"
  [cli]="seam core history sim checkers search reports cli"
)
bad=0
looked=0
for folder in "${!may[@]}"; do
  while IFS=: read -r file line text; do
    [[ $text =~ \"([a-z_]+)/ ]] && target=${BASH_REMATCH[1]}
    looked=$((looked + 1))
    if [[ " ${may[$folder]} " != *" $target "* ]]; then
      printf '%s:%s: %s/ must not include %s/\n' "$file" "$line" "$folder" "$target"
      bad=1
    fi
  done < <(grep -rnE '^ *# *include *"[a-z_]+/' "$folder" --include='*.hpp' --include='*.cpp' || true)
done
((looked > 50)) || { echo "only $looked includes seen: this check looks in the wrong place"; exit 1; }
((bad == 0)) && echo "$looked includes, all in the right direction"
exit $bad
