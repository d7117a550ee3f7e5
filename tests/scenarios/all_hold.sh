#!/usr/bin/env bash
# all_hold.sh SIM SEEDS: every scenario of scenarios/ holds on the correct core on every seed, no `sometimes` goal is unmet,
# every property looked, every fault class is configured, fired and was effective, every scenario commits hundreds of entries.
# Without soak_day, and without those that nothing survives (hopeless.sh): tests of their own.
set -uo pipefail
shopt -s extglob
sim=$1 seeds=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$sim" -q run scenarios/!(soak_day|clocks_run_wild|lying_syncs_everywhere).json --seeds "$seeds" --check-determinism never --report never --history never >"$out"
code=$?
bad=0
complain() { printf '%s\n' "$*"; bad=1; }

((code == 0)) || complain "exit code $code"
grep -q '^PASS' "$out" || complain "no PASS"
# Table rows: a name, then numbers. scenario: runs held violated unknown events commits.
rows=$(sed -nE '/^  scenario /,/^$/p' "$out" | sed 1d | tr -d ,)
while read -r name runs _ _ _ _ commits; do
  [[ -z $name ]] && continue
  ((commits / runs >= 200)) || complain "$name commits only $commits entries in $runs runs"
done <<<"$rows"
(($(grep -c . <<<"$rows") >= 40)) || complain "fewer than 40 scenarios ran"
rows=$(sed -nE '/^  property /,/^$/p' "$out" | sed 1d | tr -d ,)
while read -r name looked _; do
  [[ -z $name ]] && continue
  ((looked > 0)) || complain "property $name never looked"
done <<<"$rows"
properties=$("$sim" list properties | grep -c .)
((properties >= 57)) || complain "only $properties properties in the list"
(($(grep -c . <<<"$rows") == properties)) || complain "$properties properties expected in the table"
rows=$(sed -nE '/^  fault /,/^$/p' "$out" | sed 1d | tr -d ,)
while read -r name configured fired effective; do
  [[ -z $name ]] && continue
  ((configured > 0 && fired > 0 && effective > 0)) || complain "fault class $name: $configured configured, $fired fired, $effective effective"
done <<<"$rows"
classes=$(sed -nE '/^struct Names<FaultClass>/,/^};/p' history/names.hpp | grep -oE '"[a-z_]+"' | tr -d '"')
(($(grep -c . <<<"$classes") >= 48)) || complain "not all fault classes are found in history/names.hpp"
for class in $classes; do
  grep -q "^ *$class " <<<"$rows" || complain "no scenario configures the fault class $class"
done
goals=$(sed -nE 's/^  goals: ([0-9]+) of ([0-9]+) reached.*/\1 \2/p' "$out")
read -r reached all <<<"$goals"
[[ -n $reached && $reached == "$all" ]] || complain "goals: ${reached:-?} of ${all:-?} reached"
if ((bad)); then cat "$out"; else tail -2 "$out"; fi
exit $bad
