#!/usr/bin/env bash
# The determinism matrix: every scenario's history hash, for fixed seeds, must equal tests/determinism/golden.txt under
# g++ and clang++, optimised and debug. `matrix.sh --rewrite` writes the golden file from the release build;
# `matrix.sh --only NAME SIM` compares one program that is there.
# The other builds have folders of their own, hold nothing but `sim`, and are unity builds: most of what a file costs a
# compiler here is its headers.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
golden=tests/determinism/golden.txt
shopt -s extglob  # soak_day is a day long: minutes in a debug build

hashes() {  # hashes SIM: "scenario seed hash" lines
  "$1" -q --format jsonl run scenarios/!(soak_day).json --seeds 1..2 --check-determinism never --report never --history never |
    sed -nE 's/.*"format":"raftsim\/verdict@1","scenario":"([^"]*)","seed":"?([0-9]+)"?,.*"hash":"([0-9a-f]{32})".*/\1 \2 \3/p'
  judged "${PIPESTATUS[0]}"
}

# Scenarios beyond what a correct system can survive end unknown (3).
judged() { (($1 == 0 || $1 == 3)); }

if [[ ${1:-} == --rewrite ]]; then
  { printf '# scenario seed hash: written by tests/determinism/matrix.sh --rewrite\n'; hashes build/release/sim; } >"$golden.new" &&
    mv "$golden.new" "$golden"
  exit
fi

compare() {  # compare NAME SIM
  local differing
  differing=$(diff <(grep -v '^#' "$golden") <(hashes "$2"))
  if [[ -n $differing ]]; then
    printf '%s: hashes differ from %s (<: golden, >: this build)\n%s\n' "$1" "$golden" "$differing"
    return 1
  fi
  printf '%-14s %d hashes equal\n' "$1" "$(grep -vc '^#' "$golden")"
}

if [[ ${1:-} == --only ]]; then
  compare "$2" "$3"
  exit
fi

(($(grep -vc '^#' "$golden") >= 28)) || { echo "$golden holds too few hashes"; exit 1; }
bad=0
compare "g++ release" build/release/sim || bad=1
for preset in dev clang clang-debug; do
  build=build/matrix/$preset
  mkdir -p "$build"
  { cmake --preset "$preset" -B "$build" -DRAFTSIM_TESTS=OFF -DRAFTSIM_BENCH=OFF -DCMAKE_UNITY_BUILD=ON &&
    cmake --build "$build" --target sim; } >"$build/build.log" 2>&1 ||
    { echo "$preset: build failed"; tail -20 "$build/build.log"; bad=1; continue; }
  compare "$preset" "$build/sim" || bad=1
done
[[ -x build/asan/sim ]] && { compare "g++ asan" build/asan/sim || bad=1; }
# The same runs once more: another process, heap fill, order and -j, recorded the other way.
build/release/sim run scenarios/!(soak_day).json --seeds 1..2 --check-determinism always --progress none --report never |
  sed -n 1p
code=${PIPESTATUS[0]}
judged "$code" || { echo "--check-determinism always: exit $code"; bad=1; }
exit $bad
