#!/usr/bin/env bash
# hopeless.sh SIM SEEDS: of scenarios beyond what any correct system survives, nothing is blamed on the system: what cannot be
# said is unknown (exit 3), and why is told; and where a scenario demands to see it break, it does.
set -uo pipefail
sim=$1 seeds=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
bad=0
complain() { printf '%s\n' "$*"; bad=1; }
# run SCENARIO [FLAG...]
run() { "$sim" -q run "scenarios/$1.json" --seeds "$seeds" --check-determinism never --report never --history never "${@:2}" >"$out" 2>&1; }
# Names of the properties with a verdict other than held.
unknown() { sed -nE '/^  property /,/^$/p' "$out" | sed 1d | tr -d , | awk '$5 > 0 {print $1}' | sort | xargs; }
# fired CLASS: it fired, and had an effect.
fired() {
  local line
  line=$(sed -nE "/^  fault /,/^\$/s/^  $1 +([0-9,]+) +([0-9,]+) +([0-9,]+).*/\2 \3/p" "$out" | tr -d ,)
  read -r fired effective <<<"$line"
  [[ -n ${fired:-} ]] && ((fired > 0 && effective > 0)) || complain "fault class $1 never fired, or in vain: ${line:-absent}"
}

run clocks_run_wild
(($? == 3)) || complain "clocks_run_wild: not unknown"
[[ $(unknown) == "lease_exclusion linearizable read_freshness" ]] || complain "clocks_run_wild: unknown are $(unknown)"
fired clock_jump

run lying_syncs_everywhere
(($? == 3)) || complain "lying_syncs_everywhere: not unknown"
[[ $(unknown) == *durable_before_reply*state_machine_safety* ]] || complain "lying_syncs_everywhere: unknown are $(unknown)"
fired disk_lie
run lying_syncs_everywhere --set '/expect/verdict={"violates": "state_machine_safety"}'
grep -qE '^(PASS|FAIL).* [1-9][0-9]* held' "$out" || complain "lying_syncs_everywhere: no seed shows what breaks"

run amnesia
(($? == 0)) || complain "amnesia: no_amnesia was not violated on each seed"
fired amnesia
if ((bad)); then cat "$out"; fi
exit $bad
