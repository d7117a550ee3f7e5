#!/usr/bin/env bash
# The speed budget, measured from outside the program: CPU time of `sim run bench/kv5.json` by the shell's own meter.
# bench/run.sh [SIM]; median of five seeds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sim=${1:-build/release/sim}
rows=()
for seed in 1 2 3 4 5; do
  TIMEFORMAT='%U %S'
  cpu=$( { time "$sim" --format jsonl run bench/kv5.json --seed "$seed" -j 1 --check-determinism never --history never \
    --report never >/tmp/raftsim-bench.$$ 2>/dev/null; } 2>&1)
  read -r user system <<<"$cpu"
  steps=$(sed -nE 's/.*"steps":([0-9]+).*/\1/p' /tmp/raftsim-bench.$$ | head -1)
  commits=$(sed -nE 's/.*"commits":([0-9]+).*/\1/p' /tmp/raftsim-bench.$$ | head -1)
  rows+=("$(awk -v u="$user" -v s="$system" -v n="$steps" -v c="$commits" -v seed="$seed" \
    'BEGIN { t = u + s; printf "%d seed %d: %.2f CPU s, %d steps, %d commits: %.2f M steps/s, %.1f k commits/s", n / t, seed, t, n, c, n / t / 1e6, c / t / 1e3 }')")
done
rm -f /tmp/raftsim-bench.$$
printf '%s\n' "${rows[@]}" | cut -d' ' -f2-
printf 'median: %s\n' "$(printf '%s\n' "${rows[@]}" | sort -n | sed -n 3p | cut -d: -f3)"
