#!/usr/bin/env bash
# check_bug.sh NAME SIM TRANSCRIPTS: the planted bug breaks exactly the stories of its rule, its own scenario shows it
# (so it is not equivalent), and a campaign finds the property that bug.json names.
set -uo pipefail
name=$1 sim=$2 transcripts=$3
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/$name" && pwd)
cd "$folder/../../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fail() { printf '%s: %s\n' "$name" "$*"; exit 1; }
field() { sed -nE "s/.*\"$1\": *\"([^\"]*)\".*/\1/p" "$folder/bug.json" | head -1; }

property=$(field property)
scenario=$(field scenario)
seeds=$(field seeds)
[[ -n $property && -n $scenario && -n $seeds ]] || fail "bug.json lacks property, scenario or seeds"

lines=$(grep -cE '^[-+][^-+]' "$folder/bug.patch")
((lines <= 14)) || fail "the patch changes $lines lines: the listed mutation and nothing else"

# Transcripts: those that fail must be those that bug.json lists.
broken=$("$transcripts" --log_level=error --color_output=no 2>&1 |
  sed -nE 's/.*error: in "transcripts\/([a-z0-9_]+)".*/\1/p' | sort -u)
expected=$(sed -n '/"transcripts"/,/]/p' "$folder/bug.json" | grep -oE '"[a-z0-9_]+"' | tr -d '"' | grep -v '^transcripts$' | sort)
[[ $broken == "$expected" ]] || fail "transcripts broken: [$broken], bug.json expects: [$expected]"

# The hand-written scenario: the correct core holds on it, the mutant is found out.
story="$folder/scenario.json"
"$sim" -q run "$story" --system raft --seed 1 --check-determinism never --report never --history never >"$out/raft" ||
  { cat "$out/raft"; fail "the correct core does not hold on its scenario"; }
shows() { grep -q "\"violated\",\"looked\":[0-9]*[^}]*" <<<"$1" && grep -oE "\"name\":\"$property\",\"verdict\":\"violated\"" <<<"$1" >/dev/null; }
json=$("$sim" -q --format jsonl run "$story" --system "bugs/$name" --seed 1 --check-determinism never --report never --history never)
[[ $? == 1 ]] || fail "its scenario does not show it (no violation)"
shows "$json" || { printf '%s\n' "$json" | head -c 3000; fail "its scenario does not violate $property"; }

# And by search: a general scenario over a few seeds.
json=$("$sim" -q --format jsonl run "$scenario" --system "bugs/$name" --seeds "$seeds" --check-determinism never --report never --history never)
[[ $? == 1 ]] || fail "$scenario --seeds $seeds: no violation"
shows "$json" || fail "$scenario --seeds $seeds does not violate $property"
echo "$name: $property violated in $story and in $scenario ($(grep -c '"verdict":"violated","property"' <<<"$json") of the seeds $seeds)"
