#!/usr/bin/env bash
# check.sh BUILD SIM COMPILER: what others do with Raftsim, as docs/your-own-raft.md tells it. Installs the package, builds a
# project against it, and builds the page's module with the page's own command lines and runs it.
set -euo pipefail
build=$1 sim=$2 compiler=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fail() { printf '%s\n' "$*"; exit 1; }
fenced() { awk -v fence="^\`\`\`$1\$" '$0 ~ fence { on = 1; next } /^```/ { on = 0 } on' "$root/docs/your-own-raft.md"; }

fenced cpp >"$out/my_raft.cpp"
[[ -s $out/my_raft.cpp ]] || fail "docs/your-own-raft.md shows no module"

cmake --install "$build" --prefix "$out/prefix" --component development >/dev/null
cmake -S "$here" -B "$out/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$out/prefix" \
  -DMY_RAFT="$out/my_raft.cpp" >"$out/log" 2>&1 || { cat "$out/log"; fail "find_package(raftsim) fails"; }
cmake --build "$out/build" >"$out/log" 2>&1 || { cat "$out/log"; fail "the project does not build"; }
"$out/build/first_election" || fail "the installed core does not elect a leader of one"

# The page's lines, with this repository for RAFTSIM and this build's sim.
cp -r "$root/scenarios" "$out/"
cd "$out"
lines=$(fenced sh | sed -e "s#-I RAFTSIM#-I $out/prefix/include/raftsim#; s#^sim #'$sim' -q --format jsonl #; s#^g++ #$compiler #")
compile=$(sed -n 1p <<<"$lines") run=$(sed -n 2p <<<"$lines")
eval "$compile" || fail "does not compile as the page says: $compile"
code=0
json=$(eval "$run --report never --history never --check-determinism never") || code=$?
((code == 1)) || fail "exit $code, the page says 1: $run"
violated() { grep -qE "\"name\":\"$1\",\"verdict\":\"violated\"" <<<"$json"; }
violated leader_within || { printf '%s\n' "$json" | head -c 2000; fail "a server that keeps quiet, and leader_within is not violated"; }
for property in no_crash election_safety log_matching durable_before_reply; do
  if violated $property; then fail "the module of the page violates $property"; fi
done
echo "installed, built against, and the page's module judged: leader_within violated"
