#!/bin/sh
# tests/fuzz/keep.sh [FOUND]: adds to the kept corpus what of FOUND/TARGET/ (default build/fuzz/found, which run.sh fills)
# reaches code that the corpus does not reach yet, as few files as libFuzzer can find; none is larger than the test of
# the corpus allows.
set -eu
cd "$(dirname "$0")/../.."
found=${1:-build/fuzz/found}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for kept in tests/fuzz/corpus/*; do
  target=${kept##*/}
  [ -d "$found/$target" ] || continue
  build/fuzz/tests/fuzz/fuzz_"$target" -set_cover_merge=1 -use_counters=0 -max_len=1024 "$kept" "$found/$target" \
    >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  sed -n "s/^MERGE-OUTER: \(.* new files\).*/$target: \1/p" "$log"
done
