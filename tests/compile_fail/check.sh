#!/usr/bin/env bash
# check.sh COMPILER FILE: the file compiles as it stands, and with -DREFUSED=n, for each n in it, fails in exactly the line
# marked "refused".
set -uo pipefail
compiler=$1 file=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
compile() { "$compiler" -std=c++20 -fsyntax-only -I. -DREFUSED="$1" "$file" 2>&1; }

out=$(compile 0) || { printf 'the twins do not compile:\n%s\n' "$out"; exit 1; }
bad=0 cases=0
while IFS=: read -r line text; do
  number=${text##*REFUSED == }
  cases=$((cases + 1))
  mistake=$(sed -n "$((line + 1))p" "$file")
  [[ $mistake == *"// refused: "* ]] || { echo "$file:$((line + 1)): not marked as refused"; bad=1; }
  if out=$(compile "$number"); then
    printf '%s:%d: compiles: %s\n' "$file" $((line + 1)) "$mistake"; bad=1
  else
    elsewhere=$(grep -E 'error:' <<<"$out" | grep -v "^$file:$((line + 1)):")
    [[ -z $elsewhere ]] || { printf '%s:%d: fails for another reason:\n%s\n' "$file" $((line + 1)) "$elsewhere"; bad=1; }
  fi
done < <(grep -nE '^#if REFUSED == [0-9]+$' "$file")
((cases > 0)) || { echo "$file: nothing is refused in it"; exit 1; }
((bad == 0)) && echo "$cases lines refused, their twins compile"
exit $bad
