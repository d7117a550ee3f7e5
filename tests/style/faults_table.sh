#!/usr/bin/env bash
# faults_table.sh SIM: the table of docs/faults.md has every class of `sim list faults` once, in order, with its sentence; its scenario
# fires it with an effect within twelve seeds, and says so in a trace; its test exists.
set -euo pipefail
sim=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
document=docs/faults.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "$document: $*"; bad=1; }
quietly=(--check-determinism never --report never --history never)

rows=$(grep -E '^\| `[a-z_]+` \|' "$document")
field() { cut -d'|' -f"$1" <<<"$row" | sed -E 's/^ `?|`? $//g'; }
[[ $(sed -E 's/^\| `([a-z_]+)` \| ([^|]*) \|.*/\1 \2/' <<<"$rows") == "$("$sim" list faults | sed -E 's/^([a-z_]+) +/\1 /')" ]] ||
  complain "not every class has one row, in the order and with the sentence of sim list faults"
(($(wc -l <<<"$rows") >= 49)) || complain "not all rows were read"

# The faults of twelve runs, and the traces of the first six: not every seed meets everything.
for scenario in $(cut -d'|' -f4 <<<"$rows" | tr -d '` ' | sort -u); do
  [[ -f scenarios/$scenario.json ]] || { complain "no scenario $scenario"; continue; }
  # What is not held is for others to judge.
  "$sim" -q run "scenarios/$scenario.json" --seeds 1..12 "${quietly[@]}" 2>"$work/errors" |
    sed -nE '/^  fault /,/^$/p' | tr -d , >"$work/$scenario.faults" || [[ ! -s $work/errors ]] || complain "$scenario: $(<"$work/errors")"
  for seed in 1 2 3 4 5 6; do
    "$sim" -q run "scenarios/$scenario.json" --seed $seed "${quietly[@]}" --trace || true
  done >"$work/$scenario.trace" 2>/dev/null
done

while read -r row; do
  class=$(field 2) scenario=$(field 4) seen=$(field 5) test=$(field 6)
  effective=$(awk -v class="$class" '$1 == class {print $4}' "$work/$scenario.faults")
  ((${effective:-0} > 0)) || complain "$class: without an effect in $scenario"
  grep -qF -- "$seen" "$work/$scenario.trace" || complain "$class: no trace of $scenario says \"$seen\""
  grep -rqE "TEST_CASE\($test[,)]" tests/sim_world tests/sim_primitives || complain "$class: no test $test"
done <<<"$rows"
exit $bad
